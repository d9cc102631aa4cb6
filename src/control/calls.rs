//! `salesforce show calls`, `retry` and `discard`.

use super::table::{Table, plain};
use super::{Answer, View};
use crate::calls::record::Outcome;
use crate::delivery::clock_time;
use crate::journal::{Call, JournalError, State};

/// The newest calls, newest first.
pub fn list(view: &View<'_>, count: usize) -> Result<String, JournalError> {
    let newest = view.journal.newest(count, None)?;
    Ok(format!("{}{} calls\n", table(&newest), newest.len()))
}

/// A table of calls.
pub fn table(calls: &[Call]) -> String {
    let mut table = Table::new(&[
        "Id",
        "Time",
        "User",
        "Extension",
        "Caller",
        "Outcome",
        "State",
        "Case",
        "Account",
        "What",
    ]);
    for call in calls {
        let caller = &call.record.caller;
        let number = caller.number.as_deref().or(caller.name.as_deref());
        table.row([
            call.id.to_string(),
            clock_time(call.record.started),
            call.record.user.clone(),
            plain(&call.record.extension),
            plain(number.unwrap_or("withheld")),
            outcome(call).to_owned(),
            state(call).to_owned(),
            call.case_id
                .clone()
                .or(call.task_id.clone())
                .unwrap_or_default(),
            call.account_id.clone().unwrap_or_default(),
            call.last_error.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    table.render()
}

/// Makes failed calls due again.
pub fn retry(view: &View<'_>, id: Option<i64>) -> Answer {
    match (view.delivery.retry(id), id) {
        (Ok(0), Some(id)) => Answer::Failed(format!("There is no failed call {id}.\n")),
        (Ok(1), _) => Answer::Done("1 call is sent again.\n".to_owned()),
        (Ok(count), _) => Answer::Done(format!("{count} calls are sent again.\n")),
        (Err(problem), _) => Answer::Failed(format!("{problem}\n")),
    }
}

/// Gives a call up.
pub fn discard(view: &View<'_>, id: i64) -> Answer {
    match view.delivery.discard(id) {
        Ok(true) => {
            let call = view.journal.call(id).ok().flatten();
            let what = match call.and_then(|call| call.case_id) {
                Some(case_id) => format!("its Case {case_id} stays as it is"),
                None => "it will not become a Case".to_owned(),
            };
            Answer::Done(format!("Call {id} is discarded: {what}.\n"))
        }
        Ok(false) => Answer::Failed(format!("There is no failed or pending call {id}.\n")),
        Err(problem) => Answer::Failed(format!("{problem}\n")),
    }
}

/// A call's number, as `show calls` shows it.
pub fn id(text: &str) -> Option<i64> {
    text.parse().ok().filter(|id| *id > 0)
}

fn outcome(call: &Call) -> &'static str {
    match call.record.outcome {
        Outcome::Answered => "answered",
        Outcome::Lost => "lost",
    }
}

/// The contract's words: what is on its way is pending.
fn state(call: &Call) -> &'static str {
    match call.state {
        State::Open => "in progress",
        State::Pending | State::Sending => "pending",
        State::Delivered => "delivered",
        State::Failed => "failed",
        State::Discarded => "discarded",
    }
}
