//! The calls of a job on their way to Salesforce, as few requests as that takes.
//!
//! In rounds, until every call has its verdict. A round:
//!
//! 1. calls in doubt are looked for, all with one query;
//! 2. the Accounts of all numbers are looked up ([`accounts`]), with one search or none;
//! 3. one graph per call (with its Account, if it gets a new one; calls of the same new number
//!    share a graph), intent on disk, then all graphs with one request;
//! 4. what became of each graph is taken note of. A call whose graph says nothing about it (its
//!    neighbour in the graph was refused, or Salesforce did not try it) takes part in the next
//!    round.
//!
//! A call whose number another worker is dealing with waits for a later round.
//!
//! A call that was running when its Case was made (`create_on = answer`) has its Case
//! *completed* in the same way, with what has changed since ([`fields::changes`]); that may be
//! repeated, since it depends on the call alone.

use super::accounts::{self, Account, Accounts, CLOCKS, Wanted};
use super::claims::Claims;
use super::fields;
use super::policy::before;
use super::worker::{Halt, Job, Link, Shared, Verdict, Wait};
use crate::calls::record::CallRecord;
use crate::config::settings::{Settings, User};
use crate::journal::{AccountChange, Call, Intent};
use crate::messages::{self, Texts};
use crate::phone::{self, Number};
use crate::salesforce::{Action, Error, Graph, Kind, Record, Target, Written};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A call on its way.
pub struct Item {
    pub call: Call,
    pub user: Arc<User>,
    /// The Case may have been written.
    pub in_doubt: bool,
    /// What became of it.
    pub verdict: Option<Verdict>,
    texts: Texts,
    /// The caller's, if it can be read and may have an Account; and as E.164.
    number: Option<(Number, String)>,
    account_fields: Map<String, Value>,
    /// It has its Case already, which is to be changed so.
    completion: Option<Map<String, Value>>,
    /// Something was refused that may have been its neighbours' fault: it goes alone.
    alone: bool,
}

impl Item {
    pub fn new(call: Call, user: Arc<User>, job: &Job) -> Item {
        let (texts, number) = compose(&call.record, call.running, &user, job);
        let completion = call.case_id.is_some().then(|| {
            let made_of = call.written.as_ref().unwrap_or(&call.record);
            let (then, _) = compose(made_of, true, &user, job);
            fields::changes(&fields::case(&then, None), &fields::case(&texts, None))
        });
        let number = number.map(|number| {
            let e164 = number.e164();
            (number, e164)
        });
        let e164 = number.as_ref().map_or("", |(_, e164)| e164);
        let account_fields = fields::account(&texts, e164);
        Item {
            in_doubt: call.in_doubt,
            call,
            user,
            verdict: None,
            texts,
            number,
            account_fields,
            completion,
            alone: false,
        }
    }

    fn is_open(&self) -> bool {
        self.verdict.is_none()
    }

    fn e164(&self) -> Option<&str> {
        self.number.as_ref().map(|(_, e164)| e164.as_str())
    }

    fn wanted(&self) -> Option<Wanted<'_>> {
        if self.completion.is_some() {
            return None;
        }
        let (number, _) = self.number.as_ref()?;
        Some(Wanted {
            number,
            user: &self.user,
            account_phone: self.account_fields.get("Phone").and_then(Value::as_str),
        })
    }

    /// Its Case, as it is to be written.
    fn case(&self, account: Option<&str>) -> Record {
        if let (Some(changes), Some(id)) = (&self.completion, &self.call.case_id) {
            return Record {
                sobject: "Case",
                target: Target::Existing(id.clone()),
                fields: changes.clone(),
                link: None,
                auto_assign: false,
            };
        }
        let mut fields = fields::case(&self.texts, account);
        let target = match &self.user.external_id_field {
            Some(field) => {
                // It is in the record's address, and must not be in the record as well.
                fields.retain(|name, _| !name.eq_ignore_ascii_case(field));
                Target::External {
                    field: field.clone(),
                    value: self.call.record.reference.clone(),
                }
            }
            None => Target::New,
        };
        Record {
            sobject: "Case",
            target,
            fields,
            link: None,
            auto_assign: self.user.auto_assign,
        }
    }

    /// Its Case was found: so was the Account that was written with it, if it was a new one.
    fn account_found(
        &self,
        shared: &Shared,
        org: &str,
        id: Option<&str>,
    ) -> Result<Option<AccountChange>, Halt> {
        let (Some(e164), Some(id)) = (self.e164(), id) else {
            return Ok(None);
        };
        let known = shared.journal.account(org, e164)?;
        let begun = known.filter(|known| known.id.is_none());
        Ok(begun.map(|begun| AccountChange::remember(e164, id, &begun.name, true)))
    }

    /// Has the call changed since the job was given out? `call`: as it is now.
    fn is_outdated(&self, call: &Call) -> bool {
        (&call.record, call.running) != (&self.call.record, self.call.running)
    }

    /// Has it a Case of which nothing is to be changed?
    fn is_complete(&mut self, org: &str) -> bool {
        let Some(changes) = &self.completion else {
            return false;
        };
        let made_in = self.call.org.as_deref().unwrap_or_default();
        let note = (made_in != org).then(|| {
            format!("made in org {made_in}, not completed: the user belongs to org {org} now")
        });
        let is_complete = changes.is_empty() || note.is_some();
        if is_complete {
            self.verdict = Some(Verdict::Completed { note });
        }
        is_complete
    }

    /// Its Case could not be changed. One that is gone, or out of the user's sight, is not ours
    /// any more; Salesforce has several codes for that, but what it finds is beyond doubt.
    fn not_completed(&mut self, link: &mut Link<'_>, error: &Error) -> Result<(), Halt> {
        let id = self.call.case_id.clone().unwrap_or_default();
        let words = error.to_string();
        let exists = link.call(|client, session| client.case_exists(session, &id))?;
        self.verdict = Some(if exists {
            Verdict::Failed(words)
        } else {
            let note = Some(format!("not completed, the Case is gone: {words}"));
            Verdict::Completed { note }
        });
        Ok(())
    }

    fn later(&mut self, in_doubt: bool, wait: Wait, error: Option<String>) {
        self.in_doubt = in_doubt;
        self.verdict = Some(Verdict::Later {
            in_doubt,
            wait,
            error,
        });
    }
}

