//! Who calls again after a lost call adds to its Case (`repeat_window`), as long as that is open.
//!
//! The call before is the newest one of the same number to the same user that the journal knows.
//! It counts if it was lost, too, and ended less than `repeat_window` minutes ago: who was
//! talked to in between has something new to say. What is added is the later call's Description,
//! below the earlier one's, so that its reference is in the Case: a second attempt sees that the
//! first one got through.

use super::item::Item;
use super::policy::before;
use super::worker::{Halt, Link, Shared, Verdict, Wait};
use crate::calls::record::Outcome;
use crate::journal::{Call, JournalError, Records, State};
use crate::messages::tells_of;
use crate::phone;
use crate::salesforce::CaseNow;
use std::collections::BTreeSet;
use std::time::Duration;

/// What the call before has come to.
enum Before {
    /// There is none that counts.
    Nothing,
    /// It has this Case.
    Case(String),
    /// It is another one of this batch, and has no verdict yet.
    NotYet,
    /// It is not settled.
    Later(Wait),
}

/// Finds the Cases to which calls are added; which of `taking_part` go on in this round.
pub fn resolve(
    shared: &Shared,
    link: &mut Link<'_>,
    items: &mut [Item],
    taking_part: Vec<usize>,
) -> Result<Vec<usize>, Halt> {
    let mut going_on = Vec::new();
    let mut waiting = Vec::new();
    let mut candidates = Vec::new();
    for index in taking_part {
        match before_it(shared, link, items, index)? {
            Before::Nothing => {}
            Before::Case(id) => candidates.push((index, id)),
            Before::NotYet => {
                waiting.push(index);
                continue;
            }
            Before::Later(wait) => {
                items[index].later(false, wait, None);
                continue;
            }
        }
        going_on.push(index);
    }
    if going_on.is_empty() {
        // One that goes alone, after another that is not its turn.
        for index in waiting {
            items[index].later(false, Wait::Busy, None);
        }
    }
    let ids: BTreeSet<&str> = candidates.iter().map(|(_, id)| id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(going_on);
    }
    let cases = link.call(|client, session| client.cases(session, &ids))?;
    for (index, id) in &candidates {
        let mut cases = cases.iter().flatten();
        add(
            &mut items[*index],
            link.org(),
            cases.find(|case| case.id == *id),
        );
    }
    going_on.retain(|index| items[*index].is_open());
    Ok(going_on)
}

/// Finds calls in doubt in the Cases to which they were to be added.
pub fn look(shared: &Shared, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
    let mut candidates = Vec::new();
    for index in 0..items.len() {
        if items[index].is_open()
            && items[index].in_doubt
            && let Before::Case(id) = before_it(shared, link, items, index)?
        {
            candidates.push((index, id));
        }
    }
    if candidates.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<&str> = candidates.iter().map(|(_, id)| id.as_str()).collect();
    let ids = Vec::from_iter(ids);
    let cases = link.call(|client, session| client.cases(session, &ids))?;
    for (index, id) in &candidates {
        let mut cases = cases.iter().flatten();
        if let Some(case) = cases.find(|case| case.id == *id) {
            is_told(&mut items[*index], link.org(), case);
        }
    }
    Ok(())
}

/// Adds the call to the Case as it is now, if that is possible.
fn add(item: &mut Item, org: &str, case: Option<&CaseNow>) {
    let Some(case) = case else {
        item.stays_alone = true;
        return;
    };
    if is_told(item, org, case) {
        return;
    }
    if case.is_closed || item.added_to(case).is_none() {
        item.stays_alone = true;
    } else {
        item.joined = Some(case.clone());
    }
}

/// Does the Case tell of the call already? Then that is its verdict.
fn is_told(item: &mut Item, org: &str, case: &CaseNow) -> bool {
    let description = case.description.as_deref().unwrap_or_default();
    let is_told = tells_of(description, &item.call.record.reference);
    if is_told {
        item.in_doubt = false;
        item.verdict = Some(Verdict::Delivered {
            org: org.to_owned(),
            written: Records {
                case_id: Some(case.id.clone()),
                is_joined: true,
                account_id: case.account_id.clone(),
                task_id: None,
            },
        });
    }
    is_told
}

/// What became of the call before this one.
fn before_it(
    shared: &Shared,
    link: &Link<'_>,
    items: &[Item],
    index: usize,
) -> Result<Before, JournalError> {
    let item = &items[index];
    let window = Duration::from_secs(60 * u64::from(item.user.repeat_window));
    let record = &item.call.record;
    let Some(e164) = item.e164() else {
        return Ok(Before::Nothing);
    };
    if window.is_zero()
        || record.outcome != Outcome::Lost
        || item.stays_alone
        || !item.is_new()
        || !item.wants_case()
    {
        return Ok(Before::Nothing);
    }
    let since = before(record.started, window);
    let calls = shared.journal.calls_before(&item.call, since)?;
    let same_number = |call: &&Call| {
        let caller = &call.record.caller;
        let number = caller.number.as_deref().filter(|_| !caller.withheld);
        let strip = &link.settings().prefix_strip;
        let number = number.and_then(|raw| phone::read(raw, &item.user.country, strip));
        number.is_some_and(|number| number.e164() == e164)
    };
    let Some(call) = calls.iter().find(same_number) else {
        return Ok(Before::Nothing);
    };
    let ended = call.record.ended.unwrap_or(call.record.started);
    if call.record.outcome != Outcome::Lost || ended < since {
        return Ok(Before::Nothing);
    }
    let here = items.iter().find(|other| other.call.id == call.id);
    if let Some(other) = here {
        return Ok(match &other.verdict {
            None => Before::NotYet,
            Some(Verdict::Delivered { written, .. }) => case_of(written.case_id.as_ref()),
            Some(Verdict::Later { wait, .. }) => Before::Later(match wait {
                Wait::No => Wait::Busy,
                other => *other,
            }),
            Some(_) => Before::Nothing,
        });
    }
    Ok(match call.state {
        State::Delivered if call.org.as_deref() == Some(link.org()) => {
            case_of(call.case_id.as_ref())
        }
        State::Sending => Before::Later(Wait::Busy),
        State::Pending | State::Open => Before::Later(Wait::InDoubt),
        State::Delivered | State::Failed | State::Discarded => Before::Nothing,
    })
}

fn case_of(id: Option<&String>) -> Before {
    id.map_or(Before::Nothing, |id| Before::Case(id.clone()))
}
