//! Foreign text made harmless, and cut to Salesforce's field limits.

/// One line without control characters, invisible format characters and direction overrides;
/// runs of white space become one space. Works on at most 10,000 characters: nobody reads more.
pub fn single_line(raw: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in raw.chars().take(10_000) {
        if c.is_control() || c.is_whitespace() {
            gap = !out.is_empty();
        } else if !is_invisible(c) {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    out
}

/// The same line by line: line breaks and empty lines stay, everything else as in
/// [`single_line`].
pub fn lines(raw: &str) -> String {
    let lines: Vec<String> = raw.lines().map(single_line).collect();
    lines.join("\n")
}

/// Characters that change how their neighbours look and are not seen themselves. Joiners
/// (U+200C, U+200D) stay: names in several scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// At most `limit` units as Salesforce counts them: UTF-16 units, a line break being two (it
/// is stored as CR LF). Never cuts a character apart; no space is left at the end.
pub fn cut(text: &str, limit: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += units(c);
        if used > limit {
            return text[..at].trim_end();
        }
    }
    text
}

/// How much of a field's limit `text` takes.
pub fn length(text: &str) -> usize {
    text.chars().map(units).sum()
}

fn units(c: char) -> usize {
    if c == '\n' { 2 } else { c.len_utf16() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_becomes_one_harmless_line() {
        assert_eq!(
            single_line("Eve\r\nSubject: x\0\u{1b}[31m"),
            "Eve Subject: x [31m"
        );
        assert_eq!(
            single_line("\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}"),
            "gnp.exe"
        );
        assert_eq!(single_line("  a\t\u{a0}\u{2028} b  "), "a b");
        assert_eq!(single_line("' OR 1=1 -- {x}"), "' OR 1=1 -- {x}");
        assert_eq!(single_line("نام\u{200c}ها"), "نام\u{200c}ها");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("a \r\n\n b\u{7}"), "a\n\nb");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("äöü", 2), "äö");
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
        assert_eq!(cut("a b", 2), "a");
        assert_eq!(cut("a\nb", 3), "a");
        assert_eq!(cut("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn nothing_harmful_survives(raw in "\\PC*|[\\x00-\\x20\u{202a}-\u{202e}x]*") {
            let clean = single_line(&raw);
            prop_assert!(!clean.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean.trim(), &clean);
            prop_assert_eq!(single_line(&clean), clean);
        }

        #[test]
        fn a_cut_fits_and_is_a_beginning(raw in any::<String>(), limit in 0usize..50) {
            let part = cut(&raw, limit);
            prop_assert!(length(part) <= limit);
            prop_assert!(raw.starts_with(part));
        }
    }
}