/// What a call says in its user's words, and the caller's number if it can be read and is none
/// of the company's own, which belong to no Account, and get none.
fn compose(record: &CallRecord, running: bool, user: &User, job: &Job) -> (Texts, Option<Number>) {
    let caller = &record.caller;
    let number = caller
        .number
        .as_deref()
        .filter(|raw| !caller.withheld && !phone::is_withheld_word(raw))
        .and_then(|raw| phone::read(raw, &user.country, &job.settings.prefix_strip));
    let timezone = job.settings.timezone.as_deref();
    let compose = if running {
        messages::compose_running
    } else {
        messages::compose
    };
    let texts = compose(record, user, number.as_ref(), timezone);
    (
        texts,
        number.filter(|number| !is_our_own(number, user, &job.settings)),
    )
}

/// Is it one of the company's own numbers, which belong to no Account?
pub fn is_our_own(number: &Number, user: &User, settings: &Settings) -> bool {
    let own = &settings.ignore_numbers;
    own.iter().any(|own| number.matches(own, &user.country))
}

/// Delivers the calls; a halt concerns those that have no verdict yet.
pub fn deliver(shared: &Shared, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
    while items.iter().any(Item::is_open) {
        clear_up(shared, link, items)?;
        let org = link.org().to_owned();
        let mut claims = Claims::new(&shared.numbers, &org);
        // One that goes alone goes first.
        let alone = items.iter().position(|item| item.is_open() && item.alone);
        let taking_part: Vec<usize> = (0..items.len())
            .filter(|index| items[*index].is_open() && alone.is_none_or(|alone| alone == *index))
            .collect();
        let wanted: Vec<_> = taking_part
            .iter()
            .filter_map(|i| items[*i].wanted())
            .collect();
        let accounts = accounts::resolve(shared, link, &mut claims, &wanted)?;
        let plans = plan(items, &taking_part, &accounts);
        if plans.is_empty() {
            drop(claims);
            wait_for_others(shared, &org, items);
            continue;
        }
        write(shared, link, items, plans)?;
    }
    Ok(())
}

/// Every call that is still open waits for a number of another worker.
fn wait_for_others(shared: &Shared, org: &str, items: &[Item]) {
    let open = items.iter().filter(|item| item.is_open());
    let numbers: Vec<String> = open.filter_map(|i| i.e164().map(str::to_owned)).collect();
    shared.numbers.wait_for_any(org, &numbers);
}

