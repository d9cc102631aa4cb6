//! Calls made up at random: trees of dials through Local channels, some optimised away, phones
//! that ring, refuse, are picked up for a question, or take the call; transfers and dialplans
//! that go on. What the tracker says of them is what a plain account of who was connected says.

mod script;

use proptest::prelude::*;
use res_ansitel_salesforce::calls::event::Event;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Update};
use res_ansitel_salesforce::calls::tracker::Tracker;
use script::{OUTSIDE, Script};
use std::collections::{BTreeMap, BTreeSet};

const USERS: [(&str, &str); 3] = [("A", "100"), ("B", "101"), ("C", "102")];

/// What becomes of a leg.
#[derive(Debug, Clone, Copy)]
enum End {
    Silent,
    Busy,
    Rejects,
    /// It is picked up for a question, which the innermost or the outermost dial asks, and put
    /// down.
    Declines {
        innermost: bool,
    },
    /// It is picked up, put down at once, and joined for a moment all the same.
    TooLate,
    /// It takes the call, perhaps after a question.
    Takes {
        asked: bool,
    },
}

/// A phone, dialled through so many Local channels.
#[derive(Debug, Clone)]
struct Leg {
    user: usize,
    depth: usize,
    end: End,
}

/// How a conversation ends.
#[derive(Debug, Clone, Copy)]
enum Then {
    CallerHangsUp,
    CalleeHangsUp,
    Transfers,
    GoesOn,
}

/// Some phones ring; one may take the call.
#[derive(Debug, Clone)]
struct Round {
    queue: bool,
    legs: Vec<Leg>,
    optimised: bool,
    renamed: bool,
    then: Then,
}

fn leg() -> impl Strategy<Value = Leg> {
    let end = prop_oneof![
        Just(End::Silent),
        Just(End::Busy),
        Just(End::Rejects),
        any::<bool>().prop_map(|innermost| End::Declines { innermost }),
        Just(End::TooLate),
        any::<bool>().prop_map(|asked| End::Takes { asked }),
        Just(End::Takes { asked: false }),
    ];
    (0..USERS.len(), 0_usize..4, end).prop_map(|(user, depth, end)| Leg { user, depth, end })
}

fn round() -> impl Strategy<Value = Round> {
    let then = prop_oneof![
        Just(Then::CallerHangsUp),
        Just(Then::CalleeHangsUp),
        Just(Then::Transfers),
        Just(Then::GoesOn),
    ];
    let legs = prop::collection::vec(leg(), 1..4);
    (any::<bool>(), legs, any::<bool>(), any::<bool>(), then).prop_map(
        |(queue, legs, optimised, renamed, then)| Round {
            queue,
            legs,
            optimised,
            renamed,
            then,
        },
    )
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec(round(), 1..4)
}

/// A call on its way: the script, and the account of it.
struct Play {
    s: Script,
    /// The caller, and what the names of its other channels begin with.
    caller: &'static str,
    serial: u32,
    answered: BTreeSet<usize>,
    /// Whom the call has reached since it was answered last.
    reached: BTreeSet<usize>,
}

/// The channels of a leg: the Local halves from the outside in, and the phone.
struct Dialled {
    locals: Vec<String>,
    phone: String,
    user: usize,
    end: End,
}

impl Dialled {
    /// Who dials what, from the outside in.
    fn hops(&self, caller: &str) -> Vec<(String, String)> {
        let mut dialler = caller.to_owned();
        let mut hops = Vec::new();
        for local in &self.locals {
            hops.push((dialler, format!("{local};1")));
            dialler = format!("{local};2");
        }
        hops.push((dialler, self.phone.clone()));
        hops
    }
}

impl Play {
    fn new(caller: &'static str) -> Play {
        let mut s = Script::new();
        s.trunk(caller, OUTSIDE, "900");
        Play {
            s,
            caller,
            serial: 0,
            answered: BTreeSet::new(),
            reached: BTreeSet::new(),
        }
    }

    fn name(&mut self, what: &str) -> String {
        self.serial += 1;
        format!("{}{what}{}", self.caller, self.serial)
    }

    fn dial(&mut self, leg: &Leg) -> Dialled {
        let (_, exten) = USERS[leg.user];
        let mut dialled = Dialled {
            locals: Vec::new(),
            phone: self.name("P"),
            user: leg.user,
            end: leg.end,
        };
        let mut dialler = self.caller.to_owned();
        for _ in 0..leg.depth {
            let local = self.name("L");
            let target = format!("member@{}", self.caller);
            self.s.dial_local(&dialler, &local, &target);
            dialler = format!("{local};2");
            self.s.runs(&dialler, "Dial", &format!("PJSIP/{exten}"));
            dialled.locals.push(local);
        }
        self.s
            .dial(&dialler, &dialled.phone, &format!("PJSIP/{exten}"));
        for (dialler, one) in dialled.hops(self.caller).iter().rev() {
            self.s.ring(dialler, one);
        }
        self.reached.insert(leg.user);
        self.s.wait(1);
        dialled
    }

