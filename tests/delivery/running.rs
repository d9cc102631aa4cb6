//! Cases of calls that still run: `create_on = answer`.

use crate::stage::*;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Step, Timestamp, Update};
use res_ansitel_salesforce::config::RawSection;
use res_ansitel_salesforce::journal::State;
use res_ansitel_salesforce::salesforce::{Record, Target, Written};
use salesforce_simulator::{Action, Fault, Mode, OrgSetup, Simulator, ValidationRule};
use serde_json::{Value, json};
use std::sync::Arc;

const NUMBER: &str = "+49301234567";

/// User `a` gets Cases at the answer; `more`: further options.
fn at_answer(sim: Arc<Simulator>, more: &[(&str, &str)]) -> Stage {
    let options = [&[("create_on", "answer"), ("language", "en")], more].concat();
    start_with(sim, &[("request_timeout", "1")], |port| {
        vec![section("a", port, &options)]
    })
}

/// A call that `a` answered and that runs.
fn running(reference: &str) -> CallRecord {
    let call = call("a", reference, Some(NUMBER));
    CallRecord {
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        answered: call.ended,
        ended: None,
        ..call
    }
}

/// The same, after 75 seconds of talk and a transfer.
fn over(reference: &str) -> CallRecord {
    let call = running(reference);
    let answered = call.answered.unwrap();
    CallRecord {
        ended: Some(Timestamp(answered.0 + 75_000_000)),
        steps: vec![Step::TransferredTo { to: "101".into() }],
        ..call
    }
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_default()
}

impl Stage {
    fn answered(&self, reference: &str) {
        self.journal.record(vec![Update::Open(running(reference))]);
        eventually("on disk", || self.journal.depth() == 0);
    }

    fn hung_up(&self, reference: &str) {
        self.journal.record(vec![Update::Closed(over(reference))]);
    }

    /// Waits until the running call has its Case.
    fn made(&self, reference: &str) -> Value {
        eventually("a Case for the running call", || {
            let call = self.call(reference);
            (call.state, call.case_id.is_some()) == (State::Open, true)
        });
        let id = self.call(reference).case_id;
        let cases = self.cases().into_iter();
        let mut found = cases.filter(|case| case["Id"].as_str() == id.as_deref());
        found.next().expect("the Case")
    }

    /// All `count` calls are delivered, once, and their Cases say how they ended.
    fn complete(&self, count: usize) {
        self.all_delivered(count);
        self.assert_once(count, 1);
        for case in self.cases() {
            let description = text(&case, "Description");
            for part in [
                "Talk time: 1 minute 15 seconds",
                "Transferred to 101",
                "End: ",
            ] {
                assert!(description.contains(part), "{part}: {description}");
            }
        }
        assert_eq!(self.user("a").counts.delivered, count as u64);
    }

    /// Somebody does something to a Case in Salesforce.
    fn edit(&self, case: &Value, fields: Value) {
        let mut configuration = (*self.configuration).clone();
        configuration.settings.request_timeout = PATIENCE;
        let client = client(&configuration);
        let session = client.login(&self.configuration.users[0]).unwrap();
        let fields = fields.as_object().unwrap();
        let record = Record {
            sobject: "Case",
            target: Target::Existing(text(case, "Id").to_owned()),
            fields: fields.clone(),
            link: None,
            auto_assign: false,
            look_at_owner: false,
        };
        let written = client.write(&session, &[vec![record]]).unwrap();
        assert!(matches!(written[0], Written::Done(_)), "{written:?}");
    }
}

