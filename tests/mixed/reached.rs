//! Ways of a call to those whom the caller rings: rows 1 to 12, 19 to 24, 26 and 27.

use crate::Way;
use crate::pair::{Stage, hang_up};
use crate::scene::PATIENCE;
use private_pbx::{Caller, Reaction, Result};

/// All of them; in numbers, `#` stands for the pair.
pub const WAYS: &[Way] = &[
    Way::new("answered", &["a: answered"], |s| answered(s, "1#0")),
    Way::new("through a DID", &["a: answered"], |s| {
        answered(s, "+49305551#0")
    }),
    Way::new("Local", &["a: answered"], |s| answered(s, "411#0")),
    Way::new("Local/n", &["a: answered"], |s| answered(s, "421#0")),
    Way::new("unanswered", &["a: lost, not answered"], |s| {
        unanswered(s, "91#0")
    }),
    Way::new("Local unanswered", &["a: lost, not answered"], |s| {
        unanswered(s, "9411#0")
    }),
    Way::new("Local/n unanswered", &["a: lost, not answered"], |s| {
        unanswered(s, "9421#0")
    }),
    Way::new("after an announcement", &["a: lost, not answered"], |s| {
        unanswered(s, "9611#0")
    }),
    Way::new("never registered", &["a: lost, phone not reachable"], |s| {
        unanswered(s, "1#4")
    }),
    Way::new("silent phone", &["a: lost, phone not reachable"], |s| {
        s.a().react(Reaction::silence());
        unanswered(s, "91#0")
    }),
    Way::new("busy", &["a: lost, busy"], |s| {
        s.a().react(Reaction::refuse(486));
        unanswered(s, "1#0")
    }),
    Way::new("rejected", &["a: lost, rejected"], |s| {
        s.a().react(Reaction::refuse(603).after(SHORT));
        unanswered(s, "1#0")
    }),
    Way::new("given up", &[A_GIVEN_UP], |s| {
        let call = s.ring("1#0")?;
        s.next(s.a())?;
        call.wait_ringing(PATIENCE)?;
        s.let_it_ring();
        hang_up(&call)
    }),
    Way::new("voicemail", &["a: lost, went to voicemail"], |s| {
        let call = s.ring("9511#0")?;
        call.wait_established(PATIENCE)?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("held", &["a: answered"], |s| {
        s.a().react(s.answers());
        let call = s.ring("1#0")?;
        let at_a = s.talking(s.a())?;
        at_a.hold()?;
        // Music.
        s.talk(&call)?;
        at_a.resume()?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("two devices", &["a: answered"], |s| {
        let call = s.ring("1#5")?;
        let at_desk = s.next(s.desk())?;
        let at_mobile = s.next(s.mobile())?;
        call.wait_ringing(PATIENCE)?;
        at_mobile.answer()?;
        at_mobile.wait_talking(PATIENCE)?;
        at_desk.wait_ended(PATIENCE)?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("two devices unanswered", &["a: lost, not answered"], |s| {
        unanswered(s, "91#5")
    }),
    Way::new("two extensions", &["a: lost, not answered"], |s| {
        unanswered(s, "930#")
    }),
    Way::new("two at once", &["a: answered", "a: answered"], |s| {
        s.a().react(s.answers());
        let calls = [s.ring("1#0")?, s.ring("1#0")?];
        s.talking(s.a())?;
        s.talking(s.a())?;
        s.talk(&calls[0])?;
        hang_up(&calls[1])?;
        hang_up(&calls[0])
    }),
    Way::withheld("withheld", &["a: answered"], |s| {
        answered_from(s, &Caller::withheld())
    }),
    Way::withheld("withheld but known", &["a: answered"], |s| {
        answered_from(s, &Caller::withheld_but_known(s.callers_number()))
    }),
    Way::new("colleague elsewhere", &[], |s| {
        answered_from(s, &Caller::number("2345").named("Branch"))
    }),
    Way::new("colleagues", &[], |s| {
        s.a().react(s.answers());
        let at_b = s.dial(s.b(), "1#0")?;
        let at_a = s.talking(s.a())?;
        s.talk(&at_a)?;
        hang_up(&at_b)
    }),
    Way::new("outgoing", &[], |s| {
        let at_a = s.dial(s.a(), OUTSIDE)?;
        at_a.wait_talking(PATIENCE)?;
        s.talk(&at_a)?;
        hang_up(&at_a)
    }),
    Way::new("click to dial", &[], |s| {
        s.a().react(s.answers());
        s.originate("PJSIP/1#0", OUTSIDE)?;
        let at_a = s.talking(s.a())?;
        s.talk(&at_a)?;
        hang_up(&at_a)
    }),
    Way::new("group, B answers", &["b: answered"], |s| group(s, "20#")),
    Way::new("group of Local, B answers", &["b: answered"], |s| {
        group(s, "24#")
    }),
    Way::new("group of Local/n, B answers", &["b: answered"], |s| {
        group(s, "25#")
    }),
    Way::new("queue, B answers", &["b: answered"], |s| group(s, "21#")),
    Way::new("queue of Local/n, B answers", &["b: answered"], |s| {
        group(s, "26#")
    }),
    Way::new("group unanswered", BOTH_UNANSWERED, |s| {
        unanswered(s, "920#")
    }),
    Way::new("group of Local unanswered", BOTH_UNANSWERED, |s| {
        unanswered(s, "924#")
    }),
    Way::new("group given up", BOTH_GIVEN_UP, |s| given_up(s, "20#")),
    Way::new("group of Local/n given up", BOTH_GIVEN_UP, |s| {
        given_up(s, "25#")
    }),
    Way::new("queue given up", BOTH_GIVEN_UP, |s| given_up(s, "21#")),
    Way::new("queue in turn", &["b: answered"], |s| one_by_one(s, "22#")),
    Way::new("one after the other", &["b: answered"], |s| {
        one_by_one(s, "23#")
    }),
    Way::new("screened and declined", &["a: lost, rejected"], |s| {
        s.a().react(s.answers());
        unanswered(s, "29#")
    }),
];

/// An outside number, as it is dialled.
pub const OUTSIDE: &str = "00301112233";

const SHORT: std::time::Duration = std::time::Duration::from_millis(300);

const A_GIVEN_UP: &str = "a: lost, caller hung up before anyone answered";
const BOTH_GIVEN_UP: &[&str] = &[A_GIVEN_UP, "b: lost, caller hung up before anyone answered"];
const BOTH_UNANSWERED: &[&str] = &["a: lost, not answered", "b: lost, not answered"];

/// A answers at that number, and either side hangs up.
fn answered(s: &Stage, number: &str) -> Result<()> {
    s.a().react(s.answers());
    let call = s.ring(number)?;
    let at_a = s.talking(s.a())?;
    s.talk(&call)?;
    if s.draw(0..2) == 0 {
        hang_up(&call)
    } else {
        hang_up(&at_a)?;
        call.wait_ended(PATIENCE).map(drop)
    }
}

fn answered_from(s: &Stage, caller: &Caller) -> Result<()> {
    s.a().react(s.answers());
    let call = s.ring_as("1#0", caller)?;
    s.talking(s.a())?;
    s.talk(&call)?;
    hang_up(&call)
}

/// Nobody answers at that number, until Asterisk ends the call.
fn unanswered(s: &Stage, number: &str) -> Result<()> {
    s.ring(number)?.wait_ended(PATIENCE).map(drop)
}

/// Both ring at that number, and B answers.
fn group(s: &Stage, number: &str) -> Result<()> {
    let call = s.ring(number)?;
    let at_a = s.next(s.a())?;
    let at_b = s.next(s.b())?;
    at_b.answer()?;
    at_b.wait_talking(PATIENCE)?;
    at_a.wait_ended(PATIENCE)?;
    s.talk(&at_b)?;
    hang_up(&call)
}

/// Both ring at that number, until the caller gives up.
fn given_up(s: &Stage, number: &str) -> Result<()> {
    let call = s.ring(number)?;
    s.next(s.a())?;
    s.next(s.b())?;
    s.let_it_ring();
    hang_up(&call)
}

/// A rings in vain, then B answers.
fn one_by_one(s: &Stage, number: &str) -> Result<()> {
    s.b().react(s.answers());
    let call = s.ring(number)?;
    s.talking(s.b())?;
    s.talk(&call)?;
    hang_up(&call)
}