    /// Everything of the leg ends.
    fn ends(&mut self, leg: &Dialled, status: &str, cause: i32) {
        for (dialler, one) in leg.hops(self.caller).iter().rev() {
            self.s.ends(dialler, one, status, cause);
        }
        self.gone(leg);
    }

    fn gone(&mut self, leg: &Dialled) {
        self.s.gone(&[&leg.phone]);
        for local in leg.locals.iter().rev() {
            self.s.gone(&[&format!("{local};2"), &format!("{local};1")]);
        }
    }

    /// The dials answer from the inside out, but for the last `but`; who dialled and who answered
    /// meet.
    fn connects(&mut self, leg: &Dialled, but: usize) -> Vec<(String, String, String)> {
        let hops = leg.hops(self.caller);
        let mut met = Vec::new();
        for (dialler, one) in hops.iter().skip(but).rev() {
            self.s.answer(dialler, one).up(dialler);
            let bridge = self.name("b");
            self.s.meet(&bridge, dialler, one);
            met.push((bridge, dialler.clone(), one.clone()));
        }
        met
    }

    fn parts(&mut self, met: &[(String, String, String)]) {
        for (bridge, dialler, one) in met {
            self.s.leave(bridge, one).leave(bridge, dialler);
        }
    }

    /// A leg that does not take the call.
    fn refuses(&mut self, leg: &Dialled) {
        match leg.end {
            End::Silent => self.ends(leg, "NOANSWER", 0),
            End::Busy => self.ends(leg, "BUSY", 17),
            End::Rejects => self.ends(leg, "NOANSWER", 21),
            End::Declines { innermost } => {
                self.s.up(&leg.phone).wait(2);
                let but = if innermost { usize::MAX } else { 1 };
                let met = self.connects(leg, but);
                self.s.wait(2).hangs_up(&leg.phone);
                self.parts(&met);
                let (dialler, one) = leg.hops(self.caller).swap_remove(0);
                self.s.dial_event(&dialler, &one, "CONTINUE", "");
                self.gone(leg);
            }
            End::TooLate => {
                self.s.up(&leg.phone).hangs_up(&leg.phone);
                let met = self.connects(leg, 0);
                self.parts(&met);
                self.gone(leg);
            }
            // Somebody else was quicker.
            End::Takes { .. } => self.ends(leg, "CANCEL", 26),
        }
    }

    /// A leg takes the call; they talk. Returns the leg's bridges.
    fn takes(&mut self, leg: &Dialled, asked: bool, optimised: bool) -> Option<String> {
        let met = if asked && !leg.locals.is_empty() {
            let mut met = self.connects(leg, 1);
            self.s.wait(3);
            let (dialler, one) = leg.hops(self.caller).swap_remove(0);
            self.s.answer(&dialler, &one).up(&dialler);
            let bridge = self.name("b");
            self.s.meet(&bridge, &dialler, &one);
            met.push((bridge, dialler, one));
            met
        } else {
            self.connects(leg, 0)
        };
        self.answered.insert(leg.user);
        self.reached.clear();
        self.s.wait(5);
        let (inner, innermost, _) = met[0].clone();
        let (outer, ..) = met[met.len() - 1].clone();
        if optimised && !leg.locals.is_empty() {
            // The caller takes the place of the innermost half; all between goes.
            self.s.leave(&outer, self.caller).enter(&inner, self.caller);
            self.s.leave(&inner, &innermost);
            for local in &leg.locals {
                self.s.gone(&[&format!("{local};1"), &format!("{local};2")]);
            }
            self.s.wait(5);
            return Some(inner);
        }
        Some(outer)
    }

    /// Plays a round; `false`: the call is over.
    fn play(&mut self, round: &Round, next: Option<&Round>) -> bool {
        let (application, data) = match round.queue {
            true => ("Queue", "support"),
            false => ("Dial", "PJSIP/nobody"),
        };
        self.s.runs(self.caller, application, data);
        let legs: Vec<Dialled> = round.legs.iter().map(|leg| self.dial(leg)).collect();
        if round.renamed {
            self.s.set(self.caller, |c| c.name.push('a'));
        }
        let takes = |leg: &Dialled| matches!(leg.end, End::Takes { .. });
        let taken = legs.iter().position(takes);
        let winner = taken.map(|at| &legs[at]);
        for (at, leg) in legs.iter().enumerate() {
            if Some(at) != taken {
                self.refuses(leg);
            }
        }
        let Some(winner) = winner else {
            return true;
        };
        let End::Takes { asked } = winner.end else {
            unreachable!("it takes the call");
        };
        let bridge = self.takes(winner, asked, round.optimised).unwrap();
        let optimised = round.optimised && !winner.locals.is_empty();
        let goes_on = match (round.then, next) {
            (Then::Transfers, Some(next)) => {
                let user = next.legs[0].user;
                let exten = USERS[user].1;
                self.s.transfers_blind(&winner.phone, self.caller, exten);
                self.s.leave(&bridge, self.caller);
                self.s.goes_to(self.caller, exten);
                self.reached.insert(user);
                true
            }
            (Then::GoesOn, Some(_)) => {
                self.s.hangs_up(&winner.phone).leave(&bridge, self.caller);
                true
            }
            (Then::CalleeHangsUp, _) => {
                self.s.hangs_up(&winner.phone);
                false
            }
            _ => {
                self.s.hangs_up(self.caller);
                false
            }
        };
        if optimised {
            self.s.gone(&[&winner.phone]);
        } else {
            self.gone(winner);
        }
        goes_on
    }
}

