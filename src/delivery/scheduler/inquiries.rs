//! What the dialplan asks. Calls wait for the answers, so they are given from what is known where
//! that is possible. Salesforce is asked beside the workers, on one thread for each login and a
//! few in all: Cases never wait for an inquiry, but for a login, which they need as well.

use super::*;
use crate::delivery::inquirer::{self, Asked, Outcome};
use crate::delivery::inquiry::{Field, InquiryReply, Need, Told};
use crate::delivery::matching::Memory;
use crate::delivery::schedule::Asking;
use crate::messages::{cut, single_line};
use crate::salesforce::Action;

/// Inquiries that wait for a thread; more are told at once that it will be too late.
const MOST_WAITING: usize = 200;
/// Threads.
const MOST_AT_ONCE: usize = 4;
/// Numbers in one job: what one search holds.
const MOST_TOGETHER: usize = 40;
/// Fields that the log has named as wrong.
const MOST_NAMED: usize = 100;

/// An inquiry that needs Salesforce.
struct Waiting {
    asked: Asked,
    identity: Identity,
    /// When its call goes on without an answer.
    deadline: Instant,
    reply: InquiryReply,
}

/// A thread at work.
struct Running {
    user: Arc<User>,
    since: Timestamp,
    waiting: Vec<Waiting>,
    /// Its job in the schedule, if it logs in or probes.
    job: Option<JobId>,
    /// Is it that only until there is a session?
    ends_at_login: bool,
    thread: JoinHandle<()>,
}

/// What a thread reports.
pub(super) enum Progress {
    LoggedIn(Identity, Ended),
    Over(Identity, Outcome),
}

/// Those that wait and those that are being asked.
#[derive(Default)]
pub(super) struct Inquiries {
    waiting: Vec<Waiting>,
    running: HashMap<Identity, Running>,
    /// Until when nothing is asked for a login to which Salesforce did not answer.
    rests: HashMap<Identity, Timestamp>,
    /// Fields that the log has named.
    named: HashSet<String>,
}

impl Inquiries {
    /// The threads, to be joined; nobody is answered any more.
    pub(super) fn threads(&mut self) -> Vec<JoinHandle<()>> {
        let running = self.running.drain();
        running.map(|(_, running)| running.thread).collect()
    }

    /// The log names a field once.
    fn is_news(&mut self, field: &str) -> bool {
        self.named.len() < MOST_NAMED && self.named.insert(field.to_owned())
    }
}

impl Scheduler {
    /// Answers from what is known, or has Salesforce asked.
    pub(super) fn inquire(&mut self, inquiry: Inquiry) {
        let deadline = Instant::now() + self.settings.dialplan_timeout;
        let (asked, identity) = match self.asked(&inquiry) {
            Ok(asked) => asked,
            Err(told) => return self.tell(inquiry.reply, deadline, told),
        };
        if let Some(told) = self.recalled(&asked, false) {
            return self.tell(inquiry.reply, deadline, told);
        }
        if self.inquiries.waiting.len() >= MOST_WAITING {
            let now = Instant::now();
            let waiting = &mut self.inquiries.waiting;
            match waiting.iter().position(|waiting| waiting.deadline < now) {
                Some(over) => {
                    let over = waiting.remove(over);
                    self.tell(over.reply, over.deadline, Told::TooLate);
                }
                None => return self.tell(inquiry.reply, deadline, Told::TooLate),
            }
        }
        self.inquiries.waiting.push(Waiting {
            asked,
            identity,
            deadline,
            reply: inquiry.reply,
        });
    }

    /// What is to be asked, and with whose login.
    fn asked(&mut self, inquiry: &Inquiry) -> Result<(Asked, Identity), Told> {
        if self.shared.halted.load(Ordering::Acquire) {
            return Err(Told::Stopped);
        }
        let Some(field) = Field::read(&inquiry.field) else {
            let name = cut(&single_line(&inquiry.field), 80).to_owned();
            if self.inquiries.is_news(&name) {
                log::warn!(
                    "SALESFORCE({name}): that is neither a field's API name nor one of ours"
                );
            }
            return Err(Told::Error);
        };
        let seat = self.asks_as(inquiry).ok_or(Told::NoUser)?;
        let (user, identity) = (seat.user.clone(), seat.identity);
        let number = inquiry.number.as_deref();
        let number = number
            .and_then(|number| phone::read(number, &user.country, &self.settings.prefix_strip))
            .filter(|number| !item::is_our_own(number, &user, &self.settings))
            .ok_or(Told::NotFound)?;
        let asked = Asked {
            number,
            user,
            field,
        };
        Ok((asked, identity))
    }

