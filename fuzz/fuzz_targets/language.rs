//! A language's file with anything in it: it is used or reported in one line, and a call is told in
//! that language all the same, with its reference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::calls::record::{CallRecord, Caller, Outcome, Reason, Timestamp};
use res_ansitel_salesforce::config;
use res_ansitel_salesforce::messages::{compose, files, has_reference};
use res_ansitel_salesforce_fuzz::{is_line, number, section};
use std::fs;
use std::sync::OnceLock;
use tempfile::TempDir;

const TAGS: &[&str] = &["de", "en", "pl", "de-AT", "ru"];

fn call(outcome: Outcome, reason: Reason) -> CallRecord {
    let answered = outcome == Outcome::Answered;
    CallRecord {
        reference: "pbx-1.1-100".to_owned(),
        user: "support".to_owned(),
        extension: "100".to_owned(),
        outcome,
        reason,
        caller: Caller {
            number: Some("+49301234567".to_owned()),
            name: Some("Erika".to_owned()),
            withheld: false,
        },
        dialled: None,
        queue: Some("sales".to_owned()),
        started: Timestamp(1_000_000),
        rang: Some(Timestamp(2_000_000)),
        rang_until: None,
        answered: answered.then_some(Timestamp(5_000_000)),
        ended: Some(Timestamp(95_000_000)),
        steps: Vec::new(),
    }
}

fuzz_target!(|data: &[u8]| {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let (selector, data) = number(data);
    let tag = TAGS[selector % TAGS.len()];
    let file = folder.path().join(format!("{tag}.ftl"));
    fs::write(&file, data).expect("a file");
    let found = files::read(folder.path());
    fs::remove_file(&file).expect("the file");
    for line in found.errors.iter().chain(&found.warnings) {
        assert!(is_line(line) && line.chars().count() < 2_000, "{line:?}");
    }
    let chosen = tag.replace('-', "_");
    let options = [
        ("type", "user"),
        ("username", "a@b.c"),
        ("password", "x"),
        ("extension", "100"),
        ("language", &chosen),
    ];
    let reading = config::read_with(&[section("support", &options)], &found.languages);
    let configuration = reading.configuration.expect("no error in [general]");
    let Some(user) = configuration.users.first() else {
        // A language that only the file would have added.
        assert!(!found.errors.is_empty() && matches!(tag, "pl" | "de-AT"));
        return;
    };
    for (outcome, reason) in [
        (Outcome::Answered, Reason::Answered),
        (Outcome::Lost, Reason::GaveUp),
    ] {
        let texts = compose(&call(outcome, reason), user, None, Some("Europe/Berlin"));
        assert!(is_line(&texts.subject) && !texts.subject.is_empty());
        assert!(is_line(&texts.account_name) && !texts.account_name.is_empty());
        assert!(
            has_reference(&texts.description, "pbx-1.1-100"),
            "{}",
            texts.description
        );
    }
});
