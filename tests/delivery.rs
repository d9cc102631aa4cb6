//! From the journal to a (simulated) Salesforce: once, whatever happens on the way.

#[path = "delivery/batches.rs"]
mod batches;
#[path = "delivery/check.rs"]
mod check;
#[path = "delivery/credentials.rs"]
mod credentials;
#[path = "delivery/duplicates.rs"]
mod duplicates;
#[path = "delivery/figures.rs"]
mod figures;
#[path = "delivery/headers.rs"]
mod headers;
#[path = "delivery/inquiries.rs"]
mod inquiries;
#[path = "delivery/look_ups.rs"]
mod look_ups;
#[path = "delivery/metrics.rs"]
mod metrics;
#[path = "delivery/numbers.rs"]
mod numbers;
#[path = "delivery/people.rs"]
mod people;
#[path = "delivery/readiness.rs"]
mod readiness;
#[path = "delivery/repeats.rs"]
mod repeats;
#[path = "delivery/running.rs"]
mod running;
#[path = "delivery/sharing.rs"]
mod sharing;
#[path = "delivery/slow.rs"]
mod slow;
#[path = "delivery/stage.rs"]
mod stage;
#[path = "delivery/strain.rs"]
mod strain;
#[path = "delivery/tasks.rs"]
mod tasks;
#[path = "../src/test_log.rs"]
mod test_log;

use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Update};
use res_ansitel_salesforce::delivery::Condition;
use res_ansitel_salesforce::journal::{Journal, State};
use salesforce_simulator::{Action, CustomField, Fault, Mode, OrgSetup, ValidationRule};
use serde_json::json;
use stage::*;
use std::process::Command;
use std::time::{Duration, Instant};

const KNOWN: &str = "+49301234567";

fn with_known_account() -> OrgSetup {
    let mut org = acme();
    org.records = vec![
        json!({"attributes": {"type": "Account"}, "Name": "Bekannt GmbH", "Phone": "(030) 1234567"}),
        json!({"attributes": {"type": "Account"}, "Name": "Andere", "Phone": "030 12345678"}),
    ];
    org
}

#[test]
fn a_known_caller_s_case_is_at_its_account() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    stage.record([call("a", "pbx-1-100", Some("0301234567"))]);
    stage.all_delivered(1);
    stage.assert_once(1, 2);
    let account = &stage.accounts()[0];
    assert_eq!(account["Name"], "Bekannt GmbH");
    let case = &stage.cases()[0];
    assert_eq!(case["AccountId"], account["Id"]);
    assert_eq!(case["SuppliedPhone"], KNOWN);
    assert_eq!(case["Origin"], "Phone");
    assert!(case["Description"].as_str().unwrap().contains("pbx-1-100"));
    let call = stage.call("pbx-1-100");
    assert_eq!(call.case_id.as_deref(), case["Id"].as_str());
    assert_eq!(call.account_id.as_deref(), account["Id"].as_str());
    // The second one needs no look-up.
    let before = stage.requests("");
    stage.record([call_of_known("pbx-2-100")]);
    stage.all_delivered(2);
    assert_eq!(stage.requests("") - before, 1);
    let user = stage.user("a");
    assert_eq!((user.condition, user.words.as_str()), (Condition::Ok, "ok"));
    assert_eq!((user.counts.delivered, user.counts.pending), (2, 0));
    assert_eq!(user.usage.unwrap().limit, 100_000);
}

fn call_of_known(reference: &str) -> CallRecord {
    call("a", reference, Some(KNOWN))
}

