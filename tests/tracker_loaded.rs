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
fn callers_who_are_parked_do_not_hear_each_other() {
    let mut s = Script::new();
    s.trunk("T", OUTSIDE, "100").trunk("U", "+4940999", "101");
    for caller in ["T", "U"] {
        s.up(caller).goes_to(caller, "s");
    }
    load(&mut s);
    s.enter("hold", "T").enter("hold", "U").wait(20);
    // A retrieves the one, the other gives up.
    s.phone("A", "PJSIP/100", "701").up("A").leave("hold", "T");
    s.meet("b1", "T", "A").wait(5).part("b1", "T", "A");
    s.gone(&["A", "T"])
        .hangs_up("U")
        .leave("hold", "U")
        .gone(&["U"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(5));
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
