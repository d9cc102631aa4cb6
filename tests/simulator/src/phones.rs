//! The search index over phone fields, in both ways that Salesforce may cut
//! numbers into terms (see [`crate::PhoneSearch`]).

use std::collections::BTreeSet;

/// One character of a search term: itself, any run of characters, or any one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Char(char),
    Star,
    One,
}

type Pairs = BTreeSet<(Box<str>, u32)>;

/// Which rows hold which numbers.
#[derive(Default)]
pub(crate) struct PhoneIndex {
    /// All digits of a number, in order and reversed (for "ends with").
    digits: Pairs,
    reversed: Pairs,
    /// The runs of digits of a number.
    tokens: Pairs,
}

impl PhoneIndex {
    pub(crate) fn add(&mut self, number: &str, row: u32) {
        let (digits, reversed) = both_ways(number);
        self.digits.insert((digits, row));
        self.reversed.insert((reversed, row));
        for token in tokens(number) {
            self.tokens.insert((token.into(), row));
        }
    }

    pub(crate) fn remove(&mut self, number: &str, row: u32) {
        let (digits, reversed) = both_ways(number);
        self.digits.remove(&(digits, row));
        self.reversed.remove(&(reversed, row));
        for token in tokens(number) {
            self.tokens.remove(&(token.into(), row));
        }
    }

    /// Rows with a number that a term finds when numbers are searched by their digits.
    pub(crate) fn by_digits(&self, term: &[Glyph]) -> BTreeSet<u32> {
        if term
            .iter()
            .any(|g| matches!(g, Glyph::Char(c) if c.is_alphabetic()))
        {
            return BTreeSet::new();
        }
        let pattern: Vec<Glyph> = term
            .iter()
            .copied()
            .filter(|g| !matches!(g, Glyph::Char(c) if !c.is_ascii_digit()))
            .collect();
        match literal(&pattern) {
            Some(digits) if digits.is_empty() => BTreeSet::new(),
            Some(digits) => {
                let ending: String = digits.chars().rev().collect();
                starting_with(&self.reversed, &ending)
                    .map(|(_, row)| *row)
                    .collect()
            }
            None => starting_with(&self.digits, &head(&pattern))
                .filter(|(digits, _)| matches(&pattern, digits))
                .map(|(_, row)| *row)
                .collect(),
        }
    }

    /// Rows that hold the first piece of a term; the caller checks that the
    /// others follow it in the same field.
    pub(crate) fn by_token(&self, piece: &[Glyph]) -> BTreeSet<u32> {
        starting_with(&self.tokens, &head(piece))
            .filter(|(token, _)| matches(piece, token))
            .map(|(_, row)| *row)
            .collect()
    }
}

fn both_ways(number: &str) -> (Box<str>, Box<str>) {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let reversed: String = digits.chars().rev().collect();
    (digits.into(), reversed.into())
}

fn starting_with<'a>(
    pairs: &'a Pairs,
    start: &str,
) -> impl Iterator<Item = &'a (Box<str>, u32)> + use<'a> {
    let start: Box<str> = start.into();
    pairs
        .range((start.clone(), 0)..)
        .take_while(move |(text, _)| text.starts_with(&*start))
}

/// The runs of digits in a number as it is stored.
pub(crate) fn tokens(number: &str) -> impl Iterator<Item = &str> {
    number
        .split(|c: char| !c.is_ascii_digit())
        .filter(|t| !t.is_empty())
}

/// A term cut where a stored number would be cut.
pub(crate) fn pieces(term: &[Glyph]) -> Vec<Vec<Glyph>> {
    term.split(|g| matches!(g, Glyph::Char(c) if !c.is_ascii_digit()))
        .filter(|piece| !piece.is_empty())
        .map(<[Glyph]>::to_vec)
        .collect()
}

/// Whether the pieces occur in the number, one directly after the other.
pub(crate) fn has_run(number: &str, pieces: &[Vec<Glyph>]) -> bool {
    let tokens: Vec<&str> = tokens(number).collect();
    tokens
        .windows(pieces.len().max(1))
        .any(|run| run.iter().zip(pieces).all(|(t, p)| matches(p, t)))
}

/// The term's text when it has no wildcard.
pub(crate) fn literal(term: &[Glyph]) -> Option<String> {
    term.iter()
        .map(|g| match g {
            Glyph::Char(c) => Some(*c),
            _ => None,
        })
        .collect()
}

/// What stands before the first wildcard.
fn head(term: &[Glyph]) -> String {
    term.iter()
        .map_while(|g| match g {
            Glyph::Char(c) => Some(*c),
            _ => None,
        })
        .collect()
}

/// Whether a whole text fits a pattern; the text is compared as it is.
pub(crate) fn matches(pattern: &[Glyph], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Glyph::Char(c)) if *c == text[t] => (p, t) = (p + 1, t + 1),
            Some(Glyph::One) => (p, t) = (p + 1, t + 1),
            Some(Glyph::Star) => {
                retry = Some((p, t));
                p += 1;
            }
            _ => match retry {
                Some((star, at)) => {
                    retry = Some((star, at + 1));
                    (p, t) = (star + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|g| *g == Glyph::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> Vec<Glyph> {
        text.chars()
            .map(|c| match c {
                '*' => Glyph::Star,
                '?' => Glyph::One,
                c => Glyph::Char(c),
            })
            .collect()
    }

    fn index() -> PhoneIndex {
        let mut index = PhoneIndex::default();
        index.add("(030) 1234-567", 1);
        index.add("+49 30 1234567", 2);
        index.add("0049301234567", 3);
        index
    }

    fn digits(text: &str) -> Vec<u32> {
        index().by_digits(&term(text)).into_iter().collect()
    }

    #[test]
    fn digits_find_equal_numbers_and_endings() {
        assert_eq!(digits("1234567"), [1, 2, 3]);
        assert_eq!(digits("301234567"), [1, 2, 3]);
        assert_eq!(digits("0301234567"), [1]);
        assert_eq!(digits("49301234567"), [2, 3]);
        assert_eq!(digits("+49 (30) 1234567"), [2, 3]);
        assert_eq!(digits("1234"), [0u32; 0]);
        assert_eq!(digits("49301*"), [2]);
        assert_eq!(digits("49?01234567"), [2]);
        assert_eq!(digits("abc"), [0u32; 0]);
    }

    #[test]
    fn tokens_find_whole_pieces_only() {
        let found = |text: &str| -> Vec<u32> {
            let pieces = pieces(&term(text));
            index().by_token(&pieces[0]).into_iter().collect()
        };
        assert_eq!(found("1234567"), [2]);
        assert_eq!(found("567"), [1]);
        assert_eq!(found("0049301234567"), [3]);
        assert_eq!(found("49301234567"), [0u32; 0]);
        assert_eq!(found("004930*"), [3]);
        assert!(has_run("+49 30 1234567", &pieces(&term("49 30 1234567"))));
        assert!(!has_run("+49 30 1234567", &pieces(&term("49 1234567"))));
    }

    #[test]
    fn removed_numbers_are_found_no_more() {
        let mut index = index();
        index.remove("+49 30 1234567", 2);
        assert!(!index.by_digits(&term("301234567")).contains(&2));
        assert!(!index.by_token(&term("1234567")).contains(&2));
    }
}
