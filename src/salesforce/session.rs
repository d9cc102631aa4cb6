//! A session: who is logged in where, and the secret that proves it.

use super::error::Error;
use super::lookup::Learned;
use super::trust;
use crate::config::settings::Host;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// Bytes that a session id may have: with an address beside it, a request's head still fits into
/// the 16 kB that Salesforce takes.
const LONGEST_ID: usize = 8 * 1024;

/// A session id, if it can be one: what travels in a header.
pub(super) fn id(text: String) -> Option<SecretString> {
    let text = Zeroizing::new(text);
    let is_good =
        (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    is_good.then(|| text.as_str().into())
}

/// A Salesforce user's session. `Debug` shows everything but the session id.
#[derive(Debug, Clone)]
pub struct Session {
    /// The org's id, as Salesforce sent it (18 characters).
    pub org_id: String,
    /// The user's id (18 characters): the owner of what this session creates.
    pub user_id: String,
    /// The username, as Salesforce has it.
    pub user_name: String,
    /// Where the org's API is; a trusted host.
    pub instance: Host,
    /// For how many seconds after its last use the session is good, where the login said so.
    pub seconds_valid: Option<u64>,
    pub(super) id: SecretString,
    pub(super) phone_fields: Learned,
}

impl Session {
    /// Where its org is reached, without a path.
    pub fn origin(&self) -> String {
        trust::origin(&self.instance)
    }

    /// The address of a REST resource; `path` begins with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", trust::origin(&self.instance))
    }

    /// An error of a request of this session that was to do something.
    pub(super) fn explain(&self, error: Error, tried: &str) -> Error {
        let tried = format!("{tried} at {}", self.instance.name);
        self.hide(error).trying(tried)
    }

    /// The error, should the answer repeat the session's id to us.
    pub(super) fn hide(&self, error: Error) -> Error {
        error.without(self.id.expose_secret())
    }

    /// The `Authorization` header's value.
    pub(super) fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.id.expose_secret()))
    }
}
