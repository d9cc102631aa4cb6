//! One call's way to Salesforce, on a worker's thread.

use super::accounts::{CLOCKS, Finder, Numbers};
use super::fields;
use super::policy::{Policy, before};
use super::schedule::{Ended, Identity, Trouble};
use super::sessions::{Numbered, Sessions};
use crate::calls::record::CallRecord;
use crate::config::settings::{Settings, User};
use crate::journal::{Call, Journal, JournalError};
use crate::messages::{self, Texts};
use crate::phone::{self, Number};
use crate::salesforce::{Action, Client, Error, Kind, Session};
use crossbeam_channel::{Receiver, Sender};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What all workers share.
pub struct Shared {
    pub journal: Arc<Journal>,
    pub sessions: Sessions,
    pub numbers: Numbers,
    pub policy: Policy,
    /// The interface is stopped: nothing further is written.
    pub halted: AtomicBool,
}

/// What a worker is to do.
pub enum Order {
    Work(Box<Job>),
    /// There are to be fewer workers.
    Leave,
}

/// One attempt at one call.
pub struct Job {
    pub call: Call,
    pub user: Arc<User>,
    pub identity: Identity,
    pub settings: Arc<Settings>,
    pub client: Arc<Client>,
}

/// How long a call itself waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// Longer with every attempt.
    Growing,
    /// As long as Salesforce may still be at a record whose creation ended in doubt.
    InDoubt,
}

/// What came of a call.
#[derive(Debug)]
pub enum Verdict {
    Delivered {
        org: String,
        case_id: String,
        account_id: Option<String>,
    },
    /// The Case that was made while the call was running says all now.
    Completed {
        /// What is worth telling.
        note: Option<String>,
    },
    /// Refused for good, in Salesforce's words.
    Failed(String),
    /// It is not pending any more.
    Gone,
    /// Not yet.
    Later {
        /// The Case may have been written.
        in_doubt: bool,
        /// It is up to this call, and not to its place or user, to wait.
        wait: Wait,
        /// What went wrong, if anything did.
        error: Option<String>,
    },
    /// Our own fault.
    Panicked,
}

/// A worker's report.
pub struct Report {
    pub call: Call,
    pub user: Arc<User>,
    pub verdict: Verdict,
    pub ended: Ended,
}

/// Why a job stops.
pub enum Halt {
    /// Salesforce's error.
    Salesforce { at_login: bool, error: Error },
    /// The journal cannot be read or written.
    Journal,
    /// The creation of its Account has just ended in doubt.
    AccountInDoubt,
    /// The interface is stopped, or the call changed meanwhile.
    Again,
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Halt {
        log::debug!("Delivery waits for the journal: {error}");
        Halt::Journal
    }
}

/// Works until there are no jobs any more, or it is sent away.
pub fn run(shared: &Shared, orders: &Receiver<Order>, reports: &Sender<Report>) {
    for order in orders {
        let Order::Work(job) = order else { return };
        let report =
            catch_unwind(AssertUnwindSafe(|| attempt(shared, &job))).unwrap_or_else(|_| {
                let ended = Ended {
                    org: shared.sessions.org(job.identity),
                    logged_in: false,
                    result: Err(Trouble::Nothing),
                };
                (Verdict::Panicked, ended)
            });
        let (verdict, ended) = report;
        let report = Report {
            call: job.call,
            user: job.user,
            verdict,
            ended,
        };
        if reports.send(report).is_err() {
            return;
        }
    }
}

fn attempt(shared: &Shared, job: &Job) -> (Verdict, Ended) {
    let mut logged_in = false;
    let mut in_doubt = job.call.in_doubt;
    let result = Link::open(shared, job, &mut logged_in)
        .and_then(|mut link| deliver(shared, job, &mut link, &mut in_doubt));
    let (verdict, result) = match result {
        Ok(verdict) => (verdict, Ok(())),
        Err(Halt::Salesforce {
            at_login: false,
            error,
        }) if error.action() == Action::FailCall => (Verdict::Failed(error.to_string()), Ok(())),
        Err(halt) => {
            let (trouble, mut wait, error) = trouble(halt);
            if in_doubt {
                wait = Wait::InDoubt;
            }
            let later = Verdict::Later {
                in_doubt,
                wait,
                error,
            };
            (later, Err(trouble))
        }
    };
    let ended = Ended {
        org: shared.sessions.org(job.identity),
        logged_in,
        result,
    };
    (verdict, ended)
}

