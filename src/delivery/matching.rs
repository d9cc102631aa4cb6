//! Whose a number is: which Account and Contact.
//!
//! Asked in this order: what the journal remembers about the number, what a search did not find a
//! moment ago, then Salesforce, with all numbers of a batch in one request. What is found depends
//! on who asks: each Salesforce user has a memory of its own ([`Viewer`]).
//! Every record that Salesforce proposes is compared as a phone number; which of several counts
//! says [`choice`](super::choice).
//!
//! A number that is nobody's as far as is known is dealt with by one worker at a time, so that
//! two calls with the same new number make one Account. The intent to create it is on disk
//! before the request is sent; if its end is not known, the Account is looked for by what was
//! sent, for as long as it may still come ([`doubt`]), before another one is created. An Account
//! that we created counts even when a search does not find it: the search index lags. Another
//! user's counts, too, unless this one may not refer to it ([`Sight::ByOthers`]).

use super::choice::choose;
use super::claims::Claims;
use super::doubt;
use super::guard;
use super::policy::{after, before};
use super::worker::{Halt, Link, Shared};
use crate::calls::record::Timestamp;
use crate::config::settings::{Lookup, User};
use crate::journal::{JournalError, KnownNumber, Match, NumberChange, Viewer, now};
use crate::phone::Number;
use crate::salesforce::{AccountHit, Hits};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

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

/// Whose a number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Theirs; or nobody's who may be named as the Case's, and there is to be no Account.
    Known { matched: Match, seen: Sight },
    /// Nobody's; nobody else creates an Account for it meanwhile.
    Missing,
    /// Another worker deals with it.
    Busy,
    /// It could not be looked up, and why.
    NotLookedUp(String),
    /// The creation of its Account is in doubt: to be looked for again then.
    InDoubt(Duration),
}

/// Where it is known from whose a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The user sees them now.
    Now,
    /// It has seen them: they may be gone.
    Remembered,
    /// We made the Account as another user: it may be out of this one's sight.
    ByOthers,
}

/// Numbers (with who asks and the country in which stored numbers are read) that nobody has.
#[derive(Default)]
pub struct Misses(Mutex<HashMap<(Viewer, String, String), Timestamp>>);

impl Misses {
    /// More are not kept.
    const MOST: usize = 50_000;

    fn key(viewer: &Viewer, wanted: &Wanted<'_>) -> (Viewer, String, String) {
        let country = wanted.user.country.clone();
        (viewer.clone(), wanted.number.e164(), country)
    }

    fn has(&self, viewer: &Viewer, wanted: &Wanted<'_>) -> bool {
        let misses = guard(&self.0);
        misses
            .get(&Self::key(viewer, wanted))
            .is_some_and(|until| *until > now())
    }

    /// A miss that is known already keeps its end: nobody has looked again.
    fn add(&self, viewer: &Viewer, wanted: &Wanted<'_>, until: Timestamp) {
        if self.has(viewer, wanted) {
            return;
        }
        let mut misses = guard(&self.0);
        if misses.len() >= Self::MOST {
            let now = now();
            misses.retain(|_, until| *until > now);
        }
        if misses.len() < Self::MOST {
            misses.insert(Self::key(viewer, wanted), until);
        }
    }
}

/// Is it known well enough whose the number (E.164) is not to be asked for?
pub fn is_known(shared: &Shared, viewer: &Viewer, e164: &str) -> Result<bool, JournalError> {
    let known = shared.journal.number(viewer, e164)?;
    Ok(remembered(shared, known.as_ref()).is_some())
}

/// By number (E.164).
pub type Matches = HashMap<String, Found>;

