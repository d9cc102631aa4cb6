//! What was asked of Salesforce, and whether it holds what it should.

use crate::calls::{self, Call, EXTERNAL_ID, From, KNOWN, ORGS, USERS};
use crate::process::{journal_path, undelivered, username};
use res_ansitel_salesforce::journal::Journal;
use salesforce_simulator::Simulator;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Requests are counted as they come: the simulator forgets them soon.
#[derive(Default)]
pub struct Ledger {
    newest: u64,
    /// Those that were forgotten before they were counted.
    missed: u64,
    /// Writes that Salesforce left without an answer for good.
    pub frozen_writes: u64,
    /// Looks for Cases whose creation ended in doubt, and for such Accounts.
    pub cases_looked_for: u64,
    pub accounts_looked_for: u64,
}

impl Ledger {
    pub fn take_notes(&mut self, sim: &Simulator) {
        for request in sim.requests() {
            if request.number <= self.newest {
                continue;
            }
            self.missed += request.number - self.newest - 1;
            self.newest = request.number;
            let is = |kind: &str| request.kind == kind;
            self.frozen_writes += u64::from(is("graph") && request.fault == "freeze");
            let asks = |object: &str| is("query") && request.path.contains(object);
            self.cases_looked_for += u64::from(asks("FROM%20Case"));
            self.accounts_looked_for += u64::from(asks("FROM%20Account"));
        }
    }

    /// Whether the figures may lack something.
    pub fn is_complete(&self) -> bool {
        self.missed == 0
    }
}

fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// A known number's Account, written as people do.
pub fn known_account(n: u32) -> Value {
    let number = From::Known(n).e164().unwrap_or_default();
    let (area, rest) = number.trim_start_matches("+49").split_at(2);
    serde_json::json!({
        "attributes": {"type": "Account"},
        "Name": format!("Known {n}"),
        "Phone": format!("(0{area}) {rest}"),
    })
}

/// Everything that is not as it should be. `known`: the ids of the Accounts that were there
/// before, by org.
pub fn compare(
    sim: &Simulator,
    known: &HashMap<&str, Vec<String>>,
    directory: &Path,
    seed: u64,
    count: usize,
) -> Vec<String> {
    let drawn: Vec<Call> = (0..count).map(|n| calls::draw(seed, n, count)).collect();
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    let ids: HashMap<String, Value> = sim
        .records("User")
        .into_iter()
        .map(|user| (text(&user, "Id").to_owned(), user))
        .collect();
    for org in ORGS {
        let accounts = accounts(sim, org, &drawn, &mut wrong);
        let known = &known[org];
        for case in sim.records_of(org, "Case") {
            let description = text(&case, "Description");
            let reference = description.split_whitespace().next_back().unwrap_or("");
            let call = calls::number_of(reference).and_then(|n| drawn.get(n));
            let Some(call) = call.filter(|call| call.user.org == org) else {
                wrong.push(format!("{org} has a Case of no call: {case}"));
                continue;
            };
            if !seen.insert(call.number) {
                wrong.push(format!("{reference} is there twice: {case}"));
            }
            let account = match call.from {
                From::Known(n) => Some(known[n as usize].as_str()),
                From::New(_) => call
                    .from
                    .e164()
                    .and_then(|e164| Some(accounts.get(&e164)?.as_str())),
                From::Withheld | From::Name | From::Stranger(_) => None,
            };
            let owner = ids.get(text(&case, "OwnerId"));
            let is_right = [
                ("Account", case["AccountId"].as_str() == account),
                (
                    "phone",
                    call.from
                        .e164()
                        .is_none_or(|e164| text(&case, "SuppliedPhone") == e164),
                ),
                (
                    "owner",
                    owner.is_some_and(|owner| text(owner, "Username") == username(call.user)),
                ),
                (
                    "external id",
                    !call.user.upserts || text(&case, EXTERNAL_ID) == reference,
                ),
                (
                    "end",
                    description.contains("\nEnd: ") || !call.user.at_answer,
                ),
            ];
            for (what, _) in is_right.iter().filter(|(_, is_right)| !is_right) {
                wrong.push(format!("{call:?}: not the right {what}: {case}"));
            }
        }
    }
    let missing = drawn.iter().filter(|call| !seen.contains(&call.number));
    wrong.extend(missing.map(|call| format!("{call:?} has no Case")));
    let (journal, _) = Journal::open(&journal_path(directory)).unwrap();
    wrong.extend(undelivered(&journal));
    let delivered: u64 = journal.counts().unwrap().iter().map(|c| c.delivered).sum();
    if delivered != count as u64 {
        wrong.push(format!("the journal counts {delivered} delivered calls"));
    }
    wrong
}

/// The new Accounts of an org by number; each is there once.
fn accounts(
    sim: &Simulator,
    org: &str,
    drawn: &[Call],
    wrong: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut wanted = new_numbers(drawn, org);
    let mut accounts = BTreeMap::new();
    for account in sim.records_of(org, "Account") {
        if text(&account, "Name").starts_with("Known ") {
            continue;
        }
        let number = text(&account, "Phone").to_owned();
        if !wanted.remove(&number) {
            wrong.push(format!("{org} has an Account too many: {account}"));
        }
        accounts.insert(number, text(&account, "Id").to_owned());
    }
    wrong.extend(
        wanted
            .iter()
            .map(|number| format!("{org} has no Account of {number}")),
    );
    accounts
}

fn new_numbers(drawn: &[Call], org: &str) -> HashSet<String> {
    let new = drawn
        .iter()
        .filter(|call| call.user.org == org && matches!(call.from, From::New(_)));
    new.filter_map(|call| call.from.e164()).collect()
}

/// How many Accounts there should be: those of before, and one for each new number of each org.
pub fn accounts_expected(seed: u64, count: usize) -> usize {
    let drawn: Vec<Call> = (0..count).map(|n| calls::draw(seed, n, count)).collect();
    let new: usize = ORGS.iter().map(|org| new_numbers(&drawn, org).len()).sum();
    new + ORGS.len() * KNOWN as usize
}

/// Users by org, as the simulator is to have them.
pub fn usernames(org: &str) -> impl Iterator<Item = String> {
    USERS
        .iter()
        .filter(move |user| user.org == org)
        .map(username)
}
