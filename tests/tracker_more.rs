//! What calls do beyond the table.

mod script;

use res_ansitel_salesforce::calls::event::{Event, EventKind, state};
use res_ansitel_salesforce::calls::record::{Outcome, Reason, Timestamp, Update};
use res_ansitel_salesforce::calls::tracker::Tracker;
use res_ansitel_salesforce::config::settings::{AnsweredElsewhere, UnansweredGroup};
use script::{OUTSIDE, Script};

fn answered_by_a() -> Script {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(2);
    s.answer("T", "A").up("T").meet("b1", "T", "A");
    s
}

/// Feeds all events, then sweeps with these channels alive.
fn sweep(s: &Script, alive: &[&str]) -> (Tracker, Vec<Update>) {
    let mut tracker = Tracker::new();
    for event in &s.events {
        tracker.handle(event, &s.directory, &s.rules);
    }
    let is_alive = |uniqueid: &str| alive.iter().any(|id| uniqueid.ends_with(&format!(".{id}")));
    let at = Timestamp(i64::MAX / 2);
    let updates = tracker.sweep(is_alive, at, &s.directory, &s.rules);
    (tracker, updates)
}

#[test]
fn a_sweep_ends_what_no_longer_exists() {
    let s = answered_by_a();
    let (tracker, updates) = sweep(&s, &["T", "A"]);
    assert!(updates.is_empty());
    assert_eq!((tracker.channels(), tracker.calls_in_progress()), (2, 1));

    let (tracker, updates) = sweep(&s, &[]);
    assert_eq!((tracker.channels(), tracker.calls_in_progress()), (0, 0));
    let [Update::Closed(record)] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    assert_eq!(record.outcome, Outcome::Answered);
    assert_eq!(record.ended, None, "nobody saw when");

    // Also when the colleague's leg was known before the caller's.
    let mut s = answered_by_a();
    s.events.drain(..s.events.len() - 2);
    s.events.reverse();
    for event in &mut s.events {
        if let EventKind::Enter { channel, .. } = &mut event.kind {
            channel.bridge = "b1".into();
        }
    }
    let (_, updates) = sweep(&s, &[]);
    let [Update::Closed(record)] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    assert_eq!(record.ended, None);

    // A leg alone: the caller gives up later, for other reasons.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .dial("T", "A", "PJSIP/100")
        .ring("T", "A");
    let (mut tracker, updates) = sweep(&s, &["T"]);
    assert!(updates.is_empty());
    let before = s.events.len();
    s.wait(9).hangs_up("T").gone(&["T"]);
    let mut updates = Vec::new();
    for event in &s.events[before..] {
        updates.extend(tracker.handle(event, &s.directory, &s.rules));
    }
    let [Update::Closed(record)] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    assert_eq!(record.reason, Reason::NotAnswered);

    // Lost: it ended at the last sign of life at the latest.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").dial("T", "A", "PJSIP/100");
    s.ring("T", "A").wait(7).ends("T", "A", "NOANSWER", 0);
    let (_, updates) = sweep(&s, &[]);
    let [Update::Closed(record)] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    assert_eq!((record.outcome, record.ring_seconds()), (Outcome::Lost, 7));
}

#[test]
fn a_redirected_caller_has_not_hung_up() {
    // Asterisk requests a hang-up to get a channel out of its application.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100").ring("T", "A").hangs_up("T");
    s.ends("T", "A", "CANCEL", 0)
        .gone(&["A"])
        .goes_to("T", "101");
    s.runs("T", "Dial", "PJSIP/101").dial("T", "B", "PJSIP/101");
    s.ring("T", "B")
        .ends("T", "B", "NOANSWER", 0)
        .gone(&["B", "T"]);
    assert_eq!(
        s.verdicts(),
        ["A lost: not_answered", "B lost: not_answered"]
    );
}

#[test]
fn a_caller_redirected_to_a_phone_that_is_not_there() {
    let mut s = answered_by_a();
    s.wait(3).hangs_up("T").part("b1", "T", "A").gone(&["A"]);
    s.goes_to("T", "101")
        .runs("T", "Dial", "PJSIP/101")
        .gone(&["T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_reachable"]);
}

