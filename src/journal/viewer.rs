//! As whom Salesforce is asked: what is found in an org depends on it.

/// A Salesforce user in its org. What one may see, another may not (sharing), so that what is
/// remembered of records is each one's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Viewer {
    /// The org's id, 18 characters.
    pub org: String,
    /// The user's id, 18 characters.
    pub user: String,
}

impl Viewer {
    /// A user of an org.
    pub fn new(org: &str, user: &str) -> Viewer {
        Viewer {
            org: org.to_owned(),
            user: user.to_owned(),
        }
    }
}
