//! A call on its way, in its user's words.

use super::fields;
use super::matching::Wanted;
use super::owners;
use super::worker::{Halt, Job, Link, Shared, Verdict, Wait};
use crate::calls::record::CallRecord;
use crate::config::settings::{Settings, User};
use crate::journal::{Call, Match, NumberChange, Viewer};
use crate::messages::{self, Texts};
use crate::phone::{self, Number};
use crate::salesforce::{CaseNow, Error, Record, Target};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A call on its way.
pub struct Item {
    pub call: Call,
    pub user: Arc<User>,
    /// The Case may have been written.
    pub in_doubt: bool,
    /// The Case may have been written, and was looked for in vain.
    pub was_not_found: bool,
    /// What became of it.
    pub verdict: Option<Verdict>,
    /// The id of who is to own its records, if that is not the session's user.
    pub owner: Option<String>,
    texts: Texts,
    /// The caller's, if it can be read and may have an Account; and as E.164.
    number: Option<(Number, String)>,
    pub account_fields: Map<String, Value>,
    /// It has its Case already, which is to be changed so.
    pub completion: Option<Map<String, Value>>,
    /// An earlier call's Case, to which it is added.
    pub joined: Option<CaseNow>,
    /// It is added to no other call's Case.
    pub stays_alone: bool,
    /// The caller could not be looked up.
    pub not_looked_up: bool,
    /// Its records must not name the Contact.
    pub hides_contact: bool,
    /// Its Task must refer to nothing, not even to its Case.
    pub task_stands_alone: bool,
    /// The sObjects whose fields were found too short for it.
    pub measured: Vec<&'static str>,
    /// Something was refused that may have been its neighbours' fault: it goes alone.
    pub alone: bool,
}

impl Item {
    pub fn new(call: Call, user: Arc<User>, job: &Job) -> Item {
        let (texts, number) = compose(&call.record, call.running, &user, job);
        let completion = call.case_id.is_some().then(|| {
            let made_of = call.written.as_ref().unwrap_or(&call.record);
            let (then, _) = compose(made_of, true, &user, job);
            let matched = call.matched.clone().unwrap_or_default();
            fields::changes(
                &fields::case(&then, &user, &matched),
                &fields::case(&texts, &user, &matched),
            )
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
            was_not_found: false,
            verdict: None,
            owner: None,
            texts,
            number,
            account_fields,
            completion,
            joined: None,
            stays_alone: false,
            not_looked_up: false,
            hides_contact: false,
            task_stands_alone: false,
            measured: Vec::new(),
            alone: false,
        }
    }

    /// Has it no Case yet?
    pub fn is_new(&self) -> bool {
        self.completion.is_none()
    }

    pub fn is_open(&self) -> bool {
        self.verdict.is_none()
    }

    /// Does writing it again make nothing twice, also when an earlier write comes later? So it is
    /// with a Case by its external id, as long as nothing else goes with it. What was sent while
    /// the call ran would undo what is said of its end.
    pub fn may_be_written_over(&self) -> bool {
        self.user.external_id_field.is_some()
            && self.is_new()
            && self.wants_case()
            && !self.wants_task()
            && !self.call.running
            && self.call.written.is_none()
    }

    /// Is it to have a Case? What was taken down for one gets one, whatever is wanted since.
    pub fn wants_case(&self) -> bool {
        let outcome = self.call.record.outcome;
        self.user.wants_case(outcome) || !self.user.wants_task(outcome)
    }

    /// Is it to have a Task, now that it is over?
    pub fn wants_task(&self) -> bool {
        !self.call.running && self.user.wants_task(self.call.record.outcome)
    }

    pub fn e164(&self) -> Option<&str> {
        self.number.as_ref().map(|(_, e164)| e164.as_str())
    }

    pub fn wanted(&self) -> Option<Wanted<'_>> {
        if self.completion.is_some() || self.joined.is_some() {
            return None;
        }
        self.number()
    }

