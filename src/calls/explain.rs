//! Why a call became what it became: for those who look into a recording.

use super::call::{Attempt, Call, Stretch};
use super::decide;
use super::record::{CallRecord, Timestamp};
use super::tracker::{Rules, is_internal};

/// What became of an outside caller's call, and of all users whom it reached.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Unique id of the caller's channel.
    pub caller: String,
    /// When the call arrived.
    pub started: Timestamp,
    /// The caller is a colleague, by a hint or by `internal_callers`: such calls are not logged.
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
    /// The phone, or the dialplan at its extension, sent the caller elsewhere.
    pub forwarded: bool,
    /// What decided.
    pub fact: Fact,
    /// What came of it.
    pub verdict: Verdict,
}

/// The fact that decided what became of a user's being reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The caller and the user's leg were connected.
    Connected,
    /// The caller's own dial was answered by the user's leg, which left before the caller came.
    DialAnswered,
    /// The caller ended at a mailbox.
    Mailbox,
    /// The caller hung up before it was decided otherwise.
    CallerHungUp,
    /// The user's legs ended.
    LegsEnded,
    /// The dialplan turned the caller away: `Busy()`, `Congestion()`, `Hangup()` with a cause.
    TurnedAway,
    /// Nothing was heard of any leg.
    NothingRang,
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
                fact: fact(call, records, stretch, attempt),
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
                fact: answered(call, &record.user).unwrap_or(Fact::NothingRang),
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

/// How a user answered, if it did.
fn answered(call: &Call, user: &str) -> Option<Fact> {
    let answer = call.answers.iter().find(|a| *a.line.user == *user)?;
    Some(answer.fact)
}

fn fact(call: &Call, records: &[CallRecord], stretch: &Stretch, attempt: &Attempt) -> Fact {
    let user = &*attempt.line.user;
    let of_record = records
        .iter()
        .any(|r| r.user == user && r.answered.is_some());
    answered(call, user)
        .filter(|_| of_record && stretch.answered.is_some())
        .unwrap_or_else(|| decide::why_lost(call, stretch, attempt).1)
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