#[test]
fn who_answered_before_is_not_lost_later() {
    // A transfers to the ring group in which A itself rings first.
    let mut s = answered_by_a();
    s.rules.unanswered_group = UnansweredGroup::First;
    s.transfers_blind("A", "T", "600")
        .part("b1", "A", "T")
        .gone(&["A"]);
    s.goes_to("T", "600")
        .runs("T", "Dial", "PJSIP/100&PJSIP/101&PJSIP/102");
    s.dial("T", "A2", "PJSIP/100")
        .dial("T", "B", "PJSIP/101")
        .dial("T", "C", "PJSIP/102");
    s.ring("T", "A2").ring("T", "B").ring("T", "C").wait(9);
    s.ends("T", "A2", "NOANSWER", 0)
        .ends("T", "B", "NOANSWER", 0);
    s.ends("T", "C", "NOANSWER", 0).gone(&["A2", "B", "C", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);
}

#[test]
fn back_to_the_extension_it_came_from() {
    // B answers in the group at A's extension and sends the caller back there, where
    // nothing is dialled any more: no step in the dialplan's place.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "900").goes_to("T", "100");
    s.runs("T", "Dial", "PJSIP/100&PJSIP/101")
        .dial("T", "A", "PJSIP/100");
    s.dial("T", "B", "PJSIP/101").ring("T", "A").ring("T", "B");
    s.ends("T", "A", "CANCEL", 26)
        .answer("T", "B")
        .meet("b1", "T", "B");
    s.gone(&["A"]).wait(5);
    for told_first in [true, false] {
        let mut s = s.clone();
        if told_first {
            s.transfers_blind("B", "T", "100").part("b1", "B", "T");
        } else {
            s.part("b1", "B", "T").transfers_blind("B", "T", "100");
        }
        s.gone(&["B", "T"]);
        assert_eq!(s.verdicts(), ["A lost: not_reachable", "B answered"]);
    }
}

#[test]
fn a_transfer_told_after_its_effects() {
    let mut s = answered_by_a();
    s.part("b1", "A", "T")
        .goes_to("T", "101")
        .runs("T", "Dial", "PJSIP/101");
    s.transfers_blind("A", "T", "101").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_reachable"]);
    let steps = s.record("B").steps;
    assert_eq!(format!("{steps:?}"), r#"[TransferredFrom { from: "100" }]"#);
}

#[test]
fn a_caller_redirected_into_an_unknown_application() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .hangs_up("T")
        .goes_to("T", "999");
    s.dial("T", "B", "PJSIP/101").ring("T", "B").wait(9);
    s.ends("T", "B", "NOANSWER", 0).gone(&["B", "T"]);
    assert_eq!(
        s.verdicts(),
        ["A lost: not_reachable", "B lost: not_answered"]
    );
}

#[test]
fn a_menu_behind_a_local_channel_rings_on() {
    // The caller is in a bridge with the Local channel, whose other half plays a menu and
    // then dials a further Local channel, to a phone that is not there.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "900")
        .local("L", "menu@internal", "T");
    s.dial_event("T", "L;1", "", "")
        .up("L;2")
        .answer("T", "L;1");
    s.meet("b1", "T", "L;1")
        .wait(9)
        .local("M", "100@internal", "T");
    s.dial_event("L;2", "M;1", "", "")
        .gone(&["M;1", "M;2", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
}

#[test]
fn a_leg_whose_end_was_not_told() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .dial("T", "A", "PJSIP/100")
        .ring("T", "A");
    s.quietly("A", |c| c.cause = 21)
        .gone(&["A"])
        .wait(5)
        .hangs_up("T");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);
}

#[test]
fn the_ring_group_at_a_users_extension() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100&PJSIP/101");
    s.gone(&["T"]);
    assert_eq!(s.record("A").queue.as_deref(), Some("100"));
    assert_eq!(s.record("B").queue.as_deref(), Some("100"));
}