#[test]
fn one_account_for_a_new_number_whoever_is_called_first() {
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    sim.add_fault(Fault::every(
        "create Account",
        Action::Delay {
            ms: 200,
            after_commit: false,
        },
    ));
    let stage = start(sim, |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    // Both users and both of each one's calls at the same moment.
    let users = ["a", "b", "a", "b"];
    stage.record(
        users
            .iter()
            .enumerate()
            .map(|(n, user)| call(user, &format!("pbx-{n}-100"), Some("+49 89 7654321"))),
    );
    stage.all_delivered(4);
    stage.assert_once(4, 1);
    let account = &stage.accounts()[0];
    assert_eq!(account["Phone"], "+49897654321");
    assert!(
        account["Name"].as_str().unwrap().starts_with("Anrufer "),
        "{account}"
    );
    assert!(
        stage
            .cases()
            .iter()
            .all(|case| case["AccountId"] == account["Id"])
    );
    // Later, after a restart, and although the search index does not know it yet.
    let stage = stage.restarted();
    stage.record([call("b", "pbx-9-100", Some("089/7654321"))]);
    stage.all_delivered(5);
    stage.assert_once(5, 1);
}

#[test]
fn who_has_no_number_has_no_account() {
    let stage = start(simulator([acme()]), |port| {
        vec![
            section("a", port, &[]),
            section("b", port, &[("create_account", "no")]),
        ]
    });
    stage.record([
        call("a", "withheld", None),
        call("a", "anonymous", Some("anonymous")),
        call("a", "sip-name", Some("alice")),
        call("b", "not-wanted", Some("+49897654321")),
    ]);
    stage.all_delivered(4);
    stage.assert_once(4, 0);
}

#[test]
fn only_wanted_calls_make_cases() {
    let stage = start(simulator([acme()]), |port| {
        vec![
            section("a", port, &[("case_on_lost", "no")]),
            section("b", port, &[("case_on_answered", "no")]),
        ]
    });
    let answered = |user: &str| CallRecord {
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        ..call(user, &format!("{user}-answered"), None)
    };
    stage.record([
        call("a", "a-lost", None),
        call("b", "b-lost", None),
        answered("a"),
        answered("b"),
    ]);
    stage.all_delivered(2);
    let mut references: Vec<_> = stage
        .calls()
        .into_iter()
        .map(|c| c.record.reference)
        .collect();
    references.sort();
    assert_eq!(references, ["a-answered", "b-lost"]);
}

#[test]
fn an_outage_is_waited_for() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "before", Some(KNOWN))]);
    stage.all_delivered(1);
    sim.set_mode("acme", Mode::Down);
    stage.record((0..20).map(|n| call("a", &format!("r{n}"), Some(KNOWN))));
    eventually("attempts", || {
        stage.calls().iter().any(|call| call.attempts > 2)
    });
    let user = stage.user("a");
    assert_eq!(
        (user.condition, user.counts.pending),
        (Condition::Waiting, 20)
    );
    assert!(user.words.contains("tried again at"), "{}", user.words);
    sim.set_mode("acme", Mode::Up);
    stage.all_delivered(21);
    stage.assert_once(21, 1);
    eventually("well again", || stage.user("a").condition == Condition::Ok);
    assert_eq!(
        sim.logins().len(),
        1,
        "an outage is no reason to log in again"
    );
}

/// Whatever a request's end is: nothing twice, nothing lost.
#[test]
fn an_end_in_doubt_is_cleared_up_before_writing_again() {
    let ends = [
        Action::CutAfterCommit,
        Action::CutBeforeCommit,
        Action::Truncate { bytes: 10 },
        Action::Garbage,
        Action::Status {
            status: 503,
            body: None,
            content_type: None,
            after_commit: true,
        },
        Action::Status {
            status: 500,
            body: None,
            content_type: None,
            after_commit: false,
        },
        Action::Freeze { after_commit: true },
        Action::Freeze {
            after_commit: false,
        },
    ];
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    let timeout = [("request_timeout", "1")];
    let stage = start_with(sim.clone(), &timeout, |port| vec![section("a", port, &[])]);
    let mut count = 0;
    for on in ["create Case", "create Account"] {
        for end in &ends {
            sim.add_fault(Fault::once(on, end.clone()));
            count += 1;
            let number = format!("+49301000{count:03}");
            stage.record([call("a", &format!("r{count}"), Some(&number))]);
            stage.all_delivered(count);
            assert_eq!(stage.cases().len(), count, "{on}: {end:?}");
            assert_eq!(stage.accounts().len(), count, "{on}: {end:?}");
        }
    }
    stage.assert_once(count, count);
}