    /// The caller's number, whether or not its Case is there already.
    pub fn number(&self) -> Option<Wanted<'_>> {
        let (number, _) = self.number.as_ref()?;
        Some(Wanted {
            number,
            user: &self.user,
            account_phone: self.account_fields.get("Phone").and_then(Value::as_str),
        })
    }

    /// Whose number it is, by what is `known` now.
    pub fn matched(&self, known: Option<&Match>) -> Match {
        let mut matched = match (&self.joined, &self.completion) {
            (Some(case), _) => Match {
                account_id: case.account_id.clone(),
                contact_id: case.contact_id.clone(),
                ..Match::default()
            },
            (None, Some(_)) => self.call.matched.clone().unwrap_or_default(),
            (None, None) if self.not_looked_up => Match {
                not_looked_up: true,
                ..Match::default()
            },
            (None, None) => known.cloned().unwrap_or_default(),
        };
        if self.hides_contact {
            matched.contact_id = None;
        }
        matched
    }

    /// Do Salesforce's assignment rules choose whose its records are?
    pub fn is_assigned(&self) -> bool {
        self.user.auto_assign && self.is_new() && self.joined.is_none()
    }

    /// The id of whose its Case is to become, as `session_user`; `None`: whose it becomes is up
    /// to others, or it has no Case of its own.
    pub fn case_owner<'a>(&'a self, session_user: &'a str) -> Option<&'a str> {
        let has_own = self.is_new() && self.joined.is_none() && self.wants_case();
        let is_open = has_own && !self.user.auto_assign;
        is_open.then(|| self.owner.as_deref().unwrap_or(session_user))
    }

    /// The Account that is created for its caller.
    pub fn account(&self) -> Record {
        let mut fields = self.account_fields.clone();
        self.owned_by_user(&mut fields);
        let mut account = record("Account", Target::New, fields);
        account.auto_assign = self.is_assigned();
        account
    }

    /// Says who owns a new record.
    fn owned(&self, fields: &mut Map<String, Value>) {
        if let Some(owner) = &self.owner {
            fields.insert(fields::OWNER.to_owned(), Value::from(owner.as_str()));
        }
    }

    /// The same of a record that no queue can own.
    fn owned_by_user(&self, fields: &mut Map<String, Value>) {
        if self.owner.as_deref().is_some_and(owners::is_user) {
            self.owned(fields);
        }
    }

    /// Its Case, as it is to be written; `None`: nothing of it.
    pub fn case(&self, matched: &Match) -> Option<Record> {
        if let (Some(changes), Some(id)) = (&self.completion, &self.call.case_id) {
            let target = Target::Existing(id.clone());
            return (!changes.is_empty()).then(|| record("Case", target, changes.clone()));
        }
        if !self.wants_case() {
            return None;
        }
        if let Some(case) = &self.joined {
            let mut fields = Map::new();
            let description = self.added_to(case)?;
            fields.insert(fields::DESCRIPTION.to_owned(), Value::from(description));
            return Some(record("Case", Target::Existing(case.id.clone()), fields));
        }
        let mut fields = fields::case(&self.texts, &self.user, matched);
        self.owned(&mut fields);
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
        let mut case = record("Case", target, fields);
        case.auto_assign = self.is_assigned();
        Some(case)
    }

    /// The Description of another call's Case with this one below it; `None`: there is no room.
    pub fn added_to(&self, case: &CaseNow) -> Option<String> {
        let before = case.description.as_deref().unwrap_or_default();
        let before = before.replace("\r\n", "\n");
        let both = format!("{}\n\n{}", before.trim_end(), self.texts.description);
        (messages::length(&both) <= messages::DESCRIPTION).then_some(both)
    }

    /// Its Task. `case`: the id of its Case, where that is known already.
    pub fn task(&self, matched: &Match, case: Option<&str>) -> Record {
        let call = &self.call.record;
        let talk_seconds = call.talk_seconds().unwrap_or(0);
        let (texts, user) = (&self.texts, &self.user);
        let mut fields = fields::task(texts, user, &call.reference, talk_seconds, matched);
        self.owned_by_user(&mut fields);
        let about = case.or(matched.account_id.as_deref());
        if self.task_stands_alone {
            fields::detach_task(&mut fields);
        } else if let Some(about) = about {
            fields.insert(fields::ABOUT.to_owned(), Value::from(about));
        }
        record("Task", Target::New, fields)
    }

    /// The id of the Case that it has already, or is added to.
    pub fn case_id(&self) -> Option<&str> {
        let joined = self.joined.as_ref().map(|case| case.id.as_str());
        joined.or(self.call.case_id.as_deref())
    }

    /// Its Case was found: so was the Account that was written with it, if it was a new one.
    pub fn account_found(
        &self,
        shared: &Shared,
        viewer: &Viewer,
        id: Option<&str>,
    ) -> Result<Option<NumberChange>, Halt> {
        let (Some(e164), Some(id)) = (self.e164(), id) else {
            return Ok(None);
        };
        let known = shared.journal.number(viewer, e164)?;
        let begun = known.filter(|known| known.matched.is_none());
        Ok(begun.map(|begun| NumberChange::remember(e164, Match::account(id, &begun.name), true)))
    }

    /// Has the call changed since the job was given out? `call`: as it is now.
    pub fn is_outdated(&self, call: &Call) -> bool {
        (&call.record, call.running) != (&self.call.record, self.call.running)
    }

    /// Has it a Case of which nothing is to be changed?
    pub fn is_complete(&mut self, org: &str) -> bool {
        let Some(changes) = &self.completion else {
            return false;
        };
        let made_in = self.call.org.as_deref().unwrap_or_default();
        let note = (made_in != org).then(|| {
            format!("made in org {made_in}, not completed: the user belongs to org {org} now")
        });
        let is_complete = (changes.is_empty() && !self.wants_task()) || note.is_some();
        if is_complete {
            let task_id = None;
            self.verdict = Some(Verdict::Completed { task_id, note });
        }
        is_complete
    }

    /// Its Case could not be changed. One that is gone, or out of the user's sight, is not ours
    /// any more; Salesforce has several codes for that, but what it finds is beyond doubt.
    pub fn not_completed(&mut self, link: &mut Link<'_>, error: &Error) -> Result<(), Halt> {
        let id = self.call.case_id.clone().unwrap_or_default();
        let words = error.to_string();
        let exists = link.call(|client, session| client.case_exists(session, &id))?;
        self.verdict = Some(if exists {
            Verdict::Failed(words)
        } else {
            let note = Some(format!(
                "not completed, the Case is gone, or out of the user's sight: {words}"
            ));
            let task_id = None;
            Verdict::Completed { task_id, note }
        });
        Ok(())
    }

    pub fn later(&mut self, in_doubt: bool, wait: Wait, error: Option<String>) {
        self.in_doubt = in_doubt;
        self.verdict = Some(Verdict::Later {
            in_doubt,
            wait,
            error,
        });
    }
}

fn record(sobject: &'static str, target: Target, fields: Map<String, Value>) -> Record {
    Record {
        sobject,
        target,
        fields,
        link: None,
        auto_assign: false,
        look_at_owner: false,
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
