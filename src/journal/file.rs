//! The file itself: its folder, the lock beside it, opening, and setting a damaged one aside.

use super::modes::Modes;
use super::whose::{self, APPLICATION_ID, Found};
use super::{JournalError, schema};
use crate::files;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A child that Asterisk forked holds a copy of the lock until it executes its program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How long a journal is looked at for damage when it is opened.
const CHECK_PATIENCE: Duration = Duration::from_millis(500);

/// The end of the name of the lock file.
const LOCK: &str = ".lock";

/// The end of the name of a file that says that damage was met.
const SUSPECT: &str = ".suspect";

/// In the name of a journal that was set aside.
const CORRUPT: &str = ".corrupt-";

/// What SQLite adds to the names of its own files.
const SQLITES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What a lock file says below the process id, which is all that it said at first. A file like
/// this is ours, and so is the journal beside it.
const LOCK_SAYS: &str = "This is the lock of a journal of res_ansitel_salesforce.\n";

/// And this, when the module has made the folder.
const FOLDER_SAYS: &str = "The folder was made for it.\n";

/// How long another process's transaction is waited for.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub fn io_error(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { path, source }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Where a journal is.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file; its folder without links, for SQLite is told to follow none.
    path: PathBuf,
    /// Its folder, if that is the journal's own and nobody else's.
    pub own_folder: Option<PathBuf>,
}

impl Place {
    /// The journal itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> PathBuf {
        beside(&self.path, LOCK)
    }

    fn suspect(&self) -> PathBuf {
        beside(&self.path, SUSPECT)
    }

    /// Every file that belongs to it, whether it is there or not.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        let suffixes = ["", LOCK, SUSPECT].into_iter().chain(SQLITES);
        suffixes.map(|suffix| beside(&self.path, suffix))
    }

    /// Journals that were set aside.
    pub fn set_aside(&self) -> impl Iterator<Item = PathBuf> {
        let name = self.path.file_name().unwrap_or_default();
        let beginning = beside(Path::new(name), CORRUPT).into_os_string();
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files
            .filter(move |file| {
                let name = file.file_name();
                name.as_encoded_bytes()
                    .starts_with(beginning.as_encoded_bytes())
            })
            .map(|file| file.path())
    }
}

/// The lock of a journal, and where that is; it lasts as long as the file is open.
pub struct Lock {
    pub place: Place,
    _file: File,
}

/// Makes the journal's folder and locks the journal for this process, if the file is ours or not
/// there. A lock file of its own, because SQLite's locks are for transactions. `is_home`: the
/// folder is the module's own in any case.
pub fn lock(path: &Path, is_home: bool) -> Result<Lock, JournalError> {
    let (folder, made) = folder_of(path)?;
    let real = folder.canonicalize().map_err(io_error(&folder))?;
    let name = path.file_name().unwrap_or_default();
    let mut place = Place {
        path: real.join(name),
        own_folder: (is_home || made).then_some(folder),
    };
    for file in place.files() {
        files::look(&file)?;
    }
    let lock_path = place.lock();
    let found = match files::look(&lock_path)? {
        None => None,
        Some(_) => Some(read_lock(&lock_path)?),
    };
    let file = match found {
        Some((file, said)) => {
            take(&file, path, &said)?;
            if said.contains(FOLDER_SAYS) {
                let folder = place.path.parent().map(Path::to_owned);
                place.own_folder = place.own_folder.or(folder);
            }
            whose::look(&place.path, !said.is_empty())?;
            file
        }
        None => {
            whose::look(&place.path, false)?;
            let file = files::open_own(&lock_path)?;
            take(&file, path, "")?;
            file
        }
    };
    let mut says = format!("{}\n{LOCK_SAYS}", std::process::id());
    if place.own_folder.is_some() && !is_home {
        says.push_str(FOLDER_SAYS);
    }
    // Never empty in between: it tells whose the journal is.
    let written = file.write_all_at(says.as_bytes(), 0);
    written
        .and_then(|()| file.set_len(says.len() as u64))
        .map_err(io_error(&lock_path))?;
    Ok(Lock { place, _file: file })
}

/// The folder of the journal; `true`: it was made just now.
fn folder_of(path: &Path) -> Result<(PathBuf, bool), JournalError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(folder).is_ok() {
        return Ok((folder.to_owned(), false));
    }
    let mut builder = DirBuilder::new();
    let made = builder
        .recursive(true)
        .mode(files::OWN_FOLDER)
        .create(folder);
    made.map_err(io_error(folder))?;
    Ok((folder.to_owned(), true))
}

