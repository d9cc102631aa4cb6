//! SOQL and SOSL: no text gets out of its literal. With the literals taken out, a query is the
//! same whatever was asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::config::settings::Lookup;
use res_ansitel_salesforce::salesforce::fuzzing;
use res_ansitel_salesforce_fuzz::texts;
use std::collections::BTreeSet;

/// The query with each literal (or row of literals) as `?`.
fn skeleton(query: &str, quote: char) -> String {
    let mut bare = String::new();
    let mut characters = query.chars();
    while let Some(character) = characters.next() {
        if character != quote {
            bare.push(character);
            continue;
        }
        bare.push('?');
        loop {
            match characters.next().expect("the literal ends") {
                '\\' => drop(characters.next().expect("an escaped character")),
                end if end == quote => break,
                inside => assert!(!inside.is_control(), "{query:?}"),
            }
        }
    }
    while bare.contains("?, ?") {
        bare = bare.replace("?, ?", "?");
    }
    bare
}

fuzz_target!(|data: &[u8]| {
    let ([text], others) = texts(data);
    let mut all: Vec<&str> = vec![&text];
    all.extend(others.iter().map(String::as_str));
    let since = Timestamp(1_700_000_000_000_000);

    let phones: Vec<_> = all.iter().map(|phone| Some(*phone)).collect();
    for (hostile, harmless) in [
        (fuzzing::select_case(&text), fuzzing::select_case("x")),
        (fuzzing::select_users(&all), fuzzing::select_users(&["x"])),
        (
            fuzzing::select_cases_now(&all),
            fuzzing::select_cases_now(&["x"]),
        ),
        (
            fuzzing::select_tasks(&all, since),
            fuzzing::select_tasks(&["x"], since),
        ),
        (
            fuzzing::select_accounts(&all, since),
            fuzzing::select_accounts(&["x"], since),
        ),
        (
            fuzzing::select_cases(&phones, &text, since),
            fuzzing::select_cases(&[Some("x")], "x", since),
        ),
        (
            fuzzing::select_cases(&[None, Some(&text)], &text, since),
            fuzzing::select_cases(&[None, Some("x")], "x", since),
        ),
    ] {
        assert_eq!(
            skeleton(&hostile, '\''),
            skeleton(&harmless, '\''),
            "{hostile}"
        );
    }

    let forms: Vec<String> = all.iter().map(|form| (*form).to_owned()).collect();
    let harmless = ["12".to_owned()];
    for sosl in fuzzing::by_phone(Lookup::Sosl, &forms) {
        let bare = skeleton(&sosl, '"');
        let inside = bare
            .strip_prefix("FIND {")
            .expect("the beginning of a search");
        let (terms, rest) = inside.split_once('}').expect("the end of its expression");
        // Digits, perhaps with whatever follows them, or a phrase.
        let is_term = |term: &str| {
            let digits = term.strip_suffix('*').unwrap_or(term);
            term == "?" || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        };
        assert!(terms.split(" OR ").all(is_term), "{sosl}");
        let harmless = &fuzzing::by_phone(Lookup::Sosl, &harmless)[0];
        assert_eq!(
            Some(rest),
            harmless.split_once('}').map(|(_, rest)| rest),
            "{sosl}"
        );
    }
    let hostile = fuzzing::by_phone(Lookup::Soql, &forms);
    for (soql, harmless) in hostile
        .iter()
        .zip(fuzzing::by_phone(Lookup::Soql, &harmless))
    {
        let (hostile, harmless) = (skeleton(soql, '\''), skeleton(&harmless, '\''));
        assert_eq!(conditions(&hostile), conditions(&harmless), "{soql}");
    }
});

/// What a query asks for, the distinct conditions, and what follows them.
fn conditions(query: &str) -> (&str, BTreeSet<&str>, &str) {
    let (head, rest) = query.split_once(" WHERE ").expect("conditions");
    let (conditions, tail) = rest.split_once(" LIMIT ").expect("a limit");
    (head, conditions.split(" OR ").collect(), tail)
}
