//! The fields of a Case, a Task and a new Account, by their API names.

use crate::calls::record::CallRecord;
use crate::journal::Match;
use crate::messages::Texts;
use serde_json::{Map, Value};

/// The API name of the field by which a Case in doubt is looked for.
pub const SUPPLIED_PHONE: &str = "SuppliedPhone";
const SUPPLIED_NAME: &str = "SuppliedName";

/// The API name of the field by which a Case belongs to an Account.
pub const ACCOUNT: &str = "AccountId";

/// The API name of the field by which a Case belongs to a Contact.
pub const CONTACT: &str = "ContactId";

/// The API name of the field by which a Task belongs to a Case or Account.
pub const ABOUT: &str = "WhatId";

/// The API name of the field by which a Task belongs to a Contact.
const WHO: &str = "WhoId";

/// The fields that name the Contact.
pub const NAMES_CONTACT: [&str; 2] = [CONTACT, WHO];

/// The API name of a Task's field that holds the call's reference.
const CALL: &str = "CallObject";

/// The API name of the field that says what happened.
pub const DESCRIPTION: &str = "Description";

/// The API name of the field that says whose a record is.
pub const OWNER: &str = "OwnerId";

/// A Case's fields. The administrator's `case_field`s win over ours, but for the Description,
/// whose last line is the call's reference: without it the Case could not be found again.
pub fn case(texts: &Texts, matched: &Match) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.insert(name.to_owned(), Value::from(value));
        }
    };
    set("Subject", Some(&texts.subject));
    set("Origin", Some("Phone"));
    set(SUPPLIED_PHONE, texts.supplied_phone.as_deref());
    set(SUPPLIED_NAME, texts.supplied_name.as_deref());
    set(ACCOUNT, matched.account_id.as_deref());
    set(CONTACT, matched.contact_id.as_deref());
    for (name, value) in &texts.case_fields {
        set(name, Some(value));
    }
    set(
        DESCRIPTION,
        Some(&texts.description_naming(&matched.others)),
    );
    fields
}

/// A Task's fields, by Salesforce's convention for calls: a logged activity, already completed.
pub fn task(texts: &Texts, record: &CallRecord, matched: &Match) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("TaskSubtype".to_owned(), Value::from("Call"));
    fields.insert("Status".to_owned(), Value::from("Completed"));
    fields.insert("CallType".to_owned(), Value::from("Inbound"));
    let seconds = record.talk_seconds().unwrap_or(0);
    fields.insert("CallDurationInSeconds".to_owned(), Value::from(seconds));
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.insert(name.to_owned(), Value::from(value));
        }
    };
    set("Subject", &texts.subject);
    set("ActivityDate", &texts.day);
    set("CallDisposition", &texts.reason);
    set(CALL, &record.reference);
    set(WHO, matched.contact_id.as_deref().unwrap_or_default());
    set(DESCRIPTION, &texts.description_naming(&matched.others));
    fields
}

/// The fields of a Case that change for it to say `now` instead of `then`. Others are not sent
/// again: whoever answered the call may have changed them since, as well as the Account. The
/// caller's number and name cannot be changed in Salesforce.
pub fn changes(then: &Map<String, Value>, now: &Map<String, Value>) -> Map<String, Value> {
    const KEPT: [&str; 5] = [SUPPLIED_PHONE, SUPPLIED_NAME, ACCOUNT, CONTACT, OWNER];
    let is_new = |(name, value): &(&String, &Value)| {
        !KEPT.contains(&name.as_str()) && then.get(*name) != Some(value)
    };
    let changed = now.iter().filter(is_new);
    changed
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A new Account's fields. One that is given a last name is a Person Account, whose Name
/// Salesforce makes of it.
pub fn account(texts: &Texts, e164: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let given = texts.account_fields.iter();
    let given = given.filter(|(_, value)| !value.is_empty());
    if !given.clone().any(|(name, _)| is_last_name(name)) {
        fields.insert("Name".to_owned(), Value::from(texts.account_name.as_str()));
    }
    fields.insert("Phone".to_owned(), Value::from(e164));
    for (name, value) in given {
        fields.insert(name.clone(), Value::from(value.as_str()));
    }
    fields
}

fn is_last_name(field: &str) -> bool {
    field.eq_ignore_ascii_case("LastName")
}

/// The name in an Account's fields.
pub fn name(account: &Map<String, Value>) -> &str {
    let last_name = account.iter().find(|(name, _)| is_last_name(name));
    let name = account.get("Name").or(last_name.map(|(_, value)| value));
    name.and_then(Value::as_str).unwrap_or_default()
}
