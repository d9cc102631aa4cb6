//! Conditions bound to the fields of an object: checked, evaluated, and used
//! to find rows through an index.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::error_at;
use super::lex::{Letter, Word, letters, unquoted};
use super::parse::{Condition, Expr, Op};
use crate::clock::{is_date, parse_time};
use crate::error::ApiError;
use crate::ids;
use crate::phones::{Glyph, matches};
use crate::schema::Kind;
use crate::store::{Store, Table};
use crate::value::{Val, fold};
use crate::world::User;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What statements are bound with.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub store: &'a Store,
    pub user: &'a User,
    pub statement: &'a str,
    pub now: i64,
}

impl Scope<'_> {
    /// The table of an object that the user may see.
    pub(crate) fn table(&self, object: &str) -> Option<usize> {
        self.store.table(object).filter(|_| self.user.knows(object))
    }
}

/// A field, perhaps reached through relationships.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Reference fields to go through, by name.
    pub hops: Vec<String>,
    /// The relationships' names as answers spell them.
    pub path: Vec<String>,
    pub field: String,
    /// Place of the field in the object itself; meaningless with hops.
    pub place: usize,
    kind: Kind,
    filterable: bool,
}

impl Column {
    /// Binds a name such as `Phone` or `Account.Name` to an object's fields.
    pub(crate) fn bind(
        scope: Scope,
        table: usize,
        name: &str,
        at: usize,
    ) -> Result<Self, ApiError> {
        let mut object = &scope.store.schema.objects[table];
        let mut parts: Vec<&str> = name.split('.').collect();
        if parts.len() > 1
            && parts[0].eq_ignore_ascii_case(&object.name)
            && object.relationship(parts[0]).is_none()
        {
            parts.remove(0);
        }
        let field = parts.pop().unwrap_or("");
        let (mut hops, mut path) = (Vec::new(), Vec::new());
        for relationship in parts {
            let place = object.relationship(relationship).ok_or_else(|| {
                let message = format!(
                    "Didn't understand relationship '{relationship}' in field path. If you are \
                     attempting to use a custom relationship, be sure to append the '__r' after \
                     the custom relationship name."
                );
                error_at("INVALID_FIELD", scope.statement, at, &message)
            })?;
            let reference = &object.fields[place];
            hops.push(reference.name.clone());
            path.push(reference.relationship.clone().unwrap_or_default());
            let target = scope
                .store
                .schema
                .position(&reference.targets[0])
                .unwrap_or(table);
            object = &scope.store.schema.objects[target];
        }
        let place = object
            .position(field)
            .filter(|p| scope.user.sees(&object.name, &object.fields[*p].name))
            .ok_or_else(|| {
                let message = format!(
                    "No such column '{field}' on entity '{}'. If you are attempting to use a \
                     custom field, be sure to append the '__c' after the custom field name. \
                     Please reference your WSDL or the describe call for the appropriate names.",
                    object.name
                );
                error_at("INVALID_FIELD", scope.statement, at, &message)
            })?;
        let found = &object.fields[place];
        Ok(Self {
            hops,
            path,
            field: found.name.clone(),
            place,
            kind: found.kind,
            filterable: found.filterable,
        })
    }

    /// The field's value in a row; null where a relationship leads nowhere.
    pub(crate) fn value<'s>(&self, store: &'s Store, table: usize, row: u32) -> &'s Val {
        if self.hops.is_empty() {
            return &store.row(table, row).vals[self.place];
        }
        let (mut table, mut row) = (table, row);
        for hop in &self.hops {
            let place = store.tables[table].object.position(hop);
            let next = place
                .and_then(|p| store.row(table, row).vals[p].as_text())
                .and_then(|id| store.locate(id));
            let Some(next) = next else {
                return &Val::Null;
            };
            (table, row) = next;
        }
        let place = store.tables[table].object.position(&self.field);
        place.map_or(&Val::Null, |p| &store.row(table, row).vals[p])
    }
}

pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Compare(Column, Op, Val),
    /// Times from the first to before the second.
    During(Column, Op, i64, i64),
    Like(Column, Vec<Glyph>),
    In(Column, bool, Vec<Val>),
}

pub(crate) fn bind(scope: Scope, table: usize, expr: &Expr) -> Result<Filter, ApiError> {
    let all = |parts: &[Expr]| -> Result<Vec<Filter>, ApiError> {
        parts.iter().map(|part| bind(scope, table, part)).collect()
    };
    match expr {
        Expr::And(parts) => Ok(Filter::And(all(parts)?)),
        Expr::Or(parts) => Ok(Filter::Or(all(parts)?)),
        Expr::Not(part) => Ok(Filter::Not(Box::new(bind(scope, table, part)?))),
        Expr::Is(condition) => bind_condition(scope, table, condition),
    }
}

