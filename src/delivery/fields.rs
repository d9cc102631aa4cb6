//! The fields of a Case and of a new Account, by their API names.

use crate::messages::Texts;
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

/// The name in an Account's fields.
pub fn name(account: &Map<String, Value>) -> &str {
    let name = account.get("Name").and_then(Value::as_str);
    name.unwrap_or_default()
}
