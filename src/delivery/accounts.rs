//! Which Account a number belongs to, and creating one, once.
//!
//! Asked in this order: what the journal remembers about the number in this org, then Salesforce.
//! Every Account that Salesforce proposes is compared as a phone number. When several have it,
//! the one with the smallest id is taken, which is as a rule the oldest: the same one every time.
//!
//! A number is dealt with by one worker at a time, so that two calls with the same new number
//! make one Account. The intent to create is on disk before the request is sent; if its end is
//! not known, the Account is looked for by what was sent before another one is created. An
//! Account that we created counts even when a search does not find it: the search index lags.

use super::fields;
use super::policy::{Policy, after, before};
use super::worker::{Halt, Link};
use crate::config::settings::User;
use crate::journal::{Journal, KnownAccount, now};
use crate::messages::Texts;
use crate::phone::Number;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How far clocks may be apart when a record is looked for by its creation date.
pub const CLOCKS: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Org and number.
type Key = (String, String);

/// The numbers that a worker is dealing with.
#[derive(Default)]
pub struct Numbers(Mutex<HashMap<Key, Arc<Mutex<()>>>>);

impl Numbers {
    /// Does `work` while no other worker deals with the number in the org.
    fn one_at_a_time<T>(&self, org: &str, e164: &str, work: impl FnOnce() -> T) -> T {
        let key = (org.to_owned(), e164.to_owned());
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = all().entry(key.clone()).or_default().clone();
        let result = {
            let _turn = lock.lock().unwrap_or_else(PoisonError::into_inner);
            work()
        };
        let mut all = all();
        drop(lock);
        // Nobody else holds or waits for it.
        if all
            .get(&key)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            all.remove(&key);
        }
        result
    }
}

/// The Account of a call.
pub struct Found {
    /// Its id.
    pub id: String,
    /// It was remembered, not asked for: it may be gone.
    pub remembered: bool,
}

/// What finding needs.
pub struct Finder<'a> {
    pub journal: &'a Journal,
    pub numbers: &'a Numbers,
    pub policy: &'a Policy,
    pub user: &'a User,
    pub texts: &'a Texts,
}

impl Finder<'_> {
    /// The Account that has the number; created if the user wants that; else `None`.
    pub fn account(&self, link: &mut Link<'_>, number: &Number) -> Result<Option<Found>, Halt> {
        let (org, e164) = (link.org().to_owned(), number.e164());
        self.numbers.one_at_a_time(&org, &e164, || {
            self.find_or_create(link, number, &org, &e164)
        })
    }

    fn find_or_create(
        &self,
        link: &mut Link<'_>,
        number: &Number,
        org: &str,
        e164: &str,
    ) -> Result<Option<Found>, Halt> {
        let known = self.journal.account(org, e164)?;
        if let Some(known) = &known {
            match &known.id {
                Some(id) if self.is_fresh(known) => {
                    return Ok(Some(Found {
                        id: id.clone(),
                        remembered: true,
                    }));
                }
                Some(_) => {}
                None => {
                    if let Some(id) = self.find_in_doubt(link, known, e164)? {
                        self.journal
                            .remember_account(org, e164, &id, &known.name, true)?;
                        return Ok(Some(Found {
                            id,
                            remembered: false,
                        }));
                    }
                }
            }
        }
        if let Some((id, name)) = self.search(link, number)? {
            let ours = known
                .as_ref()
                .is_some_and(|k| k.created_by_us && k.id.as_ref() == Some(&id));
            self.journal.remember_account(org, e164, &id, &name, ours)?;
            return Ok(Some(Found {
                id,
                remembered: false,
            }));
        }
        if let Some(KnownAccount {
            id: Some(id),
            created_by_us: true,
            ..
        }) = known
        {
            return Ok(Some(Found {
                id,
                remembered: true,
            }));
        }
        if !self.user.create_account {
            return Ok(None);
        }
        let id = self.create(link, org, e164)?;
        Ok(Some(Found {
            id,
            remembered: false,
        }))
    }

    fn is_fresh(&self, known: &KnownAccount) -> bool {
        let fresh = if known.created_by_us {
            self.policy.created_fresh
        } else {
            self.policy.found_fresh
        };
        after(known.at, fresh) > now()
    }

    /// Looks for an Account whose creation began, but perhaps never happened.
    fn find_in_doubt(
        &self,
        link: &mut Link<'_>,
        known: &KnownAccount,
        e164: &str,
    ) -> Result<Option<String>, Halt> {
        if after(known.at, self.policy.in_doubt_wait) > now() {
            return Err(Halt::AccountInDoubt);
        }
        let sent = fields::account(self.texts, e164);
        let phone = sent.get("Phone").and_then(Value::as_str).unwrap_or(e164);
        let since = before(known.at, CLOCKS);
        link.call(|client, session| client.find_account_named(session, &known.name, phone, since))
    }

    /// Asks Salesforce; id and name.
    fn search(
        &self,
        link: &mut Link<'_>,
        number: &Number,
    ) -> Result<Option<(String, String)>, Halt> {
        let forms = number.lookup_forms();
        let hits =
            link.call(|client, session| client.find_accounts(session, self.user.lookup, &forms))?;
        Ok(hits
            .into_iter()
            .filter(|hit| {
                hit.phones
                    .iter()
                    .any(|p| number.matches(p, &self.user.country))
            })
            .min_by(|a, b| a.id.cmp(&b.id))
            .map(|hit| (hit.id, hit.name)))
    }

    fn create(&self, link: &mut Link<'_>, org: &str, e164: &str) -> Result<String, Halt> {
        let account = fields::account(self.texts, e164);
        let name = account
            .get("Name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        link.may_write()?;
        self.journal.begin_account(org, e164, name)?;
        match link.call(|client, session| client.create_account(session, &account)) {
            Ok(id) => {
                self.journal.remember_account(org, e164, &id, name, true)?;
                Ok(id)
            }
            Err(halt) => {
                let Halt::Salesforce { error, .. } = &halt else {
                    return Err(halt);
                };
                // A duplicate rule that blocks knows the Account that our comparison does not.
                let duplicate = error
                    .duplicates()
                    .iter()
                    .filter(|id| id.starts_with("001"))
                    .min();
                if let Some(id) = duplicate {
                    self.journal.remember_account(org, e164, id, name, false)?;
                    return Ok(id.clone());
                }
                if error.in_doubt() {
                    // Again, so that the wait before looking counts from now.
                    self.journal.begin_account(org, e164, name)?;
                } else {
                    self.journal.forget_account(org, e164)?;
                }
                Err(halt)
            }
        }
    }
}
