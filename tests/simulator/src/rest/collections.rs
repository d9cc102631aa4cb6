//! `/composite/sobjects`: up to 200 records at once, with an answer per record.

use serde_json::{Map, Value, json};

use super::record;
use super::resource::Resource;
use super::run::{Answer, Call, Op};
use crate::dml;
use crate::error::ApiError;

const MOST: usize = 200;
const MOST_RUNS: usize = 10;

pub(super) fn run(call: &mut Call, op: &Op, resource: &Resource) -> Result<Answer, ApiError> {
    match (op.method, resource) {
        ("POST", Resource::Collections) => write(call, op, "create", create),
        ("PATCH", Resource::Collections) => write(call, op, "update", update),
        ("PATCH", Resource::CollectionsBy(object, field)) => {
            let table = record::table(call, object)?;
            let place = record::external_field(call, table, field)?;
            write(call, op, "upsert", |call, op, of, fields| {
                upsert(call, op, of, fields, table, place)
            })
        }
        ("DELETE", Resource::Collections) => delete(call, op),
        ("GET" | "POST", Resource::CollectionsOf(object)) => read(call, op, object),
        (method, _) => Err(ApiError::method(method, "GET,POST,PATCH,DELETE")),
    }
}

fn too_many(count: usize) -> Result<(), ApiError> {
    if count > MOST {
        return Err(ApiError::new(
            400,
            "EXCEEDED_ID_LIMIT",
            format!("record limit reached. cannot submit more than {MOST} records into this call"),
        ));
    }
    Ok(())
}

type Fields = Map<String, Value>;

/// Writes each record of the body; with `allOrNone`, all of them or none.
fn write(
    call: &mut Call,
    op: &Op,
    verb: &str,
    mut one: impl FnMut(&mut Call, &Op, usize, &Fields) -> Result<Value, ApiError>,
) -> Result<Answer, ApiError> {
    let body = op.object()?;
    if let Some(name) = body
        .keys()
        .find(|k| !["allOrNone", "records"].contains(&k.as_str()))
    {
        return Err(ApiError::json(format!("Unrecognized field \"{name}\"")));
    }
    let records = body
        .get("records")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("records must be a list"))?;
    too_many(records.len())?;
    let mut typed: Vec<(usize, &Fields)> = Vec::with_capacity(records.len());
    for record in records {
        let object = record["attributes"]["type"]
            .as_str()
            .ok_or_else(|| ApiError::json("each record needs its type in attributes.type"))?;
        let table = record::table(call, object)?;
        typed.push((table, record.as_object().expect("it has members")));
    }
    let runs = 1 + typed
        .windows(2)
        .filter(|pair| pair[0].0 != pair[1].0)
        .count();
    if runs > MOST_RUNS {
        return Err(ApiError::new(
            400,
            "LIMIT_EXCEEDED",
            format!("records of different types may not alternate more than {MOST_RUNS} times"),
        ));
    }
    let all_or_none = body
        .get("allOrNone")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let start = call.state.store.mark();
    let mut rows = Vec::with_capacity(typed.len());
    for (table, fields) in typed {
        let name = call.state.store.tables[table].object.name.clone();
        let mark = call.state.store.mark();
        let result = call
            .fault(&format!("{verb} {name}"))
            .and_then(|()| one(call, op, table, fields));
        rows.push(result.map_err(|error| {
            call.state.store.rollback(mark);
            error.row()
        }));
    }
    Ok(answer(call, rows, all_or_none, start))
}

/// The rows' answers; undoes all when one has failed and `allOrNone` asks for it.
fn answer(
    call: &mut Call,
    rows: Vec<Result<Value, Value>>,
    all_or_none: bool,
    start: usize,
) -> Answer {
    let undone = all_or_none && rows.iter().any(Result::is_err);
    if undone {
        call.state.store.rollback(start);
    }
    let rolled_back = ApiError::new(
        400,
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )
    .row();
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|row| match row {
            Ok(_) if undone => rolled_back.clone(),
            Ok(value) | Err(value) => value,
        })
        .collect();
    Answer::ok(Value::Array(rows))
}

