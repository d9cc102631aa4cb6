//! Calls.

use super::super::View;
use crate::calls::record::Timestamp;
use crate::journal::{Call, JournalError, State};
use serde::Serialize;

/// A call of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// Its number in the journal; what `salesforce retry` takes.
    pub id: i64,
    /// Unique per call and user; the last line of the Case's Description.
    pub reference: String,
    /// The user's section name.
    pub user: String,
    /// The extension that was reached.
    pub extension: String,
    /// The caller's number as it was sent; `None`: withheld or absent.
    pub caller_number: Option<String>,
    /// The caller's name; `None`: withheld or absent.
    pub caller_name: Option<String>,
    /// The number was withheld.
    pub withheld: bool,
    /// The number the caller dialled, where known.
    pub dialled: Option<String>,
    /// The queue or ring group it came through, where known.
    pub queue: Option<String>,
    /// `answered` or `lost`.
    pub outcome: &'static str,
    /// The contract's `reason_code`.
    pub reason: &'static str,
    /// `in progress`, `pending`, `delivered`, `failed` or `discarded`.
    pub state: &'static str,
    /// When it arrived.
    pub started: Timestamp,
    /// When the user answered.
    pub answered: Option<Timestamp>,
    /// When it ended for the user, if that was seen.
    pub ended: Option<Timestamp>,
    /// Seconds that it rang.
    pub ring_seconds: u32,
    /// Seconds of talk; `None`: not answered, or the end is unknown.
    pub talk_seconds: Option<u32>,
    /// The org it was sent to.
    pub org: Option<String>,
    /// Its Case, once Salesforce has confirmed it.
    pub case_id: Option<String>,
    /// The Account that the Case belongs to.
    pub account_id: Option<String>,
    /// The Contact whose number it was.
    pub contact_id: Option<String>,
    /// The name of the Account or Contact whose number it was.
    pub matched_name: Option<String>,
    /// Its Task.
    pub task_id: Option<String>,
    /// Attempts that came to nothing.
    pub attempts: u32,
    /// Its Case may have been written then; it is looked for again when it is due.
    pub in_doubt_since: Option<Timestamp>,
    /// When it is due (again), while it is pending.
    pub next_due: Option<Timestamp>,
    /// What went wrong last, or is worth telling about it.
    pub last_error: Option<String>,
    /// When it last changed in the journal.
    pub updated: Timestamp,
}

/// The newest calls, newest first; of one user or of all.
///
/// # Errors
/// The journal cannot be read.
pub fn calls(
    view: &View<'_>,
    count: usize,
    user: Option<&str>,
) -> Result<Vec<CallView>, JournalError> {
    let newest = view.journal.newest(count, user)?;
    Ok(newest.into_iter().map(CallView::from).collect())
}

impl From<Call> for CallView {
    fn from(call: Call) -> CallView {
        let sent = call.sent.as_ref().map_or(call.updated, |sent| sent.wall);
        let in_doubt_since = call.in_doubt.then_some(sent);
        let is_due = call.state == State::Pending || in_doubt_since.is_some();
        let record = call.record;
        let (contact_id, matched_name) = call
            .matched
            .map(|matched| (matched.contact_id, Some(matched.name)))
            .unwrap_or_default();
        CallView {
            ring_seconds: record.ring_seconds(),
            talk_seconds: record.talk_seconds(),
            id: call.id,
            reference: record.reference,
            user: record.user,
            extension: record.extension,
            caller_number: record.caller.number,
            caller_name: record.caller.name,
            withheld: record.caller.withheld,
            dialled: record.dialled,
            queue: record.queue,
            outcome: record.outcome.as_str(),
            reason: record.reason.code(),
            state: state(call.state),
            started: record.started,
            answered: record.answered,
            ended: record.ended,
            org: call.org,
            case_id: call.case_id,
            account_id: call.account_id,
            contact_id,
            matched_name,
            task_id: call.task_id,
            attempts: call.attempts,
            in_doubt_since,
            next_due: is_due.then_some(call.next_due),
            last_error: call.last_error,
            updated: call.updated,
        }
    }
}

/// The contract's words: what is on its way is pending.
fn state(state: State) -> &'static str {
    match state {
        State::Open => "in progress",
        State::Pending | State::Sending => "pending",
        State::Delivered => "delivered",
        State::Failed => "failed",
        State::Discarded => "discarded",
    }
}
