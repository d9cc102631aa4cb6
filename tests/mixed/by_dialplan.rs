//! Ways of a call that the dialplan decides about: rows 31, 33 to 37 and 42.

use crate::Way;
use crate::pair::{Stage, hang_up};
use crate::scene::PATIENCE;
use private_pbx::{Call, Reaction, Result, eventually};

const FORWARDED: &[&str] = &["a: answered, answered after being forwarded to 00301112233"];

/// All of them; in numbers, `#` stands for the pair.
pub const WAYS: &[Way] = &[
    Way::new("forwarded by the dialplan", FORWARDED, |s| {
        forwarded(s, "711#0")
    }),
    Way::new("forwarded in a subroutine", FORWARDED, |s| {
        forwarded(s, "721#0")
    }),
    Way::new("turned away as busy", &["a: lost, busy"], |s| {
        s.ring("731#0")?.wait_ended(PATIENCE).map(drop)
    }),
    Way::new("turned away", &["a: lost, phone not reachable"], |s| {
        s.ring("741#0")?.wait_ended(PATIENCE).map(drop)
    }),
    Way::new("a prefix before the name", &["a: answered"], |s| {
        s.a().react(s.answers());
        let call = s.ring("751#0")?;
        s.talking(s.a())?;
        s.talk(&call)?;
        hang_up(&call)
    }),
    Way::new("asked, takes it", &["a: answered"], |s| taken(s, "33#")),
    Way::new(
        "asked by a Local channel, takes it",
        &["a: answered"],
        |s| taken(s, "32#"),
    ),
    Way::new("asked, lets it pass", &["b: answered"], |s| {
        passed(s, "33#")
    }),
    Way::new(
        "asked by a Local channel, lets it pass",
        &["b: answered"],
        |s| passed(s, "32#"),
    ),
    Way::new(
        "queue of Local channels, transferred in vain",
        &["a: answered", "b: lost, not answered"],
        |s| {
            let call = s.ring("26#")?;
            let at_a = s.next(s.a())?;
            let at_b = s.next(s.b())?;
            at_a.answer()?;
            at_a.wait_talking(PATIENCE)?;
            at_b.wait_ended(PATIENCE)?;
            s.talk(&at_a)?;
            at_a.transfer(&s.number("91#1"))?;
            call.wait_ended(PATIENCE).map(drop)
        },
    ),
];

/// The outside number answers by itself.
fn forwarded(s: &Stage, number: &str) -> Result<()> {
    let call = s.ring(number)?;
    call.wait_talking(PATIENCE)?;
    s.talk(&call)?;
    hang_up(&call)
}

/// A picks up and is asked.
fn asked(s: &Stage, number: &str) -> Result<(Call, Call)> {
    s.a().react(s.answers());
    let call = s.ring(number)?;
    let at_a = s.next(s.a())?;
    at_a.wait_established(PATIENCE)?;
    let phone = s.number("PJSIP/1#0");
    let local = s.number("Local/1#0@");
    eventually("the question", PATIENCE, || {
        s.channels().is_ok_and(|all| {
            let of_a = |line: &&str| line.starts_with(&phone) || line.starts_with(&local);
            let mut of_a = all.lines().filter(of_a);
            of_a.any(|line| line.contains("!Read!"))
        })
    })?;
    Ok((call, at_a))
}

fn taken(s: &Stage, number: &str) -> Result<()> {
    let (call, at_a) = asked(s, number)?;
    at_a.dtmf("1")?;
    call.wait_talking(PATIENCE)?;
    s.talk(&call)?;
    hang_up(&call)
}

fn passed(s: &Stage, number: &str) -> Result<()> {
    s.b().react(Reaction::answer());
    let (call, at_a) = asked(s, number)?;
    at_a.dtmf("2")?;
    s.talking(s.b())?;
    s.talk(&call)?;
    hang_up(&call)
}
