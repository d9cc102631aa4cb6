//! Writes that outlast `request_timeout`, and are carried out all the same.

use crate::stage::*;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Update};
use res_ansitel_salesforce::config::RawSection;
use res_ansitel_salesforce::control::views::CallView;
use res_ansitel_salesforce::delivery::Policy;
use res_ansitel_salesforce::journal::{self, State};
use salesforce_simulator::{Action, CustomField, Fault, OrgSetup, RecordTime, Simulator};
use std::sync::Arc;
use std::time::Duration;

/// More than ten minutes.
const OVER: Duration = Duration::from_secs(700);

/// Looks come soon, but doubt lasts as long as it does.
fn patient() -> Policy {
    Policy {
        in_doubt_for: Policy::default().in_doubt_for,
        ..policy()
    }
}

/// An org in which a record takes so many milliseconds.
fn slow(on: &str, ms: u64) -> OrgSetup {
    let mut org = acme();
    org.index_lag_ms = 600_000;
    org.strain.records = vec![RecordTime::of(on, ms)];
    org
}

fn hurried(sim: Arc<Simulator>, users: impl FnOnce(u16) -> Vec<RawSection>) -> Stage {
    start_patient(sim, &[("request_timeout", "1")], patient(), users)
}

fn new_number(n: usize) -> String {
    format!("+4930100000{n:02}")
}

/// A cut that nothing was done before, of the next Case.
fn lost(sim: &Simulator) {
    sim.add_fault(Fault::once("create Case", Action::CutBeforeCommit));
}

impl Stage {
    /// Waits until the call is in doubt, and was looked for in vain.
    fn in_doubt(&self, reference: &str) -> CallView {
        self.state(reference, State::Pending);
        eventually("in doubt", || self.call(reference).in_doubt);
        let queries = self.requests("query");
        eventually("a look", || self.requests("query") > queries);
        self.state(reference, State::Pending);
        CallView::from(self.call(reference))
    }
}

#[test]
fn a_write_slower_than_the_time_limit_makes_nothing_twice() {
    let stage = hurried(simulator([slow("create Case", 2500)]), |port| {
        vec![section("a", port, &[])]
    });
    stage.record((0..5).map(|n| call("a", &format!("r{n}"), Some(&new_number(n)))));
    stage.all_delivered(5);
    stage.assert_once(5, 5);
    assert_eq!(
        stage.requests("graph"),
        stage
            .sim
            .requests()
            .iter()
            .filter(|r| r.kind == "graph")
            .count() as u64
    );
    assert!(stage.requests("graph") <= 5);
}

#[test]
fn what_did_not_happen_is_written_again_when_it_cannot_happen_any_more() {
    let sim = simulator([acme()]);
    let stage = hurried(sim.clone(), |port| vec![section("a", port, &[])]);
    lost(&sim);
    stage.record([call("a", "r", Some(&new_number(1)))]);
    let view = stage.in_doubt("r");
    let sent = view.in_doubt_since.expect("in doubt since then");
    assert!(sent >= view.started && view.next_due.unwrap() > sent);
    assert_eq!(stage.requests("graph"), 1);
    stage.delivery.advance_clock(Duration::from_secs(600));
    let queries = stage.requests("query");
    eventually("another look", || stage.requests("query") > queries);
    assert_eq!((stage.requests("graph"), stage.cases().len()), (1, 0));
    stage.delivery.advance_clock(Duration::from_secs(200));
    stage.all_delivered(1);
    stage.assert_once(1, 1);
}

#[test]
fn looks_for_many_calls_are_few() {
    let sim = simulator([acme()]);
    let stage = hurried(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "first", None)]);
    stage.all_delivered(1);
    stage.delivery.pause();
    sim.add_fault(Fault::once("graph", Action::CutBeforeCommit));
    stage.record((0..75).map(|n| call("a", &format!("r{n}"), Some(&new_number(n)))));
    stage.journal.discard(-1).unwrap();
    let before = stage.requests("query");
    stage.delivery.resume();
    eventually("in doubt", || {
        stage
            .calls()
            .iter()
            .all(|call| call.in_doubt || call.case_id.is_some())
    });
    let looks = || stage.requests("query") - before;
    eventually("looks", || looks() >= 2);
    // From here on one for every quarter of the time that has passed, at most.
    for _ in 0..30 {
        stage.delivery.advance_clock(Duration::from_secs(20));
        stage.status();
    }
    let now = looks();
    assert!(now < 40, "{now} looks");
    stage.delivery.advance_clock(OVER);
    stage.all_delivered(76);
    stage.assert_once(76, 75);
}

