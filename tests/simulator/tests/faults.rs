//! Faults on demand, and what each leaves behind.

mod common;

use std::time::{Duration, Instant};

use common::{Client, SOON, USER, agent, element, login_body, org, soap, start};
use salesforce_simulator::{
    Action, Certificate, Fault, Mode, OrgSetup, Setup, Simulator, UserSetup,
};
use serde_json::{Value, json};

fn case(n: usize) -> Value {
    json!({"Subject": format!("Case {n}")})
}

/// A simulator, a client, and what creating a Case under this fault gives.
fn under(action: Action) -> (Simulator, Client, Result<common::Answer, ureq::Error>) {
    let simulator = start(org());
    let client = Client::login(&simulator);
    simulator.add_fault(Fault::once("create Case", action));
    let result = client.try_post("sobjects/Case", &case(1));
    (simulator, client, result)
}

#[test]
fn cuts_come_before_or_after_the_commit() {
    let (simulator, client, result) = under(Action::CutBeforeCommit);
    assert!(result.is_err());
    assert!(simulator.records("Case").is_empty());
    assert_eq!(client.post("sobjects/Case", &case(2)).status, 201);

    let (simulator, _, result) = under(Action::CutAfterCommit);
    assert!(result.is_err());
    assert_eq!(simulator.records("Case").len(), 1);
    let log = simulator.wait_for_requests("create Case", 1, SOON);
    assert_eq!(
        (log[0].status, log[0].fault.as_str()),
        (0, "cut_after_commit")
    );
}

#[test]
fn statuses_have_html_or_given_bodies() {
    let (simulator, _, result) = under(Action::Status {
        status: 503,
        body: None,
        content_type: None,
        after_commit: false,
    });
    let answer = result.unwrap();
    assert_eq!(answer.status, 503);
    assert!(
        answer.text.contains("<html>") && answer.header("content-type").unwrap().contains("html")
    );
    assert!(simulator.records("Case").is_empty());

    let (simulator, _, result) = under(Action::Status {
        status: 502,
        body: Some("{\"x\":1}".into()),
        content_type: Some("application/json".into()),
        after_commit: true,
    });
    assert_eq!(result.unwrap().json(), json!({"x": 1}));
    assert_eq!(simulator.records("Case").len(), 1);
}

#[test]
fn bodies_break_off_drip_swell_and_rot() {
    let (simulator, _, result) = under(Action::Truncate { bytes: 10 });
    assert!(result.is_err());
    assert_eq!(simulator.records("Case").len(), 1);

    let started = Instant::now();
    let (_, _, result) = under(Action::Drip { bytes: 10, ms: 5 });
    assert_eq!(result.unwrap().status, 201);
    assert!(started.elapsed() > Duration::from_millis(20));

    let (_, _, result) = under(Action::Huge { bytes: 5_000_000 });
    let answer = result.unwrap();
    assert_eq!(answer.text.len(), 5_000_000);
    assert!(answer.json().is_array());

    let (_, _, result) = under(Action::Garbage);
    let garbage = match result {
        Ok(answer) => serde_json::from_str::<Value>(&answer.text).is_err(),
        Err(_) => true,
    };
    assert!(garbage);
}

#[test]
fn errors_are_salesforce_s_own() {
    let error = |code: &str, status| Action::Error {
        code: code.into(),
        message: "m".into(),
        status,
        fields: vec!["Name".into()],
    };
    let (simulator, client, result) = under(error("STORAGE_LIMIT_EXCEEDED", None));
    let answer = result.unwrap();
    assert_eq!(answer.error(), (400, "STORAGE_LIMIT_EXCEEDED".into()));
    assert_eq!(answer.json()[0]["fields"], json!(["Name"]));
    simulator.add_fault(Fault::once("rest", error("API_CURRENTLY_DISABLED", None)));
    assert_eq!(
        client.get("limits").error(),
        (403, "API_CURRENTLY_DISABLED".into())
    );
    simulator.add_fault(Fault::once("login", error("SERVER_UNAVAILABLE", None)));
    let body = login_body(USER, "whatever");
    let answer = soap(
        &agent(simulator.ca_pem()),
        &simulator.login_url(),
        "64.0",
        &body,
    )
    .unwrap();
    assert_eq!(
        element(&answer.text, "faultcode"),
        Some("SERVER_UNAVAILABLE")
    );
    assert_eq!(element(&answer.text, "sf:exceptionMessage"), Some("m"));
}

