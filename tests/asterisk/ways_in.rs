//! The ways to log in, from a call to its Case.

use crate::scene::{A, B, ORG, PATIENCE, Plan, Scene, text};
use private_pbx::{Caller, Reaction};
use salesforce_simulator::{Action, AppSetup, Fault, Mode};
use std::collections::BTreeSet;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(200);

const KEY: &str = include_str!("../simulator/tests/data/jwt-test-key.pem");
const PUBLIC: &str = include_str!("../simulator/tests/data/jwt-test-public.pem");

/// The ways, as a section's options.
const SOAP: &str = "password = secret\ntoken = token";
const PASSWORD: &str = "client_id = APP\nclient_secret = S3CRET\npassword = secret\ntoken = token";
const CLIENT_CREDENTIALS: &str = "client_id = APP\nclient_secret = S3CRET\ndomain = localhost:PORT";
const JWT: &str = "client_id = APP\nprivate_key = KEY";

/// The users' ways are these options instead of password and token; `run_as`: whose session
/// the app's secret gives. Everything but loading the module.
fn prepare(a: &str, b: &str, run_as: &str) -> Scene {
    let mut plan = Plan::default().general("workers = 1");
    plan.org.oauth_password = true;
    plan.org.apps = vec![AppSetup {
        client_id: "APP".into(),
        client_secret: "S3CRET".into(),
        client_credentials: true,
        run_as: run_as.into(),
        public_key: PUBLIC.into(),
        authorised: vec![A.2.into()],
        ..AppSetup::default()
    }];
    let scene = plan.prepare();
    let key = scene.pbx.inner_path("etc/app.pem");
    scene.pbx.write_etc("app.pem", KEY).unwrap();
    let conf = std::fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    let mut conf = conf.replace("password = secret\ntoken = token\n", "");
    for (user, way) in [(A.0, a), (B.0, b)] {
        let section = format!("[{user}](user)\n");
        let way = way
            .replace("KEY", key.to_str().unwrap())
            .replace("PORT", &scene.sim.port(ORG).to_string());
        conf = conf.replace(&section, &format!("{section}{way}\n"));
    }
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene
}

fn scene(a: &str, b: &str) -> Scene {
    let scene = prepare(a, b, B.2);
    scene.load();
    scene
}

fn answer() -> Reaction {
    Reaction::answer().after(SHORT).hangup_after(SHORT)
}

/// A call for each user; whose Cases came of them.
fn called(scene: &Scene) -> Vec<&str> {
    let _phones = [A.1, B.1].map(|extension| scene.phone(extension, answer()));
    for extension in [A.1, B.1] {
        scene.ring(extension).wait_ended(PATIENCE).unwrap();
    }
    let mut users: Vec<_> = scene.cases().into_iter().map(|(user, _)| user).collect();
    users.sort();
    users
}

fn logs_in_by(scene: &Scene, user: &str) -> String {
    let shown = scene.cli(&format!("salesforce show user {user}"));
    assert!(!(shown.clone() + &scene.log()).contains("S3CRET"));
    let line = shown.lines().find(|line| line.starts_with("Logs in by:"));
    let (_, way) = line.unwrap_or_default().split_once(':').unwrap_or_default();
    way.trim().to_owned()
}

#[test]
fn by_key_and_by_password_of_an_app() {
    let scene = scene(JWT, PASSWORD);
    assert_eq!(called(&scene), [A.0, B.0]);
    assert_eq!(
        [A, B].map(|user| logs_in_by(&scene, user.0)),
        [
            "jwt (auto: private_key is set)",
            "password (auto: client_id and a password are set)"
        ]
    );
}

#[test]
fn by_the_secret_of_an_app_and_by_soap() {
    let soap = format!("auth = soap\n{SOAP}");
    let scene = scene(&soap, CLIENT_CREDENTIALS);
    assert_eq!(called(&scene), [A.0, B.0]);
    assert_eq!(
        [A, B].map(|user| logs_in_by(&scene, user.0)),
        [
            "soap (as configured)",
            "client_credentials (auto: a client secret is set, and no password)"
        ]
    );
}

