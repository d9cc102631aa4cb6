//! A session: who is logged in where, and the secret that proves it.

use crate::config::settings::Host;
use secrecy::SecretString;

/// A Salesforce user's session. `Debug` shows everything but the session id.
#[derive(Debug, Clone)]
pub struct Session {
    /// The org's id, 18 characters.
    pub org_id: String,
    /// The user's id, 18 characters; the owner of what this session creates.
    pub user_id: String,
    /// Where the org's API is.
    pub instance: Host,
    pub(super) id: SecretString,
}
