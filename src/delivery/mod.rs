//! From the journal to Salesforce: who is due, attempts, pauses, and what is given up.
//!
//! One scheduler thread decides, workers talk to Salesforce, the journal remembers. Calls of one
//! set of credentials go together, up to 75 at a time, through these steps; each step knows what
//! has to be true when it is left:
//!
//! 1. due in the journal, their user and place not paused → a worker has them (`schedule`, pure);
//! 2. session: one per set of credentials, refused credentials are tried once (`sessions`), and
//!    nobody is locked out (`lockout`);
//! 3. in doubt? then their Cases are looked for (`batch`), and written again only when they cannot
//!    come any more (`doubt`);
//! 4. Accounts: remembered, found, or to be created once (`accounts`, `claims`);
//! 5. a graph for each call (`plan`), intent on disk, then all in one request (`batch`);
//! 6. results on disk ([`crate::journal`]).
//!
//! While a phone rings, its caller goes through steps 2 and 4 already. What the dialplan asks
//! ([`Inquiry`]) is looked up beside the workers (`inquirer`), and keeps nobody waiting but itself.
//!
//! A user with `create_on = answer` has its running calls done likewise (`scheduler` takes them
//! first, [`Journal::due_running`]); when such a call is over, it is due once more and its Case
//! is completed with what has changed (`fields::changes`).
//!
//! | error | what becomes of the call | and of the others |
//! |---|---|---|
//! | outage | pending, in doubt if it may have been written | the org (or login host) pauses: 1 s growing to 5 min with jitter, then one probe |
//! | planned maintenance | pending | the same, until something could be written |
//! | too many requests at once | pending | the org pauses: 1 s growing to 20 s with jitter; then fewer at once, and one more with each success |
//! | session expired | the same request once more with a new session | – |
//! | credentials, or the way to log in | pending | no login with the same credentials until they change, a test, or a reload that is asked for, an hour later (`lockout`); login hours and places: 1 h growing to 24 h |
//! | permissions | pending | the same, and once more after 1 h growing to 24 h |
//! | API limit, or our share of it | pending | the org pauses, one probe every 15 min and at midnight UTC |
//! | record refused | failed, with Salesforce's words | go on, also those of the same request |
//! | record locked | pending, longer every time | go on |
//! | a trigger or flow of the org's failed | once more alone, then failed | go on, fewer together if several failed |
//! | look-up refused, or too slow | pending; after three tries over a few minutes without Account, and linked later (`look_ups`) | go on |
//! | a duplicate rule blocks its new Account | written without, naming the candidates, unless one has its number | go on |
//! | its Account may not be referred to | looked up again as its user, then written without | go on |
//! | journal not writable | pending | everybody waits 5 s |

mod announce;
#[cfg(test)]
mod announce_tests;
mod barred;
mod batch;
mod candidates;
mod check;
mod choice;
mod claims;
mod clock;
mod doubt;
mod fields;
mod figures;
mod gate;
mod inquirer;
mod inquiry;
mod item;
mod lengths;
mod lockout;
#[cfg(test)]
mod lockout_tests;
mod look_ups;
mod matching;
mod news;
mod owners;
mod ownership;
mod plan;
mod policy;
mod portions;
mod repeats;
mod schedule;
#[cfg(test)]
mod schedule_tests;
mod scheduler;
mod sessions;
mod status;
mod viewers;
mod worker;

pub use check::{Reply, Step, Watch};
pub use figures::{BOUNDS, Counters, Histogram, InquiryCounts, Measured, Percentiles};
pub use gate::{Kind as PauseKind, Pause};
pub use inquiry::{Inquiry, InquiryReply, Told};
pub use news::{News, UserNews};
pub use policy::Policy;
pub use schedule::Place;
pub use status::{Condition, PlaceStatus, Status, UserStatus, clock_time};

use crate::calls::record::CallRecord;
use crate::config::settings::{Configuration, User};
use crate::journal::{Discarded, Journal, JournalError, UserCounts};
use crate::salesforce::Client;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use schedule::Occasion;
use scheduler::{Command, Scheduler, Snapshot};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a report waits for the scheduler, which never takes long.
const REPORT_PATIENCE: Duration = Duration::from_secs(2);

