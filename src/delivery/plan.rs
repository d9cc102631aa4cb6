//! Which graphs are written for the calls of a round, and what their ends mean for them.

use super::barred::{Bar, record_of};
use super::candidates::Duplicates;
use super::choice::named;
use super::fields;
use super::item::Item;
use super::matching::{Found, Matches, Sight};
use super::worker::{Verdict, Wait};
use crate::journal::{Begun, Intent, Match, Moment, NumberChange, Records, Sent};
use crate::salesforce::{Action, Error, Graph, Kind};
use serde_json::Value;

/// A graph to be written: its calls, and what it does about whose their number is.
pub struct Plan {
    /// Places among the items.
    pub calls: Vec<usize>,
    whose: Whose,
}

/// Whose the number of a graph's calls is.
enum Whose {
    Nobodys,
    Known {
        matched: Match,
        seen: Sight,
    },
    /// A new Account's, as the first call says it.
    New,
}

/// Where in the graph a call's records are.
struct Places {
    /// The call's place among the items.
    item: usize,
    case: Option<usize>,
    task: Option<usize>,
}

/// What a refused graph asks for.
pub enum Refusal {
    /// Nothing: its calls have their verdict, or take part in the next round.
    Settled,
    /// It concerns more than this graph.
    Everybody(Error),
    /// A trigger failed, perhaps because of what went with it.
    Overstrained,
    /// A field of one of these sObjects is too short; how long the fields are is to be learned.
    TooLong(Vec<&'static str>),
    /// A duplicate rule takes the caller for somebody else.
    Duplicates(Duplicates),
    /// Its number (E.164) is to have no Account.
    Barred(String, Bar),
    /// The Case of this call, which was made while the call was running, cannot be changed.
    NotCompleted(usize, Error),
}

/// Which graphs are to be written for those of whom it is settled whose their number is.
pub fn plan(items: &mut [Item], taking_part: &[usize], matches: &Matches) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for &index in taking_part {
        let item = &mut items[index];
        let number = item.wanted().and_then(|_| item.e164());
        let whose = match number.and_then(|e164| matches.get(e164)) {
            None => Whose::Nobodys,
            Some(Found::Known { matched, seen }) => Whose::Known {
                matched: matched.clone(),
                seen: *seen,
            },
            Some(Found::Missing) => {
                let e164 = item.e164().map(str::to_owned);
                let creates = item.user.create_account;
                let same_number = |plan: &&mut Plan| {
                    let founder = plan.founder(items);
                    founder.is_some_and(|founder| founder.e164() == e164.as_deref())
                };
                if let Some(plan) = plans.iter_mut().find(same_number) {
                    plan.calls.push(index);
                    continue;
                }
                if creates { Whose::New } else { Whose::Nobodys }
            }
            Some(Found::NotLookedUp(_)) => Whose::Nobodys,
            Some(Found::Busy) => {
                item.later(false, Wait::Busy, None);
                continue;
            }
            Some(Found::InDoubt(again)) => {
                item.later(false, Wait::Look(*again), None);
                continue;
            }
        };
        plans.push(Plan {
            calls: vec![index],
            whose,
        });
    }
    plans
}

