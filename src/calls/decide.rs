//! What a call becomes: who answered, who is lost and why.

use super::call::{Answer, Attempt, Call, Stretch};
use super::channel::{Channel, Kind};
use super::directory::Line;
use super::event::state;
use super::explain::Fact;
use super::record::{CallRecord, Outcome, Reason, Step, Timestamp};
use super::tracker::Rules;
use crate::config::settings::{AnsweredElsewhere, UnansweredGroup};

/// Hangup causes (`AST_CAUSE_*`) that say more than the dial status.
mod cause {
    pub const BUSY: i32 = 17;
    pub const REJECTED: i32 = 21;
    /// Unallocated, no route to the network or destination, not registered, number changed,
    /// out of order, invalid format, network and switch failures, bad gateway, protocol.
    pub const UNREACHABLE: [i32; 15] = [1, 2, 3, 20, 22, 27, 28, 29, 34, 38, 41, 42, 44, 50, 58];
}

/// Why a leg came to nothing, by the status of its dial (empty: none seen) and its channel.
pub(super) fn why(status: &str, leg: &Channel) -> Reason {
    let picked_up =
        leg.kind == Kind::Phone && (leg.state == state::UP || leg.leg.answered.is_some());
    if picked_up && leg.forwarded_for.is_some() {
        // Somebody's mailbox, as a rule.
        return Reason::NotAnswered;
    }
    if picked_up || leg.cause == cause::REJECTED {
        // Picked up and not connected: the user declined at the screening.
        return Reason::Rejected;
    }
    if leg.cause == cause::BUSY || status == "BUSY" {
        return Reason::Busy;
    }
    let failed = matches!(status, "CONGESTION" | "CHANUNAVAIL");
    let unreachable = cause::UNREACHABLE.contains(&leg.cause);
    if leg.leg.rang.is_none() || failed || unreachable {
        return Reason::NotReachable;
    }
    Reason::NotAnswered
}

/// The record of a user that answered; `end` is the end of the call, if it is over.
pub(super) fn answered(
    call: &Call,
    answer: &Answer,
    end: Option<Timestamp>,
    rules: &Rules,
) -> CallRecord {
    CallRecord {
        outcome: Outcome::Answered,
        reason: answer.reason,
        queue: answer.queue.clone(),
        rang: answer.rang,
        answered: Some(answer.at),
        ended: answer.left.or(end),
        ..record(call, &answer.line, answer.from.as_deref(), rules)
    }
}

/// All records of a call that is over. `end` is `None` if its end was not seen.
pub(super) fn records(call: &Call, end: Option<Timestamp>, rules: &Rules) -> Vec<CallRecord> {
    let mut records: Vec<CallRecord> = call
        .answers
        .iter()
        .map(|answer| answered(call, answer, end, rules))
        .collect();
    // The last stretch first: only it can have stayed unanswered, and lost there says more
    // than answered elsewhere before.
    for stretch in call.stretches.iter().rev() {
        let lost: Vec<(&Attempt, Reason)> = match stretch.answered {
            None => unanswered(call, stretch, rules.unanswered_group),
            Some(_) => elsewhere(stretch, rules.answered_elsewhere),
        };
        for (attempt, reason) in lost {
            if records.iter().all(|r| r.user != *attempt.line.user) {
                records.push(CallRecord {
                    reason,
                    queue: attempt.queue.clone(),
                    rang: attempt.rang,
                    rang_until: attempt.silent.filter(|_| attempt.live == 0),
                    ended: Some(end.unwrap_or(call.last_event)),
                    ..record(call, &attempt.line, stretch.from.as_deref(), rules)
                });
            }
        }
    }
    records
}

