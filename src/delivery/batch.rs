//! The calls of a job on their way to Salesforce, as few requests as that takes.
//!
//! In rounds, until every call has its verdict. A round:
//!
//! 1. calls in doubt are looked for, all with one query, and the Cases to which repeated calls
//!    are added (`repeats`); what is not found waits, until it cannot come any more (`doubt`);
//! 2. it is looked up whose all numbers are ([`matching`]), with one search or none, and who
//!    is to own the records, once for each org (`owners`);
//! 3. of as many as the org bears at once (`portions`): one graph per call (Case and Task, with its Account, if it gets a new one; calls of the
//!    same new number share a graph), intent on disk, then all graphs with one request;
//! 4. what became of each graph is taken note of. A call whose graph says nothing about it (its
//!    neighbour in the graph was refused, or Salesforce did not try it) takes part in the next
//!    round, as does one that is to come with less: without an Account that may not be made
//!    ([`candidates`]) or referred to ([`barred`](super::barred)).
//!
//! A call whose number another worker is dealing with goes back to the journal for a moment, so
//! that no worker waits for another one.
//!
//! A call that was running when its Case was made (`create_on = answer`) has its Case
//! *completed* in the same way, with what has changed since ([`changes`](super::fields::changes));
//! that may be repeated, since it depends on the call alone. Its Task is written with it.

use super::candidates;
use super::claims::Claims;
use super::doubt;
use super::item::Item;
use super::look_ups;
use super::matching::{self, CLOCKS};
use super::plan::{Plan, Refusal, plan};
use super::policy::{after, before};
use super::repeats;
use super::worker::{Halt, Link, Shared, Verdict, Wait};
use crate::calls::record::Timestamp;
use crate::journal::{Records, Sent, now};
use crate::salesforce::{Action, Error, Graph, Kind, Written};
use std::collections::BTreeSet;
use std::time::Instant;

/// Delivers the calls; a halt concerns those that have no verdict yet.
pub fn deliver(shared: &Shared, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
    while items.iter().any(Item::is_open) {
        clear_up(shared, link, items)?;
        shared.owners.resolve(link, items)?;
        for item in items.iter_mut().filter(|item| item.was_not_found) {
            if item.is_open() && is_out_of_sight(shared, link, item) {
                item.verdict = Some(Verdict::Failed(NOT_SEEN.to_owned()));
            }
        }
        let org = link.org().to_owned();
        let mut claims = Claims::new(&shared.numbers, &org);
        // One that goes alone goes first.
        let alone = items.iter().position(|item| item.is_open() && item.alone);
        let taking_part = (0..items.len())
            .filter(|index| items[*index].is_open() && alone.is_none_or(|alone| alone == *index))
            .take(shared.portions.most(&org))
            .collect();
        let mut taking_part = repeats::resolve(shared, link, items, taking_part)?;
        // All records of a request are assigned, or none is.
        if let Some(first) = taking_part.first() {
            let is_assigned = items[*first].is_assigned();
            taking_part.retain(|index| items[*index].is_assigned() == is_assigned);
        }
        let wanted: Vec<_> = taking_part
            .iter()
            .filter_map(|i| items[*i].wanted())
            .collect();
        let matches = matching::resolve(shared, link, &mut claims, &wanted)?;
        let taking_part = look_ups::go_on(shared, items, taking_part, &matches);
        let plans = plan(items, &taking_part, &matches);
        if !plans.is_empty() {
            write(shared, link, items, plans)?;
        }
    }
    Ok(())
}

/// Looks for what former attempts may have written: Cases, and Tasks where there is no Case that
/// would have been written with them.
fn clear_up(shared: &Shared, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
    let mut of_cases: Vec<&mut Item> = Vec::new();
    let mut of_tasks: Vec<&mut Item> = Vec::new();
    for item in items
        .iter_mut()
        .filter(|item| item.is_open() && item.in_doubt)
    {
        let sent_to = item.call.org.clone().filter(|org| org != link.org());
        if let Some(org) = sent_to.filter(|_| item.is_new()) {
            doubt::elsewhere(shared, link, item, &org);
        } else if item.is_new() && item.wants_case() {
            of_cases.push(item);
        } else if item.wants_task() {
            of_tasks.push(item);
        } else {
            item.in_doubt = false;
        }
    }
    clear_up_cases(shared, link, &mut of_cases)?;
    clear_up_tasks(link, &mut of_tasks)?;
    repeats::look(shared, link, items)?;
    for item in items
        .iter_mut()
        .filter(|item| item.is_open() && item.in_doubt)
    {
        doubt::not_found(shared, link, item);
    }
    Ok(())
}

