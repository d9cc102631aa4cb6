//! What the delivery tells the administrator in the log: the beginning and the end of what is
//! wrong, with what can be done about it, and not every call's share of it.

use super::gate::{Change, Kind};
use super::policy::{after, until};
use super::schedule::{Event, Place};
use super::status::clock_time;
use crate::calls::record::Timestamp;
use crate::journal::{Call, Journal};
use crate::salesforce::ApiUsage;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Refused calls of one user are told one by one at most this often.
const BETWEEN_FAILURES: Duration = Duration::from_secs(60);

/// The log's memory, for what it does not repeat.
#[derive(Default)]
pub struct Announcer {
    /// When a refused call of a user was told, and how many were not since.
    failures: HashMap<String, (Timestamp, u64)>,
    /// Orgs of which it was told that their limit is near.
    near_limit: HashSet<String>,
}

impl Announcer {
    /// Tells of an event.
    pub fn event(&self, event: &Event, journal: &Journal, now: Timestamp) {
        match event {
            Event::Refused { user, words, until } => log::error!(
                "Salesforce user [{user}]: {words}. Its calls wait in the journal; nothing is \
                 tried with these credentials until you reload the module or test the user{}",
                until.map_or_else(String::new, |until| format!(
                    ", or until {}",
                    clock_time(until)
                ))
            ),
            Event::Place(place, change, users) => {
                let waiting: u64 = users
                    .iter()
                    .map(|user| journal.pending(user).unwrap_or(0))
                    .sum();
                place_changed(place, change, &names(users), waiting, now);
            }
        }
    }

    /// Tells of a call that was refused for good.
    pub fn failed(&mut self, call: &Call, words: &str, now: Timestamp) {
        let user = &call.record.user;
        let (told, untold) = self
            .failures
            .entry(user.clone())
            .or_insert((Timestamp(i64::MIN), 0));
        if after(*told, BETWEEN_FAILURES) > now {
            *untold += 1;
            return;
        }
        let more = match *untold {
            0 => String::new(),
            n => format!(" ({n} more calls of this user were refused since the last such line)"),
        };
        log::warn!(
            "Salesforce refused call {} of user [{user}]: {words}. See `salesforce show calls`; \
             when it is mended, `salesforce retry {}` or `salesforce retry all`{more}",
            call.id,
            call.id
        );
        (*told, *untold) = (now, 0);
    }

    /// Warns once when an org has used 80 % of its API requests.
    pub fn usage(&mut self, org: &str, usage: ApiUsage) {
        let percent = usage
            .used
            .saturating_mul(100)
            .checked_div(usage.limit)
            .unwrap_or(0);
        if percent < 75 {
            self.near_limit.remove(org);
        } else if percent >= 80 && self.near_limit.insert(org.to_owned()) {
            log::warn!(
                "Salesforce org {org} has used {percent} % of its API requests of 24 hours ({} of \
                 {}), all its programs together",
                usage.used,
                usage.limit
            );
        }
    }
}

fn place_changed(place: &Place, change: &Change, users: &str, waiting: u64, now: Timestamp) {
    match change {
        Change::Begins(pause) => {
            let until = clock_time(pause.until);
            match pause.kind {
                Kind::Outage => log::warn!(
                    "Salesforce, {place}: {}. Calls of {users} wait in the journal and are \
                     delivered when it answers again; tried again in growing intervals",
                    pause.words
                ),
                Kind::Limit => log::warn!(
                    "Salesforce, {place}: {}. Calls of {users} wait in the journal; tried again \
                     at {until}",
                    pause.words
                ),
            }
        }
        Change::Ends(pause) => log::info!(
            "Salesforce, {place}: answers again after {}; {waiting} calls waited",
            duration(until(pause.since, now))
        ),
    }
}

fn names(users: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = String::new();
    for (index, user) in users.iter().take(SHOWN).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&format!("[{user}]"));
    }
    match users.len() {
        0 => "nobody".to_owned(),
        n if n > SHOWN => format!("{text} and {} others", n - SHOWN),
        _ => text,
    }
}

fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