#[test]
fn the_case_is_there_while_the_call_runs_and_says_all_afterwards() {
    let stage = at_answer(simulator([acme()]), &[]);
    stage.answered("r");
    let case = stage.made("r");
    let description = text(&case, "Description");
    assert!(description.contains("Result: answered"), "{description}");
    for part in ["End", "Talk time", "unknown"] {
        assert!(!description.contains(part), "{part}: {description}");
    }
    // What the tracker says of a running call that has its Case costs nothing.
    let before = stage.requests("");
    for _ in 0..5 {
        stage.answered("r");
    }
    eventually("on disk", || stage.journal.depth() == 0);
    assert_eq!(stage.status().workers_busy, 0);
    assert_eq!(stage.requests(""), before);
    stage.hung_up("r");
    stage.complete(1);
    assert_eq!(stage.requests("") - before, 1, "the update");
    // As if it had been made at the end, by somebody who makes them then.
    let at_end = start(simulator([acme()]), |port| {
        vec![section("a", port, &[("language", "en")])]
    });
    at_end.record([over("r")]);
    at_end.all_delivered(1);
    let (early, late) = (&stage.cases()[0], &at_end.cases()[0]);
    for field in [
        "Subject",
        "SuppliedPhone",
        "SuppliedName",
        "Origin",
        "Status",
    ] {
        assert_eq!(early[field], late[field], "{field}");
    }
    let lines = |case: &Value| text(case, "Description").lines().count();
    assert_eq!(lines(early), lines(late));
    assert_eq!(early["AccountId"], stage.accounts()[0]["Id"]);
}

#[test]
fn what_somebody_changed_during_the_call_stays_but_what_the_end_says() {
    let fields = [
        ("case_field", "Priority=High"),
        ("subject_answered", "Call of {number}: {talk}"),
    ];
    let stage = at_answer(simulator([acme()]), &fields);
    stage.answered("r");
    let case = stage.made("r");
    assert_eq!(
        text(&case, "Subject"),
        format!("Call of {NUMBER}: still in progress")
    );
    let other = stage.sim.seed(
        "acme",
        json!({"attributes": {"type": "Account"}, "Name": "Other"}),
    );
    stage.edit(
        &case,
        json!({"Priority": "Low", "Status": "Closed", "AccountId": other}),
    );
    stage.hung_up("r");
    stage.all_delivered(1);
    let case = &stage.cases()[0];
    assert_eq!(
        ["Priority", "Status", "AccountId", "Subject"].map(|field| text(case, field).to_owned()),
        [
            "Low".to_owned(),
            "Closed".to_owned(),
            other,
            format!("Call of {NUMBER}: 1 minute 15 seconds")
        ]
    );
}

/// Whatever becomes of the requests: one Case, and it says how the call ended.
#[test]
fn neither_making_nor_completing_makes_a_second_case() {
    let ends = [
        Action::CutAfterCommit,
        Action::CutBeforeCommit,
        Action::Garbage,
        Action::Status {
            status: 503,
            body: None,
            content_type: None,
            after_commit: true,
        },
        Action::Freeze { after_commit: true },
    ];
    let sim = simulator([acme()]);
    let stage = at_answer(sim.clone(), &[]);
    let mut count = 0;
    for end in &ends {
        for on in ["create Case", "update Case"] {
            sim.add_fault(Fault::once(on, end.clone()));
            count += 1;
            let reference = format!("r{count}");
            stage.answered(&reference);
            stage.made(&reference);
            stage.hung_up(&reference);
            stage.complete(count);
        }
    }
}

#[test]
fn a_call_that_ends_while_its_case_is_made_is_completed() {
    for after_commit in [true, false] {
        let sim = simulator([acme()]);
        let stage = at_answer(sim.clone(), &[]);
        sim.add_fault(Fault::once("create Case", Action::Freeze { after_commit }));
        stage.answered("cut");
        stage.state("cut", State::Sending);
        eventually("the request", || stage.parts("create Case") == 1);
        stage.hung_up("cut");
        stage.complete(1);
        // And while it succeeds.
        let slow = Action::Delay {
            ms: 300,
            after_commit: false,
        };
        sim.add_fault(Fault::once("create Case", slow));
        stage.answered("slow");
        stage.state("slow", State::Sending);
        stage.hung_up("slow");
        stage.complete(2);
    }
}

