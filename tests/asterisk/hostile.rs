//! Callers' numbers and names that mean harm.

use crate::scene::{ORG, PATIENCE, Plan};
use private_pbx::{Caller, Dialplan, Reaction};
use serde_json::json;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// What would stand in the log as a line of its own.
const FORGED: &str = "FORGED line";

const TEXTS: &[&str] = &[
    "100%' OR Name != '",
    "' OR Name LIKE '%",
    "\\' OR Name != \\'",
    "x' FROM Account) FIND {a*} RETURNING Account(Id) (",
    "{*} OR ?*",
    "\"*\" AND NOT \"x\"",
    "030* OR 0302000000",
    "a\r\nFORGED line\r\n",
    "%n%s%99999d",
    "<script>alert(1)</script> & </urn:login>",
    "${SHELL(id)} {number} {{nonsense}}",
    "=cmd|'/C calc'!A0",
    "\u{1b}[31mred \u{7} \u{200f}",
];

#[test]
fn end_up_as_harmless_text() {
    let long = "x' OR {*} ".repeat(500);
    let dialplan = Dialplan::default().ring(2).more(&format!(
        "[from-trunk](+)\n\
         exten => 600,1,Set(CALLERID(num)={long})\n same => n,Set(CALLERID(name)={long})\n\
         same => n,Goto(100,1)\n"
    ));
    let plan = Plan {
        dialplan,
        ..Plan::default()
    };
    let builder = plan.builder.clone().option("debug=3");
    let scene = Plan { builder, ..plan }.start();
    // What a query that means more than it should would find.
    for (name, phone) in [
        ("Other", "030 2000000"),
        ("100", "+49 30 100"),
        ("x", "040 1"),
    ] {
        let account = json!({"attributes": {"type": "Account"}, "Name": name, "Phone": phone});
        scene.sim.seed(ORG, account);
    }
    let _a = scene.phone("100", Reaction::answer().after(SHORT));
    let mut callers: Vec<Caller> = Vec::new();
    for text in TEXTS {
        callers.push(Caller::number(text).named("Erika"));
        // A line break cannot be in a header.
        let name = text.replace(['\r', '\n', '\u{1b}', '\u{7}'], "");
        callers.push(Caller::number("+493055500").named(&name));
    }
    // chan_pjsip takes no longer one.
    callers.push(Caller::number(&long[..100]).named("Erika"));
    callers.push(Caller::number("+493055500").named(&long));
    // The SIP stack of trunk and phone does not know a call again by every such name, so Asterisk
    // itself ends the calls.
    let ring = |number: &str, caller: &Caller| {
        scene
            .ring_as(number, caller)
            .wait_established(PATIENCE)
            .unwrap();
        scene.cli("channel request hangup all");
        scene.wait_quiet();
    };
    for caller in &callers {
        ring("100", caller);
    }
    // To the phone such an INVITE makes no sense: a lost call.
    let call = scene.ring_as("600", &Caller::number("+493055500"));
    call.wait_ended(PATIENCE).unwrap();

    let cases = scene.cases();
    assert_eq!(
        cases.len(),
        callers.len() + 1,
        "{}",
        scene.cli("salesforce show calls 40")
    );
    let seeded = ["Other", "100", "x"];
    for (_, case) in &cases {
        for (field, value) in case.as_object().unwrap() {
            let Some(text) = value.as_str() else { continue };
            let allowed = |c: char| !c.is_control() || (c == '\n' && field == "Description");
            assert!(text.chars().all(allowed), "{field}: {text:?}");
        }
        let account = scene
            .sim
            .records("Account")
            .into_iter()
            .find(|a| a["Id"] == case["AccountId"]);
        let name = account.map_or_else(String::new, |a| a["Name"].as_str().unwrap().to_owned());
        assert!(!seeded.contains(&name.as_str()), "{case}");
    }
    let reference_last = |case: &serde_json::Value| {
        let text = case["Description"].as_str().unwrap().to_owned();
        text.lines().last().unwrap().to_owned()
    };
    let references: std::collections::BTreeSet<String> =
        cases.iter().map(|(_, case)| reference_last(case)).collect();
    assert_eq!(references.len(), cases.len());

    // Whatever was asked was understood, and found nothing but the caller's own Account.
    for request in scene.sim.requests() {
        assert!(matches!(request.status, 200 | 201), "{request:?}");
        if request.kind == "search" {
            assert!(
                matches!(request.outcome.as_str(), "0 found" | "1 found"),
                "{request:?}"
            );
        }
    }

    // One line for each message.
    let log = scene.log();
    let forged: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with(FORGED))
        .collect();
    assert!(forged.is_empty(), "{forged:#?}");
    assert_eq!(scene.logged("ERROR", "src/"), [""; 0]);
    let ours = log.lines().filter(|line| line.contains(" src/"));
    for line in ours {
        assert!(
            line.starts_with('[') && !line.chars().any(char::is_control),
            "{line:?}"
        );
    }
}
