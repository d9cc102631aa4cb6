//! What is counted and measured since the module was loaded, in memory that does not grow with
//! the number of calls.

use super::inquiry::Told;
use super::policy::until;
use crate::calls::record::{Outcome, Timestamp};
use crate::journal::Call;
use crate::salesforce::{RequestCounts, Traffic};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Counted since the module was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Cases that Salesforce confirmed.
    pub delivered: u64,
    /// Calls that it refused.
    pub failed: u64,
    /// Attempts that came to nothing and were, or will be, repeated.
    pub retried: u64,
    /// Panics of workers.
    pub panics: u64,
    /// Of those delivered, calls that were answered; the others were lost.
    pub answered: u64,
}

/// What was told the dialplan, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InquiryCounts {
    /// Somebody has the number.
    pub found: u64,
    /// Nobody has it, or it is none.
    pub not_found: u64,
    /// The call had gone on by then, or too many were waiting.
    pub too_late: u64,
    /// It could not be answered.
    pub failed: u64,
}

/// Upper bounds of a [`Histogram`]'s buckets, in seconds.
pub const BOUNDS: [f64; 12] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0,
];

/// All times since the module was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Histogram {
    /// How many took no longer than each of [`BOUNDS`].
    pub within: [u64; BOUNDS.len()],
    /// How many there were.
    pub count: u64,
    /// Their sum, in seconds.
    pub sum: f64,
}

impl Histogram {
    fn add(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        for (within, bound) in self.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }
}

/// Times from the end of a call to its Case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// Half of the calls took no longer.
    pub p50: Duration,
    /// 95 % of them.
    pub p95: Duration,
    /// 99 % of them.
    pub p99: Duration,
    /// How many calls that were.
    pub calls: usize,
}

/// The newest so many times.
#[derive(Debug, Default)]
struct Latencies {
    newest: Vec<Duration>,
    next: usize,
}

impl Latencies {
    const KEPT: usize = 1000;

    fn add(&mut self, latency: Duration) {
        match self.newest.get_mut(self.next) {
            Some(oldest) => *oldest = latency,
            None => self.newest.push(latency),
        }
        self.next = (self.next + 1) % Self::KEPT;
    }

    fn percentiles(&self) -> Option<Percentiles> {
        let mut sorted = self.newest.clone();
        sorted.sort_unstable();
        let calls = sorted.len();
        // The smallest time that so many percent of the calls do not exceed.
        let at = |percent: usize| sorted.get((calls * percent).div_ceil(100).checked_sub(1)?);
        Some(Percentiles {
            p50: *at(50)?,
            p95: *at(95)?,
            p99: *at(99)?,
            calls,
        })
    }
}

/// See the [module](self).
#[derive(Default)]
pub struct Figures {
    all: Counters,
    of_users: HashMap<String, Counters>,
    /// Numbers that were looked up while a phone rang.
    pub looked_up: u64,
    to_case: Latencies,
    at_once: Latencies,
    delays: Histogram,
    inquiries: InquiryCounts,
    requests: RequestCounts,
    clients: Vec<Arc<Traffic>>,
}

/// The same for the reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// Of all users.
    pub counters: Counters,
    /// Numbers that were looked up while a phone rang.
    pub looked_up: u64,
    /// Requests sent.
    pub requests: RequestCounts,
    /// From the end of the call to its Case, the newest 1,000 calls.
    pub to_case: Option<Percentiles>,
    /// The same of those that nothing kept waiting: no pause, no vain attempt, no restart.
    pub at_once: Option<Percentiles>,
    /// From the end of the call to its Case, all calls.
    pub delays: Histogram,
    /// Answers to the dialplan.
    pub inquiries: InquiryCounts,
}

