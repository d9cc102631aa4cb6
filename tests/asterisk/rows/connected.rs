//! Who picks up and is not connected with the caller has not answered: row 34.

use super::*;

/// Members are asked before they get the call: they press 1, or do nothing of the kind. They
/// are dialled directly or through Local channels; the phone is asked, or the Local channel to
/// which it is joined.
const ASKED: &str = "\
exten => 240,1,Dial(PJSIP/100,20,U(ask))
 same => n,Goto(${THEN},1)
exten => 241,1,Dial(Local/100@asked/n,20)
 same => n,Goto(${THEN},1)
exten => 242,1,Dial(Local/100@asked,20)
 same => n,Goto(${THEN},1)
exten => 243,1,Dial(Local/100@further/n,20)
 same => n,Goto(${THEN},1)
exten => 244,1,Dial(Local/100@asked/n&Local/101@asked/n,20)
exten => 245,1,Queue(everyone,,,hello-world)
exten => 246,1,Queue(asked)
exten => 247,1,Dial(Local/100@internal/n,20,U(ask))
 same => n,Goto(${THEN},1)
exten => 248,1,Dial(Local/100@around/n,20,U(ask))
 same => n,Goto(${THEN},1)
exten => 249,1,Queue(local,,,hello-world)
exten => gone,1,Hangup()
exten => next,1,Dial(PJSIP/101,20)
exten => box,1,VoiceMail(100@default,s)
[asked]
exten => _1XX,1,Dial(PJSIP/${EXTEN},20,U(ask))
[around]
exten => _1XX,1,Dial(Local/${EXTEN}@internal/n,20)
[further]
exten => _1XX,1,Dial(Local/${EXTEN}@asked/n,20)
[ask]
exten => s,1,Read(KEY,,1,,1,${PATIENCE})
 same => n,GotoIf($[\"${KEY}\" = \"1\"]?taken)
 same => n,Set(GOSUB_RESULT=CONTINUE)
 same => n(taken),Return()
";

const QUEUES: &str = "\
[general]
[everyone]
strategy=ringall
timeout=20
retry=1
ringinuse=yes
joinempty=yes
member => PJSIP/100
[asked]
strategy=ringall
timeout=20
retry=1
ringinuse=yes
joinempty=yes
member => Local/100@asked/n
member => Local/101@asked/n
[local]
strategy=ringall
timeout=20
retry=1
ringinuse=yes
joinempty=yes
member => Local/100@internal/n
";

fn asked() -> InTurn {
    let mut plan = with_numbers(plan(), ASKED);
    plan.builder = plan.builder.etc("queues.conf", QUEUES);
    let calls = InTurn::start(plan);
    calls.set("PATIENCE", "20");
    calls
}

/// The phone that was picked up is asked.
fn is_asked(calls: &InTurn, phone: &Phone) -> Call {
    let call = phone.next_call(PATIENCE).unwrap();
    call.wait_established(PATIENCE).unwrap();
    eventually("the question", PATIENCE, || {
        calls.scene.channels().contains("!Read!")
    })
    .unwrap();
    call
}

/// A picks up and hangs up when asked. Asterisk answers the caller all the same, for a moment.
#[test]
fn row_34_hangs_up_when_asked() {
    let mut calls = asked();
    let a = calls.scene.phone("100", answers());
    for number in ["240", "241", "242", "243", "247", "248"] {
        let call = calls.scene.ring(number);
        hang_up(&is_asked(&calls, &a));
        // Answered and ended in the same moment, which the caller's phone may not follow.
        calls.scene.wait_quiet();
        drop(call);
        calls.expect(number, &["anna: lost"]);
        calls.record(&format!("row_34_{number}_hung_up"));
    }
    calls.finish();
}

/// A picks up and presses another key; the dialplan goes on to B, or to A's mailbox.
#[test]
fn row_34_presses_another_key() {
    let mut calls = asked();
    let a = calls.scene.phone("100", answers());
    let b = calls.scene.phone("101", answers());
    for (number, then) in [
        ("240", "next"),
        ("240", "box"),
        ("241", "next"),
        ("241", "box"),
        ("243", "next"),
        ("247", "next"),
        ("247", "box"),
        ("248", "next"),
    ] {
        calls.set("THEN", then);
        let call = calls.scene.ring(number);
        let at_a = is_asked(&calls, &a);
        at_a.dtmf("2").unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        let expected = if then == "next" {
            hang_up(&talking(&b));
            call.wait_ended(PATIENCE).unwrap();
            "bert: answered"
        } else {
            call.wait_established(PATIENCE).unwrap();
            hang_up(&call);
            "anna: lost, went to voicemail"
        };
        calls.expect(&format!("{number}, {then}"), &[expected]);
        calls.record(&format!("row_34_{number}_{then}"));
    }
    calls.finish();
}

/// A picks up and presses nothing until the question ends; or presses 1.
#[test]
fn row_34_presses_nothing() {
    let mut calls = asked();
    calls.set("THEN", "gone");
    let a = calls.scene.phone("100", answers());
    calls.set("PATIENCE", "1");
    for number in ["240", "248"] {
        let call = calls.scene.ring(number);
        is_asked(&calls, &a);
        call.wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("{number}, nothing"), &["anna: lost"]);
        calls.record(&format!("row_34_{number}_nothing"));
    }
    calls.set("PATIENCE", "20");
    for number in ["240", "241", "242", "243", "247", "248"] {
        let call = calls.scene.ring(number);
        let at_a = is_asked(&calls, &a);
        at_a.dtmf("1").unwrap();
        call.wait_talking(PATIENCE).unwrap();
        hang_up(&call);
        at_a.wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("{number}, pressed"), &["anna: answered"]);
        calls.record(&format!("row_34_{number}_pressed"));
    }
    calls.finish();
}

