//! Wrong passwords, untrusted certificates and hosts: said once, nothing sent, others go on.

use crate::scene::{A, B, ORG, PATIENCE, Plan, Scene};
use private_pbx::{Reaction, eventually};
use salesforce_simulator::Certificate;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// Both users' phones answer.
fn ring_both(scene: &Scene, times: usize) {
    let answer = || Reaction::answer().after(SHORT).hangup_after(SHORT);
    let _phones = [A, B].map(|(_, extension, _)| scene.phone(extension, answer()));
    for _ in 0..times {
        for (_, extension, _) in [A, B] {
            scene.ring(extension).wait_ended(PATIENCE).unwrap();
        }
    }
}

fn row<'a>(table: &'a str, name: &str) -> &'a str {
    table
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_default()
}

#[test]
fn a_wrong_password_is_tried_once() {
    let scene = Plan::default().a("password = Wr0ngS3cret").start();
    ring_both(&scene, 3);
    scene.settle_but(3);
    let logins = scene.sim.logins();
    let of = |username: &str| {
        logins
            .iter()
            .filter(|login| login.username == username)
            .count()
    };
    assert_eq!((of(A.2), of(B.2)), (1, 1), "{logins:#?}");
    assert!(!scene.sim.is_locked(A.2));
    assert_eq!(scene.sim.records("Case").len(), 3);
    let lines = [
        scene.await_logged("ERROR", "[anna]", 1),
        scene.logged("WARNING", "[anna]"),
    ]
    .concat();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("INVALID_LOGIN") || lines[0].contains("password"),
        "{lines:#?}"
    );
    assert!(!scene.log().contains("Wr0ngS3cret"));
    let users = scene.cli("salesforce show users");
    assert!(row(&users, "anna").contains("password"), "{users}");

    // Mended: the calls that waited are delivered.
    let conf = std::fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    let conf = conf.replace("password = Wr0ngS3cret\n", "");
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene.reload();
    assert_eq!(scene.cases().len(), 6);
}

#[test]
fn an_untrusted_certificate_gets_no_password() {
    for certificate in [
        Certificate::SelfSigned,
        Certificate::WrongName,
        Certificate::Expired,
    ] {
        let scene = Plan::default().start();
        scene.sim.set_login_certificate(certificate);
        ring_both(&scene, 1);
        eventually("a warning", PATIENCE, || {
            !scene.logged("WARNING", "certificate").is_empty()
                || !scene.logged("ERROR", "certificate").is_empty()
        })
        .unwrap_or_else(|e| panic!("{e}: {:#?}", scene.logged("WARNING", "")));
        assert_eq!(scene.sim.requests().len(), 0, "{certificate:?}");
        scene.settle_but(2);
    }
}

#[test]
fn a_login_that_names_an_untrusted_host_is_refused() {
    let mut plan = Plan::default();
    plan.org.users[0].server_host = "evil.example".to_owned();
    let scene = plan.start();
    ring_both(&scene, 1);
    scene.settle_but(1);
    assert_eq!(scene.sim.records_of(ORG, "Case").len(), 1);
    let lines = [
        scene.await_logged("ERROR", "[anna]", 1),
        scene.logged("WARNING", "[anna]"),
    ]
    .concat();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("evil.example") && lines[0].contains("trusted_domains"),
        "{lines:#?}"
    );
}
