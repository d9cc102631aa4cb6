//! The documentation in Asterisk: valid, found by its CLI, and true.

use crate::manager::{Manager, text};
use crate::scene::{A, PATIENCE, Plan, Scene};
use private_pbx::{Reaction, Root};
use res_ansitel_salesforce::config::section::{GENERAL_OPTIONS, USER_OPTIONS};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conf/res_ansitel_salesforce-en_US.xml")
}

/// What xmllint says to the file; `Err` when it finds fault with it.
fn xmllint(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("xmllint")
        .args(["--nonet", "--xinclude"])
        .args(arguments)
        .arg(file())
        .output()
        .expect("xmllint: run scripts/packages");
    let said = String::from_utf8(output.stdout).unwrap();
    if output.status.success() {
        Ok(said)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The `name`s of elements.
fn names(elements: &str) -> BTreeSet<String> {
    let found = xmllint(&["--xpath", &format!("{elements}/@name")]).unwrap_or_default();
    found
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn documented() -> Scene {
    let mut plan = Plan::default().managed(&[]);
    plan.builder = plan.builder.documentation(file());
    plan.start()
}

#[test]
fn the_file_is_what_asterisk_s_own_definition_allows() {
    let root = Root::prepare(private_pbx::Kind::Plain).unwrap();
    let dtd = root.host_path("/usr/share/asterisk/documentation/appdocsxml.dtd");
    xmllint(&["--noout", "--dtdvalid", dtd.to_str().unwrap()]).unwrap();
}

#[test]
fn every_option_is_explained_and_nothing_else() {
    for (object, known) in [("general", GENERAL_OPTIONS), ("user", USER_OPTIONS)] {
        let explained = names(&format!("//configObject[@name='{object}']/configOption"));
        let known: BTreeSet<String> = known.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(explained, known, "{object}");
    }
}

/// What the file calls a default, the sample does too.
#[test]
fn defaults_are_those_of_the_sample() {
    let sample = include_str!("../../conf/salesforce.conf.sample");
    let (general, user) = sample.split_once(";[support]").unwrap();
    let mut looked_at = 0;
    for (object, sample) in [("general", general), ("user", user)] {
        for option in names(&format!(
            "//configObject[@name='{object}']/configOption[@default != '']"
        )) {
            let path = format!(
                "string(//configObject[@name='{object}']/configOption[@name='{option}']/@default)"
            );
            let default = xmllint(&["--xpath", &path]).unwrap();
            let line = format!(";{option} = {}", default.trim_end());
            assert!(sample.lines().any(|there| there == line), "{line}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 20);
}

#[test]
fn the_cli_finds_it() {
    let scene = documented();
    let module = scene.cli("config show help res_ansitel_salesforce");
    assert!(
        module.contains("Salesforce Cases")
            && module.contains("general ")
            && module.contains("user "),
        "{module}"
    );
    let general = scene.cli("config show help res_ansitel_salesforce general");
    assert!(
        GENERAL_OPTIONS
            .iter()
            .all(|option| general.contains(option)),
        "{general}"
    );
    let option = scene.cli("config show help res_ansitel_salesforce user repeat_window");
    assert!(
        option.contains("Minutes within which another lost call"),
        "{option}"
    );

    let listed = scene.cli("manager show commands");
    let actions = names("/docs/manager");
    assert_eq!(actions.len(), 9);
    for action in &actions {
        assert!(listed.contains(action.as_str()), "{listed}");
        let shown = scene.cli(&format!("manager show command {action}"));
        let path = format!("string(/docs/manager[@name='{action}']/synopsis)");
        let synopsis = xmllint(&["--xpath", &path]).unwrap();
        assert!(shown.contains(synopsis.trim_end()), "{shown}");
    }
    let shown = scene.cli("manager show command SalesforceUsers");
    for part in [
        "Lists the Salesforce users.",
        "salesforce show users",
        "SalesforceUserEntry",
        "SalesforceUsersComplete",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let function = scene.cli("core show function SALESFORCE");
    for part in [
        "Tells whose number it is",
        "SALESFORCE(field[,number[,user]])",
        "SALESFORCE_STATUS",
        "NOUSER",
        "account_id",
    ] {
        assert!(function.contains(part), "{part}: {function}");
    }
    for event in names("/docs/managerEvent") {
        let shown = scene.cli(&format!("manager show event {event}"));
        assert!(
            shown.contains("Raised when") && shown.contains("State"),
            "{shown}"
        );
    }
    assert!(scene.logged("ERROR", "").is_empty() && scene.logged("WARNING", "xml").is_empty());
}

/// Every header of every event is explained, and none that there is not.
#[test]
fn headers_are_those_of_the_events() {
    let scene = documented();
    let manager = Manager::of(&scene);
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    let mut events = vec![
        manager.event("SalesforceUserState"),
        manager.event("SalesforceCase"),
    ];
    for action in [
        "SalesforceUsers",
        "SalesforceUser",
        "SalesforceStatus",
        "SalesforceCalls",
        "SalesforceTestUser",
    ] {
        let (list, end) = manager.list(action, json!({"User": A.0}));
        events.extend(list);
        events.push(end);
    }
    // Asterisk's, and the client's.
    let not_ours = ["Event", "Privilege", "SystemName", "ActionID", "content"];
    let mut looked_at = BTreeSet::new();
    for event in &events {
        let name = text(event, "Event");
        let headers = event.as_object().unwrap().keys();
        let headers: BTreeSet<String> = headers
            .filter(|header| !not_ours.contains(&header.as_str()))
            .cloned()
            .collect();
        let explained = names(&format!(
            "//managerEvent[@name='{name}'][1]/managerEventInstance/syntax/parameter"
        ));
        assert_eq!(headers, explained, "{name}");
        looked_at.insert(name);
    }
    // All that are explained, but for the one that has the headers of another.
    let mut all = names("//managerEvent");
    all.remove("SalesforceCallFailed");
    assert_eq!(looked_at, all);
}
