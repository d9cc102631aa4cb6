//! Look-ups that fail, and Cases that are linked later because of that.
//!
//! A caller who cannot be looked up has a Case all the same: after three tries over a few minutes
//! it is written without an Account, and says so. That concerns this call and nobody else. When
//! looking up works again within a day the Case is linked, unless somebody has done that.

use super::fields;
use super::item::Item;
use super::matching::{self, Found, Matches};
use super::policy::after;
use super::worker::{Halt, Job, Link, Shared, Wait};
use crate::journal::{Linking, Match, now};
use crate::salesforce::{Record, Target, Written};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Mutex;

/// After so many tries a Case is written without.
const TRIES: u32 = 3;

/// Calls of which more is not remembered.
const MOST: usize = 50_000;

/// How often each call (by its number in the journal) was looked up in vain.
#[derive(Default)]
pub struct LookUps(Mutex<HashMap<i64, u32>>);

impl LookUps {
    /// Once more; how often now.
    fn failed(&self, id: i64) -> u32 {
        let mut failed = super::guard(&self.0);
        if failed.len() >= MOST {
            failed.clear();
        }
        let times = failed.entry(id).or_default();
        *times += 1;
        *times
    }

    fn forget(&self, id: i64) {
        super::guard(&self.0).remove(&id);
    }
}

/// Which calls go on: those that could not be looked up only after some tries.
pub fn go_on(
    shared: &Shared,
    items: &mut [Item],
    mut taking_part: Vec<usize>,
    matches: &Matches,
) -> Vec<usize> {
    for index in &taking_part {
        let item = &mut items[*index];
        let number = item.wanted().and_then(|_| item.e164());
        let found = number.and_then(|number| matches.get(number));
        let Some(Found::NotLookedUp(words)) = found else {
            continue;
        };
        let tries = shared.look_ups.failed(item.call.id);
        if tries < TRIES {
            let wait = shared.policy.look_up_wait * 2u32.pow(tries - 1);
            item.later(false, Wait::Look(wait), Some(words.clone()));
        } else {
            shared.look_ups.forget(item.call.id);
            item.not_looked_up = true;
        }
    }
    taking_part.retain(|index| items[*index].is_open());
    taking_part
}

/// Links Cases that were written without a look-up, as far as that works now.
pub fn link_later(shared: &Shared, link: &mut Link<'_>, job: &Job) -> Result<(), Halt> {
    if job.links.is_empty() {
        return Ok(());
    }
    let links = job.links.iter();
    let items = links.map(|(call, user)| Item::new(call.clone(), user.clone(), job));
    let items: Vec<Item> = items.collect();
    let wanted: Vec<_> = items.iter().filter_map(Item::number).collect();
    let matches = matching::look_up(shared, link, &wanted)?;
    let mut done = Vec::new();
    let mut found: Vec<(&Item, &Match)> = Vec::new();
    for item in &items {
        let here = item.call.org.as_deref() == Some(link.org());
        match item.e164().and_then(|number| matches.get(number)) {
            Some(Found::Known { matched, .. }) if here => found.push((item, matched)),
            // It is tried again, as was noted when it was taken.
            Some(Found::NotLookedUp(_)) if here => {}
            _ => done.push((item.call.id, Linking::Left)),
        }
    }
    // Somebody may have linked it meanwhile.
    let ids: Vec<&str> = found
        .iter()
        .filter_map(|(item, _)| item.case_id())
        .collect();
    let cases = link.call(|client, session| client.cases(session, &ids))?;
    let mut graphs = Vec::new();
    let mut linked = Vec::new();
    for ((item, matched), case) in found.iter().zip(cases) {
        match case {
            Some(case) if case.account_id.is_none() && case.contact_id.is_none() => {
                graphs.push(vec![linking(&case.id, matched)]);
                linked.push((item.call.id, matched));
            }
            _ => done.push((item.call.id, Linking::Left)),
        }
    }
    if !graphs.is_empty() {
        link.may_write()?;
        let written = link.call(|client, session| client.write(session, &graphs))?;
        for ((id, matched), written) in linked.into_iter().zip(written) {
            let linking = match written {
                Written::Done(_) => Linking::Linked(matched.account_id.clone()),
                Written::Refused(_, error) => {
                    log::info!("Call {id}: its Case is not linked: {error}");
                    Linking::Left
                }
                Written::NotTried | Written::OutOfSight => continue,
            };
            done.push((id, linking));
        }
    }
    shared.journal.link(done).map_err(Halt::from)
}

/// The change that gives a Case its Account and Contact.
fn linking(case: &str, matched: &Match) -> Record {
    let mut fields = Map::new();
    let ids = [
        (fields::ACCOUNT, &matched.account_id),
        (fields::CONTACT, &matched.contact_id),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            fields.insert(name.to_owned(), Value::from(id.as_str()));
        }
    }
    Record {
        sobject: "Case",
        target: Target::Existing(case.to_owned()),
        fields,
        link: None,
        auto_assign: false,
        look_at_owner: false,
    }
}

/// Notes that they are being linked, so that nobody else does; tried again if nothing comes of it.
pub fn claim(shared: &Shared, ids: impl Iterator<Item = i64>) {
    let again = Linking::Later(after(now(), shared.policy.link_wait));
    let links = ids.map(|id| (id, again.clone())).collect();
    if let Err(error) = shared.journal.link(links) {
        log::debug!("Cases are not linked yet: {error}");
    }
}
