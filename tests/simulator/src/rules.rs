//! What an org's administrator has set up against bad records: unique fields,
//! validation rules, duplicate rules.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::dml::{Author, WriteOptions};
use crate::error::ApiError;
use crate::phones::Glyph;
use crate::schema::{Kind, Object};
use crate::setup::{DuplicateRule, ValidationRule};
use crate::sharing;
use crate::value::{Val, fold};
use crate::world::OrgState;

/// Refuses a value of a unique field that another record has already.
pub(crate) fn check_unique(
    state: &OrgState,
    table: usize,
    vals: &[Val],
    own_row: Option<u32>,
) -> Result<(), ApiError> {
    let table = &state.store.tables[table];
    for (place, field) in table.object.fields.iter().enumerate() {
        if !field.unique || vals[place].is_null() {
            continue;
        }
        let others = table.equals(place, &vals[place]).unwrap_or_default();
        let other = others
            .into_iter()
            .find(|row| Some(*row) != own_row && !table.rows[*row as usize].deleted);
        if let Some(other) = other {
            return Err(ApiError::on_fields::<&str>(
                "DUPLICATE_VALUE",
                format!(
                    "duplicate value found: {} duplicates value on record with id: {}",
                    field.name,
                    table.rows[other as usize].id()
                ),
                &[],
            ));
        }
    }
    Ok(())
}

/// Applies the validation rules to a record about to be written.
pub(crate) fn validate(
    rules: &[ValidationRule],
    object: &Object,
    vals: &[Val],
) -> Result<(), ApiError> {
    for rule in rules
        .iter()
        .filter(|r| r.object.eq_ignore_ascii_case(&object.name))
    {
        let broken = match object.position(&rule.field) {
            None => true,
            Some(place) => match vals[place].as_text() {
                None => rule.contains.is_empty() && vals[place].is_null(),
                Some(text) => {
                    !rule.contains.is_empty() && fold(text).contains(&fold(&rule.contains))
                }
            },
        };
        if broken {
            return Err(ApiError::on_fields::<&str>(
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                rule.message.clone(),
                &[],
            ));
        }
    }
    Ok(())
}

/// Applies the duplicate rules to a record about to be created.
pub(crate) fn check_duplicates(
    state: &OrgState,
    table: usize,
    vals: &[Val],
    author: Author,
) -> Result<(), ApiError> {
    let options = author.options;
    let number = table;
    let table = &state.store.tables[table];
    let object = &table.object;
    for rule in &state.settings.duplicate_rules {
        let Some(place) = object
            .name
            .eq_ignore_ascii_case(&rule.object)
            .then(|| object.position(&rule.field))
            .flatten()
        else {
            continue;
        };
        if (!rule.blocks && options.allow_duplicates) || vals[place].is_null() {
            continue;
        }
        let phone = object.fields[place].kind == Kind::Phone;
        let wanted = comparable(&vals[place], phone, rule.fuzzy);
        let likely: BTreeSet<u32> = if rule.fuzzy {
            (0..table.rows.len() as u32).collect()
        } else if phone {
            let digits: Vec<Glyph> = wanted.chars().map(Glyph::Char).collect();
            table.phones.by_digits(&digits)
        } else {
            table
                .equals(place, &vals[place])
                .unwrap_or_else(|| (0..table.rows.len() as u32).collect())
        };
        let matching: Vec<u32> = likely
            .into_iter()
            .filter(|row| {
                let row = &table.rows[*row as usize];
                !row.deleted && comparable(&row.vals[place], phone, rule.fuzzy) == wanted
            })
            .collect();
        if !matching.is_empty() {
            // What the user does not see is not named.
            let named =
                |row: &u32| rule.names_records && sharing::sees(state, author.user, number, *row);
            let named: Vec<u32> = matching.into_iter().filter(named).collect();
            return Err(found(state, rule, object, table, &named, options));
        }
    }
    Ok(())
}

/// What of a value is compared; `fuzzy`: a phone without its last four digits, a name without
/// any digits.
fn comparable(val: &Val, phone: bool, fuzzy: bool) -> String {
    let text = val.as_text().unwrap_or("");
    if phone {
        let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if fuzzy {
            digits.truncate(digits.len().saturating_sub(4));
            // However its country and trunk prefix are written.
            digits.drain(..digits.len().saturating_sub(5));
        }
        digits
    } else if fuzzy {
        fold(text).chars().filter(|c| c.is_alphabetic()).collect()
    } else {
        fold(text)
    }
}

fn found(
    state: &OrgState,
    rule: &DuplicateRule,
    object: &Object,
    table: &crate::store::Table,
    rows: &[u32],
    options: WriteOptions,
) -> ApiError {
    let records: Vec<Value> = rows
        .iter()
        .map(|row| {
            let row = &table.rows[*row as usize];
            let mut record = Map::new();
            record.insert(
                "attributes".into(),
                json!({"type": object.name,
                       "url": format!("/services/data/v64.0/sobjects/{}/{}", object.name, row.id())}),
            );
            record.insert("Id".into(), json!(row.id()));
            if options.duplicate_details
                && let Some(name) = object.position("Name")
            {
                record.insert("Name".into(), row.vals[name].to_json());
            }
            json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                   "record": record})
        })
        .collect();
    let mut error = ApiError::new(400, "DUPLICATES_DETECTED", rule.message.clone());
    if state.settings.duplicate_result_name.is_empty() {
        return error;
    }
    error.extra = Some(Box::new((
        state.settings.duplicate_result_name.clone(),
        json!({
            "allowSave": !rule.blocks,
            "duplicateRule": format!("{}_{}", object.name, rule.field),
            "duplicateRuleEntityType": object.name,
            "errorMessage": rule.message,
            "matchResults": [{
                "entityType": object.name, "errors": [], "matchEngine": "ExactMatchEngine",
                "matchRecords": records, "rule": format!("{}_{}_Match", object.name, rule.field),
                "size": rows.len(), "success": true
            }]
        }),
    )));
    error
}
