//! A job on a worker's thread: a session, the [`batch`], and what is to be concluded.

use super::barred::Barred;
use super::batch;
use super::claims::{Claims, Numbers};
use super::clock::Clock;
use super::doubt::{DoubtClock, Looks};
use super::inquiry::Values;
use super::item::Item;
use super::lengths::Lengths;
use super::lockout::Withheld;
use super::look_ups::{self, LookUps};
use super::matching::{self, Misses, Wanted};
use super::owners::Owners;
use super::ownership::Ownership;
use super::policy::Policy;
use super::portions::Portions;
use super::schedule::{Ended, Identity, JobId, Trouble};
use super::sessions::{Failure, Numbered, Sessions};
use super::viewers::Viewers;
use crate::config::settings::{Settings, User};
use crate::journal::{Call, Journal, JournalError, Records, Viewer};
use crate::phone::Number;
use crate::salesforce::{Action, Client, Error, Kind, Session};
use crossbeam_channel::{Receiver, Sender};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What all workers share.
pub struct Shared {
    pub journal: Arc<Journal>,
    pub clock: Arc<Clock>,
    pub sessions: Sessions,
    pub numbers: Numbers,
    pub misses: Misses,
    pub barred: Barred,
    pub viewers: Viewers,
    pub ownership: Ownership,
    pub owners: Owners,
    pub lengths: Lengths,
    pub values: Values,
    pub doubt: DoubtClock,
    pub looks: Looks,
    pub portions: Portions,
    pub look_ups: LookUps,
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

/// One attempt at some calls of one login.
pub struct Job {
    pub id: JobId,
    pub calls: Vec<(Call, Arc<User>)>,
    /// Delivered calls whose Cases are to be linked.
    pub links: Vec<(Call, Arc<User>)>,
    /// Numbers of calls that still ring: only looked up.
    pub ringing: Vec<(Number, Arc<User>)>,
    pub identity: Identity,
    /// One of those who log in so.
    pub user: Arc<User>,
    pub settings: Arc<Settings>,
    pub client: Arc<Client>,
}

/// How long a call itself waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// Until another worker has dealt with its number, presumably.
    Busy,
    /// Longer with every attempt.
    Growing,
    /// As long as Salesforce may still be at a record whose creation ended in doubt.
    InDoubt,
    /// So long, until what is in doubt is looked for again.
    Look(Duration),
}