#[test]
fn a_user_leaves_with_the_last_of_its_phones() {
    let mut s = answered_by_a();
    s.phone("A2", "PJSIP/100", "*55").up("A2").enter("b1", "A2");
    s.wait(5)
        .leave("b1", "A")
        .gone(&["A"])
        .wait(5)
        .gone(&["T", "A2"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(10));
}

#[test]
fn a_pickup_told_late_opens_nothing() {
    let mut s = Script::new();
    s.rules.unanswered_group = UnansweredGroup::None;
    s.trunk("T", OUTSIDE, "100").runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100")
        .ring("T", "A")
        .phone("B", "PJSIP/101", "*8");
    s.up("B")
        .meet("b1", "T", "B")
        .dial_event("T", "B", "ANSWER", "");
    s.gone(&["A"]).wait(4).transfers_blind("B", "T", "102");
    s.part("b1", "B", "T").gone(&["B"]).goes_to("T", "102");
    s.runs("T", "Dial", "PJSIP/102").gone(&["T"]);
    assert_eq!(s.verdicts(), ["B answered", "C lost: not_reachable"]);
}

#[test]
fn a_losers_cancelled_dial_is_no_hang_up() {
    // B wins over A and connects the caller, by feature code, with C, who is busy.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "600")
        .runs("T", "Dial", "PJSIP/100&PJSIP/101");
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    s.ring("T", "A").ring("T", "B").ends("T", "A", "CANCEL", 26);
    s.answer("T", "B").meet("b1", "T", "B").gone(&["A"]);
    s.leave("b1", "B")
        .local("L", "102@internal", "B")
        .enter("b2", "L;1");
    s.enter("b2", "B").transfers("B", "B", "T", Some("L;1"));
    s.leave("b2", "B").gone(&["B"]).enter("b1", "L;1");
    s.dial("L;2", "C", "PJSIP/102").ends("L;2", "C", "BUSY", 17);
    s.gone(&["C", "L;2", "L;1", "T"]);
    assert_eq!(s.verdicts(), ["B answered", "C lost: busy"]);
}

#[test]
fn a_transfer_leaves_the_queue_behind() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "500").runs("T", "Queue", "support,t");
    s.dial("T", "A", "PJSIP/100")
        .ring("T", "A")
        .answer("T", "A");
    s.meet("b1", "T", "A").transfers_blind("A", "T", "101");
    s.part("b1", "A", "T").gone(&["A"]).goes_to("T", "101");
    s.runs("T", "Dial", "PJSIP/101").dial("T", "B", "PJSIP/101");
    s.ring("T", "B").answer("T", "B").meet("b2", "T", "B");
    s.part("b2", "T", "B").gone(&["B", "T"]);
    assert_eq!(s.record("A").queue.as_deref(), Some("support"));
    assert_eq!(s.record("B").queue, None);
}

#[test]
fn voicemail_is_the_end_only_if_nobody_is_tried_after_it() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A", "PJSIP/100").ring("T", "A");
    s.ends("T", "A", "NOANSWER", 0).gone(&["A"]);
    s.runs("T", "VoiceMail", "100@default").up("T");
    s.goes_to("T", "101").runs("T", "Dial", "PJSIP/101");
    s.dial("T", "B", "PJSIP/101").ends("T", "B", "BUSY", 17);
    s.gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered", "B lost: busy"]);
}

#[test]
fn two_extensions_of_one_user_are_one_user() {
    let mut s = Script::new();
    s.directory.add("A", "150", None, None);
    s.trunk("T", OUTSIDE, "150")
        .runs("T", "Dial", "PJSIP/150&PJSIP/100");
    s.dial("T", "A1", "PJSIP/150").dial("T", "A2", "PJSIP/100");
    s.ring("T", "A1").ring("T", "A2").wait(3);
    s.answer("T", "A2").meet("b1", "T", "A2").gone(&["A1"]);
    s.part("b1", "T", "A2").gone(&["A2", "T"]);
    s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.record("A").extension, "150");
    assert_eq!(s.times("A").0, 3);
}

#[test]
fn a_shared_phone_is_whose_extension_was_called() {
    for (exten, expected) in [("100", "A answered"), ("101", "B answered")] {
        let mut s = Script::new();
        s.directory = Default::default();
        s.directory.add("A", "100", None, Some("PJSIP/shared"));
        s.directory.add("B", "101", None, Some("PJSIP/shared"));
        s.trunk("T", OUTSIDE, exten)
            .runs("T", "Dial", "PJSIP/shared");
        s.dial("T", "P", "PJSIP/shared")
            .ring("T", "P")
            .answer("T", "P");
        s.meet("b1", "T", "P")
            .part("b1", "T", "P")
            .gone(&["P", "T"]);
        assert_eq!(s.verdicts(), [expected]);
    }
}

