//! Many calls at a rate.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::agent::Core;
use super::call::{Call, Side, State};
use super::trunk::Caller;

/// How many calls, how quickly.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Calls altogether.
    pub calls: usize,
    /// Calls begun per second, as long as `at_once` allows.
    pub per_second: u32,
    /// Calls under way at the same time, at most.
    pub at_once: usize,
    /// A call that is not over after this long counts as stuck and is dropped.
    pub patience: Duration,
}

/// What one call of a load does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number dialled.
    pub number: String,
    /// Who calls.
    pub caller: Caller,
    /// The caller hangs up this long after the answer; otherwise the called
    /// side has to.
    pub hangup_after: Option<Duration>,
    /// The caller gives up when not answered after this long.
    pub cancel_after: Option<Duration>,
}

/// What became of the calls; the counts add up to [`Load::calls`].
#[derive(Clone, Debug, Default)]
pub struct LoadReport {
    /// Were answered and ended.
    pub answered: usize,
    /// Were given up by the caller.
    pub given_up: usize,
    /// Were refused, by SIP status.
    pub refused: BTreeMap<u16, usize>,
    /// Got no answer at all, could not be sent, or did not end.
    pub stuck: usize,
    /// From the first call's begin to the last call's end.
    pub took: Duration,
    /// Longest time from INVITE to ringing, answer or refusal.
    pub slowest_setup: Duration,
}

enum Outcome {
    Answered,
    GivenUp,
    Refused(u16),
    Stuck,
}

pub(super) async fn run(core: &Arc<Core>, load: &Load, plan: impl Fn(usize) -> Plan) -> LoadReport {
    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(load.at_once));
    let mut ticks = interval(Duration::from_secs(1) / load.per_second.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut calls = JoinSet::new();
    for n in 0..load.calls {
        ticks.tick().await;
        let place = places.clone().acquire_owned().await;
        let (core, plan, patience) = (core.clone(), plan(n), load.patience);
        calls.spawn(async move {
            let outcome = one(&core, plan, patience).await;
            drop(place);
            outcome
        });
    }
    let mut report = LoadReport::default();
    while let Some(done) = calls.join_next().await {
        let (outcome, setup) = done.unwrap_or((Outcome::Stuck, Duration::ZERO));
        report.slowest_setup = report.slowest_setup.max(setup);
        match outcome {
            Outcome::Answered => report.answered += 1,
            Outcome::GivenUp => report.given_up += 1,
            Outcome::Refused(status) => *report.refused.entry(status).or_default() += 1,
            Outcome::Stuck => report.stuck += 1,
        }
    }
    report.took = begun.elapsed();
    report
}

async fn one(core: &Arc<Core>, plan: Plan, patience: Duration) -> (Outcome, Duration) {
    let begun = Instant::now();
    let mut invitation = core.invitation(&plan.number);
    plan.caller.apply(&mut invitation);
    let Ok(call) = Call::place(core, invitation).await else {
        return (Outcome::Stuck, Duration::ZERO);
    };
    if let Some(delay) = plan.hangup_after {
        call.hangup_after(delay);
    }
    if let Some(delay) = plan.cancel_after {
        call.cancel_after(delay);
    }
    let followed = timeout(patience, async {
        call.until(|s| *s != State::Begun).await;
        let setup = begun.elapsed();
        let was_answered =
            call.until(|s| *s == State::Established).await == Some(State::Established);
        let end = call.until(|s| matches!(s, State::Ended(_))).await;
        let outcome = match end {
            Some(State::Ended(_)) if was_answered => Outcome::Answered,
            Some(State::Ended(end)) => match end.status {
                Some(_) if end.by == Side::Local => Outcome::GivenUp,
                Some(status) => Outcome::Refused(status),
                None => Outcome::Stuck,
            },
            _ => Outcome::Stuck,
        };
        (outcome, setup)
    });
    match followed.await {
        Ok(done) => done,
        Err(_) => {
            let _ = call.end_it().await;
            (Outcome::Stuck, patience)
        }
    }
}
