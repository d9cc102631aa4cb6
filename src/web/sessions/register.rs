//! The users of `manager.conf` as they are now: read again when a file has changed, and not for
//! each request.

use super::{Gate, Managers};
use crate::web::Rights;
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::ExposeSecret;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// After this it is read again whatever the files say: a program that is run (`#exec`), a database
/// or a file that was empty so far may say something new.
const FRESH: Duration = Duration::from_secs(60);

/// A file that was changed so shortly before it was read may have been changed again within one
/// tick of the clock.
const SETTLED: Duration = Duration::from_secs(2);

/// Tells a user with one password from the same user with another.
pub type Mark = [u8; 32];

/// A user.
pub struct Known {
    /// In lower case.
    name: String,
    index: usize,
    has_secret: bool,
    pub mark: Mark,
    pub rights: Rights,
}

/// All of them.
pub struct Users {
    pub is_enabled: bool,
    users: Vec<Known>,
    gate: Box<dyn Gate>,
    key: hmac::Key,
}

impl Users {
    /// The user of this name, as Asterisk compares names.
    pub fn user(&self, name: &str) -> Option<&Known> {
        self.users
            .iter()
            .find(|user| user.name.eq_ignore_ascii_case(name))
    }

    /// May the user come from there?
    pub fn admits(&self, user: &Known, address: &str) -> bool {
        self.is_enabled && self.gate.admits(user.index, address)
    }

    /// Is it the user's password? Takes as long whether it is or not, and whether there is a user.
    pub fn is_secret_of(&self, user: Option<&Known>, secret: &str) -> bool {
        let name = user.map_or("", |user| &user.name);
        let expected = user.map_or([0; 32], |user| user.mark);
        let is_right = hmac::verify(&self.key, &marked(name, secret), &expected).is_ok();
        is_right && user.is_some_and(|user| user.has_secret) && !secret.is_empty()
    }
}

/// What a mark is made of. Names hold no line breaks.
fn marked(name: &str, secret: &str) -> zeroize::Zeroizing<Vec<u8>> {
    [name.as_bytes(), b"\n", secret.as_bytes()].concat().into()
}

/// The users, read again when that may be needed.
#[derive(Default)]
pub struct Register {
    /// `None`: the system had no random numbers so far.
    key: Option<hmac::Key>,
    read: Option<Read>,
}

struct Read {
    at: Instant,
    /// `None`: they could not be read.
    users: Option<Users>,
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    is_settled: bool,
}

impl Read {
    fn is_fresh(&self, now: Instant) -> bool {
        self.users.is_some()
            && self.is_settled
            && now.duration_since(self.at) < FRESH
            && self
                .stamps
                .iter()
                .all(|(path, stamp)| Stamp::of(path) == *stamp)
    }
}

impl Register {
    /// The users as they are now; `None`: they cannot be read.
    pub fn now(&mut self, now: Instant, read: impl FnOnce() -> Option<Managers>) -> Option<&Users> {
        if !self.read.as_ref().is_some_and(|known| known.is_fresh(now)) {
            if self.key.is_none() {
                self.key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok();
            }
            let key = self.key.clone()?;
            self.read = Some(read_with(key, now, read));
        }
        self.read.as_ref()?.users.as_ref()
    }
}

#[cfg(test)]
impl Register {
    /// Has no file changed shortly before it was read?
    pub fn is_settled(&self) -> bool {
        self.read.as_ref().is_some_and(|read| read.is_settled)
    }

    /// As if the files were old.
    pub fn settle(&mut self) {
        if let Some(read) = &mut self.read {
            read.is_settled = true;
        }
    }
}

fn read_with(key: hmac::Key, now: Instant, read: impl FnOnce() -> Option<Managers>) -> Read {
    let begun = SystemTime::now();
    let Some(managers) = read() else {
        return Read {
            at: now,
            users: None,
            stamps: Vec::new(),
            is_settled: false,
        };
    };
    let stamps: Vec<_> = managers
        .files
        .into_iter()
        .map(|path| {
            let stamp = Stamp::of(&path);
            (path, stamp)
        })
        .collect();
    let is_settled = stamps
        .iter()
        .filter_map(|(_, stamp)| stamp.as_ref())
        .all(|stamp| stamp.changed + SETTLED < begun);
    let users = managers.users.into_iter().enumerate().map(|(index, user)| {
        let name = user.name.to_ascii_lowercase();
        let secret = user.secret.expose_secret();
        let mut mark = [0; 32];
        mark.copy_from_slice(hmac::sign(&key, &marked(&name, secret)).as_ref());
        Known {
            name,
            index,
            has_secret: !secret.is_empty(),
            mark,
            rights: user.rights,
        }
    });
    Read {
        at: now,
        stamps,
        is_settled,
        users: Some(Users {
            is_enabled: managers.is_enabled,
            users: users.collect(),
            gate: managers.gate,
            key,
        }),
    }
}

/// What tells one state of a file from another.
#[derive(PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Of the inode: nobody can set it back.
    changed: SystemTime,
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let found = fs::metadata(path).ok()?;
        let seconds = u64::try_from(found.ctime()).unwrap_or(0);
        let nanoseconds = u64::try_from(found.ctime_nsec()).unwrap_or(0);
        Some(Stamp {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            changed: UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds),
        })
    }
}
