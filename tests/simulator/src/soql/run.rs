//! Finds the records a statement asks for and writes them as JSON.

use serde_json::{Map, Value, json};

use super::error_at;
use super::filter::{Column, Scope, bind};
use super::parse::{self, Clauses};
use crate::error::ApiError;
use crate::sharing;
use crate::store::Store;
use crate::world::OrgState;

/// Records in one answer; the rest is fetched with `nextRecordsUrl`.
const PAGE: usize = 2_000;

/// Answers a SOQL query. `all` includes deleted records (`queryAll`).
pub(crate) fn query(
    state: &mut OrgState,
    user: usize,
    now: i64,
    version: &str,
    statement: &str,
    all: bool,
) -> Result<Value, ApiError> {
    let query = parse::query(statement)?;
    let most = state.settings.strain.most_likes.unwrap_or(usize::MAX);
    if statement.matches(" LIKE ").count() > most {
        let message = "Your query request was running for too long.";
        return Err(ApiError::new(400, "QUERY_TIMEOUT", message));
    }
    let scope = Scope {
        store: &state.store,
        user: &state.users[user],
        statement,
        now,
    };
    let (object, at) = &query.object;
    let table = scope.table(object).ok_or_else(|| {
        let message = format!(
            "sObject type '{object}' is not supported. If you are attempting to use a custom \
             object, be sure to append the '__c' after the entity name. Please reference your \
             WSDL or the describe call for the appropriate names."
        );
        error_at("INVALID_TYPE", statement, *at, &message)
    })?;
    let columns = columns(scope, table, &query.fields)?;
    let candidates = |likely: Option<std::collections::BTreeSet<u32>>| -> Vec<u32> {
        match likely {
            Some(rows) => rows.into_iter().collect(),
            None => (0..scope.store.tables[table].rows.len() as u32).collect(),
        }
    };
    let filter = query
        .rest
        .filter
        .as_ref()
        .map(|f| bind(scope, table, f))
        .transpose()?;
    let likely = filter
        .as_ref()
        .and_then(|f| f.likely(&scope.store.tables[table]));
    let found: Vec<u32> = candidates(likely)
        .into_iter()
        .filter(|row| all || !scope.store.row(table, *row).deleted)
        .filter(|row| sharing::sees(state, user, table, *row))
        .filter(|row| {
            filter
                .as_ref()
                .is_none_or(|f| f.fits(scope.store, table, *row))
        })
        .collect();
    let found = select(scope, table, &query.rest, found)?;
    if query.fields.is_empty() {
        return Ok(json!({"totalSize": found.len(), "done": true, "records": []}));
    }
    let records: Vec<Value> = found
        .iter()
        .map(|row| record(scope.store, table, *row, &columns, version))
        .collect();
    Ok(paged(state, version, records))
}