#[test]
fn a_colleague_without_salesforce_answers_and_transfers() {
    // Nobody of ours answered first; then B gets the call.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100&PJSIP/105");
    s.dial("T", "A", "PJSIP/100").dial("T", "K", "PJSIP/105");
    s.ring("T", "A").ring("T", "K").ends("T", "A", "CANCEL", 26);
    s.answer("T", "K").meet("b1", "T", "K").gone(&["A"]).wait(5);
    s.transfers_blind("K", "T", "101")
        .part("b1", "K", "T")
        .gone(&["K"]);
    s.goes_to("T", "101").runs("T", "Dial", "PJSIP/101");
    s.dial("T", "B", "PJSIP/101").ring("T", "B").hangs_up("T");
    s.ends("T", "B", "CANCEL", 0).gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["B lost: gave_up"]);
    let steps = s.record("B").steps;
    assert_eq!(format!("{steps:?}"), r#"[TransferredFrom { from: "105" }]"#);
}

#[test]
fn the_dialplan_goes_on_after_an_answer() {
    let mut s = answered_by_a();
    s.wait(5).part("b1", "T", "A").gone(&["A"]);
    s.goes_to("T", "101").runs("T", "Dial", "PJSIP/101");
    s.dial("T", "B", "PJSIP/101").ring("T", "B").wait(5);
    s.ends("T", "B", "NOANSWER", 0).gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);

    // The same behind a Local channel that goes on by itself.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "900").local("L", "1@internal", "T");
    s.dial_event("T", "L;1", "", "")
        .runs("L;2", "Dial", "PJSIP/100");
    s.dial("L;2", "A", "PJSIP/100")
        .ring("L;2", "A")
        .answer("L;2", "A");
    s.meet("b2", "L;2", "A")
        .answer("T", "L;1")
        .meet("b1", "T", "L;1");
    s.wait(5).part("b2", "L;2", "A").gone(&["A"]);
    s.runs("L;2", "Dial", "PJSIP/101")
        .dial("L;2", "B", "PJSIP/101");
    s.ring("L;2", "B").wait(9).ends("L;2", "B", "NOANSWER", 0);
    s.gone(&["B", "L;2", "L;1", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);
    assert_eq!(s.times("A"), (0, Some(5)));
}

#[test]
fn a_straggler_of_a_ring_group_is_not_lost() {
    // B's leg behind a Local channel begins when A has answered already.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "600")
        .local("L", "1@x", "T")
        .local("M", "2@x", "T");
    s.dial_event("T", "L;1", "", "")
        .dial_event("T", "M;1", "", "");
    s.dial("L;2", "A", "PJSIP/100")
        .ring("L;2", "A")
        .answer("L;2", "A");
    s.meet("b2", "L;2", "A")
        .answer("T", "L;1")
        .meet("b1", "T", "L;1");
    s.dial("M;2", "B", "PJSIP/101").ring("M;2", "B");
    s.ends("M;2", "B", "CANCEL", 26).gone(&["B", "M;1", "M;2"]);
    s.gone(&["T", "A", "L;1", "L;2"]);
    assert_eq!(s.verdicts(), ["A answered"]);
}

#[test]
fn conferences_count_for_those_who_were_called() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "800").phone("A", "PJSIP/100", "800");
    s.enter("conf1", "T").enter("conf1", "A").wait(5);
    s.part("conf1", "T", "A").gone(&["T", "A"]);
    assert!(s.verdicts().is_empty());

    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "800").enter("conf1", "T");
    s.dial("T", "A", "PJSIP/100")
        .ring("T", "A")
        .answer("T", "A");
    s.enter("conf1", "A")
        .part("conf1", "T", "A")
        .gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
}

#[test]
fn loaded_during_a_call() {
    // T and A talk; the module is told of the channels, with their bridge.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").dial("T", "A", "PJSIP/100");
    let earlier = s.events.len();
    for id in ["T", "A"] {
        s.set(id, |c| {
            c.state = state::UP;
            c.bridge = "b1".into();
            c.linkedid = "another".into();
        });
    }
    s.events.drain(..earlier);
    s.wait(6).part("b1", "T", "A").gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (0, Some(6)));

    // T's talk is over already: nothing is known, nothing is said.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").up("T");
    s.events.remove(0);
    s.runs("T", "Playback", "survey").gone(&["T"]);
    assert!(s.verdicts().is_empty());
}

#[test]
fn a_linkedid_that_changed_still_finds_the_call() {
    // No beginning was seen: only the linkedid says that A's leg is T's.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "900")
        .set("T", |c| c.linkedid = "older".into());
    s.channel("A", "PJSIP/100", "T", |c| c.outgoing = true);
    s.dial_event("", "A", "RINGING", "").wait(4);
    s.dial_event("", "A", "NOANSWER", "").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
    assert_eq!(s.times("A"), (4, None));
}