/// The lock file that is there already and what it says; empty, or written by us.
fn read_lock(path: &Path) -> Result<(File, String), JournalError> {
    const LONGEST: u64 = 200;
    let file = files::open_own(path)?;
    let mut said = Vec::new();
    (&file)
        .take(LONGEST)
        .read_to_end(&mut said)
        .map_err(io_error(path))?;
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut lines = said.lines();
    let pid = lines.next().unwrap_or_default();
    let is_ours = said.is_empty()
        || (!pid.is_empty()
            && pid.bytes().all(|byte| byte.is_ascii_digit())
            && lines.next().is_none_or(|line| line == LOCK_SAYS.trim_end()));
    if is_ours {
        Ok((file, said))
    } else {
        Err(JournalError::NotOurs {
            path: path.to_owned(),
            what: "another program's, where the journal's lock would be".to_owned(),
        })
    }
}

/// Locks the file, which says whose it is.
fn take(file: &File, path: &Path, said: &str) -> Result<(), JournalError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                let holder = said.lines().next().unwrap_or_default();
                return Err(JournalError::InUse {
                    path: path.to_owned(),
                    holder: Some(holder.to_owned()).filter(|pid| !pid.is_empty()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io_error(path)(error)),
        }
    }
}

/// Opens the journal for the writer, once it is [locked](lock). A file of ours that SQLite calls
/// corrupt is renamed, and a new one begun; the last value says to what.
pub fn open_or_renew(place: &Place) -> Result<(Connection, Modes, Option<PathBuf>), JournalError> {
    match open(place) {
        Ok((connection, modes)) => Ok((connection, modes, None)),
        Err(JournalError::Sqlite(error)) if is_corrupt(&error) => {
            let aside = set_aside(place)?;
            log::error!(
                "The journal {} is corrupt ({error}). It was set aside as {} and a new one begun; \
                 calls that were pending in it are not delivered",
                place.path.display(),
                aside.display()
            );
            let (connection, modes) = open(place)?;
            Ok((connection, modes, Some(aside)))
        }
        Err(error) => Err(error),
    }
}

/// Has SQLite found the file damaged?
pub fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn open(place: &Place) -> Result<(Connection, Modes), JournalError> {
    let path = place.path();
    // The lock file says that the journal is ours, but it may be another one by now.
    let found = whose::look(path, true)?;
    if found == Found::Nothing {
        // Made by us and not by SQLite, for its mode; SQLite gives the same to -wal and -shm.
        files::open_own(path)?;
    }
    let modes = Modes::of(place);
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if found == Found::Nothing {
        // Takes effect in a new file only, before the first table.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        // Before there is a log: the file itself says at once whose it is.
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    check(&mut connection, place)?;
    let version = schema::version(&connection)?;
    if version > schema::VERSION {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            found: version,
            known: schema::VERSION,
        });
    }
    schema::migrate(&mut connection)?;
    mark(&connection)?;
    Ok((connection, modes))
}

/// A journal of before there was a mark gets it, in the file itself.
fn mark(connection: &Connection) -> rusqlite::Result<()> {
    let found: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if found != APPLICATION_ID {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Has SQLite look for damage, for as long as a load may take: a million calls would delay it by
/// seconds. All of the file is looked at when it was [suspected](suspect).
fn check(connection: &mut Connection, place: &Place) -> rusqlite::Result<()> {
    let suspected = place.suspect();
    if matches!(files::look(&suspected), Ok(None)) {
        let deadline = Instant::now() + CHECK_PATIENCE;
        connection.progress_handler(10_000, Some(move || Instant::now() > deadline))?;
    }
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    connection.progress_handler(0, None::<fn() -> bool>)?;
    let verdict: String = match verdict {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            return Ok(());
        }
        verdict => verdict?,
    };
    if verdict != "ok" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(verdict),
        ));
    }
    let _ = fs::remove_file(suspected);
    Ok(())
}

/// Damage was met while the journal was in use: the next opening looks at all of it.
pub fn suspect(place: &Place) {
    if let Err(error) = files::open_own(&place.suspect()) {
        log::debug!("Journal: {error}");
    }
}

/// A connection that only reads.
pub fn open_reader(place: &Place) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(
        place.path(),
        OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Renames the journal and what SQLite keeps beside it to a name that is free.
fn set_aside(place: &Place) -> Result<PathBuf, JournalError> {
    let path = place.path();
    let stamp = jiff::Timestamp::now()
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string();
    let aside = (0..)
        .map(|n| match n {
            0 => beside(path, &format!("{CORRUPT}{stamp}")),
            n => beside(path, &format!("{CORRUPT}{stamp}-{n}")),
        })
        .find(|name| fs::symlink_metadata(name).is_err())
        .expect("an endless sequence of names");
    fs::rename(path, &aside).map_err(io_error(path))?;
    for suffix in SQLITES {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(path)(error));
            }
            _ => {}
        }
    }
    Ok(aside)
}
