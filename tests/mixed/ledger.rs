//! What should be in Salesforce, and what is.

use crate::draw::{self, Job, KNOWN};
use crate::office::{Office, sections};
use crate::scene::{text, told};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is not as it should be, in words; empty if all is well.
pub fn compare(jobs: &[Job], office: &Office) -> Vec<String> {
    let sim = &office.scene.sim;
    let (cases, accounts) = (sim.records("Case"), sim.records("Account"));
    let users: BTreeMap<_, _> = sim
        .records("User")
        .iter()
        .map(|user| {
            let section = text(user, "Username").split('@').next();
            (
                text(user, "Id").to_owned(),
                section.unwrap_or_default().to_owned(),
            )
        })
        .collect();

    let found = cases.iter().map(|case| {
        let user = users.get(text(case, "OwnerId"));
        let user = user.map_or("nobody", String::as_str);
        in_words(
            text(case, "SuppliedName"),
            text(case, "SuppliedPhone"),
            &told(user, case),
        )
    });
    let mut differences = differences("Case", jobs.iter().flat_map(expected), found);

    let known: Vec<_> = (0..KNOWN).map(draw::known).collect();
    let new: BTreeSet<&str> = jobs
        .iter()
        .filter(|job| !job.way.cases.is_empty() && !job.way.withheld && !known.contains(&job.phone))
        .map(|job| job.phone.as_str())
        .collect();
    let expected = (0..KNOWN)
        .map(|n| format!("Known {n}: {}", draw::as_written(n)))
        .chain(
            new.into_iter()
                .map(|phone| format!("Caller {phone}: {phone}")),
        );
    let found = accounts
        .iter()
        .map(|a| format!("{}: {}", text(a, "Name"), text(a, "Phone")));
    differences.extend(self::differences("Account", expected, found));

    differences.extend(links(&cases, &accounts));
    println!(
        "{} Cases and {} Accounts were compared",
        cases.len(),
        accounts.len()
    );
    differences
}

/// The Cases that should have come of a call.
fn expected(job: &Job) -> Vec<String> {
    let [a, b] = sections(*job.pair.get().expect("every call was made"));
    let name = job.name();
    let (name, phone) = match job.way.withheld {
        true => ("", ""),
        false => (name.as_str(), job.phone.as_str()),
    };
    let cases = job.way.cases.iter().map(|case| {
        let told = case
            .replace("a: ", &format!("{a}: "))
            .replace("b: ", &format!("{b}: "));
        in_words(name, phone, &told)
    });
    cases.collect()
}

fn in_words(name: &str, phone: &str, told: &str) -> String {
    format!("{name} <{phone}> {told}")
}

/// What occurs more often in one than in the other.
fn differences(
    what: &str,
    expected: impl Iterator<Item = String>,
    found: impl Iterator<Item = String>,
) -> Vec<String> {
    let mut counts = BTreeMap::<String, i64>::new();
    for one in expected {
        *counts.entry(one).or_default() += 1;
    }
    for one in found {
        *counts.entry(one).or_default() -= 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|(one, count)| {
            let which = if count > 0 { "missing" } else { "unexpected" };
            format!("{which} {what}, {} times: {one}", count.abs())
        })
        .collect()
}

/// Each Case belongs to the Account with its number, and has a reference of its own.
fn links(cases: &[Value], accounts: &[Value]) -> Vec<String> {
    let mut by_number: BTreeMap<String, &str> = accounts
        .iter()
        .map(|account| (text(account, "Phone").to_owned(), text(account, "Id")))
        .collect();
    for n in 0..KNOWN {
        if let Some(id) = by_number.get(&draw::as_written(n)).copied() {
            by_number.insert(draw::known(n), id);
        }
    }
    let mut references = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases {
        let account = by_number.get(text(case, "SuppliedPhone"));
        let reference = text(case, "Description").lines().last().unwrap_or_default();
        if account.copied().unwrap_or_default() != text(case, "AccountId") {
            wrong.push(format!("Case with the wrong Account: {case:#}"));
        }
        if text(case, "Origin") != "Phone" || !reference.starts_with("Reference: ") {
            wrong.push(format!("Case with wrong fields: {case:#}"));
        }
        if text(case, "Description").contains("unknown") {
            wrong.push(format!("Case that does not know everything: {case:#}"));
        }
        if !references.insert(reference) {
            wrong.push(format!("two Cases of the same reference: {case:#}"));
        }
    }
    wrong
}
