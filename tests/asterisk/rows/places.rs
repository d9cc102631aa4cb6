//! Which extension of the dialplan is whose: contexts, includes, patterns, variables.

use super::*;

/// A and B are these extensions of this dialplan.
fn start(a: &str, b: &str, dialplan: &str) -> InTurn {
    let lines = |extension: &str| format!("extension = {extension}");
    let mut plan = plan().a(&lines(a)).b(&lines(b));
    plan.dialplan_text = Some(dialplan.to_owned());
    InTurn::start(plan)
}

/// The hint stands in a context that is included, and the call comes from another one that
/// includes it.
#[test]
fn includes_are_followed() {
    let dialplan = "\
[from-trunk]
include => direct
[direct]
include => extensions
[internal]
include => additional
[additional]
include => extensions
[extensions]
exten => 100,hint,PJSIP/103&Custom:DND100,CustomPresence:100
exten => 100,1,Gosub(reach,s,1(103))
 same => n,Hangup()
[reach]
exten => s,1,Dial(PJSIP/${ARG1},${RING})
 same => n,Return()
";
    for extension in ["100", "100@internal"] {
        let mut calls = start(extension, "101", dialplan);
        calls.set("RING", "20");
        calls.scene.ring("100").wait_ended(PATIENCE).unwrap();
        calls.expect(
            &format!("{extension}, no phone"),
            &["anna: lost, phone not reachable"],
        );
        let a = calls.scene.phone("103", answers());
        let call = calls.scene.ring("100");
        talking(&a);
        hang_up(&call);
        calls.expect(&format!("{extension}, answered"), &["anna: answered"]);
        calls.finish();
    }
}

/// Two tenants have the same extension; each of the users is one of them.
#[test]
fn contexts_keep_extensions_apart() {
    let dialplan = "\
[from-trunk]
exten => 801,1,Goto(first,100,1)
exten => 802,1,Goto(second,100,1)
exten => 803,1,Goto(third,100,1)
[first]
exten => 100,hint,PJSIP/103
exten => 100,1,Dial(PJSIP/103,1)
[second]
exten => 100,hint,PJSIP/104
exten => 100,1,Dial(PJSIP/104,1)
[third]
exten => 100,1,Dial(PJSIP/105,1)
";
    let mut calls = start("100@first", "100@second", dialplan);
    let _phones = ["103", "104", "105"].map(|it| calls.scene.phone(it, Reaction::refuse(486)));
    for (number, told) in [
        ("801", &["anna: lost, busy"][..]),
        ("802", &["bert: lost, busy"]),
        ("803", &[]),
    ] {
        calls.scene.ring(number).wait_ended(PATIENCE).unwrap();
        calls.expect(number, told);
    }
    calls.finish();
}

/// Hints by pattern, by variable, by the database; colleagues by them, too.
#[test]
fn hints_with_variables() {
    let dialplan = "\
[from-trunk]
include => internal
[internal]
exten => _10X,hint,PJSIP/${EXTEN}
exten => 107,hint,${DB(HINT/107)}
exten => _10X,1,Dial(PJSIP/${EXTEN},20)
 same => n,Hangup()
";
    let mut calls = start("100", "107", dialplan);
    let a = calls.scene.phone("100", answers());
    let b = calls.scene.phone("107", answers());
    let colleague = calls.scene.phone("103", Reaction::ring());
    for (phone, number, told) in [(&a, "100", "anna: answered"), (&b, "107", "bert: answered")] {
        let call = calls.scene.ring(number);
        talking(phone);
        hang_up(&call);
        calls.expect(number, &[told]);
        let call = colleague.dial(number).unwrap();
        talking(phone);
        hang_up(&call);
        calls.expect(&format!("103 to {number}"), &[]);
    }
    calls.finish();
}

/// A user's extension is also the number of a place in a subroutine, an option of a menu, and a
/// part of other numbers.
#[test]
fn places_that_are_only_named_so() {
    let dialplan = "\
[from-trunk]
exten => 100,1,Gosub(check,12,1)
 same => n,Goto(menu,s,1)
exten => 12345,1,Dial(PJSIP/100,20)
[check]
exten => 12,1,Return()
[menu]
exten => s,1,Answer()
 same => n,Read(KEY,,2,,1,20)
 same => n,Goto(${KEY},1)
exten => 12,1,Dial(PJSIP/100,20)
[internal]
exten => 12,hint,PJSIP/109
exten => 100,hint,PJSIP/100
";
    let mut calls = start("100", "12", dialplan);
    let a = calls.scene.phone("100", answers());
    let call = calls.scene.ring("100");
    call.wait_established(PATIENCE).unwrap();
    eventually("the question", PATIENCE, || {
        calls.scene.channels().contains("!Read!")
    })
    .unwrap();
    call.dtmf("12").unwrap();
    talking(&a);
    hang_up(&call);
    calls.expect("menu", &["anna: answered"]);
    a.react(Reaction::refuse(486));
    calls.scene.ring("12345").wait_ended(PATIENCE).unwrap();
    calls.expect("busy", &["anna: lost, busy"]);
    calls.finish();
}
