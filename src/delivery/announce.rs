//! What the delivery tells the administrator in the log: the beginning and the end of what is
//! wrong, with what can be done about it, and not every call's share of it.

use super::gate::{Change, Kind, Pause};
use super::lockout::Withheld;
use super::policy::{after, until};
use super::schedule::{Event, Place};
use super::status::{clock_time, what_ends};
use crate::calls::record::Timestamp;
use crate::journal::{Call, Journal, JournalError};
use crate::salesforce::ApiUsage;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Refused calls of one user, and an unreadable journal, are told at most this often.
const BETWEEN: Duration = Duration::from_secs(60);

/// Refused calls of all users are told at most so often in that time.
const MOST_FAILURES: usize = 10;

/// Credentials that are refused for the same reason again are told of again after this time.
const REMINDER: Duration = Duration::from_secs(24 * 3600);

/// The log's memory, for what it does not repeat.
#[derive(Default)]
pub struct Announcer {
    /// Outages that were told and are not over.
    outages: Vec<Outage>,
    /// What was told of a user's credentials, and when.
    refusals: HashMap<String, (String, Timestamp)>,
    failures: Failures,
    /// When it was told that the journal cannot be read.
    journal: Option<Timestamp>,
    /// Orgs of which it was told that their limit is near.
    near_limit: HashSet<String>,
}

/// One cause may close several places: an org, and the host where its users log in.
struct Outage {
    /// The one that was told.
    told: Place,
    since: Timestamp,
    /// Those that are still closed.
    places: Vec<Place>,
    /// Whom it concerned when it began.
    users: Vec<String>,
}

/// Refused calls: which were told, and how many were not.
#[derive(Default)]
struct Failures {
    told: HashMap<String, Timestamp>,
    untold: u64,
    untold_since: Option<Timestamp>,
}

impl Announcer {
    /// Tells of an event.
    pub fn event(&mut self, event: &Event, journal: &Journal, now: Timestamp) {
        match event {
            Event::Refused { user, why } => self.refused(user, why, now),
            Event::Place(place, Change::Begins(pause), users) => match pause.kind {
                Kind::Outage | Kind::Crowd | Kind::Maintenance => {
                    self.outage_begins(place, pause, users);
                }
                Kind::Limit => {
                    self.outages
                        .iter_mut()
                        .for_each(|outage| outage.ends_at(place));
                    self.outages.retain(|outage| !outage.places.is_empty());
                    log::warn!(
                        "Salesforce, {place}: {}. Calls of {} wait in the journal; tried again at \
                         {}",
                        pause.words,
                        names(users),
                        clock_time(pause.until)
                    );
                }
            },
            Event::Place(place, Change::Ends(pause), users) => {
                self.place_is_back(place, pause, users, journal, now);
            }
        }
    }

    fn refused(&mut self, user: &str, why: &Withheld, now: Timestamp) {
        let words = &why.words;
        if let Some((told, at)) = self.refusals.get(user)
            && told == words
            && after(*at, REMINDER) > now
        {
            return;
        }
        self.refusals.insert(user.to_owned(), (words.clone(), now));
        log::error!(
            "Salesforce user [{user}]: {words}. Its calls wait in the journal; nothing is tried \
             with these credentials until {}{}",
            what_ends(why),
            why.until.map_or_else(String::new, |until| format!(
                ", or until {}",
                clock_time(until)
            ))
        );
    }

    fn outage_begins(&mut self, place: &Place, pause: &Pause, users: &[String]) {
        let concerned: HashSet<&String> = users.iter().collect();
        let known = self.outages.iter_mut().find(|outage| {
            outage.places.contains(place) || outage.users.iter().any(|u| concerned.contains(u))
        });
        if let Some(outage) = known {
            outage.places.push(place.clone());
            return;
        }
        self.outages.push(Outage {
            told: place.clone(),
            since: pause.since,
            places: vec![place.clone()],
            users: users.to_vec(),
        });
        log::warn!(
            "Salesforce, {place}: {}. Calls of {} wait in the journal and are delivered when it \
             answers again; tried again in growing intervals",
            pause.words,
            names(users)
        );
    }

    fn place_is_back(
        &mut self,
        place: &Place,
        pause: &Pause,
        users: &[String],
        journal: &Journal,
        now: Timestamp,
    ) {
        let waiting = |users: &[String]| -> u64 {
            let pending = users.iter().map(|user| journal.pending(user).unwrap_or(0));
            pending.sum()
        };
        let outage = self.outages.iter().position(|o| o.places.contains(place));
        let Some(index) = outage else {
            log::info!(
                "Salesforce, {place}: goes on after {}; {} calls waited",
                duration(until(pause.since, now)),
                waiting(users)
            );
            return;
        };
        self.outages[index].ends_at(place);
        if self.outages[index].places.is_empty() {
            let outage = self.outages.swap_remove(index);
            log::info!(
                "Salesforce, {}: answers again after {}; {} calls waited",
                outage.told,
                duration(until(outage.since, now)),
                waiting(&outage.users)
            );
        }
    }

    /// A new configuration: who is concerned may have changed, and the administrator wants to
    /// hear whether it helps.
    pub fn configured(&mut self) {
        self.outages.clear();
        self.refusals.clear();
    }

    /// Tells of a call that was refused for good.
    pub fn failed(&mut self, call: &Call, words: &str, now: Timestamp) {
        self.catch_up(now);
        let user = &call.record.user;
        let failures = &mut self.failures;
        failures.told.retain(|_, at| after(*at, BETWEEN) > now);
        if failures.told.contains_key(user) || failures.told.len() >= MOST_FAILURES {
            failures.untold += 1;
            failures.untold_since.get_or_insert(now);
            return;
        }
        failures.told.insert(user.clone(), now);
        log::warn!(
            "Salesforce refused call {} of user [{user}]: {words}. See `salesforce show calls`; \
             when it is mended, `salesforce retry {}` or `salesforce retry all`",
            call.id,
            call.id
        );
    }

    /// Tells how many refused calls were not told of, when that was a while ago.
    pub fn catch_up(&mut self, now: Timestamp) {
        let failures = &mut self.failures;
        if let Some(since) = failures.untold_since
            && after(since, BETWEEN) <= now
        {
            log::warn!(
                "Salesforce refused {} more calls since {}: see `salesforce show calls`",
                failures.untold,
                clock_time(since)
            );
            (failures.untold, failures.untold_since) = (0, None);
        }
    }

    /// The journal cannot be read: a user's calls wait.
    pub fn journal(&mut self, user: &str, error: &JournalError, now: Timestamp) {
        if self.journal.is_none_or(|told| after(told, BETWEEN) <= now) {
            self.journal = Some(now);
            log::error!("Calls of Salesforce user [{user}], and perhaps of others, wait: {error}");
        }
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

impl Outage {
    fn ends_at(&mut self, place: &Place) {
        self.places.retain(|there| there != place);
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
