//! Single records: create, read, change, delete, upsert.

use serde_json::{Map, Value, json};

use super::run::{Answer, Call, Op};
use crate::dml;
use crate::error::ApiError;
use crate::ids;
use crate::schema::Kind;
use crate::sharing;
use crate::value::Val;

/// The table of an object that a path names.
pub(super) fn table(call: &Call, object: &str) -> Result<usize, ApiError> {
    call.state
        .store
        .table(object)
        .filter(|_| call.state.users[call.user].knows(object))
        .ok_or_else(ApiError::not_found)
}

pub(super) fn create(call: &mut Call, op: &Op, object: &str) -> Result<Answer, ApiError> {
    let table = table(call, object)?;
    let row = dml::create(call.state, call.author(op.options), table, op.object()?)?;
    let id = call.state.store.row(table, row).id().to_owned();
    let name = call.state.store.tables[table].object.name.clone();
    Ok(Answer {
        status: 201,
        body: Some(dml::saved(&id)),
        location: Some(call.record_url(&name, &id)),
    })
}

pub(super) fn by_id(call: &mut Call, op: &Op, object: &str, id: &str) -> Result<Answer, ApiError> {
    let table = table(call, object)?;
    // A write tells an id that cannot be one from one that is nobody's.
    let prefix = call.state.store.tables[table].object.prefix.as_str();
    let possible = ids::long(id).is_some() && id.starts_with(prefix);
    if op.method != "GET" && matches!(id.len(), 15 | 18) && !possible {
        return Err(ApiError::on_fields(
            "MALFORMED_ID",
            format!("Record ID: id value of incorrect type: {id}"),
            &["Id"],
        ));
    }
    let row = find(call, table, id)?;
    with_row(call, op, table, row)
}

/// The row of a record that is not deleted.
pub(super) fn find(call: &Call, table: usize, id: &str) -> Result<u32, ApiError> {
    let row = call.state.store.tables[table]
        .find(id)
        .filter(|row| sharing::sees(call.state, call.user, table, *row))
        .ok_or_else(ApiError::not_found)?;
    if call.state.store.row(table, row).deleted {
        return Err(ApiError {
            status: 404,
            ..ApiError::on_fields::<&str>("ENTITY_IS_DELETED", "entity is deleted", &[])
        });
    }
    Ok(row)
}

fn with_row(call: &mut Call, op: &Op, table: usize, row: u32) -> Result<Answer, ApiError> {
    let author = call.author(op.options);
    if op.method != "GET" {
        sharing::check_edit(call.state, call.user, table, row)?;
    }
    match op.method {
        "GET" => read(call, op, table, row).map(Answer::ok),
        "PATCH" => {
            dml::update(call.state, author, table, row, op.object()?)?;
            Ok(Answer {
                status: 204,
                body: None,
                location: None,
            })
        }
        _ => {
            dml::delete(call.state, author, table, row)?;
            Ok(Answer {
                status: 204,
                body: None,
                location: None,
            })
        }
    }
}

fn read(call: &Call, op: &Op, table: usize, row: u32) -> Result<Value, ApiError> {
    let wanted: Option<Vec<&str>> = op.parameter("fields").map(|f| f.split(',').collect());
    fields(call, table, row, wanted.as_deref())
}

/// A record with all fields the user sees, or with those that are asked for.
pub(super) fn fields(
    call: &Call,
    table: usize,
    row: u32,
    wanted: Option<&[&str]>,
) -> Result<Value, ApiError> {
    let user = &call.state.users[call.user];
    let stored = call.state.store.row(table, row);
    let object = &call.state.store.tables[table].object;
    let mut record = Map::new();
    record.insert(
        "attributes".into(),
        json!({"type": object.name, "url": call.record_url(&object.name, stored.id())}),
    );
    for name in wanted.unwrap_or_default() {
        if !object
            .position(name)
            .is_some_and(|p| user.sees(&object.name, &object.fields[p].name))
        {
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                format!("No such column '{name}' on sobject of type {}", object.name),
            ));
        }
    }
    for (field, val) in object.fields.iter().zip(&stored.vals) {
        let asked =
            wanted.is_none_or(|names| names.iter().any(|n| n.eq_ignore_ascii_case(&field.name)));
        if asked && user.sees(&object.name, &field.name) {
            record.insert(field.name.clone(), val.to_json());
        }
    }
    Ok(Value::Object(record))
}