    /// The user as whom to ask: the one that was named, whose extension is called, or else the
    /// first one whose login is good, or may be.
    fn asks_as(&self, inquiry: &Inquiry) -> Option<&Seat> {
        if let Some(user) = &inquiry.user {
            return self.seats.get(user);
        }
        let called = inquiry.called.as_ref();
        if let Some(seat) = called.and_then(|user| self.seats.get(user)) {
            return Some(seat);
        }
        let now = self.clock.now();
        let rank = |name: &&String| match self.schedule.standing(name, now) {
            Standing::Ok => 0,
            Standing::NotLoggedIn => 1,
            Standing::Waiting(..) => 2,
            Standing::Refused(_) => 3,
        };
        let enabled = self
            .order
            .iter()
            .filter(|name| self.seats.contains_key(*name));
        self.seats.get(enabled.min_by_key(rank)?)
    }

    /// The answer without Salesforce, if there is one; `stale`: better an old one than none.
    fn recalled(&self, asked: &Asked, stale: bool) -> Option<Told> {
        let shared = &self.shared;
        let viewer = shared
            .viewers
            .of(self.seats.get(&asked.user.name)?.identity)?;
        let url = match asked.field {
            Field::Link => shared.journal.org_url(&viewer.org).ok().flatten()?,
            _ => String::new(),
        };
        match matching::recall(shared, &viewer, &asked.wanted()).ok()? {
            Memory::Known(matched, is_fresh) if is_fresh || stale => {
                match asked.field.of(&matched, &url) {
                    Need::Done(told) => Some(told),
                    Need::Value(_, id, path) => shared.values.told(&viewer, &id, &path),
                }
            }
            Memory::Missing => Some(Told::NotFound),
            Memory::Known(..) | Memory::Nothing => None,
        }
    }

    fn tell(&mut self, reply: InquiryReply, deadline: Instant, told: Told) {
        let is_late = Instant::now() > deadline;
        self.figures.inquired(&told, is_late);
        reply(told);
    }

    /// Has asked what waits and may be asked.
    pub(super) fn dispatch_inquiries(&mut self) {
        let mut identities: Vec<Identity> = Vec::new();
        for waiting in &self.inquiries.waiting {
            if !identities.contains(&waiting.identity) {
                identities.push(waiting.identity);
            }
        }
        for identity in identities {
            if self.inquiries.running.contains_key(&identity)
                || self.inquiries.running.len() >= MOST_AT_ONCE
            {
                continue;
            }
            // The thread before has perhaps found what these want to know.
            self.settle_inquiries(identity, |scheduler, asked| {
                scheduler.recalled(asked, false)
            });
            self.ask(identity);
        }
    }

    /// Answers those of a login for which there is an answer.
    fn settle_inquiries(
        &mut self,
        identity: Identity,
        answer: impl Fn(&Scheduler, &Asked) -> Option<Told>,
    ) {
        for waiting in std::mem::take(&mut self.inquiries.waiting) {
            let told = (waiting.identity == identity)
                .then(|| answer(self, &waiting.asked))
                .flatten();
            match told {
                Some(told) => self.tell(waiting.reply, waiting.deadline, told),
                None => self.inquiries.waiting.push(waiting),
            }
        }
    }

    /// Salesforce cannot be asked: what is remembered has to do.
    fn refuse_inquiries(&mut self, identity: Identity) {
        self.settle_inquiries(identity, |scheduler, asked| {
            Some(scheduler.recalled(asked, true).unwrap_or(Told::Error))
        });
    }

    /// The interface is stopped.
    pub(super) fn give_up_inquiries(&mut self) {
        for waiting in std::mem::take(&mut self.inquiries.waiting) {
            self.tell(waiting.reply, waiting.deadline, Told::Stopped);
        }
    }

