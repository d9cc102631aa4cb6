//! Sessions, shared by the workers: one per set of credentials, however many users have them.
//! A refused login is remembered here, so that nobody who waited for its end tries again; and
//! whoever logs in, the journal is told where the org is.

use super::guard;
use super::schedule::Identity;
use crate::config::settings::{Auth, User};
use crate::journal::Journal;
use crate::salesforce::{Action, Client, Error, Session};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

/// A session, and the how manieth of its credentials it is.
#[derive(Clone)]
pub struct Numbered {
    pub session: Session,
    number: u64,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    In(Numbered),
    Refused(Error),
}

/// How many sessions there were, and the present one. Locked during a login.
type Numbering = Mutex<(u64, Slot)>;

/// See the [module](self).
pub struct Sessions {
    journal: Arc<Journal>,
    slots: Mutex<HashMap<Identity, Arc<Numbering>>>,
    key: RandomState,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(journal: Arc<Journal>) -> Sessions {
        Sessions {
            journal,
            slots: Mutex::default(),
            key: RandomState::new(),
        }
    }

    /// Two users have the same identity if and only if they log in with the same credentials.
    pub fn identity(&self, user: &User) -> Identity {
        let open = |secret: &SecretString| secret.expose_secret().to_owned();
        let credentials = match &user.auth {
            Auth::Soap { password, token } => ("soap", "", open(password), open(token)),
            Auth::Password {
                client_id,
                password,
                token,
                ..
            } => ("password", client_id.as_str(), open(password), open(token)),
            Auth::ClientCredentials {
                client_id,
                client_secret,
            } => (
                "client",
                client_id.as_str(),
                open(client_secret),
                String::new(),
            ),
            Auth::Jwt {
                client_id,
                private_key,
            } => (
                "jwt",
                client_id.as_str(),
                private_key.display().to_string(),
                String::new(),
            ),
        };
        self.key
            .hash_one((credentials, &user.username, &user.login_host))
    }

    fn slot(&self, identity: Identity) -> Arc<Numbering> {
        guard(&self.slots).entry(identity).or_default().clone()
    }

    /// A refused login may be tried again.
    pub fn forgive(&self, identity: Identity) {
        let slot = self.slot(identity);
        let mut slot = guard(&slot);
        if matches!(slot.1, Slot::Refused(_)) {
            slot.1 = Slot::Empty;
        }
    }

    /// The session, if there is one; waits for a login that is under way.
    pub fn org(&self, identity: Identity) -> Option<String> {
        match &guard(&self.slot(identity)).1 {
            Slot::In(numbered) => Some(numbered.session.org_id.clone()),
            _ => None,
        }
    }

    /// A session: the one there is, unless it is `stale`, else by logging in. `true`: by logging in.
    pub fn get(
        &self,
        identity: Identity,
        user: &User,
        client: &Client,
        stale: Option<&Numbered>,
    ) -> Result<(Numbered, bool), Error> {
        let slot = self.slot(identity);
        let mut slot = guard(&slot);
        match &slot.1 {
            Slot::In(there) if stale.is_none_or(|stale| stale.number != there.number) => {
                return Ok((there.clone(), false));
            }
            Slot::Refused(error) => return Err(error.clone()),
            Slot::In(_) | Slot::Empty => {}
        }
        slot.1 = Slot::Empty;
        match client.login(user) {
            Ok(session) => {
                self.journal.org_is_at(&session.org_id, session.origin());
                slot.0 += 1;
                let numbered = Numbered {
                    session,
                    number: slot.0,
                };
                slot.1 = Slot::In(numbered.clone());
                Ok((numbered, true))
            }
            Err(error) => {
                if !matches!(error.action(), Action::Retry | Action::Aborted) {
                    slot.1 = Slot::Refused(error.clone());
                }
                Err(error)
            }
        }
    }

    /// Logs in, whatever there was before.
    pub fn renew(
        &self,
        identity: Identity,
        user: &User,
        client: &Client,
    ) -> Result<Session, Error> {
        guard(&self.slot(identity)).1 = Slot::Empty;
        let (numbered, _) = self.get(identity, user, client, None)?;
        Ok(numbered.session)
    }

    /// The session is good for nothing: Salesforce refused it, or what its user may do.
    pub fn refuse(&self, identity: Identity, error: &Error) {
        guard(&self.slot(identity)).1 = Slot::Refused(error.clone());
    }

    /// Forgets the sessions of credentials that nobody has any more.
    pub fn keep_only(&self, identities: &[Identity]) {
        guard(&self.slots).retain(|identity, _| identities.contains(identity));
    }
}
