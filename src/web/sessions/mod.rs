//! Who is logged in to the page.
//!
//! A user of `manager.conf` logs in with name and password and gets a session of the page's own: a
//! random number in a cookie that no script of the browser and no other site can use, and that
//! opens nothing but the page. Here only its hash is kept. A session holds
//!
//! - until it is ended, by who began it or by unloading the module;
//! - for [`LONGEST`], and for [`IDLE`] after its user last did something: what an open page asks
//!   for by itself does not count;
//! - as long as `manager.conf` has that user with that password; what the user may do, and from
//!   where, is what stands there now.

mod brake;
mod cookie;
mod managers;
mod register;

pub use managers::{Gate, Manager, Managers};

use super::json::Text;
use super::{Request, Response, Rights, hex};
use brake::Brake;
use register::{Mark, Register};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a session holds while nobody does anything.
pub const IDLE: Duration = Duration::from_secs(15 * 60);
/// How long a session holds at most.
pub const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// How many sessions a user may have; with one more, the one that was idle longest ends.
const MOST: usize = 8;

/// Who wants to log in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// A user of `manager.conf`.
    pub name: Text,
    /// Its `secret`.
    pub password: Text,
}

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Name or password are wrong, or this address may not.
    Wrong,
    /// The user may neither see nor change anything here.
    NoRights,
    /// There were too many that were wrong: again after this time.
    TooSoon(Duration),
    /// `manager.conf` cannot be read, or lets nobody in.
    NoManager,
    /// The system has no random numbers.
    NoRandom,
}

impl Refused {
    /// What the client is told.
    pub fn response(self) -> Response {
        let of = Response::problem;
        match self {
            Refused::Wrong => of(
                401,
                "wrong_login",
                "This user or password is wrong, or may not log in from here.",
            ),
            Refused::NoRights => of(
                403,
                "no_rights",
                "This user has no right to this page: in manager.conf, its read has to hold \
                 system or reporting.",
            ),
            Refused::TooSoon(wait) => {
                let seconds = wait.as_secs() + 1;
                let message = format!("Too many wrong passwords: try again in {seconds} s.");
                of(429, "too_soon", &message).with("Retry-After", seconds.to_string())
            }
            Refused::NoManager => of(
                503,
                "manager",
                "Nobody can log in: enabled = yes is needed in manager.conf.",
            ),
            Refused::NoRandom => of(500, "internal", "The system has no random numbers."),
        }
    }
}

/// The hash of what is in the cookie.
type Hash = [u8; digest::SHA256_OUTPUT_LEN];

struct Session {
    /// In lower case.
    user: String,
    /// Of the user as it was when it logged in.
    mark: Mark,
    begun: Instant,
    /// When its user last did something.
    used: Instant,
}

impl Session {
    fn holds(&self, now: Instant) -> bool {
        now.duration_since(self.begun) < LONGEST && now.duration_since(self.used) < IDLE
    }
}

/// All sessions.
#[derive(Default)]
pub struct Sessions {
    open: HashMap<Hash, Session>,
    register: Register,
    brake: Brake,
}

impl Sessions {
    /// Finds out who sends the request, and what that one may do now. `read` reads `manager.conf`.
    pub fn recognise(
        &mut self,
        request: &mut Request,
        now: Instant,
        read: impl FnOnce() -> Option<Managers>,
    ) {
        request.rights = Rights::None;
        request.session = String::new();
        self.open.retain(|_, session| session.holds(now));
        let Some(hash) = cookie::brought(request).map(hash) else {
            return;
        };
        let Some(session) = self.open.get_mut(&hash) else {
            return;
        };
        let Some(known) = self.register.now(now, read) else {
            // It cannot be read just now: nobody may do anything.
            return;
        };
        let Some(user) = known
            .user(&session.user)
            .filter(|user| user.mark == session.mark)
        else {
            self.open.remove(&hash);
            return;
        };
        if request.header("X-Salesforce-Idle").is_none() {
            session.used = now;
        }
        if user.rights != Rights::None && known.admits(user, &request.peer) {
            request.rights = user.rights;
            request.session = hex(&hash);
        }
    }

