//! The interface as a whole.

use super::super::{EventCounters, View};
use super::UsageView;
use crate::calls::record::Timestamp;
use crate::delivery::{PauseKind, Percentiles, Place, PlaceStatus};
use crate::journal::{JournalError, UserCounts};
use serde::Serialize;

/// What `salesforce show status` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// Are calls recorded and sent?
    pub started: bool,
    /// The module's.
    pub version: &'static str,
    /// Asterisk's.
    pub asterisk_version: String,
    /// Configured users.
    pub users: usize,
    /// Panics survived since the module was loaded.
    pub internal_errors: u64,
    /// Messages of Asterisk's event bus.
    pub events: EventCounters,
    /// Outside calls in progress.
    pub calls_in_progress: usize,
    /// Channels that are followed.
    pub channels: usize,
    /// The journal.
    pub journal: JournalView,
    /// Calls to be delivered or being written.
    pub pending: u64,
    /// Of these, being written.
    pub being_sent: u64,
    /// When the oldest of them came into the journal.
    pub oldest_undelivered: Option<Timestamp>,
    /// Calls that Salesforce refused.
    pub failed: u64,
    /// Threads that talk to Salesforce.
    pub workers: WorkersView,
    /// Calls delivered since the module was loaded.
    pub delivered_since_load: u64,
    /// Calls refused since then.
    pub failed_since_load: u64,
    /// Attempts repeated since then.
    pub retried_since_load: u64,
    /// Numbers looked up while a phone rang.
    pub looked_up_ringing: u64,
    /// Requests since then, without logins.
    pub requests: u64,
    /// Logins since then.
    pub logins: u64,
    /// From a call's end to its Case.
    pub to_case: Option<LatencyView>,
    /// The same of calls that nothing kept waiting.
    pub to_case_at_once: Option<LatencyView>,
    /// Orgs and login hosts that something was sent to.
    pub places: Vec<PlaceView>,
    /// Users that are gone from salesforce.conf and have calls in the journal.
    pub gone_users: Vec<String>,
}

/// The journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalView {
    /// Its file.
    pub path: String,
    /// Bytes on disk.
    pub size: u64,
    /// Call records that are not on disk yet.
    pub depth: usize,
    /// Call records lost while it could not be written.
    pub lost: usize,
}

/// Threads that talk to Salesforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WorkersView {
    /// With a call in hand.
    pub busy: usize,
    /// All.
    pub all: usize,
}

/// Times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LatencyView {
    /// Half of the calls took no longer.
    pub p50: u64,
    /// 95 % of them.
    pub p95: u64,
    /// 99 % of them.
    pub p99: u64,
    /// How many calls that were.
    pub calls: usize,
}

/// An org or a login host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceView {
    /// `org` or `host`.
    pub kind: &'static str,
    /// The org's id, or host and port.
    pub name: String,
    /// `ok`, `waiting` (not reachable, or failing), `limit reached`, `too many at once`
    /// (requests) or `maintenance` (it can be read and not written).
    pub state: &'static str,
    /// An org's API requests, once known.
    pub usage: Option<UsageView>,
    /// When it is tried again; `None`: it is not paused.
    pub paused_until: Option<Timestamp>,
    /// What Salesforce or the network said.
    pub words: Option<String>,
}

/// The interface as a whole.
///
/// # Errors
/// The journal cannot be read.
pub fn status(view: &View<'_>) -> Result<StatusView, JournalError> {
    // The depth before the counts: what has left the one is in the other by then.
    let depth = view.journal.depth();
    let status = view.delivery.status()?;
    let sum = |count: fn(&UserCounts) -> u64| -> u64 {
        let of_users = status.users.iter().map(|user| count(&user.counts));
        of_users.chain(status.gone.iter().map(count)).sum()
    };
    let measured = &status.measured;
    let counters = measured.counters;
    Ok(StatusView {
        started: view.started,
        version: env!("CARGO_PKG_VERSION"),
        asterisk_version: view.asterisk_version.to_owned(),
        users: view.configuration.users.len(),
        internal_errors: view.panics + counters.panics,
        events: view.counters,
        calls_in_progress: view.calls,
        channels: view.channels,
        journal: JournalView {
            path: view.journal.path().display().to_string(),
            size: view.journal.size(),
            depth,
            lost: view.journal.lost(),
        },
        pending: sum(|counts| counts.pending),
        being_sent: sum(|counts| counts.sending),
        oldest_undelivered: view.journal.oldest_undelivered()?,
        failed: sum(|counts| counts.failed),
        workers: WorkersView {
            busy: status.workers_busy,
            all: status.workers,
        },
        delivered_since_load: counters.delivered,
        failed_since_load: counters.failed,
        retried_since_load: counters.retried,
        looked_up_ringing: measured.looked_up,
        requests: measured.requests.others,
        logins: measured.requests.logins,
        to_case: measured.to_case.map(LatencyView::from),
        to_case_at_once: measured.at_once.map(LatencyView::from),
        places: status.places.iter().map(PlaceView::from).collect(),
        gone_users: status.gone.into_iter().map(|gone| gone.user).collect(),
    })
}

impl From<Percentiles> for LatencyView {
    fn from(of: Percentiles) -> LatencyView {
        let [p50, p95, p99] =
            [of.p50, of.p95, of.p99].map(|t| u64::try_from(t.as_micros()).unwrap_or(u64::MAX));
        LatencyView {
            p50,
            p95,
            p99,
            calls: of.calls,
        }
    }
}

impl From<&PlaceStatus> for PlaceView {
    fn from(of: &PlaceStatus) -> PlaceView {
        let (kind, name, usage) = match &of.place {
            Place::Org(org) => ("org", org, of.usage.map(UsageView::from)),
            Place::Host(host) => ("host", host, None),
        };
        let pause = of.pause.as_ref();
        PlaceView {
            kind,
            name: name.to_string(),
            state: match pause.map(|pause| pause.kind) {
                None => "ok",
                Some(PauseKind::Outage) => "waiting",
                Some(PauseKind::Limit) => "limit reached",
                Some(PauseKind::Crowd) => "too many at once",
                Some(PauseKind::Maintenance) => "maintenance",
            },
            usage,
            paused_until: pause.map(|pause| pause.until),
            words: pause.map(|pause| pause.words.clone()),
        }
    }
}
