//! Whom a duplicate rule takes a new caller for. Rules match fuzzily: the last four digits of a
//! phone may differ, and names that we make of numbers resemble each other. So who was found is a
//! candidate: whoever has the caller's number is the caller, all others are named in its Case.

use super::barred::Bar;
use super::choice::{choose, named};
use super::item::Item;
use super::policy::after;
use super::worker::{Halt, Link, Shared};
use crate::journal::{Match, NumberChange, now};
use crate::salesforce::Hits;
use std::collections::BTreeSet;

/// Calls of one number whose new Account was refused, and the records that the rule named.
pub struct Duplicates {
    /// Places among the items; at least one.
    pub calls: Vec<usize>,
    /// The records' ids; none: the rule named nobody, or nobody whom the user sees.
    pub ids: Vec<String>,
}

/// Ids that one question holds.
const TOGETHER: usize = 200;

/// Settles whose the numbers are: a candidate's, or nobody's, and then no Account can be made for
/// them. Their calls take part in the next round.
pub fn settle(
    shared: &Shared,
    link: &mut Link<'_>,
    items: &[Item],
    duplicates: &[Duplicates],
) -> Result<(), Halt> {
    let ids: BTreeSet<&str> = duplicates
        .iter()
        .flat_map(|found| found.ids.iter().map(String::as_str))
        .collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut hits = Hits::default();
    for ids in ids.chunks(TOGETHER) {
        hits.extend(link.call(|client, session| client.find_candidates(session, ids))?);
    }
    let mut changes = Vec::new();
    for found in duplicates {
        let Some(wanted) = items[found.calls[0]].wanted() else {
            continue;
        };
        let candidates = of(&hits, &found.ids);
        let country = &wanted.user.country;
        let has_number = |phones: &[String]| {
            let mut phones = phones.iter();
            phones.any(|stored| wanted.number.matches(stored, country))
        };
        let e164 = wanted.number.e164();
        if let Some(matched) = choose(&candidates, has_number) {
            changes.push(NumberChange::remember(&e164, matched, false));
            continue;
        }
        let instead = Match {
            similar: named_candidates(&candidates, &found.ids),
            ..Match::default()
        };
        let record = None;
        let until = after(now(), shared.policy.missing_fresh);
        let bar = Bar { record, instead };
        shared.barred.add(link.viewer(), &e164, bar, until);
    }
    shared
        .journal
        .change_numbers(link.viewer(), changes)
        .map_err(Halt::from)
}

/// Those of the hits that have one of the ids.
fn of(hits: &Hits, ids: &[String]) -> Hits {
    Hits {
        accounts: hits
            .accounts
            .iter()
            .filter(|hit| ids.contains(&hit.id))
            .cloned()
            .collect(),
        contacts: hits
            .contacts
            .iter()
            .filter(|hit| ids.contains(&hit.id))
            .cloned()
            .collect(),
    }
}

/// How a Case names them; those that cannot be read by their ids.
fn named_candidates(hits: &Hits, ids: &[String]) -> Vec<String> {
    let accounts = hits.accounts.iter().map(|hit| (&hit.id, &hit.name));
    let contacts = hits.contacts.iter().map(|hit| (&hit.id, &hit.name));
    let read: Vec<_> = accounts.chain(contacts).collect();
    let is_unread = |id: &&String| !read.iter().any(|(read, _)| read == id);
    let nameless = String::new();
    let unread = ids.iter().filter(is_unread).map(|id| (id, &nameless));
    let names = named(read.iter().copied().chain(unread));
    if names.is_empty() {
        // There is somebody, and it is not said who.
        vec!["…".to_owned()]
    } else {
        names
    }
}
