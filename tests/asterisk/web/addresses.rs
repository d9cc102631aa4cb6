//! Whatever stands in the address, and whatever goes wrong in the page's own code, somebody who
//! looks at it is told, and finds the way back.

use super::browser::Browser;
use super::office::{ADMIN, Office};
use super::site::Site;
use crate::scene::A;

#[test]
fn addresses_that_lead_nowhere_say_so_and_lead_back() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.sees(A.2);
    for fragment in [
        "user/%",
        "user/%E0%A4%A",
        "user/anna%",
        "user",
        "user/",
        "calls/%/failed",
        "calls/anna/%ff",
        "calls/a/b/c",
        "users/anna",
        "settings/x",
        "new/x",
        "nowhere",
        "constructor",
        "__proto__",
        "toString/x",
        "%",
    ] {
        browser.open(&format!("{}#/{fragment}", office.url()));
        browser.sees("There is no such page");
        browser.press("Back to the list");
        browser.sees(A.2);
        browser.misses("There is no such page");
    }
    // The same where the page begins with it.
    browser.open("about:blank");
    browser.open(&format!("{}#/user/%", office.url()));
    browser.sees("There is no such page");
    browser.screenshot("no-such-page");
    browser.check_accessibility("a page that is not there");
    browser.press("Back to the list");
    browser.sees(A.2);
    // Whom there is not may have been deleted.
    browser.open(&format!("{}#/user/nobody", office.url()));
    browser.sees("That is not there (any more)");
    browser.press("Back to the list");
    browser.sees(A.2);
    // What is there is found as before.
    browser.open(&format!("{}#/calls/anna/failed", office.url()));
    browser.sees("No calls match the filter");
    browser.until_value("filter-state", "failed");
}

const SAID: &str = "Something went wrong on this page.";

#[test]
fn an_error_of_the_page_itself_is_told() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.sees(A.2);
    let back = || {
        browser.sees(SAID);
        browser.press("Back to the list");
        browser.misses(SAID);
        browser.sees(A.2);
    };
    // With nothing left on the page.
    browser.run(
        "setTimeout(() => { document.getElementById('app').replaceChildren(); nothing.at.all(); })",
        vec![],
    );
    browser.sees(SAID);
    browser.check_accessibility("a page that failed");
    back();
    // In what a button does.
    browser.run("Object.keys = undefined", vec![]);
    browser.press("Deutsch");
    back();
    browser.press("English");
    browser.sees("New Salesforce user");
    // In what a tab shows: its heading stays, and it says so.
    browser.run("Intl.NumberFormat = undefined", vec![]);
    browser.press("Settings");
    browser.press("Users");
    browser.sees("Something went wrong.");
    browser.screenshot("page-failed");
    browser.press("Settings");
    browser.sees("Calls are recorded and sent");
}

#[test]
fn a_file_of_the_page_that_does_not_come_is_told() {
    let file = |path: &str| {
        let (content_type, text) = match path {
            "/" => (
                "text/html",
                include_str!("../../../src/web/assets/index.html"),
            ),
            "/guard.js" => (
                "text/javascript",
                include_str!("../../../src/web/assets/guard.js"),
            ),
            _ => return None,
        };
        Some((content_type, text.to_owned()))
    };
    let browser = Browser::start();
    browser.open(&Site::open(file).url("127.0.0.1"));
    browser.sees(SAID);
    assert!(browser.has("Load again") && browser.has("Back to the list"));
}
