//! What Salesforce refuses for a while: maintenance, crowds, triggers that bear no batches, locks.

use crate::stage::*;
use res_ansitel_salesforce::delivery::Condition;
use res_ansitel_salesforce::journal::State;
use salesforce_simulator::{Action, Automation, Fault, Maintenance, RecordTime};
use serde_json::json;

fn number(n: usize) -> String {
    format!("+4930200000{n:02}")
}

/// Calls that go together.
fn together(stage: &Stage, count: usize) {
    stage.delivery.pause();
    stage.record((0..count).map(|n| call("a", &format!("r{n}"), Some(&number(n)))));
    stage.journal.discard(-1).unwrap();
    stage.delivery.resume();
}

#[test]
fn planned_maintenance_is_waited_for_and_told() {
    for (status, whole) in [
        (400, true),
        (403, true),
        (503, true),
        (400, false),
        (503, false),
    ] {
        let sim = simulator([acme()]);
        sim.update_org("acme", |org| {
            org.strain.maintenance = Some(Maintenance { status, whole });
        });
        let stage = start(sim.clone(), |port| {
            vec![section("a", port, &[]), section("b", port, &[])]
        });
        together(&stage, 20);
        eventually("waiting", || {
            stage.user("a").condition == Condition::Waiting
        });
        let words = stage.user("a").words;
        assert!(
            words.contains("maintenance") && words.contains("read-only"),
            "{words}"
        );
        let tried = stage.requests("graph");
        eventually("more tries", || stage.requests("graph") > tried + 2);
        assert!(
            stage.calls().iter().all(|call| call.state != State::Failed),
            "{status} {whole}"
        );
        assert!(
            stage.calls().iter().all(|call| !call.in_doubt),
            "it was refused, not lost"
        );
        sim.update_org("acme", |org| org.strain.maintenance = None);
        stage.all_delivered(20);
        stage.assert_once(20, 20);
        eventually("well", || stage.user("a").condition == Condition::Ok);
    }
}

#[test]
fn a_crowd_is_waited_for_in_seconds_and_not_taken_for_the_day_s_limit() {
    for message in [
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        "ConcurrentPerOrgLongTxn Limit exceeded.",
    ] {
        let sim = simulator([acme()]);
        let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
        stage.record([call("a", "first", None)]);
        stage.all_delivered(1);
        let crowd = Action::Error {
            code: "REQUEST_LIMIT_EXCEEDED".into(),
            message: message.into(),
            status: Some(403),
            fields: Vec::new(),
        };
        sim.add_fault(Fault::every("graph", crowd));
        stage.record([call("a", "r", None)]);
        eventually("waiting", || {
            stage.user("a").words.contains("too many requests at once")
        });
        let words = stage.user("a").words;
        assert!(words.contains(message.trim_end_matches('.')), "{words}");
        assert!(
            !words.contains("24 hours") && !words.contains("limit reached"),
            "{words}"
        );
        sim.clear_faults();
        // Without a reload, and not in a quarter of an hour.
        stage.all_delivered(2);
    }
}

#[test]
fn a_write_refused_beside_a_long_one_comes_in_seconds() {
    let mut org = acme();
    org.strain.records = vec![RecordTime::of("create Case", 150)];
    org.strain.long_transactions = Some(1);
    org.strain.transaction_ms = 20;
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    together(&stage, 12);
    // Graph by graph, so that it goes on for a while.
    assert!(!sim.wait_for_records("Case", 1, PATIENCE).is_empty());
    stage.record((12..24).map(|n| call("b", &format!("r{n}"), Some(&number(n)))));
    stage.all_delivered(24);
    stage.assert_once(24, 24);
    assert!(sim.requests().iter().any(|request| request.status == 403));
}

#[test]
fn what_a_trigger_does_not_bear_amid_others_is_written_alone() {
    for code in [
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "APEX_ERROR",
    ] {
        let mut org = acme();
        org.strain.automations = vec![Automation {
            object: "Case".into(),
            most: 4,
            code: code.into(),
            message: "CaseTrigger: System.LimitException: Too many SOQL queries: 101".into(),
        }];
        let sim = simulator([org]);
        let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
        together(&stage, 40);
        stage.all_delivered(40);
        stage.assert_once(40, 40);
        let requests = stage.requests("graph");
        assert!(requests < 40, "{requests} for 40 calls");
        // One that fails alone, too, fails.
        sim.update_org("acme", |org| org.strain.automations[0].most = 0);
        stage.record([call("a", "bad", None)]);
        stage.state("bad", State::Failed);
        let words = stage.call("bad").last_error.unwrap();
        assert!(words.contains("Too many SOQL queries"), "{words}");
        assert_eq!(stage.requests("graph") - requests, 1);
        assert_eq!(stage.user("a").condition, Condition::Ok);
    }
}

#[test]
fn a_locked_account_delays_its_own_calls_only() {
    let mut org = acme();
    org.records = vec![
        json!({"attributes": {"type": "Account"}, "Name": "A", "Phone": number(1)}),
        json!({"attributes": {"type": "Account"}, "Name": "B", "Phone": number(2)}),
    ];
    org.strain.lock_accounts = true;
    org.strain.lock_wait_ms = 50;
    org.strain.records = vec![RecordTime::of("create Case", 40)];
    let stage = start_with(simulator([org]), &[("workers", "8")], |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    stage.record((0..30).map(|n| {
        let user = ["a", "b"][n % 2];
        call(user, &format!("r{n}"), Some(&number(1 + n % 3 / 2)))
    }));
    stage.all_delivered(30);
    stage.assert_once(30, 2);
}
