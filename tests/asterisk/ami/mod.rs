//! The manager interface, as a client that others wrote sees it.

mod events;
mod load;

use crate::manager::{Manager, text};
use crate::scene::{A, B, ORG, PATIENCE, Plan, Scene};
use private_pbx::{Phone, Reaction, eventually};
use serde_json::{Value, json};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

const READING: [&str; 4] = [
    "SalesforceUsers",
    "SalesforceUser",
    "SalesforceStatus",
    "SalesforceCalls",
];
const CHANGING: [&str; 5] = [
    "SalesforceStart",
    "SalesforceStop",
    "SalesforceTestUser",
    "SalesforceRetry",
    "SalesforceDiscard",
];

fn answering(scene: &Scene) -> Phone {
    scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT))
}

fn ring(scene: &Scene, count: usize) {
    for _ in 0..count {
        scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    }
}

fn headers<const N: usize>(message: &Value, names: [&str; N]) -> [String; N] {
    names.map(|name| text(message, name))
}

#[test]
fn lists_tell_what_the_cli_tells() {
    let scene = Plan::default().managed(&[]).a("language = en").start();
    let manager = Manager::of(&scene);
    let _a = answering(&scene);
    ring(&scene, 2);
    scene.settle();

    let (users, _) = manager.list("SalesforceUsers", json!({"ActionID": "a b:7"}));
    let names = [
        "Event",
        "ActionID",
        "User",
        "Username",
        "Extensions",
        "Actions",
        "State",
        "Cases",
    ];
    let expected = [
        [
            "SalesforceUserEntry",
            "a b:7",
            A.0,
            A.2,
            "100",
            "answered,lost,account",
            "ok",
            "2",
        ],
        [
            "SalesforceUserEntry",
            "a b:7",
            B.0,
            B.2,
            "101",
            "answered,lost,account",
            "not logged in",
            "0",
        ],
    ];
    let users: Vec<_> = users.iter().map(|user| headers(user, names)).collect();
    assert_eq!(users, expected);

    let (events, _) = manager.list("SalesforceUser", json!({"User": A.0}));
    let kinds: Vec<_> = events.iter().map(|event| text(event, "Event")).collect();
    let expected = [
        "SalesforceUserDetail",
        "SalesforceExtensionEntry",
        "SalesforceCallEntry",
        "SalesforceCallEntry",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        headers(&events[0], ["Session", "Auth", "Country"]),
        ["yes", "soap", "DE"]
    );
    assert_eq!(
        text(&events[0], "ApiUsed"),
        scene.sim.api_usage(ORG).to_string()
    );
    assert_eq!(
        headers(&events[1], ["Extension", "Devices"]),
        ["100", "PJSIP/100"]
    );
    assert!(!json!(events).to_string().contains("secret"), "{events:#?}");

    // The newest first, each with its Case and Account.
    let (calls, _) = manager.list("SalesforceCalls", json!({"Count": "1"}));
    let [call] = calls.as_slice() else {
        panic!("{calls:#?}");
    };
    let table = scene.cli("salesforce show calls 1");
    let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
    let told = headers(
        call,
        [
            "Call",
            "User",
            "Extension",
            "CallerIDNum",
            "Outcome",
            "State",
            "CaseId",
            "AccountId",
        ],
    );
    // Date and time are two words.
    assert_eq!(
        told.to_vec(),
        [&row[..1], &row[3..]].concat()[..8],
        "{table}"
    );
    let (calls, _) = manager.list("SalesforceCalls", json!({"User": B.0}));
    assert_eq!(calls, [Value::Null; 0]);

    let (status, _) = manager.list("SalesforceStatus", json!({}));
    let names = [
        "Event",
        "Interface",
        "Users",
        "EventsDropped",
        "Pending",
        "DeliveredSinceLoad",
        "Version",
    ];
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        "SalesforceStatusDetail",
        "started",
        "2",
        "0",
        "0",
        "2",
        version,
    ];
    assert_eq!(headers(&status[0], names), expected);
    let places: Vec<_> = status[1..]
        .iter()
        .map(|place| headers(place, ["Event", "Kind", "State"]))
        .collect();
    let place = |kind| ["SalesforcePlaceEntry", kind, "ok"];
    assert_eq!(places, [place("host"), place("org")]);
}

#[test]
fn what_is_wrong_is_said() {
    let scene = Plan::default().managed(&[]).b("enabled = no").start();
    let manager = Manager::of(&scene);
    for (action, with, said) in [
        (
            "SalesforceUser",
            json!({}),
            "There is no Salesforce user ''",
        ),
        (
            "SalesforceUser",
            json!({"User": "nobody"}),
            "There is no Salesforce user 'nobody'",
        ),
        (
            "SalesforceTestUser",
            json!({"User": "nobody"}),
            "There is no Salesforce user 'nobody'",
        ),
        ("SalesforceTestUser", json!({"User": B.0}), "is parked"),
        (
            "SalesforceCalls",
            json!({"Count": "0"}),
            "Count is not a number",
        ),
        (
            "SalesforceCalls",
            json!({"Count": "many"}),
            "Count is not a number",
        ),
        ("SalesforceRetry", json!({}), "Call is missing"),
        ("SalesforceRetry", json!({"Call": "-1"}), "Call is missing"),
        (
            "SalesforceRetry",
            json!({"Call": "7"}),
            "There is no failed call 7.",
        ),
        (
            "SalesforceDiscard",
            json!({"Call": "all"}),
            "Call is missing",
        ),
        (
            "SalesforceDiscard",
            json!({"Call": "7"}),
            "There is no failed or pending call 7.",
        ),
    ] {
        let problem = manager.told(action, with).unwrap_err();
        assert!(problem.contains(said), "{action}: {problem}");
    }
}

