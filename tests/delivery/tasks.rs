//! Tasks beside the Case, or instead of it.

use super::*;

fn answered(reference: &str, number: Option<&str>) -> CallRecord {
    let lost = call("a", reference, number);
    CallRecord {
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        answered: lost.rang,
        ..lost
    }
}

fn task_of(stage: &Stage, reference: &str) -> serde_json::Value {
    let tasks = stage.sim.records("Task");
    let mut of_call = tasks.iter().filter(|task| task["CallObject"] == reference);
    let task = of_call
        .next()
        .unwrap_or_else(|| panic!("no Task of {reference}"));
    assert!(of_call.next().is_none(), "two Tasks of {reference}");
    task.clone()
}

#[test]
fn a_task_beside_the_case_tells_the_call_in_salesforce_s_convention() {
    let sim = simulator([acme()]);
    let account = sim.seed(
        "acme",
        json!({"attributes": {"type": "Account"}, "Name": "Acme"}),
    );
    let contact = sim.seed(
        "acme",
        json!({"attributes": {"type": "Contact"}, "LastName": "Huber", "AccountId": account, "MobilePhone": "030 1234567"}),
    );
    let stage = start(sim, |port| {
        vec![section("a", port, &[("task_on_answered", "yes")])]
    });
    stage.record([
        answered("r1", Some("0301234567")),
        call("a", "r2", Some("0301234567")),
    ]);
    stage.all_delivered(2);
    assert_eq!(stage.sim.records("Task").len(), 1);
    let task = task_of(&stage, "r1");
    let case = stage.call("r1").case_id.unwrap();
    assert_eq!(task["WhatId"], case.as_str());
    assert_eq!(task["WhoId"], contact.as_str());
    assert_eq!(task["TaskSubtype"], "Call");
    assert_eq!(task["CallType"], "Inbound");
    assert_eq!(task["CallDurationInSeconds"], 4);
    assert_eq!(task["CallDisposition"], "angenommen");
    assert_eq!(task["Status"], "Completed");
    assert_eq!(task["Subject"], "Anruf von +49 30 1234567");
    assert!(task["Description"].as_str().unwrap().ends_with("r1"));
    assert_eq!(task["OwnerId"], stage.cases()[0]["OwnerId"]);
    assert_eq!(
        task["ActivityDate"].as_str().unwrap().len(),
        "2026-11-22".len()
    );
    assert_eq!(stage.call("r1").task_id.as_deref(), task["Id"].as_str());
}

#[test]
fn a_task_instead_of_the_case() {
    let options = [("case_on_lost", "no"), ("task_on_lost", "yes")];
    let stage = start(simulator([acme()]), |port| {
        vec![section("a", port, &options)]
    });
    stage.record([call("a", "r1", Some("0301234567")), call("a", "r2", None)]);
    stage.all_delivered(2);
    assert!(stage.cases().is_empty());
    assert_eq!(task_of(&stage, "r1")["WhatId"], stage.accounts()[0]["Id"]);
    assert_eq!(task_of(&stage, "r2")["WhatId"], serde_json::Value::Null);
    assert_eq!(
        stage.call("r1").task_id.as_deref(),
        task_of(&stage, "r1")["Id"].as_str()
    );
    assert_eq!(stage.user("a").counts.delivered, 0, "Cases are counted");
}

/// The answer is lost, the process killed, or nothing at all went wrong: one Task.
#[test]
fn a_task_in_doubt_is_looked_for() {
    for case in ["yes", "no"] {
        let options = [("case_on_lost", case), ("task_on_lost", "yes")];
        let stage = start(simulator([acme()]), |port| {
            vec![section("a", port, &options)]
        });
        stage
            .sim
            .add_fault(Fault::once("graph", Action::CutAfterCommit));
        stage.record([call("a", "r1", Some("0301234567"))]);
        stage.all_delivered(1);
        task_of(&stage, "r1");
        assert_eq!(stage.sim.records("Task").len(), 1);
        assert_eq!(stage.cases().len(), usize::from(case == "yes"));
        assert_eq!(stage.accounts().len(), 1);
    }
}

#[test]
fn the_task_of_a_call_whose_case_was_made_at_the_answer_comes_with_its_end() {
    let options = [("create_on", "answer"), ("task_on_answered", "yes")];
    let stage = start(simulator([acme()]), |port| {
        vec![section("a", port, &options)]
    });
    let over = answered("r1", Some("0301234567"));
    let running = CallRecord {
        ended: None,
        ..over.clone()
    };
    stage.journal.record(vec![Update::Open(running)]);
    eventually("the Case", || stage.cases().len() == 1);
    eventually("the Case's id", || stage.call("r1").case_id.is_some());
    assert!(stage.sim.records("Task").is_empty());
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    stage.journal.record(vec![Update::Closed(over)]);
    stage.all_delivered(1);
    let task = task_of(&stage, "r1");
    assert_eq!(task["WhatId"], stage.cases()[0]["Id"]);
    assert_eq!(task["CallDurationInSeconds"], 4);
    assert_eq!(
        (stage.sim.records("Task").len(), stage.cases().len()),
        (1, 1)
    );
    assert!(
        stage.cases()[0]["Description"]
            .as_str()
            .unwrap()
            .contains("Gesprächsdauer")
    );
}

#[test]
fn a_task_for_answered_calls_alone_makes_nothing_while_they_run() {
    let options = [
        ("create_on", "answer"),
        ("case_on_answered", "no"),
        ("task_on_answered", "yes"),
    ];
    let stage = start(simulator([acme()]), |port| {
        vec![section("a", port, &options)]
    });
    let over = answered("r1", None);
    let running = CallRecord {
        ended: None,
        ..over.clone()
    };
    stage.journal.record(vec![Update::Open(running)]);
    stage.record([call("a", "r2", None)]);
    stage.state("r2", State::Delivered);
    stage.journal.record(vec![Update::Closed(over)]);
    stage.all_delivered(2);
    task_of(&stage, "r1");
    assert_eq!(stage.cases().len(), 1);
}
