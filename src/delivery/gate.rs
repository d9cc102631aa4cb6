//! Whether a place (an org, or the host where sessions are asked for) may be sent something.
//!
//! Open: as many jobs as its share of the workers. Paused: nothing until the pause is over, then
//! one job as a probe, whose end opens the gate or pauses it again. Where too many were sent at
//! the same time, fewer are, and one more with each that succeeds.

use super::policy::{Policy, after};
use super::schedule::JobId;
use crate::calls::record::Timestamp;
use crate::salesforce;
use std::time::Duration;

/// With so many jobs at the same time nobody counts them any more.
const MOST_AT_ONCE: usize = 64;

/// Why a gate is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not reachable, or failing.
    Outage,
    /// The API limit is reached, or what is left is reserved for others.
    Limit,
    /// Too many requests at the same time: fewer for a while.
    Crowd,
    /// Planned maintenance: it can be read and not written.
    Maintenance,
}

impl Kind {
    /// Why a request failed that may be repeated.
    fn of(kind: salesforce::Kind) -> Kind {
        match kind {
            salesforce::Kind::TooMany => Kind::Crowd,
            salesforce::Kind::Maintenance => Kind::Maintenance,
            _ => Kind::Outage,
        }
    }
}

/// A pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub kind: Kind,
    /// When it began.
    pub since: Timestamp,
    /// When the next probe may be sent.
    pub until: Timestamp,
    /// What Salesforce or the network said last.
    pub words: String,
    failures: u32,
    /// When `until` was drawn.
    set: Timestamp,
    announced: bool,
}

/// Something that the log should tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A pause begins.
    Begins(Pause),
    /// A pause whose beginning was told is over.
    Ends(Pause),
}

/// The gate of one place.
#[derive(Debug, Default)]
pub struct Gate {
    jobs: Vec<(JobId, Timestamp)>,
    /// How many at the same time it bears, if that is known to be few.
    bears: Option<usize>,
    pause: Option<Pause>,
    last_told: Option<Timestamp>,
    free_since: Option<Timestamp>,
}

impl Gate {
    /// May another job be sent there? `share`: how many at the same time. `slow`: with a job
    /// older than that there is no further one.
    pub fn allows(&self, now: Timestamp, share: usize, slow: Option<Duration>) -> bool {
        match &self.pause {
            Some(pause) => now >= pause.until && self.jobs.is_empty(),
            None => {
                let share = self.bears.map_or(share, |bears| bears.min(share));
                self.jobs.len() < share && !self.is_slow(now, slow)
            }
        }
    }

    fn is_slow(&self, now: Timestamp, slow: Option<Duration>) -> bool {
        slow.is_some_and(|slow| {
            self.jobs
                .iter()
                .any(|(_, start)| after(*start, slow) <= now)
        })
    }

    /// Jobs there that may well take until their time-out.
    pub fn suspects(&self, now: Timestamp, slow: Option<Duration>) -> usize {
        if self.pause.is_some() || self.is_slow(now, slow) {
            self.jobs.len()
        } else {
            0
        }
    }

    /// A job starts.
    pub fn enter(&mut self, id: JobId, now: Timestamp) {
        self.jobs.push((id, now));
    }

    /// A job is over, whatever came of it.
    pub fn leave(&mut self, id: JobId) {
        self.jobs.retain(|(job, _)| *job != id);
    }

    /// The pause, if there is one.
    pub fn pause(&self) -> Option<&Pause> {
        self.pause.as_ref()
    }

    /// The end of the last pause, if there was one.
    pub fn free_since(&self) -> Option<Timestamp> {
        self.free_since
    }

    /// A job that started at `started` met an outage, too many others, or maintenance.
    pub fn failed(
        &mut self,
        kind: salesforce::Kind,
        started: Timestamp,
        now: Timestamp,
        words: &str,
        policy: &Policy,
        rng: &mut fastrand::Rng,
    ) -> Option<Change> {
        let kind = Kind::of(kind);
        let is_new = self.pause.as_ref().is_none_or(|pause| started > pause.set);
        if kind == Kind::Crowd && is_new {
            // This one is not among them any more.
            self.bears = Some(self.jobs.len().div_ceil(2).max(1));
        }
        let until = |failures, rng: &mut fastrand::Rng| match kind {
            Kind::Crowd => after(now, policy.crowd(failures, rng)),
            _ => after(now, policy.outage(failures, rng)),
        };
        if let Some(pause) = &mut self.pause {
            if pause.kind != Kind::Limit || is_new {
                words.clone_into(&mut pause.words);
                pause.kind = kind;
            }
            // Jobs that were already under way when the pause began fail for the same reason.
            if is_new {
                pause.failures += 1;
                pause.set = now;
                pause.until = until(pause.failures, rng);
            }
            // It seemed to be one of many short ones.
            if pause.announced || after(pause.since, policy.quiet) > now {
                return None;
            }
            pause.announced = true;
            return Some(Change::Begins(pause.clone()));
        }
        let quiet = self
            .last_told
            .is_some_and(|told| after(told, policy.quiet) > now);
        let pause = Pause {
            kind,
            since: now,
            until: until(1, rng),
            words: words.to_owned(),
            failures: 1,
            set: now,
            announced: !quiet,
        };
        self.pause = Some(pause.clone());
        (!quiet).then_some(Change::Begins(pause))
    }

    /// The org's limit is reached.
    pub fn limited(&mut self, now: Timestamp, words: &str, policy: &Policy) -> Option<Change> {
        let known = self.pause.take().filter(|pause| pause.kind == Kind::Limit);
        let is_new = known.is_none();
        let pause = Pause {
            kind: Kind::Limit,
            since: known.map_or(now, |pause| pause.since),
            until: policy.limit_until(now),
            words: words.to_owned(),
            failures: 1,
            set: now,
            announced: true,
        };
        self.pause = Some(pause.clone());
        is_new.then_some(Change::Begins(pause))
    }

    /// A job that started at `started` got a proper answer. `wrote`: it has written something.
    pub fn succeeded(&mut self, started: Timestamp, now: Timestamp, wrote: bool) -> Option<Change> {
        let over = match &self.pause {
            Some(pause) => match pause.kind {
                Kind::Outage => true,
                Kind::Limit | Kind::Crowd => started > pause.set,
                Kind::Maintenance => wrote && started > pause.set,
            },
            None => {
                // One more at a time, until it says that it is too many.
                let bears = self.bears.map(|bears| bears + 1);
                self.bears = bears.filter(|bears| *bears < MOST_AT_ONCE);
                false
            }
        };
        let pause = self.pause.take_if(|_| over)?;
        self.free_since = Some(now);
        if pause.announced {
            self.last_told = Some(now);
        }
        pause.announced.then_some(Change::Ends(pause))
    }

    /// The administrator wants it tried now.
    pub fn probe_now(&mut self, now: Timestamp) {
        if let Some(pause) = &mut self.pause {
            pause.until = pause.until.min(now);
        }
    }
}
