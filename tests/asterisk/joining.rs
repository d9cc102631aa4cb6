//! The module is loaded while calls are parked: it has to be told that they only wait.

use crate::scene::{PATIENCE, Plan};
use private_pbx::{Call, Reaction, eventually};

#[test]
fn who_is_parked_at_load_has_not_answered() {
    let scene = Plan::default().start();
    let a = scene.phone("100", Reaction::answer());
    let _b = scene.phone("101", Reaction::answer());
    let park = |call: &Call, channel: &str| {
        call.wait_talking(PATIENCE).unwrap();
        call.transfer("700").unwrap();
        call.wait_ended(PATIENCE).unwrap();
        eventually("the parked call", PATIENCE, || {
            scene.cli("parking show default").contains(channel)
        })
        .unwrap();
    };
    // A parks a caller, and B's phone, which A has called.
    let caller = scene.ring("100");
    park(&a.next_call(PATIENCE).unwrap(), "PJSIP/trunk");
    park(&a.dial("101").unwrap(), "PJSIP/101");
    scene.unload();
    scene.load();
    caller.hangup().unwrap();
    caller.wait_ended(PATIENCE).unwrap();
    scene.cli("channel request hangup all");
    let users: Vec<_> = scene.cases().into_iter().map(|(user, _)| user).collect();
    assert_eq!(users, ["anna"]);
}
