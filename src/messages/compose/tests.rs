//! The texts of Cases and Accounts, as people in an office read them.

use super::*;
use crate::calls::record::{Caller, Timestamp};
use crate::config::{RawOption, RawSection, read};
use proptest::prelude::*;

const ZONE: Option<&str> = Some("Europe/Berlin");
/// 2026-03-03T13:05:00Z.
const START: i64 = 1_772_543_100_000_000;

pub fn user(options: &[(&str, &str)]) -> User {
    let base = [
        ("type", "user"),
        ("username", "a@b.c"),
        ("password", "x"),
        ("extension", "100"),
    ];
    let options = base.iter().chain(options).map(|(name, value)| RawOption {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        file: String::new(),
        line: 0,
    });
    let section = RawSection {
        name: "support".to_owned(),
        file: String::new(),
        line: 0,
        options: options.collect(),
    };
    let reading = read(&[section]);
    assert_eq!(reading.errors, []);
    reading.configuration.unwrap().users.remove(0)
}

fn call() -> CallRecord {
    let at = |seconds: i64| Some(Timestamp(START + seconds * 1_000_000));
    CallRecord {
        reference: "pbx-1772543100.7-100".to_owned(),
        user: "support".to_owned(),
        extension: "100".to_owned(),
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        caller: Caller {
            number: Some("0301234567".to_owned()),
            name: Some("Erika Mustermann".to_owned()),
            withheld: false,
        },
        dialled: Some("0049305550100".to_owned()),
        queue: Some("support-queue".to_owned()),
        started: Timestamp(START),
        rang: at(1),
        rang_until: None,
        answered: at(9),
        ended: at(9 + 260),
        steps: Vec::new(),
    }
}

fn lost(reason: Reason) -> CallRecord {
    CallRecord {
        outcome: Outcome::Lost,
        reason,
        answered: None,
        ..call()
    }
}

fn texts(call: &CallRecord, user: &User) -> Texts {
    let number = call
        .caller
        .number
        .as_deref()
        .and_then(|raw| phone::read(raw, &user.country, ""));
    compose(call, user, number.as_ref(), ZONE)
}

#[test]
fn an_answered_call_in_german() {
    let texts = texts(&call(), &user(&[("language", "de")]));
    assert_eq!(texts.subject, "Anruf von Erika Mustermann (+49 30 1234567)");
    assert_eq!(
        texts.description,
        "Anrufer: Erika Mustermann, +49 30 1234567\n\
         Ergebnis: angenommen\n\
         Gewählte Nummer: +49 30 5550100\n\
         Warteschlange: support-queue\n\
         Nebenstelle: 100\n\
         Beginn: 03.03.2026, 14:05:00 Uhr\n\
         Ende: 03.03.2026, 14:09:29 Uhr\n\
         Klingeldauer: 8 Sekunden\n\
         Gesprächsdauer: 4 Minuten 20 Sekunden\n\
         \n\
         Referenz: pbx-1772543100.7-100"
    );
    assert_eq!(texts.account_name, "Anrufer +49301234567");
    assert_eq!(texts.supplied_phone.as_deref(), Some("+49301234567"));
    assert_eq!(texts.supplied_name.as_deref(), Some("Erika Mustermann"));
    assert_eq!(
        (texts.case_fields.len(), texts.account_fields.len()),
        (0, 0)
    );
}

#[test]
fn a_lost_call_in_english() {
    let mut call = lost(Reason::GaveUp);
    call.caller.name = None;
    call.dialled = Some("4711".to_owned());
    call.queue = None;
    let texts = texts(&call, &user(&[("language", "en_US")]));
    assert_eq!(texts.subject, "Missed call from +49 30 1234567");
    assert_eq!(
        texts.description,
        "Caller: +49 30 1234567\n\
         Result: caller hung up before anyone answered\n\
         Dialled number: 4711\n\
         Extension: 100\n\
         Start: 3 March 2026, 14:05:00\n\
         End: 3 March 2026, 14:09:29\n\
         Ring time: 4 minutes 28 seconds\n\
         \n\
         Reference: pbx-1772543100.7-100"
    );
    assert_eq!(texts.account_name, "Caller +49301234567");
}

