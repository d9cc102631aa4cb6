//! What REST answers hold: query pages, search results (REST API Developer
//! Guide, "sObject Basic Information", "Query", "Search").
//!
//! An answer of a write that says success but cannot be read leaves the write in doubt.

use super::error::{Error, Kind};
use super::http::{self, Answer, Effect};
use super::{CaseNow, query, refusal};
use crate::messages;
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// A successful answer as JSON of the expected shape; otherwise what the answer means.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer, effect: Effect) -> Result<T, Error> {
    succeeded(answer, effect)?;
    serde_json::from_slice(&answer.body).map_err(|_| http::foreign(answer, effect))
}

/// Did the request succeed? Otherwise what the answer means.
pub(super) fn succeeded(answer: &Answer, effect: Effect) -> Result<(), Error> {
    match answer.status {
        200..300 => Ok(()),
        300..400 => Err(http::foreign(answer, effect)),
        status => Err(refusal::of_rest(status, &answer.body, effect)
            .unwrap_or_else(|| http::foreign(answer, effect))),
    }
}

/// Has it the form of a record id: 15 or 18 letters and digits?
pub fn is_record_id(id: &str) -> bool {
    matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An id in an answer: one that is none makes the answer none of Salesforce's.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if is_record_id(&id) {
        Ok(id)
    } else {
        Err(D::Error::custom("no record id"))
    }
}

/// An id in an answer, or null.
fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id: Option<String> = Option::deserialize(deserializer)?;
    if id.as_deref().is_none_or(is_record_id) {
        Ok(id)
    } else {
        Err(D::Error::custom("no record id"))
    }
}

/// A list of no more elements than `MOST`: how much memory it takes is not up to the answer.
pub(super) fn at_most<'de, const MOST: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Elements<T, const MOST: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Elements<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = list.next_element()? {
                if elements.len() == MOST {
                    return Err(A::Error::invalid_length(MOST + 1, &self));
                }
                elements.push(element);
            }
            Ok(elements)
        }
    }

    deserializer.deserialize_seq(Elements::<T, MOST>(PhantomData))
}

/// Records that an answer may have: of two sObjects, each as many as Salesforce gives at once.
const MOST_RECORDS: usize = 2 * query::CANDIDATES;

/// A record in a query's result.
pub(super) trait Row: DeserializeOwned {
    /// How many of them a page holds, instead of Salesforce's 2,000.
    const PER_PAGE: Option<u32> = None;
}

/// So that a page stays below the size of an answer that is read: Descriptions have up to 32 kB.
const DESCRIPTIONS_PER_PAGE: Option<u32> = Some(200);

impl Row for PhoneRow {}
impl Row for UserRow {}
impl Row for TaskRow {}
impl Row for Value {}
impl Row for CaseNowRow {
    const PER_PAGE: Option<u32> = DESCRIPTIONS_PER_PAGE;
}
impl Row for CaseRow {
    const PER_PAGE: Option<u32> = DESCRIPTIONS_PER_PAGE;
}

/// Has it the form of a field's API name, perhaps behind relationships: `Owner.Name`?
pub fn is_field_path(path: &str) -> bool {
    /// Salesforce goes through five relationships, and names have 40 characters and a suffix.
    const LONGEST: usize = 255;
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    path.len() <= LONGEST && path.split('.').all(is_name)
}

/// A row's field as text, whatever case its name is asked for in.
pub(super) fn plain_field(row: &Value, path: &str) -> Result<String, Error> {
    let mut value = row;
    for name in path.split('.') {
        let Value::Object(fields) = value else {
            // A relationship that leads nowhere.
            return Ok(String::new());
        };
        let mut fields = fields.iter();
        let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
        value = found.map_or(&Value::Null, |(_, value)| value);
    }
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err(Error::new(
            Kind::Refused,
            format!("{path} consists of several fields"),
        )
        .advise("ask for one of them")),
    }
}

/// One page of a query's result.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T> {
    #[serde(deserialize_with = "at_most::<MOST_RECORDS, _, _>")]
    pub records: Vec<T>,
    #[serde(rename = "nextRecordsUrl")]
    pub next: Option<String>,
}

/// A search's result.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Found<T> {
    #[serde(
        rename = "searchRecords",
        deserialize_with = "at_most::<MOST_RECORDS, _, _>"
    )]
    pub records: Vec<T>,
}

/// An Account or Contact in a result.
#[derive(Deserialize)]
pub(super) struct PhoneRow {
    attributes: Option<Attributes>,
    #[serde(rename = "Id", deserialize_with = "id")]
    pub id: String,
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(default, rename = "AccountId", deserialize_with = "id_or_none")]
    pub account_id: Option<String>,
    #[serde(default, rename = "PersonContactId", deserialize_with = "id_or_none")]
    pub person: Option<String>,
    #[serde(rename = "Phone")]
    phone: Option<String>,
    #[serde(rename = "MobilePhone", alias = "PersonMobilePhone")]
    mobile: Option<String>,
    #[serde(rename = "HomePhone", alias = "PersonHomePhone")]
    home: Option<String>,
    #[serde(rename = "OtherPhone", alias = "PersonOtherPhone")]
    other: Option<String>,
    #[serde(rename = "AssistantPhone", alias = "PersonAssistantPhone")]
    assistant: Option<String>,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "type")]
    sobject: String,
}

impl PhoneRow {
    /// Is it one of these? By what the answer says, else by the beginning of its id.
    pub(super) fn is_a(&self, sobject: &str, prefix: &str) -> bool {
        match &self.attributes {
            Some(attributes) => attributes.sobject == sobject,
            None => self.id.starts_with(prefix),
        }
    }

