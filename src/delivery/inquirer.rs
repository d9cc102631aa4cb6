//! Inquiries on a thread of their own, beside the workers: whose numbers these are, and what the
//! fields asked for hold.

use super::inquiry::{Field, Need, Sobject, Told};
use super::matching::{self, Found, Wanted};
use super::schedule::{Ended, Trouble};
use super::worker::{self, Halt, Job, Link, Shared};
use crate::config::settings::User;
use crate::phone::Number;
use crate::salesforce::{Action, Error};
use std::collections::HashSet;
use std::sync::Arc;

/// One question of such a job.
#[derive(Clone)]
pub struct Asked {
    pub number: Number,
    pub user: Arc<User>,
    pub field: Field,
}

/// What came of it all.
pub struct Outcome {
    /// For each question, in their order.
    pub told: Vec<Told>,
    pub ended: Ended,
    /// Salesforce did not answer.
    pub is_outage: bool,
    /// Fields that Salesforce refused, with its words.
    pub refused: Vec<(String, String)>,
}

impl Outcome {
    /// Our own fault.
    pub fn unknown(questions: usize) -> Outcome {
        Outcome {
            told: vec![Told::Error; questions],
            ended: Ended::unknown(),
            is_outage: false,
            refused: Vec::new(),
        }
    }
}

/// Asks Salesforce. `logged_in` is called as soon as there is a session.
pub fn run(shared: &Shared, job: &Job, asked: &[Asked], logged_in: impl FnOnce(Ended)) -> Outcome {
    let mut is_new = false;
    let mut told = vec![Told::Error; asked.len()];
    let mut refused = Vec::new();
    let result = Link::open(shared, job, &mut is_new).and_then(|mut link| {
        logged_in(Ended {
            org: Some(link.org().to_owned()),
            logged_in: link.has_logged_in(),
            wrote: false,
            result: Err(Trouble::Nothing),
        });
        ask(shared, &mut link, asked, &mut told, &mut refused)
    });
    let is_outage =
        matches!(&result, Err(Halt::Salesforce { error, .. }) if error.action() == Action::Retry);
    let result = result.map_err(|halt| worker::trouble(halt).0);
    Outcome {
        told,
        ended: Ended {
            org: shared.sessions.org(job.identity),
            logged_in: is_new,
            wrote: false,
            result,
        },
        is_outage,
        refused,
    }
}

fn ask(
    shared: &Shared,
    link: &mut Link<'_>,
    asked: &[Asked],
    told: &mut [Told],
    refused: &mut Vec<(String, String)>,
) -> Result<(), Halt> {
    let wanted: Vec<_> = asked.iter().map(Asked::wanted).collect();
    let matches = matching::look_up(shared, link, &wanted)?;
    let (viewer, url) = (link.viewer().clone(), link.origin());
    let mut open = Vec::new();
    for (asked, told) in asked.iter().zip(told) {
        let matched = match matches.get(&asked.number.e164()) {
            Some(Found::Known { matched, .. }) => matched,
            _ => {
                *told = Told::NotFound;
                continue;
            }
        };
        match asked.field.of(matched, &url) {
            Need::Done(known) => *told = known,
            Need::Value(sobject, id, path) => open.push((told, sobject, id, path)),
        }
    }
    // A field that was refused of one record is refused of all.
    let mut bad: HashSet<(Sobject, String)> = HashSet::new();
    for (told, sobject, id, path) in open {
        let key = (sobject, path.to_ascii_lowercase());
        if bad.contains(&key) {
            continue;
        }
        if let Some(known) = shared.values.told(&viewer, &id, &path) {
            *told = known;
            continue;
        }
        let read: Result<Result<Option<String>, Error>, Halt> =
            link.call(
                |client, session| match client.field(session, sobject.name(), &id, &path) {
                    Err(error) if error.action() == Action::FailCall => Ok(Err(error)),
                    read => read.map(Ok),
                },
            );
        match read? {
            Ok(value) => {
                *told = match &value {
                    Some(value) => Told::value(value),
                    None => Told::NotFound,
                };
                let fresh = shared.policy.missing_fresh;
                shared.values.keep(&viewer, &id, &path, value, fresh);
            }
            Err(error) => {
                refused.push((format!("{}.{path}", sobject.name()), error.to_string()));
                bad.insert(key);
            }
        }
    }
    Ok(())
}

impl Asked {
    /// The number, as it is looked for.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            number: &self.number,
            user: &self.user,
            account_phone: None,
        }
    }
}
