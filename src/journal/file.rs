//! The file itself: directory, modes, lock, opening, and setting a corrupt one aside.

use super::{JournalError, schema};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A child that Asterisk forked holds a copy of the lock until it executes its program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How long a journal is looked at for damage when it is opened.
const CHECK_PATIENCE: Duration = Duration::from_millis(500);

/// The end of the name of a file that says that damage was met.
const SUSPECT: &str = ".suspect";

/// How long another process's transaction is waited for.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { path, source }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the journal's directory and locks the journal for this process; the lock lasts as long
/// as the file is open. A lock file of its own, because SQLite's locks are for transactions.
pub fn lock(path: &Path) -> Result<File, JournalError> {
    if let Some(directory) = path
        .parent()
        .filter(|d| !d.as_os_str().is_empty() && !d.exists())
    {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(io_error(directory))?;
    }
    let lock_path = beside(path, ".lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock_path)
        .map_err(io_error(&lock_path))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = (&mut file).take(20).read_to_string(&mut holder);
                return Err(JournalError::InUse {
                    path: path.to_owned(),
                    holder: Some(holder.trim().to_owned()).filter(|pid| !pid.is_empty()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io_error(&lock_path)(error)),
        }
    }
    // Only for the message above.
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(file)
}

/// Opens the journal for the writer. A file that SQLite calls corrupt is renamed, and a new one
/// begun; the second value says to what.
pub fn open_or_renew(path: &Path) -> Result<(Connection, Option<PathBuf>), JournalError> {
    match open(path) {
        Ok(connection) => Ok((connection, None)),
        Err(JournalError::Sqlite(error)) if is_corrupt(&error) => {
            let aside = set_aside(path)?;
            log::error!(
                "The journal {} is corrupt ({error}). It was set aside as {} and a new one begun; \
                 calls that were pending in it are not delivered",
                path.display(),
                aside.display()
            );
            Ok((open(path)?, Some(aside)))
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

fn open(path: &Path) -> Result<Connection, JournalError> {
    // Made by us and not by SQLite, for its mode; SQLite gives the same to -wal and -shm.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io_error(path))?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Takes effect in a new file only, before the first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    check(&mut connection, path)?;
    let found = schema::version(&connection)?;
    if found > schema::VERSION {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            found,
            known: schema::VERSION,
        });
    }
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Has SQLite look for damage, for as long as a load may take: a million calls would delay it by
/// seconds. All of the file is looked at when it was [suspected](suspect).
fn check(connection: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let suspected = beside(path, SUSPECT);
    if !suspected.exists() {
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
pub fn suspect(path: &Path) {
    let _ = File::create(beside(path, SUSPECT));
}

/// A connection that only reads.
pub fn open_reader(path: &Path) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Renames the journal and what SQLite keeps beside it to a name that is free.
fn set_aside(path: &Path) -> Result<PathBuf, JournalError> {
    let stamp = jiff::Timestamp::now()
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string();
    let aside = (0..)
        .map(|n| match n {
            0 => beside(path, &format!(".corrupt-{stamp}")),
            n => beside(path, &format!(".corrupt-{stamp}-{n}")),
        })
        .find(|name| !name.exists())
        .expect("an endless sequence of names");
    fs::rename(path, &aside).map_err(io_error(path))?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(path)(error));
            }
            _ => {}
        }
    }
    Ok(aside)
}