#[test]
fn another_call_of_a_caller_in_doubt_makes_no_second_account() {
    let mut org = slow("create Account", 3000);
    org.users.push(user("c"));
    let sim = simulator([org]);
    let stage = hurried(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    let number = new_number(1);
    stage.record([call("a", "r1", Some(&number))]);
    eventually("in doubt", || {
        stage.calls().iter().any(|call| call.in_doubt)
    });
    stage.record([
        call("b", "r2", Some(&number)),
        call("a", "r3", Some(&number)),
    ]);
    stage.all_delivered(3);
    stage.assert_once(3, 1);
    assert!(
        stage
            .cases()
            .iter()
            .all(|case| case["AccountId"].is_string())
    );
}

#[test]
fn an_account_that_was_never_made_is_made_when_the_doubt_is_over() {
    let sim = simulator([acme()]);
    let stage = hurried(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    lost(&sim);
    let number = new_number(1);
    stage.record([call("a", "r1", Some(&number))]);
    stage.in_doubt("r1");
    assert!(stage.delivery.discard(stage.call("r1").id).unwrap());
    stage.record([
        call("b", "r2", Some(&number)),
        call("b", "r3", Some(&number)),
    ]);
    let before = stage.requests("query");
    eventually("a look for the Account", || {
        stage.requests("query") > before
    });
    stage.delivery.advance_clock(Duration::from_secs(600));
    let before = stage.requests("query");
    eventually("another one", || stage.requests("query") > before);
    // Else the clock would be moved amid the look, and the wait begin only then.
    let after_it = Duration::from_secs(600 + 30).as_micros();
    let waits = |reference| {
        let due = stage.call(reference).next_due.0 - journal::now().0;
        u128::try_from(due).is_ok_and(|due| due > after_it)
    };
    eventually("what it came to", || waits("r2") && waits("r3"));
    assert!(stage.accounts().is_empty() && stage.cases().is_empty());
    stage.delivery.advance_clock(Duration::from_secs(200));
    stage.state("r2", State::Delivered);
    stage.state("r3", State::Delivered);
    stage.assert_once(2, 1);
}

#[test]
fn with_a_unique_external_id_it_is_written_again_at_once() {
    let mut org = acme();
    org.custom_fields = vec![CustomField {
        name: "Call__c".into(),
        external_id: true,
        unique: true,
        ..CustomField::default()
    }];
    let sim = simulator([org]);
    let option = ("external_id_field", "Call__c");
    let stage = hurried(sim.clone(), |port| {
        vec![
            section("a", port, &[option, ("create_account", "no")]),
            section("b", port, &[option, ("task_on_lost", "yes")]),
        ]
    });
    sim.add_fault(Fault::once("upsert Case", Action::CutBeforeCommit));
    stage.record([call("a", "r1", None)]);
    stage.all_delivered(1);
    // A slow one comes after the second.
    sim.update_org("acme", |org| {
        org.strain.records = vec![RecordTime::of("upsert Case", 2500)]
    });
    stage.record([call("a", "r2", None)]);
    eventually("in doubt", || {
        stage.calls().iter().any(|call| call.in_doubt)
    });
    sim.update_org("acme", |org| org.strain.records.clear());
    stage.all_delivered(2);
    // A Task has no such id: with one it is waited for.
    sim.add_fault(Fault::once("upsert Case", Action::CutBeforeCommit));
    stage.record([call("b", "r3", None)]);
    stage.in_doubt("r3");
    assert_eq!(stage.sim.records("Task").len(), 0);
    stage.delivery.advance_clock(OVER);
    stage.all_delivered(3);
    stage.assert_once(3, 0);
    assert_eq!(stage.sim.records("Task").len(), 1);
}

#[test]
fn a_kill_and_a_restart_do_not_shorten_the_doubt() {
    let sim = simulator([acme()]);
    let stage = hurried(sim.clone(), |port| vec![section("a", port, &[])]);
    let frozen = Action::Freeze {
        after_commit: false,
    };
    sim.add_fault(Fault::once("create Case", frozen));
    stage.record([call("a", "r", Some(&new_number(1)))]);
    stage.state("r", State::Sending);
    let stage = stage.killed_and_patient(patient());
    assert_eq!(stage.recovered.in_doubt, 1);
    stage.in_doubt("r");
    let stage = stage.restarted_and_patient(patient());
    stage.in_doubt("r");
    assert!(stage.cases().is_empty());
    stage.delivery.advance_clock(OVER);
    stage.all_delivered(1);
    stage.assert_once(1, 1);
}

#[test]
fn a_call_without_a_number_is_found_although_another_user_looks_for_it() {
    let sim = simulator([acme()]);
    let stage = hurried(sim.clone(), |port| vec![section("a", port, &[])]);
    sim.add_fault(Fault::once(
        "create Case",
        Action::Freeze { after_commit: true },
    ));
    stage.record([call("a", "r", None)]);
    sim.wait_for_records("Case", 1, PATIENCE);
    // From now on the section logs in as somebody else.
    let other = [("username", "b@acme.example"), ("password", "pw-b")];
    let users = vec![section("a", sim.login_port(), &other)];
    let general = [("request_timeout", "1")];
    let changed = configuration(&sim, stage.directory.path(), &general, users);
    stage.delivery.reload(changed.clone(), client(&changed));
    stage.all_delivered(1);
    stage.assert_once(1, 0);
}

#[test]
fn what_may_be_in_another_org_is_written_here_when_somebody_says_so() {
    let sim = simulator([acme(), OrgSetup::new("new", [user("c")])]);
    let stage = hurried(sim.clone(), |port| vec![section("a", port, &[])]);
    lost(&sim);
    stage.record([call("a", "r", Some(&new_number(1)))]);
    stage.in_doubt("r");
    let other = [("username", "c@acme.example"), ("password", "pw-c")];
    let users = vec![section("a", sim.login_port(), &other)];
    let general = [("request_timeout", "1")];
    let changed = configuration(&sim, stage.directory.path(), &general, users);
    stage.delivery.reload(changed.clone(), client(&changed));
    stage.record([call("a", "other", Some(&new_number(2)))]);
    stage.state("other", State::Delivered);
    stage.state("r", State::Pending);
    stage.delivery.advance_clock(OVER);
    stage.state("r", State::Failed);
    let words = stage.call("r").last_error.unwrap();
    assert!(
        words.contains("may have been written in org 00D"),
        "{words}"
    );
    assert_eq!(stage.delivery.retry(Some(stage.call("r").id)).unwrap(), 1);
    stage.all_delivered(2);
    stage.assert_once(2, 2);
}

/// A call that `a` answered and that runs.
fn running(reference: &str) -> CallRecord {
    let call = call("a", reference, Some(&new_number(1)));
    CallRecord {
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        answered: call.ended,
        ended: None,
        ..call
    }
}

#[test]
fn a_running_call_s_slow_case_is_found_and_completed() {
    let stage = hurried(simulator([slow("create Case", 2500)]), |port| {
        let options = [("create_on", "answer"), ("task_on_answered", "yes")];
        vec![section("a", port, &options)]
    });
    stage.journal.record(vec![Update::Open(running("r"))]);
    eventually("in doubt", || {
        stage.calls().iter().any(|call| call.in_doubt)
    });
    let over = CallRecord {
        ended: running("r").answered,
        ..running("r")
    };
    stage.journal.record(vec![Update::Closed(over)]);
    stage.all_delivered(1);
    stage.assert_once(1, 1);
    assert_eq!(stage.sim.records("Task").len(), 1);
}

#[test]
fn a_slow_task_is_written_once() {
    let stage = hurried(simulator([slow("create Task", 2500)]), |port| {
        let options = [("task_on_lost", "yes"), ("case_on_lost", "no")];
        vec![section("a", port, &options)]
    });
    stage.record([call("a", "r", Some(&new_number(1)))]);
    stage.all_delivered(1);
    assert_eq!(stage.sim.records("Task").len(), 1);
    assert_eq!(stage.accounts().len(), 1);
}

#[test]
fn a_repeated_call_s_slow_addition_is_found_in_the_other_s_case() {
    let sim = simulator([slow("update Case", 2500)]);
    let stage = hurried(sim, |port| {
        vec![section("a", port, &[("repeat_window", "60")])]
    });
    let number = new_number(1);
    stage.record([call("a", "r1", Some(&number))]);
    stage.all_delivered(1);
    stage.record([call("a", "r2", Some(&number))]);
    stage.state("r2", State::Delivered);
    stage.record([call("a", "r3", Some(&number))]);
    stage.all_delivered(3);
    let cases = stage.cases();
    assert_eq!(cases.len(), 1);
    let description = cases[0]["Description"].as_str().unwrap();
    for reference in ["r1", "r2", "r3"] {
        let told = description.lines().filter(|line| line.ends_with(reference));
        assert_eq!(told.count(), 1, "{description}");
    }
}

#[test]
fn a_batch_that_takes_too_long_is_made_smaller() {
    let stage = hurried(simulator([slow("create Case", 60)]), |port| {
        vec![section("a", port, &[("create_account", "no")])]
    });
    stage.delivery.pause();
    stage.record((0..150).map(|n| call("a", &format!("r{n}"), None)));
    stage.journal.discard(-1).unwrap();
    stage.delivery.resume();
    stage.all_delivered(150);
    stage.assert_once(150, 0);
    let graphs = stage
        .sim
        .requests()
        .into_iter()
        .filter(|request| request.kind == "graph");
    // Whose the first one becomes is read in the same request.
    let cases = |parts: &[String]| parts.iter().filter(|part| *part == "create Case").count();
    let sizes: Vec<usize> = graphs.map(|request| cases(&request.parts)).collect();
    assert_eq!(
        sizes.iter().sum::<usize>(),
        150,
        "each was sent once: {sizes:?}"
    );
    assert!(sizes.iter().any(|size| *size <= 37), "{sizes:?}");
}
