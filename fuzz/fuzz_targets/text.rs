//! Foreign text made harmless and short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::messages::text::{cut, length, lines, single_line};
use res_ansitel_salesforce_fuzz::{is_line, number};

fuzz_target!(|data: &[u8]| {
    let (limit, data) = number(data);
    let raw = String::from_utf8_lossy(data);
    let line = single_line(&raw);
    assert!(
        is_line(&line) && line.trim() == line && !line.contains("  "),
        "{line:?}"
    );
    assert!(!line.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\u{200b}', '\u{feff}']));
    assert_eq!(single_line(&line), line);

    let several = lines(&raw);
    assert!(
        several.lines().all(|line| single_line(line) == line),
        "{several:?}"
    );
    // A break at the end is no line of its own.
    assert_eq!(lines(&several).trim_end(), several.trim_end());

    for text in [&*raw, &line, &several] {
        let part = cut(text, limit);
        assert!(length(part) <= limit && text.starts_with(part));
        // As much as fits, but for white space.
        let next = text[part.len()..].trim_start().chars().next();
        if let Some(next) = next {
            let white = text[part.len()..].len() - text[part.len()..].trim_start().len();
            let with_next = &text[..part.len() + white + next.len_utf8()];
            assert!(length(with_next) > limit, "{text:?} {limit}");
        }
        assert!(length(text) > limit || part == text);
    }
});
