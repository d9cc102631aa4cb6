//! Search terms: words, phrases, wildcards, AND, OR, AND NOT, brackets.

use crate::error::ApiError;
use crate::phones::Glyph;

/// Beyond this length (in characters) Salesforce ignores the operators between terms.
const OPERATORS_UP_TO: usize = 4_000;
/// Beyond this one it finds nothing.
const ROWS_UP_TO: usize = 10_000;

#[derive(Debug, PartialEq)]
pub(crate) enum Terms {
    /// A word, or a phrase with its inner spaces.
    One(Vec<Glyph>),
    And(Vec<Terms>),
    Or(Vec<Terms>),
    /// The first, but not the second.
    Without(Box<Terms>, Box<Terms>),
    /// Too long a search: nothing is found.
    Nothing,
}

enum Token {
    Term(Vec<Glyph>),
    Open,
    Close,
    And,
    Or,
    Not,
}

/// Reads search terms; `column` is where they stand in the statement, for errors.
pub(crate) fn read(text: &str, column: usize) -> Result<Terms, ApiError> {
    let tokens = tokens(text, column)?;
    for token in &tokens {
        if let Token::Term(glyphs) = token {
            check(glyphs)?;
        }
    }
    let length = text.chars().count();
    if length > ROWS_UP_TO {
        return Ok(Terms::Nothing);
    }
    if length > OPERATORS_UP_TO {
        let terms = tokens.into_iter().filter_map(|t| match t {
            Token::Term(glyphs) => Some(Terms::One(glyphs)),
            _ => None,
        });
        return Ok(Terms::Or(terms.collect()));
    }
    let mut reader = Reader {
        tokens: &tokens,
        next: 0,
    };
    let terms = reader.or()?;
    if reader.next < tokens.len() {
        return Err(malformed("unexpected ')' in the search"));
    }
    Ok(terms)
}

fn malformed(message: &str) -> ApiError {
    ApiError::new(400, "MALFORMED_SEARCH", message)
}

fn check(glyphs: &[Glyph]) -> Result<(), ApiError> {
    let letters: String = glyphs
        .iter()
        .filter_map(|g| match g {
            Glyph::Char(c) => Some(*c),
            _ => None,
        })
        .collect();
    if !matches!(glyphs.first(), Some(Glyph::Char(_))) {
        return Err(malformed(
            "a wildcard may stand in the middle or at the end of a term only",
        ));
    }
    if letters.trim().chars().count() < 2 {
        return Err(malformed(&format!(
            "search term must be longer than one character: {letters}"
        )));
    }
    Ok(())
}

fn tokens(text: &str, column: usize) -> Result<Vec<Token>, ApiError> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some(&(_, c)) = chars.peek() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '(' | ')' => {
                tokens.push(if c == '(' { Token::Open } else { Token::Close });
                chars.next();
            }
            '"' => {
                chars.next();
                let mut glyphs = Vec::new();
                loop {
                    match chars.next() {
                        Some((_, '"')) => break,
                        Some((_, '\\')) => glyphs.push(escaped(chars.next())?),
                        Some((i, c)) if reserved(c) => return Err(mismatched(c, column + i)),
                        Some((_, c)) => glyphs.push(Glyph::Char(c)),
                        None => return Err(malformed("a phrase is not closed")),
                    }
                }
                tokens.push(Token::Term(glyphs));
            }
            _ => {
                let mut glyphs = Vec::new();
                while let Some(&(i, c)) = chars.peek() {
                    let glyph = match c {
                        c if c.is_whitespace() || matches!(c, '(' | ')' | '"') => break,
                        '*' => Glyph::Star,
                        '?' => Glyph::One,
                        '\\' => {
                            chars.next();
                            let next = chars.peek().copied();
                            escaped(next)?
                        }
                        c if reserved(c) => return Err(mismatched(c, column + i)),
                        c => Glyph::Char(c),
                    };
                    glyphs.push(glyph);
                    chars.next();
                }
                tokens.push(word(glyphs));
            }
        }
    }
    Ok(tokens)
}

fn word(glyphs: Vec<Glyph>) -> Token {
    let text: Option<String> = crate::phones::literal(&glyphs);
    match text.map(|t| t.to_ascii_uppercase()).as_deref() {
        Some("AND") => Token::And,
        Some("OR") => Token::Or,
        Some("NOT") => Token::Not,
        _ => Token::Term(glyphs),
    }
}

