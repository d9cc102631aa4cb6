//! The whole explanation, for an administrator.

use crate::replay::Replay;
use crate::story::{Story, stories};
use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::explain::{Explanation, Fact, Reached, Verdict};
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Step, Timestamp};
use res_ansitel_salesforce::config::settings::UnansweredGroup;
use std::fmt::Write;

/// The report on a recording.
pub fn report(replay: &Replay) -> String {
    let mut out = head(replay);
    let directory = replay.setup.directory();
    for story in stories(&replay.events) {
        tell(&mut out, replay, &directory, &story);
    }
    out
}

fn head(replay: &Replay) -> String {
    let setup = &replay.setup;
    let mut out = format!(
        "{} events on Asterisk {}, module {}\n",
        replay.events.len(),
        setup.asterisk,
        setup.module
    );
    for of in &setup.extensions {
        let within = of
            .context
            .as_ref()
            .map_or(String::new(), |c| format!("@{c}"));
        let rings = match &of.hint {
            Some(devices) => format!("rings {devices}"),
            None => format!("has no hint: rings the phone called {}", of.extension),
        };
        let _ = writeln!(
            out,
            "{}: extension {}{within} {rings}",
            of.user, of.extension
        );
    }
    out
}

fn tell(out: &mut String, replay: &Replay, directory: &Directory, story: &Story) {
    let began = story.began;
    let (id, number) = (&story.first.uniqueid, &story.first.caller_number);
    let from = match number.as_str() {
        "" => String::new(),
        number => format!(" from {number}"),
    };
    let _ = writeln!(out, "\nCall {id}{from} at {}", clock(began));
    for (at, line) in &story.lines {
        let _ = writeln!(out, "{:>10}  {line}", since(began, *at));
    }
    let ours = |explanation: &&Explanation| story.channels.contains(&explanation.caller);
    let mut told = false;
    for explanation in replay.ended.iter().filter(ours) {
        told = true;
        decide(out, replay, story, explanation, false);
    }
    for explanation in replay.going_on.iter().filter(ours) {
        told = true;
        decide(out, replay, story, explanation, true);
    }
    if !told {
        let _ = writeln!(out, "  => no Case: {}", no_call(directory, story));
    }
}

/// Why the first channel of a story was not an outside caller's.
fn no_call(directory: &Directory, story: &Story) -> String {
    let first = &story.first;
    let device = first
        .name
        .rsplit_once('-')
        .map_or(&*first.name, |(device, _)| device);
    if let Some(line) = directory.lines_of_device(device).first() {
        return format!(
            "{} is a phone of {}: an outgoing or internal call, and only calls from outside count",
            first.name, line.user
        );
    }
    if story.first_was_dialled || first.outgoing {
        return format!("Asterisk itself called {}: nobody called in", first.name);
    }
    format!(
        "nobody called in, {} is no outside caller's channel",
        first.name
    )
}

fn decide(out: &mut String, replay: &Replay, story: &Story, of: &Explanation, going_on: bool) {
    let caller = &of.caller;
    if of.internal {
        let _ = writeln!(
            out,
            "  => no Case: the caller ({caller}) is a colleague, by a hint or by internal_callers"
        );
        return;
    }
    if going_on {
        let _ = writeln!(
            out,
            "  => the recording ends before the call ({caller}) does"
        );
    } else if of.users.is_empty() {
        let _ = writeln!(
            out,
            "  => no Case: the call ({caller}) reached no user's extension and no user's phone"
        );
    }
    for reached in &of.users {
        let verdict = verdict(replay, story, reached, going_on);
        let _ = writeln!(out, "  => {}: {verdict}", reached.user);
    }
}

fn verdict(replay: &Replay, story: &Story, reached: &Reached, going_on: bool) -> String {
    let how = how(story, reached);
    match &reached.verdict {
        Verdict::Record(record) if going_on && record.outcome == Outcome::Lost => {
            format!("not decided yet; {how}")
        }
        Verdict::Record(record) => said(story, record, &how, reached.fact),
        Verdict::AnsweredElsewhere if reached.forwarded => {
            format!("none: {how}, and who took the forwarded call has answered it")
        }
        Verdict::AnsweredElsewhere => {
            format!("none: {how}, but somebody else answered (answered_elsewhere)")
        }
        Verdict::AnotherOfTheGroup => {
            let whose = match replay.setup.rules.unanswered_group {
                UnansweredGroup::First => "the user whose phone rang first",
                UnansweredGroup::Last => "the user whose phone rang last",
                UnansweredGroup::None | UnansweredGroup::All => "nobody",
            };
            format!(
                "none: {how}; nobody answered, and a group's lost call is {whose}'s (unanswered_group)"
            )
        }
        Verdict::OneIsEnough => format!("(also: {how}; one Case for each user and call)"),
    }
}

