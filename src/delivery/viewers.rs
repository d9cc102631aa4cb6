//! As which Salesforce user each set of credentials sees an org, once it has logged in.

use super::guard;
use super::schedule::Identity;
use crate::journal::Viewer;
use crate::salesforce::Session;
use std::collections::HashMap;
use std::sync::Mutex;

/// See the [module](self).
#[derive(Default)]
pub struct Viewers(Mutex<HashMap<Identity, Viewer>>);

impl Viewers {
    /// Takes note of a session.
    pub fn learn(&self, identity: Identity, session: &Session) -> Viewer {
        let viewer = Viewer::new(&session.org_id, &session.user_id);
        guard(&self.0).insert(identity, viewer.clone());
        viewer
    }

    /// Who it is; `None`: it has not logged in yet.
    pub fn of(&self, identity: Identity) -> Option<Viewer> {
        guard(&self.0).get(&identity).cloned()
    }

    /// Forgets credentials that nobody has any more.
    pub fn keep_only(&self, identities: &[Identity]) {
        guard(&self.0).retain(|identity, _| identities.contains(identity));
    }
}
