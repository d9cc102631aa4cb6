//! Every language says everything, in its own words.

use super::catalogue::{self, MESSAGES};
use super::check;
use super::compose::compose;
use super::language::{BUILT_IN, Languages};
use super::text::{length, lines, single_line};
use super::words::Words;
use crate::calls::record::{CallRecord, Caller, Outcome, Reason, Step, Timestamp};
use crate::config::settings::User;
use crate::phone;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::BTreeSet;

/// What is the same in a language and in English, word by word.
const COGNATES: &[(&str, &str)] = &[
    ("da", "line-start"),     // Start
    ("da", "line-reference"), // Reference
    ("fr", "minutes"),        // 1 minute, 2 minutes
    ("no", "line-start"),     // Start
    ("sv", "line-start"),     // Start
];

fn tags() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(tag, _)| *tag)
}

fn words(tag: &str) -> Words {
    Words::new(&Languages::built_in().named(tag))
}

/// All variables in a pattern.
fn variables<'a>(pattern: &Pattern<&'a str>, found: &mut BTreeSet<&'a str>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|v| variables(&v.value, found));
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => found.insert(id.name),
            other => panic!("{other:?} where only variables are needed"),
        };
    }
}

/// The variables that each message of a language uses.
fn usage(tag: &str) -> Vec<(String, BTreeSet<String>)> {
    let language = Languages::built_in().named(tag);
    let entries = language.texts()[0].entries();
    let messages = entries.filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        Entry::Comment(_) => None,
        other => panic!("{tag}: {other:?}"),
    });
    let usage = messages.map(|message| {
        let mut found = BTreeSet::new();
        variables(message.value.as_ref().unwrap(), &mut found);
        let found = found.into_iter().map(str::to_owned).collect();
        (message.id.name.to_owned(), found)
    });
    usage.collect()
}

#[test]
fn every_language_has_every_message_once_with_the_same_variables() {
    let catalogue: Vec<&str> = MESSAGES.iter().map(|(id, _)| *id).collect();
    let english = usage("en");
    for tag in tags() {
        let usage = usage(tag);
        let ids: Vec<&str> = usage.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, catalogue, "{tag}");
        for ((id, own), (_, english)) in usage.iter().zip(&english) {
            let known = catalogue::variables(id).unwrap();
            assert!(
                own.iter().all(|v| known.contains(&v.as_str())),
                "{tag} {id}: {own:?}"
            );
            if id == "date-time" {
                // Each in its way, but the day and the time to the second.
                for parts in [
                    &["year", "buddhist-year"][..],
                    &["month", "month2"],
                    &["day", "day2"],
                    &["hour", "hour2", "hour12"],
                    &["minute2"],
                    &["second2"],
                ] {
                    assert!(parts.iter().any(|p| own.contains(*p)), "{tag}: {parts:?}");
                }
                let half = ["half", "hour"].iter().any(|p| own.contains(*p));
                assert!(
                    half || !own.contains("hour12"),
                    "{tag}: which half of the day?"
                );
            } else {
                assert_eq!(own, english, "{tag} {id}");
            }
        }
    }
}