#[test]
fn a_frozen_request_ends_when_faults_are_cleared() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    simulator.add_fault(Fault::once(
        "create Case",
        Action::Freeze { after_commit: true },
    ));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.try_post("sobjects/Case", &case(1)));
        assert_eq!(simulator.wait_for_records("Case", 1, SOON).len(), 1);
        assert!(!waiting.is_finished());
        simulator.clear_faults();
        assert!(waiting.join().unwrap().is_err());
    });
}

#[test]
fn latency_is_added() {
    let started = Instant::now();
    let (simulator, _, result) = under(Action::Delay {
        ms: 60,
        after_commit: true,
    });
    assert_eq!(result.unwrap().status, 201);
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert_eq!(simulator.records("Case").len(), 1);
}

#[test]
fn faults_choose_org_user_and_number() {
    let other = OrgSetup::new("other", [UserSetup::new("o@other.example", "pw", "")]);
    let simulator = Simulator::start(Setup::of([org(), other]));
    let (one, two) = (
        Client::login(&simulator),
        Client::login_as(&simulator, "o@other.example", "pw"),
    );
    let html = Action::Status {
        status: 500,
        body: None,
        content_type: None,
        after_commit: false,
    };
    simulator.add_fault(
        Fault::every("limits", html.clone())
            .in_org("other")
            .times(2),
    );
    let statuses = |client: &Client| [(); 3].map(|()| client.get("limits").status);
    assert_eq!(statuses(&one), [200, 200, 200]);
    assert_eq!(statuses(&two), [500, 500, 200]);
    simulator.add_fault(Fault::every("any", html).for_user("O@other.example"));
    assert_eq!(one.get("limits").status, 200);
    assert_eq!(two.get("limits").status, 500);
    assert_eq!(simulator.faults().len(), 1);
    let body = login_body("o@other.example", "pw");
    let login = || {
        soap(&two.agent, &simulator.login_url(), "64.0", &body)
            .unwrap()
            .status
    };
    assert_eq!(login(), 500);
    simulator.clear_faults();
    assert_eq!(login(), 200);
}

#[test]
fn an_instance_goes_down_and_comes_up_on_the_same_port() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    assert_eq!(client.get("limits").status, 200);
    let port = simulator.port("acme");
    for _ in 0..3 {
        simulator.set_mode("acme", Mode::Down);
        assert!(client.try_get("limits", &[]).is_err());
        let refused = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        simulator.set_mode("acme", Mode::Up);
        assert_eq!(client.get("limits").status, 200);
    }
    assert_eq!(simulator.port("acme"), port);
}

#[test]
fn a_frozen_listener_accepts_and_says_nothing() {
    use std::io::Read as _;
    let simulator = start(org());
    simulator.set_login_mode(Mode::Frozen);
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", simulator.login_port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let silent = stream.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(
        silent,
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
    ));
    simulator.set_login_mode(Mode::Up);
    Client::login(&simulator);
}

#[test]
fn bad_certificates_are_told_from_good_ones() {
    let simulator = start(org());
    let connect = || {
        // A new agent each time: connections kept alive have had their handshake.
        let agent = agent(simulator.ca_pem());
        common::finish(
            agent
                .get(format!("{}/services/data", simulator.url("acme")))
                .call(),
        )
        .map(|answer| answer.status)
    };
    for bad in [
        Certificate::WrongName,
        Certificate::Expired,
        Certificate::SelfSigned,
    ] {
        simulator.set_certificate("acme", bad);
        assert!(connect().is_err(), "{bad:?}");
        simulator.set_certificate("acme", Certificate::Good);
        assert_eq!(connect().unwrap(), 200);
    }
    let other = start(org());
    let stranger = agent(other.ca_pem());
    assert!(
        stranger
            .get(format!("{}/services/data", simulator.url("acme")))
            .call()
            .is_err()
    );
}