/// What came of a call.
#[derive(Debug)]
pub enum Verdict {
    Delivered {
        org: String,
        written: Records,
    },
    /// The Case that was made while the call was running says all now.
    Completed {
        /// The Task that was written with it.
        task_id: Option<String>,
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
    pub job: JobId,
    /// One of those who log in so.
    pub user: Arc<User>,
    pub calls: Vec<(Call, Verdict)>,
    pub ended: Ended,
}

/// Why a job stops.
pub enum Halt {
    /// Salesforce's error.
    Salesforce { at_login: bool, error: Error },
    /// There is no session, and no login is made.
    Withheld(Withheld),
    /// The journal cannot be read or written.
    Journal,
    /// The interface is stopped.
    Again,
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Halt {
        log::debug!("Delivery waits for the journal: {error}");
        Halt::Journal
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Halt {
        match failure {
            Failure::Salesforce(error) => Halt::Salesforce {
                at_login: true,
                error,
            },
            Failure::Withheld(withheld) => Halt::Withheld(withheld),
            Failure::Journal => Halt::Journal,
        }
    }
}

/// Works until there are no jobs any more, or it is sent away.
pub fn run(shared: &Shared, orders: &Receiver<Order>, reports: &Sender<Report>) {
    for order in orders {
        let Order::Work(job) = order else { return };
        let attempted = catch_unwind(AssertUnwindSafe(|| attempt(shared, &job)));
        let (calls, ended) = attempted.unwrap_or_else(|_| {
            let calls = job.calls.iter();
            let calls = calls.map(|(call, _)| (call.clone(), Verdict::Panicked));
            let ended = Ended {
                org: shared.sessions.org(job.identity),
                logged_in: false,
                wrote: false,
                result: Err(Trouble::Nothing),
            };
            (calls.collect(), ended)
        });
        let report = Report {
            job: job.id,
            user: job.user,
            calls,
            ended,
        };
        if reports.send(report).is_err() {
            return;
        }
    }
}

fn attempt(shared: &Shared, job: &Job) -> (Vec<(Call, Verdict)>, Ended) {
    let mut logged_in = false;
    let mut wrote = false;
    let mut items = Vec::new();
    let mut settled = Vec::new();
    for (call, user) in &job.calls {
        // A record that nobody can put into words keeps nobody else's from being delivered.
        let item = || Item::new(call.clone(), user.clone(), job);
        match catch_unwind(AssertUnwindSafe(item)) {
            Ok(item) => items.push(item),
            Err(_) => settled.push((call.clone(), Verdict::Panicked)),
        }
    }
    let result = Link::open(shared, job, &mut logged_in).and_then(|mut link| {
        let delivered = batch::deliver(shared, &mut link, &mut items);
        wrote = link.wrote;
        delivered?;
        look_up(shared, &mut link, &job.ringing)?;
        look_ups::link_later(shared, &mut link, job)?;
        if link.unanswered && !link.wrote {
            // Nothing says that it is well.
            return Err(Halt::Again);
        }
        Ok(())
    });
    let (open, result) = match result {
        Ok(()) => (None, Ok(())),
        Err(halt) => {
            let (trouble, wait, error) = trouble(halt);
            (Some((wait, error)), Err(trouble))
        }
    };
    settled.extend(items.into_iter().map(|item| {
        let (wait, error) = open.clone().unwrap_or((Wait::No, None));
        let in_doubt = item.in_doubt;
        let verdict = item.verdict.unwrap_or(Verdict::Later {
            in_doubt,
            wait: if in_doubt { Wait::InDoubt } else { wait },
            error,
        });
        (item.call, verdict)
    }));
    let ended = Ended {
        org: shared.sessions.org(job.identity),
        logged_in,
        wrote,
        result,
    };
    (settled, ended)
}

/// Looks for whose the numbers of calls are that still ring, so that it is known when they are over.
fn look_up(
    shared: &Shared,
    link: &mut Link<'_>,
    ringing: &[(Number, Arc<User>)],
) -> Result<(), Halt> {
    let org = link.org().to_owned();
    let mut claims = Claims::new(&shared.numbers, &org);
    let wanted = ringing.iter().map(|(number, user)| Wanted {
        number,
        user,
        account_phone: None,
    });
    let wanted: Vec<_> = wanted.collect();
    matching::resolve(shared, link, &mut claims, &wanted)?;
    Ok(())
}

/// What the schedule, the call and the administrator are told of it.
pub fn trouble(halt: Halt) -> (Trouble, Wait, Option<String>) {
    match halt {
        Halt::Salesforce { at_login, error } => {
            let words = error.to_string();
            let told = (error.action() != Action::Aborted).then(|| words.clone());
            if error.kind() == Kind::Locked {
                return (Trouble::Nothing, Wait::Growing, told);
            }
            let trouble = Trouble::Salesforce {
                at_login,
                kind: error.kind(),
                words,
            };
            (trouble, Wait::No, told)
        }
        Halt::Withheld(withheld) => {
            let words = withheld.words.clone();
            (Trouble::Withheld(withheld), Wait::No, Some(words))
        }
        Halt::Journal => (Trouble::Journal, Wait::No, None),
        Halt::Again => (Trouble::Nothing, Wait::No, None),
    }
}

/// A user's session during one job: renewed once if Salesforce says that it has expired.
pub struct Link<'a> {
    shared: &'a Shared,
    job: &'a Job,
    numbered: Numbered,
    viewer: Viewer,
    renewed: bool,
    logged_in: &'a mut bool,
    /// Something was written.
    pub wrote: bool,
    /// A look-up got no answer.
    pub unanswered: bool,
}

impl<'a> Link<'a> {
    /// Logs in, if that has to be.
    pub fn open(shared: &'a Shared, job: &'a Job, logged_in: &'a mut bool) -> Result<Self, Halt> {
        let (numbered, new) = shared
            .sessions
            .get(job.identity, &job.user, &job.client, None)?;
        *logged_in = new;
        let viewer = shared.viewers.learn(job.identity, &numbered.session);
        Ok(Link {
            shared,
            job,
            numbered,
            viewer,
            renewed: false,
            logged_in,
            wrote: false,
            unanswered: false,
        })
    }

    /// Did it take a login?
    pub fn has_logged_in(&self) -> bool {
        *self.logged_in
    }

    /// The org's id.
    pub fn org(&self) -> &str {
        &self.numbered.session.org_id
    }

    /// As whom Salesforce is asked.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Where its records are seen.
    pub fn origin(&self) -> String {
        self.numbered.session.origin()
    }

    /// What `[general]` says.
    pub fn settings(&self) -> &'a Settings {
        &self.job.settings
    }

    /// Is the interface still started?
    pub fn may_write(&self) -> Result<(), Halt> {
        if self.shared.halted.load(Ordering::Acquire) {
            Err(Halt::Again)
        } else {
            Ok(())
        }
    }

    /// The same for somebody who can go on without an answer: an error that says nothing of
    /// Salesforce as such is theirs.
    pub fn ask<T>(
        &mut self,
        request: impl Fn(&Client, &Session) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Halt> {
        let answer = self.call(|client, session| match request(client, session) {
            Err(error) if error.is_of_question() => Ok(Err(error)),
            answer => answer.map(Ok),
        })?;
        let is_timeout = |error: &Error| error.kind() == Kind::Timeout;
        self.unanswered |= answer.as_ref().err().is_some_and(is_timeout);
        Ok(answer)
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
            let (numbered, new) =
                shared
                    .sessions
                    .get(job.identity, &job.user, &job.client, Some(&self.numbered))?;
            self.viewer = shared.viewers.learn(job.identity, &numbered.session);
            self.numbered = numbered;
            *self.logged_in |= new;
            result = send(&self.numbered);
        }
        result.map_err(|error| self.refused(error))
    }

    /// Salesforce's error, of a request or of a part of one.
    pub fn refused(&self, error: Error) -> Halt {
        if matches!(error.action(), Action::RenewSession | Action::PauseUser) {
            self.shared.sessions.refuse(self.job.identity, &error);
        }
        Halt::Salesforce {
            at_login: false,
            error,
        }
    }
}
