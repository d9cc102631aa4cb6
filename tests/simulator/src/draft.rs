//! A record on its way into a table: what follows from its fields, what it
//! must have, what it may point to.

use crate::error::ApiError;
use crate::fields::malformed_id;
use crate::record_types::is_person;
use crate::schema::{Field, Object};
use crate::store::ID;
use crate::value::Val;
use crate::world::OrgState;

/// A record on its way into a table.
pub(crate) struct Draft<'a> {
    pub object: &'a Object,
    pub vals: Vec<Val>,
}

impl Draft<'_> {
    pub(crate) fn get(&self, name: &str) -> &Val {
        self.object
            .position(name)
            .map_or(&Val::Null, |place| &self.vals[place])
    }

    /// Sets a field, if the object has it.
    pub(crate) fn set(&mut self, name: &str, val: Val) {
        if let Some(place) = self.object.position(name) {
            self.vals[place] = val;
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).as_text().unwrap_or("")
    }
}

/// Fields that follow from others.
pub(crate) fn derive(state: &OrgState, draft: &mut Draft, now: i64) {
    match draft.object.name.as_str() {
        "Case" => {
            if draft.get("AccountId").is_null()
                && let Some((table, row)) = state.store.locate(draft.text("ContactId"))
                && let Some(place) = state.store.tables[table].object.position("AccountId")
            {
                draft.set("AccountId", state.store.row(table, row).vals[place].clone());
            }
            let closed = draft.text("Status") == "Closed";
            draft.set("IsClosed", Val::Bool(closed));
            if !closed {
                draft.set("ClosedDate", Val::Null);
            } else if draft.get("ClosedDate").is_null() {
                draft.set("ClosedDate", Val::Time(now));
            }
        }
        "Task" => derive_task(state, draft, now),
        "Account" if is_person(state, draft) => {
            draft.set("IsPersonAccount", Val::Bool(true));
            full_name(draft);
        }
        "Contact" | "Lead" | "User" => full_name(draft),
        _ => {}
    }
}

fn full_name(draft: &mut Draft) {
    let name = format!("{} {}", draft.text("FirstName"), draft.text("LastName"));
    draft.set("Name", Val::text(name.trim()));
}

fn derive_task(state: &OrgState, draft: &mut Draft, now: i64) {
    let closed = draft.text("Status") == "Completed";
    draft.set("IsClosed", Val::Bool(closed));
    let urgent = draft.text("Priority") == "High";
    draft.set("IsHighPriority", Val::Bool(urgent));
    if !closed {
        draft.set("CompletedDateTime", Val::Null);
    } else if draft.get("CompletedDateTime").is_null() {
        draft.set("CompletedDateTime", Val::Time(now));
    }
    // The Account of what the Task is about, else of whom.
    let account = [draft.text("WhatId"), draft.text("WhoId")]
        .into_iter()
        .find_map(|id| {
            let (table, row) = state.store.locate(id)?;
            let object = &state.store.tables[table].object;
            let place = match object.name.as_str() {
                "Account" => ID,
                _ => object.position("AccountId")?,
            };
            let account = state.store.row(table, row).vals[place].clone();
            (!account.is_null()).then_some(account)
        });
    draft.set("AccountId", account.unwrap_or_default());
}

pub(crate) fn check_required(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    let object = draft.object;
    let missing: Vec<&str> = object
        .fields
        .iter()
        .zip(&draft.vals)
        .filter(|(field, val)| field.required && val.is_null())
        .map(|(field, _)| match field.name.as_str() {
            "Name" if is_person(state, draft) => "LastName",
            name => name,
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::on_fields(
        "REQUIRED_FIELD_MISSING",
        format!("Required fields are missing: [{}]", missing.join(", ")),
        &missing,
    ))
}

pub(crate) fn check_references(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    for (field, val) in draft.object.fields.iter().zip(&draft.vals) {
        if let (false, Some(id)) = (field.targets.is_empty(), val.as_text()) {
            check_reference(state, field, id)?;
        }
    }
    Ok(())
}

fn check_reference(state: &OrgState, field: &Field, id: &str) -> Result<(), ApiError> {
    let target = state
        .store
        .schema
        .by_prefix(id)
        .map(|t| state.store.schema.objects[t].name.as_str());
    if !target.is_some_and(|name| field.targets.iter().any(|t| t == name)) {
        return Err(malformed_id(field, id));
    }
    let Some((table, row)) = state.store.locate(id) else {
        return Err(ApiError::on_fields(
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            &[&field.name],
        ));
    };
    let found = state.store.row(table, row);
    if found.deleted {
        return Err(ApiError::on_fields(
            "ENTITY_IS_DELETED",
            "entity is deleted",
            &[&field.name],
        ));
    }
    let active = state.store.tables[table].object.position("IsActive");
    if field.name == "OwnerId" && active.is_some_and(|p| found.vals[p] == Val::Bool(false)) {
        return Err(ApiError::on_fields(
            "INACTIVE_OWNER_OR_USER",
            format!("operation performed with inactive user [{id}] as owner"),
            &[&field.name],
        ));
    }
    Ok(())
}
