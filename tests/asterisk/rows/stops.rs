//! Asterisk ends during a call: rows 28 and 29.

use super::*;

/// `core stop now`.
#[test]
fn row_28_stopped() {
    let scene = in_a_call();
    scene.pbx.stop().unwrap();
    scene.pbx.start().unwrap();
    scene.load();
    scene.expect(["anna: answered"]);
    assert!(scene.times("anna").1.is_some());
    scene.record("row_28");
}

/// Killed, as by a power cut.
#[test]
fn row_29_killed() {
    let scene = in_a_call();
    // What was told is on disk a moment later.
    eventually("the open call in the journal", PATIENCE, || {
        scene.cli("salesforce show calls").contains("in progress")
    })
    .unwrap();
    scene.pbx.kill();
    assert!(scene.sim.records("Case").is_empty());
    scene.pbx.start().unwrap();
    scene.load();
    scene.expect(["anna: answered"]);
    let end = line(text(&scene.case("anna"), "Description"), "End:");
    assert_eq!(end, "End: unknown");
    scene.record("row_29");
}

/// A talks with the caller. The phones do not matter any more.
fn in_a_call() -> Scene {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let _call = scene.ring("100");
    talking(&a);
    scene
}
