//! Who calls whom, on how many devices: rows 19 to 23.

use super::*;
use private_pbx::{Caller, Dialplan};

/// A's extension rings two phones, as its hint says; the second answers.
#[test]
fn row_19_two_devices() {
    let dialplan = Dialplan::default().more(
        "[internal](+)\n\
         exten => 100,hint,PJSIP/103&PJSIP/104\n\
         [numbers](+)\n\
         exten => 100,1,Dial(${HINT(100@internal)},20)\n",
    );
    let mut plan = plan();
    plan.dialplan = dialplan;
    // No phone is called 100, so there is no other hint for it.
    plan.builder = plan.builder.phones(101..=109);
    let scene = plan.start();
    let desk = scene.phone("103", Reaction::ring());
    let mobile = scene.phone("104", Reaction::ring());
    let call = scene.ring("100");
    let at_desk = desk.next_call(PATIENCE).unwrap();
    let at_mobile = mobile.next_call(PATIENCE).unwrap();
    call.wait_ringing(PATIENCE).unwrap();
    at_mobile.answer().unwrap();
    at_mobile.wait_talking(PATIENCE).unwrap();
    at_desk.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("row_19");
}

/// No hint: the phone called like the extension is A's.
#[test]
fn row_19_no_hint() {
    let dialplan = "[from-trunk]\nexten => main,1,Dial(PJSIP/100,20)\n";
    let mut plan = plan();
    plan.dialplan_text = Some(dialplan.to_owned());
    let scene = plan.start();
    let a = scene.phone("100", answers());
    let call = scene.ring("main");
    talking(&a);
    hang_up(&call);
    scene.expect(["anna: answered"]);
}

/// The dialplan gets another hint while the module runs: the new phone is A's.
#[test]
fn row_19_hint_changes() {
    let dialplan = |phone: &str| {
        format!(
            "[internal]\nexten => 100,hint,PJSIP/{phone}\n\
             [from-trunk]\nexten => main,1,Dial(PJSIP/103,20)\n"
        )
    };
    let mut plan = plan();
    plan.dialplan_text = Some(dialplan("102"));
    let scene = plan.start();
    let phone = scene.phone("103", answers());
    let call = scene.ring("main");
    talking(&phone);
    hang_up(&call);
    scene.expect([]);
    scene
        .pbx
        .write_etc("extensions.conf", &dialplan("103"))
        .unwrap();
    scene.cli("dialplan reload");
    let call = scene.ring("main");
    talking(&phone);
    hang_up(&call);
    scene.expect(["anna: answered"]);
}

/// The caller withholds the number, which the network does not know or tells only Asterisk.
#[test]
fn row_20_withheld() {
    let known = Caller::withheld_but_known(NUMBER);
    let callers = [
        (Caller::withheld(), "row_20"),
        (known, "row_20_known_to_the_network"),
    ];
    for (caller, recording) in callers {
        let scene = plan().start();
        let a = scene.phone("100", answers());
        let call = scene.pbx.trunk().call("100", &caller).unwrap();
        talking(&a);
        hang_up(&call);
        scene.expect_from(&[], ["anna: answered"]);
        let case = scene.case("anna");
        assert_eq!(text(&case, "Subject"), "Call from a withheld number");
        for field in ["AccountId", "SuppliedPhone", "SuppliedName"] {
            assert!(case[field].is_null(), "{case:#}");
        }
        assert!(!case.to_string().contains("12345678"), "{case:#}");
        scene.record(recording);
    }
}

/// B calls A.
#[test]
fn row_21_colleagues() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let b = scene.phone("101", Reaction::ring());
    let at_b = b.dial("100").unwrap();
    talking(&a);
    hang_up(&at_b);
    scene.expect([]);
    scene.record("row_21");
}

/// A colleague at another site calls A through the trunk, with an internal number.
#[test]
fn row_21_colleague_elsewhere() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let colleague = Caller::number("2345").named("Branch");
    let call = scene.pbx.trunk().call("100", &colleague).unwrap();
    talking(&a);
    hang_up(&call);
    scene.expect([]);
    scene.record("row_21_elsewhere");
}

/// A calls out, and is answered.
#[test]
fn row_22_outgoing() {
    let scene = plan().start();
    let a = scene.phone("100", Reaction::ring());
    scene.pbx.trunk().react(answers());
    let at_a = a.dial("00301112233").unwrap();
    scene.outside_talking();
    hang_up(&at_a);
    scene.expect([]);
    scene.record("row_22");
}

/// Two callers ring A at the same time; A's phone takes both.
#[test]
fn row_23_two_at_once() {
    let scene = plan().start();
    let a = scene.phone("100", answers());
    let other = Caller::number("+494087654321").named("Fritz");
    let first = scene.ring("100");
    let second = scene.pbx.trunk().call("100", &other).unwrap();
    talking(&a);
    talking(&a);
    hang_up(&first);
    hang_up(&second);
    scene.expect_from(
        &[NUMBER, "+494087654321"],
        ["anna: answered", "anna: answered"],
    );
    let mut names: Vec<_> = scene
        .cases()
        .iter()
        .map(|(_, case)| text(case, "SuppliedName").to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["Erika", "Fritz"]);
    scene.record("row_23");
}
