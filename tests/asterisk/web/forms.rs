//! The form of a user and the settings, and what they make of `salesforce.conf`.

use super::browser::Browser;
use super::office::{ADMIN, Office};
use crate::scene::{A, B, PATIENCE};
use private_pbx::Reaction;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn entered(office: &Office) -> Browser {
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.sees(A.2);
    browser
}

/// The file with comments, spaces of its own and an included file.
fn dress(office: &Office) -> String {
    let text = office
        .conf()
        .replace(
            "[general]",
            "; The office's own words.\n[general]   ; all of us",
        )
        .replace(
            "[anna](user)",
            ";--\n several\n lines\n--;\n\n; Anna sits at the door\n[anna](user)",
        )
        .replace("extension = 100", "extension=100 ; her desk")
        .replace(
            "[bert](user)",
            "#include salesforce.d/*.conf\n\n\n[bert](user)",
        );
    let pbx = &office.scene.pbx;
    fs::create_dir_all(pbx.path("etc/salesforce.d")).unwrap();
    let carl =
        "; Carl's own file\n[carl](user)\nusername = carl@acme.example ; new\nextension = 105\n";
    pbx.write_etc("salesforce.d/carl.conf", carl).unwrap();
    pbx.write_etc("salesforce.conf", &text).unwrap();
    office.scene.reload();
    assert!(office.scene.cli("salesforce show users").contains("carl"));
    text
}

#[test]
fn a_new_user_is_called_and_has_its_case() {
    let office = Office::start();
    let before = dress(&office);
    let browser = entered(&office);
    browser.press("New Salesforce user");
    browser.fill("field-name", "emil");
    browser.fill("field-username", A.2);
    browser.fill(
        "field-domain",
        &format!("localhost:{}", office.scene.sim.login_port()),
    );
    browser.fill("field-password", "secret");
    browser.fill("field-token", "token");
    browser.press("Choose from the dialplan’s hints (10)");
    browser.sees("anna’s already");
    browser.tick("hint-2");
    assert_eq!(browser.value("field-extension"), "102");
    browser.choose("field-language", "en");
    browser.tick("field-case_on_lost");
    browser.screenshot("new-user");
    browser.press("Save");
    browser.sees("emil is saved and in force");
    let added = format!(
        "\n[emil]\ntype = user\ncase_on_lost = no\ndomain = localhost:{}\nextension = 102\n\
         language = en\npassword = secret\ntoken = token\nusername = {}\n",
        office.scene.sim.login_port(),
        A.2
    );
    let now = office.conf();
    assert!(now.starts_with(before.trim_end()), "{now}");
    assert!(now.ends_with(&added), "{now}");
    // What is saved is not shown again.
    browser.until_value("field-password", "");
    let shown = "return [...document.querySelectorAll('input')].some((e) => e.value === 'secret')";
    assert_eq!(browser.run(shown, vec![]), false);

    let _phone = office
        .scene
        .phone("102", Reaction::answer().after(SHORT).hangup_after(SHORT));
    office.scene.ring("102").wait_ended(PATIENCE).unwrap();
    office.scene.settle();
    let cases = office.scene.sim.records("Case");
    assert_eq!(cases.len(), 1);
    assert!(!office.scene.log().contains("password = secret"));
}

#[test]
fn editing_changes_its_line_and_no_other() {
    let office = Office::start();
    let before = dress(&office);
    let path = office.scene.pbx.path("etc/salesforce.conf");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::chown(&path, Some(4711), Some(4712)).unwrap();
    let browser = entered(&office);
    browser.press("Edit: anna");
    browser.fill("field-extension", "100, 107");
    browser.press("Save");
    browser.sees("anna is saved and in force");
    let expected = before.replace("extension=100 ; her desk", "extension=100, 107 ; her desk");
    assert_eq!(office.conf(), expected);
    let meta = fs::metadata(&path).unwrap();
    assert_eq!(
        (meta.mode() & 0o7777, meta.uid(), meta.gid()),
        (0o640, 4711, 4712)
    );
    assert!(
        office
            .scene
            .cli("salesforce show user anna")
            .contains("PJSIP/107")
    );

    // What came from the template is the section's own line from now on.
    browser.press("Advanced");
    browser.choose("field-lookup", "soql");
    browser.fill(
        "field-case_field",
        "Priority=High\u{e007}Reason={reason_code}",
    );
    browser.fill("field-password", "a;b\\c");
    browser.press("Save");
    browser.until_value("field-password", "");
    let own = "extension=100, 107 ; her desk\n\ncase_field = Priority=High\ncase_field = Reason={reason_code}\n\
               lookup = soql\npassword = a\\;b\\c\n";
    let own = own.replace("\n\n", "\n");
    assert!(office.conf().contains(&own), "{}", office.conf());

    // In the file that it is in.
    browser.press("Users");
    browser.press("Edit: carl");
    browser.fill("field-username", "karl@acme.example");
    browser.press("Save");
    browser.sees("carl is saved and in force");
    let carl = fs::read_to_string(office.scene.pbx.path("etc/salesforce.d/carl.conf")).unwrap();
    assert!(
        carl.contains("username = karl@acme.example ; new\n") && carl.starts_with("; Carl"),
        "{carl}"
    );
    assert_eq!(Office::leftovers(path.parent().unwrap()), 0);
}

