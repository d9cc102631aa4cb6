//! Who may see whose records, and what graphs make of headers.

use serde::{Deserialize, Serialize};

/// What becomes of the `httpHeaders` of a graph's nodes; Salesforce's present documentation
/// does not know the member any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeHeaders {
    /// They count.
    #[default]
    Obeyed,
    /// They are as good as not there.
    Ignored,
    /// A request that has the member is refused.
    Refused,
}

/// What everybody may do with everybody's records of an object (organization-wide default).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAccess {
    /// See and change them.
    #[default]
    Write,
    /// See them.
    Read,
    /// Nothing: owner, those above in the roles, and whom records are shared with.
    Private,
    /// As with the Account that they belong to (Contacts).
    Parent,
}

/// The organization-wide defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sharing {
    /// Of Accounts.
    pub account: DefaultAccess,
    /// Of Contacts.
    pub contact: DefaultAccess,
    /// Of Cases.
    pub case: DefaultAccess,
}

impl Sharing {
    /// Everything private, Contacts with their Accounts.
    pub fn private() -> Self {
        Self {
            account: DefaultAccess::Private,
            contact: DefaultAccess::Parent,
            case: DefaultAccess::Private,
        }
    }
}

/// A picklist field of an object that is not as Salesforce delivers it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Picklist {
    /// The object.
    pub object: String,
    /// Its field.
    pub field: String,
    /// The values that are there.
    pub values: Vec<String>,
    /// Whether others are refused.
    pub restricted: bool,
}