/// Looks for the Cases that former attempts may have written.
fn clear_up(shared: &Shared, link: &mut Link<'_>, items: &mut [Item]) -> Result<(), Halt> {
    let is_doubtful = |item: &&mut Item| item.is_open() && item.in_doubt;
    let mut doubtful: Vec<&mut Item> = items.iter_mut().filter(is_doubtful).collect();
    let Some(since) = doubtful.iter().map(|item| item.call.created).min() else {
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
    let since = before(since, CLOCKS);
    let found = link.call(|client, session| client.find_cases(session, &calls, since))?;
    let mut changes = Vec::new();
    for (item, found) in doubtful.iter_mut().zip(found) {
        item.in_doubt = false;
        if let Some(case) = found {
            changes.extend(item.account_found(shared, link.org(), case.account_id.as_deref())?);
            item.verdict = Some(Verdict::Delivered {
                org: link.org().to_owned(),
                case_id: case.id,
                account_id: case.account_id,
            });
        }
    }
    shared
        .journal
        .change_accounts(link.org(), changes)
        .map_err(Halt::from)
}

/// A graph to be written: its calls, and what it does about their Account.
struct Plan {
    /// Places among the items.
    calls: Vec<usize>,
    account: Of,
}

/// The Account of a graph's calls.
enum Of {
    None,
    Known {
        id: String,
        remembered: bool,
    },
    /// A new one, as the first call says it.
    New,
}

/// Which graphs are to be written for those whose Account is settled.
fn plan(items: &mut [Item], taking_part: &[usize], accounts: &Accounts) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for &index in taking_part {
        let item = &mut items[index];
        let number = item.e164().filter(|_| item.completion.is_none());
        let account = match number.and_then(|e164| accounts.get(e164)) {
            None => Of::None,
            Some(Account::Known { id, remembered }) => Of::Known {
                id: id.clone(),
                remembered: *remembered,
            },
            Some(Account::Missing) if item.user.create_account => Of::New,
            Some(Account::Missing) => Of::None,
            Some(Account::Busy) => continue,
            Some(Account::InDoubt) => {
                item.later(false, Wait::InDoubt, None);
                continue;
            }
        };
        let e164 = items[index].e164();
        let mut sharing = plans
            .iter_mut()
            .filter(|plan| matches!(plan.account, Of::New));
        match sharing.find(|plan| items[plan.calls[0]].e164() == e164) {
            Some(plan) if matches!(account, Of::New) => plan.calls.push(index),
            _ => plans.push(Plan {
                calls: vec![index],
                account,
            }),
        }
    }
    plans
}

/// States the intent, writes, and takes note of what became of it.
fn write(
    shared: &Shared,
    link: &mut Link<'_>,
    items: &mut [Item],
    plans: Vec<Plan>,
) -> Result<(), Halt> {
    link.may_write()?;
    let mut plans = begin(shared, link.org(), items, plans)?;
    plans.retain(|plan| !items[plan.calls[0]].is_complete(link.org()));
    if plans.is_empty() {
        return Ok(());
    }
    let graphs: Vec<Graph> = plans.iter().map(|plan| plan.graph(items)).collect();
    let written = match link.call(|client, session| client.write(session, &graphs)) {
        Ok(written) => written,
        Err(halt) => return not_written(shared, link, items, &plans, halt),
    };
    let org = link.org().to_owned();
    let mut changes = Vec::new();
    let mut halt = None;
    let mut not_completed = Vec::new();
    let tried = written
        .iter()
        .any(|written| !matches!(written, Written::NotTried));
    for (plan, written) in plans.iter().zip(written) {
        match written {
            Written::Done(ids) => plan.done(items, &org, ids, &mut changes),
            Written::Refused(_, error)
                if error.kind() == Kind::Refused && items[plan.calls[0]].completion.is_some() =>
            {
                not_completed.push((plan.calls[0], error));
            }
            Written::Refused(place, error) => {
                let refused = plan.refused(items, place, error, &mut changes);
                halt = halt.or(refused);
            }
            Written::NotTried => {
                changes.extend(plan.forget(items));
                if !tried {
                    let words = "Salesforce tried none of the records, and does not say why";
                    plan.later(items, Wait::Growing, words);
                }
            }
        }
    }
    shared.journal.change_accounts(&org, changes)?;
    for (index, error) in not_completed {
        items[index].not_completed(link, &error)?;
    }
    match halt {
        Some(error) => Err(link.refused(error)),
        None => Ok(()),
    }
}

