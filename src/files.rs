//! The files that the module opens by a name out of the configuration, or by one that can be
//! guessed: all of them are opened here, and only if they are regular files.
//!
//! - A pipe would have us wait for whoever is at its other end, and some devices do something as
//!   soon as they are opened. So a name is looked at before it is opened, it is opened without
//!   waiting, and what was opened is looked at again, for names can be given to something else
//!   in between.
//! - What is read, and belongs to the administrator ([`open`], [`read`], [`read_text`]), may be a
//!   link: certificates below `/etc/ssl` are, and so are secrets that systemd or Kubernetes put in
//!   place. It is read up to a size that is stated.
//! - What is written, and is the module's own ([`open_own`], [`append_to_own`]), may not: whoever
//!   could put a link there would choose what is written to. Folders further up may be links, as
//!   they are the administrator's.

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What some editors put before a text to say that it is UTF-8.
const MARK: char = '\u{feff}';

/// The mode of the module's own files: they hold callers' numbers.
pub const OWN: u32 = 0o600;
/// The mode of the module's own folder.
pub const OWN_FOLDER: u32 = 0o700;

/// A file that is not opened, or not taken as it is.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Why, in words that go on from its name.
    pub why: Why,
}

/// Why a file is not opened, or not taken as it is.
#[derive(Debug)]
pub enum Why {
    /// There is nothing of this name.
    Missing,
    /// A link leads to nothing.
    Dangling,
    /// A link, where the module would write.
    Link,
    /// Something else than a file.
    Not(FileType),
    /// Another program has a lease on it, as file servers have.
    Held,
    /// It has more bytes than these.
    TooLarge(usize),
    /// This line of it is no text in UTF-8.
    NotUtf8 {
        /// Counted from 1.
        line: usize,
    },
    /// Whatever else the system says.
    System(io::Error),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Missing => f.write_str("does not exist"),
            Why::Dangling => f.write_str("is a link to something that does not exist"),
            Why::Link => f.write_str("is a link, and nothing is written through a link"),
            Why::Not(kind) => f.write_str(match kind {
                FileType::Fifo => "is a named pipe, not a file",
                FileType::Socket => "is a socket, not a file",
                FileType::Directory => "is a folder, not a file",
                FileType::CharacterDevice | FileType::BlockDevice => "is a device, not a file",
                _ => "is not a regular file",
            }),
            Why::Held => f.write_str("is held by another program just now, by a lease"),
            Why::TooLarge(largest) if largest % (1024 * 1024) == 0 => {
                write!(f, "is larger than {} MB", largest / (1024 * 1024))
            }
            Why::TooLarge(largest) => write!(f, "is larger than {} kB", largest / 1024),
            Why::NotUtf8 { line } => write!(f, "is not UTF-8 in line {line}"),
            Why::System(error) => write!(f, "cannot be used: {error}"),
        }
    }
}

impl From<Errno> for Why {
    fn from(errno: Errno) -> Why {
        match errno {
            Errno::NOENT => Why::Missing,
            // Nobody was to wait.
            Errno::AGAIN => Why::Held,
            errno => Why::System(errno.into()),
        }
    }
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Why {
        Why::System(error)
    }
}

fn of(path: &Path) -> impl FnOnce(Why) -> FileError {
    let path = path.to_owned();
    move |why| FileError { path, why }
}

/// Opens a file to read it; links are followed.
///
/// # Errors
/// It is not there, is no file, or may not be read.
pub fn open(path: &Path) -> Result<File, FileError> {
    let open = || {
        regular(&stat(path)?)?;
        open_regular(path, OFlags::RDONLY)
    };
    open().map_err(of(path))
}

/// All of a file that has no more bytes than `largest`; links are followed. Wiped from memory
/// when it is dropped, for it may be a secret.
///
/// # Errors
/// As [`open`], or it is larger.
pub fn read(path: &Path, largest: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut file = open(path)?;
    bytes(&mut file, largest).map_err(of(path))
}

