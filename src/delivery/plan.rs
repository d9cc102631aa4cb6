//! Which graphs are written for the calls of a round, and what their ends mean for them.

use super::accounts::{Account, Accounts};
use super::fields;
use super::item::Item;
use super::worker::{Verdict, Wait};
use crate::journal::{AccountChange, Intent};
use crate::salesforce::{Action, Error, Graph};
use serde_json::Value;

/// A graph to be written: its calls, and what it does about their Account.
pub struct Plan {
    /// Places among the items.
    pub calls: Vec<usize>,
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
pub fn plan(items: &mut [Item], taking_part: &[usize], accounts: &Accounts) -> Vec<Plan> {
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
            Some(Account::Missing) => {
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
                if creates { Of::New } else { Of::None }
            }
            Some(Account::Busy) => {
                item.later(false, Wait::Busy, None);
                continue;
            }
            Some(Account::InDoubt) => {
                item.later(false, Wait::InDoubt, None);
                continue;
            }
        };
        plans.push(Plan {
            calls: vec![index],
            account,
        });
    }
    plans
}

impl Plan {
    /// The call whose words make the Account, if there is to be a new one.
    fn founder<'a>(&self, items: &'a [Item]) -> Option<&'a Item> {
        matches!(self.account, Of::New).then(|| &items[self.calls[0]])
    }

    pub fn begin_account(&self, items: &[Item]) -> Option<AccountChange> {
        let founder = self.founder(items)?;
        Some(AccountChange::Begin {
            number: founder.e164()?.to_owned(),
            name: fields::name(&founder.account_fields).to_owned(),
        })
    }

    /// Its Account was not created.
    pub fn forget(&self, items: &[Item]) -> Option<AccountChange> {
        let founder = self.founder(items)?;
        Some(AccountChange::Forget(founder.e164()?.to_owned()))
    }

    pub fn intent(&self, items: &[Item]) -> Intent {
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

    pub fn graph(&self, items: &[Item]) -> Graph {
        let mut graph = Graph::new();
        if let Some(founder) = self.founder(items) {
            graph.push(founder.account());
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
    pub fn done(
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
    pub fn refused(
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

    pub fn later(&self, items: &mut [Item], wait: Wait, words: &str) {
        for index in &self.calls {
            items[*index].later(false, wait, Some(words.to_owned()));
        }
    }
}
