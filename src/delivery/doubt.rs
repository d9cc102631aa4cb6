//! What is in doubt, and for how long.
//!
//! A request that got no answer may be carried out all the same, minutes later: Salesforce gives
//! it ten. So a record that is not found proves nothing until then. It is looked for again and
//! again, at growing intervals, and only then written again; the same holds for an Account whose
//! creation was begun, and thereby for every call of its number. Writing again is safe at once
//! where a unique field makes one record of both: a Case alone, by its external id.

use super::item::Item;
use super::policy::{Policy, doubled};
use super::worker::{Link, Shared, Verdict, Wait};
use crate::calls::record::Timestamp;
use crate::journal::{Moment, Viewer};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Within the time that [`Policy::in_doubt_for`] allows for a request to get on its way.
const USUAL_TIMEOUT: Duration = Duration::from_secs(60);

impl Policy {
    /// When to look again for what was sent `elapsed` ago and is not there; `None`: it will not
    /// come any more.
    pub fn look_again(&self, elapsed: Duration, request_timeout: Duration) -> Option<Duration> {
        let lasts = self.in_doubt_for + request_timeout.saturating_sub(USUAL_TIMEOUT);
        let left = lasts.checked_sub(elapsed).filter(|left| !left.is_zero())?;
        Some(left.min((elapsed / 2).max(self.in_doubt_wait)))
    }

    /// A moment for a look, not before `at`: looks that are about the same time away fall
    /// together, so that one query is for all of them.
    pub fn together(&self, now: Timestamp, at: Timestamp) -> Timestamp {
        let step = self.in_doubt_wait.max(Duration::from_millis(1));
        let away = Duration::from_micros(u64::try_from(at.0 - now.0).unwrap_or(0));
        let times = (away.as_micros() / step.as_micros()).max(1).ilog2();
        let step = doubled(step, times.saturating_sub(1), self.in_doubt_for);
        let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
        Timestamp(at.0.saturating_add(step - 1).div_euclid(step) * step)
    }
}

/// The clock by which doubt is measured.
#[derive(Default)]
pub struct DoubtClock {
    /// Microseconds by which a test has moved it.
    ahead: AtomicU64,
}

impl DoubtClock {
    pub fn now(&self) -> Moment {
        let ahead = self.ahead.load(Ordering::Acquire);
        Moment::now().later(Duration::from_micros(ahead))
    }

    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(by, Ordering::AcqRel);
    }

    fn since(&self, sent: &Moment) -> Duration {
        // Of a clock that was set back nothing can be concluded.
        self.now().since(sent).unwrap_or_default()
    }
}

/// When numbers whose Accounts are in doubt were last looked for, by who looks and number.
#[derive(Default)]
pub struct Looks(Mutex<HashMap<(Viewer, String), Timestamp>>);

impl Looks {
    /// Is it time to look? Then that counts as done. Other calls of the same caller come at any
    /// moment, and do not cost a request each.
    pub fn is_due(&self, viewer: &Viewer, number: &str, now: Timestamp, apart: Duration) -> bool {
        let mut looks = super::guard(&self.0);
        let apart = i64::try_from(apart.as_micros()).unwrap_or(i64::MAX);
        looks.retain(|_, at| (0..apart).contains(&(now.0 - at.0)));
        let key = (viewer.clone(), number.to_owned());
        let is_due = !looks.contains_key(&key);
        looks.entry(key).or_insert(now);
        is_due
    }
}

/// When to look again for an Account whose creation began then; `None`: it will not come.
pub fn of_account(shared: &Shared, link: &Link<'_>, begun: &Moment) -> Option<Duration> {
    let elapsed = shared.doubt.since(begun);
    let timeout = link.settings().request_timeout;
    shared.policy.look_again(elapsed, timeout)
}

/// Is it too early to look for an Account whose creation began then? For how long?
pub fn too_early(shared: &Shared, begun: &Moment) -> Option<Duration> {
    let left = shared.policy.in_doubt_wait;
    let left = left.checked_sub(shared.doubt.since(begun))?;
    (!left.is_zero()).then_some(left)
}

