//! The journal: every call that is to become a Case, on disk before anything is sent, and its
//! state until Salesforce has confirmed it.
//!
//! One SQLite file (WAL, `synchronous=FULL`), written by one thread that commits whatever has
//! gathered meanwhile at once. Invariants:
//!
//! - What [`Journal::record`] took reaches the disk before [`Journal::stop`] returns; the caller
//!   never waits for the disk. While the disk is full, records are kept in memory (up to
//!   [`MAX_KEPT`]) and written as soon as there is room.
//! - Before a write is sent, [`Journal::begin`] has put the call into `sending` on disk. So a
//!   call that is found in `sending` after a kill may be in Salesforce: it is `pending` and *in
//!   doubt*, and is looked for before it is written again.
//! - Results (`delivered`, `failed`, back to `pending`) need not be waited for: until they are on
//!   disk the call stays in `sending`, which is safe.
//!
//! A call's state, by what happens to it (`–`: nothing changes):
//!
//! | state ↓ | `Open` | `Closed` | begin | delivered | failed | put back | retry | discard | start of a new process |
//! |---|---|---|---|---|---|---|---|---|---|
//! | *(none)* | open | pending | – | – | – | – | – | – | |
//! | open | open, newest record | pending | sending ¹ | *as sending ¹* | failed ¹ | open, later | – | – | pending, end unknown |
//! | pending | – (it was over) | pending, newest record | sending | delivered | failed | pending, later | pending, now | discarded | pending, now |
//! | sending | – | – (what is being written stands) | sending | delivered | failed | pending, later | – | – | pending, in doubt |
//! | sending ¹ | sending ¹, newest record | sending ¹, newest record, over | – | open with Case; pending with Case if over | failed ¹; pending if over | open, later; pending if over | – | – | pending, in doubt |
//! | delivered | – | – | – | – | – | – | – | – | – |
//! | failed | – | failed, newest record | – | – | – | – | pending, now | discarded | – |
//! | failed ¹ | failed ¹, newest record | pending, newest record | – | – | – | – | open, now | discarded | pending, end unknown |
//! | discarded | – | – | – | – | – | – | – | – | – |
//!
//! ¹ The Case is made while the call runs (`create_on = answer`). Such a call is *running* until
//! it is closed, and `written` is what its Case was made of. Once it has a Case, an open call is
//! not begun again; pending with a Case, its Case is to be *completed*, which goes from sending
//! to delivered by [`Settlement::Completed`]. That may be repeated, unless a Task comes with it.
//!
//! Delivered or completed without `sending` happens when the look for a call in doubt finds it.

mod call;
mod file;
mod links;
mod logins;
mod modes;
mod moment;
mod reports;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod viewer;
mod whose;
mod writer;

pub use call::{
    Begun, Call, Intent, KnownNumber, Match, NumberChange, Records, Sent, Settlement, State,
};
pub use links::Linking;
pub use logins::{LoginEnd, LoginKey, LoginRefusal, Logins};
pub use moment::Moment;
pub use reports::{UserCounts, Wanted};
pub use store::now;
pub use viewer::Viewer;

use crate::calls::record::{Timestamp, Update};
use crate::files::FileError;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use store::Change;
use writer::Message;

/// How many records are kept in memory while they cannot be written; more are lost, loudly.
pub const MAX_KEPT: usize = 100_000;

/// How long a report waits where somebody else keeps the file from being read. Whoever writes does
/// not; who mends the file, or has it all to himself, does.
const REPORT_PATIENCE: Duration = Duration::from_millis(250);

/// How long an Account is remembered at least that nobody asks for, in microseconds.
const ACCOUNTS_KEPT: i64 = 90 * 24 * 3600 * 1_000_000;