#[test]
fn a_call_that_ends_before_its_case_could_be_made_is_written_once() {
    let sim = simulator([acme()]);
    let stage = at_answer(sim.clone(), &[]);
    sim.set_all_modes(Mode::Down);
    stage.answered("r");
    eventually("an attempt", || stage.call("r").attempts > 0);
    assert_eq!(stage.call("r").state, State::Open);
    stage.hung_up("r");
    stage.state("r", State::Pending);
    sim.set_all_modes(Mode::Up);
    stage.complete(1);
    assert_eq!(stage.parts("update Case"), 0);
}

#[test]
fn a_kill_at_any_moment_leaves_one_complete_case() {
    // While the Case is made.
    for after_commit in [true, false] {
        let sim = simulator([acme()]);
        let stage = at_answer(sim.clone(), &[]);
        sim.add_fault(Fault::once("create Case", Action::Freeze { after_commit }));
        stage.answered("r");
        stage.state("r", State::Sending);
        if after_commit {
            sim.wait_for_records("Case", 1, PATIENCE);
        }
        let stage = stage.killed();
        assert_eq!(stage.recovered.in_doubt, 1);
        stage.all_delivered(1);
        stage.assert_once(1, 1);
        assert_unknown_end(&stage);
    }
    // Between answer and end.
    let sim = simulator([acme()]);
    let stage = at_answer(sim.clone(), &[]);
    stage.answered("r");
    stage.made("r");
    let stage = stage.killed();
    assert_eq!((stage.recovered.cut_off, stage.recovered.in_doubt), (1, 0));
    stage.all_delivered(1);
    stage.assert_once(1, 1);
    assert_unknown_end(&stage);
    assert_eq!(stage.user("a").counts.delivered, 1);
    // While it is completed.
    for after_commit in [true, false] {
        let sim = simulator([acme()]);
        let stage = at_answer(sim.clone(), &[]);
        stage.answered("r");
        stage.made("r");
        sim.add_fault(Fault::once("update Case", Action::Freeze { after_commit }));
        stage.hung_up("r");
        eventually("the request", || stage.parts("update Case") == 1);
        let stage = stage.killed();
        assert_eq!(stage.recovered.pending, 1);
        stage.complete(1);
        assert_eq!(stage.requests("query"), 0, "there is no doubt");
    }
}

fn assert_unknown_end(stage: &Stage) {
    let cases = stage.cases();
    let description = text(&cases[0], "Description");
    assert!(description.contains("End: unknown"), "{description}");
    assert!(description.contains("Talk time: unknown"), "{description}");
}

#[test]
fn a_case_deleted_during_the_call_is_not_made_again() {
    let stage = at_answer(simulator([acme()]), &[]);
    stage.answered("r");
    let case = stage.made("r");
    stage.sim.delete("acme", text(&case, "Id"));
    stage.hung_up("r");
    stage.all_delivered(1);
    assert_eq!(stage.cases(), [] as [Value; 0]);
    let words = stage.call("r").last_error.unwrap();
    assert!(
        words.contains("the Case is gone") && words.contains("ENTITY_IS_DELETED"),
        "{words}"
    );
    // That is no trouble of the user's.
    assert_eq!(stage.user("a").counts.last_error, None);
}

#[test]
fn an_end_that_is_refused_can_be_retried_or_discarded() {
    let mut org = acme();
    org.validation_rules = vec![rule("Description", "Talk time")];
    let sim = simulator([org]);
    let stage = at_answer(sim.clone(), &[]);
    for reference in ["r1", "r2"] {
        stage.answered(reference);
        stage.made(reference);
        stage.hung_up(reference);
        stage.state(reference, State::Failed);
    }
    let failed = stage.call("r1");
    let words = failed.last_error.clone().unwrap();
    assert!(words.contains("not this"), "{words}");
    assert!(failed.case_id.is_some());
    assert!(stage.delivery.discard(stage.call("r2").id).unwrap());
    sim.update_org("acme", |org| org.validation_rules.clear());
    assert_eq!(stage.delivery.retry(Some(failed.id)).unwrap(), 1);
    stage.state("r1", State::Delivered);
    stage.state("r2", State::Discarded);
    stage.assert_once(2, 1);
    let talked = |case: &Value| text(case, "Description").contains("Talk time");
    assert_eq!(stage.cases().iter().filter(|case| talked(case)).count(), 1);
}

