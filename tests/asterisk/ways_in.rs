//! The ways to log in, from a call to its Case.

use crate::scene::{A, B, ORG, PATIENCE, Plan, Scene};
use private_pbx::Reaction;
use salesforce_simulator::AppSetup;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(200);

const KEY: &str = include_str!("../simulator/tests/data/jwt-test-key.pem");
const PUBLIC: &str = include_str!("../simulator/tests/data/jwt-test-public.pem");

/// Both users' ways are these options instead of password and token.
fn scene(a: &str, b: &str) -> Scene {
    let mut plan = Plan::default();
    plan.org.oauth_password = true;
    plan.org.apps = vec![AppSetup {
        client_id: "APP".into(),
        client_secret: "S3CRET".into(),
        client_credentials: true,
        run_as: B.2.into(),
        public_key: PUBLIC.into(),
        authorised: vec![A.2.into()],
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
        conf = conf.replace(&section, &format!("{section}client_id = APP\n{way}\n"));
    }
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene.load();
    scene
}

/// A call for each user; whose Cases came of them.
fn called(scene: &Scene) -> Vec<&str> {
    let _phones = [A.1, B.1].map(|extension| {
        scene.phone(
            extension,
            Reaction::answer().after(SHORT).hangup_after(SHORT),
        )
    });
    for extension in [A.1, B.1] {
        scene.ring(extension).wait_ended(PATIENCE).unwrap();
    }
    let mut users: Vec<_> = scene.cases().into_iter().map(|(user, _)| user).collect();
    users.sort();
    users
}

#[test]
fn by_key_and_by_password_of_an_app() {
    let scene = scene(
        "private_key = KEY",
        "client_secret = S3CRET\npassword = secret\ntoken = token",
    );
    assert_eq!(called(&scene), [A.0, B.0]);
    assert!(
        scene
            .cli(&format!("salesforce show user {}", A.0))
            .contains("JWT")
    );
    let shown = scene.cli(&format!("salesforce show user {}", B.0)) + &scene.log();
    assert!(!shown.contains("S3CRET"), "{shown}");
}

#[test]
fn by_the_secret_of_an_app_alone() {
    let own_host = "client_secret = S3CRET\ndomain = localhost:PORT";
    let scene = scene("private_key = KEY", own_host);
    assert_eq!(called(&scene), [A.0, B.0]);
    let shown = scene.cli(&format!("salesforce show user {}", B.0));
    assert!(shown.contains("client credentials"), "{shown}");
}
