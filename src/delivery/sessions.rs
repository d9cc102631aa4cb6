//! Sessions, shared by the workers: one per set of credentials, however many users have them.
//! Every login passes here: the journal is asked whether it may be made, and told before it is
//! sent and when it has ended, so that nobody is locked out ([`lockout`]). A refusal is remembered
//! here as well, so that nobody who waited for its end tries again; and whoever logs in, the
//! journal is told where the org is.

use super::clock::Clock;
use super::guard;
use super::lockout::{self, By, Lifted, Wish, Withheld};
use super::policy::{Policy, after};
use super::schedule::Identity;
use crate::config::settings::{Auth, User};
use crate::journal::{Journal, JournalError, LoginEnd, LoginKey};
use crate::salesforce::{Action, Client, Counted, Error, Kind, Session};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, OnceLock};
use zeroize::Zeroizing;

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
    /// What came of the last login, or of its session.
    Refused(Failure),
}

/// Why there is no session.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Salesforce's error, which says nothing of the credentials.
    Salesforce(Error),
    /// Salesforce has refused them, just now or earlier, or no login may be made.
    Withheld(Withheld),
    /// The journal cannot be read or written: what is not remembered is not tried.
    Journal,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Salesforce(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        log::debug!("No login without the journal: {error}");
        Failure::Journal
    }
}

/// How many sessions there were, and the present one. Locked during a login.
type Numbering = Mutex<(u64, Slot)>;

/// See the [module](self).
pub struct Sessions {
    journal: Arc<Journal>,
    policy: Policy,
    clock: Arc<Clock>,
    slots: Mutex<HashMap<Identity, Arc<Numbering>>>,
    key: RandomState,
    /// With which the journal's marks are made.
    marks: OnceLock<hmac::Key>,
    /// The credentials of all sections.
    configured: Mutex<Vec<LoginKey>>,
}

/// What makes credentials what they are, but for the username.
struct Parts {
    way: &'static str,
    client_id: String,
    host: String,
    secret: Zeroizing<Vec<u8>>,
}

impl Parts {
    fn of(user: &User) -> Parts {
        let mut secret = Zeroizing::new(Vec::new());
        let mut add = |text: &SecretString| secret.extend(text.expose_secret().as_bytes());
        let client_id = match &user.auth {
            // As Salesforce gets them: one after the other.
            Auth::Soap { password, token } => {
                add(password);
                add(token);
                String::new()
            }
            Auth::Password {
                client_id,
                client_secret,
                password,
                token,
            } => {
                add(password);
                add(token);
                if let Some(client_secret) = client_secret {
                    secret.push(0);
                    secret.extend(client_secret.expose_secret().as_bytes());
                }
                client_id.clone()
            }
            Auth::ClientCredentials {
                client_id,
                client_secret,
            } => {
                add(client_secret);
                client_id.clone()
            }
            Auth::Jwt {
                client_id,
                private_key,
            } => {
                // The key counts, and not where it is; whether it is one shows at the login.
                secret = crate::salesforce::read_key(private_key).unwrap_or_default();
                client_id.clone()
            }
        };
        Parts {
            way: user.auth.name(),
            client_id,
            host: format!("{}:{}", user.login_host.name, user.login_host.port),
            secret,
        }
    }
}

/// A username as Salesforce reads it.
fn plain(username: &str) -> String {
    username.trim().to_lowercase()
}

impl Sessions {
    /// No sessions yet.
    pub fn new(journal: Arc<Journal>, policy: Policy, clock: Arc<Clock>) -> Sessions {
        Sessions {
            journal,
            policy,
            clock,
            slots: Mutex::default(),
            key: RandomState::new(),
            marks: OnceLock::new(),
            configured: Mutex::default(),
        }
    }

    /// Two users have the same identity if and only if they log in with the same credentials.
    pub fn identity(&self, user: &User) -> Identity {
        let parts = Parts::of(user);
        self.key.hash_one((
            plain(&user.username),
            parts.way,
            parts.client_id,
            parts.host,
            parts.secret.as_slice(),
        ))
    }

