//! Finds what was searched for, as far as the index has it already.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::parse::{self, Group, Returning, Search};
use super::terms::{self, Terms};
use super::wildcards;
use crate::error::ApiError;
use crate::phones::{Glyph, has_run, literal, matches, pieces};
use crate::schema::Kind;
use crate::setup::PhoneSearch;
use crate::sharing;
use crate::soql::filter::{Scope, bind};
use crate::soql::parse::{Clauses, Parser};
use crate::soql::{error_at, run_parts};
use crate::store::{Row, Table};
use crate::value::fold;
use crate::world::OrgState;

/// Records that one search can give.
const MOST: usize = 2_000;
/// What is searched when nothing is said.
const SEARCHABLE: [&str; 6] = ["Account", "Contact", "Case", "Lead", "Task", "User"];

/// Answers a SOSL statement.
pub(crate) fn search(
    state: &OrgState,
    user: usize,
    now: i64,
    version: &str,
    statement: &str,
) -> Result<Value, ApiError> {
    let mut search = parse::search(statement)?;
    wildcards::limit(state, &mut search.terms)?;
    run(state, user, now, version, statement, &search)
}

/// Answers `parameterizedSearch`: the same search, said in JSON.
pub(crate) fn parameterized(
    state: &OrgState,
    user: usize,
    now: i64,
    version: &str,
    body: &Value,
) -> Result<Value, ApiError> {
    let text = body["q"]
        .as_str()
        .filter(|q| !q.is_empty())
        .ok_or_else(|| {
            ApiError::new(
                400,
                "INVALID_SEARCH",
                "No search term found: q is missing or empty",
            )
        })?;
    let group = match &body["in"] {
        Value::Null => Some(Group::All),
        name => name.as_str().and_then(Group::named),
    }
    .ok_or_else(|| ApiError::new(400, "INVALID_SEARCH", "unknown value of in"))?;
    let number = |value: &Value| value.as_u64().map(|n| n as usize);
    let names = |value: &Value| -> Option<Vec<(String, usize)>> {
        let list = value.as_array()?;
        Some(
            list.iter()
                .filter_map(|f| Some((f.as_str()?.to_owned(), 0)))
                .collect(),
        )
    };
    let default_fields = names(&body["fields"]).unwrap_or_else(|| vec![("Id".into(), 0)]);
    let mut returning = Vec::new();
    for object in body["sobjects"].as_array().into_iter().flatten() {
        let name = object["name"]
            .as_str()
            .ok_or_else(|| ApiError::json("an sobject without a name"))?;
        let mut clauses = Clauses {
            limit: number(&object["limit"]).or_else(|| number(&body["defaultLimit"])),
            ..Clauses::default()
        };
        if let Some(filter) = object["where"].as_str() {
            let mut parser = Parser::new(filter, 0, "MALFORMED_SEARCH")?;
            clauses.filter = Some(parser.expression()?);
            parser.end()?;
        }
        let fields = names(&object["fields"]).unwrap_or_else(|| default_fields.clone());
        returning.push(Returning {
            object: (name.to_owned(), 0),
            fields,
            clauses,
        });
    }
    let search = Search {
        terms: terms::read(text, 1)?,
        group,
        returning,
        limit: number(&body["overallLimit"]),
    };
    run(state, user, now, version, text, &search)
}

fn run(
    state: &OrgState,
    user: usize,
    now: i64,
    version: &str,
    statement: &str,
    search: &Search,
) -> Result<Value, ApiError> {
    let scope = Scope {
        store: &state.store,
        user: &state.users[user],
        statement,
        now,
    };
    let everything: Vec<Returning>;
    let returning = if search.returning.is_empty() {
        everything = SEARCHABLE
            .iter()
            .filter(|name| scope.user.knows(name))
            .map(|name| Returning {
                object: ((*name).to_owned(), 0),
                fields: vec![("Id".to_owned(), 0)],
                clauses: Clauses::default(),
            })
            .collect();
        &everything
    } else {
        &search.returning
    };
    let most = search.limit.unwrap_or(MOST).min(MOST);
    let mut records = Vec::new();
    for wanted in returning {
        let (object, at) = &wanted.object;
        let table = scope.table(object).ok_or_else(|| {
            error_at(
                "INVALID_TYPE",
                statement,
                *at,
                &format!("sObject type '{object}' is not supported."),
            )
        })?;
        let columns = run_parts::columns(scope, table, &wanted.fields)?;
        let filter = wanted
            .clauses
            .filter
            .as_ref()
            .map(|f| bind(scope, table, f))
            .transpose()?;
        let finder = Finder {
            table: &scope.store.tables[table],
            group: search.group,
            phones: state.settings.phone_search,
        };
        let found: Vec<u32> = finder
            .find(&search.terms)
            .into_iter()
            .filter(|row| {
                let row = scope.store.row(table, *row);
                !row.deleted && row.searchable_from <= now
            })
            .filter(|row| sharing::sees(state, user, table, *row))
            .filter(|row| {
                filter
                    .as_ref()
                    .is_none_or(|f| f.fits(scope.store, table, *row))
            })
            .collect();
        for row in run_parts::select(scope, table, &wanted.clauses, found)? {
            records.push(run_parts::record(
                scope.store,
                table,
                row,
                &columns,
                version,
            ));
        }
    }
    records.truncate(most);
    Ok(json!({"searchRecords": records}))
}

