//! Every row of the table "which call becomes what", told as events.

mod script;

use res_ansitel_salesforce::calls::event::state;
use res_ansitel_salesforce::calls::record::Step;
use res_ansitel_salesforce::config::settings::{AnsweredElsewhere, UnansweredGroup};
use script::{OUTSIDE, Script};

/// The caller T has arrived at an extension and dials the devices.
fn dialling(exten: &str, data: &str) -> Script {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, exten).runs("T", "Dial", data);
    s
}

/// T dials A, whose phone rings.
fn ringing_at_a() -> Script {
    let mut s = dialling("100", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ring("T", "A");
    s
}

/// T talks with A since 3 seconds after the first ring.
fn talking_with_a() -> Script {
    let mut s = ringing_at_a();
    s.wait(3).answer("T", "A").up("T").meet("b1", "T", "A");
    s
}

fn ring_group() -> Script {
    let mut s = dialling("600", "PJSIP/100&PJSIP/101,20");
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    s
}

/// All orders of the numbers below `n`.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |short: Vec<usize>| {
        (0..n).map(move |at| {
            let mut order = short.clone();
            order.insert(at, n - 1);
            order
        })
    };
    permutations(n - 1).into_iter().flat_map(longer).collect()
}

#[test]
fn row_01_answered() {
    let mut s = talking_with_a();
    s.wait(10).hangs_up("T").part("b1", "T", "A");
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));
    let record = s.record("A");
    assert_eq!(record.reference, "pbx-1700000000.T-100");
    assert_eq!(record.caller.number.as_deref(), Some(OUTSIDE));
    assert_eq!(record.caller.name.as_deref(), Some("Customer"));
    assert_eq!(record.dialled.as_deref(), Some("100"));
    assert_eq!(record.queue, None);

    // A hangs up, and the caller stays for a survey.
    let mut s = talking_with_a();
    s.wait(10).hangs_up("A").leave("b1", "A").leave("b1", "T");
    s.gone(&["A"]).runs("T", "Playback", "survey");
    s.wait(30).hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));

    // The ends in the other order, without departures.
    let mut s = talking_with_a();
    s.wait(10).gone(&["T", "A"]);
    assert_eq!(s.times("A"), (3, Some(10)));
}

#[test]
fn row_02_not_answered() {
    let mut s = ringing_at_a();
    s.wait(20).ends("T", "A", "NOANSWER", 0);
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
    assert_eq!(s.times("A"), (20, None));

    // Through a Local channel: the dialplan has hung up before the phone's leg ends.
    let mut s = dialling("600", "Local/100@internal/n,20");
    s.local("L", "100@internal", "T");
    s.dial_event("T", "L;1", "", "100@internal/n");
    s.runs("L;2", "Dial", "PJSIP/100,20");
    s.dial("L;2", "A", "PJSIP/100").ring("L;2", "A");
    s.dial_event("T", "L;1", "RINGING", "").wait(20);
    s.dial_event("T", "L;1", "NOANSWER", "").gone(&["L;1"]);
    s.quietly("T", |c| c.application = "Hangup".into());
    s.hangs_up("T").ends("L;2", "A", "CANCEL", 0);
    s.gone(&["L;2", "A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
}

#[test]
fn row_03_caller_gives_up() {
    let mut s = ringing_at_a();
    s.wait(5).hangs_up("T").ends("T", "A", "CANCEL", 0);
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
    assert_eq!(s.times("A"), (5, None));

    // The dial's end comes before the hang-up, or the hang-up is not seen.
    for seen in [true, false] {
        let mut s = ringing_at_a();
        s.ends("T", "A", "CANCEL", 0);
        if seen {
            s.hangs_up("T");
        }
        s.gone(&["A"]).set("T", |c| c.exten = "h".into());
        s.gone(&["T"]);
        assert_eq!(s.verdicts(), ["A lost: gave_up"]);
    }

    // In the instant of answering.
    let mut s = ringing_at_a();
    s.hangs_up("T").up("A").ends("T", "A", "NOANSWER", 0);
    s.answer("T", "A").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);

    // While an announcement plays, before the phone is dialled.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Playback", "welcome");
    s.wait(5).hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

#[test]
fn row_04_busy() {
    let mut s = dialling("100", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ends("T", "A", "BUSY", 17);
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: busy"]);

    // The caller hears the busy tone and hangs up: still busy.
    let mut s = dialling("100", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ends("T", "A", "BUSY", 17);
    s.gone(&["A"]).runs("T", "Busy", "").hangs_up("T");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: busy"]);
}

#[test]
fn row_05_rejected() {
    let mut s = ringing_at_a();
    s.ends("T", "A", "NOANSWER", 21).gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);

    // The cause comes with the channel's end only.
    let mut s = ringing_at_a();
    s.ends("T", "A", "NOANSWER", 0);
    s.quietly("A", |c| c.cause = 21).gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);

    // Screening: A picks up, hears who it is and declines.
    let mut s = ringing_at_a();
    s.up("A").wait(3).ends("T", "A", "CONTINUE", 16);
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);
}

#[test]
fn row_06_not_reachable() {
    // Not registered: no leg at all. A hint or the extension names the phone.
    let mut s = dialling("100", "PJSIP/100,20");
    s.set("T", |c| c.cause = 3).gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
    assert_eq!(s.times("A"), (0, None));

    // The extension alone, and the device alone.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "NoOp", "")
        .gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
    let mut s = dialling("600", "PJSIP/100/sip:100@192.0.2.7:5060,20");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);

    // The caller hangs up while being told.
    let mut s = dialling("100", "PJSIP/100,20");
    s.runs("T", "Playback", "not-available").hangs_up("T");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);

    // A phone that never reacts, and one that does not exist.
    for (status, cause) in [("NOANSWER", 0), ("NOANSWER", 1), ("CONGESTION", 34)] {
        let mut s = dialling("100", "PJSIP/100,20");
        s.dial("T", "A", "PJSIP/100").wait(20);
        s.ends("T", "A", status, cause).gone(&["A", "T"]);
        assert_eq!(s.verdicts(), ["A lost: not_reachable"], "{status} {cause}");
    }
}

