//! What happens to the voice's way is no event of the call: rows 24 and 27.

use super::*;

/// The end of a Local channel's name in the list of channels.
const LOCAL: &str = ";1!";

/// A Local channel leads to 100 and takes itself out once voice flows.
#[test]
fn row_24_local_channel_optimised_away() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let a = scene.phone("100", answers());
        let call = scene.ring("4100");
        let at_a = talking(&a);
        eventually("optimisation", PATIENCE, || {
            !scene.channels().contains(LOCAL)
        })
        .unwrap();
        at_a.wait_media(50, PATIENCE).unwrap();
        hang_up(&call);
        scene.expect(["anna: answered"]);
        scene.record("row_24");
    });
}

/// A Local channel leads to 100 and stays.
#[test]
fn row_24_local_channel_that_stays() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let call = scene.ring("4200");
    let at_a = talking(&a);
    at_a.wait_media(50, PATIENCE).unwrap();
    assert!(scene.channels().contains(LOCAL));
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("row_24_n");
}

/// A Local channel leads to 100, where nobody answers.
#[test]
fn row_24_local_channel_unanswered() {
    let scene = plan().ring(1).start();
    let _a = scene.phone("100", Reaction::ring());
    scene.ring("4200").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered"]);
    scene.record("row_24_unanswered");
}

/// A puts the caller on hold with music, and takes the call back.
#[test]
fn row_27_hold() {
    let scene = plan().start();
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.hold().unwrap();
    scene.await_log("Started music on hold");
    call.wait_media(5, PATIENCE).unwrap();
    at_a.resume().unwrap();
    scene.await_log("Stopped music on hold");
    call.wait_media(5, PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("row_27");
}