/// A caller's call, and for each user it reached whether it was answered.
fn play(caller: &'static str, rounds: &[Round]) -> (Script, BTreeMap<String, bool>) {
    let mut play = Play::new(caller);
    for (at, round) in rounds.iter().enumerate() {
        if !play.play(round, rounds.get(at + 1)) {
            break;
        }
    }
    play.s.wait(1).gone(&[caller]);
    let lost = play.reached.difference(&play.answered);
    let all = lost.map(|user| (*user, false));
    let all = all.chain(play.answered.iter().map(|user| (*user, true)));
    let told = all.map(|(user, answered)| (USERS[user].0.to_owned(), answered));
    (play.s, told.collect())
}

/// What the tracker says, each record once.
fn records(script: &Script, events: &[Event]) -> Vec<CallRecord> {
    let mut tracker = Tracker::new();
    let mut closed: BTreeMap<(String, String), CallRecord> = BTreeMap::new();
    for event in events {
        for update in tracker.handle(event, &script.directory, &script.rules) {
            if let Update::Closed(record) = update {
                let call = record.reference.rsplit_once('-').expect("parts").0;
                let key = (call.to_owned(), record.user.clone());
                assert_eq!(closed.insert(key, record), None, "closed twice");
            }
        }
    }
    assert_eq!((tracker.channels(), tracker.calls_in_progress()), (0, 0));
    closed.into_values().collect()
}

fn told(records: &[CallRecord]) -> BTreeMap<String, bool> {
    let answered = |r: &CallRecord| (r.user.clone(), r.outcome == Outcome::Answered);
    records.iter().map(answered).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Nobody answers who was never connected; who was connected has answered; who is lost is
    /// whom the call reached after its last answer.
    #[test]
    fn who_was_connected_has_answered(rounds in rounds()) {
        let (script, expected) = play("T", &rounds);
        prop_assert_eq!(told(&records(&script, &script.events)), expected);
    }

    /// Nor do doubled events tell anything else.
    #[test]
    fn doubled_events_change_nothing(rounds in rounds(), twice in prop::collection::vec(any::<bool>(), 50)) {
        let (script, _) = play("T", &rounds);
        let mut events = Vec::new();
        for (at, event) in script.events.iter().enumerate() {
            events.push(event.clone());
            if twice[at % twice.len()] {
                events.push(event.clone());
            }
        }
        prop_assert_eq!(records(&script, &events), records(&script, &script.events));
    }

    /// Two calls have nothing to do with each other, in whatever order their events come.
    #[test]
    fn calls_are_independent(one in rounds(), other in rounds(), turns in prop::collection::vec(any::<bool>(), 60)) {
        let (first, _) = play("T", &one);
        let (second, _) = play("U", &other);
        let mut apart = records(&first, &first.events);
        apart.extend(records(&second, &second.events));
        let (mut ones, mut others) = (first.events.iter(), second.events.iter());
        let mut turn = turns.iter().cycle();
        let mut events = Vec::new();
        while ones.len() + others.len() > 0 {
            let mine = others.len() == 0 || ones.len() > 0 && *turn.next().unwrap();
            let next = if mine { ones.next() } else { others.next() };
            events.extend(next.cloned());
        }
        let mut together = records(&first, &events);
        let key = |r: &CallRecord| (r.reference.clone(), r.user.clone());
        apart.sort_by_key(key);
        together.sort_by_key(key);
        prop_assert_eq!(together, apart);
    }

    /// Ring and answer of a Local channel are told once per half, in either order.
    #[test]
    fn neighbours_that_have_nothing_in_common_may_change_places(rounds in rounds(), swaps in prop::collection::vec(any::<bool>(), 50)) {
        let (script, _) = play("T", &rounds);
        let mut events = script.events.clone();
        for at in 1..events.len() {
            if swaps[at % swaps.len()] && unrelated(&events[at - 1], &events[at]) {
                events.swap(at - 1, at);
            }
        }
        prop_assert_eq!(told(&records(&script, &events)), told(&records(&script, &script.events)));
    }
}

/// Do two events speak of rings alone, of different channels?
fn unrelated(one: &Event, other: &Event) -> bool {
    use res_ansitel_salesforce::calls::event::EventKind::Dial;
    match (&one.kind, &other.kind) {
        (
            Dial { peer, status, .. },
            Dial {
                peer: second,
                status: as_well,
                ..
            },
        ) => peer.uniqueid != second.uniqueid && status == "RINGING" && as_well == "RINGING",
        _ => false,
    }
}
