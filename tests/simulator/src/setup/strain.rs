//! How an org bears work: what takes time, what locks, what fails among many, what is refused.

use serde::{Deserialize, Serialize};

/// How an org bears work. By default everything is done at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strain {
    /// How long records take, by what is done to them: triggers and flows. The first rule that
    /// fits counts. Graphs are written one after the other, each when its time is over; all of
    /// it also when the client has hung up.
    pub records: Vec<RecordTime>,
    /// Whether a write holds the rows of the Accounts that it names until it is done.
    pub lock_accounts: bool,
    /// Milliseconds for which a row that somebody else holds is waited for.
    pub lock_wait_ms: u64,
    /// Triggers and flows that bear no batches.
    pub automations: Vec<Automation>,
    /// Planned maintenance: nothing can be written.
    pub maintenance: Option<Maintenance>,
    /// Milliseconds after which a request is a long one: of these
    /// [`concurrent_limit`](super::OrgSetup::concurrent_limit) may run.
    pub long_ms: u64,
    /// Writes longer than [`transaction_ms`](Self::transaction_ms) that may run at the same time.
    pub long_transactions: Option<usize>,
    /// Milliseconds after which a write is a long transaction.
    pub transaction_ms: u64,
    /// Wildcards that a search may have.
    pub wildcards: Option<Wildcards>,
    /// Comparisons by `LIKE` that a query may have before it ends in `QUERY_TIMEOUT`.
    pub most_likes: Option<usize>,
}

impl Default for Strain {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            lock_accounts: false,
            lock_wait_ms: 10_000,
            automations: Vec::new(),
            maintenance: None,
            long_ms: 20_000,
            long_transactions: None,
            transaction_ms: 5_000,
            wildcards: None,
            most_likes: None,
        }
    }
}

impl Strain {
    pub(crate) fn takes_time(&self) -> bool {
        !self.records.is_empty() || self.lock_accounts
    }
}

/// How long a record takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordTime {
    /// What is done, as faults name it: `create Case`, `update`, `query`, …
    pub on: String,
    /// Milliseconds for each.
    pub ms: u64,
}

impl RecordTime {
    /// So many milliseconds for each.
    pub fn of(on: &str, ms: u64) -> Self {
        Self {
            on: on.to_owned(),
            ms,
        }
    }
}

/// A trigger or flow that fails when a request writes more records of its object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Automation {
    /// Its object.
    pub object: String,
    /// Records of one request that it bears.
    pub most: usize,
    /// The error's code, such as `CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY`.
    pub code: String,
    /// Its text.
    pub message: String,
}

/// Planned maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// The HTTP status of a refusal.
    pub status: u16,
    /// Whether requests are refused as a whole, or the records in them.
    pub whole: bool,
}

/// Wildcards that a search may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wildcards {
    /// So many.
    pub most: usize,
    /// Whether a search with more is refused; otherwise what only the others would find is missing.
    pub refuses: bool,
}
