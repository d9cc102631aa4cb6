//! Asterisk's extension patterns.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::config::pattern::{check, matches};
use res_ansitel_salesforce_fuzz::texts;

fuzz_target!(|data: &[u8]| {
    let ([pattern, number], _) = texts(data);
    let is_good = check(&pattern).is_ok();
    let is_match = matches(&pattern, &number);
    if !pattern.starts_with('_') {
        assert_eq!(is_match, pattern == number);
        return;
    }
    assert!(is_good || !is_match, "{pattern} {number}");
    if !is_good || pattern.ends_with(['.', '!']) {
        return;
    }
    // With a wildcard behind it, it matches what begins so.
    let beginnings = || number.char_indices().map(|(end, _)| &number[..end]);
    let begins = beginnings().any(|part| matches(&pattern, part));
    assert_eq!(
        matches(&format!("{pattern}."), &number),
        begins,
        "{pattern} {number}"
    );
    assert_eq!(
        matches(&format!("{pattern}!"), &number),
        begins || is_match,
        "{pattern} {number}"
    );
    // Separators mean nothing, but in a set.
    let bare = pattern.replace('-', "");
    if !pattern.contains('[') && bare.len() > 1 {
        assert_eq!(matches(&bare, &number), is_match, "{pattern} {number}");
    }
});
