//! `salesforce test user`: every misconfiguration is named, and none of them tried twice.

use super::*;
use res_ansitel_salesforce::delivery::Step;
use salesforce_simulator::{Simulator, UserSetup};

/// What a test of `a` says, a line for each step.
fn tested(stage: &Stage) -> Vec<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    stage
        .delivery
        .test("a", Box::new(move |steps| drop(sender.send(steps))));
    let steps: Vec<Step> = receiver.recv_timeout(PATIENCE).expect("an answer");
    let line = |step: Step| match step.result {
        Ok(said) => format!("ok {}: {said}", step.what),
        Err(problem) => format!("FAILED {}: {problem}", step.what),
    };
    steps.into_iter().map(line).collect()
}

fn stage(options: &[(&str, &str)]) -> Stage {
    start(simulator([acme()]), |port| {
        vec![section("a", port, options)]
    })
}

#[test]
fn all_is_well() {
    let stage = stage(&[]);
    let lines = tested(&stage);
    assert!(
        lines.iter().all(|line| line.starts_with("ok ")),
        "{lines:#?}"
    );
    for what in [
        "name localhost: 127.0.0.1",
        "TLS, certificate trusted",
        "SOAP login: org 00D",
        "API access: REST API, version 64.0",
        "creating Cases: allowed",
        "fields of Case: all 6",
        "creating Accounts: allowed",
        "fields of Account: all 2",
        "look-up",
        "API requests of the org: 1 of",
    ] {
        assert!(
            lines.iter().any(|line| line.contains(what)),
            "{what}: {lines:#?}"
        );
    }
    assert!(stage.cases().is_empty() && stage.accounts().is_empty());
    // Its session is used from now on.
    stage.record([call("a", "r", None)]);
    stage.all_delivered(1);
    assert_eq!(stage.sim.logins().len(), 1);
    // So is its org's address, for links.
    let addresses = stage.journal.org_addresses().unwrap();
    let address = addresses.values().next().expect("an address");
    assert!(address.starts_with("https://localhost:"), "{addresses:?}");
}

#[test]
fn what_is_done_without_is_told() {
    let mut org = acme();
    org.users[0].hidden_fields = vec!["Case.ContactId".into(), "Contact.HomePhone".into()];
    org.users[0].may_create_task = false;
    let stage = start(simulator([org]), |port| {
        vec![section("a", port, &[("task_on_lost", "yes")])]
    });
    let lines = tested(&stage).join("\n");
    for said in [
        "ok fields of Case: all 6 can be set; ContactId cannot, so that Cases name no Contact",
        "left out, which the user may not read: HomePhone",
        "FAILED creating Tasks: not allowed",
    ] {
        assert!(lines.contains(said), "{said}: {lines}");
    }
}

#[test]
fn every_misconfiguration_is_named() {
    type Change = fn(&Simulator);
    fn of_user(sim: &Simulator, change: impl FnOnce(&mut UserSetup)) {
        sim.update_user("a@acme.example", change);
    }
    let as_is: Change = |_| {};
    /// Options, a change in Salesforce, the step that fails, what it says.
    type Case = (
        &'static [(&'static str, &'static str)],
        Change,
        &'static str,
        &'static str,
    );
    let all: [Case; 16] = [
        (
            &[("password", "wrong")],
            as_is,
            "login",
            "check username, password and token",
        ),
        (
            &[("token", "wrong")],
            as_is,
            "login",
            "check username, password and token",
        ),
        (&[("username", "b@acme")], as_is, "login", "check username"),
        (
            &[("domain", "localhost:9")],
            as_is,
            "connection to localhost, port 9",
            "no connection",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.locked = true),
            "login",
            "locked",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.password_expired = true),
            "login",
            "expired",
        ),
        (
            &[],
            |sim| sim.update_org("acme", |org| org.soap_login = false),
            "login",
            "External Client App",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.api_enabled = false),
            "login",
            "API Enabled",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.may_create_case = false),
            "creating Cases",
            "Create on Case",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.may_create_account = false),
            "creating Accounts",
            "Create on Account",
        ),
        (
            &[("case_field", "Nope__c=x")],
            as_is,
            "fields of Case",
            "Nope__c",
        ),
        (
            &[("owner", "nobody@acme.example")],
            as_is,
            "owner of the records",
            "nobody@acme.example",
        ),
        (
            &[],
            |sim| of_user(sim, |user| user.rest_sessions = false),
            "API access",
            "not valid for use with the REST API",
        ),
        (
            &[("create_on", "answer")],
            |sim| of_user(sim, |user| user.may_edit_case = false),
            "completing Cases",
            "Edit on Case",
        ),
        (
            &[("lookup", "soql"), ("create_account", "no")],
            |sim| {
                of_user(sim, |user| {
                    user.hidden_fields = vec!["Account.Phone".into()]
                })
            },
            "look-up of a number",
            "Read on Account",
        ),
        (
            &[],
            |sim| sim.set_api_usage("acme", 90_000),
            "API requests of the org",
            "90001 of 100000",
        ),
    ];
    for (options, change, step, words) in all {
        let stage = stage(options);
        change(&stage.sim);
        let lines = tested(&stage);
        let failed: Vec<_> = lines
            .iter()
            .filter(|line| line.starts_with("FAILED "))
            .collect();
        assert_eq!(failed.len(), 1, "{options:?} {words}: {lines:#?}");
        assert!(
            failed[0].starts_with(&format!("FAILED {step}")),
            "{failed:?}"
        );
        assert!(failed[0].contains(words), "{words}: {failed:?}");
        assert!(!failed[0].contains("pw-a"), "{failed:?}");
        assert!(stage.sim.logins().len() <= 1);
    }
}

