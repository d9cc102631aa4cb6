//! Calls, the interface's state, and tests of users.

use super::browser::Browser;
use super::office::{ADMIN, Office, plan};
use crate::scene::{A, B, ORG, PATIENCE};
use private_pbx::{Caller, Reaction, eventually};
use salesforce_simulator::ValidationRule;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn entered(office: &Office) -> Browser {
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.sees(A.2);
    browser
}

fn no_cases() -> ValidationRule {
    ValidationRule {
        object: "Case".into(),
        field: String::new(),
        contains: String::new(),
        message: "Cases are not for telephones <b>here</b>".into(),
    }
}

#[test]
fn calls_with_their_cases_filtered_retried_and_discarded() {
    let office = Office::of(plan().b("language = en").start());
    let scene = &office.scene;
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    let _b = scene.phone(B.1, Reaction::refuse(486));
    scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    let hostile = Caller::number("+493099999").named("<img src=x onerror=alert(1)>");
    scene.ring_as(B.1, &hostile).wait_ended(PATIENCE).unwrap();
    scene.settle();
    scene
        .sim
        .update_org(ORG, |org| org.validation_rules.push(no_cases()));
    for _ in 0..2 {
        scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    }
    eventually("two failed calls", PATIENCE, || {
        scene
            .cli("salesforce show status")
            .contains("Failed calls:          2")
    })
    .unwrap();

    let browser = entered(&office);
    browser.sees("Cases are not for telephones");
    browser.press("Calls");
    browser.sees("Erika");
    browser.sees("<img src=x onerror=alert(1)>");
    browser.sees("busy");
    browser.sees("Cases are not for telephones <b>here</b>");
    browser.screenshot("calls");
    browser.check_accessibility("calls");
    let ids: Vec<_> = scene
        .sim
        .records("Case")
        .iter()
        .map(|case| case["Id"].clone())
        .collect();
    let links = "return [...document.querySelectorAll('td a[target=_blank]')].map((a) => a.href)";
    let links = browser.run(links, vec![]).to_string();
    for id in ids {
        let link = format!("/{}", id.as_str().unwrap());
        assert!(
            links.contains(&link) && links.contains("https://localhost:"),
            "{links}"
        );
    }

    browser.choose("filter-user", B.0);
    browser.misses("Erika");
    browser.sees("<img");
    browser.choose("filter-user", "");
    browser.choose("filter-state", "failed");
    browser.sees("Erika");
    browser.misses("<img");
    browser.choose("filter-state", "");
    browser.fill("filter-number", "030 99999");
    browser.misses("Erika");
    browser.sees("<img");
    browser.fill("filter-number", "555");
    browser.sees("No calls match the filter");
    browser.fill("filter-number", "Erika");
    browser.sees("+493012345678");

    browser.press("Discard: Erika +493012345678");
    browser.press("Discard");
    browser.sees("The call is discarded");
    scene
        .sim
        .update_org(ORG, |org| org.validation_rules.clear());
    browser.press("Send again: Erika +493012345678");
    browser.sees("Calls that are sent again: 1");
    scene.settle();
    browser.gone("Send again: Erika +493012345678");
    browser.sees("Discarded");
    assert_eq!(scene.sim.records("Case").len(), 3);
}

#[test]
fn starting_and_stopping() {
    let office = Office::start();
    let browser = entered(&office);
    browser.press("Settings");
    browser.sees("Calls are recorded and sent");
    browser.screenshot("settings");
    browser.check_accessibility("settings");
    browser.press("Stop");
    browser.sees("Stop the interface?");
    browser.press("Stop");
    browser.sees("No call is recorded and nothing is sent");
    assert!(
        office
            .scene
            .cli("salesforce show status")
            .contains("stopped")
    );
    browser.screenshot("stopped");
    browser.press("Start");
    browser.sees("Calls are recorded and sent");
    assert!(office.is_started());
}

#[test]
fn testing_a_user_step_by_step() {
    let office = Office::start();
    let browser = entered(&office);
    browser.press("Test connection: anna");
    browser.sees("Everything is fine: this user can deliver calls.");
    for text in [
        "Name localhost",
        "API access",
        "REST API, version 64.0",
        "Org 00D",
    ] {
        browser.sees(text);
    }
    browser.screenshot("test-good");
    browser.check_accessibility("test");
    browser.press("Close");
    browser.misses("Everything is fine");
    office
        .scene
        .sim
        .update_user(B.2, |user| user.password = "changed".into());
    browser.press("Test connection: bert");
    browser.sees("calls of this user cannot be delivered as configured");
    browser.sees("INVALID_LOGIN");
    browser.screenshot("test-bad");
}