fn trouble(halt: Halt) -> (Trouble, Wait, Option<String>) {
    match halt {
        Halt::Salesforce { at_login, error } => {
            let words = error.to_string();
            let told = (error.action() != Action::Aborted).then(|| words.clone());
            if error.kind() == Kind::Locked {
                return (Trouble::Nothing, Wait::Growing, told);
            }
            let trouble = Trouble::Salesforce {
                at_login,
                action: error.action(),
                unanswered: matches!(error.kind(), Kind::Timeout | Kind::Cut),
                words,
            };
            (trouble, Wait::No, told)
        }
        Halt::Journal => (Trouble::Journal, Wait::No, None),
        Halt::AccountInDoubt => (Trouble::Nothing, Wait::InDoubt, None),
        Halt::Again => (Trouble::Nothing, Wait::No, None),
    }
}

/// A user's session during one job: renewed once if Salesforce says that it has expired.
pub struct Link<'a> {
    shared: &'a Shared,
    job: &'a Job,
    numbered: Numbered,
    renewed: bool,
    logged_in: &'a mut bool,
}

impl<'a> Link<'a> {
    fn open(shared: &'a Shared, job: &'a Job, logged_in: &'a mut bool) -> Result<Self, Halt> {
        let (numbered, new) = shared
            .sessions
            .get(job.identity, &job.user, &job.client, None)
            .map_err(at_login)?;
        *logged_in = new;
        Ok(Link {
            shared,
            job,
            numbered,
            renewed: false,
            logged_in,
        })
    }

    /// The org's id.
    pub fn org(&self) -> &str {
        &self.numbered.session.org_id
    }

    /// Is the interface still started?
    pub fn may_write(&self) -> Result<(), Halt> {
        if self.shared.halted.load(Ordering::Acquire) {
            Err(Halt::Again)
        } else {
            Ok(())
        }
    }

    /// Sends `request`, and once more with a new session if that is what it takes.
    pub fn call<T>(
        &mut self,
        request: impl Fn(&Client, &Session) -> Result<T, Error>,
    ) -> Result<T, Halt> {
        let (shared, job) = (self.shared, self.job);
        let send = |numbered: &Numbered| request(&job.client, &numbered.session);
        let mut result = send(&self.numbered);
        if let Err(error) = &result
            && error.action() == Action::RenewSession
            && !self.renewed
        {
            self.renewed = true;
            let (numbered, new) = shared
                .sessions
                .get(job.identity, &job.user, &job.client, Some(&self.numbered))
                .map_err(at_login)?;
            self.numbered = numbered;
            *self.logged_in |= new;
            result = send(&self.numbered);
        }
        result.map_err(|error| {
            if matches!(error.action(), Action::RenewSession | Action::PauseUser) {
                shared.sessions.refuse(job.identity, &error);
            }
            Halt::Salesforce {
                at_login: false,
                error,
            }
        })
    }
}

fn at_login(error: Error) -> Halt {
    Halt::Salesforce {
        at_login: true,
        error,
    }
}

/// What a call says in its user's words, and the caller's number if it can be read.
fn compose(job: &Job, record: &CallRecord, running: bool) -> (Texts, Option<Number>) {
    let caller = &record.caller;
    let number = caller
        .number
        .as_deref()
        .filter(|raw| !caller.withheld && !phone::is_withheld_word(raw))
        .and_then(|raw| phone::read(raw, &job.user.country, &job.settings.prefix_strip));
    let timezone = job.settings.timezone.as_deref();
    let compose = if running {
        messages::compose_running
    } else {
        messages::compose
    };
    let texts = compose(record, &job.user, number.as_ref(), timezone);
    (texts, number)
}