/// How the call came to the user.
fn how(story: &Story, reached: &Reached) -> String {
    let Some(at) = reached.at else {
        return "the call came to it without being sent there".to_owned();
    };
    let mut said = format!(
        "the call reached {} at {}",
        reached.extension,
        since(story.began, at)
    );
    let record = match &reached.verdict {
        Verdict::Record(record) => Some(record),
        _ => None,
    };
    let answered = record.is_some_and(|record| record.outcome == Outcome::Answered);
    if let Some(rang) = reached.rang {
        let _ = write!(said, ", its phone rang from {}", since(story.began, rang));
    } else if !reached.forwarded && !answered {
        said.push_str(", none of its phones rang");
    }
    // A record says where to.
    if reached.forwarded && record.is_none() {
        said.push_str(", it was forwarded");
    }
    said
}

fn said(story: &Story, record: &CallRecord, how: &str, fact: Fact) -> String {
    let mut said = match record.outcome {
        Outcome::Answered => {
            let by = match record.reason {
                Reason::Forwarded => "answered (at the number it forwarded to)",
                _ => "answered",
            };
            let at = record
                .answered
                .map_or(String::new(), |at| since(story.began, at));
            let talk = match record.talk_seconds() {
                Some(seconds) => format!("talked for {seconds} s"),
                None => "when it left the conversation is not known".to_owned(),
            };
            format!("{by}: {how}; it answered at {at} and {talk}")
        }
        Outcome::Lost => format!(
            "lost ({}): {how}; rang for {} s; {}",
            reason(record.reason),
            record.ring_seconds(),
            why(record.reason)
        ),
    };
    for step in &record.steps {
        let _ = match step {
            Step::ForwardedTo { to } => write!(said, "; forwarded to {to}"),
            Step::TransferredTo { to } => write!(said, "; transferred on to {to}"),
            Step::TransferredFrom { from } => write!(said, "; {from} had transferred it here"),
        };
    }
    if let Some(queue) = &record.queue {
        let _ = write!(said, "; through queue or group {queue}");
    }
    let because = because(fact);
    let _ = write!(said, "; decided by: {because} [{}]", record.reference);
    said
}

fn because(fact: Fact) -> &'static str {
    match fact {
        Fact::Connected => "caller and phone could hear each other",
        Fact::DialAnswered => "the caller's own dial was answered, and left before the caller came",
        Fact::Mailbox => "the caller ended at a mailbox",
        Fact::CallerHungUp => "the caller hung up",
        Fact::LegsEnded => "how the dials ended",
        Fact::TurnedAway => "the dialplan turned the caller away",
        Fact::NothingRang => "nothing was heard of any phone",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Answered => "answered",
        Reason::Forwarded => "forwarded",
        Reason::NotAnswered => "not answered",
        Reason::GaveUp => "caller gave up",
        Reason::Busy => "busy",
        Reason::Rejected => "rejected",
        Reason::NotReachable => "not reachable",
        Reason::Voicemail => "voicemail",
        Reason::AnsweredElsewhere => "answered elsewhere",
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::GaveUp => "the caller hung up before anybody answered",
        Reason::Busy => "the phone was busy, and nobody answered",
        Reason::Rejected => "the user declined, and nobody answered",
        Reason::NotReachable => "no phone of the user could be made to ring, and nobody answered",
        Reason::Voicemail => "nobody answered, and the caller ended at voicemail",
        Reason::AnsweredElsewhere => "somebody else answered, and answered_elsewhere is lost",
        Reason::Answered | Reason::Forwarded | Reason::NotAnswered => "nobody answered",
    }
}

fn since(began: Timestamp, at: Timestamp) -> String {
    let hundredths = (at.0 - began.0).max(0) / 10_000;
    format!("+{}.{:02} s", hundredths / 100, hundredths % 100)
}

fn clock(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