/// The place of a field that records can be named by.
pub(super) fn external_field(call: &Call, table: usize, field: &str) -> Result<usize, ApiError> {
    let object = &call.state.store.tables[table].object;
    object
        .position(field)
        .filter(|p| object.fields[*p].external_id)
        .filter(|p| call.state.users[call.user].sees(&object.name, &object.fields[*p].name))
        .ok_or_else(|| {
            ApiError::new(
                404,
                "NOT_FOUND",
                format!("Provided external ID field does not exist or is not accessible: {field}"),
            )
        })
}

pub(super) fn by_external_id(
    call: &mut Call,
    op: &Op,
    object: &str,
    field: &str,
    value: &str,
) -> Result<Answer, ApiError> {
    let table = table(call, object)?;
    let place = external_field(call, table, field)?;
    let rows = matching(call, table, place, value);
    if rows.len() > 1 {
        let name = &call.state.store.tables[table].object.name;
        let urls: Vec<String> = rows
            .iter()
            .map(|row| call.record_url(name, call.state.store.row(table, *row).id()))
            .collect();
        return Ok(Answer {
            status: 300,
            body: Some(json!(urls)),
            location: None,
        });
    }
    match (op.method, rows.first()) {
        ("PATCH", found) => {
            let (id, created) =
                upsert(call, op, table, place, value, op.object()?, found.copied())?;
            let name = call.state.store.tables[table].object.name.clone();
            let location = created.then(|| call.record_url(&name, &id));
            let mut body = dml::saved(&id);
            body["created"] = json!(created);
            Ok(Answer {
                status: if created { 201 } else { 200 },
                body: Some(body),
                location,
            })
        }
        (_, Some(row)) => with_row(call, op, table, *row),
        (_, None) => Err(ApiError::not_found()),
    }
}

/// Rows whose external id is this one.
pub(super) fn matching(call: &Call, table: usize, place: usize, value: &str) -> Vec<u32> {
    let table = &call.state.store.tables[table];
    let val = match table.object.fields[place].kind {
        Kind::Int | Kind::Double => value.parse().map_or(Val::Null, Val::Num),
        _ => Val::text(value),
    };
    if val.is_null() {
        return Vec::new();
    }
    let rows = table.equals(place, &val).unwrap_or_default();
    rows.into_iter()
        .filter(|row| !table.rows[*row as usize].deleted)
        .collect()
}

/// Changes the record that was found, or creates one; gives its id and whether it is new.
pub(super) fn upsert(
    call: &mut Call,
    op: &Op,
    table: usize,
    place: usize,
    value: &str,
    body: &Map<String, Value>,
    found: Option<u32>,
) -> Result<(String, bool), ApiError> {
    let object = call.state.store.tables[table].object.clone();
    let field = &object.fields[place];
    if body.keys().any(|k| k.eq_ignore_ascii_case(&field.name)) {
        return Err(ApiError::new(
            400,
            "INVALID_FIELD",
            format!(
                "The {} field should not be specified in the sobject data.",
                field.name
            ),
        ));
    }
    let author = call.author(op.options);
    let row = match found {
        Some(row) => {
            sharing::check_edit(call.state, call.user, table, row)?;
            dml::update(call.state, author, table, row, body)?;
            row
        }
        None => {
            let mut body = body.clone();
            let value = match field.kind {
                Kind::Int | Kind::Double => json!(value.parse::<f64>().ok()),
                _ => json!(value),
            };
            body.insert(field.name.clone(), value);
            dml::create(call.state, author, table, &body)?
        }
    };
    Ok((
        call.state.store.row(table, row).id().to_owned(),
        found.is_none(),
    ))
}
