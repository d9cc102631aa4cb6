//! Which Account a number belongs to.
//!
//! Asked in this order: what the journal remembers about the number in this org, what a search
//! did not find a moment ago, then Salesforce, with all numbers of a batch in one request.
//! Every Account that Salesforce proposes is compared as a phone number. When several have it,
//! the one with the smallest id is taken, which is as a rule the oldest: the same one every time.
//!
//! A number whose Account is not known is dealt with by one worker at a time, so that two calls
//! with the same new number make one Account. The intent to create it is on disk before the
//! request is sent; if its end is not known, the Account is looked for by what was sent before
//! another one is created. An Account that we created counts even when a search does not find
//! it: the search index lags.

use super::claims::Claims;
use super::guard;
use super::policy::{after, before};
use super::worker::{Halt, Link, Shared};
use crate::calls::record::Timestamp;
use crate::config::settings::{Lookup, User};
use crate::journal::{AccountChange, JournalError, KnownAccount, now};
use crate::phone::Number;
use crate::salesforce::AccountHit;
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

/// How far clocks may be apart when a record is looked for by its creation date.
pub const CLOCKS: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// A caller's number, and for whom it is looked for.
#[derive(Clone)]
pub struct Wanted<'a> {
    pub number: &'a Number,
    pub user: &'a User,
    /// The phone that an Account created for it carries, if it is not the number itself.
    pub account_phone: Option<&'a str>,
}

/// What is known about a number's Account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// It has this one. `remembered`: not asked for now, so that it may be gone.
    Known { id: String, remembered: bool },
    /// It has none; nobody else creates one meanwhile.
    Missing,
    /// Another worker deals with it.
    Busy,
    /// Its creation ended in doubt a moment ago.
    InDoubt,
}

/// Numbers (with org and the country in which stored numbers are read) that no Account has.
#[derive(Default)]
pub struct Misses(Mutex<HashMap<(String, String, String), Timestamp>>);

impl Misses {
    /// More are not kept.
    const MOST: usize = 50_000;

    fn key(org: &str, wanted: &Wanted<'_>) -> (String, String, String) {
        let country = wanted.user.country.clone();
        (org.to_owned(), wanted.number.e164(), country)
    }

    fn has(&self, org: &str, wanted: &Wanted<'_>) -> bool {
        let misses = guard(&self.0);
        misses
            .get(&Self::key(org, wanted))
            .is_some_and(|until| *until > now())
    }

    /// A miss that is known already keeps its end: nobody has looked again.
    fn add(&self, org: &str, wanted: &Wanted<'_>, until: Timestamp) {
        if self.has(org, wanted) {
            return;
        }
        let mut misses = guard(&self.0);
        if misses.len() >= Self::MOST {
            let now = now();
            misses.retain(|_, until| *until > now);
        }
        if misses.len() < Self::MOST {
            misses.insert(Self::key(org, wanted), until);
        }
    }
}

/// Is the number's Account (E.164) known well enough not to be asked for?
pub fn is_known(shared: &Shared, org: &str, e164: &str) -> Result<bool, JournalError> {
    let known = shared.journal.account(org, e164)?;
    Ok(remembered(shared, known.as_ref()).is_some())
}

/// By number (E.164).
pub type Accounts = HashMap<String, Account>;

/// What is known about each number's Account. Numbers that are [`Account::Missing`] are claimed.
pub fn resolve(
    shared: &Shared,
    link: &mut Link<'_>,
    claims: &mut Claims<'_>,
    wanted: &[Wanted<'_>],
) -> Result<Accounts, Halt> {
    let org = link.org().to_owned();
    let mut accounts = Accounts::new();
    let mut open = BTreeMap::new();
    for wanted in wanted {
        let e164 = wanted.number.e164();
        if accounts.contains_key(&e164) || open.contains_key(&e164) {
            continue;
        }
        let mut known = shared.journal.account(&org, &e164)?;
        if remembered(shared, known.as_ref()).is_none() {
            if !claims.claim(&e164) {
                accounts.insert(e164, Account::Busy);
                continue;
            }
            // Whoever had the number before has perhaps just found its Account.
            known = shared.journal.account(&org, &e164)?;
        }
        match remembered(shared, known.as_ref()) {
            Some(id) => {
                let remembered = true;
                accounts.insert(e164, Account::Known { id, remembered });
            }
            None => {
                open.insert(e164, (wanted.clone(), known));
            }
        }
    }
    let mut changes = clear_up(shared, link, &mut open, &mut accounts)?;
    changes.extend(search(shared, link, &org, &open, &mut accounts)?);
    shared.journal.change_accounts(&org, changes)?;
    Ok(accounts)
}

/// The number's Account, if it need not be asked for again.
fn remembered(shared: &Shared, known: Option<&KnownAccount>) -> Option<String> {
    let known = known?;
    let fresh = if known.created_by_us {
        shared.policy.created_fresh
    } else {
        shared.policy.found_fresh
    };
    known.id.clone().filter(|_| after(known.at, fresh) > now())
}

type Open<'a> = BTreeMap<String, (Wanted<'a>, Option<KnownAccount>)>;