#[test]
fn row_07_voicemail() {
    let mut s = ringing_at_a();
    s.wait(20).ends("T", "A", "NOANSWER", 0).gone(&["A"]);
    s.runs("T", "VoiceMail", "100@default,u").up("T").wait(9);
    s.hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: voicemail"]);
    // What the caller tells the voicemail is no ringing.
    assert_eq!(s.times("A"), (20, None));
}

#[test]
fn row_08_ring_group_answered() {
    // In all orders of the loser's end, the answer and the meeting.
    for order in permutations(5) {
        let mut s = ring_group();
        s.ring("T", "A").ring("T", "B").wait(4);
        for step in order {
            match step {
                0 => s.dial_event("T", "A", "CANCEL", ""),
                1 => s.answer("T", "B"),
                2 => s.enter("b1", "T"),
                3 => s.enter("b1", "B"),
                _ => s.hangs_up("A"),
            };
        }
        s.wait(6)
            .gone(&["A"])
            .part("b1", "T", "B")
            .gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["B answered"]);
        assert_eq!(s.times("B"), (4, Some(6)));
    }
    let mut s = ring_group();
    s.ring("T", "A").ring("T", "B").wait(4);
    s.ends("T", "A", "CANCEL", 26).gone(&["A"]);
    s.answer("T", "B").up("T").meet("b1", "T", "B").wait(6);
    s.part("b1", "T", "B").gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["B answered"]);
    assert_eq!(s.times("B"), (4, Some(6)));
    assert_eq!(s.record("B").queue.as_deref(), Some("600"));
}

#[test]
fn row_09_ring_group_unanswered() {
    let unanswered = |rule| {
        let mut s = ring_group();
        s.rules.unanswered_group = rule;
        s.ring("T", "B").wait(1).ring("T", "A").wait(19);
        s.ends("T", "A", "NOANSWER", 0)
            .ends("T", "B", "NOANSWER", 0);
        s.gone(&["A", "B", "T"]);
        s.verdicts()
    };
    let (a, b) = ("A lost: not_answered", "B lost: not_answered");
    assert_eq!(unanswered(UnansweredGroup::All), [a, b]);
    assert_eq!(unanswered(UnansweredGroup::First), [b]);
    assert_eq!(unanswered(UnansweredGroup::Last), [a]);
    assert!(unanswered(UnansweredGroup::None).is_empty());

    // The last is the last that rang, not one that cannot.
    let mut s = dialling("600", "PJSIP/100&PJSIP/101&PJSIP/102,20");
    s.rules.unanswered_group = UnansweredGroup::Last;
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    s.ring("T", "A").ring("T", "B");
    s.ends("T", "A", "NOANSWER", 0).ends("T", "B", "BUSY", 17);
    s.gone(&["A", "B", "T"]);
    assert_eq!(s.verdicts(), ["B lost: busy"]);

    // One user alone is no group.
    let mut s = ringing_at_a();
    s.rules.unanswered_group = UnansweredGroup::None;
    s.ends("T", "A", "NOANSWER", 0).gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
}