/// A is still asked when the caller gives up.
#[test]
fn row_34_caller_gives_up_meanwhile() {
    let mut calls = asked();
    calls.set("THEN", "gone");
    let a = calls.scene.phone("100", answers());
    let b = calls.scene.phone("101", Reaction::ring());
    for number in ["240", "241", "243", "246", "247", "248"] {
        let call = calls.scene.ring(number);
        let at_a = is_asked(&calls, &a);
        let mut expected = vec!["anna: lost"];
        if number == "246" {
            b.next_call(PATIENCE).unwrap();
            calls.scene.await_ringing(1);
            expected.push("bert: lost, caller hung up before anyone answered");
        }
        hang_up(&call);
        // Asterisk lets A listen to the question to its end.
        hang_up(&at_a);
        calls.expect(number, &expected);
        calls.record(&format!("row_34_{number}_given_up"));
    }
    calls.finish();
}

/// A and B ring, by a group and by a queue. A picks up and thinks; B takes the call.
#[test]
fn row_34_one_of_two_takes_it() {
    let mut calls = asked();
    let a = calls.scene.phone("100", answers());
    let b = calls.scene.phone("101", Reaction::ring());
    for number in ["244", "246"] {
        let call = calls.scene.ring(number);
        let at_a = is_asked(&calls, &a);
        let at_b = b.next_call(PATIENCE).unwrap();
        at_b.answer().unwrap();
        at_b.wait_established(PATIENCE).unwrap();
        eventually("both asked", PATIENCE, || {
            calls.scene.channels().matches("!Read!").count() == 2
        })
        .unwrap();
        at_b.dtmf("1").unwrap();
        call.wait_talking(PATIENCE).unwrap();
        // The question goes on, though there is nothing to answer any more.
        at_a.dtmf("1").unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        hang_up(&call);
        at_b.wait_ended(PATIENCE).unwrap();
        calls.expect(number, &["bert: answered"]);
        calls.record(&format!("row_34_{number}_other"));
    }
    calls.finish();
}

/// The queue tells A who calls; A hangs up during that. The caller gives up. The member is A's
/// phone, or a Local channel.
#[test]
fn row_34_hangs_up_during_the_announcement() {
    let mut calls = asked();
    let a = calls.scene.phone("100", Reaction::ring());
    for number in ["245", "249"] {
        let call = calls.scene.ring(number);
        a.react(Reaction::ring());
        let at_a = a.next_call(PATIENCE).unwrap();
        let heard = || calls.scene.log().matches("Playing 'hello-world").count();
        let before = heard();
        at_a.answer().unwrap();
        at_a.wait_established(PATIENCE).unwrap();
        eventually("the announcement", PATIENCE, || heard() > before).unwrap();
        hang_up(&at_a);
        a.next_call(PATIENCE).unwrap();
        hang_up(&call);
        calls.expect(&format!("{number}, hung up"), &["anna: lost"]);
        calls.record(&format!("row_34_{number}_hung_up"));
        // Who listens to the end has answered.
        a.react(answers());
        let call = calls.scene.ring(number);
        let at_a = a.next_call(PATIENCE).unwrap();
        call.wait_talking(PATIENCE).unwrap();
        at_a.wait_talking(PATIENCE).unwrap();
        hang_up(&call);
        calls.expect(&format!("{number}, listened"), &["anna: answered"]);
        calls.record(&format!("row_34_{number}_listened"));
    }
    calls.finish();
}