/// The call was looked for in vain: later again, or it is written again.
pub fn not_found(shared: &Shared, link: &Link<'_>, item: &mut Item) {
    item.in_doubt = false;
    let (Some(sent), false) = (&item.call.sent, item.may_be_written_over()) else {
        return;
    };
    let elapsed = shared.doubt.since(sent);
    let timeout = link.settings().request_timeout;
    if let Some(again) = shared.policy.look_again(elapsed, timeout) {
        item.later(true, Wait::Look(again), None);
    }
}

/// The call was sent to another org, where nobody can look any more: once its doubt is over it
/// is for a person to decide.
pub fn elsewhere(shared: &Shared, link: &Link<'_>, item: &mut Item, sent_to: &str) {
    not_found(shared, link, item);
    if item.is_open() {
        let now_in = link.org();
        item.verdict = Some(Verdict::Failed(format!(
            "it may have been written in org {sent_to}, to which the user belongs no more: look \
             there; retry writes it in org {now_in}, discard gives it up"
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    fn seconds(of: u64) -> Duration {
        Duration::from_secs(of)
    }

    #[test]
    fn it_is_looked_for_for_more_than_ten_minutes_and_ever_more_rarely() {
        let policy = Policy::default();
        for (first, most) in [(10, 16), (70, 8)] {
            let mut elapsed = seconds(first);
            let mut intervals = Vec::new();
            while let Some(again) = policy.look_again(elapsed, TIMEOUT) {
                intervals.push(again);
                elapsed += again;
            }
            // Ten minutes after the end of a request that took as long as it may.
            assert!(elapsed > seconds(660), "{elapsed:?}");
            assert!(elapsed < seconds(720), "{elapsed:?}");
            assert!(intervals.len() <= most, "{intervals:?}");
            let (_, growing) = intervals.split_last().unwrap();
            assert!(growing.is_sorted(), "{intervals:?}");
        }
    }

    #[test]
    fn who_waits_longer_for_answers_is_longer_in_doubt() {
        let policy = Policy::default();
        assert!(policy.look_again(seconds(700), TIMEOUT).is_none());
        assert!(policy.look_again(seconds(4000), seconds(3600)).is_some());
        assert!(policy.look_again(seconds(4240), seconds(3600)).is_none());
    }

    #[test]
    fn looks_fall_together_and_none_before_its_time() {
        let policy = Policy::default();
        let now = Timestamp(1_800_000_000_000_000);
        let at = |away: u64| policy.together(now, super::super::policy::after(now, seconds(away)));
        let moments = |from, to| {
            let mut moments: Vec<_> = (from..to).map(at).collect();
            moments.dedup();
            moments.len()
        };
        for away in [1, 10, 15, 100, 300] {
            let late = at(away).0 - now.0 - i64::try_from(away).unwrap() * 1_000_000;
            let longest = i64::try_from(away.max(10)).unwrap() * 1_000_000;
            assert!((0..longest).contains(&late), "{away}: {late}");
        }
        assert!(moments(10, 20) <= 2, "{}", moments(10, 20));
        assert!(moments(160, 320) <= 3, "{}", moments(160, 320));
    }

    #[test]
    fn a_number_is_looked_for_once_in_a_while_however_many_ask() {
        let looks = Looks::default();
        let apart = seconds(10);
        let at = |second: i64| Timestamp(second * 1_000_000);
        let me = Viewer::new("00D", "005");
        let due = |number, second| looks.is_due(&me, number, at(second), apart);
        assert_eq!(
            [due("+1", 0), due("+1", 9), due("+2", 9)],
            [true, false, true]
        );
        // What another user may not see is not therefore gone.
        let other = Viewer::new("00D", "006");
        assert!(looks.is_due(&other, "+1", at(9), apart));
        assert!(due("+1", 10));
        // The clock was set back.
        assert!(due("+1", 5));
    }
}