#[test]
fn what_is_known_of_the_caller() {
    let subject = |number: Option<&str>, name: Option<&str>, withheld, language| {
        let mut call = lost(Reason::NotAnswered);
        let name = name.map(str::to_owned);
        call.caller = Caller {
            number: number.map(str::to_owned),
            name,
            withheld,
        };
        let texts = texts(&call, &user(&[("language", language)]));
        (
            texts.subject,
            texts.supplied_phone.unwrap_or_default(),
            texts.supplied_name.unwrap_or_default(),
        )
    };
    let expect = |subject: &str, phone: &str, name: &str| {
        (subject.to_owned(), phone.to_owned(), name.to_owned())
    };
    for (number, name, withheld, expected) in [
        (
            None,
            None,
            true,
            expect("Entgangener Anruf mit unterdrückter Rufnummer", "", ""),
        ),
        // What the network knows although the caller withholds it is not written down.
        (
            Some("0301234567"),
            Some("Max"),
            true,
            expect("Entgangener Anruf mit unterdrückter Rufnummer", "", ""),
        ),
        (
            Some("anonymous"),
            Some("Anonymous"),
            false,
            expect("Entgangener Anruf mit unterdrückter Rufnummer", "", ""),
        ),
        (
            None,
            None,
            false,
            expect("Entgangener Anruf ohne Rufnummer", "", ""),
        ),
        (
            None,
            Some("Max"),
            false,
            expect("Entgangener Anruf von Max (ohne Rufnummer)", "", "Max"),
        ),
        (
            Some("alice"),
            None,
            false,
            expect("Entgangener Anruf von alice", "alice", ""),
        ),
        // A trunk that sends the number as name.
        (
            Some("0301234567"),
            Some("+49 30 1234567"),
            false,
            expect("Entgangener Anruf von +49 30 1234567", "+49301234567", ""),
        ),
        (
            Some("alice"),
            Some("alice"),
            false,
            expect("Entgangener Anruf von alice", "alice", ""),
        ),
        (
            Some("0301234567"),
            Some("030"),
            false,
            expect(
                "Entgangener Anruf von 030 (+49 30 1234567)",
                "+49301234567",
                "030",
            ),
        ),
    ] {
        assert_eq!(
            subject(number, name, withheld, "de"),
            expected,
            "{number:?} {name:?}"
        );
    }
    assert_eq!(
        subject(None, None, true, "en").0,
        "Missed call from a withheld number"
    );
    assert_eq!(subject(None, None, false, "th").0, "สายที่ไม่ได้รับซึ่งไม่มีหมายเลข");
}

#[test]
fn every_reason_has_words_in_every_language() {
    let reasons = [
        Reason::Answered,
        Reason::Forwarded,
        Reason::NotAnswered,
        Reason::GaveUp,
        Reason::Busy,
        Reason::Rejected,
        Reason::NotReachable,
        Reason::Voicemail,
        Reason::AnsweredElsewhere,
    ];
    for (language, _) in crate::messages::language::BUILT_IN {
        let mut seen = Vec::new();
        for reason in reasons {
            let texts = texts(
                &lost(reason),
                &user(&[
                    ("language", language),
                    ("description", "{reason}|{reason_code}"),
                ]),
            );
            let (words, code) = texts
                .description
                .lines()
                .next()
                .unwrap()
                .split_once('|')
                .unwrap();
            assert!(
                !words.starts_with("reason-") && !words.is_empty(),
                "{words}"
            );
            assert_eq!(
                code,
                serde_json::to_value(reason).unwrap().as_str().unwrap()
            );
            assert!(!seen.contains(&words.to_owned()), "{words}");
            seen.push(words.to_owned());
        }
    }
}

