//! Cuts a SOQL statement, or the bracketed parts of a SOSL one, into words.

use super::error_at;
use crate::error::ApiError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// A name or keyword; dots join relationships and fields.
    Name(String),
    /// A number, date or date-time, as written.
    Bare(String),
    /// What stood between quotes, escapes and all; they are known to be valid.
    Quoted(String),
    Symbol(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub word: Word,
    pub at: usize,
}

const SYMBOLS: [&str; 12] = [
    "!=", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", ":", "*",
];

/// The words from byte `start` on, and an end mark; `code` is the error's code.
pub(crate) fn words(text: &str, start: usize, code: &'static str) -> Result<Vec<Placed>, ApiError> {
    let mut words = Vec::new();
    let mut at = start;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (word, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c == '\'' {
            let length = quoted(text, at, code)?;
            (Word::Quoted(rest[1..length - 1].to_owned()), length)
        } else if c.is_ascii_alphabetic() {
            let length = run(rest, |c| {
                c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
            });
            (Word::Name(rest[..length].to_owned()), length)
        } else if c.is_ascii_digit() || matches!(c, '-' | '+') {
            let length = run(rest, |c| {
                c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | ':')
            });
            (Word::Bare(rest[..length].to_owned()), length)
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            (Word::Symbol(symbol), symbol.len())
        } else {
            return Err(error_at(
                code,
                text,
                at,
                &format!("unexpected token: '{c}'"),
            ));
        };
        words.push(Placed { word, at });
        at += length;
    }
    words.push(Placed {
        word: Word::End,
        at,
    });
    Ok(words)
}

fn run(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !part(c)).unwrap_or(text.len())
}

/// The length of a quoted text, quotes included.
fn quoted(text: &str, start: usize, code: &'static str) -> Result<usize, ApiError> {
    let mut chars = text[start + 1..].char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\'' => return Ok(i + 2),
            '\n' | '\r' => break,
            '\\' => match chars.next() {
                Some((_, c)) if "nrtbf\"'\\%_NRTBF".contains(c) => {}
                Some((_, 'u' | 'U')) => {}
                _ => {
                    let at = start + 1 + i;
                    return Err(error_at(
                        code,
                        text,
                        at,
                        "invalid character escape in a string",
                    ));
                }
            },
            _ => {}
        }
    }
    Err(error_at(
        code,
        text,
        start,
        "line breaks and open quotes are not allowed in string literals",
    ))
}

/// One character of a quoted text: as it is, or escaped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Letter {
    Plain(char),
    Escaped(char),
}

/// The characters that a quoted text stands for.
pub(crate) fn letters(quoted: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            letters.push(Letter::Plain(c));
            continue;
        }
        letters.push(Letter::Escaped(match chars.next() {
            Some('n' | 'N') => '\n',
            Some('r' | 'R') => '\r',
            Some('t' | 'T') => '\t',
            Some('b' | 'B') => '\u{8}',
            Some('f' | 'F') => '\u{c}',
            Some('u' | 'U') => {
                let hex: String = chars.by_ref().take(4).collect();
                u32::from_str_radix(&hex, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or('\u{fffd}')
            }
            Some(c) => c,
            None => break,
        }));
    }
    letters
}

/// The text that a quoted text stands for.
pub(crate) fn unquoted(quoted: &str) -> String {
    letters(quoted)
        .into_iter()
        .map(|l| match l {
            Letter::Plain(c) | Letter::Escaped(c) => c,
        })
        .collect()
}