/// Why the journal cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process (or another instance in this one) has it open.
    #[error(
        "the journal {} is in use by another process{}; give each Asterisk its own `journal`",
        path.display(), holder.as_ref().map(|pid| format!(" ({pid})")).unwrap_or_default()
    )]
    InUse {
        /// The journal.
        path: PathBuf,
        /// Process id of the other, if it says so.
        holder: Option<String>,
    },
    /// It is another program's, and stays as it is.
    #[error(
        "the journal {} is not used, for it is {what}; set another `journal`", path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Whose it seems to be.
        what: String,
    },
    /// Something else than a file is in its place, or in that of one that belongs to it.
    #[error("the journal cannot be opened: {0}")]
    File(#[from] FileError),
    /// The directory or file cannot be made, opened or locked.
    #[error("the journal {} cannot be opened: {source}", path.display())]
    Io {
        /// The file or directory in question.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A newer version of this module wrote it.
    #[error(
        "the journal {} was written by a newer version (schema {found}, this one knows {known}); install that version or set another `journal`",
        path.display()
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest schema version this module knows.
        known: i64,
    },
    /// SQLite says no.
    #[error("journal: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The change is not on disk: the disk is full or fails, or the journal is stopped.
    #[error("the journal cannot be written")]
    NotWritten,
}

/// What [`Journal::open`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Calls that a former process had begun to write to Salesforce: what it created is now in
    /// doubt, what it completed is completed again.
    pub in_doubt: usize,
    /// Calls that were running when a former process ended: now pending, their end unknown.
    pub cut_off: usize,
    /// Calls to be delivered, those two kinds included.
    pub pending: usize,
    /// Where a corrupt journal was put, if there was one.
    pub set_aside: Option<PathBuf>,
}

/// What the delivery is told after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The user has a pending call that is new or changed.
    Due {
        /// The user's section name.
        user: String,
    },
    /// The result of an attempt is on disk.
    Settled {
        /// The call.
        id: i64,
        /// The user's section name.
        user: String,
    },
}

/// The journal. Every method may be called from any of the module's threads.
pub struct Journal {
    path: PathBuf,
    place: file::Place,
    writer: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Records taken and not yet on disk.
    depth: Arc<AtomicUsize>,
    lost: AtomicUsize,
    /// For the delivery's scheduler.
    reader: Mutex<Connection>,
    /// For reports, so that a long one does not hold the scheduler up.
    reports: Mutex<Connection>,
    /// Held until the writer has ended.
    lock: Mutex<Option<file::Lock>>,
}

impl Journal {
    /// Opens the journal, makes it if it is not there (directory 0700, file 0600), brings its
    /// schema up to date and takes up what a former process left. A corrupt file is set aside; a
    /// file that is neither empty nor a journal stays as it is.
    ///
    /// # Errors
    /// It cannot be used, or another process does.
    pub fn open(path: &Path) -> Result<(Journal, Recovered), JournalError> {
        Journal::open_in(path, false)
    }

    /// The same in the module's own folder, whose mode is put right if it is another one.
    ///
    /// # Errors
    /// As [`open`](Journal::open).
    pub fn open_at_home(path: &Path) -> Result<(Journal, Recovered), JournalError> {
        Journal::open_in(path, true)
    }

    fn open_in(path: &Path, is_home: bool) -> Result<(Journal, Recovered), JournalError> {
        let lock = file::lock(path, is_home)?;
        let (mut connection, modes, set_aside) = file::open_or_renew(&lock.place)?;
        let mut recovered = store::recover(&mut connection)?;
        recovered.set_aside = set_aside;
        let reader = file::open_reader(&lock.place)?;
        let reports = file::open_reader(&lock.place)?;
        reports.busy_timeout(REPORT_PATIENCE)?;
        let (sender, receiver) = unbounded();
        let depth = Arc::new(AtomicUsize::new(0));
        let thread = writer::start(
            connection,
            lock.place.clone(),
            modes,
            receiver,
            depth.clone(),
        )
        .map_err(file::io_error(path))?;
        let journal = Journal {
            path: path.to_owned(),
            place: lock.place.clone(),
            writer: sender,
            thread: Mutex::new(Some(thread)),
            depth,
            lost: AtomicUsize::new(0),
            reader: Mutex::new(reader),
            reports: Mutex::new(reports),
            lock: Mutex::new(Some(lock)),
        };
        Ok((journal, recovered))
    }

