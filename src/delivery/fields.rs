//! The fields of a Case, a Task and a new Account, by their API names.

use super::owners;
use crate::calls::record::Outcome;
use crate::config::settings::{CreateOn, User};
use crate::journal::Match;
use crate::messages::Texts;
use crate::messages::template::Template;
use crate::salesforce::is_record_id;
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

/// The API name of the field that says by what way a Case came.
pub const ORIGIN: &str = "Origin";

/// The API name of the field that says how far a Task is.
pub const STATUS: &str = "Status";

/// The API name of the field that says what happened.
pub const DESCRIPTION: &str = "Description";

/// The API name of the field that says whose a record is.
pub const OWNER: &str = "OwnerId";

/// A Case's fields. The administrator's `case_field`s win over ours, but for the Description,
/// whose last line is the call's reference: without it the Case could not be found again.
pub fn case(texts: &Texts, user: &User, matched: &Match) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.insert(name.to_owned(), Value::from(value));
        }
    };
    set("Subject", Some(&texts.subject));
    set(ORIGIN, user.case_origin.as_deref());
    set(SUPPLIED_PHONE, texts.supplied_phone.as_deref());
    set(SUPPLIED_NAME, texts.supplied_name.as_deref());
    set(ACCOUNT, matched.account_id.as_deref());
    set(CONTACT, matched.contact_id.as_deref());
    for (name, value) in &texts.case_fields {
        set(name, Some(value));
    }
    set(DESCRIPTION, Some(&description(texts, matched)));
    fields
}

/// The Description, with what is to be said of whose the number is.
fn description(texts: &Texts, matched: &Match) -> String {
    if matched.not_looked_up {
        texts.description_not_looked_up()
    } else {
        texts.description_naming(&matched.others, &matched.similar)
    }
}

/// A Task's fields, by Salesforce's convention for calls: a logged activity, already completed.
pub fn task(
    texts: &Texts,
    user: &User,
    reference: &str,
    talk_seconds: u32,
    matched: &Match,
) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("TaskSubtype".to_owned(), Value::from("Call"));
    fields.insert(STATUS.to_owned(), Value::from(user.task_status.as_str()));
    fields.insert("CallType".to_owned(), Value::from("Inbound"));
    fields.insert(
        "CallDurationInSeconds".to_owned(),
        Value::from(talk_seconds),
    );
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.insert(name.to_owned(), Value::from(value));
        }
    };
    set("Subject", &texts.subject);
    set("ActivityDate", &texts.day);
    set("CallDisposition", &texts.reason);
    set(CALL, reference);
    set(WHO, matched.contact_id.as_deref().unwrap_or_default());
    set(DESCRIPTION, &description(texts, matched));
    fields
}

/// Takes out of a Task what it refers to.
pub fn detach_task(task: &mut Map<String, Value>) {
    task.retain(|name, _| name != WHO && name != ABOUT);
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

/// The names of all fields that a Case of the user's may be created with.
pub fn of_case(user: &User) -> Vec<String> {
    let mut fields = case(&texts(user, "now"), user, &Match::account("an Account", ""));
    if user.owner.is_some() {
        fields.insert(OWNER.to_owned(), Value::Null);
    }
    names(fields)
}

/// The option because of which Cases of the user's are changed after they were created.
pub fn why_changed(user: &User) -> Option<&'static str> {
    match user.create_on {
        CreateOn::Answer => Some("create_on = answer"),
        CreateOn::Hangup => (user.repeat_window > 0).then_some("repeat_window"),
    }
}

/// The names of all fields of a Case that may then be changed.
pub fn changed_of_case(user: &User) -> Vec<String> {
    if user.create_on == CreateOn::Hangup {
        return vec![DESCRIPTION.to_owned()];
    }
    let of = |word| case(&texts(user, word), user, &Match::default());
    names(changes(&of("then"), &of("now")))
}

/// The names of all fields that an Account of the user's may be created with.
pub fn of_account(user: &User) -> Vec<String> {
    let mut fields = account(&texts(user, "now"), "a number");
    let owner = user.owner.as_deref();
    if owner.is_some_and(|owner| !is_record_id(owner) || owners::is_user(owner)) {
        fields.insert(OWNER.to_owned(), Value::Null);
    }
    names(fields)
}

/// The names of all fields that a Task of the user's may be created with; none if it has none.
pub fn of_task(user: &User) -> Vec<String> {
    let outcomes = [Outcome::Answered, Outcome::Lost];
    if !outcomes.iter().any(|outcome| user.wants_task(*outcome)) {
        return Vec::new();
    }
    let mut fields = task(
        &texts(user, "now"),
        user,
        "a reference",
        0,
        &Match::default(),
    );
    fields.insert(ABOUT.to_owned(), Value::Null);
    fields.insert(WHO.to_owned(), Value::Null);
    names(fields)
}

/// What a record of the user's holds in each field, where that is the same for every call.
fn values(now: Map<String, Value>, then: &Map<String, Value>) -> Vec<(String, Option<String>)> {
    let constant = |name: &str, value: &Value| {
        let value = value.as_str().filter(|_| then.get(name) == Some(value));
        value.map(str::to_owned)
    };
    let values = now.iter();
    values
        .map(|(name, value)| (name.clone(), constant(name, value)))
        .collect()
}

/// The fields of a new Case of the user's.
pub fn values_of_case(user: &User) -> Vec<(String, Option<String>)> {
    let of = |word| {
        let mut fields = case(&texts(user, word), user, &Match::account("an Account", ""));
        if let Some(field) = &user.external_id_field {
            fields.insert(field.clone(), Value::Null);
        }
        fields
    };
    values(of("now"), &of("then"))
}

/// The fields of a new Account of the user's.
pub fn values_of_account(user: &User) -> Vec<(String, Option<String>)> {
    let of = |word| account(&texts(user, word), word);
    let mut values = values(of("now"), &of("then"));
    if values.iter().any(|(name, _)| is_last_name(name)) {
        // Salesforce makes it.
        values.push(("Name".to_owned(), None));
    }
    values
}

/// The fields of a new Task of the user's.
pub fn values_of_task(user: &User) -> Vec<(String, Option<String>)> {
    let of = |word| task(&texts(user, word), user, word, 0, &Match::default());
    values(of("now"), &of("then"))
}

/// Texts that leave nothing out; all that may differ between calls is `word`.
fn texts(user: &User, word: &str) -> Texts {
    let text = || word.to_owned();
    let all = |fields: &[(String, Template)]| {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.clone(), value.render(|_| text())))
            .collect()
    };
    Texts::saying(word, all(&user.case_fields), all(&user.account_fields))
}

fn names(fields: Map<String, Value>) -> Vec<String> {
    fields.into_iter().map(|(name, _)| name).collect()
}

/// The name in an Account's fields.
pub fn name(account: &Map<String, Value>) -> &str {
    let last_name = account.iter().find(|(name, _)| is_last_name(name));
    let name = account.get("Name").or(last_name.map(|(_, value)| value));
    name.and_then(Value::as_str).unwrap_or_default()
}