struct Finder<'a> {
    table: &'a Table,
    group: Group,
    phones: PhoneSearch,
}

impl Finder<'_> {
    fn find(&self, terms: &Terms) -> BTreeSet<u32> {
        match terms {
            Terms::Nothing => BTreeSet::new(),
            Terms::One(term) => self.one(term),
            Terms::Or(parts) => parts.iter().flat_map(|part| self.find(part)).collect(),
            Terms::And(parts) => {
                let mut found = self.find(&parts[0]);
                for part in &parts[1..] {
                    let other = self.find(part);
                    found.retain(|row| other.contains(row));
                }
                found
            }
            Terms::Without(first, second) => {
                let other = self.find(second);
                let mut found = self.find(first);
                found.retain(|row| !other.contains(row));
                found
            }
        }
    }

    fn one(&self, term: &[Glyph]) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        if matches!(self.group, Group::Phone | Group::All) {
            found.append(&mut self.by_phone(term));
        }
        if self.group != Group::Phone {
            found.append(&mut self.by_words(term));
        }
        found
    }

    fn by_phone(&self, term: &[Glyph]) -> BTreeSet<u32> {
        if self.phones == PhoneSearch::Digits {
            return self.table.phones.by_digits(term);
        }
        let pieces = pieces(term);
        let Some(first) = pieces.first() else {
            return BTreeSet::new();
        };
        let mut found = self.table.phones.by_token(first);
        found.retain(|row| {
            let row = &self.table.rows[*row as usize];
            self.table.phone_fields().iter().any(|field| {
                row.vals[*field]
                    .as_text()
                    .is_some_and(|number| has_run(number, &pieces))
            })
        });
        found
    }

    /// Text fields are cut into words; a phrase is a run of them.
    fn by_words(&self, term: &[Glyph]) -> BTreeSet<u32> {
        let term: Vec<Glyph> = term
            .iter()
            .flat_map(|g| match g {
                Glyph::Char(c) => c.to_lowercase().map(Glyph::Char).collect(),
                g => vec![*g],
            })
            .collect();
        let words: Vec<Vec<Glyph>> = term
            .split(|g| matches!(g, Glyph::Char(c) if !c.is_alphanumeric()))
            .filter(|word| !word.is_empty())
            .map(<[Glyph]>::to_vec)
            .collect();
        let object = &self.table.object;
        let fields: Vec<usize> = (0..object.fields.len())
            .filter(|i| {
                let field = &object.fields[*i];
                match self.group {
                    Group::Name => field.is_name,
                    Group::Email => field.kind == Kind::Email,
                    _ => matches!(
                        field.kind,
                        Kind::Text | Kind::Area | Kind::Email | Kind::Url
                    ),
                }
            })
            .collect();
        let fits = |row: &Row| {
            fields.iter().any(|f| {
                row.vals[*f]
                    .as_text()
                    .is_some_and(|text| has_words(text, &words))
            })
        };
        (0..self.table.rows.len() as u32)
            .filter(|row| !words.is_empty() && fits(&self.table.rows[*row as usize]))
            .collect()
    }
}

fn has_words(text: &str, wanted: &[Vec<Glyph>]) -> bool {
    let text = fold(text);
    // A cheap look before the text is cut up.
    if let Some(word) = literal(&wanted[0])
        && !text.contains(&word)
    {
        return false;
    }
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    words.windows(wanted.len()).any(|run| {
        run.iter()
            .zip(wanted)
            .all(|(word, pattern)| matches(pattern, word))
    })
}