#[test]
fn a_kill_while_sending_makes_no_second_case() {
    for after_commit in [true, false] {
        let sim = simulator([acme()]);
        let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
        sim.add_fault(Fault::once("create Case", Action::Freeze { after_commit }));
        stage.record([call("a", "r", Some(KNOWN))]);
        stage.state("r", State::Sending);
        if after_commit {
            sim.wait_for_records("Case", 1, PATIENCE);
        }
        let stage = stage.killed();
        assert_eq!(stage.recovered.in_doubt, 1);
        stage.all_delivered(1);
        stage.assert_once(1, 1);
    }
}

#[test]
fn a_kill_while_an_account_is_created_makes_no_second_one() {
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    sim.add_fault(Fault::once(
        "create Account",
        Action::Freeze { after_commit: true },
    ));
    stage.record([call("a", "r", Some(KNOWN))]);
    sim.wait_for_records("Account", 1, PATIENCE);
    let stage = stage.killed();
    stage.all_delivered(1);
    stage.assert_once(1, 1);
}

#[test]
fn a_running_call_survives_a_kill() {
    let stage = start(simulator([acme()]), |port| vec![section("a", port, &[])]);
    let mut running = call("a", "r", Some(KNOWN));
    (running.outcome, running.reason) = (Outcome::Answered, Reason::Answered);
    (running.answered, running.ended) = (running.ended, None);
    stage.journal.record(vec![Update::Open(running)]);
    stage.state("r", State::Open);
    let stage = stage.killed();
    assert_eq!(stage.recovered.cut_off, 1);
    stage.all_delivered(1);
    stage.assert_once(1, 1);
}

#[test]
fn a_wrong_password_is_tried_once() {
    let sim = simulator([acme()]);
    // Two sections with the same wrong credentials, and somebody who is well.
    let wrong = [("password", "wrong"), ("username", "a@acme.example")];
    let stage = start(sim.clone(), |port| {
        vec![
            section("a1", port, &wrong),
            section("a2", port, &wrong),
            section("b", port, &[]),
        ]
    });
    let calls = |from: usize| {
        (from..from + 10).flat_map(|n| {
            ["a1", "a2", "b"].map(|user| call(user, &format!("{user}-{n}"), Some(KNOWN)))
        })
    };
    stage.record(calls(0));
    eventually("b's", || stage.user("b").counts.delivered == 10);
    eventually("refused", || {
        stage.user("a1").condition == Condition::Refused
    });
    stage.record(calls(10));
    eventually("b's", || stage.user("b").counts.delivered == 20);
    let tries = || {
        sim.logins()
            .iter()
            .filter(|login| login.username == "a@acme.example")
            .count()
    };
    assert_eq!(tries(), 1);
    for name in ["a1", "a2"] {
        let user = stage.user(name);
        assert_eq!(
            (user.condition, user.counts.pending),
            (Condition::Refused, 20),
            "{name}"
        );
        assert!(user.words.contains("INVALID_LOGIN"), "{}", user.words);
    }
    // Saves and reloads with the same mistake: none more. With the right password: all is
    // delivered.
    for _ in 0..10 {
        stage.saved();
        stage.reloaded();
    }
    stage.record(calls(20));
    eventually("b's", || stage.user("b").counts.delivered == 30);
    stage.at_rest();
    assert_eq!(tries(), 1);
    for name in ["a1", "a2"] {
        let user = stage.user(name);
        assert_eq!(user.condition, Condition::Refused, "{name}");
        let said = "the credentials are changed, the user tested, or (from ";
        assert!(user.words.contains(said), "{}", user.words);
    }
    let right = [("password", "pw-a"), ("username", "a@acme.example")];
    let port = sim.login_port();
    let users = vec![
        section("a1", port, &right),
        section("a2", port, &right),
        section("b", port, &[]),
    ];
    let mended = configuration(&sim, stage.directory.path(), &[], users);
    stage.delivery.reload(mended.clone(), client(&mended));
    stage.all_delivered(90);
    stage.assert_once(90, 1);
    assert_eq!(tries(), 2, "both sections share the session");
    assert!(!sim.is_locked("a@acme.example"));
}