    /// Lets a user in: the session's cookie, as a header's value; the request is of that session
    /// from then on. `read` reads `manager.conf`.
    ///
    /// # Errors
    /// The user is not let in, and why.
    pub fn enter(
        &mut self,
        request: &mut Request,
        login: &Login,
        now: Instant,
        read: impl FnOnce() -> Option<Managers>,
    ) -> Result<String, Refused> {
        if let Some(wait) = self.brake.wait(&request.peer, &login.name, now) {
            return Err(Refused::TooSoon(wait));
        }
        let checked = self.check(request, login, now, read);
        match &checked {
            Ok(_) => self.brake.succeeded(&request.peer, &login.name),
            Err((Refused::NoRights, why)) => log::warn!(
                "Login to the page from {}: user {}, {why}",
                request.peer,
                shown(&login.name)
            ),
            Err((_, why)) => {
                let wait = self.brake.failed(&request.peer, &login.name, now);
                log::warn!(
                    "Failed login to the page from {}: user {}, {why}{}",
                    request.peer,
                    shown(&login.name),
                    wait.map(|wait| format!("; the next try is in {} s", wait.as_secs()))
                        .unwrap_or_default()
                );
            }
        }
        let session = checked.map_err(|(refused, _)| refused)?;
        self.begin(request, session, now)
    }

    /// The session that would be, and the rights in it.
    fn check(
        &mut self,
        request: &Request,
        login: &Login,
        now: Instant,
        read: impl FnOnce() -> Option<Managers>,
    ) -> Result<(Session, Rights), (Refused, &'static str)> {
        let known = self.register.now(now, read);
        let known = known.ok_or((Refused::NoManager, "manager.conf cannot be read"))?;
        if !known.is_enabled {
            return Err((Refused::NoManager, "manager.conf has not enabled = yes"));
        }
        let user = known.user(&login.name);
        // Takes as long whether there is such a user or not.
        let is_right = known.is_secret_of(user, &login.password);
        let user = user.ok_or((Refused::Wrong, "who is not in manager.conf"))?;
        if !known.admits(user, &request.peer) {
            return Err((Refused::Wrong, "who may not come from there"));
        }
        if !is_right {
            return Err((Refused::Wrong, "wrong password"));
        }
        if user.rights == Rights::None {
            return Err((Refused::NoRights, "who has no right to it"));
        }
        let session = Session {
            user: login.name.to_ascii_lowercase(),
            mark: user.mark,
            begun: now,
            used: now,
        };
        Ok((session, user.rights))
    }

    fn begin(
        &mut self,
        request: &mut Request,
        (session, rights): (Session, Rights),
        now: Instant,
    ) -> Result<String, Refused> {
        let mut number = [0; 32];
        SystemRandom::new()
            .fill(&mut number)
            .map_err(|_| Refused::NoRandom)?;
        let number = hex(&number);
        // Whoever was in the session that the browser brought is not in it any more.
        self.forget(request);
        self.open.retain(|_, session| session.holds(now));
        self.make_room(&session.user);
        log::info!(
            "{} logged in to the page from {}",
            shown(&session.user),
            request.peer
        );
        let hash = hash(&number);
        self.open.insert(hash, session);
        request.rights = rights;
        request.session = hex(&hash);
        Ok(cookie::set(request, &number))
    }

    /// Ends the request's session, if it is in one; headers that have the browser forget it.
    pub fn leave(&mut self, request: &mut Request) -> [String; 2] {
        self.forget(request);
        request.rights = Rights::None;
        request.session = String::new();
        cookie::clear(request)
    }

    fn forget(&mut self, request: &Request) {
        if let Some(number) = cookie::brought(request) {
            self.open.remove(&hash(number));
        }
    }

    fn make_room(&mut self, user: &str) {
        let of_user = |open: &HashMap<Hash, Session>| {
            let own = open.iter().filter(|(_, session)| session.user == user);
            let mut own: Vec<(Instant, Hash)> =
                own.map(|(hash, session)| (session.used, *hash)).collect();
            own.sort_unstable();
            own
        };
        let own = of_user(&self.open);
        for (_, hash) in own.iter().take((own.len() + 1).saturating_sub(MOST)) {
            self.open.remove(hash);
        }
    }
}

fn hash(number: &str) -> Hash {
    let mut hash = [0; digest::SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest::digest(&digest::SHA256, number.as_bytes()).as_ref());
    hash
}

/// A name as somebody typed it, for the log: in quotation marks, without line breaks, cut.
fn shown(name: &str) -> String {
    let cut: String = name.chars().take(80).collect();
    format!("{cut:?}")
}

#[cfg(test)]
mod tests;
