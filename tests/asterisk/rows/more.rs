//! Calls that are not incoming, and incoming ones on long ways.

use super::*;
use private_pbx::Dialplan;

/// A calls out, and passes the outside party on to B: no incoming call.
#[test]
fn outgoing_call_transferred_to_a_colleague() {
    let scene = plan().start();
    let (a, b) = (scene.phone("100", answers()), scene.phone("101", answers()));
    scene.pbx.trunk().react(answers());
    let at_a = a.dial("00301112233").unwrap();
    let outside = scene.outside_talking();
    at_a.wait_talking(PATIENCE).unwrap();
    at_a.transfer("101").unwrap();
    talking(&b);
    hang_up(&outside);
    scene.expect([]);
    scene.record("outgoing_call_transferred");
}

/// Asterisk itself calls an outside party, then A.
#[test]
fn originated() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    scene.pbx.trunk().react(answers());
    scene.cli("channel originate PJSIP/0301112233@trunk extension 100@internal");
    let outside = scene.pbx.trunk().next_call(PATIENCE).unwrap();
    talking(&a);
    hang_up(&outside);
    scene.expect([]);
    scene.record("originated");
}

/// A program has A's phone ring, then dials for A.
#[test]
fn click_to_dial() {
    for channel in ["PJSIP/100", "Local/100@internal/n"] {
        let scene = plan().start();
        let a = scene.phone("100", answers());
        scene.pbx.trunk().react(answers());
        scene.cli(&format!(
            "channel originate {channel} extension 00301112233@internal"
        ));
        let outside = scene.outside_talking();
        hang_up(&talking(&a));
        outside.wait_ended(PATIENCE).unwrap();
        scene.expect([]);
        scene.record("click_to_dial");
    }
}

/// A asks an outside party and connects the caller with it.
#[test]
fn attended_transfer_outside() {
    let scene = plan().start();
    scene.pbx.trunk().react(answers());
    let (a, call, at_a) = scene.answered_by_a();
    at_a.hold().unwrap();
    let asking = a.dial("00301112233").unwrap();
    asking.wait_talking(PATIENCE).unwrap();
    let outside = scene.pbx.trunk().next_call(PATIENCE).unwrap();
    at_a.transfer_to(&asking).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    outside.wait_media(5, PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("attended_transfer_outside");
}

/// A transfers to B, whose phone rings in vain; the caller speaks to B's mailbox.
#[test]
fn transferred_to_voicemail() {
    let scene = plan().ring(1).start();
    let _b = scene.phone("101", Reaction::ring());
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.transfer("5101").unwrap();
    scene.await_log("Playing 'beep");
    hang_up(&call);
    scene.expect(["anna: answered", "bert: lost, went to voicemail"]);
    scene.record("transferred_to_voicemail");
}

/// A parks the call, nobody wants it, it comes back to A, who does not answer any more.
#[test]
fn parked_and_come_back() {
    let parking = "[general]\n[default]\nparkext=700\nparkpos=701-720\ncontext=parkedcalls\n\
                   parkingtime=1\ncomebacktoorigin=yes\ncomebackdialtime=1\n";
    let mut plan = plan();
    plan.builder = plan.builder.etc("res_parking.conf", parking);
    let scene = plan.start();
    let (a, call, at_a) = scene.answered_by_a();
    a.react(Reaction::ring());
    at_a.transfer("700").unwrap();
    a.next_call(PATIENCE).unwrap().wait_ended(PATIENCE).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: answered"]);
    scene.record("parked_and_come_back");
}

/// A transfers the caller into the queue, where B answers.
#[test]
fn transferred_into_a_queue() {
    let scene = plan().start();
    let b = scene.phone("101", answers());
    let (a, call, at_a) = scene.answered_by_a();
    a.react(Reaction::ring());
    at_a.transfer("202").unwrap();
    talking(&b);
    hang_up(&call);
    scene.expect(["anna: answered", "bert: answered"]);
    scene.record("transferred_into_a_queue");
}

/// The extension forwards everything to an outside number in the dialplan: A's phone never
/// rings, and somebody answers.
#[test]
fn forwarded_by_the_dialplan() {
    let more = "[numbers](+)\nexten => 100,1,Dial(Local/00301112233@internal,20)\n";
    let mut plan = plan();
    plan.dialplan = Dialplan::default().more(more);
    let scene = plan.start();
    let _a = scene.phone("100", Reaction::ring());
    scene.pbx.trunk().react(answers());
    let call = scene.ring("100");
    scene.outside_talking();
    hang_up(&call);
    scene.expect(["anna: answered, answered after being forwarded to 00301112233"]);
    scene.record("forwarded_by_the_dialplan");
}

/// A conference room answers the caller; A dials in and talks to the caller there.
#[test]
fn conference() {
    let more = "[numbers](+)\nexten => 230,1,Answer()\n same => n,ConfBridge(room)\n";
    let mut plan = plan();
    plan.dialplan = Dialplan::default().more(more);
    plan.builder = plan
        .builder
        .etc("confbridge.conf", "[general]\n")
        .stock_module("app_confbridge");
    let scene = plan.start();
    let a = scene.phone("100", Reaction::ring());
    let call = scene.ring("230");
    call.wait_established(PATIENCE).unwrap();
    let at_a = a.dial("230").unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    hang_up(&call);
    hang_up(&at_a);
    scene.expect([]);
    scene.record("conference");
}
