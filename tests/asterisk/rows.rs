//! The rows of `calls.md`, each with real phones.

use crate::scene::{PATIENCE, Plan, Scene};
use private_pbx::Reaction;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(300);

/// Users and what their Cases tell, in short: `anna answered`.
fn told(scene: &Scene) -> Vec<String> {
    scene
        .cases()
        .iter()
        .map(|(user, case)| format!("{user} {}", case["Subject"].as_str().unwrap()))
        .collect()
}

#[test]
fn row_01_answered() {
    let scene = Scene::new();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let call = scene.ring("100");
    call.wait_ended(PATIENCE).unwrap();
    assert_eq!(told(&scene), ["x"]);
}

#[test]
fn row_02_not_answered() {
    let scene = Plan::default().ring(2).start();
    let _a = scene.phone("100", Reaction::ring());
    let call = scene.ring("100");
    call.wait_ended(PATIENCE).unwrap();
    assert_eq!(told(&scene), ["x"]);
}
