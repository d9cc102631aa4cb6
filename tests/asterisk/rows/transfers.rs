//! Calls that are passed on: rows 13 to 18 and 25.

use super::*;
use std::time::Instant;

/// A answers and sends the caller to 101, where B answers.
#[test]
fn row_13_blind_transfer_answered() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let b = scene.phone("101", answers());
        let (_a, call, at_a) = scene.answered_by_a();
        at_a.transfer("101").unwrap();
        talking(&b);
        hang_up(&call);
        scene.expect(["anna: answered", "bert: answered"]);
        let by_a = scene.case("anna");
        assert!(text(&by_a, "Description").contains("\nTransferred to 101\n"));
        let by_b = scene.case("bert");
        assert!(text(&by_b, "Description").contains("\nTransferred from 100\n"));
        scene.record("row_13");
    });
}

/// The same with the transfer code of Asterisk's own.
#[test]
fn row_13_by_feature_code() {
    let scene = plan().start();
    let b = scene.phone("101", answers());
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.dtmf("##").unwrap();
    scene.await_log("Playing 'pbx-transfer");
    at_a.dtmf("101").unwrap();
    talking(&b);
    hang_up(&call);
    scene.expect(["anna: answered", "bert: answered"]);
    scene.record("row_13_by_feature_code");
}

/// A answers and sends the caller to 101, where nobody answers.
#[test]
fn row_14_blind_transfer_unanswered() {
    let scene = plan().ring(2).start();
    let _b = scene.phone("101", Reaction::ring());
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.transfer("101").unwrap();
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: answered", "bert: lost, not answered"]);
    scene.record("row_14");
}

/// A answers, asks B, who answers, and connects the caller with B.
#[test]
fn row_15_attended_transfer() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let b = scene.phone("101", answers());
        let (a, call, at_a) = scene.answered_by_a();
        at_a.hold().unwrap();
        let asking = a.dial("101").unwrap();
        let at_b = talking(&b);
        // Three seconds of talk between A and B.
        at_b.wait_media(150, PATIENCE).unwrap();
        let transferred = Instant::now();
        at_a.transfer_to(&asking).unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        asking.wait_ended(PATIENCE).unwrap();
        at_b.wait_media(5, PATIENCE).unwrap();
        hang_up(&call);
        let since = transferred.elapsed().as_secs();
        scene.expect(["anna: answered", "bert: answered"]);
        let (_, talked) = scene.times("bert");
        assert!(talked.unwrap() <= since, "{talked:?} of {since}");
        scene.record("row_15");
    });
}

/// A connects the caller with 101 while it still rings; B answers, or does not.
#[test]
fn row_15_transferred_while_ringing() {
    for answered in [true, false] {
        let scene = plan().ring(4).start();
        let b = scene.phone("101", Reaction::ring());
        let (a, call, at_a) = scene.answered_by_a();
        at_a.hold().unwrap();
        let asking = a.dial("101").unwrap();
        asking.wait_ringing(PATIENCE).unwrap();
        let at_b = b.next_call(PATIENCE).unwrap();
        at_a.transfer_to(&asking).unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        if answered {
            at_b.answer().unwrap();
            at_b.wait_talking(PATIENCE).unwrap();
            hang_up(&at_b);
            call.wait_ended(PATIENCE).unwrap();
            scene.expect(["anna: answered", "bert: answered"]);
            scene.record("row_15_while_ringing");
        } else {
            call.wait_ended(PATIENCE).unwrap();
            scene.expect(["anna: answered", "bert: lost, not answered"]);
            scene.record("row_15_while_ringing_in_vain");
        }
    }
}

/// A's phone rings; B picks the call up, whoever of the group rings.
#[test]
fn row_16_picked_up() {
    in_all_surroundings(|plan| picked_up(plan, "*8", "row_16"));
}

/// B picks up what rings at 100.
#[test]
fn row_16_picked_up_from_the_extension() {
    picked_up(plan(), "*8100", "row_16_directed");
}

/// A's phone rings, B dials `number` to have the call.
fn picked_up(plan: Plan, number: &str, recording: &str) {
    let scene = plan.start();
    let a = scene.phone("100", Reaction::ring());
    let b = scene.phone("101", Reaction::ring());
    let call = scene.ring("100");
    call.wait_ringing(PATIENCE).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    let at_b = b.dial(number).unwrap();
    at_b.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&at_b);
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["bert: answered"]);
    scene.record(recording);
}

/// A's phone forwards to 101, where B answers.
#[test]
fn row_17_forwarded_to_a_colleague() {
    let scene = plan().start();
    let _a = scene.phone("100", Reaction::redirect("101"));
    let b = scene.phone("101", answers());
    let call = scene.ring("100");
    talking(&b);
    hang_up(&call);
    scene.expect(["bert: answered"]);
    scene.record("row_17");
}

/// A's phone forwards to an outside number, which answers.
#[test]
fn row_18_forwarded_outside() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let _a = scene.phone("100", Reaction::redirect("00301112233"));
        scene.pbx.trunk().react(answers());
        let call = scene.ring("100");
        scene.outside_talking();
        hang_up(&call);
        scene.expect(["anna: answered, answered after being forwarded to 00301112233"]);
        scene.record("row_18");
    });
}

/// A parks the call, B takes it out.
#[test]
fn row_25_parked_and_retrieved() {
    in_all_surroundings(|plan| {
        let scene = plan.start();
        let b = scene.phone("101", Reaction::ring());
        let (_a, call, at_a) = scene.answered_by_a();
        at_a.transfer("700").unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        scene.await_parked();
        let at_b = b.dial("701").unwrap();
        at_b.wait_talking(PATIENCE).unwrap();
        hang_up(&call);
        scene.expect(["anna: answered", "bert: answered"]);
        scene.record("row_25");
    });
}
