//! Delivery.

use crate::calls::record::{CallRecord, Outcome};
use crate::config::settings::User;

/// Does the call make a Case for its user? Only such calls enter the journal.
pub fn wanted(record: &CallRecord, user: &User) -> bool {
    user.enabled
        && match record.outcome {
            Outcome::Answered => user.case_on_answered,
            Outcome::Lost => user.case_on_lost,
        }
}
