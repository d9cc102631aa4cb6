//! Whatever order events come in, doubled or missing: no panic, no record twice, nothing
//! kept.

mod script;

use proptest::prelude::*;
use res_ansitel_salesforce::calls::event::{Event, EventKind, state};
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Timestamp, Update};
use res_ansitel_salesforce::calls::tracker::Tracker;
use script::{OUTSIDE, Script};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A long call with all that happens to calls: a queue, a Local channel, a forward, a blind
/// and an attended transfer, parking, a pickup; and a second caller beside it.
fn build() -> Script {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").trunk("U", "+4940999", "102");
    s.runs("U", "Dial", "PJSIP/102")
        .dial("U", "C0", "PJSIP/102")
        .ring("U", "C0");
    s.runs("T", "Queue", "support").up("T");
    s.dial("T", "A1", "PJSIP/100")
        .ring("T", "A1")
        .ends("T", "A1", "NOANSWER", 0);
    s.ends("T", "A1", "CANCEL", 0).gone(&["A1"]);
    // C picks up what rings at B through a Local channel, which is optimised away.
    s.local("L", "101@internal", "T")
        .dial_event("T", "L;1", "", "101@internal");
    s.runs("L;2", "Dial", "PJSIP/101")
        .dial("L;2", "B1", "PJSIP/101");
    s.ring("L;2", "B1")
        .ring("T", "L;1")
        .phone("C1", "PJSIP/102", "*8");
    s.picks_up("C1", "B1")
        .dial_event("L;2", "C1", "ANSWER", "")
        .gone(&["B1"]);
    s.meet("b1", "L;2", "C1")
        .answer("T", "L;1")
        .meet("b2", "T", "L;1");
    s.enter("b1", "T")
        .leave("b1", "L;2")
        .leave("b2", "L;1")
        .gone(&["L;1", "L;2"]);
    // C transfers blind to A, whose phone forwards to B.
    s.wait(5)
        .transfers_blind("C1", "T", "100")
        .part("b1", "C1", "T")
        .gone(&["C1"]);
    s.goes_to("T", "100").runs("T", "Dial", "PJSIP/100");
    s.dial("T", "A2", "PJSIP/100")
        .local("M", "101@internal", "T");
    s.forwards("T", "A2", "101", Some("M;1")).gone(&["A2"]);
    s.dial_event("T", "M;1", "", "101@internal")
        .runs("M;2", "Dial", "PJSIP/101");
    s.dial("M;2", "B2", "PJSIP/101")
        .ring("M;2", "B2")
        .answer("M;2", "B2");
    s.meet("b3", "M;2", "B2")
        .answer("T", "M;1")
        .meet("b4", "T", "M;1")
        .wait(3);
    // B calls C and connects the two.
    s.phone("B3", "PJSIP/101", "102")
        .runs("B3", "Dial", "PJSIP/102");
    s.dial("B3", "C2", "PJSIP/102")
        .ring("B3", "C2")
        .answer("B3", "C2");
    s.meet("b5", "B3", "C2")
        .transfers("B2", "B3", "T", Some("C2"));
    s.leave("b4", "M;1")
        .enter("b5", "T")
        .leave("b5", "B3")
        .part("b3", "M;2", "B2");
    s.gone(&["B2", "B3", "M;1", "M;2"])
        .wait(4)
        .leave("b5", "T")
        .enter("hold", "T");
    // C parked the call; A retrieves it.
    s.leave("b5", "C2")
        .gone(&["C2"])
        .hangs_up("U")
        .ends("U", "C0", "CANCEL", 0);
    s.gone(&["C0", "U"])
        .phone("A3", "PJSIP/100", "700")
        .up("A3")
        .enter("b6", "A3");
    s.leave("hold", "T")
        .enter("b6", "T")
        .wait(9)
        .part("b6", "T", "A3");
    s.gone(&["A3", "T"]);
    s
}

fn eventful() -> &'static Script {
    static SCRIPT: LazyLock<Script> = LazyLock::new(build);
    &SCRIPT
}

/// Feeds the events and checks what must always hold. Returns the closed records.
fn run(script: &Script, events: &[Event]) -> Vec<CallRecord> {
    let mut tracker = Tracker::new();
    let mut closed: BTreeMap<(String, String), CallRecord> = BTreeMap::new();
    let mut opened = BTreeSet::new();
    for event in events {
        for update in tracker.handle(event, &script.directory, &script.rules) {
            match update {
                Update::Open(record) => {
                    assert!(!closed.values().any(|c| c.reference == record.reference));
                    assert!(opened.insert(record.reference), "opened twice");
                }
                Update::Closed(record) => {
                    if record.outcome == Outcome::Answered {
                        assert!(opened.contains(&record.reference), "closed unopened");
                        assert!(record.answered.is_some());
                    }
                    let call = record.reference.rsplit_once('-').expect("parts").0;
                    let key = (call.to_owned(), record.user.clone());
                    assert_eq!(closed.insert(key, record), None, "closed twice");
                }
            }
        }
    }
    // What lost its end is swept.
    let swept = tracker.sweep(
        |_| false,
        Timestamp(i64::MAX / 2),
        &script.directory,
        &script.rules,
    );
    for update in swept {
        let Update::Closed(record) = update else {
            panic!("a sweep opens nothing");
        };
        let call = record.reference.rsplit_once('-').expect("parts").0;
        let key = (call.to_owned(), record.user.clone());
        assert_eq!(closed.insert(key, record), None, "closed twice");
    }
    assert_eq!((tracker.channels(), tracker.calls_in_progress()), (0, 0));
    assert_eq!(format!("{tracker:?}").matches("PJSIP/").count(), 0);
    for reference in opened {
        assert!(
            closed.values().any(|c| c.reference == reference),
            "left open"
        );
    }
    closed.into_values().collect()
}