#[test]
fn stopped_and_started() {
    let scene = Plan::default().managed(&[]).start();
    let manager = Manager::of(&scene);
    let told = |action| manager.told(action, json!({})).unwrap();
    assert_eq!(
        told("SalesforceStop"),
        "The Salesforce interface is stopped."
    );
    let event = manager.event("SalesforceUserState");
    assert_eq!(
        headers(&event, ["User", "State", "FormerState"]),
        [A.0, "stopped", "not logged in"]
    );
    assert_eq!(
        told("SalesforceStop"),
        "The Salesforce interface is already stopped."
    );
    let (status, _) = manager.list("SalesforceStatus", json!({}));
    assert_eq!(text(&status[0], "Interface"), "stopped");
    let _a = answering(&scene);
    ring(&scene, 1);
    assert_eq!(
        told("SalesforceStart"),
        "The Salesforce interface is started."
    );
    ring(&scene, 1);
    assert_eq!(scene.cases().len(), 1);
    let by = scene.await_logged("NOTICE", "by a manager action", 2);
    assert_eq!(by.len(), 2, "{by:#?}");
}

#[test]
fn users_are_tested() {
    let scene = Plan::default()
        .managed(&[])
        .b("password = Wr0ngS3cret")
        .start();
    let manager = Manager::of(&scene);
    let (steps, end) = manager.list("SalesforceTestUser", json!({"User": A.0}));
    assert_eq!(
        headers(&end, ["User", "Result", "Message"]),
        [A.0, "passed", "User [anna] can deliver calls."]
    );
    assert!(steps.len() > 4, "{steps:#?}");
    for step in &steps {
        assert_eq!(
            headers(step, ["Event", "Result"]),
            ["SalesforceTestStep", "passed"]
        );
        assert_ne!(text(step, "Step"), "");
    }
    let event = manager.event("SalesforceUserState");
    assert_eq!(
        headers(&event, ["User", "State", "FormerState"]),
        [A.0, "ok", "not logged in"]
    );
    assert!(text(&event, "Org").starts_with("00D"), "{event}");

    let (steps, end) = manager.list("SalesforceTestUser", json!({"User": B.0}));
    assert_eq!(headers(&end, ["User", "Result"]), [B.0, "failed"]);
    let last = steps.last().unwrap();
    assert_eq!(text(last, "Result"), "failed");
    assert!(text(last, "Message").contains("password"), "{last}");
    assert!(!json!(steps).to_string().contains("Wr0ngS3cret"));
    let event = manager.event("SalesforceUserState");
    assert_eq!(
        headers(&event, ["User", "State", "FormerState"]),
        [B.0, "refused", "not logged in"]
    );
    assert!(text(&event, "Status").contains("password"), "{event}");
}

#[test]
fn rights_are_those_of_manager_conf() {
    let rights = [
        ("looker", "call", "reporting"),
        ("changer", "system", "system"),
        ("caller", "reporting,dialplan", "call,originate,command"),
    ];
    let scene = Plan::default().managed(&rights).start();
    let [looker, changer, caller] = rights.map(|(name, ..)| Manager::named(&scene, name));
    let refused = |manager: &Manager, action| {
        let answer = manager.ask(action, json!({"User": A.0, "Call": "1"}));
        answer[0]["Message"] == "Permission denied"
    };
    for action in READING {
        let denied = [&looker, &changer, &caller].map(|manager| refused(manager, action));
        assert_eq!(denied, [false, false, true], "{action}");
    }
    for action in CHANGING {
        let denied = [&looker, &changer, &caller].map(|manager| refused(manager, action));
        assert_eq!(denied, [true, false, true], "{action}");
    }
    // Stopped by the changer, above; and tested by it.
    changer.told("SalesforceStart", json!({})).unwrap();
    let _a = answering(&scene);
    ring(&scene, 1);
    looker.event("SalesforceCase");
    scene.settle();
    let seen = |manager: &Manager, name: &str| manager.events().iter().any(|event| event == name);
    assert!(!seen(&looker, "SalesforceUserState"));
    changer.event("SalesforceUserState");
    assert!(!seen(&changer, "SalesforceCase"));
    assert_eq!(caller.events(), [""; 0]);
}

/// What the dialplan may ask, a manager client may not: its rights say nothing of customers' data.
#[test]
fn the_dialplan_function_is_not_for_whoever_may_see_calls() {
    let ask = |dangerously: &str| {
        let rights = [("caller", "call,reporting", "call,reporting")];
        let mut plan = Plan::default().managed(&rights);
        let option = format!("live_dangerously = {dangerously}");
        plan.builder = plan.builder.option(&option);
        let scene = plan.start();
        let account = json!({
            "attributes": {"type": "Account"}, "Name": "Erika GmbH", "Phone": "+493012345678"
        });
        scene.sim.seed(ORG, account);
        let caller = Manager::named(&scene, "caller");
        let get = move || {
            let variable = "SALESFORCE(name,+493012345678,anna)";
            let answer = caller.ask("Getvar", json!({"Variable": variable}));
            assert_eq!(text(&answer[0], "Response"), "Success");
            // A message without anything in it comes without its headers.
            answer[0]["Value"].as_str().unwrap_or_default().to_owned()
        };
        (scene, get)
    };
    let (scene, get) = ask("no");
    assert_eq!(get(), "");
    assert_eq!(scene.sim.requests().len(), 0);
    let (_scene, get) = ask("yes");
    // The first answer may come too late for whoever asked.
    eventually("the Account's name", PATIENCE, || get() == "Erika GmbH").unwrap();
}
