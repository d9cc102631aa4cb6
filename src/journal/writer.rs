//! The one thread that writes: it commits whatever has gathered since the last commit at once,
//! and holds on to it while it cannot.

use super::file::{BUSY_TIMEOUT, Place, is_corrupt, open_or_renew, suspect};
use super::modes::Modes;
use super::store::{self, Change};
use super::{JournalError, Notice};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many changes one transaction takes at most, so that who waits for one waits milliseconds.
const MAX_BATCH: usize = 2000;

/// How many free pages are given back at once, likewise.
const VACUUM_PORTION: usize = 2000;

/// How often a disk that was full is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Commits that fail and succeed by turns are told of at most this often.
const QUIET: Duration = Duration::from_secs(60);

/// What is done once a request is on disk: answer who asked; what the delivery is to be told.
pub type Committed = Box<dyn FnOnce() -> Vec<Notice> + Send>;

/// A change whose author waits for it; dropped undone when it cannot be written.
pub type Request = Box<dyn FnOnce(&Connection) -> rusqlite::Result<Committed> + Send>;

pub enum Message {
    Change(Box<Change>),
    Ask(Request),
    Listen(Sender<Notice>),
    #[cfg(test)]
    LimitPages(u32),
    Stop,
}

/// Starts the writer; it ends with [`Message::Stop`].
pub fn start(
    connection: Connection,
    place: Place,
    modes: Modes,
    inbox: Receiver<Message>,
    depth: Arc<AtomicUsize>,
) -> std::io::Result<JoinHandle<()>> {
    let mut writer = Writer {
        connection,
        place,
        modes,
        inbox,
        depth,
        kept: VecDeque::new(),
        listener: None,
        trouble: None,
        told_at: None,
        stopping: false,
    };
    thread::Builder::new()
        .name("sf-journal".into())
        .spawn(move || {
            while catch_unwind(AssertUnwindSafe(|| writer.run())).is_err() {
                log::error!("The journal's writer panicked");
                if writer.stopping {
                    break;
                }
                thread::sleep(TRY_AGAIN);
            }
        })
}

/// Commits fail.
struct Trouble {
    /// The log was told.
    told: bool,
    /// It is the file, and not the disk.
    damaged: bool,
}

struct Writer {
    connection: Connection,
    place: Place,
    modes: Modes,
    inbox: Receiver<Message>,
    depth: Arc<AtomicUsize>,
    /// Not yet on disk, oldest first.
    kept: VecDeque<Change>,
    listener: Option<Sender<Notice>>,
    /// The last commit failed.
    trouble: Option<Trouble>,
    /// When the log was last told that commits fail, or do no more.
    told_at: Option<Instant>,
    stopping: bool,
}

impl Writer {
    fn run(&mut self) {
        while !self.stopping {
            let requests = self.gather();
            self.commit(requests);
        }
        self.write_the_rest();
    }