#[test]
fn an_expired_session_is_renewed_once() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record((0..5).map(|n| call("a", &format!("r{n}"), Some(KNOWN))));
    stage.all_delivered(5);
    sim.expire_sessions("acme");
    stage.record((5..25).map(|n| call("a", &format!("r{n}"), Some(KNOWN))));
    stage.all_delivered(25);
    stage.assert_once(25, 1);
    assert_eq!(sim.logins().len(), 2);
}

#[test]
fn a_session_that_is_never_good_pauses_its_user() {
    let mut org = acme();
    org.users[0].rest_sessions = true;
    let sim = simulator([org]);
    let expired = || Action::Error {
        code: "INVALID_SESSION_ID".into(),
        message: "Session expired or invalid".into(),
        status: Some(401),
        fields: Vec::new(),
    };
    sim.add_fault(Fault::every("rest", expired()).for_user("a@acme.example"));
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    stage.record((0..5).map(|n| call("a", &format!("a{n}"), Some(KNOWN))));
    eventually("refused", || {
        stage.user("a").condition == Condition::Refused
    });
    stage.record((0..5).map(|n| call("b", &format!("b{n}"), Some(KNOWN))));
    eventually("b's", || stage.user("b").counts.delivered == 5);
    let tries = sim
        .logins()
        .iter()
        .filter(|login| login.username == "a@acme.example")
        .count();
    assert_eq!(tries, 2, "the login and one renewal");
}

#[test]
fn a_refused_record_fails_alone_and_can_be_retried() {
    let mut org = acme();
    let rule = ValidationRule {
        object: "Case".into(),
        field: "SuppliedPhone".into(),
        contains: "666".into(),
        message: "Diese Nummer nehmen wir nicht".into(),
    };
    org.validation_rules = vec![rule];
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    let number = |n: usize| {
        if n == 3 {
            "+4930666666".to_owned()
        } else {
            format!("+49304444{n:02}")
        }
    };
    stage.record((0..10).map(|n| call("a", &format!("r{n}"), Some(&number(n)))));
    stage.state("r3", State::Failed);
    eventually("the others", || stage.user("a").counts.delivered == 9);
    let failed = stage.call("r3");
    let words = failed.last_error.unwrap();
    assert!(words.contains("Diese Nummer nehmen wir nicht"), "{words}");
    let user = stage.user("a");
    assert_eq!((user.condition, user.counts.failed), (Condition::Ok, 1));
    assert!(
        user.counts
            .last_error
            .unwrap()
            .1
            .contains("nehmen wir nicht")
    );
    // Retried in vain, then mended.
    let before = stage.requests("graph");
    assert_eq!(stage.delivery.retry(Some(failed.id)).unwrap(), 1);
    eventually("a second refusal", || stage.requests("graph") == before + 1);
    stage.state("r3", State::Failed);
    sim.update_org("acme", |org| org.validation_rules.clear());
    assert_eq!(stage.delivery.retry(None).unwrap(), 1);
    stage.all_delivered(10);
    stage.assert_once(10, 10);
    assert!(
        !stage.delivery.discard(failed.id).unwrap(),
        "delivered is delivered"
    );
}

