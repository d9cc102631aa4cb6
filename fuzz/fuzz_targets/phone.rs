//! Numbers that trunks send and people store, in a few countries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::phone;
use res_ansitel_salesforce_fuzz::{number, texts};
use std::collections::BTreeSet;

const COUNTRIES: &[&str] = &["DE", "AT", "US", "IT", "MX", "AR", "FR", "GB", "JP", "PL"];
const PREFIXES: &[&str] = &["", "0", "9", "+"];

fuzz_target!(|data: &[u8]| {
    let (selector, data) = number(data);
    let country = COUNTRIES[selector % COUNTRIES.len()];
    let prefix = PREFIXES[selector / COUNTRIES.len() % PREFIXES.len()];
    let ([sent, stored], _) = texts(data);
    let Some(number) = phone::read(&sent, country, prefix) else {
        return;
    };
    let e164 = number.e164();
    let digits = e164.strip_prefix('+').expect("a plus");
    assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{e164}");
    // libphonenumber takes up to 17 digits behind the calling code.
    assert!((SHORTEST..=20).contains(&digits.len()), "{e164}");
    assert!(!phone::is_withheld_word(&sent));
    // The same in each of its own forms, wherever they are read.
    assert!(number.matches(&e164, country), "{e164}");
    assert!(
        number.matches(&number.international(), country),
        "{number:?}"
    );
    assert_eq!(phone::read(&e164, country, "").as_ref(), Some(&number));

    let forms = number.lookup_forms();
    assert_eq!(forms.first().map(String::as_str), Some(digits));
    assert_eq!(forms.iter().collect::<BTreeSet<_>>().len(), forms.len());
    assert!(
        forms
            .iter()
            .all(|form| form.len() > 1 && form.bytes().all(|b| b.is_ascii_digit()))
    );

    // What is read as another number is not this one, unless it holds several.
    let is_found = number.matches(&stored, country);
    if let Some(other) = phone::read(&stored, country, "") {
        if other == number {
            assert!(is_found, "{stored:?} {number:?}");
        }
        assert_eq!(
            other.matches(&e164, country),
            number.matches(&other.e164(), country)
        );
    }
});

/// Digits of the shortest numbers with their calling code.
const SHORTEST: usize = 4;
