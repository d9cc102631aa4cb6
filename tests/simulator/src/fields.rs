//! Reading the fields of a write: what JSON may stand for which field, and
//! the errors Salesforce gives otherwise.

use serde_json::{Map, Value};

use crate::clock::{is_date, parse_time};
use crate::error::ApiError;
use crate::ids;
use crate::schema::{Field, Kind, Object};
use crate::value::Val;
use crate::world::User;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    Create,
    Update,
}

/// The fields of a request body with their places, checked one by one.
pub(crate) fn read(
    object: &Object,
    user: &User,
    body: &Map<String, Value>,
    write: Write,
) -> Result<Vec<(usize, Val)>, ApiError> {
    let mut fields = Vec::with_capacity(body.len());
    let mut forbidden = Vec::new();
    for (name, json) in body {
        if name == "attributes" {
            continue;
        }
        let place = object
            .position(name)
            .filter(|p| user.sees(&object.name, &object.fields[*p].name))
            .ok_or_else(|| {
                ApiError::new(
                    400,
                    "INVALID_FIELD",
                    format!("No such column '{name}' on sobject of type {}", object.name),
                )
            })?;
        let field = &object.fields[place];
        let allowed = match write {
            Write::Create => field.creatable,
            Write::Update => field.updatable,
        };
        if allowed && user.may_write(&object.name, &field.name) {
            fields.push((place, value(field, json)?));
        } else {
            forbidden.push(field.name.clone());
        }
    }
    if forbidden.is_empty() {
        Ok(fields)
    } else {
        Err(ApiError::on_fields(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!(
                "Unable to create/update fields: {}. Please check the security settings of this \
                 field and verify that it is read/write for your profile or permission set.",
                forbidden.join(", ")
            ),
            &forbidden,
        ))
    }
}

fn value(field: &Field, json: &Value) -> Result<Val, ApiError> {
    let wrong = |what: &str| {
        Err(ApiError::json(format!(
            "Cannot deserialize instance of {} from {what} value {json} or request may be missing \
             a required field",
            field.kind.api_name()
        )))
    };
    match (field.kind, json) {
        (Kind::Bool, Value::Bool(b)) => Ok(Val::Bool(*b)),
        (Kind::Bool, Value::Null) => Ok(field.default.clone()),
        (_, Value::Null) => Ok(Val::Null),
        (_, Value::Bool(_)) => wrong("VALUE_TRUE"),
        (_, Value::Array(_)) => wrong("START_ARRAY"),
        (_, Value::Object(_)) => wrong("START_OBJECT"),
        (Kind::Int | Kind::Double, Value::Number(n)) => number(field, n),
        (_, Value::Number(n)) if n.is_f64() => wrong("VALUE_NUMBER_FLOAT"),
        (_, Value::Number(_)) => wrong("VALUE_NUMBER_INT"),
        (Kind::Int | Kind::Double | Kind::Bool, Value::String(_)) => wrong("VALUE_STRING"),
        (Kind::DateTime, Value::String(text)) => match parse_time(text) {
            Some(ms) => Ok(Val::Time(ms)),
            None => wrong("VALUE_STRING"),
        },
        (Kind::Date, Value::String(text)) if is_date(text) => Ok(Val::text(text)),
        (Kind::Date, Value::String(_)) => wrong("VALUE_STRING"),
        (_, Value::String(text)) => self::text(field, text.trim()),
    }
}

fn number(field: &Field, n: &serde_json::Number) -> Result<Val, ApiError> {
    let n = n.as_f64().unwrap_or(0.0);
    if field.kind == Kind::Int && (n.fract() != 0.0 || n.abs() > f64::from(i32::MAX)) {
        return Err(ApiError::json(format!(
            "Cannot deserialize instance of int from VALUE_NUMBER_FLOAT value {n} or request may \
             be missing a required field"
        )));
    }
    Ok(Val::Num(n))
}

fn text(field: &Field, text: &str) -> Result<Val, ApiError> {
    // Salesforce is written in Java: a length counts UTF-16 units.
    if field.length > 0 && text.encode_utf16().count() > field.length {
        return Err(ApiError::on_fields(
            "STRING_TOO_LONG",
            format!(
                "{}: data value too large: {text} (max length={})",
                field.label, field.length
            ),
            &[&field.name],
        ));
    }
    if text.is_empty() {
        return Ok(Val::Null);
    }
    match field.kind {
        Kind::Ref | Kind::Id => match ids::long(text) {
            Some(id) => Ok(Val::text(&id)),
            None => Err(malformed_id(field, text)),
        },
        Kind::Email if !looks_like_email(text) => Err(ApiError::on_fields(
            "INVALID_EMAIL_ADDRESS",
            format!("{}: invalid email address: {text}", field.label),
            &[&field.name],
        )),
        Kind::Picklist if field.restricted && !field.values.iter().any(|v| v == text) => {
            Err(ApiError::on_fields(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                format!(
                    "{}: bad value for restricted picklist field: {text}",
                    field.label
                ),
                &[&field.name],
            ))
        }
        _ => Ok(Val::text(text)),
    }
}

pub(crate) fn malformed_id(field: &Field, text: &str) -> ApiError {
    ApiError::on_fields(
        "MALFORMED_ID",
        format!("{}: id value of incorrect type: {text}", field.label),
        &[&field.name],
    )
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !text.contains(char::is_whitespace)
    })
}