#[test]
fn a_field_that_the_org_does_not_have_is_named() {
    let mut org = acme();
    org.custom_fields = vec![CustomField {
        name: "Known__c".into(),
        ..CustomField::default()
    }];
    let sim = simulator([org]);
    let stage = start(sim, |port| {
        vec![
            section("a", port, &[("case_field", "Unknown__c=x")]),
            section(
                "b",
                port,
                &[("case_field", "Known__c=Durchwahl {extension}")],
            ),
        ]
    });
    stage.record([call("a", "ra", None), call("b", "rb", None)]);
    stage.state("ra", State::Failed);
    stage.state("rb", State::Delivered);
    let words = stage.call("ra").last_error.unwrap();
    assert!(words.contains("Unknown__c"), "{words}");
    assert_eq!(stage.cases()[0]["Known__c"], "Durchwahl 100");
}

#[test]
fn a_remembered_account_that_is_gone_is_replaced() {
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "r1", Some(KNOWN))]);
    stage.all_delivered(1);
    let gone = Action::Error {
        code: "ENTITY_IS_DELETED".into(),
        message: "entity is deleted".into(),
        status: Some(400),
        fields: Vec::new(),
    };
    sim.add_fault(Fault::once("create Case", gone));
    stage.record([call("a", "r2", Some(KNOWN))]);
    stage.all_delivered(2);
    assert_eq!(stage.accounts().len(), 2);
    assert_ne!(stage.call("r1").account_id, stage.call("r2").account_id);
}

#[test]
fn a_limit_pauses_one_org_and_leaves_its_reserve() {
    let mut poor = OrgSetup::new("poor", [user("a")]);
    poor.api_daily_limit = 100;
    let rich = OrgSetup::new("rich", [user("b")]);
    let sim = simulator([poor, rich]);
    sim.set_api_usage("poor", 88);
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    let calls = ["a", "b"]
        .into_iter()
        .flat_map(|user| (0..1000).map(move |n| call(user, &format!("{user}{n}"), Some(KNOWN))));
    stage.record(calls);
    eventually("b's", || stage.user("b").counts.delivered == 1000);
    eventually("a's limit", || {
        stage.user("a").words.contains("limit reached")
    });
    let used = sim.api_usage("poor");
    // Requests that were under way when the reserve was reached still count.
    assert!((90..=94).contains(&used), "{used}");
    let place = stage
        .status()
        .places
        .into_iter()
        .find(|place| place.pause.is_some())
        .unwrap();
    assert_eq!(place.usage.unwrap().limit, 100);
    sim.set_api_usage("poor", 0);
    sim.update_org("poor", |org| org.api_daily_limit = 100_000);
    stage
        .delivery
        .reload(stage.configuration.clone(), client(&stage.configuration));
    stage.all_delivered(2000);
}

#[test]
fn a_frozen_org_delays_nobody_else() {
    let sim = simulator([
        OrgSetup::new("ice", [user("a")]),
        OrgSetup::new("sun", [user("b")]),
    ]);
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    stage.record([call("a", "a", None), call("b", "b", None)]);
    stage.all_delivered(2);
    sim.set_mode("ice", Mode::Frozen);
    stage.record((0..50).map(|n| call("a", &format!("a{n}"), None)));
    stage.record((0..50).map(|n| call("b", &format!("b{n}"), None)));
    eventually("b's", || stage.user("b").counts.delivered == 51);
    assert_eq!(stage.user("a").counts.pending, 50);
}

#[test]
fn stopping_does_not_wait_for_a_frozen_salesforce() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "before", None)]);
    stage.all_delivered(1);
    sim.set_all_modes(Mode::Frozen);
    stage.record((0..200).map(|n| call("a", &format!("r{n}"), None)));
    eventually("workers busy", || stage.status().workers_busy > 0);
    let stopping = Instant::now();
    stage.delivery.stop();
    stage.journal.stop();
    // The request's own limit is a minute.
    assert!(stopping.elapsed() < Duration::from_secs(20));
    sim.set_all_modes(Mode::Up);
    let stage = stage.restarted();
    stage.all_delivered(201);
    stage.assert_once(201, 0);
}