    /// Takes the tracker's updates (those that are [wanted](crate::delivery::wanted)). Never
    /// waits for the disk.
    pub fn record(&self, updates: Vec<Update>) {
        let at = now();
        for update in updates {
            let full = self.depth.fetch_add(1, Ordering::Relaxed) >= MAX_KEPT;
            let change = Change::Record(Box::new(update), at);
            if full || self.change(change).is_err() {
                self.depth.fetch_sub(1, Ordering::Relaxed);
                let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
                // The first one, then every thousandth.
                if lost % 1000 == 1 {
                    log::error!(
                        "Journal {}: cannot be written, and no more calls can be kept in memory: \
                         {lost} call records lost so far",
                        self.path.display()
                    );
                }
            }
        }
    }

    /// Where commits are told from now on; a former listener hears no more.
    pub fn listen(&self) -> Receiver<Notice> {
        let (sender, receiver) = unbounded();
        let _ = self.writer.send(Message::Listen(sender));
        receiver
    }

    /// States what is about to be written: the calls, `pending` (or `open` without a Case) →
    /// `sending`, and their Accounts, of each graph that has a call left; on disk when this
    /// returns. For each intent its calls as they are now; `None` for one that is neither of
    /// these nor, from a former round of the same attempt, sending.
    pub fn begin(
        &self,
        viewer: &Viewer,
        intents: Vec<Intent>,
    ) -> Result<Vec<Vec<Option<Call>>>, JournalError> {
        let viewer = viewer.clone();
        self.ask(move |c| {
            let begun = intents
                .iter()
                .map(|intent| store::begin(c, &viewer, intent));
            Ok((begun.collect::<rusqlite::Result<_>>()?, None))
        })
    }

    /// Writes down what became of some calls, all of it or nothing.
    pub fn settle(&self, settlements: Vec<Settlement>) {
        if !settlements.is_empty() {
            let _ = self.change(Change::Settle(settlements));
        }
    }