fn queue() -> Script {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "500");
    s.runs("T", "Queue", "support,t,,,60").up("T");
    s
}

#[test]
fn row_10_queue_answered_by_the_second() {
    let mut s = queue();
    s.dial("T", "A1", "PJSIP/100").ring("T", "A1").wait(15);
    s.ends("T", "A1", "NOANSWER", 0)
        .ends("T", "A1", "CANCEL", 0);
    s.gone(&["A1"]).wait(5);
    s.dial("T", "B", "PJSIP/101").ring("T", "B").wait(2);
    s.answer("T", "B").meet("b1", "T", "B").wait(8);
    s.part("b1", "T", "B").gone(&["T", "B"]);
    assert_eq!(s.verdicts(), ["B answered"]);
    assert_eq!(s.times("B"), (2, Some(8)));
    assert_eq!(s.record("B").queue.as_deref(), Some("support"));

    s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
    assert_eq!(s.verdicts(), ["A lost: answered_elsewhere", "B answered"]);
    assert_eq!(s.record("A").queue.as_deref(), Some("support"));
}

#[test]
fn row_11_queue_given_up() {
    let mut s = queue();
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    s.ring("T", "A").ring("T", "B").wait(7).hangs_up("T");
    s.ends("T", "A", "CANCEL", 0).ends("T", "B", "CANCEL", 0);
    s.gone(&["A", "B", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up", "B lost: gave_up"]);
    s.rules.unanswered_group = UnansweredGroup::First;
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);

    // Several rounds, and given up between two: nobody's phone rings at that moment.
    let mut s = queue();
    for round in 0..3 {
        let a = format!("A{round}");
        s.dial("T", &a, "PJSIP/100").ring("T", &a).wait(15);
        s.ends("T", &a, "NOANSWER", 0).ends("T", &a, "CANCEL", 0);
        s.gone(&[&a]).wait(5);
    }
    let mut timed_out = s.events.clone();
    s.hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
    // The queue itself lets the caller go.
    timed_out.push(s.events.pop().expect("the end"));
    s.events = timed_out;
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
}

#[test]
fn row_12_the_dialplan_rings_the_next() {
    let mut s = ringing_at_a();
    s.wait(20).ends("T", "A", "NOANSWER", 0).gone(&["A"]);
    s.runs("T", "Dial", "PJSIP/101,20")
        .dial("T", "B", "PJSIP/101");
    s.ring("T", "B").wait(2).answer("T", "B").up("T");
    s.meet("b1", "T", "B").wait(5).part("b1", "T", "B");
    s.gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["B answered"]);
    s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
    assert_eq!(s.verdicts(), ["A lost: answered_elsewhere", "B answered"]);
}

/// A talks for 10 s and transfers blind to 101, where B's phone rings.
fn transferred_blind() -> Script {
    let mut s = talking_with_a();
    s.wait(10).transfers_blind("A", "T", "101");
    s.leave("b1", "A").leave("b1", "T").gone(&["A"]);
    s.goes_to("T", "101").runs("T", "Dial", "PJSIP/101,20");
    s.dial("T", "B", "PJSIP/101").ring("T", "B");
    s
}

#[test]
fn row_13_blind_transfer_answered() {
    let mut s = transferred_blind();
    s.wait(4).answer("T", "B").meet("b2", "T", "B").wait(20);
    s.part("b2", "T", "B").gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));
    assert_eq!(s.times("B"), (4, Some(20)));
    let (a, b) = (s.record("A"), s.record("B"));
    assert_eq!(b.caller.number.as_deref(), Some(OUTSIDE));
    assert_eq!(a.steps, [Step::TransferredTo { to: "101".into() }]);
    assert_eq!(b.steps, [Step::TransferredFrom { from: "100".into() }]);
}

#[test]
fn row_14_blind_transfer_unanswered() {
    let mut s = transferred_blind();
    s.wait(20).ends("T", "B", "NOANSWER", 0).gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));
    let b = s.record("B");
    assert_eq!(b.steps, [Step::TransferredFrom { from: "100".into() }]);

    // B's phone is not registered.
    let mut s = talking_with_a();
    s.wait(10).transfers_blind("A", "T", "101");
    s.leave("b1", "A").leave("b1", "T").gone(&["A"]);
    s.goes_to("T", "101").runs("T", "Dial", "PJSIP/101,20");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_reachable"]);

    // The ring group that B answered before is not reached again by its extension.
    let mut s = dialling("100", "PJSIP/100&PJSIP/101,20");
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    s.ring("T", "A").ring("T", "B").ends("T", "A", "CANCEL", 26);
    s.gone(&["A"]).answer("T", "B").meet("b1", "T", "B");
    s.wait(5).part("b1", "T", "B").gone(&["B"]);
    s.goes_to("T", "sub-end").set("T", |c| {
        c.context = "from-trunk".into();
        c.exten = "100".into();
    });
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["B answered"]);
}

