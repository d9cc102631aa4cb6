//! Secrets that are stored are never shown, and get nowhere that somebody chose who does not know
//! them.

use super::browser::Browser;
use super::changer::Changer;
use super::office::{ADMIN, Office, plan};
use crate::scene::{A, B, ORG};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use serde_json::{Value, json};
use std::fs;

/// A server that knows the users' passwords when it hears them.
fn thief() -> Simulator {
    let users = [A, B].map(|(_, _, username)| UserSetup::new(username, "secret", "token"));
    Simulator::start(Setup::of([OrgSetup::new(ORG, users)]))
}

/// Did it hear the stored password?
fn has_heard(thief: &Simulator) -> bool {
    thief.logins().iter().any(|login| login.good)
}

/// An office whose file holds these lines in `[general]`, and the thief's certificate beside it.
fn office(thief: &Simulator, general: &str) -> Office {
    let mut plan = plan().general(&format!("web = yes\n{general}"));
    plan.builder = plan.builder.etc("thief.pem", thief.ca_pem());
    Office::of(plan.start())
}

fn inner(office: &Office, below: &str) -> String {
    office.scene.pbx.inner_path(below).display().to_string()
}

#[test]
fn a_stored_password_gets_nowhere_new() {
    let thief = thief();
    // Both servers are trusted, so that nothing but the rule keeps the password here.
    let office = office(&thief, "");
    let pbx = &office.scene.pbx;
    let both = [office.scene.sim.ca_pem(), thief.ca_pem()].concat();
    fs::write(pbx.path("etc/salesforce-ca.pem"), both).unwrap();
    office.scene.reload();
    let changer = Changer::enter(&office, ADMIN);
    let there = format!("localhost:{}", thief.login_port());
    let before = office.conf();
    for set in [
        json!({"domain": there}),
        json!({"login_host": there}),
        json!({"domain": there, "password": "secret"}),
        json!({"domain": there, "token": "token", "password": null}),
        json!({"domain": there, "username": "x@y.example"}),
        json!({"domain": there, "auth": "password", "client_id": "x", "client_secret": "x"}),
    ] {
        let (code, answer) = changer.save("anna", false, &set, &Value::Null);
        assert_eq!(code, 422, "{set}: {answer}");
        assert!(answer.contains("somewhere new"), "{set}: {answer}");
        assert_eq!(office.conf(), before, "{set}");
        changer.test("anna");
    }
    assert_eq!(thief.requests().len(), 0);
    // Neither by the login of calls that wait.
    office.scene.reload();
    office.scene.cli("salesforce test user anna");
    assert_eq!(thief.requests().len(), 0);
    assert_eq!(Office::leftovers(&pbx.path("etc")), 0);

    // Who enters them again, rightly or wrongly, may: what was stored is not what is sent.
    let set = json!({"domain": there, "password": "hunter2", "token": "x"});
    let (code, answer) = changer.save("anna", false, &set, &Value::Null);
    assert_eq!(code, 200, "{answer}");
    changer.test("anna");
    assert!(!thief.logins().is_empty() && !has_heard(&thief));
    let back = format!("localhost:{}", office.scene.sim.login_port());
    let set = json!({"domain": back, "password": "secret", "token": "token"});
    let (code, answer) = changer.save("anna", false, &set, &Value::Null);
    assert_eq!(code, 200, "{answer}");
    assert!(!changer.test("anna").contains(r#""ok":false"#));
    // What the template holds does not come back into force at the new place.
    let set = json!({"domain": there, "password": null, "token": null});
    let (code, answer) = changer.save("anna", false, &set, &Value::Null);
    assert_eq!(code, 422, "{answer}");
    assert!(!has_heard(&thief));
}

#[test]
fn files_and_trust_are_the_files_own() {
    let thief = thief();
    let office = office(&thief, "");
    let changer = Changer::enter(&office, ADMIN);
    let before = office.conf();
    let refuse = |name: &str, option: &str, value: &str| {
        for wanted in [json!(value), Value::Null, json!([value])] {
            let set = json!({option: wanted});
            let (code, answer) = changer.save(name, false, &set, &Value::Null);
            assert_eq!(code, 422, "{set}: {answer}");
            assert!(
                answer.contains(r#""problem":"can be changed "#),
                "{set}: {answer}"
            );
        }
    };
    for (option, value) in [
        ("trusted_domains", "localhost, evil.example"),
        ("ca_file", inner(&office, "etc/thief.pem").as_str()),
        ("journal", "/tmp/journal"),
        ("record_events", "/tmp/events"),
        ("web_files", "yes"),
    ] {
        refuse("general", option, value);
    }
    for option in [
        "password_file",
        "token_file",
        "client_secret_file",
        "private_key",
    ] {
        refuse("anna", option, "/etc/hostname");
    }
    // By no way round.
    for (name, is_new, set) in [
        ("GENERAL", false, json!({"web_files": "yes"})),
        ("General", true, json!({"web_files": "yes"})),
        ("anna", false, json!({"web_files": "yes"})),
        ("general", false, json!({"WEB_FILES": "yes"})),
        ("general", false, json!({"web": "yes\nweb_files = yes"})),
        ("emil", true, json!({"password_file": "/etc/hostname"})),
        ("user", false, json!({"domain": "x"})),
    ] {
        let (code, answer) = changer.save(name, is_new, &set, &Value::Null);
        assert_eq!(code, 422, "{name} {set}: {answer}");
    }
    let again = json!({"anna": {"private_key": "/etc/hostname"}});
    let (code, answer) = changer.save("general", false, &json!({"workers": "3"}), &again);
    assert_eq!(code, 422, "{answer}");
    let removal = json!({"name": "general", "fingerprint": changer.fingerprint()});
    assert_eq!(changer.post("remove", &removal).0, 422);
    assert_eq!(office.conf(), before);
    let (_, form) = changer.get("settings");
    assert!(
        form.contains(r#""locked":["trusted_domains","ca_file""#),
        "{form}"
    );
}

#[test]
fn who_changes_whom_to_trust_enters_all_secrets() {
    let thief = thief();
    let office = office(&thief, "web_files = yes");
    let changer = Changer::enter(&office, ADMIN);
    let before = office.conf();
    let set = json!({"ca_file": inner(&office, "etc/thief.pem")});
    let some = json!({"anna": {"password": "secret", "token": "token"}});
    for again in [Value::Null, some] {
        let (code, answer) = changer.save("general", false, &set, &again);
        assert_eq!(code, 422, "{answer}");
        let problem = r#""option":"password","problem":"would go somewhere new"#;
        assert!(
            answer.contains(problem) && answer.contains(r#""section":"bert""#),
            "{answer}"
        );
        assert_eq!(office.conf(), before);
    }
    let trust = json!({"trusted_domains": "localhost, evil.example"});
    let (code, answer) = changer.save("general", false, &trust, &Value::Null);
    assert_eq!(code, 422, "{answer}");
    let all = json!({
        "anna": {"password": "secret", "token": "token"},
        "bert": {"password": "other", "token": "token"},
    });
    let (code, answer) = changer.save("general", false, &trust, &all);
    assert_eq!(code, 200, "{answer}");
    // Written is what was not there.
    let conf = office.conf();
    assert!(
        conf.contains("trusted_domains = localhost, evil.example\n"),
        "{conf}"
    );
    assert!(conf.contains("password = other\n"), "{conf}");
    assert_eq!(conf.matches("password = ").count(), 2, "{conf}");
}

#[test]
fn a_file_is_sent_to_nobody_who_does_not_know_it() {
    let thief = thief();
    let office = office(&thief, "web_files = yes");
    let pbx = &office.scene.pbx;
    pbx.write_etc("one-line", "K3pt-S3cret\n").unwrap();
    let file = inner(&office, "etc/one-line");
    let changer = Changer::enter(&office, ADMIN);
    let before = office.conf();
    // The template's password is put out of force by an empty one.
    for set in [
        json!({"password": "", "password_file": file}),
        json!({"token": "", "token_file": file}),
        json!({"password": "guessed", "password_file": file}),
    ] {
        let (code, answer) = changer.save("anna", false, &set, &Value::Null);
        assert_eq!(code, 422, "{set}: {answer}");
        assert!(answer.contains("what is in its file"), "{set}: {answer}");
        assert!(!answer.contains("K3pt"), "{answer}");
        assert_eq!(office.conf(), before, "{set}");
    }
    let set = json!({"password": "", "password_file": file});
    let typed = json!({"anna": {"password": "K3pt-S3cret"}});
    let (code, answer) = changer.save("anna", false, &set, &typed);
    assert_eq!(code, 200, "{answer}");
    assert!(!office.conf().contains("K3pt"));
    assert!(!office.scene.log().contains("K3pt"));
}

#[test]
fn what_nobody_knows_the_option_of_is_not_shown() {
    let secret = "Unkn0wn-S3cret";
    let office = Office::start();
    let wrong = format!(
        "pw = {secret}\npass word {secret} = x\nowner_ = {secret}\nworkers = {secret}\n\
         password = {secret}\nauth = {secret}\nlanguage = {secret}"
    );
    let conf = office
        .conf()
        .replace("extension = 101", &format!("extension = 101\n{wrong}"));
    let conf = conf.replace("[general]", &format!("[general]\nbackdoor = {secret}"));
    office
        .scene
        .pbx
        .write_etc("salesforce.conf", &conf)
        .unwrap();
    office.scene.reload();
    let changer = Changer::enter(&office, ADMIN);
    for path in [
        "users",
        "user?name=bert",
        "user?name=anna",
        "user",
        "settings",
        "status",
    ] {
        let (code, answer) = changer.get(path);
        assert_eq!(code, 200, "{path}: {answer}");
        assert!(!answer.contains(secret), "{path}: {answer}");
    }
    let (_, users) = changer.get("users");
    for option in ["pw", "owner_", "backdoor", "auth"] {
        assert!(
            users.contains(&format!(r#""option":"{option}""#)),
            "{option}: {users}"
        );
    }
    office.scene.await_logged("ERROR", "[bert] language", 1);
    assert!(!office.scene.log().contains(secret));
    let shown = office.scene.cli("salesforce show users");
    assert!(!shown.contains(secret));
}

#[test]
fn the_form_asks_for_what_goes_somewhere_new() {
    let thief = thief();
    let office = office(&thief, "web_files = yes");
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.press("Edit: anna");
    let there = format!("localhost:{}", thief.login_port());
    browser.fill("field-domain", &there);
    browser.press("Save");
    assert!(
        browser
            .problem("password")
            .contains("somewhere new: enter it again")
    );
    assert!(browser.problem("token").contains("somewhere new"));
    browser.screenshot("again");
    browser.check_accessibility("again");
    browser.fill("field-password", "secret");
    browser.fill("field-token", "token");
    browser.press("Save");
    browser.sees("anna is saved and in force");
    assert!(office.conf().contains(&there));

    browser.press("Settings");
    browser.unfold("field-trusted_domains");
    browser.fill("field-trusted_domains", "localhost, acme.example");
    browser.press("Save");
    browser.sees("Enter these secrets again");
    browser.sees("bert: Password");
    browser.screenshot("again-all");
    browser.check_accessibility("again-all");
    for (at, value) in ["secret", "token", "secret", "token"].iter().enumerate() {
        browser.fill(&format!("again-{at}"), value);
    }
    browser.press("Save");
    browser.sees("The settings are saved and in force");
    assert!(
        office
            .conf()
            .contains("trusted_domains = localhost, acme.example\n")
    );
}

#[test]
fn the_form_shows_what_it_cannot_change() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.press("Settings");
    browser.unfold("field-ca_file");
    browser.unfold("field-web_files");
    let is_disabled = |id: &str| {
        let script = "return document.getElementById(arguments[0]).disabled";
        browser.run(script, vec![id.into()]) == true
    };
    for option in [
        "trusted_domains",
        "ca_file",
        "journal",
        "record_events",
        "web_files",
    ] {
        assert!(is_disabled(&format!("field-{option}")), "{option}");
    }
    assert!(!is_disabled("field-workers"));
    browser.sees_in("#field-ca_file-help", "web_files = yes");
    assert!(
        browser
            .value("field-ca_file")
            .ends_with("/salesforce-ca.pem")
    );
    assert_eq!(browser.value("field-web_files"), "false");
    browser.screenshot("locked");
    browser.check_accessibility("locked");
    browser.press("Users");
    browser.press("Edit: anna");
    browser.press("Advanced");
    for option in [
        "private_key",
        "password_file",
        "token_file",
        "client_secret_file",
    ] {
        assert!(is_disabled(&format!("field-{option}")), "{option}");
    }
    // What can be changed still is.
    browser.fill("field-username", "anna2@acme.example");
    browser.press("Save");
    browser.sees("anna is saved and in force");
}
