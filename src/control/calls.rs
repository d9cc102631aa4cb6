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
            what(call),
        ]);
    }
    table.render()
}

/// What is worth telling.
fn what(call: &CallView) -> String {
    let said = call.last_error.as_deref().map(plain);
    let Some(since) = call.in_doubt_since else {
        return said.unwrap_or_default();
    };
    let again = call.next_due.map(clock_time).unwrap_or_default();
    let doubt = format!(
        "in doubt since {}, looked for again at {again}",
        clock_time(since)
    );
    match said {
        Some(said) => format!("{doubt}: {said}"),
        None => doubt,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::record::{CallRecord, Caller, Outcome, Reason, Timestamp};
    use crate::journal::{Journal, Moment};

    #[test]
    fn a_call_in_doubt_says_since_when_and_when_it_is_looked_for() {
        let directory = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&directory.path().join("j.sqlite3")).unwrap();
        let record = CallRecord {
            reference: "r".into(),
            user: "a".into(),
            extension: "100".into(),
            outcome: Outcome::Lost,
            reason: Reason::GaveUp,
            caller: Caller {
                number: None,
                name: None,
                withheld: true,
            },
            dialled: None,
            queue: None,
            started: Timestamp(1_772_543_100_000_000),
            rang: None,
            rang_until: None,
            answered: None,
            ended: Some(Timestamp(1_772_543_160_000_000)),
            steps: Vec::new(),
        };
        journal.record(vec![crate::calls::record::Update::Closed(record)]);
        journal.discard(-1).unwrap();
        let mut call = journal.newest(1, None).unwrap().remove(0);
        assert_eq!(what(&CallView::from(call.clone())), "");
        let sent = Moment::now();
        let again = Timestamp(sent.wall.0 + 20_000_000);
        (call.in_doubt, call.next_due) = (true, again);
        call.sent = Some(sent.clone());
        let doubt = format!(
            "in doubt since {}, looked for again at {}",
            clock_time(sent.wall),
            clock_time(again)
        );
        assert_eq!(what(&CallView::from(call.clone())), doubt);
        call.last_error = Some("no complete answer within the time limit".to_owned());
        let words = what(&CallView::from(call.clone()));
        assert_eq!(
            words,
            format!("{doubt}: no complete answer within the time limit")
        );
        // A call that runs may be in doubt, too.
        call.state = crate::journal::State::Open;
        assert!(what(&CallView::from(call)).starts_with(&doubt));
    }
}