    /// Has the next inquiries of a login asked, if it may be.
    fn ask(&mut self, identity: Identity) {
        let waiting = self.inquiries.waiting.iter();
        let mut of_login = waiting.filter(|waiting| waiting.identity == identity);
        let Some(user) = of_login.next().map(|first| first.asked.user.clone()) else {
            return;
        };
        let now = self.clock.now();
        if !self.seats.contains_key(&user.name) {
            return self.settle_inquiries(identity, |_, _| Some(Told::NoUser));
        }
        let asking = self.schedule.asking(&user.name, now);
        let rests = self.inquiries.rests.get(&identity);
        let (is_job, ends_at_login) = match asking {
            Asking::Later => return,
            Asking::No => return self.refuse_inquiries(identity),
            Asking::Beside if rests.is_some_and(|until| *until > now) => {
                return self.refuse_inquiries(identity);
            }
            Asking::Beside => (false, false),
            Asking::LogIn => (true, true),
            Asking::Probe => (true, false),
        };
        let mut waiting = Vec::new();
        for other in std::mem::take(&mut self.inquiries.waiting) {
            if other.identity == identity && waiting.len() < MOST_TOGETHER {
                waiting.push(other);
            } else {
                self.inquiries.waiting.push(other);
            }
        }
        self.last_job += 1;
        let id = self.last_job;
        let asked: Vec<Asked> = waiting.iter().map(|one| one.asked.clone()).collect();
        let job = Job {
            id,
            calls: Vec::new(),
            links: Vec::new(),
            ringing: Vec::new(),
            identity,
            user: user.clone(),
            settings: self.settings.clone(),
            client: self.client.clone(),
        };
        if is_job && self.schedule.started(&user.name, id, now) {
            self.shared.sessions.forgive(identity);
        }
        let (shared, told) = (self.shared.clone(), self.told_in.clone());
        let thread = thread::Builder::new()
            .name("sf-inquiry".into())
            .spawn(move || {
                // Fails when the delivery has ended.
                let logged_in = |ended| drop(told.send(Progress::LoggedIn(identity, ended)));
                let run = || inquirer::run(&shared, &job, &asked, logged_in);
                let outcome = catch_unwind(AssertUnwindSafe(run));
                let outcome = outcome.unwrap_or_else(|_| Outcome::unknown(asked.len()));
                let _ = told.send(Progress::Over(identity, outcome));
            });
        match thread {
            Ok(thread) => {
                let running = Running {
                    user,
                    since: now,
                    waiting,
                    job: is_job.then_some(id),
                    ends_at_login,
                    thread,
                };
                self.inquiries.running.insert(identity, running);
            }
            Err(error) => {
                log::error!("No thread for the dialplan's inquiries: {error}");
                if is_job {
                    self.conclude(&user, id, &Ended::unknown());
                }
                for waiting in waiting {
                    self.tell(waiting.reply, waiting.deadline, Told::Error);
                }
            }
        }
    }

    pub(super) fn progressed(&mut self, progress: Progress) {
        match progress {
            Progress::LoggedIn(identity, ended) => {
                let running = self.inquiries.running.get_mut(&identity);
                let running = running.filter(|running| running.ends_at_login);
                if let Some((user, job)) =
                    running.and_then(|running| Some((running.user.clone(), running.job.take()?)))
                {
                    self.conclude(&user, job, &ended);
                }
            }
            Progress::Over(identity, outcome) => {
                if let Some(running) = self.inquiries.running.remove(&identity) {
                    self.inquired(identity, running, outcome);
                }
            }
        }
    }

    fn inquired(&mut self, identity: Identity, running: Running, outcome: Outcome) {
        let now = self.clock.now();
        let Outcome {
            told,
            ended,
            is_outage,
            refused,
        } = outcome;
        if let Some(org) = &ended.org {
            self.watch_usage(org, now);
        }
        self.inquiries.rests.remove(&identity);
        match running.job {
            Some(job) => self.conclude(&running.user, job, &ended),
            None if is_outage => {
                // Whether Cases have to wait is for those who write them to find out.
                let until = after(now, self.shared.policy.outage_first);
                self.inquiries.rests.insert(identity, until);
            }
            None if is_of_login(&ended) => {
                self.last_job += 1;
                let job = self.last_job;
                self.schedule
                    .started(&running.user.name, job, running.since);
                self.conclude(&running.user, job, &ended);
            }
            None => {}
        }
        for (field, words) in refused {
            if self.inquiries.is_news(&field) {
                log::warn!("SALESFORCE(): {words}");
            }
        }
        for (waiting, told) in running.waiting.into_iter().zip(told) {
            let told = match told {
                Told::Error => self.recalled(&waiting.asked, true).unwrap_or(told),
                told => told,
            };
            self.tell(waiting.reply, waiting.deadline, told);
        }
        join(vec![running.thread]);
    }

    fn conclude(&mut self, user: &User, job: JobId, ended: &Ended) {
        let now = self.clock.now();
        for event in self.schedule.ended(&user.name, job, ended, now) {
            self.announcer.event(&event, &self.shared.journal, now);
        }
        self.recall_logins(&user.name, ended);
        self.tell_users();
    }
}

/// Has something gone wrong that concerns all that the login is used for?
fn is_of_login(ended: &Ended) -> bool {
    match &ended.result {
        Err(Trouble::Salesforce { at_login, kind, .. }) => {
            *at_login
                || matches!(
                    kind.action(),
                    Action::RenewSession | Action::PauseUser | Action::PauseOrg
                )
        }
        Err(Trouble::Withheld(_)) => true,
        Err(Trouble::Journal | Trouble::Nothing) | Ok(()) => false,
    }
}
