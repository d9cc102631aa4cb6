//! Forwards that the dialplan makes: rows 35, 36 and 38.

use super::*;
use private_pbx::Dialplan;

/// Ways out of the extension 100, to an outside number.
const WAYS: &str = "\
exten => 100,1,Goto(${WAY})
 same => n(local),Dial(Local/00301112233@internal/n,${RING})
 same => n,Hangup()
 same => n(optimised),Dial(Local/00301112233@internal,${RING})
 same => n,Hangup()
 same => n(trunk),Dial(PJSIP/0301112233@trunk,${RING})
 same => n,Hangup()
 same => n(unanswered),Dial(PJSIP/100,1)
 same => n,Dial(Local/00301112233@internal/n,${RING})
 same => n,Hangup()
 same => n(onwards),Goto(internal,00301112233,1)
 same => n(subroutine),Gosub(abroad,s,1(0301112233))
 same => n,Hangup()
 same => n(spelt-out),Set(CONTACT=${PJSIP_DIAL_CONTACTS(trunk)})
 same => n,Dial(PJSIP/trunk/sip:0301112233@${CUT(CONTACT,@,2)},${RING})
 same => n,Hangup()
 same => n(asked),Dial(PJSIP/0301112233@trunk,20,U(ask))
 same => n,Hangup()
 same => n(asked-local),Dial(Local/0301112233@asked/n,20)
 same => n,VoiceMail(100@default,s)
 same => n(both),Dial(PJSIP/100&Local/00301112233@internal/n,${RING})
 same => n,Hangup()
 same => n(refused),Dial(PJSIP/0301112233@trunk,20)
 same => n,Goto(refusals,${HANGUPCAUSE},1)
 same => n(refused-local),Dial(Local/0301112233@refused/n,20)
 same => n,Hangup()
[abroad]
exten => s,1,Dial(PJSIP/${ARG1}@trunk,${RING})
 same => n,Return()
[asked]
exten => _0X.,1,Dial(PJSIP/${EXTEN}@trunk,20,U(ask))
[ask]
exten => s,1,Read(KEY,,1,,1,1)
 same => n,Set(GOSUB_RESULT=CONTINUE)
 same => n,Return()
[refused]
exten => _0X.,1,Dial(PJSIP/${EXTEN}@trunk,20)
 same => n,Goto(refusals,${HANGUPCAUSE},1)
[refusals]
exten => _X.,1,NoOp(${DIALSTATUS})
 same => n,Congestion()
";

/// The ways that dial an outside number and nobody else.
const AWAY: [&str; 7] = [
    "spelt-out",
    "local",
    "optimised",
    "trunk",
    "unanswered",
    "onwards",
    "subroutine",
];

/// The outside number answers.
#[test]
fn row_35_forwarded_and_answered() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    calls.set("RING", "20");
    calls.scene.pbx.trunk().react(answers());
    let _a = calls.scene.phone("100", Reaction::ring());
    for way in AWAY.into_iter().chain(["both"]) {
        let call = calls.ring(way, "100");
        calls.scene.outside_talking();
        call.wait_talking(PATIENCE).unwrap();
        hang_up(&call);
        calls.expect(way, &[FORWARDED]);
        calls.record(&format!("row_35_{way}").replace('-', "_"));
    }
    calls.finish();
}

/// There is neither a hint nor a phone: the extension is only forwarded.
#[test]
fn row_35_without_a_phone() {
    let mut plan = with_numbers(plan(), WAYS);
    plan.builder = plan.builder.phones(101..=109);
    let mut calls = InTurn::start(plan);
    calls.set("RING", "20");
    calls.scene.pbx.trunk().react(answers());
    for way in ["local", "trunk", "onwards"] {
        let call = calls.ring(way, "100");
        calls.scene.outside_talking();
        hang_up(&call);
        calls.expect(way, &[FORWARDED]);
    }
    calls.finish();
}

/// The outside number does not answer.
#[test]
fn row_36_forwarded_in_vain() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    calls.set("RING", "1");
    calls.scene.pbx.trunk().react(Reaction::ring());
    let _a = calls.scene.phone("100", Reaction::ring());
    for way in ["local", "trunk", "unanswered", "onwards", "both"] {
        let call = calls.ring(way, "100");
        calls.scene.pbx.trunk().next_call(PATIENCE).unwrap();
        call.wait_ended(PATIENCE).unwrap();
        calls.expect(way, &["anna: lost, not answered"]);
        calls.record(&format!("row_36_{way}").replace('-', "_"));
    }
    calls.finish();
}

/// The outside number's mailbox picks up, and does not press the key.
#[test]
fn row_36_mailbox_outside() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    calls.scene.pbx.trunk().react(answers());
    let call = calls.ring("asked", "100");
    let mailbox = calls.scene.pbx.trunk().next_call(PATIENCE).unwrap();
    mailbox.wait_established(PATIENCE).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("directly", &["anna: lost"]);
    calls.record("row_36_asked");
    // Through a Local channel; then the caller speaks to A's own mailbox.
    let call = calls.ring("asked-local", "100");
    let mailbox = calls.scene.pbx.trunk().next_call(PATIENCE).unwrap();
    mailbox.wait_established(PATIENCE).unwrap();
    call.wait_established(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect(
        "through a Local channel",
        &["anna: lost, went to voicemail"],
    );
    calls.record("row_36_asked_local");
    calls.finish();
}

/// The provider refuses the outbound leg; the dialplan goes to what is called like the cause,
/// which is B's extension.
#[test]
fn row_38_refused_with_the_name_of_an_extension() {
    for (status, extension) in [(503, "34"), (486, "17"), (603, "21"), (404, "1")] {
        let user = format!("extension = {extension}");
        let mut calls = InTurn::start(with_numbers(plan().b(&user), WAYS));
        calls.scene.pbx.trunk().react(Reaction::refuse(status));
        for way in ["refused", "refused-local"] {
            calls.ring(way, "100").wait_ended(PATIENCE).unwrap();
            calls.expect(&format!("{status}, {way}"), &["anna: lost"]);
            calls.record(&format!("row_38_{way}_{status}"));
        }
        calls.finish();
    }
}

/// A's phone forwards by itself to a number that the dialplan forwards once more.
#[test]
fn row_35_forwarded_by_phone_and_dialplan() {
    let more = "[internal](+)\nexten => 555,1,Dial(Local/00301112233@internal/n,20)\n";
    let mut plan = plan();
    plan.dialplan = Dialplan::default().more(more);
    let mut calls = InTurn::start(plan);
    calls.scene.pbx.trunk().react(answers());
    let _a = calls.scene.phone("100", Reaction::redirect("555"));
    let call = calls.scene.ring("100");
    calls.scene.outside_talking();
    hang_up(&call);
    let case = calls.scene.case("anna");
    calls.check(
        "forwarded by the phone",
        told("anna", &case).starts_with("anna: answered, answered after being forwarded to "),
    );
    calls.finish();
}
