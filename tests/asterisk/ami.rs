//! The manager interface, as a client that others wrote sees it.

use crate::manager::{Manager, check_list, text, with_name};
use crate::scene::{A, B, MODULE, ORG, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Phone, Plan as LoadPlan, Reaction, eventually};
use salesforce_simulator::{Action, Fault, Mode, ValidationRule};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
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

#[test]
fn a_thousand_requests_during_calls() {
    const CALLS: usize = 60;
    const REQUESTS: usize = 1000;
    let scene = Plan::default()
        .managed(&[])
        .a("create_account = no")
        .start();
    let _a = answering(&scene);
    let manager = Manager::of(&scene);
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let load = private_pbx::Load {
                calls: CALLS,
                per_second: 10,
                at_once: 10,
                patience: PATIENCE,
            };
            scene.pbx.trunk().load(&load, |n| LoadPlan {
                number: "100".into(),
                caller: Caller::number(&format!("+4930{:07}", 2_000_000 + n)),
                hangup_after: None,
                cancel_after: None,
            })
        });
        let mut asked = 0;
        while asked < REQUESTS || !calls.is_finished() {
            let actions: Vec<Value> = (0..50)
                .map(|n| {
                    with_name(
                        READING[n % READING.len()],
                        json!({"User": A.0, "ActionID": format!("{asked}/{n}")}),
                    )
                })
                .collect();
            let answers = manager.ask_all(&actions, 3 * PATIENCE);
            for (action, messages) in actions.iter().zip(&answers) {
                check_list(&text(action, "Action"), messages);
                assert_eq!(messages[0]["ActionID"], action["ActionID"]);
            }
            asked += actions.len();
        }
        let report = calls.join().unwrap();
        println!("{asked} requests during {CALLS} calls: {report:?}");
        assert_eq!(report.answered, CALLS, "{report:?}");
    });
    assert_eq!(scene.cases().len(), CALLS);
    let status = scene.cli("salesforce show status");
    assert!(status.contains("dropped = 0"), "{status}");
}

/// The action's handler is ours: it must have returned before the module goes.
#[test]
fn nobody_is_in_an_action_when_the_module_goes() {
    let scene = Plan::default().managed(&[]).start();
    scene.sim.add_fault(Fault::every(
        "login",
        Action::Freeze {
            after_commit: false,
        },
    ));
    let waiting = Manager::of(&scene);
    thread::scope(|scope| {
        let test = scope.spawn(move || {
            waiting.ask_all(
                &[with_name("SalesforceTestUser", json!({"User": A.0}))],
                6 * PATIENCE,
            )
        });
        eventually("the use", PATIENCE, || uses(&scene) == Some(1)).unwrap();
        let said = scene.cli(&format!("module unload {MODULE}"));
        assert!(!said.contains("Unloaded"), "{said}");
        scene.sim.clear_faults();
        let answer = test.join().unwrap();
        check_list("SalesforceTestUser", &answer[0]);
    });

    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asker = scope.spawn(|| {
            let manager = Manager::of(&scene);
            let mut answers = [0, 0];
            while !over.load(Ordering::Relaxed) {
                let actions = vec![with_name("SalesforceStatus", json!({})); 20];
                for messages in manager.ask_all(&actions, PATIENCE) {
                    let is_error = messages[0]["Response"] == "Error";
                    answers[usize::from(is_error)] += 1;
                }
            }
            answers
        });
        for _ in 0..20 {
            scene.unload();
            scene.load();
        }
        over.store(true, Ordering::Relaxed);
        let [done, refused] = asker.join().unwrap();
        println!("{done} answered, {refused} refused while the module was away");
        assert!(done > 0 && refused > 0, "{done} {refused}");
    });
    scene.unload();
    let actions = scene.cli("manager show commands");
    assert!(!actions.contains("Salesforce"), "{actions}");
}

/// How often the module is in use.
fn uses(scene: &Scene) -> Option<u32> {
    let table = scene.cli(&format!("module show like {MODULE}"));
    let row = table.lines().find(|line| line.starts_with(MODULE))?;
    // Name, description (of two words), uses, state.
    row.split_whitespace().nth(3)?.parse().ok()
}