/// The lost calls of a stretch that nobody answered.
fn unanswered<'a>(
    call: &Call,
    stretch: &'a Stretch,
    group: UnansweredGroup,
) -> Vec<(&'a Attempt, Reason)> {
    let mut reached: Vec<&Attempt> = stretch.attempts.iter().collect();
    // Those whose phones rang in that order, then the others; the sort is stable.
    reached.sort_by_key(|attempt| attempt.rang_order.unwrap_or(u64::MAX));
    let is_group = reached.len() > 1;
    // Who answered before is not lost now.
    reached.retain(|attempt| {
        call.answers
            .iter()
            .all(|a| a.line.user != attempt.line.user)
    });
    let rang = reached.iter().filter(|a| a.rang.is_some()).count();
    if is_group {
        match group {
            UnansweredGroup::All => {}
            UnansweredGroup::First => reached.truncate(1),
            UnansweredGroup::Last => {
                // The last that rang, not one whose phone was unreachable.
                let last = if rang > 0 { rang } else { reached.len() };
                reached.truncate(last);
                reached.drain(..reached.len().saturating_sub(1));
            }
            UnansweredGroup::None => reached.clear(),
        }
    }
    reached
        .into_iter()
        .map(|attempt| (attempt, why_lost(call, stretch, attempt).0))
        .collect()
}

/// Why a user that nobody answered for has lost the call, and what says so.
pub(super) fn why_lost(call: &Call, stretch: &Stretch, attempt: &Attempt) -> (Reason, Fact) {
    if stretch.voicemail {
        return (Reason::Voicemail, Fact::Mailbox);
    }
    if let Some(hung_up) = call.hung_up {
        let waiting = attempt.live > 0 || attempt.ended >= hung_up;
        let nothing_tried = !attempt.dialled && attempt.reason.is_none();
        // Between two rounds of a queue no phone rings, yet the caller waits for all whom that
        // rings.
        let queued = call.left_queue
            && attempt.queue.is_some()
            && attempt.reason == Some(Reason::NotAnswered);
        if waiting || nothing_tried || queued {
            return (Reason::GaveUp, Fact::CallerHungUp);
        }
    }
    match (attempt.reason, stretch.turned_away) {
        (Some(reason), _) => (reason, Fact::LegsEnded),
        (None, Some(reason)) => (reason, Fact::TurnedAway),
        (None, None) if attempt.rang.is_some() => (Reason::NotAnswered, Fact::LegsEnded),
        (None, None) => (Reason::NotReachable, Fact::NothingRang),
    }
}

/// The lost calls of a stretch that somebody answered.
fn elsewhere(stretch: &Stretch, rule: AnsweredElsewhere) -> Vec<(&Attempt, Reason)> {
    if rule == AnsweredElsewhere::Ignore {
        return Vec::new();
    }
    stretch
        .attempts
        .iter()
        .filter(|attempt| attempt.rang.is_some() && !attempt.forwarded)
        .map(|attempt| (attempt, Reason::AnsweredElsewhere))
        .collect()
}

/// What all records of a call and user have in common; a lost one by default.
fn record(call: &Call, line: &Line, from: Option<&str>, rules: &Rules) -> CallRecord {
    let came = from.map(|from| Step::TransferredFrom { from: from.into() });
    let went = call.steps.iter().filter(|(user, _)| *user == line.user);
    CallRecord {
        reference: reference(&rules.system_name, &call.uniqueid, &line.extension),
        user: line.user.to_string(),
        extension: line.extension.to_string(),
        outcome: Outcome::Lost,
        reason: Reason::NotAnswered,
        caller: call.caller.caller(),
        dialled: call.dialled(),
        queue: None,
        started: call.started,
        rang: None,
        rang_until: None,
        answered: None,
        ended: None,
        steps: came
            .into_iter()
            .chain(went.map(|(_, step)| step.clone()))
            .collect(),
    }
}

fn reference(system_name: &str, uniqueid: &str, extension: &str) -> String {
    if system_name.is_empty() {
        format!("{uniqueid}-{extension}")
    } else {
        format!("{system_name}-{uniqueid}-{extension}")
    }
}