/// Looks for Accounts whose creation began, but perhaps never happened.
fn clear_up(
    shared: &Shared,
    link: &mut Link<'_>,
    open: &mut Open<'_>,
    accounts: &mut Accounts,
) -> Result<Vec<AccountChange>, Halt> {
    let begun =
        |known: &Option<KnownAccount>| known.as_ref().filter(|known| known.id.is_none()).cloned();
    let mut doubtful = Vec::new();
    open.retain(|e164, (wanted, known)| {
        let Some(begun) = begun(known) else {
            return true;
        };
        if after(begun.at, shared.policy.in_doubt_wait) > now() {
            accounts.insert(e164.clone(), Account::InDoubt);
            return false;
        }
        doubtful.push((
            e164.clone(),
            wanted.account_phone.unwrap_or(e164).to_owned(),
            begun,
        ));
        true
    });
    let Some(since) = doubtful.iter().map(|(_, _, begun)| begun.at).min() else {
        return Ok(Vec::new());
    };
    let phones: Vec<&str> = doubtful
        .iter()
        .map(|(_, phone, _)| phone.as_str())
        .collect();
    let since = before(since, CLOCKS);
    let found =
        link.call(|client, session| client.find_accounts_created(session, &phones, since))?;
    let mut changes = Vec::new();
    for ((e164, _, _), hit) in doubtful.iter().zip(found) {
        if let Some(AccountHit { id, name, .. }) = hit {
            open.remove(e164);
            changes.push(AccountChange::remember(e164, &id, &name, true));
            let remembered = false;
            accounts.insert(e164.clone(), Account::Known { id, remembered });
        }
    }
    Ok(changes)
}

/// Asks Salesforce for what is still open.
fn search(
    shared: &Shared,
    link: &mut Link<'_>,
    org: &str,
    open: &Open<'_>,
    accounts: &mut Accounts,
) -> Result<Vec<AccountChange>, Halt> {
    let mut hits = Vec::new();
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        let to_ask = open
            .values()
            .filter(|(wanted, _)| wanted.user.lookup == lookup && !shared.misses.has(org, wanted));
        let forms: Vec<_> = to_ask
            .map(|(wanted, _)| wanted.number.lookup_forms())
            .collect();
        if !forms.is_empty() {
            hits.extend(
                link.call(|client, session| client.find_accounts(session, lookup, &forms))?,
            );
        }
    }
    let mut changes = Vec::new();
    for (e164, (wanted, known)) in open {
        let has_number = |hit: &&AccountHit| {
            let country = &wanted.user.country;
            hit.phones
                .iter()
                .any(|stored| wanted.number.matches(stored, country))
        };
        let found = hits
            .iter()
            .filter(has_number)
            .min_by(|a, b| a.id.cmp(&b.id));
        let ours = known.as_ref().filter(|known| known.created_by_us);
        let ours = ours.and_then(|known| known.id.clone());
        let account = match (found, ours) {
            (Some(AccountHit { id, name, .. }), ours) => {
                let is_ours = ours.as_ref() == Some(id);
                changes.push(AccountChange::remember(e164, id, name, is_ours));
                let remembered = false;
                Account::Known {
                    id: id.clone(),
                    remembered,
                }
            }
            (None, Some(id)) => {
                // It is in use: its age counts from now.
                let name = known.as_ref().map_or("", |known| &known.name);
                changes.push(AccountChange::remember(e164, &id, name, true));
                let remembered = true;
                Account::Known { id, remembered }
            }
            (None, None) => {
                shared
                    .misses
                    .add(org, wanted, after(now(), shared.policy.missing_fresh));
                Account::Missing
            }
        };
        accounts.insert(e164.clone(), account);
    }
    Ok(changes)
}
