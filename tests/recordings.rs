//! Event streams of real calls, replayed: what the tracker decided about them once, it decides
//! always.
//!
//! The module itself recorded them (`record_events`) while `tests/asterisk/rows` ran on Asterisk
//! 22: `ANSITEL_SAVE_RECORDINGS=1 cargo test --test asterisk` makes them anew.

use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::event::Event;
use res_ansitel_salesforce::calls::pattern::Pattern;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Update};
use res_ansitel_salesforce::calls::tracker::{Rules, Tracker};
use res_ansitel_salesforce::config::settings::{AnsweredElsewhere, UnansweredGroup};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Anna has extension 100, Bert 101; in the order in which they answered, or their phones rang.
/// `!`: still talking when the recording ends.
const DECISIONS: &[(&str, &[&str])] = &[
    ("row_01", &["anna answered"]),
    ("row_01_caller_hangs_up", &["anna answered"]),
    ("row_02", &["anna lost: not_answered"]),
    ("row_03", &["anna lost: gave_up"]),
    ("row_04", &["anna lost: busy"]),
    ("row_05", &["anna lost: rejected"]),
    ("row_06", &["anna lost: not_reachable"]),
    ("row_06_no_reaction", &["anna lost: not_reachable"]),
    ("row_07", &["anna lost: voicemail"]),
    ("row_08", &["bert answered"]),
    ("row_08_the_other", &["anna answered"]),
    (
        "row_09",
        &["anna lost: not_answered", "bert lost: not_answered"],
    ),
    (
        "row_09_in_turn",
        &["anna lost: not_answered", "bert lost: not_answered"],
    ),
    ("row_10", &["bert answered"]),
    ("row_11", &["anna lost: gave_up", "bert lost: gave_up"]),
    ("row_12", &["bert answered"]),
    ("row_13", &["anna answered", "bert answered"]),
    (
        "row_13_by_feature_code",
        &["anna answered", "bert answered"],
    ),
    ("row_14", &["anna answered", "bert lost: not_answered"]),
    ("row_15", &["anna answered", "bert answered"]),
    ("row_15_while_ringing", &["anna answered", "bert answered"]),
    (
        "row_15_while_ringing_in_vain",
        &["anna answered", "bert lost: not_answered"],
    ),
    ("row_16", &["bert answered"]),
    ("row_16_directed", &["bert answered"]),
    ("row_17", &["bert answered"]),
    ("row_18", &["anna answered: forwarded"]),
    ("row_19", &["anna answered"]),
    ("row_20", &["anna answered"]),
    ("row_20_known_to_the_network", &["anna answered"]),
    ("row_21", &[]),
    ("row_21_elsewhere", &[]),
    ("row_22", &[]),
    ("row_23", &["anna answered", "anna answered"]),
    ("row_24", &["anna answered"]),
    ("row_24_n", &["anna answered"]),
    ("row_24_unanswered", &["anna lost: not_answered"]),
    ("row_24_leg_ends_after_hangup", &["anna lost: not_answered"]),
    ("row_25", &["anna answered", "bert answered"]),
    ("row_26", &["anna lost: not_answered"]),
    ("row_27", &["anna answered"]),
    ("row_28", &["anna answered"]),
    ("row_29", &["anna answered!"]),
    ("row_30", &["anna lost: not_answered", "anna answered"]),
    (
        "attended_transfer_by_feature_code",
        &["anna answered", "bert answered"],
    ),
    ("attended_transfer_outside", &["anna answered"]),
    ("click_to_dial", &[]),
    ("conference", &[]),
    (
        "dialplan_goes_on_after_an_answer",
        &["anna answered", "bert lost: not_answered"],
    ),
    ("forwarded_by_the_dialplan", &[]),
    (
        "forwarded_in_vain",
        &["bert lost: not_answered", "anna lost: not_answered"],
    ),
    ("forwarded_outside_in_vain", &["anna lost: not_answered"]),
    (
        "forwarded_leg_ends_after_hangup",
        &["anna lost: not_answered"],
    ),
    ("given_up_while_parked", &["anna answered"]),
    ("group_of_local_channels", &["bert answered"]),
    (
        "group_of_local_channels_given_up",
        &["anna lost: gave_up", "bert lost: gave_up"],
    ),
    ("group_of_local_channels_n", &["bert answered"]),
    ("originated", &[]),
    ("outgoing_call_transferred", &[]),
    ("parked_and_come_back", &["anna answered"]),
    ("picked_up_by_extension", &["bert answered"]),
    ("queue_of_local_channels", &["bert answered"]),
    ("screened_and_declined", &["anna lost: rejected"]),
    ("through_a_did", &["anna answered"]),
    (
        "transferred_into_a_queue",
        &["anna answered", "bert answered"],
    ),
    ("transferred_outside", &["anna answered"]),
    (
        "transferred_there_and_back",
        &["anna answered", "bert answered"],
    ),
    (
        "transferred_to_nobody",
        &["anna answered", "bert lost: not_reachable"],
    ),
    (
        "transferred_to_voicemail",
        &["anna answered", "bert lost: voicemail"],
    ),
    ("two_extensions_of_one_user", &["anna lost: not_answered"]),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// The phones of the private Asterisk, as its hints name them.
fn directory(recording: &str) -> Directory {
    let mut directory = Directory::new();
    let phones_of_anna = match recording {
        "row_19" => "PJSIP/103&PJSIP/104",
        _ => "PJSIP/100",
    };
    directory.add("anna", "100", None, Some(phones_of_anna));
    if recording == "two_extensions_of_one_user" {
        directory.add("anna", "102", None, Some("PJSIP/102"));
    }
    directory.add("bert", "101", None, Some("PJSIP/101"));
    directory
}

fn rules() -> Rules {
    Rules {
        internal_callers: ["_X", "_XX", "_XXX", "_XXXX"].map(Pattern::new).into(),
        unanswered_group: UnansweredGroup::All,
        answered_elsewhere: AnsweredElsewhere::Ignore,
        system_name: String::new(),
    }
}

/// The records there are at the end, in the order of their first mention, and whether each is
/// over.
fn replay(recording: &str) -> Vec<(CallRecord, bool)> {
    let text = std::fs::read_to_string(folder().join(format!("{recording}.jsonl"))).unwrap();
    let (directory, rules) = (directory(recording), rules());
    let mut tracker = Tracker::new();
    let mut records: Vec<(CallRecord, bool)> = Vec::new();
    for line in text.lines() {
        let event: Event = serde_json::from_str(line).unwrap();
        for update in tracker.handle(&event, &directory, &rules) {
            let (record, is_over) = match update {
                Update::Open(record) => (record, false),
                Update::Closed(record) => (record, true),
            };
            let known = records
                .iter_mut()
                .find(|(known, _)| known.reference == record.reference);
            match known {
                Some((_, true)) => panic!("{recording}: closed twice: {record:?}"),
                Some(known) => *known = (record, is_over),
                None => records.push((record, is_over)),
            }
        }
    }
    if records.iter().all(|(_, is_over)| *is_over) {
        assert_eq!(tracker.channels(), 0, "{recording}");
        assert_eq!(tracker.calls_in_progress(), 0, "{recording}");
    }
    records
}

fn word((record, is_over): &(CallRecord, bool)) -> String {
    let json = serde_json::to_string(&record.reason).unwrap();
    let reason = json.trim_matches('"');
    let end = if *is_over { "" } else { "!" };
    match (record.outcome, reason) {
        (Outcome::Answered, "answered") => format!("{} answered{end}", record.user),
        (Outcome::Answered, reason) => format!("{} answered: {reason}{end}", record.user),
        (Outcome::Lost, reason) => format!("{} lost: {reason}{end}", record.user),
    }
}

#[test]
fn real_calls_are_decided_as_before() {
    for (recording, expected) in DECISIONS {
        let records = replay(recording);
        let found: Vec<_> = records.iter().map(word).collect();
        assert_eq!(found, *expected, "{recording}: {records:#?}");
    }
}

#[test]
fn times_of_real_calls_are_in_order() {
    for (recording, _) in DECISIONS {
        for (record, is_over) in replay(recording) {
            let moments = [record.rang, record.answered, record.ended];
            let mut before = record.started;
            for moment in moments.into_iter().flatten() {
                assert!(before <= moment, "{recording}: {record:#?}");
                before = moment;
            }
            assert_eq!(record.ended.is_some(), is_over, "{recording}");
            let is_answered = record.outcome == Outcome::Answered;
            assert_eq!(record.answered.is_some(), is_answered, "{recording}");
        }
    }
}

#[test]
fn every_recording_is_replayed() {
    let files: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<_> = DECISIONS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(files, listed);
}
