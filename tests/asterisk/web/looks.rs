//! Every tab in every light, language and width: nothing to find fault with for the accessibility
//! checker, nothing that scrolls sideways; pictures of it all in target/screenshots.

use super::browser::{Browser, Look};
use super::office::{ADMIN, Office, plan};
use crate::scene::{A, B, ORG, PATIENCE};
use private_pbx::{Caller, Reaction, eventually};
use salesforce_simulator::ValidationRule;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// With something to show on every tab.
fn busy_office() -> Office {
    let office = Office::of(
        plan()
            .a("language = de")
            .b("language = en\ncreate_account = no")
            .start(),
    );
    let scene = &office.scene;
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    let _b = scene.phone(B.1, Reaction::refuse(603));
    scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    scene.ring(B.1).wait_ended(PATIENCE).unwrap();
    let withheld = Caller::number("anonymous");
    scene.ring_as(A.1, &withheld).wait_ended(PATIENCE).unwrap();
    scene.settle();
    scene.sim.update_org(ORG, |org| {
        org.validation_rules.push(ValidationRule {
            object: "Case".into(),
            field: String::new(),
            contains: String::new(),
            message: "Bitte eine Priorität angeben, sonst kann der Vorgang nicht zugeordnet werden"
                .into(),
        });
    });
    scene.ring(B.1).wait_ended(PATIENCE).unwrap();
    eventually("a failed call", PATIENCE, || {
        scene
            .cli("salesforce show status")
            .contains("Failed calls:          1")
    })
    .unwrap();
    office
}

#[test]
fn every_tab_in_every_light() {
    let office = busy_office();
    for (name, look) in [
        ("desk-en", Look::default()),
        (
            "desk-de-dark",
            Look {
                language: "de",
                is_dark: true,
                ..Look::default()
            },
        ),
        (
            "phone-de",
            Look {
                language: "de",
                width: 390,
                height: 844,
                ..Look::default()
            },
        ),
        (
            "phone-en-dark",
            Look {
                width: 390,
                height: 844,
                is_dark: true,
                ..Look::default()
            },
        ),
    ] {
        let browser = Browser::like(&look);
        let check = |what: &str| {
            let what = format!("{what}-{name}");
            browser.screenshot(&what);
            browser.check_fits(&what);
            browser.check_accessibility(&what);
        };
        browser.open(&office.url());
        browser.sees(if look.language == "de" {
            "Anmelden"
        } else {
            "Log in"
        });
        check("login");
        office.enter(&browser, ADMIN);
        browser.sees(A.2);
        check("users");
        for tab in ["calls", "settings", "user/anna", "new"] {
            browser.run("location.hash = '#/' + arguments[0]", vec![tab.into()]);
            let ready = match tab {
                "calls" => "td",
                "settings" => "#field-workers",
                _ => "#field-username",
            };
            browser.until_there(ready);
            if tab == "user/anna" || tab == "settings" {
                browser.run(
                    "for (const one of document.querySelectorAll('details')) one.open = true",
                    vec![],
                );
            }
            check(&tab.replace('/', "-"));
        }
    }
}

/// Who comes first is told what to do; and who stays when Asterisk is gone, that all of it is old.
#[test]
fn with_nothing_yet_and_with_asterisk_gone() {
    let office = Office::start();
    let conf = office.conf();
    let (general, _) = conf.split_once("[user]").unwrap();
    office
        .scene
        .pbx
        .write_etc("salesforce.conf", general)
        .unwrap();
    office.scene.reload();
    let browser = Browser::like(&Look {
        language: "de",
        ..Look::default()
    });
    let check = |what: &str| {
        browser.screenshot(what);
        browser.check_fits(what);
        browser.check_accessibility(what);
    };
    office.enter(&browser, ADMIN);
    browser.sees("Ersten Benutzer anlegen");
    check("nobody-yet");
    browser.press("Anrufe");
    browser.sees("Noch keine Anrufe");
    check("no-calls-yet");
    office.scene.pbx.stop().unwrap();
    browser.sees("Die Telefonanlage antwortet nicht");
    browser.sees("ist der Stand von");
    check("asterisk-gone");
}

/// With the keyboard alone: log in, go to a user, change it, save.
#[test]
fn with_the_keyboard_alone() {
    let office = Office::start();
    let browser = Browser::start();
    browser.open(&office.url());
    browser.sees("Log in");
    browser.key(ADMIN.0);
    browser.key("\u{e004}");
    browser.key(ADMIN.1);
    browser.key("\u{e007}");
    browser.sees(A.2);
    browser.tab_to("Edit: anna");
    browser.key("\u{e007}");
    browser.until_there("#field-username");
    browser.tab_to_id("field-username");
    browser.key("x");
    browser.tab_to("Save");
    browser.key("\u{e007}");
    browser.sees("anna is saved and in force");
    // Tab selects what is in the field.
    assert!(office.conf().contains("username = x\n"));
}
