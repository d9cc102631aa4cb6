//! What can go wrong with Salesforce, and what is to be done about it.

use std::fmt;

/// What is to be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An outage: the org pauses a while, then the same again.
    Retry,
    /// The session is over: log in once more, then the same again.
    RenewSession,
    /// The user's credentials or permissions: nothing further with them, above all no login.
    PauseUser,
    /// The org's limits are exhausted: nothing for any of its users until they free.
    PauseOrg,
    /// This call's record is refused and would be refused again.
    FailCall,
    /// The module is stopping; nothing is to be concluded.
    Aborted,
}

/// An error of the Salesforce client.
#[derive(Debug, Clone)]
pub struct Error {
    action: Action,
    in_doubt: bool,
    duplicates: Vec<String>,
    text: String,
}

impl Error {
    /// What is to be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// A write may have happened: it was sent, and no answer said what became of it. Look for
    /// the record before writing again.
    pub fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Ids of the records that a duplicate rule found; empty unless that is the error.
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
