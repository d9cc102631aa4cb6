//! What there is to tell, as plain values without layout: the CLI's tables, AMI's events and the
//! web page's JSON are made of the same.
//!
//! Moments are microseconds since the Unix epoch (UTC), absent ones `None`. Texts are as they came
//! from the file, the network or Salesforce: whoever shows them sees to line breaks and control
//! characters. Words (`state`, `status`, `outcome`) are those of the CLI.

mod calls;
mod status;
mod steps;
mod users;

pub use calls::{CallView, calls};
pub use status::{JournalView, LatencyView, PlaceView, StatusView, WorkersView, status};
pub use steps::{StepView, steps};
pub use users::{ExtensionView, UserDetails, UserView, user, users};

use crate::salesforce::ApiUsage;
use serde::Serialize;

/// An org's API requests of 24 hours, those of its other programs included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UsageView {
    /// Used.
    pub used: u64,
    /// Allowed.
    pub limit: u64,
}

impl From<ApiUsage> for UsageView {
    fn from(usage: ApiUsage) -> UsageView {
        UsageView {
            used: usage.used,
            limit: usage.limit,
        }
    }
}
