//! The module is loaded while calls go on: the channels there are come first, those in a bridge
//! as if they entered it.

mod script;

use res_ansitel_salesforce::calls::event::Event;
use script::{OUTSIDE, Script};

/// Forgets what has happened; what follows is what the module is told.
fn load(s: &mut Script) {
    s.events.clear();
}

#[test]
fn who_is_parked_hears_nobody() {
    // A caller, and a phone of A's that somebody else parked.
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "101").phone("A", "PJSIP/100", "700");
    s.up("T").goes_to("T", "s").up("A");
    load(&mut s);
    s.enter("hold", "T").enter("hold", "A").wait(20);
    s.leave("hold", "A").gone(&["A"]);
    // B retrieves the caller.
    s.phone("B", "PJSIP/101", "701").up("B").leave("hold", "T");
    s.meet("b1", "T", "B").wait(5).part("b1", "T", "B");
    s.gone(&["B", "T"]);
    assert_eq!(s.verdicts(), ["B answered"]);
    assert_eq!(s.times("B").1, Some(5));
}

#[test]
fn who_is_in_a_conference_has_not_answered_the_callers_there() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "800").phone("A", "PJSIP/100", "800");
    s.up("T").up("A");
    load(&mut s);
    s.enter("conf1", "T").enter("conf1", "A").wait(5);
    s.part("conf1", "T", "A").gone(&["T", "A"]);
    assert!(s.verdicts().is_empty(), "{:?}", s.verdicts());
}

#[test]
fn who_talks_has_answered() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").dial("T", "A", "PJSIP/100");
    s.up("T").up("A");
    load(&mut s);
    s.meet("b1", "T", "A").wait(6);
    let told: Vec<Event> = s.events.clone();
    s.part("b1", "T", "A").gone(&["T", "A"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (0, Some(6)));

    // The events on their way when the channels were told come as well.
    s.events.splice(2..2, told);
    assert_eq!(s.verdicts(), ["A answered"]);
}
