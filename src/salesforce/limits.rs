//! How many API requests an org has used, as every REST answer says in its
//! `Sforce-Limit-Info` header (REST API Developer Guide, "Limit Info Header").

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// An org's API requests of the last 24 hours, as its newest answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUsage {
    /// Requests used, by all of the org's programs together.
    pub used: u64,
    /// Requests allowed.
    pub limit: u64,
}

impl ApiUsage {
    /// Are more than `reserve` percent of the requests left? An org that names no limit has none.
    pub fn leaves(self, reserve: u8) -> bool {
        let ours = 100_u64.saturating_sub(u64::from(reserve));
        self.limit == 0 || self.used.saturating_mul(100) < self.limit.saturating_mul(ours)
    }

    /// Reads `api-usage=18/5000`, also with further entries beside it.
    pub(super) fn read(header: &str) -> Option<ApiUsage> {
        let entries = header.split([';', ',']);
        let usage = entries
            .filter_map(|entry| entry.trim().strip_prefix("api-usage="))
            .next()?;
        let (used, limit) = usage.split_once('/')?;
        Some(ApiUsage {
            used: used.trim().parse().ok()?,
            limit: limit.trim().parse().ok()?,
        })
    }
}

/// The newest usage of each org.
#[derive(Debug, Default)]
pub(super) struct Usages(Mutex<HashMap<String, ApiUsage>>);

impl Usages {
    /// Keeps what an answer's header says; a header that cannot be read changes nothing.
    pub(super) fn note(&self, org_id: &str, header: &str) {
        if let Some(usage) = ApiUsage::read(header) {
            let mut usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            usages.insert(org_id.to_owned(), usage);
        }
    }

    pub(super) fn of(&self, org_id: &str) -> Option<ApiUsage> {
        let usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        usages.get(org_id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_with_and_without_neighbours() {
        let usage = Some(ApiUsage {
            used: 18,
            limit: 5000,
        });
        for header in [
            "api-usage=18/5000",
            "api-usage=18/5000; per-app-api-usage=17/250(appName=connector)",
            "per-app-api-usage=17/250(appName=connector), api-usage = 1/2, api-usage=18/5000",
        ] {
            assert_eq!(ApiUsage::read(header), usage, "{header}");
        }
        for header in [
            "",
            "api-usage=18",
            "api-usage=-1/5000",
            "per-app-api-usage=17/250",
        ] {
            assert_eq!(ApiUsage::read(header), None, "{header}");
        }
    }

    #[test]
    fn the_newest_readable_header_counts() {
        let usages = Usages::default();
        usages.note("00D1", "api-usage=1/5000");
        usages.note("00D2", "api-usage=7/9000");
        usages.note("00D1", "api-usage=2/5000");
        usages.note("00D1", "rubbish");
        assert_eq!(
            usages.of("00D1"),
            Some(ApiUsage {
                used: 2,
                limit: 5000
            })
        );
        assert_eq!(
            usages.of("00D2"),
            Some(ApiUsage {
                used: 7,
                limit: 9000
            })
        );
        assert_eq!(usages.of("00D3"), None);
    }
}