/// Calls that end while Salesforce is down.
const BACKLOG: usize = 4;

/// A session begins, Salesforce goes down, calls end; it is up again, and the session is over
/// when half of their work is done.
fn a_backlog(way: &str) {
    let scene = prepare(way, SOAP, A.2);
    scene.load();
    let _phone = scene.phone(A.1, answer());
    let number = |call: usize| format!("+4930555000{call}");
    let ring = |call: usize| {
        let caller = Caller::number(&number(call));
        scene.ring_as(A.1, &caller).wait_ended(PATIENCE).unwrap();
    };
    ring(0);
    scene.settle();
    scene.sim.set_all_modes(Mode::Down);
    for call in 1..=BACKLOG {
        ring(call);
    }
    scene.settle_but(BACKLOG);
    assert_eq!(scene.sim.logins().len(), 1);
    // The callers' Accounts are found with the old session; it does not last until they are
    // written.
    scene.sim.clear_log();
    let expired = Action::Error {
        code: "INVALID_SESSION_ID".into(),
        message: "Session expired or invalid".into(),
        status: Some(401),
        fields: Vec::new(),
    };
    scene.sim.add_fault(Fault::once("graph", expired));
    scene.sim.set_all_modes(Mode::Up);
    let cases = scene.cases();
    let callers = |name: &str| -> BTreeSet<String> {
        let records = scene.sim.records(name);
        let field = if name == "Case" {
            "SuppliedPhone"
        } else {
            "Phone"
        };
        records
            .iter()
            .map(|record| text(record, field).to_owned())
            .collect()
    };
    let expected: BTreeSet<_> = (0..=BACKLOG).map(number).collect();
    assert_eq!(cases.len(), BACKLOG + 1);
    assert!(cases.iter().all(|(user, _)| *user == A.0), "{cases:#?}");
    assert_eq!(callers("Case"), expected);
    assert_eq!(callers("Account"), expected);
    assert_eq!(scene.sim.records("Account").len(), BACKLOG + 1);
    let requests = scene.sim.requests().into_iter();
    let requests: Vec<_> = requests.map(|entry| entry.kind).collect();
    let is_login = |kind: &&String| kind.starts_with("login ");
    assert_eq!(requests.iter().filter(is_login).count(), 1, "{requests:?}");
    let at = requests.iter().position(|kind| kind == "graph");
    let at = at.expect("a graph with the old session");
    assert!(
        requests[..at].contains(&"search".to_owned()) && is_login(&&requests[at + 1]),
        "{requests:?}"
    );
}

#[test]
fn a_backlog_outlives_its_session_by_soap() {
    a_backlog(SOAP);
}

#[test]
fn a_backlog_outlives_its_session_by_password() {
    a_backlog(PASSWORD);
}

#[test]
fn a_backlog_outlives_its_session_by_client_credentials() {
    a_backlog(CLIENT_CREDENTIALS);
}

#[test]
fn a_backlog_outlives_its_session_by_jwt() {
    a_backlog(JWT);
}

#[test]
fn who_may_read_secrets_is_looked_at() {
    let scene = prepare(JWT, SOAP, B.2);
    let (conf, key) = (
        scene.pbx.path("etc/salesforce.conf"),
        scene.pbx.path("etc/app.pem"),
    );
    for file in [&conf, &key] {
        set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    scene.load();
    let key_said = format!(
        "[anna] private_key: everybody on this machine can read the file; chmod 600 {}",
        scene.pbx.inner_path("etc/app.pem").display()
    );
    let conf_said = format!(
        "salesforce.conf holds secrets: everybody on this machine can read the file; chmod 600 {}",
        scene.pbx.inner_path("etc/salesforce.conf").display()
    );
    for said in [&key_said, &conf_said] {
        assert_eq!(scene.await_logged("WARNING", said, 1).len(), 1, "{said}");
    }
    // As it says.
    for file in [&conf, &key] {
        set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    scene.reload();
    assert_eq!(scene.logged("WARNING", "everybody").len(), 2);
}
