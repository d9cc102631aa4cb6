//! Why a call became what it became: for those who look into a recording.

use super::call::{Attempt, Call, Stretch};
use super::record::{CallRecord, Timestamp};
use super::tracker::{Rules, is_internal};

/// What became of an outside caller's call, and of all users whom it reached.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Unique id of the caller's channel.
    pub caller: String,
    /// When the call arrived.
    pub started: Timestamp,
    /// The caller is a colleague by `internal_callers`: such calls are not logged.
    pub internal: bool,
    /// In the order in which the call reached them; a user may have been reached again after
    /// somebody answered.
    pub users: Vec<Reached>,
}

/// A user whom a stretch of the call reached.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The user's section name.
    pub user: String,
    /// The user's extension.
    pub extension: String,
    /// When the call reached it; `None`: it took the call without being reached, as in a pickup.
    pub at: Option<Timestamp>,
    /// First ring of one of its phones.
    pub rang: Option<Timestamp>,
    /// The phone sent the caller elsewhere.
    pub forwarded: bool,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a user's being reached.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// A record was handed on.
    Record(Box<CallRecord>),
    /// None: somebody answered this stretch of the call (`answered_elsewhere`).
    AnsweredElsewhere,
    /// None: `unanswered_group` gives the lost call to another user.
    AnotherOfTheGroup,
    /// None beside the one for another stretch of the call.
    OneIsEnough,
}

/// Explains a call whose records these are.
pub(super) fn explain(call: &Call, records: &[CallRecord], rules: &Rules) -> Explanation {
    let mut users = Vec::new();
    for (number, stretch) in call.stretches.iter().enumerate() {
        for attempt in &stretch.attempts {
            users.push(Reached {
                user: attempt.line.user.to_string(),
                extension: attempt.line.extension.to_string(),
                at: Some(attempt.reached),
                rang: attempt.rang,
                forwarded: attempt.forwarded,
                verdict: verdict(call, records, number, stretch, attempt),
            });
        }
    }
    for record in records {
        let told = |reached: &Reached| matches!(&reached.verdict, Verdict::Record(told) if told.user == record.user);
        if !users.iter().any(told) {
            users.push(Reached {
                user: record.user.clone(),
                extension: record.extension.clone(),
                at: None,
                rang: record.rang,
                forwarded: false,
                verdict: Verdict::Record(Box::new(record.clone())),
            });
        }
    }
    Explanation {
        caller: call.uniqueid.clone(),
        started: call.started,
        internal: is_internal(call, rules),
        users,
    }
}

fn verdict(
    call: &Call,
    records: &[CallRecord],
    number: usize,
    stretch: &Stretch,
    attempt: &Attempt,
) -> Verdict {
    let user = &*attempt.line.user;
    let Some(record) = records.iter().find(|record| record.user == user) else {
        return if stretch.answered.is_some() {
            Verdict::AnsweredElsewhere
        } else {
            Verdict::AnotherOfTheGroup
        };
    };
    // The stretch in which it answered, else the last one.
    let reached_in = |stretch: &Stretch| stretch.attempts.iter().any(|a| *a.line.user == *user);
    let theirs = match record.answered {
        Some(answered) => call.stretches.iter().rposition(|stretch| {
            let in_time = |a: &Attempt| *a.line.user == *user && a.reached <= answered;
            stretch.attempts.iter().any(in_time) && stretch.answered.is_some()
        }),
        None => call.stretches.iter().rposition(reached_in),
    };
    if theirs == Some(number) {
        Verdict::Record(Box::new(record.clone()))
    } else {
        Verdict::OneIsEnough
    }
}
