//! Who may log in to Asterisk's manager interface, as the PBX reads it.

use crate::web::Rights;
use secrecy::SecretString;
use std::path::PathBuf;

/// A user.
pub struct Manager {
    /// Its section.
    pub name: String,
    /// Its password; empty: it has none, and cannot log in.
    pub secret: SecretString,
    /// What it may do here.
    pub rights: Rights,
}

/// Who may come from where.
pub trait Gate: Send {
    /// May the user at this place of the list come from this address?
    fn admits(&self, index: usize, address: &str) -> bool;
}

/// All of them.
pub struct Managers {
    /// Is the manager interface switched on?
    pub is_enabled: bool,
    /// No two of one name.
    pub users: Vec<Manager>,
    /// By the users' places in the list.
    pub gate: Box<dyn Gate>,
    /// The files that this stands in.
    pub files: Vec<PathBuf>,
}
