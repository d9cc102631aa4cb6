//! What the dialplan asks while a call waits.

use super::*;
use res_ansitel_salesforce::delivery::{Inquiry, Told};
use std::sync::mpsc::{self, Receiver};

/// Asks, and does not wait.
pub fn inquire(stage: &Stage, user: Option<&str>, field: &str, number: &str) -> Receiver<Told> {
    let (told, answer) = mpsc::channel();
    stage.delivery.inquire(Inquiry {
        field: field.to_owned(),
        number: Some(number.to_owned()),
        user: user.map(str::to_owned),
        called: None,
        // Nobody may be waiting any more.
        reply: Box::new(move |answer| drop(told.send(answer))),
    });
    answer
}

/// Asks as the first user who may.
pub fn ask(stage: &Stage, field: &str, number: &str) -> Told {
    let answer = inquire(stage, None, field, number);
    answer.recv_timeout(PATIENCE).unwrap()
}

fn found(value: &str) -> Told {
    Told::Found(value.to_owned())
}

fn frozen(on: &str) -> Fault {
    let action = Action::Freeze {
        after_commit: false,
    };
    Fault::every(on, action)
}

fn count(stage: &Stage, kind: &str) -> usize {
    let requests = stage.sim.requests();
    requests
        .iter()
        .filter(|request| request.kind == kind)
        .count()
}

#[test]
fn a_number_costs_one_request_and_is_known_to_its_case() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    for _ in 0..3 {
        assert_eq!(ask(&stage, "name", "030 1234567"), found("Bekannt GmbH"));
        assert_eq!(ask(&stage, "name", "040 7654321"), Told::NotFound);
    }
    assert_eq!(stage.sim.logins().len(), 1);
    assert_eq!(count(&stage, "search"), 2);
    stage.record([
        call("a", "r1", Some(KNOWN)),
        call("a", "r2", Some("040 7654321")),
    ]);
    stage.all_delivered(2);
    assert_eq!(count(&stage, "search"), 2);
    stage.assert_once(2, 3);
    // An Account that we have created is found at once.
    assert!(
        matches!(ask(&stage, "name", "040 7654321"), Told::Found(name) if name.contains("+4940"))
    );
}

#[test]
fn many_at_once_are_one_search() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    // As long as somebody logs in, the others gather.
    let slow = Action::Delay {
        ms: 300,
        after_commit: false,
    };
    stage.sim.add_fault(Fault::every("login", slow));
    let answers: Vec<_> = (0..30)
        .map(|n| inquire(&stage, None, "id", &format!("030 12345{n:02}")))
        .collect();
    let told: Vec<_> = answers
        .iter()
        .map(|answer| answer.recv_timeout(PATIENCE).unwrap())
        .collect();
    let known = told.iter().filter(|told| **told != Told::NotFound).count();
    assert_eq!(known, 0, "{told:?}");
    assert!(count(&stage, "search") <= 2, "{}", count(&stage, "search"));
    assert_eq!(stage.sim.logins().len(), 1);
}

/// With one worker, which never waits for an inquiry.
#[test]
fn cases_do_not_wait_for_inquiries() {
    let stage = start_with(
        simulator([with_known_account()]),
        &[
            ("workers", "1"),
            ("request_timeout", "600"),
            ("dialplan_timeout", "60000"),
        ],
        |port| vec![section("a", port, &[])],
    );
    stage.record([call("a", "r1", Some(KNOWN))]);
    stage.all_delivered(1);
    stage.sim.add_fault(frozen("search"));
    let answers: Vec<_> = (0..500)
        .map(|n| inquire(&stage, None, "name", &format!("040 7654{n:03}")))
        .collect();
    // More than may wait are told at once.
    let told = answers.last().unwrap().recv_timeout(PATIENCE).unwrap();
    assert_eq!(told, Told::TooLate);
    stage.record((2..5).map(|n| call("a", &format!("r{n}"), Some(KNOWN))));
    stage.all_delivered(4);
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
    // Nothing of it keeps the delivery from ending.
    let begun = Instant::now();
    stage.delivery.stop();
    assert!(begun.elapsed() < Duration::from_secs(60));
    let answered = answers.iter().filter(|answer| answer.try_recv().is_ok());
    assert!(answered.count() < 500);
}

#[test]
fn a_refused_login_is_tried_once() {
    let stage = start(simulator([acme()]), |port| {
        vec![section("a", port, &[("password", "wrong")])]
    });
    for field in ["name", "id", "Industry"] {
        assert_eq!(ask(&stage, field, KNOWN), Told::Error);
    }
    stage.record([call("a", "r1", Some(KNOWN))]);
    eventually("refused", || {
        stage.user("a").condition == Condition::Refused
    });
    assert_eq!(ask(&stage, "name", KNOWN), Told::Error);
    assert_eq!(stage.sim.logins().len(), 1);
    // Somebody else may.
    let users = vec![
        section("a", stage.sim.login_port(), &[("password", "wrong")]),
        section("b", stage.sim.login_port(), &[]),
    ];
    let changed = configuration(&stage.sim, stage.directory.path(), &[], users);
    stage.delivery.reload(changed.clone(), client(&changed));
    stage.record([call("a", "r2", Some(KNOWN))]);
    eventually("refused again", || {
        stage.user("a").condition == Condition::Refused
    });
    assert_eq!(ask(&stage, "name", KNOWN), Told::NotFound);
    let by_name = |user: &str| {
        let answer = inquire(&stage, Some(user), "name", KNOWN);
        answer.recv_timeout(PATIENCE).unwrap()
    };
    assert_eq!(by_name("a"), Told::Error);
    assert_eq!(by_name("b"), Told::NotFound);
    assert_eq!(by_name("nobody"), Told::NoUser);
}

#[test]
fn an_old_answer_is_better_than_none() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
    // A day later, in front of a Salesforce that is down.
    let file = rusqlite::Connection::open(stage.journal.path()).unwrap();
    file.execute("UPDATE accounts SET at = 0", []).unwrap();
    stage.sim.set_mode("acme", Mode::Down);
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
    assert_eq!(ask(&stage, "Industry", KNOWN), Told::Error);
    assert_eq!(ask(&stage, "name", "040 7654321"), Told::Error);
    stage.sim.set_mode("acme", Mode::Up);
    eventually("asked again", || {
        ask(&stage, "name", "040 7654321") == Told::NotFound
    });
}

#[test]
fn an_expired_session_is_renewed() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    assert_eq!(ask(&stage, "name", "040 7654321"), Told::NotFound);
    stage.sim.expire_sessions("acme");
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
    assert_eq!(stage.sim.logins().len(), 2);
}

#[test]
fn an_outage_of_an_inquiry_is_no_pause_for_cases() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
    stage
        .sim
        .add_fault(Fault::every("search", Action::CutBeforeCommit));
    assert_eq!(ask(&stage, "name", "040 7654321"), Told::Error);
    assert_eq!(stage.user("a").condition, Condition::Ok);
    stage.sim.clear_faults();
    eventually("asked again", || {
        ask(&stage, "name", "040 7654321") == Told::NotFound
    });
}

#[test]
fn a_stopped_interface_asks_nothing() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![section("a", port, &[])]
    });
    stage.delivery.pause();
    assert_eq!(ask(&stage, "name", KNOWN), Told::Stopped);
    assert_eq!(stage.sim.requests().len(), 0);
    stage.delivery.resume();
    assert_eq!(ask(&stage, "name", KNOWN), found("Bekannt GmbH"));
}
