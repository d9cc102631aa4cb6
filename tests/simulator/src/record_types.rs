//! Record types: which there are, which a record is of, who may use which.

use serde_json::{Value, json};

use crate::draft::Draft;
use crate::error::ApiError;
use crate::setup::RecordType;
use crate::value::Val;
use crate::world::OrgState;

/// Id of the record type that every object has and that nobody chooses.
const MASTER: &str = "012000000000000AAA";

/// The record type with this id, as the set-up has it.
fn by_id(state: &OrgState, id: &str) -> Option<RecordType> {
    let (table, row) = state.store.locate(id)?;
    let object = &state.store.tables[table].object;
    let text = |name: &str| {
        let place = object.position(name)?;
        state.store.row(table, row).vals[place].as_text()
    };
    state
        .settings
        .all_record_types()
        .into_iter()
        .find(|t| text("SobjectType") == Some(&t.object) && text("Name") == Some(&t.name))
}

fn allowed(state: &OrgState, user: usize, record_type: &RecordType) -> bool {
    let username = &state.users[user].setup.username;
    !record_type
        .barred
        .iter()
        .any(|barred| barred.eq_ignore_ascii_case(username))
}

/// Whether an Account's record type makes it a person.
pub(crate) fn is_person(state: &OrgState, draft: &Draft) -> bool {
    draft.object.name == "Account"
        && by_id(state, draft.text("RecordTypeId")).is_some_and(|t| t.person)
}

/// Refuses a record type of another object, or one that the user may not use.
pub(crate) fn check(state: &OrgState, user: usize, draft: &Draft) -> Result<(), ApiError> {
    let id = draft.text("RecordTypeId");
    if id.is_empty() {
        return Ok(());
    }
    match by_id(state, id) {
        Some(t) if t.object == draft.object.name && allowed(state, user, &t) => Ok(()),
        _ => Err(ApiError::on_fields(
            "INVALID_CROSS_REFERENCE_KEY",
            format!("Record Type ID: this ID value isn't valid for the user: {id}"),
            &["RecordTypeId"],
        )),
    }
}

/// The record types of an object, each with its record's id.
fn of_object(state: &OrgState, object: &str) -> Vec<(String, RecordType)> {
    let types = state.store.dump("RecordType");
    types
        .iter()
        .filter(|t| t["SobjectType"] == object)
        .filter_map(|t| {
            let id = t["Id"].as_str()?;
            Some((id.to_owned(), by_id(state, id)?))
        })
        .collect()
}

/// Gives a new record that names no record type the first that its author may use.
pub(crate) fn set_default(state: &OrgState, user: usize, draft: &mut Draft) {
    if draft.object.position("RecordTypeId").is_none() || !draft.get("RecordTypeId").is_null() {
        return;
    }
    let types = of_object(state, &draft.object.name);
    if let Some((id, _)) = types.iter().find(|(_, t)| allowed(state, user, t)) {
        draft.set("RecordTypeId", Val::text(id));
    }
}

/// `recordTypeInfos` of an object's description.
pub(crate) fn described(state: &OrgState, user: usize, object: &str) -> Vec<Value> {
    let info = |id: &str, name: &str, developer_name: &str, available: bool, default: bool| {
        let master = id == MASTER;
        let layout = format!("/services/data/v64.0/sobjects/{object}/describe/layouts/{id}");
        json!({"active": true, "available": available, "defaultRecordTypeMapping": default,
               "developerName": developer_name, "master": master, "name": name,
               "recordTypeId": id, "urls": {"layout": layout}})
    };
    let types = of_object(state, object);
    let default = types.iter().position(|(_, t)| allowed(state, user, t));
    let mut infos: Vec<Value> = types
        .iter()
        .enumerate()
        .map(|(i, (id, t))| {
            let available = allowed(state, user, t);
            info(
                id,
                &t.name,
                &t.developer_name,
                available,
                Some(i) == default,
            )
        })
        .collect();
    infos.push(info(MASTER, "Master", "Master", true, default.is_none()));
    infos
}