/// Since when what is in doubt may have been written.
fn since(doubtful: &[&mut Item]) -> Option<Timestamp> {
    let oldest = doubtful.iter().map(|item| item.call.created).min();
    Some(before(oldest?, CLOCKS))
}

/// They cannot be looked for at the moment.
fn wait_for(doubtful: &mut [&mut Item], error: &Error) {
    for item in doubtful {
        item.later(true, Wait::Growing, Some(error.to_string()));
    }
}

fn clear_up_cases(
    shared: &Shared,
    link: &mut Link<'_>,
    doubtful: &mut [&mut Item],
) -> Result<(), Halt> {
    let Some(since) = since(doubtful) else {
        return Ok(());
    };
    let calls: Vec<_> = doubtful
        .iter()
        .map(|item| {
            (
                item.call.record.reference.as_str(),
                item.call.sent_phone.as_deref(),
            )
        })
        .collect();
    let authors: BTreeSet<&str> = doubtful
        .iter()
        .filter_map(|item| item.call.sent_by.as_deref())
        .collect();
    let authors = Vec::from_iter(authors);
    let found = link.ask(|client, session| client.find_cases(session, &calls, &authors, since))?;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            wait_for(doubtful, &error);
            return Ok(());
        }
    };
    let mut changes = Vec::new();
    for (item, found) in doubtful.iter_mut().zip(found) {
        if let Some(case) = found {
            item.in_doubt = false;
            changes.extend(item.account_found(
                shared,
                link.viewer(),
                case.account_id.as_deref(),
            )?);
            item.verdict = Some(Verdict::Delivered {
                org: link.org().to_owned(),
                written: Records {
                    case_id: Some(case.id),
                    account_id: case.account_id,
                    ..Records::default()
                },
            });
        } else {
            item.was_not_found = true;
        }
    }
    shared
        .journal
        .change_numbers(link.viewer(), changes)
        .map_err(Halt::from)
}

/// Does it prove nothing that a Case is not found? Its user does not see those of its owner, and
/// Salesforce itself does not see to it that there is only one.
fn is_out_of_sight(shared: &Shared, link: &Link<'_>, item: &Item) -> bool {
    let viewer = link.viewer();
    let sent_by = item.call.sent_by.as_deref().unwrap_or(&viewer.user);
    let owner = item.case_owner(sent_by);
    let is_hidden = owner.is_some_and(|owner| shared.ownership.is_out_of_sight(viewer, owner));
    is_hidden && item.user.external_id_field.is_none()
}

/// What is said of a Case that may be there, and cannot be looked for.
const NOT_SEEN: &str = "the Case may have been written, which cannot be looked up: the user does not \
     see the Cases of their owner. Look for it in Salesforce, then `salesforce discard` the call if \
     it is there, else `salesforce retry`; give the user \"View All\" on Case, or set \
     external_id_field";

fn clear_up_tasks(link: &mut Link<'_>, doubtful: &mut [&mut Item]) -> Result<(), Halt> {
    let Some(since) = since(doubtful) else {
        return Ok(());
    };
    let references = doubtful
        .iter()
        .map(|item| item.call.record.reference.as_str());
    let references: Vec<&str> = references.collect();
    let found = link.ask(|client, session| client.find_tasks(session, &references, since))?;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            wait_for(doubtful, &error);
            return Ok(());
        }
    };
    for (item, found) in doubtful.iter_mut().zip(found) {
        if found.is_none() {
            continue;
        }
        item.in_doubt = false;
        let (task_id, note) = (found, None);
        item.verdict = Some(if item.is_new() {
            Verdict::Delivered {
                org: link.org().to_owned(),
                written: Records {
                    task_id,
                    ..Records::default()
                },
            }
        } else {
            Verdict::Completed { task_id, note }
        });
    }
    Ok(())
}