/// Whose each number is. Numbers that are [`Found::Missing`] are claimed.
pub fn resolve(
    shared: &Shared,
    link: &mut Link<'_>,
    claims: &mut Claims<'_>,
    wanted: &[Wanted<'_>],
) -> Result<Matches, Halt> {
    let viewer = link.viewer().clone();
    let mut matches = Matches::new();
    let mut open = BTreeMap::new();
    for wanted in wanted {
        let e164 = wanted.number.e164();
        if matches.contains_key(&e164) || open.contains_key(&e164) {
            continue;
        }
        let mut known = shared.journal.number(&viewer, &e164)?;
        if remembered(shared, known.as_ref()).is_none() {
            if !claims.claim(&e164) {
                matches.insert(e164, Found::Busy);
                continue;
            }
            // Whoever had the number before has perhaps just found whose it is.
            known = shared.journal.number(&viewer, &e164)?;
        }
        match remembered(shared, known.as_ref()) {
            Some(matched) => {
                let seen = Sight::Remembered;
                matches.insert(e164, Found::Known { matched, seen });
            }
            None => {
                let made = match known {
                    Some(_) => None,
                    None => shared.journal.number_made_by_others(&viewer, &e164)?,
                };
                open.insert(
                    e164,
                    Open {
                        wanted: wanted.clone(),
                        known,
                        made,
                    },
                );
            }
        }
    }
    let mut changes = clear_up(shared, link, &mut open, &mut matches)?;
    changes.extend(search(shared, link, &open, &mut matches)?);
    shared.journal.change_numbers(&viewer, changes)?;
    for (e164, found) in &mut matches {
        let open = open.get(e164);
        settle(shared, &viewer, e164, open, found);
    }
    Ok(matches)
}

/// Whose a number is, as its Cases may say it.
fn settle(
    shared: &Shared,
    viewer: &Viewer,
    e164: &str,
    open: Option<&Open<'_>>,
    found: &mut Found,
) {
    let instead = match found {
        Found::Known { matched, .. } => shared.barred.instead_of(viewer, e164, matched),
        Found::Missing => shared.barred.instead_of_new(viewer, e164),
        Found::Busy | Found::NotLookedUp(_) | Found::InDoubt(_) => return,
    };
    if let Some(matched) = instead {
        let seen = Sight::Now;
        *found = Found::Known { matched, seen };
    } else if *found == Found::Missing
        // Only who writes finds out whether the user sees it.
        && let Some(matched) = open.and_then(|open| of_others(shared, open.made.as_ref()?))
    {
        let seen = Sight::ByOthers;
        *found = Found::Known { matched, seen };
    }
}

/// An Account that we made as another user, unless a search would have found it by now.
fn of_others(shared: &Shared, made: &KnownNumber) -> Option<Match> {
    let matched = made.matched.clone();
    matched.filter(|_| after(made.at, shared.policy.created_fresh) > now())
}

/// Whose each number is, for somebody who only wants to know: nothing is claimed, so that nobody
/// who writes a call waits for it. A number whose Account is just being created is nobody's yet.
pub fn look_up(
    shared: &Shared,
    link: &mut Link<'_>,
    wanted: &[Wanted<'_>],
) -> Result<Matches, Halt> {
    let viewer = link.viewer().clone();
    let mut matches = Matches::new();
    let mut open = BTreeMap::new();
    for wanted in wanted {
        let e164 = wanted.number.e164();
        let known = shared.journal.number(&viewer, &e164)?;
        match (remembered(shared, known.as_ref()), &known) {
            (Some(matched), _) => {
                let seen = Sight::Remembered;
                matches.insert(e164, Found::Known { matched, seen });
            }
            (None, Some(KnownNumber { matched: None, .. })) => {
                matches.insert(e164, Found::Missing);
            }
            (None, _) => {
                open.insert(
                    e164,
                    Open {
                        wanted: wanted.clone(),
                        known,
                        made: None,
                    },
                );
            }
        }
    }
    let changes = search(shared, link, &open, &mut matches)?;
    if let Err(error) = shared.journal.change_numbers(&viewer, changes) {
        log::debug!("What was found for the dialplan is not remembered: {error}");
    }
    Ok(matches)
}

/// What is known about a number without asking Salesforce.
pub enum Memory {
    /// Whose it is; `false`: that was so when it was last asked for, a while ago.
    Known(Match, bool),
    /// Nobody's, a moment ago.
    Missing,
    /// Nothing.
    Nothing,
}

/// What is known about a number, of what a Salesforce user sees.
pub fn recall(
    shared: &Shared,
    viewer: &Viewer,
    wanted: &Wanted<'_>,
) -> Result<Memory, JournalError> {
    let known = shared.journal.number(viewer, &wanted.number.e164())?;
    let fresh = remembered(shared, known.as_ref());
    let is_fresh = fresh.is_some();
    let stale = || known.and_then(|known| known.matched);
    Ok(match fresh.or_else(stale) {
        Some(matched) => Memory::Known(matched, is_fresh),
        None if shared.misses.has(viewer, wanted) => Memory::Missing,
        None => Memory::Nothing,
    })
}

/// Whose the number is, if that need not be asked again.
fn remembered(shared: &Shared, known: Option<&KnownNumber>) -> Option<Match> {
    let known = known?;
    let fresh = if known.created_by_us {
        shared.policy.created_fresh
    } else {
        shared.policy.found_fresh
    };
    let matched = known.matched.clone();
    matched.filter(|_| after(known.at, fresh) > now())
}

/// A number of which it has to be asked whose it is.
struct Open<'a> {
    wanted: Wanted<'a>,
    /// What the user has seen of it a while ago, or began to make.
    known: Option<KnownNumber>,
    /// What another user made for it, or began to.
    made: Option<KnownNumber>,
}

/// By number (E.164).
type AllOpen<'a> = BTreeMap<String, Open<'a>>;

/// Looks for Accounts whose creation began, but perhaps never happened.
fn clear_up(
    shared: &Shared,
    link: &mut Link<'_>,
    open: &mut AllOpen<'_>,
    matches: &mut Matches,
) -> Result<Vec<NumberChange>, Halt> {
    let begun = |known: &Option<KnownNumber>| {
        let begun = known.as_ref().filter(|known| known.matched.is_none());
        begun.map(|known| known.begun.clone())
    };
    let viewer = link.viewer().clone();
    let mut doubtful = Vec::new();
    open.retain(|e164, open| {
        let Some(begun) = begun(&open.known).or(begun(&open.made)) else {
            return true;
        };
        let apart = shared.policy.in_doubt_wait;
        let again = doubt::of_account(shared, link, &begun);
        let too_early = doubt::too_early(shared, &begun).or_else(|| {
            // Once more at the end, whoever has looked just before.
            let is_due = || shared.looks.is_due(&viewer, e164, now(), apart);
            again.filter(|_| !is_due()).map(|_| apart)
        });
        if let Some(again) = too_early {
            matches.insert(e164.clone(), Found::InDoubt(again));
            return false;
        }
        let phone = open.wanted.account_phone.unwrap_or(e164);
        doubtful.push((e164.clone(), phone.to_owned(), begun.wall, again));
        true
    });
    let Some(since) = doubtful.iter().map(|(_, _, begun, _)| *begun).min() else {
        return Ok(Vec::new());
    };
    let phones: Vec<&str> = doubtful
        .iter()
        .map(|(_, phone, ..)| phone.as_str())
        .collect();
    let since = before(since, CLOCKS);
    let found =
        link.ask(|client, session| client.find_accounts_created(session, &phones, since))?;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            for (e164, _, _, again) in doubtful {
                open.remove(&e164);
                let found = match again {
                    Some(again) => Found::InDoubt(again),
                    None => Found::NotLookedUp(error.to_string()),
                };
                matches.insert(e164, found);
            }
            return Ok(Vec::new());
        }
    };
    let mut changes = Vec::new();
    for ((e164, _, _, again), hit) in doubtful.iter().zip(found) {
        if let Some(AccountHit { id, name, .. }) = hit {
            open.remove(e164);
            let matched = Match::account(&id, &name);
            changes.push(NumberChange::remember(e164, matched.clone(), true));
            let seen = Sight::Now;
            matches.insert(e164.clone(), Found::Known { matched, seen });
        } else if let Some(again) = again {
            // It may still come.
            open.remove(e164);
            matches.insert(e164.clone(), Found::InDoubt(*again));
        }
    }
    Ok(changes)
}