impl Figures {
    /// Requests of this client count from now on, and still those of the ones before it.
    pub fn watch(&mut self, traffic: Arc<Traffic>) {
        self.clients.retain(|client| {
            let is_in_use = Arc::strong_count(client) > 1;
            if !is_in_use {
                self.requests = self.requests.plus(client.counts());
            }
            is_in_use
        });
        if !self
            .clients
            .iter()
            .any(|client| Arc::ptr_eq(client, &traffic))
        {
            self.clients.push(traffic);
        }
    }

    fn count(&mut self, user: &str, add: impl Fn(&mut Counters)) {
        add(&mut self.all);
        match self.of_users.get_mut(user) {
            Some(counters) => add(counters),
            None => add(self.of_users.entry(user.to_owned()).or_default()),
        }
    }

    /// Salesforce has confirmed a call's Case.
    pub fn delivered(&mut self, user: &str, outcome: Outcome) {
        self.count(user, |counters| {
            counters.delivered += 1;
            counters.answered += u64::from(outcome == Outcome::Answered);
        });
    }

    /// The dialplan was told; `is_late`: after its call had gone on.
    pub fn inquired(&mut self, told: &Told, is_late: bool) {
        let counts = &mut self.inquiries;
        let count = match told {
            _ if is_late => &mut counts.too_late,
            Told::Found(_) => &mut counts.found,
            Told::NotFound => &mut counts.not_found,
            Told::TooLate => &mut counts.too_late,
            Told::Error | Told::Stopped | Told::NoUser => &mut counts.failed,
        };
        *count += 1;
    }

    /// A call's Case says all of it at `now`. `free_since`: nothing has kept the user waiting
    /// since then.
    pub fn complete(&mut self, call: &Call, free_since: Timestamp, now: Timestamp) {
        let Some(over) = call.over else { return };
        let latency = until(over, now);
        self.to_case.add(latency);
        self.delays.add(latency);
        if call.attempts == 0 && over >= free_since {
            self.at_once.add(latency);
        }
    }

    /// Salesforce refused a call for good.
    pub fn failed(&mut self, user: &str) {
        self.count(user, |counters| counters.failed += 1);
    }

    /// An attempt came to nothing.
    pub fn retried(&mut self, user: &str) {
        self.count(user, |counters| counters.retried += 1);
    }

    /// A panic was survived.
    pub fn panicked(&mut self) {
        self.all.panics += 1;
    }

    /// A user's.
    pub fn of(&self, user: &str) -> Counters {
        self.of_users.get(user).copied().unwrap_or_default()
    }

    /// All of it.
    pub fn measured(&self) -> Measured {
        let requests = self.clients.iter().map(|client| client.counts());
        Measured {
            counters: self.all,
            looked_up: self.looked_up,
            requests: requests.fold(self.requests, RequestCounts::plus),
            to_case: self.to_case.percentiles(),
            at_once: self.at_once.percentiles(),
            delays: self.delays,
            inquiries: self.inquiries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_each_time_in_all_buckets_above_it() {
        let mut histogram = Histogram::default();
        for millis in [10, 50, 51, 7_200_000] {
            histogram.add(Duration::from_millis(millis));
        }
        let mut expected = [3; BOUNDS.len()];
        expected[0] = 2;
        assert_eq!(histogram.within, expected);
        assert_eq!(histogram.count, 4);
        assert!((histogram.sum - 7200.111).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_those_of_the_newest_thousand() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentiles(), None);
        let percentiles = |latencies: &Latencies| {
            let found = latencies.percentiles().unwrap();
            let millis = [found.p50, found.p95, found.p99].map(|time| time.as_millis());
            (millis, found.calls)
        };
        latencies.add(Duration::from_millis(7));
        assert_eq!(percentiles(&latencies), ([7, 7, 7], 1));
        for millis in (1..=100).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        latencies.add(Duration::from_secs(9));
        assert_eq!(percentiles(&latencies), ([50, 96, 100], 102));
        // What is old is forgotten.
        for millis in 1..=1000 {
            latencies.add(Duration::from_millis(millis));
        }
        assert_eq!(percentiles(&latencies), ([500, 950, 990], 1000));
    }
}
