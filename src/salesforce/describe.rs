//! What a user may do with an sObject and its fields (REST API Developer Guide, "sObject
//! Describe"). A field that the user may not see is not there at all.

use super::rest;
use serde::Deserialize;

/// More fields than an sObject can have (900 custom ones).
const MOST_FIELDS: usize = 5000;

/// More values than a picklist can have (1,000, and inactive ones).
const MOST_VALUES: usize = 20_000;

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

/// A field that the user may see.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    name: String,
    /// May the user set it in a new record?
    #[serde(rename = "createable")]
    pub creatable: bool,
    /// May the user change it?
    #[serde(rename = "updateable", default)]
    pub updatable: bool,
    /// Can records be found and written by it?
    #[serde(rename = "externalId", default)]
    pub external_id: bool,
    /// Are two records with the same value refused?
    #[serde(default)]
    pub unique: bool,
    /// How many characters it takes; 0: it has no such limit.
    #[serde(default)]
    pub length: usize,
    /// May it be empty?
    #[serde(default = "yes")]
    nillable: bool,
    /// Does Salesforce fill it in where nothing is given?
    #[serde(rename = "defaultedOnCreate", default)]
    defaulted: bool,
    /// Are values refused that are not listed?
    #[serde(rename = "restrictedPicklist", default)]
    restricted: bool,
    #[serde(
        rename = "picklistValues",
        default,
        deserialize_with = "rest::at_most::<MOST_VALUES, _, _>"
    )]
    values: Vec<Choice>,
}

/// A value of a picklist.
#[derive(Debug, Clone, Deserialize)]
struct Choice {
    value: String,
    #[serde(default = "yes")]
    active: bool,
}

fn yes() -> bool {
    true
}

impl Field {
    /// The values that a restricted picklist takes; `None`: it is none.
    pub fn offered(&self) -> Option<Vec<&str>> {
        let active = self.values.iter().filter(|value| value.active);
        self.restricted
            .then(|| active.map(|value| value.value.as_str()).collect())
    }
}

impl Described {
    /// How many characters each field takes; 0: it has no such limit.
    pub fn lengths(&self) -> impl Iterator<Item = (&str, usize)> {
        self.fields
            .iter()
            .map(|field| (field.name.as_str(), field.length))
    }

    /// The fields that a new record must be given.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = |field: &&Field| field.creatable && !field.nillable && !field.defaulted;
        let fields = self.fields.iter().filter(required);
        fields.map(|field| field.name.as_str())
    }

    /// A field by its API name, without regard to case; `None`: it does not exist, or the user
    /// may not see it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }
}
