//! What the table does not list, judged by the rules behind it.

use super::*;
use crate::scene::outside;
use private_pbx::{Dialplan, Load};
use std::collections::BTreeMap;

/// A transfers with Asterisk's own code: `*2`, 101, and hangs up once B is there.
#[test]
fn attended_transfer_by_feature_code() {
    let scene = plan().start();
    let b = scene.phone("101", answers());
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.dtmf("*2").unwrap();
    scene.await_log("Playing 'pbx-transfer");
    at_a.dtmf("101").unwrap();
    let at_b = talking(&b);
    hang_up(&at_a);
    // A moment later the caller and B are together.
    eventually("one bridge of two", PATIENCE, || {
        let bridges = scene.cli("bridge show all");
        bridges.lines().filter(|l| l.contains("bridge ")).count() == 1
    })
    .unwrap();
    at_b.wait_media(20, PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: answered", "bert: answered"]);
    scene.record("attended_transfer_by_feature_code");
}

/// A sends the caller to 101, where no phone is.
#[test]
fn transferred_to_nobody() {
    let scene = plan().start();
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.transfer("101").unwrap();
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: answered", "bert: lost, phone not reachable"]);
    scene.record("transferred_to_nobody");
}

/// A sends the caller to an outside number.
#[test]
fn transferred_outside() {
    let scene = plan().start();
    scene.pbx.trunk().react(answers());
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.transfer("00301112233").unwrap();
    scene.outside_talking();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("transferred_outside");
}

/// A transfers to B, who transfers back to A, who answers: once.
#[test]
fn transferred_there_and_back() {
    let scene = plan().start();
    let b = scene.phone("101", answers());
    let (a, call, at_a) = scene.answered_by_a();
    at_a.transfer("101").unwrap();
    talking(&b).transfer("100").unwrap();
    talking(&a);
    hang_up(&call);
    scene.expect(["anna: answered", "bert: answered"]);
    scene.record("transferred_there_and_back");
}

/// A's phone forwards to 101, where nobody answers: both have lost it.
#[test]
fn forwarded_in_vain() {
    let scene = plan().ring(2).start();
    let _a = scene.phone("100", Reaction::redirect("101"));
    let _b = scene.phone("101", Reaction::ring());
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered", "bert: lost, not answered"]);
    scene.record("forwarded_in_vain");
}

/// A's phone forwards to an outside number, which does not answer.
#[test]
fn forwarded_outside_in_vain() {
    let scene = plan().ring(2).start();
    let _a = scene.phone("100", Reaction::redirect("00301112233"));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered"]);
    scene.record("forwarded_outside_in_vain");
}

/// A parks the call; the caller gives up waiting.
#[test]
fn given_up_while_parked() {
    let scene = plan().start();
    let (_a, call, at_a) = scene.answered_by_a();
    at_a.transfer("700").unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    scene.await_parked();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("given_up_while_parked");
}

/// A ring group of Local channels, as configuration tools make them: B answers.
#[test]
fn group_of_local_channels_answered() {
    for (tail, recording) in [
        ("", "group_of_local_channels"),
        ("/n", "group_of_local_channels_n"),
    ] {
        let group =
            format!("exten => 210,1,Dial(Local/100@internal{tail}&Local/101@internal{tail},20)");
        let scene = with_numbers(plan(), &group).start();
        let (_phones, call, at_b) = scene.answered_by_b("210");
        at_b.wait_media(50, PATIENCE).unwrap();
        hang_up(&call);
        scene.expect(["bert: answered"]);
        scene.record(recording);
    }
}

/// The same, and nobody answers, or the caller gives up.
#[test]
fn group_of_local_channels_unanswered() {
    let group = "exten => 210,1,Dial(Local/100@internal/n&Local/101@internal/n,20)";
    let scene = with_numbers(plan(), group).start();
    let _phones = scene.both_ring();
    scene.ring("210").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered", "bert: lost, not answered"]);

    let scene = with_numbers(plan(), &group.replace("internal", "patient")).start();
    let _phones = scene.both_ring();
    let call = scene.ring("210");
    scene.await_ringing(2);
    hang_up(&call);
    scene.expect([
        "anna: lost, caller hung up before anyone answered",
        "bert: lost, caller hung up before anyone answered",
    ]);
    scene.record("group_of_local_channels_given_up");
}

/// A queue whose members are Local channels: B answers.
#[test]
fn queue_of_local_channels() {
    let queues = "[general]\n[everyone]\nstrategy=ringall\ntimeout=60\nringinuse=yes\n\
                  joinempty=yes\nmember => Local/100@internal/n\nmember => Local/101@internal/n\n";
    let mut plan = plan();
    plan.builder = plan.builder.etc("queues.conf", queues);
    let scene = plan.start();
    let (_phones, call, at_b) = scene.answered_by_b("201");
    at_b.wait_media(50, PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["bert: answered"]);
    scene.record("queue_of_local_channels");
}

/// A answers and hangs up; the dialplan goes on to B, whose phone rings in vain.
#[test]
fn dialplan_goes_on_after_an_answer() {
    let number = "exten => 211,1,Dial(PJSIP/100,20,g)\n same => n,Dial(PJSIP/101,2)";
    let scene = with_numbers(plan(), number).start();
    let a = scene.phone("100", answers());
    let _b = scene.phone("101", Reaction::ring());
    let call = scene.ring("211");
    hang_up(&talking(&a));
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: answered", "bert: lost, not answered"]);
    scene.record("dialplan_goes_on_after_an_answer");
}

/// A's phone is picked up with the application `Pickup`.
#[test]
fn picked_up_by_extension() {
    let more =
        "[internal](+)\nexten => _*91XX,1,Pickup(${EXTEN:2}@internal&${EXTEN:2}@PICKUPMARK)\n";
    let mut plan = plan();
    plan.dialplan = Dialplan::default().more(more);
    let scene = plan.start();
    let a = scene.phone("100", Reaction::ring());
    let b = scene.phone("101", Reaction::ring());
    let call = scene.ring("+4930555100");
    call.wait_ringing(PATIENCE).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    let at_b = b.dial("*9100").unwrap();
    at_b.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["bert: answered"]);
    scene.record("picked_up_by_extension");
}