#[test]
fn forwards_and_transfers_are_told() {
    let mut call = call();
    call.reason = Reason::Forwarded;
    call.steps = vec![
        Step::TransferredFrom {
            from: "101".to_owned(),
        },
        Step::ForwardedTo {
            to: "01711234567".to_owned(),
        },
        Step::TransferredTo {
            to: "102".to_owned(),
        },
    ];
    let german = texts(&call, &user(&[("language", "de")])).description;
    assert!(
        german.contains("Ergebnis: über die Rufumleitung an +49 171 1234567 angenommen\n"),
        "{german}"
    );
    assert!(
        german.contains(
            "\nWeiterverbunden von 101\nWeitergeleitet an +49 171 1234567\nWeiterverbunden an 102\n"
        ),
        "{german}"
    );
    call.steps.clear();
    let english = texts(&call, &user(&[("language", "en")])).description;
    assert!(
        english.contains("Result: answered after call forwarding\n"),
        "{english}"
    );
}

#[test]
fn an_end_nobody_saw() {
    let call = CallRecord {
        ended: None,
        ..call()
    };
    let german = texts(&call, &user(&[("language", "de")])).description;
    assert!(
        german.contains("Ende: unbekannt\n") && german.contains("Gesprächsdauer: unbekannt\n"),
        "{german}"
    );
    assert!(german.contains("Klingeldauer: 8 Sekunden\n"));
}

#[test]
fn templates_of_the_administrator() {
    let user = user(&[
        ("language", "de"),
        ("account_name", "Neu: {number}"),
        (
            "subject_answered",
            "{{{user}}} {national}|{international}|{name}|{extension}",
        ),
        ("subject_lost", "{number} {name}"),
        (
            "description",
            "{start}|{end}|{ring}|{talk}|{ring_seconds}|{talk_seconds}|{reason}|{reason_code}|{dialled}|{queue}|{reference}",
        ),
        ("case_field", "Priority=High"),
        ("case_field", "Number__c={number}"),
        ("case_field", "Talk__c={talk_seconds}"),
        ("account_field", "Description=x {name}"),
    ]);
    let answered = texts(&call(), &user);
    assert_eq!(
        answered.subject,
        "{support} 030 1234567|+49 30 1234567|Erika Mustermann|100"
    );
    assert_eq!(
        answered.description,
        "03.03.2026, 14:05:00 Uhr|03.03.2026, 14:09:29 Uhr|8 Sekunden|4 Minuten 20 Sekunden|8|260|\
         angenommen|answered|0049305550100|support-queue|pbx-1772543100.7-100\n\nReferenz: pbx-1772543100.7-100"
    );
    assert_eq!(answered.account_name, "Neu: +49301234567");
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        answered.case_fields,
        [
            field("Priority", "High"),
            field("Number__c", "+49301234567"),
            field("Talk__c", "260")
        ]
    );
    assert_eq!(
        answered.account_fields,
        [field("Description", "x Erika Mustermann")]
    );

    // A text gets a word for what is not known, a field of its own gets nothing.
    let mut withheld = lost(Reason::Busy);
    withheld.caller = Caller {
        number: None,
        name: None,
        withheld: true,
    };
    let withheld = texts(&withheld, &user);
    assert_eq!(withheld.subject, "unterdrückt");
    assert_eq!(
        withheld.case_fields,
        [field("Priority", "High"), field("Talk__c", "0")]
    );
}

#[test]
fn a_subject_is_never_empty() {
    let mut call = call();
    call.caller.name = None;
    let texts = texts(
        &call,
        &user(&[("subject_answered", "{name}"), ("account_name", "{name}")]),
    );
    assert_eq!(texts.subject, "Anruf von +49 30 1234567");
    assert_eq!(texts.account_name, "Anrufer +49301234567");
}

