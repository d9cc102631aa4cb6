//! The fields of a Case and of a new Account, by their API names.

use super::owners;
use crate::config::settings::{CreateOn, User};
use crate::messages::Texts;
use crate::messages::template::Template;
use crate::salesforce::is_record_id;
use serde_json::{Map, Value};

/// The API name of the field by which a Case in doubt is looked for.
pub const SUPPLIED_PHONE: &str = "SuppliedPhone";
const SUPPLIED_NAME: &str = "SuppliedName";

/// The API name of the field by which a Case belongs to an Account.
pub const ACCOUNT: &str = "AccountId";

/// The API name of the field that says whose a record is.
pub const OWNER: &str = "OwnerId";

/// A Case's fields. The administrator's `case_field`s win over ours, but for the Description,
/// whose last line is the call's reference: without it the Case could not be found again.
pub fn case(texts: &Texts, account_id: Option<&str>) -> Map<String, Value> {
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
    set(ACCOUNT, account_id);
    for (name, value) in &texts.case_fields {
        set(name, Some(value));
    }
    set("Description", Some(&texts.description));
    fields
}

/// The fields of a Case that change for it to say `now` instead of `then`. Others are not sent
/// again: whoever answered the call may have changed them since, as well as the Account. The
/// caller's number and name cannot be changed in Salesforce.
pub fn changes(then: &Map<String, Value>, now: &Map<String, Value>) -> Map<String, Value> {
    const KEPT: [&str; 4] = [SUPPLIED_PHONE, SUPPLIED_NAME, ACCOUNT, OWNER];
    let is_new = |(name, value): &(&String, &Value)| {
        !KEPT.contains(&name.as_str()) && then.get(*name) != Some(value)
    };
    let changed = now.iter().filter(is_new);
    changed
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A new Account's fields.
pub fn account(texts: &Texts, e164: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("Name".to_owned(), Value::from(texts.account_name.as_str()));
    fields.insert("Phone".to_owned(), Value::from(e164));
    for (name, value) in texts
        .account_fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
    {
        fields.insert(name.clone(), Value::from(value.as_str()));
    }
    fields
}

/// The names of all fields that a Case of the user's may be created with.
pub fn of_case(user: &User) -> Vec<String> {
    let mut fields = case(&texts(user, "now"), Some("an Account"));
    if user.owner.is_some() {
        fields.insert(OWNER.to_owned(), Value::Null);
    }
    names(fields)
}

/// Is a Case of the user's changed after it was created?
pub fn is_changed(user: &User) -> bool {
    user.create_on == CreateOn::Answer
}

/// The names of all fields of a Case that may then be changed.
pub fn changed_of_case(user: &User) -> Vec<String> {
    let of = |word| case(&texts(user, word), None);
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

/// Texts that leave nothing out; all that may differ between calls is `word`.
fn texts(user: &User, word: &str) -> Texts {
    let text = || word.to_owned();
    let all = |fields: &[(String, Template)]| {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.clone(), value.render(|_| text())))
            .collect()
    };
    Texts {
        subject: text(),
        description: text(),
        account_name: text(),
        supplied_phone: Some(text()),
        supplied_name: Some(text()),
        case_fields: all(&user.case_fields),
        account_fields: all(&user.account_fields),
    }
}

fn names(fields: Map<String, Value>) -> Vec<String> {
    fields.into_iter().map(|(name, _)| name).collect()
}

/// The name in an Account's fields.
pub fn name(account: &Map<String, Value>) -> &str {
    let name = account.get("Name").and_then(Value::as_str);
    name.unwrap_or_default()
}
