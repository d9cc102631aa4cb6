//! Who owns the records, where that is not the session's user (`owner`): an id as it is, a
//! username by asking the org once.

use super::guard;
use super::item::Item;
use super::worker::{Halt, Link, Verdict};
use crate::salesforce::is_record_id;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// What a user's id begins with.
const USER: &str = "005";

/// Ids by org and username, in lower case.
#[derive(Default)]
pub struct Owners(Mutex<HashMap<(String, String), String>>);

impl Owners {
    fn known(&self, org: &str, username: &str) -> Option<String> {
        let key = (org.to_owned(), username.to_lowercase());
        let known = guard(&self.0);
        known.get(&key).cloned()
    }

    fn learn(&self, org: &str, username: &str, id: &str) {
        let key = (org.to_owned(), username.to_lowercase());
        let mut known = guard(&self.0);
        known.insert(key, id.to_owned());
    }

    /// Forgets everything: the administrator may have renamed users.
    pub fn forget(&self) {
        guard(&self.0).clear();
    }

    /// Gives each call that is open its owner. One whose owner is nobody in this org fails.
    pub fn resolve(&self, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
        let org = link.org().to_owned();
        let named = |item: &Item| {
            let owner = item.user.owner.clone()?;
            (item.is_new() && item.is_open() && item.owner.is_none()).then_some(owner)
        };
        let to_ask: BTreeSet<String> = items
            .iter()
            .filter_map(named)
            .filter(|owner| !is_record_id(owner) && self.known(&org, owner).is_none())
            .collect();
        if !to_ask.is_empty() {
            let names: Vec<&str> = to_ask.iter().map(String::as_str).collect();
            let found = link.call(|client, session| client.find_users(session, &names))?;
            for (name, id) in names.iter().zip(found) {
                if let Some(id) = id {
                    self.learn(&org, name, &id);
                }
            }
        }
        for item in items {
            let Some(owner) = named(item) else {
                continue;
            };
            if is_record_id(&owner) {
                item.owner = Some(owner);
            } else if let Some(id) = self.known(&org, &owner) {
                item.owner = Some(id);
            } else {
                item.verdict = Some(Verdict::Failed(unknown(&owner)));
            }
        }
        Ok(())
    }
}

/// May it own an Account? Queues own only Cases.
pub fn is_user(id: &str) -> bool {
    id.starts_with(USER)
}

/// What is said of an owner that nobody is.
pub fn unknown(owner: &str) -> String {
    format!("owner = {owner}: no active user of this org has that username")
}
