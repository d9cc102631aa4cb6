//! What is remembered of logins, so that no restart and no new load of the module makes more of
//! them: which credentials were refused, and how many logins in a row of a username Salesforce
//! has counted as wrong, or may have.
//!
//! Of credentials there is a username and a short mark ([`LoginKey`]), never a secret. A login is
//! written down before it is sent; how it ended is written down afterwards. So what a kill leaves
//! is a login whose end is not known, and counts as one.
//!
//! | what happens | logins counted of the username | of these credentials |
//! |---|---|---|
//! | a login begins, or its end is not known | – | one more in doubt |
//! | accepted | none, nor any in doubt | good, not refused |
//! | refused as wrong | one more | refused, not good, the doubt is over |
//! | refused, though the password was right | none, nor any in doubt | refused, not good |
//! | refused for something else | – | refused, the doubt is over |
//! | not sent, or an outage | – | the doubt is over |
//!
//! Who may log in when is not decided here (`delivery::lockout`).

use super::{Change, Journal, JournalError, guard};
use crate::calls::record::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

const NEVER: Timestamp = Timestamp(0);

/// Credentials, as the journal knows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoginKey {
    /// In small letters: Salesforce does not tell them apart.
    pub username: String,
    /// Tells these credentials from others of the same username; far too short to confirm a guess
    /// at a password.
    pub mark: u16,
}

/// Credentials that Salesforce has refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRefusal {
    /// Salesforce's words.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// When they may be tried again by themselves; `None`: never.
    pub until: Option<Timestamp>,
    /// As a wrong password.
    pub is_wrong: bool,
}

/// What is remembered of a username, and of one set of credentials for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logins {
    /// Logins of the username in a row that were refused as wrong.
    pub wrong: u32,
    /// When its last login began.
    pub last: Timestamp,
    /// Somebody has had the configuration read again since then.
    pub is_reloaded: bool,
    /// When that last allowed a login that would have had to wait otherwise.
    pub granted: Timestamp,
    /// Logins in doubt with other credentials of the username.
    pub others_in_doubt: u32,
    /// Other credentials of the username that were accepted the last time.
    pub others_good: Vec<u16>,
    /// Logins in doubt with these credentials.
    pub in_doubt: u32,
    /// They were accepted the last time that Salesforce said anything of them.
    pub is_good: bool,
    /// How often in a row they were refused.
    pub refusals: u32,
    /// They are refused.
    pub refusal: Option<LoginRefusal>,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginEnd {
    /// There is a session.
    Accepted,
    /// The credentials are not to be used again.
    Refused {
        /// Salesforce's words.
        words: String,
        /// When they may be tried again by themselves.
        until: Option<Timestamp>,
        /// As a wrong password; `Some(false)`: the password was right; `None`: neither.
        is_wrong: Option<bool>,
    },
    /// Salesforce may have taken it for a wrong password.
    InDoubt,
    /// Salesforce has not counted it.
    Uncounted,
}

impl Default for Logins {
    fn default() -> Logins {
        Logins {
            wrong: 0,
            last: NEVER,
            is_reloaded: false,
            granted: NEVER,
            others_in_doubt: 0,
            others_good: Vec::new(),
            in_doubt: 0,
            is_good: false,
            refusals: 0,
            refusal: None,
        }
    }
}

impl Logins {
    fn end(&mut self, end: &LoginEnd, at: Timestamp) {
        match end {
            LoginEnd::Accepted => {
                (self.wrong, self.in_doubt, self.refusals) = (0, 0, 0);
                (self.is_good, self.refusal) = (true, None);
            }
            LoginEnd::Refused {
                words,
                until,
                is_wrong,
            } => {
                self.in_doubt = self.in_doubt.saturating_sub(1);
                self.refusals = self.refusals.saturating_add(1);
                match is_wrong {
                    Some(true) => self.wrong = self.wrong.saturating_add(1),
                    Some(false) => (self.wrong, self.in_doubt) = (0, 0),
                    None => {}
                }
                self.is_good &= is_wrong.is_none();
                self.refusal = Some(LoginRefusal {
                    words: words.clone(),
                    at,
                    until: *until,
                    is_wrong: *is_wrong == Some(true),
                });
            }
            LoginEnd::InDoubt => {}
            LoginEnd::Uncounted => self.in_doubt = self.in_doubt.saturating_sub(1),
        }
    }

    /// Whatever of the username was in doubt does not count any more.
    fn is_row_over(end: &LoginEnd) -> bool {
        matches!(
            end,
            LoginEnd::Accepted
                | LoginEnd::Refused {
                    is_wrong: Some(false),
                    ..
                }
        )
    }
}

