//! `salesforce show calls`, `retry` and `discard`.

use super::table::{Table, plain};
use super::views::CallView;
use super::{Answer, View};
use crate::delivery::clock_time;

/// The newest calls, newest first.
pub fn list(newest: &[CallView]) -> String {
    format!("{}{} calls\n", table(newest), newest.len())
}

/// A table of calls.
pub fn table(calls: &[CallView]) -> String {
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
        let number = call
            .caller_number
            .as_deref()
            .or(call.caller_name.as_deref());
        let record = call.case_id.as_ref().or(call.task_id.as_ref());
        table.row([
            call.id.to_string(),
            clock_time(call.started),
            call.user.clone(),
            plain(&call.extension),
            plain(number.unwrap_or("withheld")),
            call.outcome.to_owned(),
            call.state.to_owned(),
            record.cloned().unwrap_or_default(),
            call.account_id.clone().unwrap_or_default(),
            call.last_error.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    table.render()
}

/// Makes failed calls due again; `reply` gets the answer when that is on disk.
pub fn retry(view: &View<'_>, id: Option<i64>, reply: impl FnOnce(Answer) + Send + 'static) {
    view.delivery.retry_then(id, move |done| {
        reply(match (done, id) {
            (Ok(0), Some(id)) => Answer::Failed(format!("There is no failed call {id}.\n")),
            (Ok(1), _) => Answer::Done("1 call is sent again.\n".to_owned()),
            (Ok(count), _) => Answer::Done(format!("{count} calls are sent again.\n")),
            (Err(problem), _) => Answer::Failed(format!("{problem}\n")),
        });
    });
}

/// Gives a call up; `reply` gets the answer when that is on disk.
pub fn discard(view: &View<'_>, id: i64, reply: impl FnOnce(Answer) + Send + 'static) {
    view.delivery.discard_then(id, move |done| {
        reply(match done {
            Ok(Some(discarded)) => {
                let what = match discarded.case_id {
                    Some(case_id) => format!("its Case {case_id} stays as it is"),
                    None => "it will not become a Case".to_owned(),
                };
                Answer::Done(format!("Call {id} is discarded: {what}.\n"))
            }
            Ok(None) => Answer::Failed(format!("There is no failed or pending call {id}.\n")),
            Err(problem) => Answer::Failed(format!("{problem}\n")),
        });
    });
}

/// A call's number, as `show calls` shows it.
pub fn id(text: &str) -> Option<i64> {
    text.parse().ok().filter(|id| *id > 0)
}