/// A talks with T, calls 101 from a second line (its own linkedid), B answers.
fn consulting() -> Script {
    let mut s = talking_with_a();
    s.wait(10).phone("A2", "PJSIP/100", "101");
    s.runs("A2", "Dial", "PJSIP/101,20")
        .dial("A2", "B", "PJSIP/101");
    s.ring("A2", "B").wait(2);
    s
}

#[test]
fn row_15_attended_transfer() {
    for event_first in [true, false] {
        let mut s = consulting();
        s.answer("A2", "B").up("A2").meet("b2", "A2", "B").wait(8);
        if event_first {
            s.transfers("A", "A2", "T", Some("B"));
        }
        s.leave("b1", "T").enter("b2", "T").leave("b2", "A2");
        if !event_first {
            s.transfers("A", "A2", "T", Some("B"));
        }
        let linkedid = s.get("T").linkedid;
        s.set("B", |c| c.linkedid = linkedid);
        s.leave("b1", "A").gone(&["A", "A2"]).wait(30);
        s.part("b2", "T", "B").gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A answered", "B answered"]);
        assert_eq!(s.times("A"), (3, Some(20)));
        assert_eq!(s.record("B").talk_seconds(), Some(30));
        let (a, b) = (s.record("A"), s.record("B"));
        assert_eq!(b.caller.number.as_deref(), Some(OUTSIDE));
        assert_eq!(a.steps, [Step::TransferredTo { to: "101".into() }]);
        assert_eq!(b.steps, [Step::TransferredFrom { from: "100".into() }]);
    }
}

#[test]
fn row_15_attended_transfer_by_feature_code() {
    // A's consultation goes through a Local channel that has the caller's linkedid.
    let consulting = || {
        let mut s = talking_with_a();
        s.wait(10).leave("b1", "A").local("L", "101@internal", "A");
        s.enter("b2", "L;1").enter("b2", "A");
        s.runs("L;2", "Dial", "PJSIP/101,20")
            .dial("L;2", "B", "PJSIP/101");
        s.ring("L;2", "B").wait(2);
        s
    };
    let mut s = consulting();
    s.answer("L;2", "B")
        .up("L;2")
        .meet("b3", "L;2", "B")
        .wait(8);
    s.leave("b2", "A").leave("b2", "L;1").enter("b1", "L;1");
    s.transfers("A", "A", "T", Some("L;1"))
        .gone(&["A"])
        .wait(30);
    s.part("b1", "T", "L;1").part("b3", "L;2", "B");
    s.gone(&["L;1", "L;2", "B", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));
    assert_eq!(s.record("B").talk_seconds(), Some(30));

    // B does not answer and A goes back to the caller: that was between A and B.
    let mut s = consulting();
    s.ends("L;2", "B", "NOANSWER", 0).gone(&["B"]);
    s.leave("b2", "A").leave("b2", "L;1").gone(&["L;1", "L;2"]);
    s.enter("b1", "A").wait(5).gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(17)));

    // A hangs up while B's phone rings, and nobody answers.
    let mut s = consulting();
    s.leave("b2", "A").leave("b2", "L;1").enter("b1", "L;1");
    s.transfers("A", "A", "T", Some("L;1")).gone(&["A"]).wait(9);
    s.ends("L;2", "B", "NOANSWER", 0).gone(&["B"]);
    s.leave("b1", "L;1").gone(&["L;1", "L;2"]).leave("b1", "T");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);
}