impl Journal {
    /// The key with which marks of credentials are made; made with the file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn login_key(&self) -> Result<Vec<u8>, JournalError> {
        let reader = guard(&self.reader);
        Ok(reader.query_row("SELECT key FROM login_key", [], |row| row.get(0))?)
    }

    /// Shows `decide` what is remembered of each of these credentials, and writes down what it
    /// makes of it; on disk when this returns.
    ///
    /// # Errors
    /// It cannot be read, or is not on disk.
    pub fn on_logins<T: Send + 'static>(
        &self,
        keys: Vec<LoginKey>,
        mut decide: impl FnMut(&LoginKey, &mut Logins) -> T + Send + 'static,
    ) -> Result<Vec<T>, JournalError> {
        self.ask(move |c| {
            let mut decided = Vec::with_capacity(keys.len());
            for key in &keys {
                let before = read(c, key)?;
                let mut logins = before.clone();
                decided.push(decide(key, &mut logins));
                if logins != before {
                    write(c, key, &logins)?;
                }
            }
            Ok((decided, None))
        })
    }

    /// A login that was begun has ended; kept until it is on disk.
    pub fn login_ended(&self, key: LoginKey, end: LoginEnd, at: Timestamp) {
        let _ = self.change(Change::LoginEnded { key, end, at });
    }
}

/// Writes down how a login ended.
pub(super) fn ended(
    c: &Connection,
    key: &LoginKey,
    end: &LoginEnd,
    at: Timestamp,
) -> rusqlite::Result<()> {
    if Logins::is_row_over(end) {
        c.prepare_cached("UPDATE credentials SET in_doubt = 0 WHERE username = ?1")?
            .execute([&key.username])?;
    }
    let mut logins = read(c, key)?;
    logins.end(end, at);
    write(c, key, &logins)
}

fn read(c: &Connection, key: &LoginKey) -> rusqlite::Result<Logins> {
    let mut logins = Logins::default();
    let row = c
        .prepare_cached(
            "SELECT wrong, last, is_reloaded, granted FROM usernames WHERE username = ?1",
        )?
        .query_row([&key.username], |row| {
            logins.wrong = row.get(0)?;
            logins.last = Timestamp(row.get(1)?);
            logins.is_reloaded = row.get(2)?;
            logins.granted = Timestamp(row.get(3)?);
            Ok(())
        });
    row.optional()?;
    let mut statement = c.prepare_cached(
        "SELECT mark, in_doubt, is_good, refusals, refused, refused_at, until, is_wrong
         FROM credentials WHERE username = ?1",
    )?;
    let mut rows = statement.query([&key.username])?;
    while let Some(row) = rows.next()? {
        let (mark, in_doubt, is_good): (u16, u32, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if mark != key.mark {
            logins.others_in_doubt = logins.others_in_doubt.saturating_add(in_doubt);
            logins.others_good.extend(is_good.then_some(mark));
            continue;
        }
        (logins.in_doubt, logins.is_good, logins.refusals) = (in_doubt, is_good, row.get(3)?);
        let words: Option<String> = row.get(4)?;
        let (at, until, is_wrong) = (row.get(5)?, row.get::<_, Option<i64>>(6)?, row.get(7)?);
        logins.refusal = words.map(|words| LoginRefusal {
            words,
            at: Timestamp(at),
            until: until.map(Timestamp),
            is_wrong,
        });
    }
    Ok(logins)
}

fn write(c: &Connection, key: &LoginKey, logins: &Logins) -> rusqlite::Result<()> {
    c.prepare_cached(
        "INSERT OR REPLACE INTO usernames (username, wrong, last, is_reloaded, granted)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        key.username,
        logins.wrong,
        logins.last.0,
        logins.is_reloaded,
        logins.granted.0
    ])?;
    let refusal = logins.refusal.as_ref();
    c.prepare_cached(
        "INSERT OR REPLACE INTO credentials (username, mark, in_doubt, is_good, refusals, refused,
                                             refused_at, until, is_wrong)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        key.username,
        key.mark,
        logins.in_doubt,
        logins.is_good,
        logins.refusals,
        refusal.map(|refusal| &refusal.words),
        refusal.map_or(0, |refusal| refusal.at.0),
        refusal
            .and_then(|refusal| refusal.until)
            .map(|until| until.0),
        refusal.is_some_and(|refusal| refusal.is_wrong),
    ])?;
    Ok(())
}