fn bind_condition(scope: Scope, table: usize, condition: &Condition) -> Result<Filter, ApiError> {
    let column = Column::bind(scope, table, &condition.field, condition.at)?;
    let refuse = |code: &'static str, message: String| {
        Err(error_at(code, scope.statement, condition.at, &message))
    };
    if !column.filterable {
        return refuse(
            "INVALID_FIELD",
            format!(
                "field '{}' can not be filtered in a query call",
                column.field
            ),
        );
    }
    match condition.op {
        Op::In | Op::NotIn => {
            let values = condition
                .values
                .iter()
                .map(|word| literal(scope, &column, condition.at, word))
                .collect::<Result<_, _>>()?;
            Ok(Filter::In(column, condition.op == Op::NotIn, values))
        }
        Op::Like => match &condition.values[0] {
            _ if matches!(column.kind, Kind::Id | Kind::Ref) => refuse(
                "INVALID_QUERY_FILTER_OPERATOR",
                "invalid operator on id field".to_owned(),
            ),
            Word::Quoted(text) if column.kind.is_text() => Ok(Filter::Like(column, pattern(text))),
            _ => refuse(
                "INVALID_QUERY_FILTER_OPERATOR",
                format!("invalid operator on {} field", column.kind.api_name()),
            ),
        },
        op => {
            if let (Kind::DateTime, Word::Name(name)) = (column.kind, &condition.values[0])
                && let Some((from, to)) = period(name, scope.now)
            {
                return Ok(Filter::During(column, op, from, to));
            }
            let value = literal(scope, &column, condition.at, &condition.values[0])?;
            Ok(Filter::Compare(column, op, value))
        }
    }
}

/// The days that `TODAY`, `YESTERDAY` and `LAST_N_DAYS:n` stand for, in UTC.
fn period(name: &str, now: i64) -> Option<(i64, i64)> {
    let today = now - now.rem_euclid(DAY);
    if name.eq_ignore_ascii_case("TODAY") {
        return Some((today, today + DAY));
    }
    if name.eq_ignore_ascii_case("YESTERDAY") {
        return Some((today - DAY, today));
    }
    let (name, days) = name.split_once(':')?;
    let days: i64 = days.parse().ok()?;
    name.eq_ignore_ascii_case("LAST_N_DAYS")
        .then_some((today - days * DAY, today + DAY))
}

fn literal(scope: Scope, column: &Column, at: usize, word: &Word) -> Result<Val, ApiError> {
    let field = &column.field;
    let wrong = |quotes: &str| {
        let kind = match column.kind {
            Kind::DateTime => "dateTime",
            kind if kind.is_text() => "string",
            kind => kind.api_name(),
        };
        let message = format!(
            "value of filter criterion for field '{field}' must be of type {kind} and should \
             {quotes}be enclosed in quotes"
        );
        Err(error_at("INVALID_FIELD", scope.statement, at, &message))
    };
    match (column.kind, word) {
        (_, Word::Name(name)) if name.eq_ignore_ascii_case("null") => Ok(Val::Null),
        (Kind::Bool, Word::Name(name)) if name.eq_ignore_ascii_case("true") => Ok(Val::Bool(true)),
        (Kind::Bool, Word::Name(name)) if name.eq_ignore_ascii_case("false") => {
            Ok(Val::Bool(false))
        }
        (Kind::Id | Kind::Ref, Word::Quoted(text)) => {
            let text = unquoted(text);
            match ids::long(&text) {
                Some(id) => Ok(Val::text(&id)),
                None if text.is_empty() => Ok(Val::Null),
                None => Err(error_at(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    scope.statement,
                    at,
                    &format!("invalid ID field: {text}"),
                )),
            }
        }
        (kind, Word::Quoted(text)) if kind.is_text() => Ok(Val::text(&unquoted(text))),
        (Kind::Int | Kind::Double, Word::Bare(text)) => match text.parse() {
            Ok(n) => Ok(Val::Num(n)),
            Err(_) => wrong("not "),
        },
        (Kind::DateTime, Word::Bare(text)) => match parse_time(text) {
            Some(ms) => Ok(Val::Time(ms)),
            None => wrong("not "),
        },
        (Kind::Date, Word::Bare(text)) if is_date(text) => Ok(Val::text(text)),
        (kind, _) => wrong(if kind.is_text() { "" } else { "not " }),
    }
}

fn pattern(quoted: &str) -> Vec<Glyph> {
    letters(quoted)
        .into_iter()
        .flat_map(|letter| match letter {
            Letter::Plain('%') => vec![Glyph::Star],
            Letter::Plain('_') => vec![Glyph::One],
            Letter::Plain(c) | Letter::Escaped(c) => c.to_lowercase().map(Glyph::Char).collect(),
        })
        .collect()
}

fn same(a: &Val, b: &Val) -> bool {
    a.is_null() == b.is_null() && a.order(b) == Ordering::Equal
}

