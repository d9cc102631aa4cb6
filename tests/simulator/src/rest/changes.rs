//! Which records of an object were changed or deleted in a span of time.

use serde_json::{Value, json};

use super::record;
use super::run::{Call, Op};
use crate::clock::{format_time, parse_time};
use crate::error::ApiError;
use crate::store::Row;
use crate::value::Val;

pub(super) fn deleted(call: &Call, op: &Op, object: &str) -> Result<Value, ApiError> {
    let Touched { rows, until } = between(call, op, object, true)?;
    let records: Vec<Value> = rows
        .iter()
        .map(|(row, at)| json!({"deletedDate": format_time(*at), "id": row.id()}))
        .collect();
    Ok(
        json!({"deletedRecords": records, "earliestDateAvailable": format_time(0),
              "latestDateCovered": format_time(until)}),
    )
}

pub(super) fn updated(call: &Call, op: &Op, object: &str) -> Result<Value, ApiError> {
    let Touched { rows, until } = between(call, op, object, false)?;
    let ids: Vec<&str> = rows.iter().map(|(row, _)| row.id()).collect();
    Ok(json!({"ids": ids, "latestDateCovered": format_time(until)}))
}

/// Records, each with when it was touched last, and the end of the span that was covered.
struct Touched<'a> {
    rows: Vec<(&'a Row, i64)>,
    until: i64,
}

/// The records touched between `start` and `end`.
fn between<'a>(
    call: &'a Call,
    op: &Op,
    object: &str,
    deleted: bool,
) -> Result<Touched<'a>, ApiError> {
    let time = |name: &str| {
        op.parameter(name).and_then(parse_time).ok_or_else(|| {
            let message = format!("{name} must be a date and time");
            ApiError::new(400, "INVALID_REPLICATION_DATE", message)
        })
    };
    let (start, end) = (time("start")?, time("end")?);
    if start >= end {
        let message = "start must lie before end";
        return Err(ApiError::new(400, "INVALID_REPLICATION_DATE", message));
    }
    let table = &call.state.store.tables[record::table(call, object)?];
    let touched = table.rows.iter().filter(|row| row.deleted == deleted);
    let rows = touched
        .filter_map(|row| match row.get(&table.object, "SystemModstamp") {
            Val::Time(at) if (start..=end).contains(at) => Some((row, *at)),
            _ => None,
        })
        .collect();
    let until = end.min(call.now);
    Ok(Touched { rows, until })
}