impl Plan {
    /// The call whose words make the Account, if there is to be a new one.
    fn founder<'a>(&self, items: &'a [Item]) -> Option<&'a Item> {
        matches!(self.whose, Whose::New).then(|| &items[self.calls[0]])
    }

    pub fn begin_account(&self, items: &[Item], at: Moment) -> Option<NumberChange> {
        let founder = self.founder(items)?;
        Some(NumberChange::Begin {
            number: founder.e164()?.to_owned(),
            name: fields::name(&founder.account_fields).to_owned(),
            at,
        })
    }

    /// Its Account was not created.
    pub fn forget(&self, items: &[Item]) -> Option<NumberChange> {
        let founder = self.founder(items)?;
        Some(NumberChange::Forget(founder.e164()?.to_owned()))
    }

    /// Whose the number of one of its calls is.
    fn matched(&self, item: &Item) -> Match {
        item.matched(match &self.whose {
            Whose::Known { matched, .. } => Some(matched),
            Whose::Nobodys | Whose::New => None,
        })
    }

    pub fn intent(&self, items: &[Item], sent: Sent) -> Intent {
        let calls = self.calls.iter().map(|index| {
            let item = &items[*index];
            let matched = self.matched(item);
            let case = item.case(&matched);
            let phone = case.as_ref().and_then(|case| {
                let phone = case.fields.get(fields::SUPPLIED_PHONE);
                phone.and_then(Value::as_str)
            });
            Begun {
                id: item.call.id,
                sent_phone: phone.map(str::to_owned),
                matched: (matched != Match::default()).then_some(matched),
            }
        });
        Intent {
            calls: calls.collect(),
            account: self.begin_account(items, sent.at.clone()),
            sent: Some(sent),
        }
    }

    /// Its records, and where each call's are.
    fn lay_out(&self, items: &[Item]) -> (Graph, Vec<Places>) {
        let mut graph = Graph::new();
        let founder = self.founder(items);
        graph.extend(founder.map(Item::account));
        let mut places = Vec::new();
        for index in &self.calls {
            let item = &items[*index];
            let matched = self.matched(item);
            let case = item.case(&matched).map(|mut case| {
                if founder.is_some() && !case.fields.contains_key(fields::ACCOUNT) {
                    case.link = Some((fields::ACCOUNT, 0));
                }
                graph.push(case);
                graph.len() - 1
            });
            let task = item.wants_task().then(|| {
                let mut task = item.task(&matched, item.case_id());
                if item.case_id().is_none() && !item.task_stands_alone {
                    match case {
                        Some(case) => {
                            task.fields.remove(fields::ABOUT);
                            task.link = Some((fields::ABOUT, case));
                        }
                        None if founder.is_some() => task.link = Some((fields::ABOUT, 0)),
                        None => {}
                    }
                }
                graph.push(task);
                graph.len() - 1
            });
            places.push(Places {
                item: *index,
                case,
                task,
            });
        }
        (graph, places)
    }

    pub fn graph(&self, items: &[Item]) -> Graph {
        self.lay_out(items).0
    }

    /// Its new Cases: the item's place among the items, and the record's in the graph.
    pub fn cases(&self, items: &[Item]) -> Vec<(usize, usize)> {
        let (_, places) = self.lay_out(items);
        let cases = places.into_iter();
        cases.filter_map(|at| Some((at.item, at.case?))).collect()
    }

    /// Its records have these ids.
    pub fn done(
        &self,
        items: &mut [Item],
        org: &str,
        ids: &[Option<String>],
        changes: &mut Vec<NumberChange>,
    ) {
        let id_of = |place: Option<usize>| ids.get(place?).cloned().flatten();
        let (_, places) = self.lay_out(items);
        let mut new_account = None;
        if let Some(founder) = self.founder(items) {
            new_account = id_of(Some(0));
            if let (Some(number), Some(id)) = (founder.e164(), &new_account) {
                let name = fields::name(&founder.account_fields);
                changes.push(NumberChange::remember(
                    number,
                    Match::account(id, name),
                    true,
                ));
            }
        }
        if let (Whose::Known { matched, seen }, Some(number)) =
            (&self.whose, items[self.calls[0]].e164())
            && *seen == Sight::ByOthers
        {
            // It may be referred to, so that this user sees it as well.
            changes.push(NumberChange::remember(number, matched.clone(), true));
        }
        for at in places {
            let item = &mut items[at.item];
            let task_id = id_of(at.task);
            if item.completion.is_some() {
                let note = None;
                item.verdict = Some(Verdict::Completed { task_id, note });
                continue;
            }
            let case_id = id_of(at.case);
            if at.case.is_some() && case_id.is_none() {
                // Written over one that was there already: which one, the next attempt sees.
                item.later(true, Wait::InDoubt, None);
                continue;
            }
            let matched = self.matched(item);
            item.verdict = Some(Verdict::Delivered {
                org: org.to_owned(),
                written: Records {
                    case_id,
                    is_joined: item.joined.is_some(),
                    account_id: new_account.clone().or(matched.account_id),
                    task_id,
                },
            });
        }
    }

    /// Its record at `place`, or one of them, was refused, so that nothing of it was written.
    /// `amid`: other graphs went with it.
    pub fn refused(
        &self,
        items: &mut [Item],
        place: Option<usize>,
        error: Error,
        amid: bool,
        changes: &mut Vec<NumberChange>,
    ) -> Refusal {
        let (graph, _) = self.lay_out(items);
        let founder = self.founder(items);
        let of_account = founder.is_some() && place.is_none_or(|place| place == 0);
        let first = self.calls[0];
        let number = items[first].e164().map(str::to_owned);
        changes.extend(self.forget(items));
        match error.action() {
            Action::FailCall => {}
            // Somebody else is at the same record.
            Action::Retry if !matches!(error.kind(), Kind::TooMany | Kind::Maintenance) => {
                self.later(items, Wait::Growing, &error.to_string());
                return Refusal::Settled;
            }
            _ => return Refusal::Everybody(error),
        }
        // What a trigger does not bear amid others it may bear alone.
        if error.kind() == Kind::Automation && amid {
            return Refusal::Overstrained;
        }
        let suspects = graph.iter().enumerate();
        let suspects = suspects.filter(|(at, _)| place.is_none_or(|place| place == *at));
        let suspects: Vec<_> = suspects.map(|(_, record)| record.sobject).collect();
        let is_measured = |sobject: &&str| items[first].measured.contains(sobject);
        if error.is_of_length() && !suspects.iter().all(is_measured) {
            for index in &self.calls {
                items[*index].measured.extend(&suspects);
            }
            return Refusal::TooLong(suspects);
        }
        if of_account && error.kind() == Kind::Duplicate && number.is_some() {
            return Refusal::Duplicates(Duplicates {
                calls: self.calls.clone(),
                ids: error.duplicates().to_vec(),
            });
        }
        if error.is_of_reference()
            && !error.names(fields::OWNER)
            && let Some(refusal) = self.loosened(items, place, &error, changes)
        {
            return refusal;
        }
        if let [only] = self.calls.as_slice() {
            let item = &mut items[*only];
            if item.completion.is_some() && error.kind() == Kind::Refused {
                return Refusal::NotCompleted(*only, error);
            }
            // An earlier write of the same Case came after all: it is looked for, once.
            if error.is_of_existing_value() && item.may_be_written_over() && !item.call.in_doubt {
                item.later(true, Wait::InDoubt, Some(error.to_string()));
                return Refusal::Settled;
            }
            // Its user may do without what the org does not let it write.
            let has_contact = self.matched(item).contact_id.is_some();
            if has_contact && fields::NAMES_CONTACT.iter().any(|field| error.names(field)) {
                item.hides_contact = true;
            } else if suspects.contains(&"Case") && item.joined.take().is_some() {
                item.stays_alone = true;
            } else {
                item.verdict = Some(Verdict::Failed(error.to_string()));
            }
        } else {
            self.calls
                .iter()
                .for_each(|index| items[*index].alone = true);
        }
        Refusal::Settled
    }

    /// One of its records refers to another one that is gone or out of the user's sight: whose the
    /// number is has to be seen anew, or the records refer to less; `None`: it is not that.
    fn loosened(
        &self,
        items: &mut [Item],
        place: Option<usize>,
        error: &Error,
        changes: &mut Vec<NumberChange>,
    ) -> Option<Refusal> {
        let number = items[self.calls[0]].e164().map(str::to_owned);
        match (&self.whose, number) {
            (Whose::Known { matched, seen }, Some(number)) if record_of(matched).is_some() => {
                match seen {
                    // What Salesforce says now counts.
                    Sight::Remembered if error.is_of_missing_record() => {
                        changes.push(NumberChange::Forget(number));
                        return Some(Refusal::Settled);
                    }
                    Sight::Remembered => changes.push(NumberChange::Forget(number.clone())),
                    Sight::ByOthers if error.is_of_deleted_record() => {
                        changes.push(NumberChange::ForgetForAll(number));
                        return Some(Refusal::Settled);
                    }
                    Sight::ByOthers | Sight::Now => {}
                }
                return Some(Refusal::Barred(number, bar(matched, *seen)));
            }
            (Whose::New, _) if place == Some(0) => return None,
            // The new Account is another's, and its own Case may not refer to it.
            (Whose::New, Some(number)) => {
                let (record, instead) = (None, Match::default());
                return Some(Refusal::Barred(number, Bar { record, instead }));
            }
            _ => {}
        }
        let [only] = self.calls.as_slice() else {
            return None;
        };
        let item = &mut items[*only];
        let is_of_task = item.wants_task() && !item.task_stands_alone;
        item.task_stands_alone |= is_of_task;
        is_of_task.then_some(Refusal::Settled)
    }

    pub fn later(&self, items: &mut [Item], wait: Wait, words: &str) {
        for index in &self.calls {
            items[*index].later(false, wait, Some(words.to_owned()));
        }
    }
}

/// What Cases say of a number whose record they may not refer to: they name it, and the others.
fn bar(matched: &Match, seen: Sight) -> Bar {
    let record = record_of(matched).map(str::to_owned);
    let whose = named(record.iter().map(|id| (id, &matched.name)));
    let others = whose.into_iter().chain(matched.others.iter().cloned());
    let instead = Match {
        others: others.collect(),
        ..Match::default()
    };
    // What was remembered is looked for again, and counts if it is found.
    let record = record.filter(|_| seen == Sight::Now);
    Bar { record, instead }
}
