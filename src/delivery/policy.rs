//! How long to wait for what.

use crate::calls::record::Timestamp;
use std::time::Duration;

/// The waiting times. `Default` is what the module uses; tests shorten them.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Shortest pause after an outage; the first one is up to twice as long.
    pub outage_first: Duration,
    /// Longest pause of an outage.
    pub outage_longest: Duration,
    /// Longest pause where too many requests are sent at the same time.
    pub crowd_longest: Duration,
    /// How long a user's calls wait after its credentials or permissions were refused; doubled
    /// with every further refusal.
    pub refusal_first: Duration,
    /// Longest such wait.
    pub refusal_longest: Duration,
    /// After so many logins of a username in a row that Salesforce has counted as wrong, or may
    /// have, none is made before somebody tests the user. Salesforce locks a user after three to
    /// ten wrong passwords in a row (an org's password policy), and nobody says that those of
    /// yesterday count less.
    pub wrong_logins: u32,
    /// The same where nothing but answers is missing, and the credentials were good the last time.
    pub unanswered_logins: u32,
    /// Between two logins with refused credentials that somebody asks for by reloads, and of
    /// those tests after which the user might be locked.
    pub between_asked: Duration,
    /// Between two probes of an org whose API limit is reached.
    pub limit_probe: Duration,
    /// Before a record is looked for whose creation ended in doubt, and between two looks at least:
    /// Salesforce may still be at it.
    pub in_doubt_wait: Duration,
    /// How long after it was sent a write may still be carried out: the ten minutes that
    /// Salesforce gives it, and what it takes to get there.
    pub in_doubt_for: Duration,
    /// Before a caller is looked up again that could not be; doubled the next time.
    pub look_up_wait: Duration,
    /// Before a Case is linked that could not be when it was made, the next time.
    pub link_wait: Duration,
    /// Before a call is tried again whose number another worker was dealing with: a round trip or
    /// two.
    pub busy_wait: Duration,
    /// Before the next attempt after the journal could not be written.
    pub journal_wait: Duration,
    /// An org whose request takes longer gets no second worker while others have work.
    pub slow: Duration,
    /// How long an Account that was found by its number is not asked for again.
    pub found_fresh: Duration,
    /// The same for an Account that we created.
    pub created_fresh: Duration,
    /// How long a number that no Account has is not looked for again: from the first ring to the
    /// end of most calls.
    pub missing_fresh: Duration,
    /// Outages of the same place within this time are not told of again in the log.
    pub quiet: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Policy {
            outage_first: Duration::from_secs(1),
            outage_longest: Duration::from_secs(300),
            crowd_longest: Duration::from_secs(20),
            refusal_first: Duration::from_secs(HOUR),
            refusal_longest: Duration::from_secs(24 * HOUR),
            wrong_logins: 2,
            unanswered_logins: 3,
            between_asked: Duration::from_secs(HOUR),
            limit_probe: Duration::from_secs(900),
            in_doubt_wait: Duration::from_secs(10),
            in_doubt_for: Duration::from_secs(690),
            look_up_wait: Duration::from_secs(60),
            link_wait: Duration::from_secs(600),
            busy_wait: Duration::from_millis(200),
            journal_wait: Duration::from_secs(5),
            slow: Duration::from_secs(5),
            found_fresh: Duration::from_secs(HOUR),
            created_fresh: Duration::from_secs(24 * HOUR),
            missing_fresh: Duration::from_secs(600),
            quiet: Duration::from_secs(60),
        }
    }
}

impl Policy {
    /// The pause after the `failures`th failure in a row (from 1): drawn evenly between the
    /// shortest and a bound that doubles each time, so that many PBXs do not come back at once.
    pub fn outage(&self, failures: u32, rng: &mut fastrand::Rng) -> Duration {
        let bound = doubled(self.outage_first, failures, self.outage_longest);
        let spread = bound.saturating_sub(self.outage_first);
        self.outage_first.min(bound) + spread.mul_f64(rng.f64())
    }

    /// The same where too many requests were sent at the same time, which passes in seconds.
    pub fn crowd(&self, failures: u32, rng: &mut fastrand::Rng) -> Duration {
        self.outage(failures, rng)
            .min(self.crowd_longest.mul_f64(0.5 + rng.f64() / 2.0))
    }

    /// The wait after the `refusals`th refusal in a row (from 1).
    pub fn refusal(&self, refusals: u32) -> Duration {
        doubled(self.refusal_first, refusals - 1, self.refusal_longest)
    }

    /// When to probe an org whose limit is reached: after [`limit_probe`](Self::limit_probe), or
    /// at midnight UTC if that is sooner.
    pub fn limit_until(&self, now: Timestamp) -> Timestamp {
        const DAY: i64 = 24 * 3600 * 1_000_000;
        let midnight = Timestamp((now.0.div_euclid(DAY) + 1) * DAY);
        after(now, self.limit_probe).min(midnight)
    }
}

pub(super) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    2u32.checked_pow(times)
        .and_then(|factor| first.checked_mul(factor))
        .map_or(longest, |duration| duration.min(longest))
}

/// `duration` after `moment`.
pub fn after(moment: Timestamp, duration: Duration) -> Timestamp {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp(moment.0.saturating_add(micros))
}

/// `duration` before `moment`.
pub fn before(moment: Timestamp, duration: Duration) -> Timestamp {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp(moment.0.saturating_sub(micros))
}

/// From `now` until `moment`; zero if that is over.
pub fn until(now: Timestamp, moment: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(moment.0.saturating_sub(now.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outage_pauses_grow_within_their_bounds_and_differ() {
        let policy = Policy::default();
        let mut rng = fastrand::Rng::with_seed(1);
        for (failures, bound) in [(1, 2), (2, 4), (5, 32), (9, 300), (40, 300)] {
            let drawn: Vec<_> = (0..200)
                .map(|_| policy.outage(failures, &mut rng))
                .collect();
            let (low, high) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
            assert!(*low >= policy.outage_first);
            assert!(*high <= Duration::from_secs(bound), "{failures}: {high:?}");
            // The whole range is used: that is the jitter.
            let range = Duration::from_secs(bound) - policy.outage_first;
            assert!(
                *high - *low > range.mul_f64(0.9),
                "{failures}: {low:?} to {high:?}"
            );
        }
    }

    #[test]
    fn refusals_wait_an_hour_growing_to_a_day() {
        let policy = Policy::default();
        let hours: Vec<_> = (1..=8)
            .map(|n| policy.refusal(n).as_secs() / 3600)
            .collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24, 24]);
        assert_eq!(policy.refusal(1000).as_secs() / 3600, 24);
    }

    #[test]
    fn a_limit_is_probed_every_quarter_of_an_hour_and_at_midnight() {
        let policy = Policy::default();
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        let cases = [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:15:00Z"),
            ("2026-03-01T23:50:00Z", "2026-03-02T00:00:00Z"),
            ("2026-03-02T00:00:00Z", "2026-03-02T00:15:00Z"),
        ];
        for (now, expected) in cases {
            assert_eq!(policy.limit_until(at(now)), at(expected), "{now}");
        }
    }
}