/// States the intent, writes, and takes note of what became of it.
fn write(
    shared: &Shared,
    link: &mut Link<'_>,
    items: &mut [Item],
    plans: Vec<Plan>,
) -> Result<(), Halt> {
    link.may_write()?;
    let mut plans = begin(shared, link, items, plans)?;
    plans.retain(|plan| !items[plan.calls[0]].is_complete(link.org()));
    if plans.is_empty() {
        return Ok(());
    }
    let org = link.org().to_owned();
    let mut graphs: Vec<Graph> = plans.iter().map(|plan| plan.graph(items)).collect();
    for record in graphs.iter_mut().flatten() {
        shared.lengths.cut(&org, record.sobject, &mut record.fields);
    }
    let looks = look_at_owners(shared, link, items, &plans, &mut graphs);
    let begun = Instant::now();
    let written = link.call(|client, session| client.write_and_look(session, &graphs));
    let (written, seen) = match written {
        Ok(written) => written,
        Err(halt) => return not_written(shared, link, items, &plans, halt),
    };
    let timeout = link.settings().request_timeout;
    shared
        .portions
        .answered(&org, graphs.len(), begun.elapsed(), timeout);
    let mut changes = Vec::new();
    let mut halt = None;
    let mut not_completed = Vec::new();
    let mut too_long = BTreeSet::new();
    let mut overstrained = Vec::new();
    let mut duplicates = Vec::new();
    link.wrote |= written
        .iter()
        .any(|written| matches!(written, Written::Done(_)));
    for Look {
        graph,
        record,
        item,
        owner,
    } in looks
    {
        let mut seen = seen.iter();
        let seen = seen.find(|seen| (seen.graph, seen.record) == (graph, record));
        if let Some(seen) = seen {
            let item = &items[item];
            shared
                .ownership
                .seen(link.viewer(), item, &owner, &seen.owner);
        } else if matches!(written[graph], Written::OutOfSight) {
            shared.ownership.out_of_sight(link.viewer(), &owner);
        }
    }
    let tried = written
        .iter()
        .any(|written| !matches!(written, Written::NotTried));
    for (plan, written) in plans.iter().zip(written) {
        match written {
            Written::Done(ids) => plan.done(items, &org, &ids, &mut changes),
            Written::Refused(place, error) => {
                match plan.refused(items, place, error, plans.len() > 1, &mut changes) {
                    Refusal::Settled => {}
                    Refusal::Overstrained => overstrained.push(plan),
                    Refusal::Everybody(error) => halt = halt.or(Some(error)),
                    Refusal::TooLong(sobjects) => too_long.extend(sobjects),
                    Refusal::NotCompleted(index, error) => not_completed.push((index, error)),
                    Refusal::Duplicates(found) => duplicates.push(found),
                    Refusal::Barred(number, bar) => {
                        let until = after(now(), shared.policy.missing_fresh);
                        shared.barred.add(link.viewer(), &number, bar, until);
                    }
                }
            }
            Written::OutOfSight => changes.extend(plan.forget(items)),
            Written::NotTried => {
                changes.extend(plan.forget(items));
                if !tried {
                    let words = "Salesforce tried none of the records, and does not say why";
                    plan.later(items, Wait::Growing, words);
                }
            }
        }
    }
    match overstrained.as_slice() {
        [] => {}
        [one] => one
            .calls
            .iter()
            .for_each(|index| items[*index].alone = true),
        // It is how many they are, or each of them: with fewer and fewer that is seen.
        _ => shared.portions.too_many(&org, plans.len()),
    }
    shared.journal.change_numbers(link.viewer(), changes)?;
    for (index, error) in not_completed {
        items[index].not_completed(link, &error)?;
    }
    if let Some(error) = halt {
        return Err(link.refused(error));
    }
    for sobject in too_long {
        let described = link.call(|client, session| client.describe(session, sobject))?;
        shared.lengths.learn(&org, sobject, &described);
    }
    candidates::settle(shared, link, items, &duplicates)
}