/// Does the call make a Case or a Task for its user? The one place for that rule: only such calls enter
/// the journal.
pub fn wanted(record: &CallRecord, user: &User) -> bool {
    user.enabled && (user.wants_case(record.outcome) || user.wants_task(record.outcome))
}

/// The delivery, running. Every method may be called from any of the module's threads.
pub struct Delivery {
    journal: Arc<Journal>,
    commands: Sender<Command>,
    shared: Arc<worker::Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Clients that may have requests under way.
    clients: Mutex<Vec<Weak<Client>>>,
}

impl Delivery {
    /// Starts to deliver what is pending in the journal. `started`: is the interface started?
    /// If not, nothing is sent until [`resume`](Self::resume).
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(
        configuration: &Configuration,
        journal: Arc<Journal>,
        client: Arc<Client>,
        started: bool,
    ) -> std::io::Result<Delivery> {
        Delivery::start_with(configuration, journal, client, started, Policy::default())
    }

    /// The same with other waiting times.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start_with(
        configuration: &Configuration,
        journal: Arc<Journal>,
        client: Arc<Client>,
        started: bool,
        policy: Policy,
    ) -> std::io::Result<Delivery> {
        let clock = Arc::new(clock::Clock::new());
        let shared = Arc::new(worker::Shared {
            journal: journal.clone(),
            sessions: sessions::Sessions::new(journal.clone(), policy.clone(), clock.clone()),
            clock,
            numbers: claims::Numbers::default(),
            misses: matching::Misses::default(),
            barred: barred::Barred::default(),
            viewers: viewers::Viewers::default(),
            ownership: ownership::Ownership::default(),
            lengths: lengths::Lengths::default(),
            owners: owners::Owners::default(),
            values: inquiry::Values::default(),
            doubt: doubt::DoubtClock::default(),
            looks: doubt::Looks::default(),
            portions: portions::Portions::default(),
            look_ups: look_ups::LookUps::default(),
            policy,
            halted: AtomicBool::new(!started),
        });
        let clients = Mutex::new(vec![Arc::downgrade(&client)]);
        let (commands, inbox) = unbounded();
        let scheduler = Scheduler::new(shared.clone(), configuration, client, inbox);
        let thread = thread::Builder::new()
            .name("sf-delivery".into())
            .spawn(move || scheduler.run())?;
        Ok(Delivery {
            journal,
            commands,
            shared,
            thread: Mutex::new(Some(thread)),
            clients,
        })
    }

    /// Takes a new configuration because somebody asks for that, and a client for it (the old
    /// one, if nothing that concerns it has changed). Calls of users that are gone wait. Every
    /// outage's pause is over: the administrator may have mended what caused it. Refused
    /// credentials are tried at most once an hour, and only as long as that can lock nobody.
    pub fn reload(&self, configuration: Arc<Configuration>, client: Arc<Client>) {
        self.configure(configuration, client, Occasion::Asked);
    }

    /// The same after something was saved, perhaps about another user: refused credentials are
    /// not tried, unless it was they that were changed.
    pub fn reload_saved(&self, configuration: Arc<Configuration>, client: Arc<Client>) {
        self.configure(configuration, client, Occasion::Saved);
    }

    fn configure(
        &self,
        configuration: Arc<Configuration>,
        client: Arc<Client>,
        occasion: Occasion,
    ) {
        let mut clients = guard(&self.clients);
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Arc::downgrade(&client));
        self.send(Command::Reload(configuration, client, occasion));
    }

    /// The interface stops: nothing further is written to Salesforce when this returns, but for
    /// requests that are already on their way.
    pub fn pause(&self) {
        self.shared.halted.store(true, Ordering::Release);
        self.send(Command::Pause);
    }

    /// The interface starts again.
    pub fn resume(&self) {
        self.send(Command::Resume);
    }

    /// A user's phone rings: the caller's number, as it was sent, is looked up already, so that
    /// it is known when the call is over.
    pub fn ringing(&self, user: &str, number: &str) {
        self.send(Command::Ringing(user.to_owned(), number.to_owned()));
    }

    /// Answers the dialplan from what is known, or asks Salesforce on a thread of its own. A
    /// call waits for it, no longer than `dialplan_timeout`; what is found is remembered also
    /// when that is too late.
    pub fn inquire(&self, inquiry: Inquiry) {
        self.send(Command::Inquire(inquiry));
    }

    /// Tests whether a user can log in and do what delivering needs; the credentials are tried
    /// even if they were refused before (once an hour, when the user might be locked). `reply` is called when that has ended, from another
    /// thread; it is dropped if there is no such user, or it is parked.
    pub fn test(&self, user: &str, reply: Reply) {
        self.test_live(user, Box::new(|_| {}), reply);
    }

    /// The same for somebody who watches: each step is told as soon as it is over.
    pub fn test_live(&self, user: &str, watch: Watch, reply: Reply) {
        self.send(Command::Test(user.to_owned(), watch, reply));
    }

    /// Tries a call that failed for good again, or with `None` all of them; how many.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, JournalError> {
        self.journal.retry(id)
    }

    /// Gives a failed or pending call up; `false` if there is none such.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn discard(&self, id: i64) -> Result<bool, JournalError> {
        self.journal.discard(id)
    }

    /// As [`retry`](Self::retry), for who may not wait for the disk: `reply` gets the answer,
    /// perhaps later and from another thread.
    pub fn retry_then(
        &self,
        id: Option<i64>,
        reply: impl FnOnce(Result<usize, JournalError>) + Send + 'static,
    ) {
        self.journal.retry_then(id, reply);
    }

    /// As [`discard`](Self::discard), likewise.
    pub fn discard_then(
        &self,
        id: i64,
        reply: impl FnOnce(Result<Option<Discarded>, JournalError>) + Send + 'static,
    ) {
        self.journal.discard_then(id, reply);
    }

    /// What the reports show.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn status(&self) -> Result<Status, JournalError> {
        let (reply, answer) = bounded(1);
        self.send(Command::Report(reply));
        let snapshot = answer.recv_timeout(REPORT_PATIENCE).unwrap_or_default();
        Ok(assemble(snapshot, self.journal.counts()?))
    }

    /// What becomes of calls and users from now on, for one listener; ends with the delivery.
    pub fn listen(&self) -> Receiver<News> {
        let (sender, news) = unbounded();
        self.send(Command::Listen(sender));
        news
    }

    /// Moves the delivery's clock forwards, so that pauses are over sooner: a test sees a day
    /// pass in a second.
    pub fn advance_clock(&self, by: Duration) {
        self.send(Command::Advance(by));
    }

    /// Ends the delivery: requests under way are aborted, what was in hand goes back to the
    /// journal, every thread is joined. To be called before [`Journal::stop`].
    pub fn stop(&self) {
        self.shared.halted.store(true, Ordering::Release);
        for client in guard(&self.clients).iter().filter_map(Weak::upgrade) {
            client.abort();
        }
        self.send(Command::Stop);
        if let Some(thread) = guard(&self.thread).take() {
            let _ = thread.join();
        }
    }

    fn send(&self, command: Command) {
        // Fails when it is stopped already.
        let _ = self.commands.send(command);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.stop();
    }
}

fn assemble(snapshot: Snapshot, mut counts: Vec<UserCounts>) -> Status {
    let users = snapshot
        .users
        .into_iter()
        .map(|user| {
            let (condition, words) = if user.enabled {
                status::describe(&user.standing)
            } else {
                (Condition::Parked, "parked".to_owned())
            };
            let place = counts.iter().position(|counts| counts.user == user.name);
            let counts = place.map_or_else(
                || UserCounts {
                    user: user.name.clone(),
                    ..UserCounts::default()
                },
                |place| counts.swap_remove(place),
            );
            UserStatus {
                name: user.name,
                condition,
                words,
                org: user.org,
                has_session: user.has_session,
                usage: user.usage,
                counters: user.counters,
                counts,
            }
        })
        .collect();
    counts.retain(|counts| counts.open + counts.pending + counts.failed > 0);
    counts.sort_by(|a, b| a.user.cmp(&b.user));
    let places = snapshot
        .places
        .into_iter()
        .map(|(place, pause, usage)| PlaceStatus {
            place,
            usage,
            pause,
        })
        .collect();
    Status {
        workers_busy: snapshot.busy,
        workers: snapshot.workers,
        users,
        places,
        gone: counts,
        measured: snapshot.measured,
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