    /// The credentials as the journal knows them.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn login_key(&self, user: &User) -> Result<LoginKey, JournalError> {
        let key = match self.marks.get() {
            Some(key) => key,
            None => {
                let key = Zeroizing::new(self.journal.login_key()?);
                self.marks
                    .get_or_init(|| hmac::Key::new(hmac::HMAC_SHA256, &key))
            }
        };
        let parts = Parts::of(user);
        let mut context = hmac::Context::with_key(key);
        for part in [parts.way, &parts.client_id, &parts.host] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        context.update(&parts.secret);
        let tag = context.sign();
        let mark = tag.as_ref().first_chunk().copied().unwrap_or_default();
        Ok(LoginKey {
            username: plain(&user.username),
            mark: u16::from_be_bytes(mark),
        })
    }

    /// The credentials of all sections, from now on.
    pub fn configured(&self, keys: Vec<LoginKey>) {
        *guard(&self.configured) = keys;
    }

    /// Those.
    pub fn all_configured(&self) -> Vec<LoginKey> {
        guard(&self.configured).clone()
    }

    /// What decides about logins with some credentials, but for what is remembered of them:
    /// `others_good` are the marks of other good ones of the username.
    pub fn wish(
        configured: &[LoginKey],
        key: &LoginKey,
        by_password: bool,
        by: By,
        others_good: &[u16],
    ) -> Wish {
        Wish {
            by,
            by_password,
            good_elsewhere: configured
                .iter()
                .any(|other| other.username == key.username && others_good.contains(&other.mark)),
        }
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
    ) -> Result<(Numbered, bool), Failure> {
        let slot = self.slot(identity);
        let mut slot = guard(&slot);
        match &slot.1 {
            Slot::In(there) if stale.is_none_or(|stale| stale.number != there.number) => {
                return Ok((there.clone(), false));
            }
            Slot::Refused(failure) => return Err(failure.clone()),
            Slot::In(_) | Slot::Empty => {}
        }
        slot.1 = Slot::Empty;
        let numbered = self.log_in(&mut slot, user, client, By::Itself)?;
        Ok((numbered, true))
    }

    /// Logs in for a test, whatever there was before.
    pub fn renew(
        &self,
        identity: Identity,
        user: &User,
        client: &Client,
    ) -> Result<Session, Failure> {
        let slot = self.slot(identity);
        let mut slot = guard(&slot);
        let numbered = self.log_in(&mut slot, user, client, By::Test)?;
        Ok(numbered.session)
    }

    /// Logs in, if that may be.
    fn log_in(
        &self,
        slot: &mut (u64, Slot),
        user: &User,
        client: &Client,
        by: By,
    ) -> Result<Numbered, Failure> {
        let key = self.login_key(user)?;
        let refusals = match self.begin(&key, user, by)? {
            Ok(refusals) => refusals,
            Err(withheld) => {
                if by == By::Itself {
                    slot.1 = Slot::Refused(Failure::Withheld(withheld.clone()));
                }
                return Err(Failure::Withheld(withheld));
            }
        };
        slot.1 = Slot::Empty;
        let answered = client.login(user);
        let now = self.clock.now();
        match answered {
            Ok(session) => {
                self.journal.login_ended(key, LoginEnd::Accepted, now);
                self.journal.org_is_at(&session.org_id, session.origin());
                slot.0 += 1;
                let numbered = Numbered {
                    session,
                    number: slot.0,
                };
                slot.1 = Slot::In(numbered.clone());
                Ok(numbered)
            }
            Err(error) => {
                let (end, failure) = self.judge(&error, user, refusals);
                self.journal.login_ended(key, end, now);
                if !matches!(error.action(), Action::Retry | Action::Aborted) {
                    slot.1 = Slot::Refused(failure.clone());
                }
                Err(failure)
            }
        }
    }

    /// Has the journal write down that a login begins; how often the credentials were refused
    /// before it.
    fn begin(
        &self,
        key: &LoginKey,
        user: &User,
        by: By,
    ) -> Result<Result<u32, Withheld>, JournalError> {
        let (policy, now) = (self.policy.clone(), self.clock.now());
        let configured = guard(&self.configured).clone();
        let by_password = is_by_password(user);
        let begun = self
            .journal
            .on_logins(vec![key.clone()], move |key, logins| {
                let wish = Self::wish(&configured, key, by_password, by, &logins.others_good);
                lockout::begin(logins, &wish, &policy, now).map(|()| logins.refusals)
            })?;
        begun.into_iter().next().ok_or(JournalError::NotWritten)
    }

    /// What a login's error says of the credentials: to the journal, and to whoever wanted it.
    fn judge(&self, error: &Error, user: &User, refusals: u32) -> (LoginEnd, Failure) {
        let now = self.clock.now();
        let by_password = is_by_password(user);
        let failure = || Failure::Salesforce(error.clone());
        let is_refused = !matches!(
            error.action(),
            Action::Retry | Action::Aborted | Action::PauseOrg
        );
        // Of what Salesforce calls bad credentials it says whether it counts them.
        let is_ours = matches!(error.kind(), Kind::UntrustedHost | Kind::Credentials);
        let is_sent = error.counted() != Counted::No || !is_ours;
        let withheld = |until, lifted| {
            Failure::Withheld(Withheld {
                words: error.to_string(),
                until,
                lifted,
            })
        };
        let longer = Some(after(now, self.policy.refusal(refusals.saturating_add(1))));
        match error.counted() {
            Counted::Perhaps if by_password => (LoginEnd::InDoubt, failure()),
            // The password is good; where the answer sent us is a matter of the configuration.
            Counted::Right if error.kind() == Kind::UntrustedHost => {
                (LoginEnd::Accepted, withheld(longer, Lifted::Change))
            }
            counted if is_refused && is_sent => {
                let is_wrong = match counted {
                    Counted::Wrong if by_password => Some(true),
                    Counted::Right => Some(false),
                    _ => None,
                };
                let until = longer.filter(|_| error.is_of_hours_or_place());
                let words = error.to_string();
                let end = LoginEnd::Refused {
                    words,
                    until,
                    is_wrong,
                };
                let from = after(now, self.policy.between_asked);
                (end, withheld(until, Lifted::Credentials(Some(from))))
            }
            // Nothing was sent, so nothing is lost by another try.
            _ if is_refused => (LoginEnd::Uncounted, withheld(longer, Lifted::Reload)),
            _ => (LoginEnd::Uncounted, failure()),
        }
    }

    /// The session is good for nothing: Salesforce refused it, or what its user may do.
    pub fn refuse(&self, identity: Identity, error: &Error) {
        let failure = Failure::Salesforce(error.clone());
        guard(&self.slot(identity)).1 = Slot::Refused(failure);
    }

    /// Forgets the sessions of credentials that nobody has any more.
    pub fn keep_only(&self, identities: &[Identity]) {
        guard(&self.slots).retain(|identity, _| identities.contains(identity));
    }
}

/// Is a password sent? For that alone Salesforce locks users.
pub fn is_by_password(user: &User) -> bool {
    matches!(user.auth, Auth::Soap { .. } | Auth::Password { .. })
}