impl Filter {
    pub(crate) fn fits(&self, store: &Store, table: usize, row: u32) -> bool {
        let value = |column: &Column| column.value(store, table, row);
        match self {
            Self::And(parts) => parts.iter().all(|p| p.fits(store, table, row)),
            Self::Or(parts) => parts.iter().any(|p| p.fits(store, table, row)),
            Self::Not(part) => !part.fits(store, table, row),
            Self::Compare(column, op, wanted) => compare(value(column), *op, wanted),
            Self::During(column, op, from, to) => match value(column) {
                Val::Time(at) => match op {
                    Op::Equal => from <= at && at < to,
                    Op::NotEqual => at < from || to <= at,
                    Op::Less => at < from,
                    Op::Greater => to <= at,
                    Op::AtMost => at < to,
                    _ => from <= at,
                },
                _ => *op == Op::NotEqual,
            },
            Self::Like(column, pattern) => match value(column).as_text() {
                Some(text) => matches(pattern, &fold(text)),
                None => false,
            },
            Self::In(column, not, list) => {
                let value = value(column);
                list.iter().any(|wanted| same(value, wanted)) != *not
            }
        }
    }

    /// Rows among which those that fit must be, if an index knows.
    pub(crate) fn likely(&self, table: &Table) -> Option<BTreeSet<u32>> {
        match self {
            Self::And(parts) => parts
                .iter()
                .filter_map(|p| p.likely(table))
                .min_by_key(BTreeSet::len),
            Self::Or(parts) => {
                let mut all = BTreeSet::new();
                for part in parts {
                    all.append(&mut part.likely(table)?);
                }
                Some(all)
            }
            Self::Compare(column, Op::Equal, wanted) => likely_equal(table, column, wanted),
            Self::Compare(column, op, Val::Time(at)) if own(column, "CreatedDate") => match op {
                Op::Greater | Op::AtLeast => Some(between(table, *at, i64::MAX)),
                Op::Less | Op::AtMost => Some(between(table, i64::MIN, *at)),
                _ => None,
            },
            Self::During(column, Op::Equal, from, to) if own(column, "CreatedDate") => {
                Some(between(table, *from, *to))
            }
            Self::In(column, false, list) => {
                let mut all = BTreeSet::new();
                for wanted in list {
                    all.append(&mut likely_equal(table, column, wanted)?);
                }
                Some(all)
            }
            _ => None,
        }
    }
}

fn own(column: &Column, name: &str) -> bool {
    column.hops.is_empty() && column.field == name
}

fn likely_equal(table: &Table, column: &Column, wanted: &Val) -> Option<BTreeSet<u32>> {
    if !column.hops.is_empty() {
        return None;
    }
    if column.field == "Id" {
        return Some(
            wanted
                .as_text()
                .and_then(|id| table.find(id))
                .into_iter()
                .collect(),
        );
    }
    table.equals(column.place, wanted)
}

fn between(table: &Table, from: i64, to: i64) -> BTreeSet<u32> {
    table
        .created
        .range((from, 0)..=(to, u32::MAX))
        .map(|(_, row)| *row)
        .collect()
}

fn compare(value: &Val, op: Op, wanted: &Val) -> bool {
    match op {
        Op::Equal => same(value, wanted),
        Op::NotEqual => !same(value, wanted),
        _ if value.is_null() || wanted.is_null() => false,
        Op::Less => value.order(wanted) == Ordering::Less,
        Op::Greater => value.order(wanted) == Ordering::Greater,
        Op::AtMost => value.order(wanted) != Ordering::Greater,
        Op::AtLeast => value.order(wanted) != Ordering::Less,
        Op::Like | Op::In | Op::NotIn => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{OrgSetup, Setup, UserSetup};
    use crate::soql::parse;
    use crate::world::OrgState;
    use serde_json::json;

    /// How many of 1,000 Cases a condition makes the simulator look at; `None`: all.
    fn looked_at(condition: &str) -> Option<usize> {
        let mut setup = Setup::of([OrgSetup::new("acme", [UserSetup::new("a@b.c", "x", "")])]);
        setup.orgs[0].records = (0..1_000)
            .map(|n| {
                json!({"attributes": {"type": "Case"}, "SuppliedPhone": format!("+4930{n}"),
                       "CreatedDate": format!("2026-01-{:02}T00:00:00Z", 1 + n / 100)})
            })
            .collect();
        let state = OrgState::new(&setup.orgs[0], 0, 0);
        let statement = format!("SELECT Id FROM Case WHERE {condition}");
        let query = parse::query(&statement).expect("a query");
        let table = state.store.table("Case").expect("Case");
        let scope = Scope {
            store: &state.store,
            user: &state.users[0],
            statement: &statement,
            now: 0,
        };
        let filter = bind(scope, table, &query.rest.filter.expect("a condition")).expect("bound");
        filter
            .likely(&state.store.tables[table])
            .map(|rows| rows.len())
    }

    #[test]
    fn indexes_narrow_what_is_looked_at() {
        for (condition, rows) in [
            ("SuppliedPhone = '+49305'", Some(1)),
            (
                "SuppliedPhone IN ('+49305', '+49306') AND Subject = 'x'",
                Some(2),
            ),
            (
                "SuppliedPhone = '+49305' OR AccountId = '001000000000001AAA'",
                Some(1),
            ),
            (
                "CreatedDate >= 2026-01-10T00:00:00Z AND Subject = 'x'",
                Some(100),
            ),
            ("SuppliedPhone = '+49305' OR Subject = 'x'", None),
            ("SuppliedPhone LIKE '%5'", None),
        ] {
            assert_eq!(looked_at(condition), rows, "{condition}");
        }
    }
}
