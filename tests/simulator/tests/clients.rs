//! Programs that others wrote for Salesforce, unchanged, do their ordinary work
//! here too. `scripts/clients` installs them.

mod common;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use common::proxy::Proxy;
use common::{PASSWORD, TOKEN, USER, account, org};
use salesforce_simulator::{AppSetup, CustomField, Setup, Simulator, UserSetup};

const LOGIN: &str = "login.salesforce.com";
const INSTANCE: &str = "acme.my.salesforce.com";
/// A user whom the app does not know, and one whose password has expired.
const STRANGER: &str = "stranger@acme.example";
const EXPIRED: &str = "expired@acme.example";
/// More records than a page holds.
const MANY: usize = 2_100;
const DEADLINE: Duration = Duration::from_secs(120);

fn start() -> Simulator {
    let mut acme = org();
    acme.server_host = INSTANCE.into();
    acme.oauth_password = true;
    // The tests try wrong passwords, side by side.
    acme.max_invalid_logins = 0;
    acme.users.push(UserSetup::new(STRANGER, "pw", ""));
    acme.users.push(UserSetup {
        password_expired: true,
        ..UserSetup::new(EXPIRED, PASSWORD, TOKEN)
    });
    acme.apps = vec![AppSetup {
        client_id: "APP".into(),
        client_secret: "S3CRET".into(),
        client_credentials: true,
        run_as: USER.into(),
        public_key: include_str!("data/jwt-test-public.pem").into(),
        authorised: vec![USER.into()],
        ..AppSetup::default()
    }];
    acme.custom_fields = vec![
        CustomField::external_id("Case", "Reference__c"),
        CustomField {
            unique: false,
            ..CustomField::external_id("Case", "Loose__c")
        },
    ];
    acme.records = (0..MANY)
        .map(|n| account(&format!("Page {n:05}"), ""))
        .collect();
    Simulator::start(Setup {
        admin_port: Some(0),
        extra_names: vec![LOGIN.into(), INSTANCE.into()],
        ..Setup::of([acme])
    })
}

/// Where `scripts/clients` has put the clients.
fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let clients = target.expect("the target folder").join("clients");
    assert!(
        clients.join("installed").exists(),
        "the foreign clients are missing in {}: run scripts/clients",
        clients.display()
    );
    clients
}

fn port(url: &str) -> u16 {
    let (_, port) = url.rsplit_once(':').expect("a port");
    port.parse().expect("a number")
}

/// Runs a program of `clients/` against a simulator of its own and shows what
/// it said if it fails.
fn passes(mut program: Command, script: &str) {
    let simulator = start();
    let proxy = Proxy::start([
        (LOGIN, port(&simulator.login_url())),
        (INSTANCE, port(&simulator.url("acme"))),
    ]);
    let ca = tempfile(script, simulator.ca_pem());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = program
        .arg(here.join("clients").join(script))
        .env("HTTPS_PROXY", proxy.url())
        .env("NO_PROXY", "127.0.0.1")
        .env("REQUESTS_CA_BUNDLE", &ca)
        .env("NODE_EXTRA_CA_CERTS", &ca)
        .env(
            "SIMULATOR_ADMIN",
            simulator.admin_url().expect("it has one"),
        )
        .env("SF_USERNAME", USER)
        .env("SF_PASSWORD", PASSWORD)
        .env("SF_TOKEN", TOKEN)
        .env("SF_CLIENT_ID", "APP")
        .env("SF_CLIENT_SECRET", "S3CRET")
        .env("SF_KEY_FILE", here.join("tests/data/jwt-test-key.pem"))
        .env("SF_MY_DOMAIN", INSTANCE)
        .env("SF_STRANGER", STRANGER)
        .env("SF_EXPIRED", EXPIRED)
        .env("SF_MANY", MANY.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (sender, receiver) = mpsc::channel();
    for mut pipe in [
        Box::new(child.stdout.take().expect("piped")) as Box<dyn Read + Send>,
        Box::new(child.stderr.take().expect("piped")),
    ] {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut said = String::new();
            let _ = pipe.read_to_string(&mut said);
            sender.send(said)
        });
    }
    // The pipes close when the program ends.
    let said: Result<Vec<String>, _> = (0..2).map(|_| receiver.recv_timeout(DEADLINE)).collect();
    let Ok(said) = said else {
        let _ = child.kill();
        let _ = child.wait();
        let said: String = receiver.iter().take(2).collect();
        panic!("{script} does not end within {DEADLINE:?}:\n{said}");
    };
    let status = child.wait().expect("its end");
    let said = said.concat();
    assert!(status.success(), "{script}: {status}\n{said}");
    assert!(
        !simulator.records("Case").is_empty(),
        "{script} did nothing:\n{said}"
    );
}

fn tempfile(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.ca.pem"));
    std::fs::write(&file, text).expect("the file is written");
    file
}

#[test]
fn simple_salesforce_does_its_work() {
    passes(
        Command::new(installed().join("python/bin/python")),
        "simple_salesforce_test.py",
    );
}

#[test]
fn jsforce_does_its_work() {
    let clients = installed();
    let mut node = Command::new(clients.join("node"));
    node.env("NODE_MODULES", clients.join("node_modules"));
    passes(node, "jsforce_test.mjs");
}
