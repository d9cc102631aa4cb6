//! Event streams of real calls, replayed: what the tracker decided about them once, it decides
//! always.
//!
//! The module itself recorded them (`record_events`) while `tests/asterisk/rows` ran on Asterisk
//! 22: `ANSITEL_SAVE_RECORDINGS=1 cargo test --test asterisk` makes them anew. Another one is
//! added by copying it here and
//! `scripts/explain --expect tests/recordings/NAME.jsonl >>tests/recordings/decisions.txt`,
//! once what it prints is right. The records themselves, with times, queue, steps and caller,
//! stand in `records.txt`: `BLESS=1 cargo test --test recordings` writes them anew; read the
//! difference.

use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Timestamp, Update};
use res_ansitel_salesforce::calls::recording::Entry;
use res_ansitel_salesforce::calls::tracker::Tracker;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// For each recording the users' decisions, in the order in which they answered, or their phones
/// rang. `!`: still talking when the recording ends.
fn decisions() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("decisions.txt")).unwrap();
    let mut decisions = BTreeMap::new();
    for line in text.lines() {
        let (name, decided) = line.split_once(':').unwrap();
        let before = decisions.insert(name.to_owned(), decided.trim().to_owned());
        assert_eq!(before, None, "{name} occurs twice");
    }
    decisions
}

/// The records there are at the end, in the order of their first mention, and whether each is
/// over.
fn replay(recording: &str) -> Vec<(CallRecord, bool)> {
    let text = std::fs::read_to_string(folder().join(format!("{recording}.jsonl"))).unwrap();
    let mut entries = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let Some(Entry::Setup { setup }) = entries.next() else {
        panic!("{recording} does not begin with a setup");
    };
    let directory = setup.directory();
    let mut tracker = Tracker::new();
    let mut records: Vec<(CallRecord, bool)> = Vec::new();
    for entry in entries {
        let Entry::Event(event) = entry else {
            continue;
        };
        for update in tracker.handle(&event, &directory, &setup.rules) {
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
    for (recording, expected) in decisions() {
        let records = replay(&recording);
        let found: Vec<_> = records.iter().map(word).collect();
        assert_eq!(found.join(", "), expected, "{recording}: {records:#?}");
    }
}

/// A record in a line; times in seconds since the call arrived.
fn line((record, is_over): &(CallRecord, bool)) -> String {
    let since = |at: Option<Timestamp>| match at {
        Some(at) => format!("{:.2}", (at.0 - record.started.0) as f64 / 1e6),
        None => "-".to_owned(),
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let times = [
        record.rang,
        record.rang_until,
        record.answered,
        record.ended,
    ]
    .map(since);
    format!(
        "{}, {} of {}; from {} {}; dialled {}; queue {}; rang {} until {}, answered {}, ended {}; {:?}",
        word(&(record.clone(), *is_over)),
        record.extension,
        record.reference,
        text(&record.caller.number),
        text(&record.caller.name),
        text(&record.dialled),
        text(&record.queue),
        times[0],
        times[1],
        times[2],
        times[3],
        record.steps
    )
}

#[test]
fn whole_records_stay_as_they_were() {
    let mut told = String::new();
    for recording in decisions().into_keys() {
        told += &format!("{recording}\n");
        for record in replay(&recording) {
            told += &format!("    {}\n", line(&record));
        }
    }
    let path = folder().join("records.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (told, expected) in told.lines().zip(expected.lines()) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.lines().count(), expected.lines().count());
}

#[test]
fn times_of_real_calls_are_in_order() {
    for recording in decisions().into_keys() {
        for (record, is_over) in replay(&recording) {
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
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, decisions().into_keys().collect());
}