#[test]
fn a_refused_password_is_tried_again_by_a_test_and_by_nothing_else() {
    let stage = stage(&[("password", "wrong")]);
    stage.record([call("a", "r1", None)]);
    eventually("the refusal", || {
        stage.user("a").condition == Condition::Refused
    });
    stage.record([call("a", "r2", None)]);
    tested(&stage);
    assert_eq!(
        stage.sim.logins().len(),
        2,
        "one by a call, one by the test"
    );
    eventually("it rests", || stage.status().workers_busy == 0);
    assert_eq!(stage.user("a").condition, Condition::Refused);
    assert_eq!(stage.sim.logins().len(), 2);
    // A script that tests again and again: a third wrong password might lock the user.
    for _ in 0..20 {
        let lines = tested(&stage);
        let last = lines.last().expect("steps");
        assert!(
            last.starts_with("FAILED login at localhost") && last.contains("not tried: 2 logins"),
            "{lines:#?}"
        );
    }
    assert_eq!(stage.sim.logins().len(), 2);
    assert_eq!(stage.user("a").condition, Condition::Refused);
    // Mended in Salesforce: the test is what finds out, when somebody has said so.
    stage
        .sim
        .update_user("a@acme.example", |user| user.password = "wrong".into());
    stage.saved();
    let lines = tested(&stage);
    assert!(
        lines.iter().all(|line| line.starts_with("ok ")),
        "{lines:#?}"
    );
    stage.all_delivered(2);
    assert_eq!(stage.sim.logins().len(), 3);
}

#[test]
fn an_outage_is_over_when_a_test_says_so() {
    let stage = stage(&[]);
    stage.record([call("a", "r1", None)]);
    stage.all_delivered(1);
    stage.sim.set_all_modes(Mode::Down);
    stage.record([call("a", "r2", None)]);
    eventually("the outage", || {
        stage.user("a").condition == Condition::Waiting
    });
    let lines = tested(&stage);
    assert!(lines[1].starts_with("FAILED connection to localhost") && lines.len() == 2);
    stage.sim.set_all_modes(Mode::Up);
    assert!(tested(&stage)[1].starts_with("ok connection to localhost"));
    stage.all_delivered(2);
}

#[test]
fn an_outage_that_a_test_meets_is_known_from_then_on() {
    let stage = stage(&[]);
    stage.sim.set_all_modes(Mode::Down);
    tested(&stage);
    eventually("where sessions are asked for is down", || {
        stage.user("a").condition == Condition::Waiting
    });
}

#[test]
fn nothing_is_asked_of_an_org_that_has_just_gone_down() {
    let stage = stage(&[]);
    let status = Action::Status {
        status: 503,
        body: None,
        content_type: None,
        after_commit: false,
    };
    stage.sim.add_fault(Fault::once("describe Case", status));
    let lines = tested(&stage);
    let last = lines.last().expect("steps");
    assert!(last.starts_with("FAILED access to Case: "), "{lines:#?}");
    assert!(
        lines[..lines.len() - 1]
            .iter()
            .all(|line| line.starts_with("ok ")),
        "{lines:#?}"
    );
    let requests = stage.sim.requests();
    let newest = requests.last().expect("requests");
    assert_eq!(newest.kind, "describe Case");
    // And again when it is up.
    assert!(tested(&stage).iter().all(|line| line.starts_with("ok ")));
}

/// A test that is under way when the delivery stops.
fn stopped(stage: &Stage, under_way: impl Fn() -> bool) -> Vec<Step> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let reply = move |steps| drop(sender.send(steps));
    stage.delivery.test("a", Box::new(reply));
    eventually("it is under way", under_way);
    std::thread::scope(|scope| {
        scope.spawn(|| stage.delivery.stop());
        receiver.recv_timeout(PATIENCE).expect("an answer")
    })
}

fn is_aborted(step: Option<&Step>) -> bool {
    let problem = step.and_then(|step| step.result.as_ref().err());
    problem.is_some_and(|problem| problem.contains("stopping"))
}

#[test]
fn a_test_of_a_frozen_salesforce_ends_with_the_module() {
    let stage = stage(&[]);
    let freeze = Action::Freeze {
        after_commit: false,
    };
    stage.sim.add_fault(Fault::once("login", freeze));
    let steps = stopped(&stage, || !stage.sim.requests().is_empty());
    assert!(steps.len() == 3 && is_aborted(steps.last()), "{steps:?}");
}

#[test]
fn a_test_of_somebody_who_is_silent_ends_with_the_module() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let address = silent.local_addr().unwrap();
    let domain = format!("localhost:{}", address.port());
    // So long that nothing but the end of the module ends it.
    let limits = [("connect_timeout", "90"), ("request_timeout", "90")];
    let stage = start_with(simulator([acme()]), &limits, |port| {
        vec![section("a", port, &[("domain", &domain)])]
    });
    let connections = std::cell::RefCell::new(Vec::new());
    let steps = stopped(&stage, || {
        connections.borrow_mut().extend(silent.accept());
        !connections.borrow().is_empty()
    });
    assert!(steps.len() == 2 && is_aborted(steps.last()), "{steps:?}");
}