fn bytes(file: &mut File, largest: usize) -> Result<Zeroizing<Vec<u8>>, Why> {
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if size > largest {
        return Err(Why::TooLarge(largest));
    }
    // Of one piece, so that no part of a secret is left where it grew out of. A file that says
    // its size wrongly, as those of /proc do, is read all the same.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    let limit = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > largest {
        return Err(Why::TooLarge(largest));
    }
    Ok(bytes)
}

/// The same as text in UTF-8, a mark that some editors put before it included.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub fn read_text(path: &Path, largest: usize) -> Result<Zeroizing<String>, FileError> {
    let bytes = read(path, largest)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let line = line_at(&bytes, error.valid_up_to());
            Err(of(path)(Why::NotUtf8 { line }))
        }
    }
}

/// A text without the mark that some editors put before it. Asterisk passes over it as well.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// The line, counted from 1, of a byte of a text.
pub fn line_at(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// Opens a file of the module's own to read and write it; it is made, for its owner only, where
/// there is none. No link.
///
/// # Errors
/// There is something else of that name, or it may not be used.
pub fn open_own(path: &Path) -> Result<File, FileError> {
    open_or_make(path, OFlags::empty())
}

/// The same to add to it.
///
/// # Errors
/// As [`open_own`].
pub fn append_to_own(path: &Path) -> Result<File, FileError> {
    open_or_make(path, OFlags::APPEND)
}

fn open_or_make(path: &Path, more: OFlags) -> Result<File, FileError> {
    look(path)?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | more;
    open_regular(path, flags).map_err(|why| match why {
        // A link that came just now.
        Why::System(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            of(path)(Why::Link)
        }
        why => of(path)(why),
    })
}

/// The size of a file of the module's own, without opening it; `None`: there is none.
///
/// # Errors
/// There is something else of that name, or what is there cannot be told.
pub fn look(path: &Path) -> Result<Option<u64>, FileError> {
    let found = match rustix::fs::lstat(path) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(of(path)(errno.into())),
    };
    if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
        return Err(of(path)(Why::Link));
    }
    regular(&found).map_err(of(path))?;
    Ok(Some(u64::try_from(found.st_size).unwrap_or(0)))
}

/// Gives a file or folder that is the module's own the mode it is to have. What it was is
/// returned where it was another one. No link, and a file is not opened for this: closing it
/// would end locks that SQLite holds on it.
///
/// # Errors
/// It is not there, or belongs to somebody else.
pub fn put_right(path: &Path, mode: u32) -> Result<Option<u32>, FileError> {
    let put = || {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        let found = rustix::fs::fstat(&file)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile | FileType::Directory => {}
            FileType::Symlink => return Err(Why::Link),
            kind => return Err(Why::Not(kind)),
        }
        let was = found.st_mode & 0o7777;
        if was == mode {
            return Ok(None);
        }
        // The only way to the mode of what was looked at, and not of what has its name by now; in
        // a chroot without /proc that has to do.
        let place = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mode = Mode::from_raw_mode(mode);
        match rustix::fs::chmod(place, mode) {
            Err(Errno::NOENT | Errno::NOTDIR) => rustix::fs::chmod(path, mode)?,
            put => put.map_err(io::Error::from)?,
        }
        Ok(Some(was))
    };
    put().map_err(of(path))
}

/// What a name stands for, links followed.
fn stat(path: &Path) -> Result<Stat, Why> {
    rustix::fs::stat(path).map_err(|errno| match errno {
        Errno::NOENT if rustix::fs::lstat(path).is_ok() => Why::Dangling,
        errno => errno.into(),
    })
}

fn regular(found: &Stat) -> Result<(), Why> {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(()),
        kind => Err(Why::Not(kind)),
    }
}

fn open_regular(path: &Path, flags: OFlags) -> Result<File, Why> {
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mode = Mode::from_raw_mode(OWN);
    let file = rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, mode))?;
    regular(&rustix::fs::fstat(&file)?)?;
    Ok(File::from(file))
}

#[cfg(test)]
mod tests;
