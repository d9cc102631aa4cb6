//! All recordings of the tests are explained, and some word by word.

use crate::anonymise::anonymise;
use crate::replay::{Replay, read, replay};
use crate::report::report;
use std::fs;
use std::path::PathBuf;

fn recordings() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn replayed(name: &str) -> Replay {
    let (_, text) = recordings().into_iter().find(|(n, _)| n == name).unwrap();
    replay(&read(&text).unwrap()).unwrap()
}

#[test]
fn every_decision_is_told_and_every_call_without() {
    for (name, text) in recordings() {
        let replay = replay(&read(&text).unwrap()).unwrap();
        let told = report(&replay);
        for (record, _) in &replay.records {
            let outcome = serde_json::to_value(record.outcome).unwrap();
            let verdict = format!("  => {}: {}", record.user, outcome.as_str().unwrap());
            let reference = format!("[{}]", record.reference);
            let found = |line: &str| line.starts_with(&verdict) && line.ends_with(&reference);
            assert_eq!(
                told.lines().filter(|line| found(line)).count(),
                1,
                "{name}: {told}"
            );
        }
        // No call is passed over in silence.
        for call in told.split("\nCall ").skip(1) {
            assert!(call.contains("\n  => "), "{name}: {call}");
        }
        if replay.records.is_empty() {
            let none = told.contains("=> no Case: ") || told.contains(": none: ");
            assert!(none, "{name}: {told}");
        }
    }
}

/// `BLESS=1 cargo test --example explain` writes them anew: read the difference.
#[test]
fn some_reports_word_by_word() {
    for name in [
        "row_03",
        "row_10",
        "row_13",
        "row_21",
        "row_29",
        "forwarded_in_vain",
    ] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/explain/golden");
        let path = folder.join(format!("{name}.txt"));
        let told = report(&replayed(name));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &told).unwrap();
        }
        assert_eq!(told, fs::read_to_string(&path).unwrap(), "{name}");
    }
}

#[test]
fn other_people_same_decisions() {
    for (name, text) in recordings() {
        let anonymous = anonymise(&read(&text).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        for personal in ["493012345678", "Erika", "anna", "bert"] {
            assert!(!anonymous.contains(personal), "{name}: {personal}");
        }
        assert_eq!(text.lines().count(), anonymous.lines().count(), "{name}");
    }
}

#[test]
fn who_would_be_decided_differently_is_not_anonymised() {
    let (_, text) = recordings()
        .into_iter()
        .find(|(name, _)| name == "row_01")
        .unwrap();
    let pattern = text.replace("\"_XXXX\"", "\"_+493012X.\"");
    let problem = anonymise(&read(&pattern).unwrap()).unwrap_err();
    assert!(problem.contains("internal_callers"), "{problem}");
}

#[test]
fn what_is_no_recording_is_said() {
    assert!(read("{\"at\":1}").is_err_and(|e| e.starts_with("line 1: ")));
    let event = r#"{"at":5,"event":"gone","uniqueid":"1.2"}"#;
    let problem = replay(&read(event).unwrap()).err().unwrap();
    assert!(problem.contains("older version"), "{problem}");
}