#[test]
fn every_message_can_be_said_in_every_way() {
    for (tag, text) in BUILT_IN {
        let own = check::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{tag}: {e:#?}"));
        let problems = check::problems(&own, &Languages::built_in().named(tag));
        assert_eq!(problems, Vec::<String>::new(), "{tag}");
        let words = words(tag);
        for (id, _) in MESSAGES {
            for sample in catalogue::samples(id) {
                let (said, _) = words.render(id, &sample).unwrap();
                assert!(
                    !said.contains(['{', '}', '$']) && said != *id,
                    "{tag} {id}: {said}"
                );
                // Each given text is there, but for what only chooses.
                for (name, value) in sample.iter() {
                    if let fluent_bundle::FluentValue::String(value) = value
                        && !["known", "half"].contains(&name)
                        && *id != "date-time"
                        && value != "none"
                    {
                        assert!(said.contains(value.as_ref()), "{tag} {id}: {said}");
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    let english = words("en");
    let mut same = Vec::new();
    for tag in tags().filter(|tag| *tag != "en") {
        let words = words(tag);
        for (id, _) in MESSAGES.iter().filter(|(id, _)| *id != "duration-joint") {
            for sample in catalogue::samples(id) {
                if words.render(id, &sample).unwrap().0 == english.render(id, &sample).unwrap().0 {
                    same.push((tag, *id));
                }
            }
        }
    }
    same.dedup();
    assert_eq!(same, COGNATES);
}

#[test]
fn different_things_are_said_differently() {
    for tag in tags() {
        let words = words(tag);
        // Branches of one message, results, units, months and hours.
        for (id, _) in MESSAGES {
            let said: Vec<String> = catalogue::samples(id)
                .iter()
                .map(|sample| words.render(id, sample).unwrap().0)
                .collect();
            let distinct: BTreeSet<&String> = said.iter().collect();
            assert_eq!(distinct.len(), said.len(), "{tag} {id}: {said:#?}");
        }
        for beginning in ["reason-", "subject-", "step-", "line-"] {
            let ids = MESSAGES.iter().filter(|(id, _)| id.starts_with(beginning));
            let said: Vec<String> = ids
                .map(|(id, _)| words.render(id, &catalogue::samples(id)[0]).unwrap().0)
                .collect();
            let distinct: BTreeSet<&String> = said.iter().collect();
            assert_eq!(distinct.len(), said.len(), "{tag} {beginning}: {said:#?}");
        }
    }
}

fn user(tag: &str) -> User {
    User {
        language: Languages::built_in().named(tag),
        ..super::compose::tests::user(&[])
    }
}

/// 2026-03-03T13:05:00Z.
const START: i64 = 1_772_543_100;

fn call(reason: Reason, answered: Option<i64>, steps: Vec<Step>) -> CallRecord {
    let at = |seconds: i64| Timestamp((START + seconds) * 1_000_000);
    CallRecord {
        reference: catalogue::REFERENCE.to_owned(),
        user: "support".to_owned(),
        extension: "100".to_owned(),
        outcome: if answered.is_some() {
            Outcome::Answered
        } else {
            Outcome::Lost
        },
        reason,
        caller: Caller {
            number: Some("0301234567".to_owned()),
            name: Some("Erika Mustermann".to_owned()),
            withheld: false,
        },
        dialled: Some("0305550100".to_owned()),
        queue: Some("hotline".to_owned()),
        started: at(0),
        rang: Some(at(1)),
        rang_until: None,
        answered: answered.map(at),
        ended: Some(at(3_782)),
        steps,
    }
}

/// What a reviewer wants to see of a language.
fn sample(tag: &str) -> String {
    let steps = || {
        vec![
            Step::TransferredFrom {
                from: "101".to_owned(),
            },
            Step::ForwardedTo {
                to: "01711234567".to_owned(),
            },
            Step::TransferredTo {
                to: "102".to_owned(),
            },
        ]
    };
    let user = user(tag);
    let number = phone::read("0301234567", "DE", "");
    let texts = |call: &CallRecord| compose(call, &user, number.as_ref(), Some("Europe/Berlin"));
    let answered = texts(&call(Reason::Forwarded, Some(60), steps()));
    let lost = texts(&call(Reason::GaveUp, None, Vec::new()));
    for texts in [&answered, &lost] {
        for (text, limit) in [(&texts.subject, 255), (&texts.account_name, 255)] {
            assert!(
                length(text) <= limit && single_line(text) == **text,
                "{text}"
            );
        }
        assert!(length(&texts.description) <= 32_000);
        assert_eq!(lines(&texts.description), texts.description);
        assert!(super::has_reference(
            &texts.description,
            catalogue::REFERENCE
        ));
    }
    let words = words(tag);
    let all = |id: &str| -> Vec<String> {
        let samples = catalogue::samples(id);
        samples
            .iter()
            .map(|s| words.render(id, s).unwrap().0)
            .collect()
    };
    let ids = |beginning: &'static str| {
        MESSAGES
            .iter()
            .map(|(id, _)| *id)
            .filter(move |id| id.starts_with(beginning))
    };
    let mut out = vec![
        format!("==== {tag}"),
        answered.account_name,
        answered.subject,
        answered.description,
        String::new(),
        lost.subject,
        lost.description,
        String::new(),
    ];
    out.extend(
        ["subject-answered", "subject-lost", "line-caller"]
            .into_iter()
            .flat_map(all),
    );
    out.extend(
        ["reason-", "number-", "end-"]
            .map(|some| ids(some).flat_map(all).collect::<Vec<_>>().join(" | ")),
    );
    out.extend(["hours", "minutes", "seconds"].map(|unit| all(unit).join(" | ")));
    let firsts: Vec<String> = all("date-time").into_iter().step_by(24).collect();
    out.push(firsts.join(" | "));
    out.join("\n") + "\n"
}

/// `languages/samples.txt` shows whoever reviews a language all of it at once.
#[test]
fn the_samples_are_what_is_written() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/messages/languages/samples.txt"
    );
    let now = tags().map(sample).collect::<Vec<_>>().join("\n");
    if std::env::var_os("RENEW_SAMPLES").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let differing = kept
        .lines()
        .zip(now.lines())
        .find(|(kept, now)| kept != now);
    assert!(
        kept == now,
        "{path} is no longer what is written: {differing:?}\nIf that is meant, renew it with \
         RENEW_SAMPLES=1 cargo test --lib the_samples_are, and read what has changed"
    );
}
