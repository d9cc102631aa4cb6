//! A wrong password, and everything that makes the module read its configuration again.

use super::office::{ADMIN, Office, fingerprint_of, plan, status};
use crate::scene::{A, B, PATIENCE, Plan, Scene, line};
use private_pbx::{Reaction, eventually};
use salesforce_simulator::OrgSetup;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// The org locks a user at the third wrong password, until somebody unlocks it.
fn strict() -> Plan {
    let plan = plan().a("password = Wr0ngS3cret");
    Plan {
        org: OrgSetup {
            max_invalid_logins: 3,
            lockout_minutes: 0,
            ..plan.org.clone()
        },
        ..plan
    }
}

/// Both users' phones ring; nothing is about to be sent any more, and the first one's calls wait.
fn ring(scene: &Scene, pending: &mut usize) {
    for (_, extension, _) in [A, B] {
        scene.ring(extension).wait_ended(PATIENCE).unwrap();
    }
    *pending += 1;
    scene.settle_but(*pending);
}

fn bad_logins(scene: &Scene) -> usize {
    let logins = scene.sim.logins();
    let bad = logins.iter().filter(|login| login.username == A.2);
    bad.count()
}

/// The other user's language, on the page.
fn save(office: &Office, (cookie, token): &(String, String), language: &str) {
    let headers = format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n");
    let users = office.ask("GET", "/salesforce/api/users", cookie);
    let fingerprint = fingerprint_of(&users).unwrap();
    let body = format!(
        r#"{{"name":"bert","fingerprint":"{fingerprint}","set":{{"language":"{language}"}}}}"#
    );
    let saved = office.post("/salesforce/api/save", &headers, &body);
    assert_eq!(status(&saved), 200, "{saved}");
    assert!(saved.contains(r#""in_force":true"#), "{saved}");
}

/// What is said of the first user, which is refused, without another login.
fn assert_told(scene: &Scene) {
    let users = scene.cli("salesforce show users");
    let user = scene.cli(&format!("salesforce show user {}", A.0));
    for said in [line(&users, A.0), line(&user, "Status:")] {
        for words in ["paused until", "the user tested", "INVALID_LOGIN"] {
            assert!(said.contains(words), "{words}: {said}\n{users}{user}");
        }
    }
    assert!(!users.contains("Wr0ngS3cret") && !user.contains("Wr0ngS3cret"));
}

#[test]
fn saves_reloads_restarts_and_loads_with_a_wrong_password_are_one_login() {
    let office = Office::of(strict().start());
    let scene = &office.scene;
    let answer = || Reaction::answer().after(SHORT).hangup_after(SHORT);
    let _phones = [A, B].map(|(_, extension, _)| scene.phone(extension, answer()));
    let mut pending = 0;
    ring(scene, &mut pending);
    assert_eq!(bad_logins(scene), 1);
    assert_told(scene);

    let session = office.session(ADMIN);
    for n in 0..10 {
        save(&office, &session, ["de", "en"][n % 2]);
    }
    ring(scene, &mut pending);
    assert_eq!(bad_logins(scene), 1, "after ten saves");

    for _ in 0..5 {
        assert!(scene.reload().contains("reloaded successfully"));
    }
    ring(scene, &mut pending);
    assert_eq!(bad_logins(scene), 1, "after five reloads");

    for _ in 0..3 {
        scene.unload();
        scene.load();
        assert_told(scene);
        ring(scene, &mut pending);
    }
    assert_eq!(bad_logins(scene), 1, "after three loads");

    scene.pbx.kill();
    scene.pbx.start().unwrap();
    scene.load();
    assert_told(scene);
    ring(scene, &mut pending);
    assert_eq!(bad_logins(scene), 1, "after a restart");

    // Whoever tests again and again is told so.
    for _ in 0..5 {
        scene.cli(&format!("salesforce test user {}", A.0));
    }
    let said = scene.cli(&format!("salesforce test user {}", A.0));
    assert!(said.contains("not tried: 2 logins in a row"), "{said}");
    assert_eq!(bad_logins(scene), 2);
    assert!(!scene.sim.is_locked(A.2));

    // Mended, and somebody tests: that is the way out.
    let conf = office.conf().replace("password = Wr0ngS3cret\n", "");
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene.reload();
    let said = scene.cli(&format!("salesforce test user {}", A.0));
    assert!(said.contains("can deliver calls"), "{said}");
    eventually("what waited is delivered", PATIENCE, || {
        scene.sim.records("Case").len() == 2 * pending
    })
    .unwrap();
}