#[test]
fn the_eventful_call_in_order() {
    let script = eventful();
    assert_eq!(
        script.verdicts(),
        ["A answered", "B answered", "C answered", "C lost: gave_up"]
    );
    assert_eq!(run(script, &script.events).len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_order(order in Just((0..eventful().events.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let script = eventful();
        let events: Vec<Event> = order.iter().map(|at| script.events[*at].clone()).collect();
        run(script, &events);
    }

    /// Each event comes not at all, once, or several times, a little late.
    #[test]
    fn missing_doubled_late(times in prop::collection::vec(prop::collection::vec(0_usize..6, 0..3), 200)) {
        let script = eventful();
        let mut events: Vec<(usize, Event)> = Vec::new();
        for (at, event) in script.events.iter().enumerate() {
            for delay in &times[at % times.len()] {
                events.push((at + delay, event.clone()));
            }
        }
        events.sort_by_key(|(at, _)| *at);
        let events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
        run(script, &events);
    }

    /// Doubled events change nothing.
    #[test]
    fn doubled(twice in prop::collection::vec(any::<bool>(), 200)) {
        let script = eventful();
        let mut events = Vec::new();
        for (at, event) in script.events.iter().enumerate() {
            events.push(event.clone());
            if twice[at % twice.len()] {
                events.push(event.clone());
            }
        }
        prop_assert_eq!(run(script, &events), run(script, &script.events));
    }

    /// A module loaded in the middle of calls sees their second half only.
    #[test]
    fn second_half(from in 0..eventful().events.len()) {
        let script = eventful();
        run(script, &script.events[from..]);
    }

    /// Loaded in the middle, and told of the channels that are there.
    #[test]
    fn second_half_with_channels(from in 0..eventful().events.len()) {
        let script = eventful();
        let mut there: BTreeMap<String, _> = BTreeMap::new();
        for event in &script.events[..from] {
            match &event.kind {
                EventKind::Channel(channel)
                | EventKind::Enter { channel, .. }
                | EventKind::Leave { channel, .. } => {
                    there.insert(channel.uniqueid.clone(), channel.clone());
                }
                EventKind::Gone(channel) => {
                    there.remove(&channel.uniqueid);
                }
                _ => {}
            }
        }
        let mut events: Vec<Event> = there
            .into_values()
            .map(|channel| Event { at: script.events[from].at, kind: EventKind::Channel(channel) })
            .collect();
        events.extend_from_slice(&script.events[from..]);
        let records = run(script, &events);
        // Nobody is called lost who had answered or answers later.
        for record in records.iter().filter(|r| r.reference.contains(".T-")) {
            prop_assert!(record.outcome == Outcome::Answered, "{record:?}");
        }
    }

    /// Events of channels that nobody has heard of, with any content.
    #[test]
    fn nonsense(parts in prop::collection::vec((0_u8..9, 0_u8..5, 0_u8..5, "(|RINGING|ANSWER|CANCEL|NOANSWER|x)", 0_u32..8), 0..60)) {
        let mut s = Script::new();
        for id in ["T", "A", "B", "K", "L"] {
            match id {
                "T" => s.trunk(id, OUTSIDE, "100"),
                "L" => s.channel(id, "Local/100@x", "T", |c| c.name.push_str(";1")),
                "K" => s.channel(id, "PJSIP/trunk", "", |c| c.state = state::UP),
                _ => s.channel(id, "PJSIP/100", "T", |_| {}),
            };
        }
        let ids = ["T", "A", "B", "K", "L"];
        for (what, one, other, status, number) in parts {
            let (one, other) = (ids[one as usize], ids[other as usize]);
            let bridge = format!("{}{}", if number == 7 { "hold" } else { "b" }, number % 3);
            match what {
                0 => s.set(one, |c| c.state = number),
                1 => s.dial_event(one, other, &status, "x"),
                2 => s.enter(&bridge, one),
                3 => s.leave(&bridge, one),
                4 => s.hangs_up(one),
                5 => s.picks_up(one, other),
                6 => s.transfers_blind(one, other, "101"),
                7 => s.transfers(one, other, one, Some(other)),
                _ => s.forwards(one, other, "101", Some(one)),
            };
        }
        s.gone(&ids);
        run(&s, &s.events);
    }
}
