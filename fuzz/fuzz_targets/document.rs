//! `salesforce.conf` changed line by line: what was meant is there afterwards, also when it is
//! read again, and nothing else has changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::web::conf::{Directive, Document, Wanted, permitted};
use res_ansitel_salesforce_fuzz::{number, texts};
use std::collections::BTreeMap;

fuzz_target!(|data: &[u8]| {
    let (selector, data) = number(data);
    let ([text, section, option, other], values) = texts::<4>(data);
    let before = Document::read(&text);
    assert_eq!(before.text(), text);
    // Names that are no options never get as far.
    let set = BTreeMap::from([(option.clone(), Wanted::Unset)]);
    if permitted::refuse(&section, &set, true).is_empty() {
        assert!(option.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    }
    // Names as the page takes them.
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_name(&section) || !is_name(&option) {
        return;
    }
    let wanted = match (selector % 4, values.as_slice()) {
        (0, _) => Wanted::Unset,
        (1, [one, ..]) => Wanted::One(one.clone()),
        _ => Wanted::Many(values.clone()),
    };
    let mut after = before.clone();
    if selector & 16 != 0 {
        if before.has(&section) || after.add(&section, &[(&option, wanted.clone())]).is_err() {
            return;
        }
    } else if after.change(&section, &option, &wanted).is_err() {
        return;
    }
    let again = Document::read(&after.text());
    assert_eq!(again.text(), after.text());
    // No change brings a line to life that includes a file or runs a program.
    let programs = |document: &Document| {
        let all = document.directives().into_iter();
        all.filter(|one| !matches!(one, Directive::Unknown(_))).collect::<Vec<_>>()
    };
    if !before.text().contains(";--") || again.does_as(&before) {
        assert_eq!(programs(&again), programs(&before));
    }
    let expected = match &wanted {
        Wanted::Unset => Vec::new(),
        Wanted::One(value) => vec![value.clone()],
        Wanted::Many(values) => values.clone(),
    };
    // A comment of several lines that is never closed swallows what is added behind it: Asterisk's
    // reader finds that out before the file is used.
    if !text.contains(";--") && !text.contains("--;") {
        assert_eq!(again.own(&section, &option), expected);
        assert_eq!(again.own(&section, &option), after.own(&section, &option));
        if is_name(&other) && !other.eq_ignore_ascii_case(&section) {
            assert_eq!(again.own_options(&other), before.own_options(&other));
            assert_eq!(again.own(&other, &option), before.own(&other, &option));
        }
        if !other.eq_ignore_ascii_case(&option) {
            assert_eq!(again.own(&section, &other), before.own(&section, &other));
        }
        let mut gone = again.clone();
        if gone.remove(&section).is_ok() {
            let gone = Document::read(&gone.text());
            assert!(!gone.has(&section));
        }
    }
});