/// States the intent on disk. Calls that are not pending any more, and those of which the
/// tracker knows better meanwhile, drop out.
fn begin(
    shared: &Shared,
    org: &str,
    items: &mut [Item],
    plans: Vec<Plan>,
) -> Result<Vec<Plan>, Halt> {
    let intents = plans.iter().map(|plan| plan.intent(items)).collect();
    let begun = shared.journal.begin(org, intents)?;
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
    shared.journal.change_accounts(org, changes)?;
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
    let changes = plans.iter().filter_map(|plan| {
        if in_doubt {
            // Again, so that the wait before looking counts from now.
            plan.begin_account(items)
        } else {
            plan.forget(items)
        }
    });
    shared
        .journal
        .change_accounts(link.org(), changes.collect())?;
    let calls: Vec<usize> = plans.iter().flat_map(|plan| plan.calls.clone()).collect();
    for index in &calls {
        items[*index].in_doubt = in_doubt && items[*index].completion.is_none();
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

impl Plan {
    /// The call whose words make the Account, if there is to be a new one.
    fn founder<'a>(&self, items: &'a [Item]) -> Option<&'a Item> {
        matches!(self.account, Of::New).then(|| &items[self.calls[0]])
    }

    fn begin_account(&self, items: &[Item]) -> Option<AccountChange> {
        let founder = self.founder(items)?;
        Some(AccountChange::Begin {
            number: founder.e164()?.to_owned(),
            name: fields::name(&founder.account_fields).to_owned(),
        })
    }

    /// Its Account was not created.
    fn forget(&self, items: &[Item]) -> Option<AccountChange> {
        let founder = self.founder(items)?;
        Some(AccountChange::Forget(founder.e164()?.to_owned()))
    }

    fn intent(&self, items: &[Item]) -> Intent {
        let calls = self.calls.iter().map(|index| {
            let item = &items[*index];
            let case = item.case(None);
            let phone = case
                .fields
                .get(fields::SUPPLIED_PHONE)
                .and_then(Value::as_str);
            (item.call.id, phone.map(str::to_owned))
        });
        Intent {
            calls: calls.collect(),
            account: self.begin_account(items),
        }
    }

    fn graph(&self, items: &[Item]) -> Graph {
        let mut graph = Graph::new();
        if let Some(founder) = self.founder(items) {
            graph.push(Record {
                sobject: "Account",
                target: Target::New,
                fields: founder.account_fields.clone(),
                link: None,
                auto_assign: false,
            });
        }
        for index in &self.calls {
            let mut case = match &self.account {
                Of::Known { id, .. } => items[*index].case(Some(id)),
                Of::None | Of::New => items[*index].case(None),
            };
            if matches!(self.account, Of::New) && !case.fields.contains_key(fields::ACCOUNT) {
                case.link = Some((fields::ACCOUNT, 0));
            }
            graph.push(case);
        }
        graph
    }

    /// Its records have these ids.
    fn done(
        &self,
        items: &mut [Item],
        org: &str,
        ids: Vec<Option<String>>,
        changes: &mut Vec<AccountChange>,
    ) {
        let mut ids = ids.into_iter();
        let mut account_id = match &self.account {
            Of::Known { id, .. } => Some(id.clone()),
            Of::None | Of::New => None,
        };
        if let Some(founder) = self.founder(items) {
            account_id = ids.next().flatten();
            if let (Some(number), Some(id)) = (founder.e164(), &account_id) {
                let name = fields::name(&founder.account_fields);
                changes.push(AccountChange::remember(number, id, name, true));
            }
        }
        for (index, id) in self.calls.iter().zip(ids) {
            let item = &mut items[*index];
            match id {
                Some(_) if item.completion.is_some() => {
                    item.verdict = Some(Verdict::Completed { note: None });
                }
                Some(case_id) => {
                    item.verdict = Some(Verdict::Delivered {
                        org: org.to_owned(),
                        case_id,
                        account_id: account_id.clone(),
                    });
                }
                // Written over one that was there already: which one, the next attempt sees.
                None => item.later(true, Wait::InDoubt, None),
            }
        }
    }

    /// Its record at `place` was refused, so that nothing of it was written. The error, if it
    /// concerns more than this graph.
    fn refused(
        &self,
        items: &mut [Item],
        place: usize,
        error: Error,
        changes: &mut Vec<AccountChange>,
    ) -> Option<Error> {
        let founder = self.founder(items);
        let of_account = founder.is_some() && place == 0;
        let number = items[self.calls[0]].e164().map(str::to_owned);
        let name = founder.map(|founder| fields::name(&founder.account_fields).to_owned());
        changes.extend(self.forget(items));
        match error.action() {
            Action::FailCall => {}
            // Somebody else is at the same record, or a trigger of the org's failed.
            Action::Retry => {
                self.later(items, Wait::Growing, &error.to_string());
                return None;
            }
            _ => return Some(error),
        }
        // A duplicate rule that blocks knows the Account that our comparison does not.
        let duplicates = error.duplicates().iter().filter(|id| id.starts_with("001"));
        if let (true, Some(id), Some(number)) = (of_account, duplicates.min(), &number) {
            let name = name.unwrap_or_default();
            changes.push(AccountChange::remember(number, id, &name, false));
            return None;
        }
        if let (
            Of::Known {
                remembered: true, ..
            },
            Some(number),
        ) = (&self.account, number)
            && error.is_of_missing_record()
        {
            // The Account is gone: what Salesforce says now counts.
            changes.push(AccountChange::Forget(number));
            return None;
        }
        match self.calls.as_slice() {
            [only] => items[*only].verdict = Some(Verdict::Failed(error.to_string())),
            several => several.iter().for_each(|index| items[*index].alone = true),
        }
        None
    }

    fn later(&self, items: &mut [Item], wait: Wait, words: &str) {
        for index in &self.calls {
            items[*index].later(false, wait, Some(words.to_owned()));
        }
    }
}