fn escaped(next: Option<(usize, char)>) -> Result<Glyph, ApiError> {
    next.map(|(_, c)| Glyph::Char(c))
        .ok_or_else(|| malformed("the search ends with an escape"))
}

/// Characters that mean nothing in a search and must be escaped all the same.
fn reserved(c: char) -> bool {
    "?&|!{}[]()^~*:\\\"'+-".contains(c)
}

fn mismatched(c: char, at: usize) -> ApiError {
    malformed(&format!(
        "\nERROR at Row:1:Column:{at}\nline 1:{at} mismatched character '{c}' expecting '}}'"
    ))
}

struct Reader<'a> {
    tokens: &'a [Token],
    next: usize,
}

impl Reader<'_> {
    fn or(&mut self) -> Result<Terms, ApiError> {
        let mut parts = vec![self.and()?];
        while matches!(self.tokens.get(self.next), Some(Token::Or)) {
            self.next += 1;
            parts.push(self.and()?);
        }
        Ok(single(parts, Terms::Or))
    }

    /// Terms joined by AND, or by nothing, which means the same.
    fn and(&mut self) -> Result<Terms, ApiError> {
        let mut found = self.one()?;
        loop {
            match (self.tokens.get(self.next), self.tokens.get(self.next + 1)) {
                (Some(Token::And), Some(Token::Not)) => {
                    self.next += 2;
                    found = Terms::Without(Box::new(found), Box::new(self.one()?));
                }
                (Some(Token::And), _) => {
                    self.next += 1;
                    found = Terms::And(vec![found, self.one()?]);
                }
                (Some(Token::Term(_) | Token::Open), _) => {
                    found = Terms::And(vec![found, self.one()?]);
                }
                _ => return Ok(found),
            }
        }
    }

    fn one(&mut self) -> Result<Terms, ApiError> {
        let token = self.tokens.get(self.next);
        self.next += 1;
        match token {
            Some(Token::Term(glyphs)) => Ok(Terms::One(glyphs.clone())),
            Some(Token::Open) => {
                let inner = self.or()?;
                if !matches!(self.tokens.get(self.next), Some(Token::Close)) {
                    return Err(malformed("a '(' is not closed"));
                }
                self.next += 1;
                Ok(inner)
            }
            Some(_) => Err(malformed("an operator stands where a search term should")),
            None => Err(malformed("a search term is missing")),
        }
    }
}

fn single(mut parts: Vec<Terms>, many: fn(Vec<Terms>) -> Terms) -> Terms {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Terms {
        Terms::One(text.chars().map(Glyph::Char).collect())
    }

    fn code(text: &str) -> String {
        read(text, 6).map_or_else(|e| e.code.into_owned(), |t| format!("{t:?}"))
    }

    #[test]
    fn operators_and_phrases_are_read() {
        assert_eq!(
            read(r#"123 OR "45 6" AND NOT 78"#, 6).unwrap(),
            Terms::Or(vec![
                one("123"),
                Terms::Without(Box::new(one("45 6")), Box::new(one("78")))
            ])
        );
        assert_eq!(read(r"\+49", 6).unwrap(), one("+49"));
        assert_eq!(
            read("(12 34)", 6).unwrap(),
            Terms::And(vec![one("12"), one("34")])
        );
    }

    #[test]
    fn what_salesforce_refuses_is_refused() {
        for bad in [
            "1", "12 OR 3", "+49", "a-b", "a|b", "*12", "?12", "12 OR", "(12", "12)", "\"12", "",
            "12\\", "1*", "\"12*\"",
        ] {
            assert_eq!(code(bad), "MALFORMED_SEARCH", "{bad}");
        }
    }

    #[test]
    fn long_searches_lose_their_operators_and_longer_ones_find_nothing() {
        let long = vec!["12345"; 700].join(" AND ");
        assert!(long.len() > OPERATORS_UP_TO && long.len() < ROWS_UP_TO);
        assert!(matches!(read(&long, 6).unwrap(), Terms::Or(t) if t.len() == 700));
        let longer = vec!["12345"; 1_500].join(" OR ");
        assert_eq!(read(&longer, 6).unwrap(), Terms::Nothing);
    }
}
