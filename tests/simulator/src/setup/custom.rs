//! What an administrator adds to an org: fields, record types, rules.

use serde::{Deserialize, Serialize};

/// A record type.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordType {
    /// Object whose records may be of it.
    pub object: String,
    /// Its label.
    pub name: String,
    /// Its name for programs.
    pub developer_name: String,
    /// Whether an Account of it is a person.
    pub person: bool,
    /// Usernames whose profiles may not use it.
    pub barred: Vec<String>,
}

impl RecordType {
    /// A record type that everybody may use.
    pub fn new(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            developer_name: name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            ..Self::default()
        }
    }
}

/// A custom field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomField {
    /// Object it is on.
    pub object: String,
    /// API name, ending in `__c`.
    pub name: String,
    /// `text`, `area`, `phone`, `email`, `url`, `picklist`, `bool`, `int`, `double`, `date`, `datetime`.
    pub kind: String,
    /// Length of a text field.
    pub length: usize,
    /// Whether writes must give it.
    pub required: bool,
    /// Whether records can be upserted on it.
    pub external_id: bool,
    /// Whether two records may not have the same value.
    pub unique: bool,
    /// Whether a picklist refuses values that it does not list.
    pub restricted: bool,
    /// Values of a picklist.
    pub values: Vec<String>,
}

impl Default for CustomField {
    fn default() -> Self {
        Self {
            object: "Case".into(),
            name: String::new(),
            kind: "text".into(),
            length: 255,
            required: false,
            external_id: false,
            unique: false,
            restricted: false,
            values: Vec::new(),
        }
    }
}

impl CustomField {
    /// A unique external-id text field.
    pub fn external_id(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            external_id: true,
            unique: true,
            ..Self::default()
        }
    }
}

/// A validation rule: writes to `object` whose `field` contains `contains` are
/// refused with `message`; without a field, every write is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidationRule {
    /// Object it guards.
    pub object: String,
    /// Field it looks at; empty: none, every write is refused.
    pub field: String,
    /// Text that must not occur; empty: the field must not be empty.
    pub contains: String,
    /// The administrator's words.
    pub message: String,
}

/// A duplicate rule: a new record whose `field` equals another's (as digits for
/// phones, else as text without case) is a duplicate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicateRule {
    /// Object it guards.
    pub object: String,
    /// Field that is compared.
    pub field: String,
    /// Whether what resembles each other is a duplicate too: phones whose last four digits
    /// differ, names that differ in their digits.
    pub fuzzy: bool,
    /// Whether the error names the records that were found.
    pub names_records: bool,
    /// Whether it blocks; otherwise it alerts, and `allowSave=true` saves all the same.
    pub blocks: bool,
    /// The administrator's words.
    pub message: String,
}

impl Default for DuplicateRule {
    fn default() -> Self {
        Self {
            object: "Account".into(),
            field: "Phone".into(),
            fuzzy: false,
            names_records: true,
            blocks: true,
            message: "Use one of these records?".into(),
        }
    }
}