#[test]
fn events_survive_a_recording() {
    let s = answered_by_a();
    for event in &s.events {
        let line = serde_json::to_string(event).expect("JSON");
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Event>(&line).expect("event"), *event);
    }
    let short = r#"{"at":5,"event":"gone","uniqueid":"1.2"}"#;
    let event: Event = serde_json::from_str(short).expect("event");
    assert!(matches!(event.kind, EventKind::Gone(c) if c.uniqueid == "1.2"));
}

#[test]
fn answered_and_gone_before_the_caller_came() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(2);
    s.answer("T", "A").enter("b1", "A");
    s.hangs_up("A").leave("b1", "A").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);

    // The caller was quicker.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100,20");
    s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(2);
    s.answer("T", "A").enter("b1", "A");
    s.hangs_up("T").leave("b1", "A").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

/// Who rings for whom, as the tracker says it after each event.
fn ringing(s: &Script) -> Vec<(String, String)> {
    let mut tracker = Tracker::new();
    let mut all = Vec::new();
    for event in &s.events {
        tracker.handle(event, &s.directory, &s.rules);
        let now = tracker.ringing().into_iter();
        all.extend(now.map(|ringing| (ringing.user.to_string(), ringing.number)));
    }
    all
}

#[test]
fn who_rings_is_told_once_for_each_user() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .runs("T", "Dial", "PJSIP/100&PJSIP/101,20");
    s.dial("T", "A", "PJSIP/100").dial("T", "B", "PJSIP/101");
    assert_eq!(ringing(&s), [], "nothing rings yet");
    s.ring("T", "A").ring("T", "B").ring("T", "A").wait(2);
    s.answer("T", "B").up("T").meet("b1", "T", "B");
    let expected = ["A", "B"].map(|user| (user.to_owned(), OUTSIDE.to_owned()));
    assert_eq!(ringing(&s), expected);
}

#[test]
fn colleagues_and_callers_without_number_do_not_ring_for_anybody() {
    for number in ["102", ""] {
        let mut s = Script::new();
        s.trunk("T", number, "100")
            .runs("T", "Dial", "PJSIP/100,20");
        s.dial("T", "A", "PJSIP/100").ring("T", "A");
        assert_eq!(ringing(&s), [], "{number}");
    }
}

#[test]
fn a_sweep_ends_a_lost_call_at_its_last_sign_of_life() {
    // The last that was heard is that the caller went on in the dialplan.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100")
        .dial("T", "A", "PJSIP/100")
        .ring("T", "A");
    s.ends("T", "A", "NOANSWER", 0).wait(6).goes_to("T", "s");
    let (_, updates) = sweep(&s, &[]);
    let [Update::Closed(record)] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    let ended = record.ended.expect("an end");
    assert_eq!(ended.seconds_since(record.started), 6);
}

#[test]
fn a_leg_that_rang_before_its_call_was_known() {
    let mut s = Script::new();
    s.channel("A", "PJSIP/100", "", |c| {
        c.state = state::RINGING;
        c.outgoing = true;
    });
    s.trunk("T", OUTSIDE, "900").wait(2);
    s.dial_event("T", "A", "", "100");
    let expected = [("A".to_owned(), OUTSIDE.to_owned())];
    assert_eq!(ringing(&s), expected);
}

#[test]
fn whom_asterisk_calls_is_no_caller() {
    // Its dial is the first that is heard of it, and nothing says that the PBX made it.
    let mut s = Script::new();
    s.trunk("O", OUTSIDE, "100");
    s.events.clear();
    s.dial_event("", "O", "", "030123456@trunk").up("O");
    s.dial_event("", "O", "ANSWER", "")
        .dial("O", "A", "PJSIP/100");
    s.ring("O", "A").answer("O", "A").meet("b1", "O", "A");
    s.gone(&["A", "O"]);
    assert!(s.updates().is_empty(), "{:?}", s.updates());
}

#[test]
fn what_legs_do_in_the_dialplan_reaches_nobody() {
    // A's phone is sent to B's extension by itself; the caller's own dialplan is over.
    let mut s = answered_by_a();
    s.at("A", "internal", "101").runs("A", "Dial", "PJSIP/101");
    s.at("T", "internal", "h").at("T", "internal", "101");
    s.runs("T", "Dial", "PJSIP/101").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
}
