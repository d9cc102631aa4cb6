//! Calls that come to a phone by other ways than `Dial` and `Queue`.

mod script;

use res_ansitel_salesforce::config::settings::UnansweredGroup;
use script::{OUTSIDE, Script};

/// A caller in an application at an extension that is no user's.
fn in_application(application: &str, data: &str) -> Script {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "900").runs("T", application, data);
    s
}

#[test]
fn retry_dial_reaches_whom_it_names() {
    // Not registered: RetryDial's arguments alone tell for whom the call was.
    let mut s = in_application("RetryDial", "later,5,3,PJSIP/100&PJSIP/101,20,t");
    s.wait(20).gone(&["T"]);
    assert_eq!(
        s.verdicts(),
        ["A lost: not_reachable", "B lost: not_reachable"]
    );
    assert_eq!(s.record("A").queue.as_deref(), Some("900"));

    // Each round is a leg of its own; the second is answered.
    let mut s = in_application("RetryDial", "later,5,3,PJSIP/100,20");
    s.dial("T", "A1", "PJSIP/100").ring("T", "A1").wait(20);
    s.ends("T", "A1", "NOANSWER", 0).gone(&["A1"]).wait(5);
    s.dial("T", "A2", "PJSIP/100").ring("T", "A2").wait(4);
    s.answer("T", "A2").up("T").meet("b1", "T", "A2").wait(7);
    s.part("b1", "T", "A2").gone(&["A2", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(7));

    // Announcement and pause may be left out; the first argument is never a device.
    let mut s = in_application("RetryDial", "PJSIP/101,,,PJSIP/100");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
    let mut s = in_application("RetryDial", "later");
    s.gone(&["T"]);
    assert!(s.verdicts().is_empty());
}

/// FollowMe rings A's extension through a Local channel; A picks up and hears the question
/// whether to take the call.
fn follow_me() -> Script {
    let mut s = in_application("FollowMe", "anna");
    s.up("T").local("L", "100@internal", "T");
    s.dial_event("T", "L;1", "", "100@internal")
        .runs("L;2", "Dial", "PJSIP/100");
    s.dial("L;2", "A", "PJSIP/100").ring("L;2", "A").wait(3);
    s
}

#[test]
fn follow_me_asks_before_it_connects() {
    let mut s = follow_me();
    s.answer("L;2", "A").up("L;2").meet("b1", "L;2", "A");
    s.answer("T", "L;1").wait(4).meet("b2", "T", "L;1").wait(6);
    s.part("b2", "T", "L;1").part("b1", "L;2", "A");
    s.gone(&["L;1", "L;2", "A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").0, 3, "the question is no ringing");

    // A declines.
    let mut s = follow_me();
    s.answer("L;2", "A").up("L;2").meet("b1", "L;2", "A");
    s.answer("T", "L;1").wait(4).part("b1", "L;2", "A");
    s.gone(&["L;1", "L;2", "A"]).wait(1).gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);

    // A does not pick up.
    let mut s = follow_me();
    s.ends("L;2", "A", "NOANSWER", 0)
        .ends("T", "L;1", "NOANSWER", 0);
    s.gone(&["A", "L;1", "L;2"]).wait(1).gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);

    // The caller gives up.
    let mut s = follow_me();
    s.hangs_up("T").gone(&["L;1"]).ends("L;2", "A", "CANCEL", 0);
    s.gone(&["A", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

#[test]
fn page_is_answered_by_the_phones_that_play_it() {
    // Page dials on nobody's behalf, and everybody meets in a conference.
    let mut s = in_application("Page", "PJSIP/100&PJSIP/101");
    for (leg, device) in [("A", "PJSIP/100"), ("B", "PJSIP/101")] {
        s.channel(leg, device, "T", |c| c.outgoing = true);
        s.dial_event("", leg, "", device);
    }
    s.up("A").dial_event("", "A", "ANSWER", "");
    s.up("T").enter("conf1", "T").enter("conf1", "A").wait(8);
    // B is switched off.
    s.dial_event("", "B", "CONGESTION", "").gone(&["B"]);
    s.leave("conf1", "T").hangs_up("T");
    s.leave("conf1", "A").gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(8));
}

/// A's phone forwards to B, where it rings in vain.
fn forwarded_in_vain(rule: UnansweredGroup, rings_before: bool) -> Script {
    let mut s = Script::new();
    s.rules.unanswered_group = rule;
    s.trunk("T", OUTSIDE, "100").runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100");
    if rings_before {
        s.ring("T", "A").wait(9);
    }
    s.local("L", "101@internal", "T")
        .forwards("T", "A", "101", Some("L;1"));
    s.dial_event("T", "L;1", "", "101@internal")
        .runs("L;2", "Dial", "PJSIP/101");
    s.quietly("A", |c| c.cause = 23).gone(&["A"]);
    s.dial("L;2", "B", "PJSIP/101")
        .ring("L;2", "B")
        .ring("T", "L;1");
    s.wait(9).ends("L;2", "B", "NOANSWER", 0);
    s.ends("T", "L;1", "NOANSWER", 0)
        .gone(&["B", "L;1", "L;2", "T"]);
    s
}

#[test]
fn a_phone_that_forwards_at_once_has_not_rung() {
    // First and last are by the order in which phones rang, and B's was the only one: B stands
    // in for A, who is away.
    use UnansweredGroup::{First, Last};
    for (rule, rings_before, expected) in [
        (First, false, "B lost: not_answered"),
        (Last, false, "B lost: not_answered"),
        // It rang, nobody came, then it forwarded.
        (First, true, "A lost: not_answered"),
        (Last, true, "B lost: not_answered"),
    ] {
        let s = forwarded_in_vain(rule, rings_before);
        assert_eq!(s.verdicts(), [expected], "{rule:?} {rings_before}");
    }
}
