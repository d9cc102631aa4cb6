//! How an org is set up, as far as calls depend on it: who sees whose records, and which
//! duplicate rules there are (Object Reference, "Organization", "ObjectPermissions",
//! "DuplicateRule"). Not every user may know that.

use super::client::Client;
use super::error::{Action, Error};
use super::{Session, query};
use serde_json::Value;
use std::collections::BTreeMap;

/// What everybody may do with everybody's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrgDefault {
    /// Not even see them.
    Private,
    /// See them.
    Read,
    /// Change them, too.
    Edit,
}

/// What a user may do with all records of an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permission {
    /// See them ("View All").
    pub view_all: bool,
    /// Change them ("Modify All").
    pub modify_all: bool,
}

/// By sObject.
pub type Permissions = BTreeMap<String, Permission>;

impl Client {
    /// The organization-wide defaults of Account, Contact and Case, in this order; `None`: the
    /// session's user may not know them.
    pub fn sharing(&self, session: &Session) -> Result<Option<[OrgDefault; 3]>, Error> {
        let row = self.rows(
            session,
            query::SELECT_SHARING,
            "reading the sharing settings",
        )?;
        let Some(row) = row.and_then(|rows| rows.into_iter().next()) else {
            return Ok(None);
        };
        let word = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let account = default(word("DefaultAccountAccess"));
        let contact = match word("DefaultContactAccess") {
            // As with their Accounts.
            "ControlledByParent" => account,
            other => default(other),
        };
        let case = default(word("DefaultCaseAccess"));
        Ok(account.zip(contact).zip(case).map(|((a, b), c)| [a, b, c]))
    }

    /// What the session's user may do with all Accounts, Contacts and Cases, by its profile and
    /// its permission sets; `None`: it may not know that ("View Setup and Configuration").
    pub fn permissions(&self, session: &Session) -> Result<Option<Permissions>, Error> {
        let tried = "reading the user's permissions";
        let soql = query::select_permission_sets(&session.user_id);
        let Some(sets) = self.rows(session, &soql, tried)? else {
            return Ok(None);
        };
        let id = |row: &Value| row.get("PermissionSetId")?.as_str().map(str::to_owned);
        let sets: Vec<String> = sets.iter().filter_map(id).collect();
        if sets.is_empty() {
            return Ok(None);
        }
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let soql = query::select_object_permissions(&sets);
        let Some(rows) = self.rows(session, &soql, tried)? else {
            return Ok(None);
        };
        let mut permissions = Permissions::new();
        for row in rows {
            let sobject = row.get("SobjectType").and_then(Value::as_str);
            let Some(sobject) = sobject else { continue };
            let is = |name: &str| row.get(name) == Some(&Value::Bool(true));
            let permission = permissions.entry(sobject.to_owned()).or_default();
            permission.modify_all |= is("PermissionsModifyAllRecords");
            permission.view_all |= is("PermissionsViewAllRecords") || permission.modify_all;
        }
        Ok(Some(permissions))
    }

    /// The names of the active duplicate rules of an sObject; `None`: the session's user may not
    /// know them.
    pub fn duplicate_rules(
        &self,
        session: &Session,
        sobject: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        let soql = query::select_duplicate_rules(sobject);
        let rows = self.rows(session, &soql, "reading the duplicate rules")?;
        let name = |row: &Value| row.get("MasterLabel")?.as_str().map(str::to_owned);
        Ok(rows.map(|rows| rows.iter().filter_map(name).collect()))
    }

    /// The rows of a query that not every user may ask; `None`: this one may not.
    fn rows(
        &self,
        session: &Session,
        soql: &str,
        tried: &str,
    ) -> Result<Option<Vec<Value>>, Error> {
        let mut rows = Vec::new();
        let asked = self.query(session, soql, |row: Value| rows.push(row));
        match asked {
            Ok(()) => Ok(Some(rows)),
            Err(error) if matches!(error.action(), Action::FailCall | Action::PauseUser) => {
                Ok(None)
            }
            Err(error) => Err(session.explain(error, tried)),
        }
    }
}

/// The default that one of Salesforce's words stands for; `None`: it says nothing.
fn default(word: &str) -> Option<OrgDefault> {
    match word {
        "" => None,
        "None" => Some(OrgDefault::Private),
        "Read" => Some(OrgDefault::Read),
        // Edit, ReadEditTransfer, All.
        _ => Some(OrgDefault::Edit),
    }
}