fn deliver(
    shared: &Shared,
    job: &Job,
    link: &mut Link<'_>,
    in_doubt: &mut bool,
) -> Result<Verdict, Halt> {
    if let Some(case_id) = &job.call.case_id {
        return complete(shared, job, link, case_id);
    }
    if *in_doubt {
        if let Some(case_id) = find_case(job, link)? {
            return Ok(Verdict::Delivered {
                org: link.org().to_owned(),
                case_id,
                account_id: job.call.account_id.clone(),
            });
        }
        *in_doubt = false;
    }
    let (texts, number) = compose(job, &job.call.record, job.call.running);
    // The company's own numbers belong to no Account, and get none.
    let number = number.filter(|number| {
        let ignored = &job.settings.ignore_numbers;
        !ignored
            .iter()
            .any(|stored| number.matches(stored, &job.user.country))
    });
    let finder = Finder {
        journal: &shared.journal,
        numbers: &shared.numbers,
        policy: &shared.policy,
        user: &job.user,
        texts: &texts,
    };
    let mut account = match &number {
        Some(number) => finder.account(link, number)?,
        None => None,
    };
    link.may_write()?;
    let mut fields = fields::case(&texts, account.as_ref().map(|found| found.id.as_str()));
    let phone = fields.get(fields::SUPPLIED_PHONE).and_then(Value::as_str);
    let Some(call) = shared.journal.begin(job.call.id, link.org(), phone)? else {
        return Ok(Verdict::Gone);
    };
    if is_outdated(job, &call) {
        // The tracker knew better meanwhile: the same once more, with what it says now.
        return Err(Halt::Again);
    }
    let mut created = create_case(job, link, &fields, in_doubt);
    if let (Err(Halt::Salesforce { error, .. }), Some(number)) = (&created, &number)
        && account.as_ref().is_some_and(|found| found.remembered)
        && is_of_missing_record(error)
    {
        // The Account is gone: what Salesforce says now counts.
        let org = link.org().to_owned();
        shared.journal.forget_account(&org, &number.e164())?;
        let former = account.take().map(|found| found.id);
        account = finder.account(link, number)?;
        let now = account.as_ref().map(|found| found.id.clone());
        if now != former {
            fields = fields::case(&texts, now.as_deref());
            created = create_case(job, link, &fields, in_doubt);
        }
    }
    Ok(Verdict::Delivered {
        case_id: created?,
        org: link.org().to_owned(),
        account_id: account.map(|found| found.id),
    })
}

/// Has the call changed since the job was given out? `call`: as it is now.
fn is_outdated(job: &Job, call: &Call) -> bool {
    (&call.record, call.running) != (&job.call.record, job.call.running)
}

/// Adds to the Case of a call that was running when it was made what is known since. May be
/// repeated: what is sent depends on the call alone.
fn complete(
    shared: &Shared,
    job: &Job,
    link: &mut Link<'_>,
    case_id: &str,
) -> Result<Verdict, Halt> {
    let call = &job.call;
    let made_in = call.org.clone().unwrap_or_default();
    let is_elsewhere = made_in != link.org();
    let made_of = call.written.as_ref().unwrap_or(&call.record);
    let then = fields::case(&compose(job, made_of, true).0, None);
    let now = fields::case(&compose(job, &call.record, false).0, None);
    let changes = fields::changes(&then, &now);
    link.may_write()?;
    let phone = call.sent_phone.as_deref();
    let Some(begun) = shared.journal.begin(call.id, &made_in, phone)? else {
        return Ok(Verdict::Gone);
    };
    if is_outdated(job, &begun) {
        return Err(Halt::Again);
    }
    let note = if is_elsewhere {
        let org = link.org();
        Some(format!(
            "made in org {made_in}, not completed: the user belongs to org {org} now"
        ))
    } else if changes.is_empty() {
        None
    } else {
        update_case(link, case_id, &changes)?
    };
    Ok(Verdict::Completed { note })
}

/// Changes a Case. One that is gone, or out of the user's sight, is not ours any more; the note
/// says so.
fn update_case(
    link: &mut Link<'_>,
    case_id: &str,
    changes: &serde_json::Map<String, Value>,
) -> Result<Option<String>, Halt> {
    match link.call(|client, session| client.update_case(session, case_id, changes)) {
        Ok(()) => Ok(None),
        Err(Halt::Salesforce {
            at_login: false,
            error,
        }) if error.kind() == Kind::Refused => {
            // Salesforce has several codes for it; what it finds is beyond doubt.
            if link.call(|client, session| client.case_exists(session, case_id))? {
                return Err(Halt::Salesforce {
                    at_login: false,
                    error,
                });
            }
            Ok(Some(format!("not completed, the Case is gone: {error}")))
        }
        Err(halt) => Err(halt),
    }
}

/// Does Salesforce refuse a record because another one, to which it refers, does not exist?
fn is_of_missing_record(error: &Error) -> bool {
    let words = error.to_string();
    let codes = ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"];
    error.action() == Action::FailCall && codes.iter().any(|code| words.contains(code))
}

fn create_case(
    job: &Job,
    link: &mut Link<'_>,
    fields: &serde_json::Map<String, Value>,
    in_doubt: &mut bool,
) -> Result<String, Halt> {
    let auto_assign = job.user.auto_assign;
    let created = link.call(|client, session| client.create_case(session, auto_assign, fields));
    if let Err(Halt::Salesforce { error, .. }) = &created {
        *in_doubt = error.in_doubt();
    }
    created
}

/// Looks for the Case that a former attempt may have written.
fn find_case(job: &Job, link: &mut Link<'_>) -> Result<Option<String>, Halt> {
    let call = &job.call;
    let since = before(call.created, CLOCKS);
    let phone = call.sent_phone.as_deref();
    link.call(|client, session| client.find_case(session, &call.record.reference, phone, since))
}