/// A hears who calls, and declines.
#[test]
fn screened_and_declined() {
    let number = "exten => 212,1,Dial(PJSIP/100,20,U(decline))\n same => n,Hangup()\n\
                  [decline]\nexten => s,1,Set(GOSUB_RESULT=CONTINUE)\n same => n,Return()";
    let scene = with_numbers(plan(), number).start();
    let _a = scene.phone("100", answers());
    scene.ring("212").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, rejected"]);
    scene.record("screened_and_declined");
}

/// Two extensions of A ring at once: one Case.
#[test]
fn two_extensions_of_one_user() {
    let number = "exten => 213,1,Dial(PJSIP/100&PJSIP/102,2)";
    let scene = with_numbers(plan().a("extension = 100,102"), number).start();
    let _desk = scene.phone("100", Reaction::ring());
    let _lab = scene.phone("102", Reaction::ring());
    scene.ring("213").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered"]);
    scene.record("two_extensions_of_one_user");
}

/// The DID leads to the extension: its number is what was dialled.
#[test]
fn through_a_did() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let call = scene.ring("+4930555100");
    talking(&a);
    hang_up(&call);
    scene.expect(["anna: answered"]);
    let dialled = line(text(&scene.case("anna"), "Description"), "Dialled number:");
    assert_eq!(dialled, "Dialled number: +49 30 555100");
    scene.record("through_a_did");
}

/// The caller hangs up in the moment in which A answers: answered or given up, but one of them.
#[test]
fn hung_up_while_answering() {
    let scene = plan().start();
    let a = scene.phone("100", Reaction::ring());
    for _ in 0..5 {
        let call = scene.ring("100");
        call.wait_ringing(PATIENCE).unwrap();
        let at_a = a.next_call(PATIENCE).unwrap();
        let caller = std::thread::spawn(move || call.hangup());
        let _ = at_a.answer();
        let _ = caller.join().unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
    }
    let cases = scene.cases();
    assert_eq!(cases.len(), 5, "{cases:#?}");
    for (user, case) in &cases {
        let told = told(user, case);
        assert!(
            told == "anna: answered" || told == "anna: lost, caller hung up before anyone answered",
            "{told}"
        );
    }
}

/// Many calls at once, each with a fate of its own.
#[test]
fn many_at_once() {
    let scene = plan().b("extension = 101,103").start();
    let _phones = [
        scene.phone("100", answers()),
        scene.phone("101", Reaction::refuse(486)),
        scene.phone("103", Reaction::ring()),
    ];
    let load = Load {
        calls: 60,
        per_second: 100,
        at_once: 20,
        patience: PATIENCE,
    };
    let report = scene.pbx.trunk().load(&load, |n| private_pbx::Plan {
        number: ["100", "101", "103"][n % 3].into(),
        caller: outside(),
        hangup_after: Some(SHORT),
        cancel_after: (n % 3 == 2).then_some(LONG),
    });
    assert_eq!((report.answered, report.given_up), (20, 20), "{report:?}");
    let mut counts = BTreeMap::new();
    for (user, case) in scene.cases() {
        *counts.entry(told(user, &case)).or_insert(0) += 1;
    }
    let expected = [
        ("anna: answered", 20),
        ("bert: lost, busy", 20),
        ("bert: lost, caller hung up before anyone answered", 20),
    ];
    let expected = expected.map(|(told, count)| (told.to_owned(), count));
    assert_eq!(counts, BTreeMap::from(expected));
}