#[test]
fn mistakes_are_told_beside_their_fields() {
    let office = Office::start();
    let browser = entered(&office);
    let before = office.conf();
    browser.press("New Salesforce user");
    browser.press("Save");
    assert!(browser.problem("name").contains("Is missing"));
    browser.fill("field-name", "emil");
    browser.fill("field-domain", "evil.example");
    browser.fill("field-extension", "100");
    browser.press("Advanced");
    browser.fill("field-subject_lost", "{nonsense}");
    browser.fill("field-repeat_window", "99999");
    browser.press("Save");
    assert!(browser.problem("username").contains("Is missing"));
    assert!(browser.problem("domain").contains("trusted_domains"));
    assert!(browser.problem("subject_lost").contains("nonsense"));
    assert!(browser.problem("repeat_window").contains("0-10080"));
    assert!(
        browser
            .problem("password")
            .contains("password or password_file")
    );
    browser.screenshot("mistakes");
    browser.check_accessibility("mistakes");
    browser.fill("field-name", "anna");
    browser.press("Save");
    assert!(browser.problem("name").contains("a user of this name"));
    browser.fill("field-name", "no]name");
    browser.press("Save");
    browser.sees_in("#field-name-problem", "Letters, digits");
    browser.answer_yes();
    browser.press("Deutsch");
    assert_eq!(office.conf(), before);

    // An extension that is somebody else's.
    browser.press("Benutzer");
    browser.press("Bearbeiten: bert");
    browser.fill("field-extension", "100");
    browser.press("Speichern");
    assert!(
        browser.problem("extension").contains("gehört schon anna"),
        "{}",
        browser.problem("extension")
    );
    browser.screenshot("mistakes-de");
    assert_eq!(office.conf(), before);
}

#[test]
fn of_two_people_the_second_is_told() {
    let office = Office::start();
    let browser = entered(&office);
    browser.press("Edit: anna");
    browser.fill("field-username", "first@acme.example");
    let first = browser.new_window();
    browser.open(&office.url());
    browser.press("Edit: anna");
    browser.choose("field-language", "fr");
    browser.press("Save");
    browser.sees("anna is saved and in force");
    browser.switch_to(first);
    browser.press("Save");
    browser.sees("Somebody else has changed the configuration meanwhile");
    browser.sees("Nothing was saved");
    browser.sees_in(".note li", "Language: – → fr");
    browser.screenshot("conflict");
    browser.check_accessibility("conflict");
    assert!(!office.conf().contains("first@acme.example"));
    assert_eq!(browser.value("field-username"), "first@acme.example");
    browser.press("Save");
    browser.sees("anna is saved and in force");
    let conf = office.conf();
    assert!(
        conf.contains("first@acme.example") && conf.contains("language = fr"),
        "{conf}"
    );
}

#[test]
fn parking_and_deleting() {
    let office = Office::start();
    dress(&office);
    let browser = entered(&office);
    browser.press("Park: anna");
    browser.sees("Parked");
    assert!(office.conf().contains("enabled = no"));
    assert!(office.scene.cli("salesforce show users").contains("parked"));
    browser.screenshot("parked");
    browser.press("Activate: anna");
    browser.misses("Parked");
    assert!(office.conf().contains("enabled = yes"));

    browser.press("Edit: bert");
    browser.press("Delete");
    browser.sees("Delete bert?");
    browser.screenshot("delete");
    browser.press("Cancel");
    assert!(office.conf().contains("[bert]"));
    browser.press("Delete");
    browser.sees("Delete bert?");
    browser.press("Delete");
    browser.sees("bert is deleted");
    browser.misses(B.2);
    let conf = office.conf();
    assert!(!conf.contains("[bert]") && !conf.contains(B.2), "{conf}");
    for kept in [
        "several",
        "Anna sits at the door",
        "; her desk",
        "#include",
        "[user](!)",
    ] {
        assert!(conf.contains(kept), "{kept}: {conf}");
    }
    assert!(
        office
            .scene
            .cli("salesforce show users")
            .ends_with("\n2 users\n")
    );
}

#[test]
fn settings_are_saved_and_in_force() {
    let office = Office::start();
    let before = dress(&office);
    let browser = entered(&office);
    browser.press("Settings");
    browser.unfold("field-workers");
    browser.fill("field-workers", "0");
    browser.press("Save");
    assert!(browser.problem("workers").contains("1-64"));
    browser.fill("field-workers", "7");
    browser.choose("field-unanswered_group", "first");
    browser.press("Save");
    browser.sees("The settings are saved and in force");
    let conf = office.conf();
    assert_eq!(
        conf.replace("unanswered_group = first\nworkers = 7\n", ""),
        before
    );
    assert!(office.scene.cli("salesforce show status").contains("of 7"));
    browser.unfold("field-web");
    browser.tick("field-web");
    browser.press("Save");
    browser.sees("Switch this page off?");
    browser.screenshot("web-off");
    browser.press("Cancel");
    assert_eq!(office.conf(), conf);
}

/// A broken section is shown and can be mended; others stay as they are.
#[test]
fn a_broken_section_is_mended() {
    let office = Office::start();
    let conf = office
        .conf()
        .replace("extension = 101", "extension = 101\nlanguage = klingon");
    office
        .scene
        .pbx
        .write_etc("salesforce.conf", &conf)
        .unwrap();
    office.scene.unload();
    office.scene.load();
    let browser = entered(&office);
    browser.sees("Not valid");
    browser.sees("[bert] language");
    browser.screenshot("broken");
    browser.press("bert");
    assert!(browser.problem("language").contains("without texts"));
    browser.choose("field-language", "en");
    browser.press("Save");
    browser.sees("bert is saved and in force");
    assert!(office.conf().contains("extension = 101\nlanguage = en\n"));
    assert!(
        office
            .scene
            .cli("salesforce show users")
            .ends_with("\n2 users\n")
    );
}