/// Asks Salesforce for what is still open.
fn search(
    shared: &Shared,
    link: &mut Link<'_>,
    open: &AllOpen<'_>,
    matches: &mut Matches,
) -> Result<Vec<NumberChange>, Halt> {
    let viewer = link.viewer().clone();
    let mut hits = Hits::default();
    let mut failed: Vec<(Lookup, String)> = Vec::new();
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        let to_ask = open
            .values()
            .map(|open| &open.wanted)
            .filter(|wanted| wanted.user.lookup == lookup && !shared.misses.has(&viewer, wanted));
        let forms: Vec<_> = to_ask.map(|wanted| wanted.number.lookup_forms()).collect();
        if !forms.is_empty() {
            let found =
                link.ask(|client, session| client.find_by_phone(session, lookup, &forms))?;
            match found {
                Ok(found) => hits.extend(found),
                Err(error) => failed.push((lookup, error.to_string())),
            }
        }
    }
    let mut changes = Vec::new();
    for (e164, Open { wanted, known, .. }) in open {
        let asks = |lookup| wanted.user.lookup == lookup && !shared.misses.has(&viewer, wanted);
        if let Some((_, words)) = failed.iter().find(|(lookup, _)| asks(*lookup)) {
            matches.insert(e164.clone(), Found::NotLookedUp(words.clone()));
            continue;
        }
        let country = &wanted.user.country;
        let has_number = |phones: &[String]| {
            let mut phones = phones.iter();
            phones.any(|stored| wanted.number.matches(stored, country))
        };
        let found = choose(&hits, has_number);
        let ours = known.as_ref().filter(|known| known.created_by_us);
        let ours = ours.and_then(|known| known.matched.clone());
        let found = match (found, ours) {
            (Some(matched), ours) => {
                let is_ours = ours.is_some_and(|ours| ours.account_id == matched.account_id);
                changes.push(NumberChange::remember(e164, matched.clone(), is_ours));
                let seen = Sight::Now;
                Found::Known { matched, seen }
            }
            (None, Some(matched)) => {
                // It is in use: its age counts from now.
                changes.push(NumberChange::remember(e164, matched.clone(), true));
                let seen = Sight::Remembered;
                Found::Known { matched, seen }
            }
            (None, None) => {
                shared
                    .misses
                    .add(&viewer, wanted, after(now(), shared.policy.missing_fresh));
                Found::Missing
            }
        };
        matches.insert(e164.clone(), found);
    }
    Ok(changes)
}
