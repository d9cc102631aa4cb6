//! Several phones ring, at once or one after the other: rows 8 to 12.

use super::*;

/// Both phones ring, one answers.
#[test]
fn row_08_ring_group_answered() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let (_phones, call, _) = scene.answered_by_b("200");
        hang_up(&call);
        scene.expect(["bert: answered"]);
        scene.record("row_08");
    });

    let scene = plan().start();
    let [a, _b] = scene.both_ring();
    let call = scene.ring("200");
    let at_a = a.next_call(PATIENCE).unwrap();
    scene.await_ringing(2);
    at_a.answer().unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    hang_up(&at_a);
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: answered"]);
    scene.record("row_08_the_other");
}

/// The one whose phone rang in vain wants to know.
#[test]
fn row_08_answered_elsewhere() {
    let lines = "language = en\nanswered_elsewhere = lost";
    let scene = plan().general(lines).start();
    let (_phones, call, _) = scene.answered_by_b("200");
    hang_up(&call);
    scene.expect(["anna: lost, answered by someone else", "bert: answered"]);
}

/// Both phones ring in vain.
#[test]
fn row_09_ring_group_unanswered() {
    let scene = plan().ring(1).start();
    let _phones = scene.both_ring();
    scene.ring("200").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered", "bert: lost, not answered"]);
    scene.record("row_09");
}

/// A's phone rings in vain, then B's: whose call was it?
#[test]
fn row_09_first() {
    let scene = one_after_the_other("first");
    scene.expect(["anna: lost, not answered"]);
    scene.record("row_09_in_turn");
}

#[test]
fn row_09_last() {
    let scene = one_after_the_other("last");
    scene.expect(["bert: lost, not answered"]);
}

#[test]
fn row_09_none() {
    one_after_the_other("none").expect([]);
}

/// The queue rings A's phone in vain, then B's, who answers.
#[test]
fn row_10_queue_answered_by_the_next() {
    let scene = plan().start();
    let _a = scene.phone("100", Reaction::ring());
    let b = scene.phone("101", answers());
    let call = scene.ring("202");
    talking(&b);
    hang_up(&call);
    scene.expect(["bert: answered"]);
    let said = line(text(&scene.case("bert"), "Description"), "Queue:");
    assert_eq!(said, "Queue: in-turn");
    scene.record("row_10");
}

/// The queue rings both phones until the caller gives up.
#[test]
fn row_11_queue_given_up() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let [a, b] = scene.both_ring();
        let call = scene.ring("201");
        let at_a = a.next_call(PATIENCE).unwrap();
        let at_b = b.next_call(PATIENCE).unwrap();
        scene.await_ringing(2);
        hang_up(&call);
        at_a.wait_ended(PATIENCE).unwrap();
        at_b.wait_ended(PATIENCE).unwrap();
        scene.expect([
            "anna: lost, caller hung up before anyone answered",
            "bert: lost, caller hung up before anyone answered",
        ]);
        scene.record("row_11");
    });
}

/// A's phone rings in vain, then the dialplan rings B's, who answers.
#[test]
fn row_12_the_dialplan_rings_the_next() {
    let scene = plan().ring(1).start();
    let _a = scene.phone("100", Reaction::ring());
    let b = scene.phone("101", answers());
    let call = scene.ring("203");
    talking(&b);
    hang_up(&call);
    scene.expect(["bert: answered"]);
    scene.record("row_12");
}

/// A call that rings in vain at A, then at B.
fn one_after_the_other(unanswered_group: &str) -> Scene {
    let lines = format!("language = en\nunanswered_group = {unanswered_group}");
    let scene = plan().general(&lines).ring(1).start();
    let _phones = scene.both_ring();
    scene.ring("203").wait_ended(PATIENCE).unwrap();
    scene
}