    /// Waits for something to do, and takes all of it that is there.
    fn gather(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        let mut next = if self.kept.is_empty() {
            self.inbox.recv().map_err(RecvTimeoutError::from)
        } else if self.trouble.is_some() {
            self.inbox.recv_timeout(TRY_AGAIN)
        } else {
            self.inbox.try_recv().map_err(|_| RecvTimeoutError::Timeout)
        };
        loop {
            match next {
                Ok(Message::Change(change)) => self.kept.push_back(*change),
                Ok(Message::Ask(request)) => requests.push(request),
                Ok(Message::Listen(sender)) => self.listener = Some(sender),
                #[cfg(test)]
                Ok(Message::LimitPages(pages)) => {
                    let _ = self.connection.pragma_update(None, "max_page_count", pages);
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => self.stopping = true,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.stopping || self.kept.len() + requests.len() >= MAX_BATCH {
                return requests;
            }
            match self.inbox.try_recv() {
                Ok(message) => next = Ok(message),
                Err(_) => return requests,
            }
        }
    }

    /// One transaction: the oldest changes kept, and all requests. `false`: nothing was written,
    /// the changes are kept, the requests answered by dropping them.
    fn commit(&mut self, requests: Vec<Request>) -> bool {
        let count = self.kept.len().min(MAX_BATCH);
        if count == 0 && requests.is_empty() {
            return true;
        }
        match transact(&mut self.connection, self.kept.iter().take(count), requests) {
            Ok((mut notices, committed)) => {
                self.out_of_trouble();
                let mut trimmed = None;
                for change in self.kept.drain(..count) {
                    match change {
                        Change::Record(..) => {
                            self.depth.fetch_sub(1, Ordering::Relaxed);
                        }
                        Change::Trim { calls, accounts } => trimmed = Some((calls, accounts)),
                        _ => {}
                    }
                }
                for tell in committed {
                    notices.extend(tell());
                }
                if let Some(listener) = &self.listener {
                    // Fails when the delivery has ended: nobody to tell.
                    notices.into_iter().for_each(|n| drop(listener.send(n)));
                }
                self.modes.look();
                if let Some((calls, accounts)) = trimmed {
                    self.modes.put_right(true);
                    let is_old = store::is_old(&self.connection, calls, accounts);
                    // The rest of it, after whoever came meanwhile.
                    if self.give_back_space() || is_old.unwrap_or(false) {
                        self.kept.push_back(Change::Trim { calls, accounts });
                    }
                }
                true
            }
            Err(error) => {
                self.in_trouble(&error);
                false
            }
        }
    }

    /// Loud once, also when the disk has room for one commit and none for the next.
    fn in_trouble(&mut self, error: &rusqlite::Error) {
        let trouble = self.trouble.get_or_insert(Trouble {
            told: false,
            damaged: false,
        });
        let path = self.place.path().display();
        if is_corrupt(error) && !trouble.damaged {
            trouble.damaged = true;
            suspect(&self.place);
        }
        if trouble.told || self.told_at.is_some_and(|at| at.elapsed() < QUIET) {
            return;
        }
        trouble.told = true;
        self.told_at = Some(Instant::now());
        if trouble.damaged {
            log::error!(
                "The journal {path} is damaged ({error}): calls are kept in memory and nothing \
                 is sent. Check the disk, then unload and load the module: the file is set aside \
                 and a new one begun"
            );
        } else {
            log::error!(
                "The journal {path} cannot be written ({error}): calls are kept in memory and \
                 nothing is sent until it can. Check the disk's space and permissions"
            );
        }
    }

    fn out_of_trouble(&mut self) {
        if self.trouble.take().is_some_and(|trouble| trouble.told) {
            self.told_at = Some(Instant::now());
            let path = self.place.path().display();
            log::info!("The journal {path} can be written again");
        }
    }

    /// Gives back a portion of what is free; `true`: more may be. Whoever reads the file just now
    /// keeps the log from becoming shorter; that is not waited for, it happens the next time.
    fn give_back_space(&mut self) -> bool {
        let connection = &self.connection;
        let done = vacuum(connection).and_then(|freed| {
            connection.busy_timeout(Duration::ZERO)?;
            connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
            Ok(freed == VACUUM_PORTION)
        });
        let _ = connection.busy_timeout(BUSY_TIMEOUT);
        done.unwrap_or_else(|error| {
            log::debug!("Journal: space not given back: {error}");
            false
        })
    }

    /// Puts what is kept into a new file, and the damaged one aside.
    fn begin_anew(&mut self) {
        let renewed = Connection::open_in_memory().map_err(JournalError::from);
        let renewed = renewed.and_then(|nowhere| {
            // The old file is closed before its log gets another name.
            self.connection = nowhere;
            open_or_renew(&self.place)
        });
        match renewed {
            Ok((connection, modes, _)) => {
                self.connection = connection;
                self.modes = modes;
                while !self.kept.is_empty() && self.commit(Vec::new()) {}
            }
            Err(error) => log::error!("{error}"),
        }
    }

    /// What is kept, before the thread ends; the disk gets a few chances.
    fn write_the_rest(&mut self) {
        while let Ok(message) = self.inbox.try_recv() {
            if let Message::Change(change) = message {
                self.kept.push_back(*change);
            }
        }
        let mut chances = 3;
        while !self.kept.is_empty() && chances > 0 {
            if !self.commit(Vec::new()) {
                chances -= 1;
                thread::sleep(Duration::from_millis(100));
            }
        }
        if !self.kept.is_empty() && self.trouble.as_ref().is_some_and(|t| t.damaged) {
            self.begin_anew();
        }
        // So that the file alone is the whole journal.
        if let Err(error) = self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")
        {
            log::debug!("Journal: write-ahead log not merged: {error}");
        }
        if !self.kept.is_empty() {
            log::error!(
                "The journal cannot be written: {} changes are lost, {} of them call records",
                self.kept.len(),
                self.depth.load(Ordering::Relaxed)
            );
        }
    }
}

/// Frees pages at the file's end, one with each step of the statement; how many.
fn vacuum(connection: &Connection) -> rusqlite::Result<usize> {
    let sql = format!("PRAGMA incremental_vacuum({VACUUM_PORTION})");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut freed = 0;
    while rows.next()?.is_some() {
        freed += 1;
    }
    Ok(freed)
}

type Written = (Vec<Notice>, Vec<Committed>);

/// `Err`: the disk, and nothing was written. Anything else that is wrong with a single change is
/// logged and passed over, since it would be wrong again.
fn transact<'a>(
    connection: &mut Connection,
    changes: impl Iterator<Item = &'a Change>,
    requests: Vec<Request>,
) -> rusqlite::Result<Written> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut notices = Vec::new();
    for change in changes {
        match store::apply(&transaction, change) {
            Ok(notice) => notices.extend(notice),
            Err(error) if is_passing(&error) => return Err(error),
            Err(error) => log::error!("Journal: a change was refused and is lost: {error}"),
        }
    }
    let mut committed = Vec::new();
    for request in requests {
        match request(&transaction) {
            Ok(tell) => committed.push(tell),
            Err(error) if is_passing(&error) => return Err(error),
            Err(error) => log::error!("Journal: a request was refused: {error}"),
        }
    }
    transaction.commit()?;
    Ok((notices, committed))
}

/// Is it the disk or another process, and not the change itself?
fn is_passing(error: &rusqlite::Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull,
        FileLockingProtocolFailed, NotADatabase, OutOfMemory, PermissionDenied, ReadOnly,
        SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseCorrupt
                | DatabaseLocked
                | DiskFull
                | FileLockingProtocolFailed
                | NotADatabase
                | OutOfMemory
                | PermissionDenied
                | ReadOnly
                | SystemIoFailure
        )
    )
}