/// The columns that a list of field names stands for.
pub(crate) fn columns(
    scope: Scope,
    table: usize,
    names: &[(String, usize)],
) -> Result<Vec<Column>, ApiError> {
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for (name, at) in names {
        let column = Column::bind(scope, table, name, *at)?;
        if columns
            .iter()
            .any(|c| c.path == column.path && c.field == column.field)
        {
            let message = format!("duplicate field selected: {name}");
            return Err(error_at("INVALID_FIELD", scope.statement, *at, &message));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Orders rows and cuts them by OFFSET and LIMIT.
pub(crate) fn select(
    scope: Scope,
    table: usize,
    clauses: &Clauses,
    mut rows: Vec<u32>,
) -> Result<Vec<u32>, ApiError> {
    let mut orders = Vec::new();
    for order in &clauses.order {
        orders.push((Column::bind(scope, table, &order.field, order.at)?, order));
    }
    rows.sort_by(|a, b| {
        for (column, order) in &orders {
            let a = column.value(scope.store, table, *a);
            let b = column.value(scope.store, table, *b);
            let by = match (a.is_null(), b.is_null()) {
                (true, false) | (false, true) if a.is_null() == order.nulls_last => {
                    std::cmp::Ordering::Greater
                }
                (true, false) | (false, true) => std::cmp::Ordering::Less,
                _ if order.descending => b.order(a),
                _ => a.order(b),
            };
            if by.is_ne() {
                return by;
            }
        }
        std::cmp::Ordering::Equal
    });
    let limit = clauses.limit.unwrap_or(usize::MAX);
    Ok(rows.into_iter().skip(clauses.offset).take(limit).collect())
}

/// A record as query and search answers show it.
pub(crate) fn record(
    store: &Store,
    table: usize,
    row: u32,
    columns: &[Column],
    version: &str,
) -> Value {
    let mut record = Map::new();
    record.insert(
        "attributes".into(),
        attributes(store, store.row(table, row).id(), version),
    );
    for column in columns {
        let value = column.value(store, table, row).to_json();
        put(store, &mut record, table, row, column, 0, value, version);
    }
    Value::Object(record)
}

fn attributes(store: &Store, id: &str, version: &str) -> Value {
    let object = store
        .schema
        .by_prefix(id)
        .map_or("", |t| store.schema.objects[t].name.as_str());
    json!({"type": object, "url": format!("/services/data/{version}/sobjects/{object}/{id}")})
}

/// Puts a value under its relationships; a relationship that leads nowhere is null itself.
#[expect(
    clippy::too_many_arguments,
    reason = "recursion along the relationship path"
)]
fn put(
    store: &Store,
    into: &mut Map<String, Value>,
    table: usize,
    row: u32,
    column: &Column,
    depth: usize,
    value: Value,
    version: &str,
) {
    let Some(relationship) = column.path.get(depth) else {
        into.insert(column.field.clone(), value);
        return;
    };
    let place = store.tables[table].object.position(&column.hops[depth]);
    let target = place
        .and_then(|p| store.row(table, row).vals[p].as_text())
        .and_then(|id| Some((id, store.locate(id)?)));
    let Some((id, (table, row))) = target else {
        into.insert(relationship.clone(), Value::Null);
        return;
    };
    let nested = into
        .entry(relationship.clone())
        .or_insert_with(|| json!({"attributes": attributes(store, id, version)}));
    if let Value::Object(nested) = nested {
        put(store, nested, table, row, column, depth + 1, value, version);
    }
}

fn paged(state: &mut OrgState, version: &str, mut records: Vec<Value>) -> Value {
    let total = records.len();
    if total <= PAGE {
        return json!({"totalSize": total, "done": true, "records": records});
    }
    let rest = records.split_off(PAGE);
    let cursor = state.store.new_id("01g");
    let url = format!("/services/data/{version}/query/{cursor}-{PAGE}");
    state.cursors.insert(cursor, rest);
    json!({"totalSize": total, "done": false, "nextRecordsUrl": url, "records": records})
}

/// Answers `query/CURSOR-OFFSET`: the next page.
pub(crate) fn more(state: &mut OrgState, version: &str, locator: &str) -> Result<Value, ApiError> {
    let invalid = || {
        ApiError::new(
            400,
            "INVALID_QUERY_LOCATOR",
            format!("invalid query locator: {locator}"),
        )
    };
    let (cursor, offset) = locator.split_once('-').ok_or_else(invalid)?;
    let offset: usize = offset.parse().map_err(|_| invalid())?;
    let rest = state.cursors.get(cursor).ok_or_else(invalid)?;
    let total = rest.len() + PAGE;
    let from = offset
        .checked_sub(PAGE)
        .filter(|f| *f < rest.len())
        .ok_or_else(invalid)?;
    let page: Vec<Value> = rest.iter().skip(from).take(PAGE).cloned().collect();
    let next = offset + page.len();
    if next >= total {
        return Ok(json!({"totalSize": total, "done": true, "records": page}));
    }
    let url = format!("/services/data/{version}/query/{cursor}-{next}");
    Ok(json!({"totalSize": total, "done": false, "nextRecordsUrl": url, "records": page}))
}
