//! Who calls again in vain (`repeat_window`).

use super::*;
use res_ansitel_salesforce::calls::record::Timestamp;

const NUMBER: &str = "0301234567";

fn with_window(sim: std::sync::Arc<salesforce_simulator::Simulator>) -> Stage {
    start(sim, |port| {
        vec![section("a", port, &[("repeat_window", "10")])]
    })
}

/// A lost call so many seconds ago.
fn lost(reference: &str, seconds: i64) -> CallRecord {
    let mut call = call("a", reference, Some(NUMBER));
    let back = |at: Option<Timestamp>| at.map(|at| Timestamp(at.0 - seconds * 1_000_000));
    call.started = back(Some(call.started)).unwrap();
    call.rang = back(call.rang);
    call.ended = back(call.ended);
    call
}

fn deliver(stage: &Stage, calls: impl IntoIterator<Item = CallRecord>) {
    let before = stage.calls().len();
    let calls: Vec<_> = calls.into_iter().collect();
    let count = before + calls.len();
    stage.record(calls);
    stage.all_delivered(count);
}

fn description(stage: &Stage, n: usize) -> String {
    stage.cases()[n]["Description"]
        .as_str()
        .unwrap()
        .replace("\r\n", "\n")
}

#[test]
fn a_repeated_lost_call_is_added_to_the_case() {
    let stage = with_window(simulator([acme()]));
    deliver(&stage, [lost("r1", 30)]);
    deliver(&stage, [lost("r2", 20)]);
    deliver(&stage, [lost("r3", 0)]);
    stage.assert_once(1, 1);
    let text = description(&stage, 0);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("Referenz"))
        .collect();
    assert_eq!(lines, ["Referenz: r1", "Referenz: r2", "Referenz: r3"]);
    for reference in ["r1", "r2", "r3"] {
        assert_eq!(
            stage.call(reference).case_id.as_deref(),
            stage.cases()[0]["Id"].as_str()
        );
        assert!(stage.call(reference).account_id.is_some());
    }
    assert_eq!(stage.user("a").counts.delivered, 1, "one Case");
}

#[test]
fn another_matter_gets_a_case_of_its_own() {
    let stage = with_window(simulator([acme()]));
    deliver(&stage, [lost("r1", 1000)]);
    deliver(&stage, [lost("too late", 300)]);
    let other = CallRecord {
        caller: call("a", "x", Some("0307654321")).caller,
        ..lost("another number", 200)
    };
    deliver(&stage, [other]);
    let mut answered = lost("answered", 100);
    answered.outcome = Outcome::Answered;
    answered.reason = Reason::Answered;
    answered.answered = answered.rang;
    deliver(&stage, [answered]);
    deliver(&stage, [lost("after the talk", 50)]);
    deliver(&stage, [call("a", "withheld", None)]);
    stage.assert_once(6, 2);
}

#[test]
fn a_case_that_was_closed_or_deleted_is_left_alone() {
    let sim = simulator([acme()]);
    let stage = with_window(sim);
    deliver(&stage, [lost("r1", 30)]);
    let first = stage.cases()[0]["Id"].as_str().unwrap().to_owned();
    stage
        .sim
        .update("acme", &first, json!({"Status": "Closed"}));
    deliver(&stage, [lost("r2", 20)]);
    assert_eq!(stage.cases().len(), 2);
    let second = stage.call("r2").case_id.unwrap();
    assert_ne!(second, first);
    stage.sim.delete("acme", &second);
    deliver(&stage, [lost("r3", 10)]);
    assert_eq!(stage.cases().len(), 2);
    deliver(&stage, [lost("r4", 0)]);
    assert_eq!(stage.cases().len(), 2, "added to the third");
}

#[test]
fn a_backlog_of_one_caller_becomes_one_case() {
    let stage = with_window(simulator([acme()]));
    stage.sim.set_all_modes(Mode::Down);
    let calls: Vec<_> = (0..8)
        .map(|n| lost(&format!("r{n}"), 80 - n * 10))
        .collect();
    stage.record(calls);
    eventually("all taken down", || stage.calls().len() == 8);
    stage.sim.set_all_modes(Mode::Up);
    stage.all_delivered(8);
    stage.assert_once(1, 1);
    let text = description(&stage, 0);
    let lines = text
        .lines()
        .filter(|line| line.starts_with("Referenz"))
        .count();
    assert_eq!(lines, 8);
}

#[test]
fn what_was_added_is_not_added_again() {
    let stage = with_window(simulator([acme()]));
    deliver(&stage, [lost("r1", 30)]);
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    deliver(&stage, [lost("r2", 20)]);
    stage.assert_once(1, 1);
    assert_eq!(description(&stage, 0).matches("r2").count(), 1);
    // Nor if an agent closed it meanwhile.
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    stage.record([lost("r3", 10)]);
    eventually("the third", || description(&stage, 0).contains("r3"));
    let id = stage.cases()[0]["Id"].as_str().unwrap().to_owned();
    stage.sim.update("acme", &id, json!({"Status": "Closed"}));
    stage.all_delivered(3);
    assert_eq!(stage.cases().len(), 1);
}

#[test]
fn what_an_agent_wrote_stays() {
    let stage = with_window(simulator([acme()]));
    deliver(&stage, [lost("r1", 30)]);
    let id = stage.cases()[0]["Id"].as_str().unwrap().to_owned();
    stage.sim.update(
        "acme",
        &id,
        json!({"Description": "Ruft wegen Rechnung an.", "Subject": "Rechnung"}),
    );
    deliver(&stage, [lost("r2", 20)]);
    let text = description(&stage, 0);
    assert!(
        text.starts_with("Ruft wegen Rechnung an.\n\nAnrufer:"),
        "{text}"
    );
    assert_eq!(stage.cases()[0]["Subject"], "Rechnung");
    // There is no room for more.
    stage
        .sim
        .update("acme", &id, json!({"Description": "x".repeat(31_900)}));
    deliver(&stage, [lost("r3", 10)]);
    assert_eq!(stage.cases().len(), 2);
}