/// A Case of which it is looked at whose it has become.
struct Look {
    /// Its graph among the request's, and its record there.
    graph: usize,
    record: usize,
    item: usize,
    /// Whose it is to become.
    owner: String,
}

/// Has the first Case of each owner of whom it is not known looked at.
fn look_at_owners(
    shared: &Shared,
    link: &Link<'_>,
    items: &[Item],
    plans: &[Plan],
    graphs: &mut [Graph],
) -> Vec<Look> {
    let viewer = link.viewer();
    let mut looks: Vec<Look> = Vec::new();
    for (graph, plan) in plans.iter().enumerate() {
        for (item, record) in plan.cases(items) {
            let Some(owner) = items[item].case_owner(&viewer.user) else {
                continue;
            };
            let is_known = !shared.ownership.is_open(viewer, owner);
            if is_known || looks.iter().any(|look| look.owner == owner) {
                continue;
            }
            graphs[graph][record].look_at_owner = true;
            let owner = owner.to_owned();
            looks.push(Look {
                graph,
                record,
                item,
                owner,
            });
        }
    }
    looks
}

/// States the intent on disk. Calls that are not pending any more, and those of which the
/// tracker knows better meanwhile, drop out.
fn begin(
    shared: &Shared,
    link: &Link<'_>,
    items: &mut [Item],
    plans: Vec<Plan>,
) -> Result<Vec<Plan>, Halt> {
    let viewer = link.viewer();
    let sent = Sent {
        at: shared.doubt.now(),
        by: viewer.user.clone(),
    };
    let intents = plans.iter().map(|plan| plan.intent(items, sent.clone()));
    let intents = intents.collect();
    let begun = shared.journal.begin(viewer, intents)?;
    let mut left = Vec::new();
    let mut changes = Vec::new();
    for (mut plan, begun) in plans.into_iter().zip(begun) {
        let forget = plan.forget(items);
        let mut begun = begun.into_iter();
        plan.calls.retain(|index| {
            let item = &mut items[*index];
            match begun.next().flatten() {
                None => item.verdict = Some(Verdict::Gone),
                Some(call) if item.is_outdated(&call) => item.later(false, Wait::No, None),
                Some(_) => return true,
            }
            false
        });
        if plan.calls.is_empty() {
            changes.extend(forget);
        } else {
            left.push(plan);
        }
    }
    shared.journal.change_numbers(viewer, changes)?;
    Ok(left)
}

/// The request came to nothing as a whole.
fn not_written(
    shared: &Shared,
    link: &Link<'_>,
    items: &mut [Item],
    plans: &[Plan],
    halt: Halt,
) -> Result<(), Halt> {
    let Halt::Salesforce { error, .. } = &halt else {
        return Err(halt);
    };
    let in_doubt = error.in_doubt();
    if error.kind() == Kind::Timeout || error.has_code(&["REQUEST_RUNNING_TOO_LONG"]) {
        shared.portions.too_many(link.org(), plans.len());
    }
    let changes = plans.iter().filter_map(|plan| {
        if in_doubt {
            // Again, so that the wait before looking counts from now.
            plan.begin_account(items, shared.doubt.now())
        } else {
            plan.forget(items)
        }
    });
    shared
        .journal
        .change_numbers(link.viewer(), changes.collect())?;
    let calls: Vec<usize> = plans.iter().flat_map(|plan| plan.calls.clone()).collect();
    for index in &calls {
        let item = &mut items[*index];
        item.in_doubt = in_doubt && (item.is_new() || item.wants_task());
    }
    if error.action() != Action::FailCall {
        return Err(halt);
    }
    match calls.as_slice() {
        [only] => items[*only].verdict = Some(Verdict::Failed(error.to_string())),
        // One of them; which one is seen when each goes alone.
        several => several.iter().for_each(|index| items[*index].alone = true),
    }
    Ok(())
}