#[test]
fn row_15_transferred_while_it_rings() {
    // T takes the place of A's second channel in its dial; with or without a new beginning.
    for begins in ["after the end", "before the end", "not at all"] {
        let ringing = || {
            let mut s = consulting();
            s.leave("b1", "A").leave("b1", "T");
            s.set("T", |c| {
                c.context = "internal".into();
                c.exten = "101".into();
                c.data = "PJSIP/101,20".into();
            });
            s.set("A2", |c| c.exten = "100".into());
            match begins {
                "after the end" => s
                    .dial_event("A2", "B", "NOANSWER", "")
                    .dial_event("T", "B", "", "101"),
                "before the end" => s
                    .dial_event("T", "B", "", "101")
                    .dial_event("A2", "B", "NOANSWER", ""),
                _ => &mut s,
            };
            s.transfers("A", "A2", "T", None).gone(&["A", "A2"]);
            s.wait(3);
            s
        };
        let mut s = ringing();
        s.answer("T", "B").meet("b2", "T", "B").wait(7);
        s.part("b2", "T", "B").gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A answered", "B answered"]);
        assert_eq!(s.times("A"), (3, Some(12)));
        // The phone had begun to ring before the transfer.
        assert_eq!(s.times("B"), (5, Some(7)));

        let mut s = ringing();
        s.ends("T", "B", "NOANSWER", 0).gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);

        let mut s = ringing();
        s.hangs_up("T")
            .ends("T", "B", "CANCEL", 0)
            .gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A answered", "B lost: gave_up"]);

        // Busy, and the caller listens to the tone for a while.
        let mut s = ringing();
        s.ends("T", "B", "BUSY", 17)
            .gone(&["B"])
            .hangs_up("T")
            .gone(&["T"]);
        assert_eq!(s.verdicts(), ["A answered", "B lost: busy"]);

        let mut s = ringing();
        s.ends("T", "B", "NOANSWER", 21).gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A answered", "B lost: rejected"]);
    }
}

#[test]
fn row_16_pickup() {
    for answer_first in [true, false] {
        let mut s = ringing_at_a();
        s.wait(6).phone("B", "PJSIP/101", "*8");
        s.runs("B", "Pickup", "100").up("B");
        if answer_first {
            s.dial_event("T", "B", "ANSWER", "").picks_up("B", "A");
        } else {
            s.picks_up("B", "A").dial_event("T", "B", "ANSWER", "");
        }
        s.quietly("A", |c| c.cause = 26).gone(&["A"]);
        s.up("T").meet("b1", "T", "B").wait(9).part("b1", "T", "B");
        s.gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["B answered"]);
        assert_eq!(s.times("B"), (0, Some(9)));
        s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
        assert_eq!(s.verdicts(), ["A lost: answered_elsewhere", "B answered"]);
    }
    // A colleague without Salesforce picks up.
    let mut s = ringing_at_a();
    s.phone("K", "PJSIP/105", "*8").picks_up("K", "A").up("K");
    s.dial_event("T", "K", "ANSWER", "").gone(&["A"]);
    s.meet("b1", "T", "K")
        .part("b1", "T", "K")
        .gone(&["K", "T"]);
    assert!(s.verdicts().is_empty());
}

