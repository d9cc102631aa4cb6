//! SOQL: the part of the query language that clients of the REST API use.
//! `lex` cuts a statement into words, `parse` makes a tree of it, `filter`
//! binds conditions to fields, `run` finds and writes the records.

pub(crate) mod filter;
pub(crate) mod lex;
pub(crate) mod parse;
mod run;

pub(crate) use run::{more, query};

/// What search shares with queries: columns, order and limit, records as JSON.
pub(crate) mod run_parts {
    pub(crate) use super::run::{columns, record, select};
}

use crate::error::ApiError;

/// An error at a place in a statement, in Salesforce's form: the statement,
/// an arrow, the place in words.
pub(crate) fn error_at(code: &'static str, statement: &str, at: usize, message: &str) -> ApiError {
    let before = &statement[..statement.floor_char_boundary(at)];
    let row = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let start = statement.floor_char_boundary(at.saturating_sub(60));
    let end = statement.ceil_char_boundary((at + 60).min(statement.len()));
    let arrow = " ".repeat(statement[start..before.len()].chars().count());
    ApiError::new(
        400,
        code,
        format!(
            "\n{}\n{arrow}^\nERROR at Row:{row}:Column:{column}\n{message}",
            &statement[start..end]
        ),
    )
}
