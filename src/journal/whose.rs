//! Whose is the file that `journal` names? What is neither empty nor ours is left as it is.
//!
//! A journal says whose it is: the application id in SQLite's header is [`APPLICATION_ID`]. Those
//! that were made before there was a mark are known by their tables.
//!
//! A journal that is damaged is ours all the same, and set aside, by one of two marks: the
//! application id, which is there as long as the file's first hundred bytes are, or the lock file
//! beside it, which the module has made for a journal of this very name. Text, and the database
//! of another program, are not ours whatever lies beside them: that is what a slip of the
//! administrator's looks like, and no damage does.

use super::JournalError;
use super::file::io_error;
use crate::files;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// `SfCj`; in `PRAGMA application_id`, and at byte 68 of the file.
pub const APPLICATION_ID: i32 = 0x5366_436a;

/// How an SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Where its header has the application id.
const MARK: std::ops::Range<usize> = 68..72;

/// How much of a file is looked at.
const HEAD: u64 = 4096;

/// How many of another program's tables are named.
const NAMED: usize = 3;

/// What is there, if it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or an empty file.
    Nothing,
    /// A journal, sound or not.
    Journal,
}

/// Looks at the file without SQLite's touching it, its log or its locks. `has_lock`: beside it is
/// a lock file that the module made for it.
///
/// # Errors
/// It is not ours, or no file.
pub fn look(path: &Path, has_lock: bool) -> Result<Found, JournalError> {
    if files::look(path)?.unwrap_or(0) == 0 {
        return Ok(Found::Nothing);
    }
    let not_ours = |what: String| {
        Err(JournalError::NotOurs {
            path: path.to_owned(),
            what,
        })
    };
    // To open and close it would end the locks that Asterisk holds on its own databases.
    if !has_lock && is_open_here(path) {
        return not_ours("a file that Asterisk itself has open".to_owned());
    }
    let mut head = Vec::new();
    let read = files::open(path)?.take(HEAD).read_to_end(&mut head);
    read.map_err(io_error(path))?;
    let mark = head.get(MARK).and_then(|mark| mark.try_into().ok());
    let mark = mark.map_or(0, i32::from_be_bytes);
    if mark == APPLICATION_ID {
        return Ok(Found::Journal);
    }
    if !head.starts_with(SQLITE) {
        return match (is_text(&head), has_lock) {
            (true, _) => not_ours("a text file".to_owned()),
            (false, true) => Ok(Found::Journal),
            (false, false) => not_ours("neither empty nor an SQLite database".to_owned()),
        };
    }
    let tables = match tables(path) {
        Ok(tables) => tables,
        Err(_) if has_lock => return Ok(Found::Journal),
        Err(error) => {
            return not_ours(format!("an SQLite database that cannot be read ({error})"));
        }
    };
    // With another mark, the lock has to tell whether that is the damage.
    let is_ours = is_journal(&tables) && (mark == 0 || has_lock);
    // What a journal had when its process was killed may be in its log alone.
    let is_in_log = tables.is_empty() && mark == 0 && has_lock;
    if is_ours || is_in_log {
        return Ok(Found::Journal);
    }
    not_ours(database(&tables, mark))
}

/// Has this process the file open? Then it is Asterisk, or one of its modules.
fn is_open_here(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    let open = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    // The names of what is open, which no file system is asked for.
    open.filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|open| open == path)
}

/// The names of its tables with those of their columns. Read out of the file alone: neither its
/// log nor a lock is touched or made.
fn tables(path: &Path) -> rusqlite::Result<Vec<(String, Vec<String>)>> {
    let address = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let address = format!("file:{address}?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(address, flags)?;
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
         ORDER BY name",
    )?;
    let names: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    names
        .into_iter()
        .map(|name| {
            let columns = columns.query_map([&name], |row| row.get(0))?;
            let columns = columns.collect::<rusqlite::Result<_>>()?;
            Ok((name, columns))
        })
        .collect()
}

/// What every version of the journal has had.
fn is_journal(tables: &[(String, Vec<String>)]) -> bool {
    let expected: [(&str, &[&str]); 3] = [
        (
            "calls",
            &["reference", "user", "state", "record", "in_doubt"],
        ),
        (
            "accounts",
            &["org", "number", "account_id", "created_by_us"],
        ),
        ("totals", &["user", "delivered"]),
    ];
    expected.iter().all(|(name, columns)| {
        let table = tables.iter().find(|(table, _)| table == name);
        table.is_some_and(|(_, has)| {
            columns
                .iter()
                .all(|one| has.iter().any(|other| other == one))
        })
    })
}

/// Whose database it seems to be.
fn database(tables: &[(String, Vec<String>)], mark: i32) -> String {
    if mark != 0 {
        return format!("an SQLite database of another program (application id {mark})");
    }
    let has = |name: &str| tables.iter().any(|(table, _)| table == name);
    if has("astdb") {
        return "Asterisk's own database (astdb)".to_owned();
    }
    let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
    match names.get(..NAMED) {
        _ if names.is_empty() => "an SQLite database without tables".to_owned(),
        Some(first) if names.len() > NAMED => format!(
            "an SQLite database of another program (tables {} and more)",
            first.join(", ")
        ),
        _ => format!(
            "an SQLite database of another program (tables {})",
            names.join(", ")
        ),
    }
}

/// Text in UTF-8, or in another encoding that has ASCII in it. Bytes that a disk or a power
/// failure leaves are zero, all ones, or anything.
fn is_text(head: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(byte);
    let ascii = head.iter().filter(|byte| byte.is_ascii()).count();
    !head.iter().any(is_control) && ascii * 2 > head.len()
}