/// A's phone sends the caller elsewhere.
fn forwarded(to: &str) -> Script {
    let mut s = dialling("100", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100")
        .local("L", &format!("{to}@internal"), "T");
    s
}

#[test]
fn row_17_forward_to_a_colleague() {
    // The forward's second half may be quicker than the report of the forward.
    for quick in [true, false] {
        let mut s = forwarded("101");
        if quick {
            s.runs("L;2", "Dial", "PJSIP/101,20")
                .dial("L;2", "B", "PJSIP/101");
        }
        s.forwards("T", "A", "101", Some("L;1"));
        s.dial_event("T", "L;1", "", "101@internal");
        if !quick {
            s.runs("L;2", "Dial", "PJSIP/101,20")
                .dial("L;2", "B", "PJSIP/101");
        }
        s.quietly("A", |c| c.cause = 23).gone(&["A"]);
        s.ring("L;2", "B").ring("T", "L;1").wait(3);
        s.answer("L;2", "B").meet("b2", "L;2", "B").up("L;2");
        s.answer("T", "L;1").up("T").meet("b1", "T", "L;1").wait(9);
        s.part("b1", "T", "L;1").part("b2", "L;2", "B");
        s.gone(&["L;1", "L;2", "B", "T"]);
        assert_eq!(s.verdicts(), ["B answered"]);
        assert_eq!(s.times("B"), (3, Some(9)));
        s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
        assert_eq!(s.verdicts(), ["B answered"]);
    }

    // It rang for a while and then forwarded: still not in vain.
    let mut s = forwarded("101");
    s.ring("T", "A")
        .wait(10)
        .forwards("T", "A", "101", Some("L;1"));
    s.dial_event("T", "L;1", "", "101@internal").gone(&["A"]);
    s.dial("L;2", "B", "PJSIP/101")
        .ring("L;2", "B")
        .answer("L;2", "B");
    s.meet("b2", "L;2", "B")
        .answer("T", "L;1")
        .meet("b1", "T", "L;1");
    s.gone(&["T", "L;1", "L;2", "B"]);
    s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
    assert_eq!(s.verdicts(), ["B answered"]);

    // Nobody answers at the target: both are lost.
    let mut s = forwarded("101");
    s.forwards("T", "A", "101", Some("L;1"));
    s.dial_event("T", "L;1", "", "101@internal").gone(&["A"]);
    s.runs("L;2", "Dial", "PJSIP/101,20")
        .dial("L;2", "B", "PJSIP/101");
    s.ring("L;2", "B").wait(20).ends("L;2", "B", "NOANSWER", 0);
    s.ends("T", "L;1", "NOANSWER", 0)
        .gone(&["B", "L;1", "L;2", "T"]);
    assert_eq!(
        s.verdicts(),
        ["A lost: not_answered", "B lost: not_answered"]
    );
    let step = Step::ForwardedTo { to: "101".into() };
    assert_eq!(s.record("A").steps, [step]);
}

#[test]
fn row_18_forward_to_an_outside_number() {
    let ringing = || {
        let mut s = forwarded("0170123");
        s.forwards("T", "A", "0170123", Some("L;1"));
        s.dial_event("T", "L;1", "", "0170123@internal")
            .gone(&["A"]);
        s.runs("L;2", "Dial", "PJSIP/0170123@trunk");
        s.dial("L;2", "O", "PJSIP/trunk").ring("L;2", "O").wait(5);
        s
    };
    let mut s = ringing();
    s.answer("L;2", "O")
        .meet("b2", "L;2", "O")
        .answer("T", "L;1");
    s.meet("b1", "T", "L;1").wait(1);
    // Optimised away.
    s.enter("b2", "T").leave("b1", "T").leave("b2", "L;2");
    s.leave("b1", "L;1").gone(&["L;1", "L;2"]).wait(10);
    s.part("b2", "T", "O").gone(&["O", "T"]);
    assert_eq!(s.verdicts(), ["A answered: forwarded"]);
    assert_eq!(s.record("A").talk_seconds(), Some(11));
    let step = Step::ForwardedTo {
        to: "0170123".into(),
    };
    assert_eq!(s.record("A").steps, [step]);

    // The mobile does not answer; it is busy; the caller gives up.
    let mut s = ringing();
    s.ends("L;2", "O", "NOANSWER", 0)
        .ends("T", "L;1", "NOANSWER", 0);
    s.gone(&["O", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
    let mut s = ringing();
    s.hangs_up("T").ends("T", "L;1", "CANCEL", 0).gone(&["T"]);
    s.ends("L;2", "O", "CANCEL", 0).gone(&["O", "L;1", "L;2"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);

    // A loop: the phone forwards to its own extension.
    let mut s = dialling("100", "PJSIP/100,20");
    let mut caller = "T".to_owned();
    let mut all = vec!["T".to_owned()];
    for round in 0..20 {
        let (a, l) = (format!("A{round}"), format!("L{round}"));
        s.dial(&caller, &a, "PJSIP/100")
            .local(&l, "100@internal", "T");
        let (one, two) = (format!("{l};1"), format!("{l};2"));
        s.forwards(&caller, &a, "100", Some(&one));
        s.dial_event(&caller, &one, "", "100@internal");
        s.runs(&two, "Dial", "PJSIP/100,20");
        all.extend([a, one, two.clone()]);
        caller = two;
    }
    s.ends("T", "L0;1", "CHANUNAVAIL", 0);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    s.gone(&all);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
    assert_eq!(s.record("A").steps.len(), 1);
}

#[test]
fn row_19_two_devices() {
    let mut s = dialling("100", "PJSIP/desk&PJSIP/front-mobile,20");
    s.directory = Default::default();
    let hint = "PJSIP/desk&PJSIP/front-mobile&Custom:DND100,CustomPresence:100";
    s.directory.add("A", "100", None, Some(hint));
    s.dial("T", "A1", "PJSIP/desk")
        .dial("T", "A2", "PJSIP/front-mobile");
    s.ring("T", "A1").wait(1).ring("T", "A2").wait(2);
    s.ends("T", "A1", "CANCEL", 26)
        .answer("T", "A2")
        .gone(&["A1"]);
    s.meet("b1", "T", "A2").wait(4).part("b1", "T", "A2");
    s.gone(&["A2", "T"]);
    s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(4)));
    assert_eq!(s.record("A").queue, None, "one user's devices are no group");
}

#[test]
fn row_20_withheld_number() {
    let withheld = |set: fn(&mut res_ansitel_salesforce::calls::event::Snapshot)| {
        let mut s = Script::new();
        s.trunk("T", OUTSIDE, "100")
            .runs("T", "Dial", "PJSIP/100,20");
        s.set("T", set).dial("T", "A", "PJSIP/100").ring("T", "A");
        s.ends("T", "A", "NOANSWER", 0).gone(&["A", "T"]);
        s.record("A").caller
    };
    for caller in [
        withheld(|c| c.presentation = 32),
        withheld(|c| c.presentation = 35),
        withheld(|c| c.caller_number = "Anonymous".into()),
        withheld(|c| c.caller_number = "unavailable".into()),
    ] {
        assert!(caller.withheld);
        assert_eq!((caller.number, caller.name), (None, None));
    }
    // No number is not a withheld one.
    let caller = withheld(|c| {
        c.presentation = 67;
        c.caller_number.clear();
    });
    assert!(!caller.withheld);
    assert_eq!(caller.number, None);
    // Ten thousand characters are cut.
    let caller = withheld(|c| c.caller_name = "ü".repeat(10_000));
    assert_eq!(caller.name.map(|name| name.chars().count()), Some(80));
}

#[test]
fn row_21_internal_caller() {
    let mut s = Script::new();
    s.phone("T", "PJSIP/101", "100")
        .runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100")
        .ring("T", "A")
        .answer("T", "A");
    s.meet("b1", "T", "A")
        .part("b1", "T", "A")
        .gone(&["A", "T"]);
    assert!(s.updates().is_empty());

    // A colleague without Salesforce, by number, which arrives late.
    let mut s = Script::new();
    s.trunk("T", "", "100")
        .set("T", |c| c.caller_number = "105".into());
    s.dial("T", "A", "PJSIP/100")
        .ring("T", "A")
        .answer("T", "A");
    s.meet("b1", "T", "A")
        .part("b1", "T", "A")
        .gone(&["A", "T"]);
    assert!(s.updates().is_empty());
}

#[test]
fn row_22_outgoing_call() {
    let mut s = Script::new();
    s.phone("A", "PJSIP/100", "0301234567")
        .runs("A", "Dial", "PJSIP/0301234567@trunk");
    s.dial("A", "O", "PJSIP/trunk")
        .ring("A", "O")
        .answer("A", "O");
    s.meet("b1", "A", "O")
        .part("b1", "A", "O")
        .gone(&["O", "A"]);
    assert!(s.updates().is_empty());

    // Originated: the PBX calls the outside number, then connects it with A's phone.
    let mut s = Script::new();
    s.channel("O", "PJSIP/trunk", "", |c| c.exten = "100".into());
    s.dial_event("", "O", "", "0301234567@trunk").up("O");
    s.dial_event("", "O", "ANSWER", "")
        .dial("O", "A", "PJSIP/100");
    s.ring("O", "A").answer("O", "A").meet("b1", "O", "A");
    s.part("b1", "O", "A").gone(&["O", "A"]);
    assert!(s.updates().is_empty());
}

#[test]
fn row_23_two_calls_at_once() {
    let mut s = ringing_at_a();
    s.trunk("U", "+4940999", "100")
        .runs("U", "Dial", "PJSIP/100");
    s.dial("U", "A2", "PJSIP/100").ring("U", "A2");
    s.answer("T", "A").meet("b1", "T", "A").wait(3);
    s.ends("U", "A2", "BUSY", 17).gone(&["A2", "U"]);
    s.part("b1", "T", "A").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "A lost: busy"]);
}

