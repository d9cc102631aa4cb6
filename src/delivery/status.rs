//! What the reports show of the delivery.

use super::figures::{Counters, Measured};
use super::gate::{Kind, Pause};
use super::lockout::{Lifted, Withheld};
use super::schedule::{Place, Standing};
use crate::calls::record::Timestamp;
use crate::journal::UserCounts;
use crate::salesforce::ApiUsage;
use jiff::tz::TimeZone;

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Workers that have a call in hand.
    pub workers_busy: usize,
    /// Workers.
    pub workers: usize,
    /// One for each configured user, in the file's order.
    pub users: Vec<UserStatus>,
    /// Orgs and login hosts that something was sent to, and one for each known org's usage.
    pub places: Vec<PlaceStatus>,
    /// Users that are gone from salesforce.conf and have calls in the journal.
    pub gone: Vec<UserCounts>,
    /// Since the module was loaded.
    pub measured: Measured,
}

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Parked by `enabled = no`.
    Parked,
    /// No login was tried yet.
    NotLoggedIn,
    /// Logged in, nothing is wrong.
    Ok,
    /// Its org or login host is paused.
    Waiting,
    /// Its credentials or permissions were refused.
    Refused,
}

impl Condition {
    /// One word for it, or three.
    pub fn as_str(self) -> &'static str {
        match self {
            Condition::Parked => "parked",
            Condition::NotLoggedIn => "not logged in",
            Condition::Ok => "ok",
            Condition::Waiting => "waiting",
            Condition::Refused => "refused",
        }
    }
}

/// One user.
#[derive(Debug, Clone)]
pub struct UserStatus {
    /// Section name.
    pub name: String,
    /// Where it stands.
    pub condition: Condition,
    /// The same in words, with times and Salesforce's words.
    pub words: String,
    /// Its org's id, once known.
    pub org: Option<String>,
    /// Does it have a session?
    pub has_session: bool,
    /// Its org's API requests, once known.
    pub usage: Option<ApiUsage>,
    /// Its calls in the journal.
    pub counts: UserCounts,
    /// Since the module was loaded.
    pub counters: Counters,
}

/// An org or a login host.
#[derive(Debug, Clone)]
pub struct PlaceStatus {
    /// Which.
    pub place: Place,
    /// An org's API requests, once known.
    pub usage: Option<ApiUsage>,
    /// Its pause, if it is paused.
    pub pause: Option<Pause>,
}

/// A moment as an administrator reads it, in the system's time zone.
pub fn clock_time(moment: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(moment.0).map_or_else(
        |_| "?".to_owned(),
        |moment| {
            moment
                .to_zoned(TimeZone::system())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

/// A standing as condition and words.
pub fn describe(standing: &Standing) -> (Condition, String) {
    match standing {
        Standing::NotLoggedIn => (Condition::NotLoggedIn, "not logged in yet".to_owned()),
        Standing::Ok => (Condition::Ok, "ok".to_owned()),
        Standing::Refused(refusal) => {
            let Withheld { words, until, .. } = &refusal.why;
            let ends = what_ends(&refusal.why);
            let ends = until.map_or(ends.clone(), |until| {
                format!("{}, or until {ends}", clock_time(until))
            });
            (Condition::Refused, format!("paused until {ends}: {words}"))
        }
        Standing::Waiting(place, pause) => {
            let why = match pause.kind {
                Kind::Outage => "waiting",
                Kind::Limit => "limit reached",
                Kind::Crowd => "too many requests at once",
                Kind::Maintenance => "maintenance",
            };
            let until = clock_time(pause.until);
            (
                Condition::Waiting,
                format!("{why}, {place} is tried again at {until}: {}", pause.words),
            )
        }
    }
}

/// What makes an end of a login's pause before its time, or at all.
pub fn what_ends(why: &Withheld) -> String {
    match why.lifted {
        Lifted::Reload => "the module is reloaded or the user tested".to_owned(),
        Lifted::Change => "what concerns the user is changed or the user tested".to_owned(),
        Lifted::Credentials(None) => "the credentials are changed or the user tested".to_owned(),
        Lifted::Credentials(Some(from)) => format!(
            "the credentials are changed, the user tested, or (from {} on) the module reloaded",
            clock_time(from)
        ),
        Lifted::Test => "the user is tested".to_owned(),
    }
}
