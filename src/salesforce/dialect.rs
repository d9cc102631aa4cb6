//! What an org makes of graphs, as far as that is not the same everywhere: learned from its first
//! refusal, and remembered for as long as there is this client.

use super::error::Error;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The member of a graph's node that newer documentation does not know.
const MEMBER: &str = "httpHeaders";

/// The orgs whose graphs take no headers of their own.
#[derive(Debug, Default)]
pub(super) struct Dialects(Mutex<HashSet<String>>);

impl Dialects {
    /// May the nodes of a graph have headers there?
    pub(super) fn takes_headers(&self, org: &str) -> bool {
        let plain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !plain.contains(org)
    }

    /// The org refused a request whose nodes had headers. `true`: because of them, perhaps.
    pub(super) fn learn(&self, org: &str, refusal: &Error) -> bool {
        let is_of_headers = refusal.has_code(&["JSON_PARSER_ERROR"]) || refusal.names(MEMBER);
        if is_of_headers {
            let mut plain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            plain.insert(org.to_owned());
        }
        is_of_headers
    }

    /// It was not because of them.
    pub(super) fn unlearn(&self, org: &str) {
        let mut plain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plain.remove(org);
    }
}