#[test]
fn row_24_local_channels() {
    for (optimised, depth) in [(false, 1), (true, 1), (false, 3), (true, 3)] {
        let mut s = Script::new();
        s.trunk("T", OUTSIDE, "900")
            .runs("T", "Dial", "Local/100@internal");
        let mut caller = "T".to_owned();
        let mut pairs = Vec::new();
        for level in 0..depth {
            let l = format!("L{level}");
            let (one, two) = (format!("{l};1"), format!("{l};2"));
            s.local(&l, "100@internal", "T");
            s.dial_event(&caller, &one, "", "100@internal");
            pairs.push((caller, one));
            caller = two;
        }
        s.runs(&caller, "Dial", "PJSIP/100,20")
            .dial(&caller, "A", "PJSIP/100");
        s.ring(&caller, "A");
        for (above, one) in pairs.iter().rev() {
            s.ring(above, one);
        }
        s.wait(3).answer(&caller, "A").meet("b", &caller, "A");
        for (level, (above, one)) in pairs.iter().enumerate().rev() {
            s.up(above)
                .answer(above, one)
                .meet(&format!("b{level}"), above, one);
        }
        s.wait(2);
        if optimised {
            s.enter("b", "T").leave("b", &caller).leave("b0", "T");
        }
        s.wait(8);
        let mut all: Vec<String> = pairs.iter().map(|(_, one)| one.clone()).collect();
        all.extend((0..depth).map(|level| format!("L{level};2")));
        all.push("A".into());
        all.push("T".into());
        if !optimised {
            s.hangs_up("T");
        }
        s.gone(&all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(s.verdicts(), ["A answered"]);
        assert_eq!(s.times("A"), (3, Some(10)), "optimised: {optimised}");
    }

    // Lost through a Local channel, whose second half ends after the caller.
    for (gives_up, reason) in [(true, "gave_up"), (false, "not_answered")] {
        let mut s = Script::new();
        s.trunk("T", OUTSIDE, "900")
            .runs("T", "Dial", "Local/100@internal,20");
        s.local("L", "100@internal", "T")
            .dial_event("T", "L;1", "", "");
        s.runs("L;2", "Dial", "PJSIP/100")
            .dial("L;2", "A", "PJSIP/100");
        s.ring("L;2", "A").ring("T", "L;1").wait(5);
        if gives_up {
            s.hangs_up("T").ends("T", "L;1", "CANCEL", 0);
        } else {
            s.ends("T", "L;1", "NOANSWER", 0);
        }
        s.gone(&["L;1", "T"]).ends("L;2", "A", "CANCEL", 0);
        s.gone(&["A", "L;2"]);
        assert_eq!(s.verdicts(), [format!("A lost: {reason}")]);
    }

    // A Local channel as a user's phone: the outside number behind it is the user's.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "500").runs("T", "Queue", "support");
    s.local("L", "100@agents", "T")
        .dial_event("T", "L;1", "", "100@agents");
    s.runs("L;2", "Dial", "PJSIP/0170123@trunk");
    s.channel("O", "PJSIP/trunk", "T", |c| c.outgoing = true);
    s.dial_event("L;2", "O", "", "0170123@trunk")
        .ring("L;2", "O");
    s.answer("L;2", "O")
        .meet("b2", "L;2", "O")
        .answer("T", "L;1");
    s.meet("b1", "T", "L;1").gone(&["T", "L;1", "L;2", "O"]);
    assert_eq!(s.verdicts(), ["A answered"]);
}

#[test]
fn row_25_parking() {
    let mut s = talking_with_a();
    s.wait(10).transfers_blind("A", "T", "700");
    s.leave("b1", "T")
        .enter("hold1", "T")
        .wait(1)
        .leave("b1", "A");
    s.gone(&["A"])
        .wait(20)
        .phone("B", "PJSIP/101", "701")
        .up("B");
    s.leave("hold1", "T")
        .enter("b2", "B")
        .enter("b2", "T")
        .wait(7);
    s.part("b2", "T", "B").gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B answered"]);
    assert_eq!(s.times("A"), (3, Some(10)));
    assert_eq!(s.times("B"), (0, Some(7)));

    // Two callers in one parking lot do not hear each other.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").trunk("U", "+4940999", "100");
    s.enter("hold1", "T")
        .enter("hold1", "U")
        .part("hold1", "T", "U");
    s.gone(&["T", "U"]);
    assert_eq!(
        s.verdicts(),
        ["A lost: not_reachable", "A lost: not_reachable"]
    );
}

#[test]
fn row_26_answered_by_an_ivr_first() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "s")
        .up("T")
        .runs("T", "Background", "menu");
    s.wait(10)
        .goes_to("T", "100")
        .runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(20);
    s.ends("T", "A", "NOANSWER", 0).gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
    assert_eq!(s.times("A"), (20, None));
}