#[test]
fn nothing_is_sent_while_the_interface_is_stopped() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "before", None)]);
    stage.all_delivered(1);
    stage.delivery.pause();
    let before = stage.requests("");
    stage.record([call("a", "during", None)]);
    stage.state("during", State::Pending);
    // A report is answered after what came before it.
    assert_eq!(stage.status().workers_busy, 0);
    assert_eq!(stage.requests(""), before);
    stage.delivery.resume();
    stage.all_delivered(2);
}

#[test]
fn calls_of_a_user_that_is_gone_wait_and_can_be_discarded() {
    let sim = simulator([acme()]);
    let port = sim.login_port();
    let stage = start(sim.clone(), |port| vec![section("b", port, &[])]);
    stage.record([
        call("a", "r1", None),
        call("a", "r2", None),
        call("b", "r3", None),
    ]);
    stage.state("r3", State::Delivered);
    let gone = stage.status().gone;
    assert_eq!((gone[0].user.as_str(), gone[0].pending), ("a", 2));
    assert!(stage.delivery.discard(stage.call("r1").id).unwrap());
    let users = vec![section("a", port, &[]), section("b", port, &[])];
    let back = configuration(&sim, stage.directory.path(), &[], users);
    stage.delivery.reload(back.clone(), client(&back));
    stage.state("r2", State::Delivered);
    stage.state("r1", State::Discarded);
    stage.assert_once(2, 0);
}

#[test]
fn a_reload_changes_the_number_of_workers() {
    let sim = simulator([acme()]);
    let stage = start_with(sim.clone(), &[("workers", "2")], |port| {
        vec![section("a", port, &[])]
    });
    let mut count = 0;
    for workers in ["1", "8", "3"] {
        let users = vec![section("a", sim.login_port(), &[])];
        let changed = configuration(&sim, stage.directory.path(), &[("workers", workers)], users);
        stage.delivery.reload(changed.clone(), client(&changed));
        stage.record((count..count + 20).map(|n| call("a", &format!("r{n}"), None)));
        count += 20;
        stage.all_delivered(count);
        assert_eq!(stage.status().workers.to_string(), workers);
    }
}

/// Every kind of trouble at random, and kills at random moments; `DELIVERY_SEED` repeats a run.
#[test]
fn a_hundred_calls_through_random_trouble() {
    let seed = std::env::var("DELIVERY_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("DELIVERY_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    let timeout = [("request_timeout", "1")];
    let mut stage = start_with(sim.clone(), &timeout, |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    let mut count = 0;
    for _round in 0..5 {
        for action in [
            Action::CutAfterCommit,
            Action::CutBeforeCommit,
            Action::Truncate { bytes: 20 },
            Action::Freeze { after_commit: true },
            Action::Status {
                status: 503,
                body: None,
                content_type: None,
                after_commit: true,
            },
        ] {
            sim.add_fault(Fault::every("rest", action).with_probability(0.05));
        }
        stage.record((count..count + 20).map(|n| {
            let user = ["a", "b"][n % 2];
            call(
                user,
                &format!("r{n}"),
                Some(&format!("+49307777{:02}", n % 13)),
            )
        }));
        count += 20;
        let enough = random.usize(..=count);
        eventually("some delivered", || {
            stage.cases().len() >= enough.saturating_sub(5)
        });
        sim.set_all_modes(Mode::Down);
        stage = stage.killed();
    }
    sim.clear_faults();
    stage.all_delivered(100);
    stage.assert_once(100, 13);
}

#[test]
fn a_journal_belongs_to_one_process() {
    let stage = start(simulator([acme()]), |port| vec![section("a", port, &[])]);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "open_the_journal_of_another_process",
        ])
        .env("JOURNAL", journal_path(stage.directory.path()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("in use by another process"), "{said}");
    assert!(said.contains(&std::process::id().to_string()), "{said}");
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn open_the_journal_of_another_process() {
    let path = std::env::var_os("JOURNAL").unwrap();
    let error = Journal::open(path.as_ref()).err();
    println!(
        "{}",
        error.map_or("opened".to_owned(), |error| error.to_string())
    );
}