#[test]
fn the_reference_is_found_again() {
    let call = call();
    let description = texts(&call, &user(&[])).description;
    assert!(has_reference(&description, &call.reference));
    assert!(has_reference(
        &format!("{}\r\n", description.replace('\n', "\r\n")),
        &call.reference
    ));
    assert!(!has_reference(&description, "1772543100.7-100"));
    assert!(!has_reference(&description, "bx-1772543100.7-100"));
    assert!(!has_reference(&description, "pbx-1772543100.7-10"));
    assert!(!has_reference(&description, ""));
    assert!(!has_reference("", &call.reference));
    assert!(!has_reference(
        &format!("{}\nx", call.reference),
        &call.reference
    ));
}

/// What a caller can send, and Asterisk's names for things.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\r\n\u{0}-\u{1f}\u{202a}-\u{202e}'\\\\{}\"a-z ]{0,60}",
        Just("😀".repeat(5_000)),
        Just("' OR Name LIKE '%\r\nReferenz: pbx-1-1 {number} { $x }".to_owned()),
    ]
}

proptest! {
    #[test]
    fn whatever_is_sent_ends_up_as_harmless_text_within_the_limits(
        number in hostile(), name in hostile(), other in hostile(), language in "de|en|th|ja|ru",
        own in proptest::option::of("[a-zA-Z {]{0,20}".prop_map(|text| text.replace('{', "{name}"))),
    ) {
        let mut options = vec![("language", language.as_str())];
        if let Some(own) = &own {
            options.extend([
                ("description", own.as_str()), ("subject_lost", own), ("account_name", own),
            ]);
        }
        let user = user(&options);
        let mut call = lost(Reason::NotAnswered);
        call.caller = Caller { number: Some(number), name: Some(name), withheld: false };
        call.dialled = Some(other.clone());
        call.queue = Some(other.clone());
        call.steps = vec![Step::ForwardedTo { to: other }];
        let texts = texts(&call, &user);
        for (text, limit) in [
            (Some(&texts.subject), 255), (Some(&texts.account_name), 255),
            (texts.supplied_name.as_ref(), 80), (texts.supplied_phone.as_ref(), 40),
        ] {
            let Some(text) = text else { continue };
            prop_assert!(!text.trim().is_empty());
            prop_assert!(text.encode_utf16().count() <= limit, "{}", text);
            prop_assert_eq!(&single_line(text), text);
        }
        prop_assert!(texts.description.lines().count() <= 12);
        prop_assert_eq!(&lines(&texts.description), &texts.description);
        prop_assert!(has_reference(&texts.description, &call.reference));
        prop_assert!(!has_reference(&texts.description, "pbx-1-1"));
    }
}

#[test]
fn a_description_is_cut_above_its_reference() {
    let long = "ä\n".repeat(40_000);
    let mut user = user(&[]);
    user.description = Some(Template::parse(&long).unwrap());
    user.case_fields = vec![("Long__c".to_owned(), Template::parse(&long).unwrap())];
    let texts = texts(&call(), &user);
    assert!(length(&texts.description) <= 32_000 && length(&texts.description) > 31_900);
    assert!(
        texts
            .description
            .ends_with("ä\n\nReferenz: pbx-1772543100.7-100")
    );
    assert!(length(&texts.case_fields[0].1) <= 32_000);
}

#[test]
fn a_running_call_says_nothing_of_its_end() {
    let call = CallRecord {
        ended: None,
        ..call()
    };
    let options = [
        ("subject_answered", "{talk}"),
        ("case_field", "End__c={end}"),
    ];
    for (language, words) in [("de", "noch im Gespräch"), ("en", "still in progress")] {
        let user = user(&[&options[..], &[("language", language)]].concat());
        let texts = compose_running(&call, &user, None, ZONE);
        let over = compose(&call, &user, None, ZONE);
        assert_eq!(texts.subject, words);
        assert_eq!(texts.case_fields, []);
        let lines = |texts: &Texts| texts.description.lines().count();
        assert_eq!(lines(&texts) + 2, lines(&over), "end and talk time");
        assert!(has_reference(&texts.description, &call.reference));
    }
}