    /// The phones that are not empty.
    pub(super) fn phones(self) -> Vec<String> {
        let fields = [
            self.phone,
            self.mobile,
            self.home,
            self.other,
            self.assistant,
        ];
        let filled = fields.into_iter().flatten();
        filled
            .filter(|phone| !phone.trim().is_empty() && fits(phone))
            .collect()
    }
}

/// Is it no longer than a name or phone can be in Salesforce (255 characters)?
pub(super) fn fits(text: &str) -> bool {
    text.len() <= 4 * 255
}

/// A User in a result.
#[derive(Deserialize)]
pub(super) struct UserRow {
    #[serde(rename = "Id", deserialize_with = "id")]
    pub id: String,
    #[serde(rename = "Username")]
    pub username: String,
}

/// A Task in a result.
#[derive(Deserialize)]
pub(super) struct TaskRow {
    #[serde(rename = "Id", deserialize_with = "id")]
    pub id: String,
    #[serde(rename = "CallObject")]
    pub call: Option<String>,
}

/// All that is asked of a Case as it is now.
#[derive(Deserialize)]
pub(super) struct CaseNowRow {
    #[serde(rename = "Id", deserialize_with = "id")]
    id: String,
    #[serde(default, rename = "AccountId", deserialize_with = "id_or_none")]
    account_id: Option<String>,
    #[serde(default, rename = "ContactId", deserialize_with = "id_or_none")]
    contact_id: Option<String>,
    #[serde(rename = "IsClosed")]
    is_closed: bool,
    #[serde(rename = "Description")]
    description: Option<String>,
}

impl CaseNowRow {
    /// Is it this Case?
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }
}

/// Bytes of a Description beyond all that Salesforce keeps.
const LONGEST_DESCRIPTION: usize = 4 * 32_000;

impl From<&CaseNowRow> for CaseNow {
    fn from(row: &CaseNowRow) -> CaseNow {
        let description = row.description.clone();
        CaseNow {
            id: row.id.clone(),
            account_id: row.account_id.clone(),
            contact_id: row.contact_id.clone(),
            is_closed: row.is_closed,
            description: description.filter(|text| text.len() <= LONGEST_DESCRIPTION),
        }
    }
}

/// A Case in a result.
#[derive(Deserialize)]
pub(super) struct CaseRow {
    #[serde(rename = "Id", deserialize_with = "id")]
    pub id: String,
    #[serde(default, rename = "AccountId", deserialize_with = "id_or_none")]
    pub account_id: Option<String>,
    #[serde(rename = "Description")]
    description: Option<String>,
}

impl CaseRow {
    /// Does the Description end with the reference, alone on its line or behind a label?
    pub(super) fn is_of(&self, reference: &str) -> bool {
        let description = self.description.as_deref().unwrap_or_default();
        messages::has_reference(description, reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(description: &str) -> CaseRow {
        CaseRow {
            id: "500".to_owned(),
            account_id: None,
            description: Some(description.to_owned()),
        }
    }

    #[test]
    fn a_case_is_known_by_its_last_line() {
        for description in [
            "pbx-1700000000.12-100",
            "Anruf von +49301234567\r\npbx-1700000000.12-100",
            "Call\n\nReference: pbx-1700000000.12-100\n  ",
        ] {
            assert!(
                case(description).is_of("pbx-1700000000.12-100"),
                "{description:?}"
            );
        }
        for description in [
            "",
            "pbx-1700000000.12-1001",
            "otherpbx-1700000000.12-100",
            "pbx-1700000000.12-100\nsomething else",
        ] {
            assert!(
                !case(description).is_of("pbx-1700000000.12-100"),
                "{description:?}"
            );
        }
        assert!(!case("text").is_of(""));
        // As it was written: a name with two spaces, or a longer one than is kept.
        assert!(case("Reference: my pbx-1.1-100").is_of("my  pbx-1.1-100"));
        let long = format!("{}-1.1-100", "p".repeat(300));
        assert!(case(&long[..255]).is_of(&long));
    }

    #[test]
    fn fields_are_names_and_nothing_else() {
        for path in ["Industry", "My_Field__c", "Owner.Name", "A1.B2.C3"] {
            assert!(is_field_path(path), "{path}");
        }
        for path in [
            "",
            ".",
            "Name.",
            ".Name",
            "1Name",
            "Name, Phone",
            "Name FROM User",
            "COUNT()",
            "Näme",
            "Name'--",
            "${Name}",
            &"x".repeat(256),
        ] {
            assert!(!is_field_path(path), "{path}");
        }
    }

    #[test]
    fn fields_become_plain_text() {
        let row = serde_json::json!({
            "attributes": {"type": "Account"}, "Industry": "Energy", "Employees": 1200,
            "Revenue": 0.5, "Good__c": true, "Fax": null, "Parent": null,
            "Owner": {"attributes": {}, "Name": "Anna"}, "BillingAddress": {"city": "Berlin"}
        });
        for (path, value) in [
            ("industry", "Energy"),
            ("Employees", "1200"),
            ("Revenue", "0.5"),
            ("Good__c", "true"),
            ("Fax", ""),
            ("Missing", ""),
            ("Owner.Name", "Anna"),
            ("Parent.Name", ""),
        ] {
            assert_eq!(plain_field(&row, path).unwrap(), value, "{path}");
        }
        assert!(plain_field(&row, "BillingAddress").is_err());
    }

    #[test]
    fn record_ids_cannot_leave_their_place_in_a_path() {
        assert!(is_record_id("500000000000001AAA") && is_record_id("500000000000001"));
        for id in [
            "",
            "500",
            "500000000000001/..",
            "50000000000000%2FAA",
            "5000000000000001",
        ] {
            assert!(!is_record_id(id), "{id}");
        }
    }
}
