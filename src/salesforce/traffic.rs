//! How many requests were sent.

use std::sync::atomic::{AtomicU64, Ordering};

/// Requests that Salesforce got, or may have got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Logins.
    pub logins: u64,
    /// All others.
    pub others: u64,
}

impl RequestCounts {
    /// Both together.
    pub fn plus(self, more: RequestCounts) -> RequestCounts {
        RequestCounts {
            logins: self.logins + more.logins,
            others: self.others + more.others,
        }
    }
}

/// A client's counter.
#[derive(Debug, Default)]
pub struct Traffic {
    logins: AtomicU64,
    others: AtomicU64,
}

impl Traffic {
    /// Counts a request.
    pub(super) fn count(&self, login: bool) {
        let counter = if login { &self.logins } else { &self.others };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// So far.
    pub fn counts(&self) -> RequestCounts {
        RequestCounts {
            logins: self.logins.load(Ordering::Relaxed),
            others: self.others.load(Ordering::Relaxed),
        }
    }
}