fn rule(field: &str, contains: &str) -> ValidationRule {
    ValidationRule {
        object: "Case".into(),
        field: field.into(),
        contains: contains.into(),
        message: "not this".into(),
    }
}

#[test]
fn a_case_refused_at_the_answer_is_tried_once_more_at_the_end() {
    let mut org = acme();
    // The administrator's texts hold what the rule forbids, while the call runs.
    org.validation_rules = vec![rule("Subject", "in progress")];
    let stage = at_answer(simulator([org]), &[("subject_answered", "Call: {talk}")]);
    stage.answered("r");
    stage.state("r", State::Failed);
    assert!(stage.call("r").last_error.unwrap().contains("not this"));
    stage.hung_up("r");
    stage.complete(1);
    assert_eq!(stage.parts("create Case"), 2);
    // The end may come first.
    let slow = Action::Delay {
        ms: 300,
        after_commit: false,
    };
    stage.sim.add_fault(Fault::once("create Case", slow));
    stage.answered("s");
    stage.state("s", State::Sending);
    stage.hung_up("s");
    stage.complete(2);
}

#[test]
fn a_stop_or_a_restart_between_answer_and_end_loses_nothing() {
    let stage = at_answer(simulator([acme()]), &[]);
    stage.answered("r1");
    stage.made("r1");
    stage.delivery.pause();
    stage.hung_up("r1");
    stage.answered("r2");
    stage.state("r1", State::Pending);
    assert_eq!(stage.status().workers_busy, 0);
    assert_eq!((stage.cases().len(), stage.requests("update")), (1, 0));
    stage.delivery.resume();
    stage.made("r2");
    stage.hung_up("r2");
    stage.complete(2);
    stage.answered("r3");
    stage.made("r3");
    let stage = stage.restarted();
    // The end is not known to anybody any more.
    stage.all_delivered(3);
    stage.assert_once(3, 1);
    assert_eq!(stage.parts("update Case"), 3);
}

#[test]
fn the_option_may_change_during_a_call() {
    let stage = at_answer(simulator([acme()]), &[]);
    let sections = |create_on: &'static str| -> Vec<RawSection> {
        let port = stage.sim.login_port();
        let options = [("create_on", create_on), ("language", "en")];
        vec![section("a", port, &options)]
    };
    let reload = |create_on| {
        let users = sections(create_on);
        let changed = configuration(&stage.sim, stage.directory.path(), &[], users);
        stage.delivery.reload(changed.clone(), client(&changed));
        // Answered after what came before it.
        stage.status();
    };
    stage.answered("made");
    stage.made("made");
    reload("hangup");
    stage.answered("late");
    stage.state("late", State::Open);
    assert_eq!(stage.status().workers_busy, 0);
    assert_eq!(stage.cases().len(), 1, "not before the end");
    // Completed all the same.
    stage.hung_up("made");
    stage.state("made", State::Delivered);
    reload("answer");
    stage.made("late");
    reload("hangup");
    stage.hung_up("late");
    stage.complete(2);
}

#[test]
fn a_user_of_another_org_by_now_leaves_the_case_alone() {
    let sim = simulator([acme(), OrgSetup::new("other", [user("c")])]);
    let stage = at_answer(sim.clone(), &[]);
    stage.answered("r");
    stage.made("r");
    let port = sim.login_port();
    let moved = [
        ("username", "c@acme.example"),
        ("password", "pw-c"),
        ("create_on", "answer"),
    ];
    let moved = configuration(
        &sim,
        stage.directory.path(),
        &[],
        vec![section("a", port, &moved)],
    );
    stage.delivery.reload(moved.clone(), client(&moved));
    stage.hung_up("r");
    stage.state("r", State::Delivered);
    let words = stage.call("r").last_error.unwrap();
    assert!(words.contains("not completed"), "{words}");
    assert_eq!(stage.parts("update Case"), 0);
    assert_eq!(sim.records_of("other", "Case").len(), 0);
}