fn create(call: &mut Call, op: &Op, table: usize, fields: &Fields) -> Result<Value, ApiError> {
    let row = dml::create(call.state, call.author(op.options), table, fields)?;
    Ok(dml::saved(call.state.store.row(table, row).id()))
}

fn update(call: &mut Call, op: &Op, table: usize, fields: &Fields) -> Result<Value, ApiError> {
    let mut fields = fields.clone();
    let id = fields
        .keys()
        .find(|k| k.eq_ignore_ascii_case("id"))
        .cloned()
        .and_then(|key| fields.remove(&key));
    let id = id.as_ref().and_then(Value::as_str).ok_or_else(|| {
        ApiError::on_fields::<&str>(
            "MISSING_ARGUMENT",
            "Id not specified in an update call",
            &[],
        )
    })?;
    let row = record::find(call, table, id)?;
    dml::update(call.state, call.author(op.options), table, row, &fields)?;
    Ok(dml::saved(call.state.store.row(table, row).id()))
}

fn upsert(
    call: &mut Call,
    op: &Op,
    of: usize,
    fields: &Fields,
    table: usize,
    place: usize,
) -> Result<Value, ApiError> {
    if of != table {
        return Err(ApiError::on_fields::<&str>(
            "INVALID_TYPE",
            "wrong type of record",
            &[],
        ));
    }
    let name = call.state.store.tables[table].object.fields[place]
        .name
        .clone();
    let mut fields = fields.clone();
    let key = fields
        .keys()
        .find(|k| k.eq_ignore_ascii_case(&name))
        .cloned();
    let value = key.and_then(|key| fields.remove(&key));
    let value = match &value {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(n)) => n.to_string(),
        _ => {
            return Err(ApiError::on_fields::<&str>(
                "MISSING_ARGUMENT",
                format!("{name} not specified"),
                &[],
            ));
        }
    };
    let found = record::matching(call, table, place, &value);
    if found.len() > 1 {
        return Err(ApiError::on_fields::<&str>(
            "DUPLICATE_EXTERNAL_ID",
            format!("{name}: more than one record found for external id field"),
            &[],
        ));
    }
    let (id, created) = record::upsert(
        call,
        op,
        table,
        place,
        &value,
        &fields,
        found.first().copied(),
    )?;
    let mut saved = dml::saved(&id);
    saved["created"] = json!(created);
    Ok(saved)
}

fn delete(call: &mut Call, op: &Op) -> Result<Answer, ApiError> {
    let ids: Vec<&str> = op
        .parameter("ids")
        .unwrap_or("")
        .split(',')
        .filter(|i| !i.is_empty())
        .collect();
    too_many(ids.len())?;
    let all_or_none = op.parameter("allOrNone") == Some("true");
    let start = call.state.store.mark();
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let result = call
            .state
            .store
            .locate(id)
            .ok_or_else(|| {
                ApiError::new(
                    400,
                    "INVALID_CROSS_REFERENCE_KEY",
                    "invalid cross reference id",
                )
            })
            .and_then(|(table, _)| {
                let row = record::find(call, table, id)?;
                dml::delete(call.state, call.author(op.options), table, row)?;
                Ok(dml::saved(call.state.store.row(table, row).id()))
            });
        rows.push(result.map_err(|e| e.row()));
    }
    Ok(answer(call, rows, all_or_none, start))
}

fn read(call: &mut Call, op: &Op, object: &str) -> Result<Answer, ApiError> {
    let table = record::table(call, object)?;
    let from_body = |name: &str| -> Vec<String> {
        let list = op
            .body
            .and_then(|b| b[name].as_array())
            .cloned()
            .unwrap_or_default();
        list.iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    };
    let from_query = |name: &str| -> Vec<String> {
        op.parameter(name)
            .unwrap_or("")
            .split(',')
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (ids, names) = if op.method == "POST" {
        (from_body("ids"), from_body("fields"))
    } else {
        (from_query("ids"), from_query("fields"))
    };
    too_many(ids.len())?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::with_capacity(ids.len());
    for id in &ids {
        found.push(match record::find(call, table, id) {
            Ok(row) => record::fields(call, table, row, Some(&names))?,
            Err(_) => Value::Null,
        });
    }
    Ok(Answer::ok(Value::Array(found)))
}
