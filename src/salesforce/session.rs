//! A session: who is logged in where, and the secret that proves it.

use super::lookup::Learned;
use super::trust;
use crate::config::settings::Host;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

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

    /// The `Authorization` header's value.
    pub(super) fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.id.expose_secret()))
    }
}
