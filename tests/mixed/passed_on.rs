//! Ways of a call that somebody passes on: rows 13 to 18 and 25.

use crate::Way;
use crate::pair::{Stage, hang_up};
use crate::reached::OUTSIDE;
use crate::scene::PATIENCE;
use private_pbx::{Call, Reaction, Result};

const BOTH: &[&str] = &["a: answered", "b: answered"];
const B_UNANSWERED: &[&str] = &["a: answered", "b: lost, not answered"];

/// All of them; in numbers, `#` stands for the pair.
pub const WAYS: &[Way] = &[
    Way::new("blind transfer", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        at_a.transfer(&s.number("1#1"))?;
        to_b(s, &call)
    }),
    Way::new("blind transfer in vain", B_UNANSWERED, |s| {
        let (call, at_a) = at_a(s)?;
        s.b().react(Reaction::ring());
        at_a.transfer(&s.number("91#1"))?;
        call.wait_ended(PATIENCE).map(drop)
    }),
    Way::new("there and back", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        at_a.transfer(&s.number("1#1"))?;
        s.talking(s.b())?.transfer(&s.number("1#0"))?;
        s.talking(s.a())?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("transferred outside", &["a: answered"], |s| {
        let (call, at_a) = at_a(s)?;
        at_a.transfer(OUTSIDE)?;
        at_a.wait_ended(PATIENCE)?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("transferred into a queue", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        s.a().react(Reaction::ring());
        at_a.transfer(&s.number("22#"))?;
        to_b(s, &call)
    }),
    Way::new(
        "transferred to voicemail",
        &["a: answered", "b: lost, went to voicemail"],
        |s| {
            let (call, at_a) = at_a(s)?;
            s.b().react(Reaction::ring());
            at_a.transfer(&s.number("9511#1"))?;
            s.next(s.b())?.wait_ended(PATIENCE)?;
            // The mailbox speaks.
            call.wait_media(20, PATIENCE)?;
            hang_up(&call)
        },
    ),
    Way::new("attended transfer", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        at_a.hold()?;
        let asking = s.dial(s.a(), "1#1")?;
        let at_b = s.talking(s.b())?;
        asking.wait_talking(PATIENCE)?;
        s.talk(&at_b)?;
        connect(&at_a, &asking)?;
        s.talk(&at_b)?;
        hang_up(&call)
    }),
    Way::new("attended transfer while ringing", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        s.b().react(Reaction::ring());
        at_a.hold()?;
        let asking = s.dial(s.a(), "1#1")?;
        asking.wait_ringing(PATIENCE)?;
        let at_b = s.next(s.b())?;
        connect(&at_a, &asking)?;
        at_b.answer()?;
        at_b.wait_talking(PATIENCE)?;
        s.talk(&at_b)?;
        hang_up(&at_b)?;
        call.wait_ended(PATIENCE).map(drop)
    }),
    Way::new(
        "attended transfer while ringing in vain",
        B_UNANSWERED,
        |s| {
            let (call, at_a) = at_a(s)?;
            s.b().react(Reaction::ring());
            at_a.hold()?;
            let asking = s.dial(s.a(), "91#1")?;
            asking.wait_ringing(PATIENCE)?;
            connect(&at_a, &asking)?;
            call.wait_ended(PATIENCE).map(drop)
        },
    ),
    Way::new("attended transfer outside", &["a: answered"], |s| {
        let (call, at_a) = at_a(s)?;
        at_a.hold()?;
        let asking = s.dial(s.a(), OUTSIDE)?;
        asking.wait_talking(PATIENCE)?;
        connect(&at_a, &asking)?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("outgoing call transferred", &[], |s| {
        s.b().react(s.answers());
        let at_a = s.dial(s.a(), OUTSIDE)?;
        at_a.wait_talking(PATIENCE)?;
        at_a.transfer(&s.number("1#1"))?;
        let at_b = s.talking(s.b())?;
        s.talk(&at_b)?;
        hang_up(&at_b)
    }),
    // Not by `*8` alone: under load, Asterisk 22.10 was seen to lock up in it.
    Way::new("picked up, directed", &["b: answered"], |s| {
        picked_up(s, "1#0", "*811#0")
    }),
    Way::new("picked up by extension", &["b: answered"], |s| {
        picked_up(s, "+49305551#0", "*911#0")
    }),
    Way::new("forwarded to B", &["b: answered"], |s| {
        s.a().react(Reaction::redirect(&s.number("1#1")));
        s.b().react(s.answers());
        let call = s.ring("1#0")?;
        to_b(s, &call)
    }),
    Way::new(
        "forwarded in vain",
        &["a: lost, not answered", "b: lost, not answered"],
        |s| {
            s.a().react(Reaction::redirect(&s.number("1#1")));
            s.ring("91#0")?.wait_ended(PATIENCE).map(drop)
        },
    ),
    Way::new(
        "forwarded outside",
        &["a: answered, answered after being forwarded to 00301112233"],
        |s| {
            s.a().react(Reaction::redirect(OUTSIDE));
            let call = s.ring("1#0")?;
            call.wait_talking(PATIENCE)?;
            s.talk(&call)?;
            hang_up(&call)
        },
    ),
    Way::new("parked and retrieved", BOTH, |s| {
        let (call, at_a) = at_a(s)?;
        at_a.transfer(&s.number("27#"))?;
        at_a.wait_ended(PATIENCE)?;
        s.await_parked()?;
        let at_b = s.dial(s.b(), "28#")?;
        at_b.wait_talking(PATIENCE)?;
        s.talk(&at_b)?;
        hang_up(&call)
    }),
    Way::new("given up while parked", &["a: answered"], |s| {
        let (call, at_a) = at_a(s)?;
        at_a.transfer(&s.number("27#"))?;
        at_a.wait_ended(PATIENCE)?;
        s.await_parked()?;
        hang_up(&call)
    }),
    Way::new("the dialplan goes on after an answer", B_UNANSWERED, |s| {
        s.a().react(s.answers());
        let call = s.ring("31#")?;
        let at_a = s.talking(s.a())?;
        s.talk(&at_a)?;
        hang_up(&at_a)?;
        call.wait_ended(PATIENCE).map(drop)
    }),
];

/// The caller talks to A; B would answer, too.
fn at_a(s: &Stage) -> Result<(Call, Call)> {
    s.a().react(s.answers());
    s.b().react(s.answers());
    let call = s.ring("1#0")?;
    let at_a = s.talking(s.a())?;
    s.talk(&at_a)?;
    Ok((call, at_a))
}

/// The caller talks to B, and hangs up.
fn to_b(s: &Stage, call: &Call) -> Result<()> {
    s.talking(s.b())?;
    s.talk(call)?;
    hang_up(call)
}

/// A connects the two calls that A has.
fn connect(at_a: &Call, asking: &Call) -> Result<()> {
    at_a.transfer_to(asking)?;
    at_a.wait_ended(PATIENCE).map(drop)
}

/// A's phone rings at `number`; B takes the call by dialling `code`.
fn picked_up(s: &Stage, number: &str, code: &str) -> Result<()> {
    let call = s.ring(number)?;
    call.wait_ringing(PATIENCE)?;
    let at_a = s.next(s.a())?;
    let at_b = s.dial(s.b(), code)?;
    at_b.wait_talking(PATIENCE)?;
    at_a.wait_ended(PATIENCE)?;
    s.talk(&at_b)?;
    hang_up(&at_b)?;
    call.wait_ended(PATIENCE).map(drop)
}