    /// Makes calls that failed for good pending again: one, or with `None` all. A pending call
    /// becomes due at once. How many calls that were.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, JournalError> {
        self.ask_noticing(move |c| store::retry(c, id))
    }

    /// Gives a failed or pending call up. `false` if there is none such.
    pub fn discard(&self, id: i64) -> Result<bool, JournalError> {
        self.ask(move |c| store::discard(c, id))
    }

    /// As [`retry`](Self::retry), for who may not wait, which may be for another process's
    /// transaction: `reply` gets the answer, from the writer's thread.
    pub fn retry_then(
        &self,
        id: Option<i64>,
        reply: impl FnOnce(Result<usize, JournalError>) + Send + 'static,
    ) {
        self.ask_then(move |c| store::retry(c, id), Reply::new(reply));
    }

    /// As [`discard`](Self::discard), likewise; tells also which Case the call has.
    pub fn discard_then(
        &self,
        id: i64,
        reply: impl FnOnce(Result<Option<Discarded>, JournalError>) + Send + 'static,
    ) {
        let request = move |c: &Connection| {
            let (is_done, notice) = store::discard(c, id)?;
            let case_id = if is_done {
                store::case_of(c, id)?
            } else {
                None
            };
            let discarded = is_done.then_some(Discarded { case_id });
            Ok((discarded, Vec::from_iter(notice)))
        };
        self.ask_then(request, Reply::new(reply));
    }

    /// Lets calls in doubt wait until then: Salesforce may still be at what a former process sent.
    ///
    /// # Errors
    /// It is not on disk.
    pub fn postpone_in_doubt(&self, until: Timestamp) -> Result<(), JournalError> {
        self.ask(move |c| Ok((store::postpone_in_doubt(c, until)?, None)))
    }

    /// Changes what is remembered about numbers, of what one Salesforce user sees; on disk when
    /// this returns.
    pub fn change_numbers(
        &self,
        viewer: &Viewer,
        changes: Vec<NumberChange>,
    ) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        let viewer = viewer.clone();
        self.ask(move |c| {
            for change in &changes {
                store::change_number(c, &viewer, change)?;
            }
            Ok(((), None))
        })
    }

    /// Drops delivered and discarded calls that were settled before `before`, and Accounts that
    /// neither an answer of Salesforce nor a call has confirmed since then nor for 90 days; in
    /// portions, and gives the space back to the file system. That is far longer than the search
    /// index lags, because of which Accounts that we created are remembered.
    pub fn trim(&self, before: Timestamp) {
        let kept = Timestamp(now().0.saturating_sub(ACCOUNTS_KEPT));
        let _ = self.change(Change::Trim {
            calls: before,
            accounts: before.min(kept),
        });
    }

    /// The address at which an org's records are seen, for the links in the file's views.
    pub fn org_is_at(&self, org: &str, url: String) {
        let org = org.to_owned();
        let _ = self.change(Change::Org { org, url });
    }

    /// Writes what has gathered, ends the writer and gives the file free. Later changes are
    /// refused.
    pub fn stop(&self) {
        let _ = self.writer.send(Message::Stop);
        if let Some(thread) = guard(&self.thread).take() {
            let _ = thread.join();
        }
        *guard(&self.lock) = None;
    }

    fn change(&self, change: Change) -> Result<(), JournalError> {
        self.writer
            .send(Message::Change(Box::new(change)))
            .map_err(|_| JournalError::NotWritten)
    }

    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(&Connection) -> rusqlite::Result<(T, Option<Notice>)> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.ask_noticing(|c| request(c).map(|(value, notice)| (value, Vec::from_iter(notice))))
    }

    /// Has the writer do `request` within its next transaction, and waits for the commit.
    fn ask_noticing<T: Send + 'static>(
        &self,
        request: impl FnOnce(&Connection) -> rusqlite::Result<(T, Vec<Notice>)> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (sender, receiver) = bounded(1);
        let reply = Reply::new(move |answer| drop(sender.send(answer)));
        self.ask_then(request, reply);
        receiver.recv().unwrap_or(Err(JournalError::NotWritten))
    }

    /// Has the writer do `request` within its next transaction, and answer after the commit.
    fn ask_then<T: Send + 'static>(
        &self,
        request: impl FnOnce(&Connection) -> rusqlite::Result<(T, Vec<Notice>)> + Send + 'static,
        reply: Reply<T>,
    ) {
        let request = move |c: &Connection| {
            let (value, notices) = request(c)?;
            let committed: writer::Committed = Box::new(move || {
                reply.tell(value);
                notices
            });
            Ok(committed)
        };
        // The writer drops the request when it cannot write or has ended, and our reply with it.
        let _ = self.writer.send(Message::Ask(Box::new(request)));
    }
}

/// A call that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// The Case that it has already.
    pub case_id: Option<String>,
}

/// Answers whoever asked, also when it is dropped: then nothing was written.
struct Reply<T>(Option<Answering<T>>);

type Answering<T> = Box<dyn FnOnce(Result<T, JournalError>) + Send>;

impl<T> Reply<T> {
    fn new(reply: impl FnOnce(Result<T, JournalError>) + Send + 'static) -> Reply<T> {
        Reply(Some(Box::new(reply)))
    }

    fn tell(mut self, value: T) {
        if let Some(reply) = self.0.take() {
            reply(Ok(value));
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take() {
            reply(Err(JournalError::NotWritten));
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A lock that a panic elsewhere does not poison for good.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
