//! `salesforce test user`: what a user needs, step by step, with what is wrong and what to do.

use super::fields;
use super::owners;
use super::schedule::{Ended, Identity, Trouble};
use super::worker::Shared;
use crate::config::settings::{CreateOn, User};
use crate::salesforce::{Action, Client, Described, Error, Session, is_record_id};
use std::sync::Arc;

/// A step of the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub what: String,
    /// What came of it, in words; `Err`: what is wrong, and what to do about it.
    pub result: Result<String, String>,
}

/// Takes the steps of a test, from a thread of the delivery's.
pub type Reply = Box<dyn FnOnce(Vec<Step>) + Send>;

/// Who is tested.
pub struct Check {
    pub user: Arc<User>,
    pub identity: Identity,
    pub client: Arc<Client>,
}

impl Check {
    /// Logs in anew, then looks at everything that delivering calls needs. Nothing is written.
    pub fn run(&self, shared: &Shared) -> (Vec<Step>, Ended) {
        let mut steps = Vec::new();
        let session = shared
            .sessions
            .renew(self.identity, &self.user, &self.client);
        let host = &self.user.login_host.name;
        let what = format!("login at {host}, {}", self.user.auth.words());
        match &session {
            Ok(session) => {
                let said = format!("org {}, user {}", session.org_id, session.user_id);
                steps.push(ok(what, said));
            }
            Err(error) => steps.push(wrong(what, error)),
        }
        let mut trouble = session.as_ref().err().cloned();
        if let Ok(session) = &session {
            trouble = self.look(session, &mut steps);
        }
        let org = session.ok().map(|session| session.org_id);
        let result = trouble.map_or(Ok(()), |error| {
            Err(Trouble::Salesforce {
                at_login: org.is_none(),
                kind: error.kind(),
                words: error.to_string(),
            })
        });
        let ended = Ended {
            logged_in: org.is_some(),
            org,
            result,
        };
        (steps, ended)
    }

    /// What the session is good for; the error that concerns more than this user, if there is one.
    fn look(&self, session: &Session, steps: &mut Vec<Step>) -> Option<Error> {
        let user = &self.user;
        let own = [
            fields::SUPPLIED_PHONE,
            fields::ACCOUNT,
            "Subject",
            "Description",
            "SuppliedName",
        ];
        let of_case = own.into_iter().chain(names(&user.case_fields));
        let of_case = of_case.chain(user.external_id_field.as_deref());
        let of_account = ["Name", "Phone"]
            .into_iter()
            .chain(names(&user.account_fields));
        for (sobject, needed, fields) in [
            ("Case", true, of_case.collect::<Vec<_>>()),
            ("Account", user.create_account, of_account.collect()),
        ] {
            match self.client.describe(session, sobject) {
                Ok(described) => self.access(sobject, needed, &fields, &described, steps),
                Err(error) => {
                    let is_ours =
                        error.action() == Action::PauseUser || error.action() == Action::FailCall;
                    steps.push(wrong(format!("access to {sobject}"), &error));
                    if !is_ours {
                        return Some(error);
                    }
                }
            }
        }
        if let Some(error) = self.owner(session, steps) {
            return Some(error);
        }
        let lookup = [vec!["490000000".to_owned()]];
        match self.client.find_by_phone(session, user.lookup, &lookup) {
            Ok(_) => steps.push(ok("look-up of a number", "allowed")),
            Err(error) => {
                steps.push(wrong("look-up of a number", &error));
                if error.action() == Action::Retry || error.action() == Action::PauseOrg {
                    return Some(error);
                }
            }
        }
        if let Some(usage) = self.client.usage(&session.org_id) {
            let said = format!("{} of {} in 24 hours are used", usage.used, usage.limit);
            steps.push(ok("API requests of the org", said));
        }
        None
    }

    /// Is the owner of the records somebody? The error that concerns more than this user.
    fn owner(&self, session: &Session, steps: &mut Vec<Step>) -> Option<Error> {
        let owner = self
            .user
            .owner
            .as_deref()
            .filter(|owner| !is_record_id(owner))?;
        let what = "owner of the records".to_owned();
        match self.client.find_users(session, &[owner]) {
            Ok(found) => {
                let id = found.into_iter().next().flatten();
                let result = id.map(|id| format!("user {id}"));
                let result = result.ok_or_else(|| owners::unknown(owner));
                steps.push(Step { what, result });
                None
            }
            Err(error) => {
                steps.push(wrong(what, &error));
                matches!(error.action(), Action::Retry | Action::PauseOrg).then_some(error)
            }
        }
    }

    fn access(
        &self,
        sobject: &str,
        needed: bool,
        fields: &[&str],
        described: &Described,
        steps: &mut Vec<Step>,
    ) {
        let what = format!("creating {sobject}s");
        let result = match (needed, described.creatable) {
            (false, _) => Ok("not wanted (create_account = no)".to_owned()),
            (true, true) => Ok("allowed".to_owned()),
            (true, false) => Err(format!(
                "not allowed: give the user Create on {sobject}, by profile or permission set"
            )),
        };
        steps.push(Step { what, result });
        if needed && described.creatable {
            let missing = described.not_settable(fields.iter().copied());
            let what = format!("fields of {sobject}");
            let result = if missing.is_empty() {
                Ok(format!("all {} can be set", fields.len()))
            } else {
                Err(format!(
                    "not there, or not visible and editable for the user: {}; see field-level \
                     security in Salesforce's Setup, or the spelling in salesforce.conf",
                    missing.join(", ")
                ))
            };
            steps.push(Step { what, result });
        }
        if sobject == "Case" && self.user.create_on == CreateOn::Answer {
            let result = if described.updatable {
                Ok("allowed".to_owned())
            } else {
                Err("not allowed: create_on = answer needs Edit on Case".to_owned())
            };
            let what = "completing Cases".to_owned();
            steps.push(Step { what, result });
        }
    }
}

fn names<T>(fields: &[(String, T)]) -> impl Iterator<Item = &str> {
    fields.iter().map(|(name, _)| name.as_str())
}

fn ok(what: impl Into<String>, said: impl Into<String>) -> Step {
    Step {
        what: what.into(),
        result: Ok(said.into()),
    }
}

fn wrong(what: impl Into<String>, error: &Error) -> Step {
    Step {
        what: what.into(),
        result: Err(error.to_string()),
    }
}
