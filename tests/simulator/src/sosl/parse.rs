//! The statement around the search terms.

use super::terms::{self, Terms};
use crate::error::ApiError;
use crate::soql::error_at;
use crate::soql::parse::{Clauses, Parser};

const CODE: &str = "MALFORMED_SEARCH";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    All,
    Name,
    Email,
    Phone,
}

impl Group {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "ALL" => Some(Self::All),
            "NAME" => Some(Self::Name),
            "EMAIL" => Some(Self::Email),
            "PHONE" => Some(Self::Phone),
            // The side bar searches names and phones; for us that is everything.
            "SIDEBAR" => Some(Self::All),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Returning {
    pub object: (String, usize),
    pub fields: Vec<(String, usize)>,
    pub clauses: Clauses,
}

#[derive(Debug)]
pub(crate) struct Search {
    pub terms: Terms,
    pub group: Group,
    /// Empty: every object that can be searched.
    pub returning: Vec<Returning>,
    pub limit: Option<usize>,
}

pub(crate) fn search(text: &str) -> Result<Search, ApiError> {
    if text.encode_utf16().count() > 100_000 {
        return Err(ApiError::new(
            400,
            "INVALID_SEARCH",
            "SOSL statement is too long",
        ));
    }
    let start = text.len() - text.trim_start().len();
    let body = &text[start..];
    let word = body.get(..4).filter(|w| w.eq_ignore_ascii_case("FIND"));
    let open = body[word.map_or(0, str::len)..].trim_start();
    if word.is_none() || !open.starts_with('{') {
        return Err(error_at(
            CODE,
            text,
            start,
            "A search begins with FIND {...}",
        ));
    }
    let open = text.len() - open.len();
    let close = closing(text, open)
        .ok_or_else(|| error_at(CODE, text, open, "expecting '}', found '<EOF>'"))?;
    let terms = terms::read(&text[open + 1..close], open + 1)?;
    let mut parser = Parser::new(text, close + 1, CODE)?;
    let group = group(&mut parser)?;
    let mut returning = Vec::new();
    if parser.has("RETURNING") {
        loop {
            returning.push(one(&mut parser)?);
            if !parser.has_symbol(",") {
                break;
            }
        }
    }
    if parser.has("WITH") {
        parser.keyword("SPELL_CORRECTION")?;
        parser.symbol("=")?;
        if !parser.has("true") {
            parser.keyword("false")?;
        }
    }
    let limit = if parser.has("LIMIT") {
        Some(parser.count()?)
    } else {
        None
    };
    parser.end()?;
    Ok(Search {
        terms,
        group,
        returning,
        limit,
    })
}

/// Where the brace opened at `open` closes.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text[open + 1..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '}' => return Some(open + 1 + i),
            _ => {}
        }
    }
    None
}

fn group(parser: &mut Parser) -> Result<Group, ApiError> {
    if !parser.has("IN") {
        return Ok(Group::All);
    }
    let unexpected = parser.unexpected();
    let (name, _) = parser.name()?;
    let group = Group::named(&name).ok_or(unexpected)?;
    parser.keyword("FIELDS")?;
    Ok(group)
}

fn one(parser: &mut Parser) -> Result<Returning, ApiError> {
    let object = parser.name()?;
    if !parser.has_symbol("(") {
        let fields = vec![("Id".to_owned(), object.1)];
        return Ok(Returning {
            object,
            fields,
            clauses: Clauses::default(),
        });
    }
    let fields = parser.names()?;
    let clauses = parser.clauses()?;
    parser.symbol(")")?;
    Ok(Returning {
        object,
        fields,
        clauses,
    })
}
