//! What a user may do with an sObject and its fields (REST API Developer Guide, "sObject
//! Describe"). A field that the user may not see is not there at all.

use super::rest;
use serde::Deserialize;

/// More fields than an sObject can have (900 custom ones).
const MOST_FIELDS: usize = 5000;

/// An sObject, as far as it matters for writing to it.
#[derive(Debug, Clone, Deserialize)]
pub struct Described {
    /// May the user create records?
    #[serde(rename = "createable")]
    pub creatable: bool,
    /// May the user change records?
    #[serde(rename = "updateable", default)]
    pub updatable: bool,
    #[serde(deserialize_with = "rest::at_most::<MOST_FIELDS, _, _>")]
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "createable")]
    creatable: bool,
    #[serde(default)]
    length: usize,
}

impl Described {
    /// Is there a field of this name that the user may see?
    pub fn has(&self, name: &str) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// How many characters each field takes; 0: it has no such limit.
    pub fn lengths(&self) -> impl Iterator<Item = (&str, usize)> {
        self.fields
            .iter()
            .map(|field| (field.name.as_str(), field.length))
    }

    /// Those of the fields that the user cannot set in a new record, or cannot see.
    pub fn not_settable<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let is_settable = |name: &str| {
            let mut fields = self.fields.iter();
            fields.any(|field| field.creatable && field.name.eq_ignore_ascii_case(name))
        };
        names
            .into_iter()
            .filter(|name| !is_settable(name))
            .collect()
    }
}
