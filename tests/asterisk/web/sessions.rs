//! Logging in and out, and who may do what.

use super::browser::{Browser, Look};
use super::office::{ADMIN, GUEST, Office, STRANGER, plan, status};
use crate::scene::{A, B};

#[test]
fn logging_in_and_out() {
    let office = Office::start();
    let browser = Browser::start();
    browser.open(&office.url());
    browser.sees("With a user of manager.conf");
    browser.screenshot("login");
    office.enter(&browser, (ADMIN.0, "wrong"));
    browser.sees("This user or password is wrong");
    browser.screenshot("login-wrong");
    office.enter(&browser, STRANGER);
    browser.sees("This user has no right to this page");
    office.enter(&browser, ADMIN);
    for text in [A.0, A.2, B.0, B.2, "Not logged in yet", "Started"] {
        browser.sees(text);
    }
    // A page that is loaded again still knows who sits there.
    browser.open(&office.url());
    browser.sees(A.2);
    browser.press("Log out");
    browser.sees("With a user of manager.conf");
    browser.open(&office.url());
    browser.sees("With a user of manager.conf");
    let said = office.scene.log();
    assert!(!said.contains(ADMIN.1) && !said.contains(STRANGER.1));
}

#[test]
fn a_session_that_ends_asks_again_and_keeps_what_was_typed() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.press("Edit: anna");
    browser.fill("field-username", "new@acme.example");
    // The session is ended elsewhere.
    let script = "return fetch('api/logout', {method: 'POST', body: '{}',
        headers: {'Content-Type': 'application/json'}}).then((r) => r.text())";
    browser.run(script, vec![]);
    browser.press("Save");
    browser.sees("Your session has ended");
    browser.screenshot("session-ended");
    browser.fill("again-user", ADMIN.0);
    browser.fill("again-secret", ADMIN.1);
    browser.press("Log in");
    browser.misses("Your session has ended");
    assert_eq!(browser.value("field-username"), "new@acme.example");
    browser.press("Save");
    browser.sees("anna is saved and in force");
    assert!(office.conf().contains("username = new@acme.example"));
}

#[test]
fn who_may_only_look_sees_and_cannot_change() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, GUEST);
    browser.sees(A.2);
    browser.sees("Read only");
    for button in ["New Salesforce user", "Test connection: anna", "Park: anna"] {
        assert!(!browser.has(button), "{button}");
    }
    browser.press("Show: anna");
    browser.sees("Salesforce username");
    assert!(!browser.has("Save") && !browser.has("Delete"));
    browser.screenshot("read-only");
    browser.press("Settings");
    browser.sees("Calls are recorded and sent");
    assert!(!browser.has("Stop") && !browser.has("Save"));
    // Nor may the browser's user by other means.
    let (cookie, token) = office.session(GUEST);
    assert_eq!(token, "");
    let headers = format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: 00\n");
    let answer = office.post(
        "/salesforce/api/interface",
        &headers,
        r#"{"started":false}"#,
    );
    assert_eq!(status(&answer), 403, "{answer}");
    assert!(office.is_started());
}

#[test]
fn german_by_the_browser_and_english_by_the_switch() {
    let office = Office::start();
    let browser = Browser::like(&Look {
        language: "de",
        ..Look::default()
    });
    browser.open(&office.url());
    browser.sees("Anmelden");
    browser.press("English");
    browser.sees("Log in");
    browser.press("Deutsch");
    office.enter(&browser, ADMIN);
    browser.sees("Noch nicht angemeldet");
    browser.press("English");
    browser.sees("Not logged in yet");
    browser.open(&office.url());
    browser.sees("Not logged in yet");
}

#[test]
fn the_page_is_off_unless_it_is_switched_on() {
    let office = Office::of(plan().general("").start());
    let page = || status(&office.ask("GET", "/salesforce/", ""));
    assert_eq!(page(), 404);
    let switch = |line: &str| {
        let conf = office.conf().replace("web = yes\n", "");
        let conf = conf.replace("[general]\n", &format!("[general]\n{line}"));
        office
            .scene
            .pbx
            .write_etc("salesforce.conf", &conf)
            .unwrap();
        office.scene.reload();
    };
    switch("web = yes\n");
    assert_eq!(page(), 200);
    switch("");
    assert_eq!(page(), 404);
    switch("web = yes\n");
    assert_eq!(page(), 200);
    office.scene.unload();
    assert_eq!(page(), 404);
    office.scene.load();
    assert_eq!(page(), 200);
}
