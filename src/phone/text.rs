//! From the characters that are sent or typed to the digits that they mean.

use percent_encoding::percent_decode_str;
use rlibphonenumber::PhoneNumberUtil;

/// The text with ASCII digits and punctuation in the place of other scripts' and full-width
/// ones, and without invisible characters, which come along when numbers are copied.
pub(super) fn plain(rules: &PhoneNumberUtil, raw: &str) -> String {
    raw.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            _ if c.is_ascii() => c,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => '-',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).expect("within ASCII"),
            '\u{2019}' => '\'',
            '\u{2044}' | '\u{2215}' => '/',
            '\u{b7}' | '\u{2022}' | '\u{2024}' => '.',
            _ if c.is_whitespace() => ' ',
            _ if c.is_numeric() => {
                let digit = rules.normalize_digits_only(c.encode_utf8(&mut [0; 4]));
                digit.chars().next().unwrap_or(c)
            }
            _ => c,
        })
        .collect()
}

/// Soft hyphens, joiners, marks of the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// The digits of a caller id, which may be a `tel:` or `sip:` URI, with a leading `+` where
/// there is one; see [`digits`].
pub(super) fn sent(rules: &PhoneNumberUtil, raw: &str) -> Vec<String> {
    let raw = plain(rules, raw);
    let raw = raw.trim().trim_start_matches('<').trim_end_matches('>');
    let lower = raw.to_ascii_lowercase();
    let scheme = ["tel:", "sip:", "sips:"]
        .into_iter()
        .find(|scheme| lower.starts_with(scheme));
    let raw = &raw[scheme.map_or(0, str::len)..];
    let raw = raw.split_once('@').map_or(raw, |(user, _)| user);
    let mut parts = raw.split(';');
    let number = parts.next().unwrap_or_default();
    let number = percent_decode_str(number).decode_utf8_lossy();
    // RFC 3966: a number that is local to a calling code.
    let code = parts
        .find_map(|parameter| parameter.strip_prefix("phone-context="))
        .and_then(|context| context.strip_prefix('+'))
        .filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
    let complete = |text: String| match code {
        Some(code) if !text.starts_with('+') => format!("+{code}{text}"),
        _ => text,
    };
    digits(&number).into_iter().map(complete).collect()
}

/// The digits of a number with a leading `+` where there is one. Where it has a `(0)` as people
/// write after a calling code, also without that: it may be part of the number (Italy) and
/// mostly is not, as libphonenumber knows where 0 is the trunk prefix (Germany); where there is
/// no such prefix (Poland), only the second text is a number. Nothing if there is anything in
/// it that is no part of a number.
pub(super) fn digits(number: &str) -> Vec<String> {
    let mut texts = Vec::from_iter(without_punctuation(number));
    if number.contains("(0)") {
        texts.extend(without_punctuation(&number.replacen("(0)", "", 1)));
    }
    texts
}

fn without_punctuation(number: &str) -> Option<String> {
    let mut text = String::new();
    for c in number.chars() {
        match c {
            '+' if text.is_empty() => text.push('+'),
            '0'..='9' => text.push(c),
            _ if is_punctuation(c) => {}
            _ => return None,
        }
    }
    Some(text)
}

/// Does the character stand between the digits of one number?
pub(super) fn is_punctuation(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '\'' | '(' | ')' | '[' | ']')
}
