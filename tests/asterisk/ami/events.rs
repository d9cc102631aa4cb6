//! What the manager interface tells without being asked.

use super::{answering, headers, ring};
use crate::manager::{Manager, text};
use crate::scene::{A, ORG, PATIENCE, Plan};
use private_pbx::{Caller, Reaction};
use salesforce_simulator::{Mode, ValidationRule};
use serde_json::json;

#[test]
fn a_case_is_told_of_when_salesforce_has_it() {
    let scene = Plan::default().managed(&[]).start();
    let known =
        json!({"attributes": {"type": "Account"}, "Name": "Known", "Phone": "030 12345678"});
    let known = scene.sim.seed(ORG, known);
    let manager = Manager::of(&scene);
    let _a = answering(&scene);
    ring(&scene, 1);
    let event = manager.event("SalesforceCase");
    let cases = scene.cases();
    let case = &cases[0].1;
    let told = headers(
        &event,
        [
            "User",
            "Extension",
            "CallerIDNum",
            "CallerIDName",
            "Withheld",
            "Outcome",
            "Reason",
            "State",
            "CaseId",
            "AccountId",
            "MatchedName",
            "Error",
            "Privilege",
        ],
    );
    let id = case["Id"].as_str().unwrap();
    assert_eq!(
        told,
        [
            A.0,
            "100",
            "+493012345678",
            "Erika",
            "no",
            "answered",
            "answered",
            "delivered",
            id,
            &known,
            "Known",
            "",
            "call,all"
        ]
    );
    let last_line = case["Description"]
        .as_str()
        .unwrap()
        .lines()
        .last()
        .unwrap();
    assert!(last_line.contains(&text(&event, "Reference")), "{event}");
    let times = ["StartTime", "AnswerTime", "EndTime"]
        .map(|name| text(&event, name).parse::<f64>().unwrap());
    assert!(times.is_sorted() && times[0] > 1.7e9, "{times:?}");
}

/// With `create_on = answer` the Case is told of when it appears, and when it is complete.
#[test]
fn a_case_at_the_answer_is_told_of_twice() {
    let scene = Plan::default()
        .managed(&[])
        .general("create_on = answer")
        .start();
    let manager = Manager::of(&scene);
    let a = scene.phone(A.1, Reaction::ring());
    let call = scene.ring(A.1);
    a.next_call(PATIENCE).unwrap().answer().unwrap();
    let event = manager.event("SalesforceCase");
    assert_eq!(
        headers(&event, ["State", "EndTime", "TalkSeconds"]),
        ["in progress", "", ""]
    );
    let id = text(&event, "CaseId");
    assert!(id.starts_with("500"), "{event}");
    call.hangup().unwrap();
    let event = manager.event("SalesforceCase");
    assert_eq!(headers(&event, ["State", "CaseId"]), ["delivered", &id]);
    assert_ne!(text(&event, "EndTime"), "");
    assert_eq!(manager.events(), [""; 0]);
}

#[test]
fn refused_calls_are_told_of_and_sent_again_or_given_up() {
    let mut plan = Plan::default().managed(&[]);
    plan.org.validation_rules.push(ValidationRule {
        object: "Case".into(),
        field: String::new(),
        contains: String::new(),
        message: "Cases need a Priority here".into(),
    });
    let scene = plan.start();
    let manager = Manager::of(&scene);
    let _a = answering(&scene);
    ring(&scene, 2);
    let failed = [(); 2].map(|()| {
        let event = manager.event("SalesforceCallFailed");
        assert_eq!(
            headers(&event, ["User", "State", "CaseId"]),
            [A.0, "failed", ""]
        );
        assert!(
            text(&event, "Error").contains("Cases need a Priority here"),
            "{event}"
        );
        text(&event, "Call")
    });
    let told = |action, call: &str| manager.told(action, json!({"Call": call}));
    let said = told("SalesforceDiscard", &failed[0]).unwrap();
    assert_eq!(
        said,
        format!(
            "Call {} is discarded: it will not become a Case.",
            failed[0]
        )
    );
    assert!(told("SalesforceRetry", &failed[0]).is_err());
    scene
        .sim
        .update_org(ORG, |org| org.validation_rules.clear());
    assert_eq!(
        told("SalesforceRetry", &failed[1]).unwrap(),
        "1 call is sent again."
    );
    let event = manager.event("SalesforceCase");
    assert_eq!(text(&event, "Call"), failed[1]);
    assert_eq!(
        told("SalesforceRetry", "all").unwrap(),
        "0 calls are sent again."
    );
    assert_eq!(scene.cases().len(), 1);
}

#[test]
fn an_outage_is_a_state_of_its_users() {
    let scene = Plan::default().managed(&[]).start();
    let manager = Manager::of(&scene);
    let _a = answering(&scene);
    let change = || {
        let event = manager.event("SalesforceUserState");
        headers(&event, ["User", "FormerState", "State"])
    };
    ring(&scene, 1);
    assert_eq!(change(), [A.0, "not logged in", "ok"]);
    scene.settle();
    scene.sim.set_all_modes(Mode::Down);
    ring(&scene, 1);
    assert_eq!(change(), [A.0, "ok", "waiting"]);
    scene.sim.set_all_modes(Mode::Up);
    assert_eq!(change(), [A.0, "waiting", "ok"]);
}

/// Asterisk's own events hand a caller's line breaks on as they are; the filter keeps those away.
#[test]
fn values_stay_in_their_headers() {
    let rights = [("filtered", "call", "system\neventfilter=Event: Salesforce")];
    let scene = Plan::default().managed(&rights).start();
    let manager = Manager::named(&scene, rights[0].0);
    let _a = answering(&scene);
    let forged = "1\r\nEvent: Forged\r\nCaseId: 500\r\n\r\nEvent: Forged\r\n";
    for (number, name) in [(forged, "Erika"), ("+493055500", "x: %s%n Event: y")] {
        let call = scene.ring_as(A.1, &Caller::number(number).named(name));
        call.wait_established(PATIENCE).unwrap();
        // The SIP stack of the trunk does not know a call again by every such name.
        scene.cli("channel request hangup all");
        scene.wait_quiet();
        let event = manager.event("SalesforceCase");
        assert!(text(&event, "CaseId").starts_with("500"), "{event}");
        let told = text(&event, "CallerIDNum");
        // Nothing is missing but the line breaks.
        assert_eq!(
            told.split_whitespace().collect::<Vec<_>>(),
            number.split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(text(&event, "CallerIDName"), name);
    }
    let (calls, _) = manager.list("SalesforceCalls", json!({}));
    assert_eq!(calls.len(), 2, "{calls:#?}");
    for user in [
        "\u{1b}[31m",
        "%s%n%99999d",
        &"x".repeat(900),
        "anna' OR '1'='1",
    ] {
        let said = manager.told("SalesforceUser", json!({ "User": user }));
        let said = said.unwrap_err();
        assert!(said.starts_with("There is no Salesforce user '"), "{said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }
    let (users, _) = manager.list("SalesforceUsers", json!({"ActionID": "%n%s%x"}));
    assert_eq!(users.len(), 2);
    assert_eq!(manager.events(), [""; 0]);
}