#[test]
fn row_27_hold() {
    let mut s = talking_with_a();
    s.wait(5).runs("T", "MusicOnHold", "").wait(5);
    s.leave("b1", "T").enter("hold1", "T").wait(5);
    s.leave("hold1", "T").enter("b1", "T").wait(5);
    s.part("b1", "T", "A").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(20)));
}

#[test]
fn row_28_asterisk_stops() {
    let mut s = talking_with_a();
    s.wait(5)
        .leave("b1", "A")
        .leave("b1", "T")
        .gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(5)));
}

#[test]
fn row_29_asterisk_is_killed() {
    use res_ansitel_salesforce::calls::record::Update;
    let s = talking_with_a();
    let updates = s.updates();
    let [Update::Open(record)] = updates.as_slice() else {
        panic!("one open call expected: {updates:?}");
    };
    assert_eq!((record.user.as_str(), record.ended), ("A", None));
    assert_eq!(record.ring_seconds(), 3);
    assert!(record.answered.is_some());
}

#[test]
fn row_30_the_tracker_knows_no_actions() {
    // Whether a lost call becomes a Case is the user's setting; the record exists.
    let mut s = ringing_at_a();
    s.quietly("A", |c| c.state = state::RINGING);
    s.ends("T", "A", "NOANSWER", 0).gone(&["A", "T"]);
    assert_eq!(s.records().len(), 1);
}
