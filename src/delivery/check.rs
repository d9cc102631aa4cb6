//! `salesforce test user`: what a user needs, step by step, with what is wrong and what to do.
//!
//! Names, connection, login and API come one after the other: the first that fails is the last
//! that is told. What the user may do there is then looked at as a whole, so that everything
//! that lacks is told at once.

mod rights;
mod sharing;
mod steps;
mod values;

pub use steps::{Step, Watch};

use super::lockout::Lifted;
use super::owners;
use super::schedule::{Ended, Identity, Trouble};
use super::sessions::Failure;
use super::worker::Shared;
use crate::config::settings::{Host, Lookup, User};
use crate::salesforce::{Client, Error, Session, is_record_id};
use std::sync::Arc;
use steps::Steps;

/// Takes the steps of a test, from a thread of the delivery's.
pub type Reply = Box<dyn FnOnce(Vec<Step>) + Send>;

/// Who is tested.
pub struct Check {
    pub user: Arc<User>,
    pub identity: Identity,
    pub client: Arc<Client>,
    /// Percent of the org's API requests that are left to other programs.
    pub api_reserve: u8,
}

/// How far a test came.
struct Progress {
    steps: Steps,
    session: Option<Session>,
}

impl Check {
    /// Logs in anew, then looks at everything that delivering calls needs. Nothing is written.
    pub fn run(&self, shared: &Shared, watch: Watch) -> (Vec<Step>, Ended) {
        let mut progress = Progress {
            steps: Steps::watched(watch),
            session: None,
        };
        let result = self.walk(shared, &mut progress);
        let result = result.map_err(|failure| match failure {
            Failure::Salesforce(error) => Trouble::Salesforce {
                at_login: progress.session.is_none(),
                kind: error.kind(),
                words: error.to_string(),
            },
            // Nothing new is known where no login was made.
            Failure::Withheld(why) if why.lifted == Lifted::Test => Trouble::Nothing,
            Failure::Withheld(why) => Trouble::Withheld(why),
            Failure::Journal => Trouble::Journal,
        });
        let ended = Ended {
            logged_in: progress.session.is_some(),
            wrote: false,
            org: shared.sessions.org(self.identity),
            result,
        };
        (progress.steps.told(), ended)
    }

    /// # Errors
    /// What ended the test, and would keep calls from being delivered as well.
    fn walk(&self, shared: &Shared, progress: &mut Progress) -> Result<(), Failure> {
        let Progress { steps, session } = progress;
        let login_host = &self.user.login_host;
        self.look_up_name(login_host, steps)?;
        self.connect(login_host, steps)?;
        let what = format!("login at {}, {}", login_host.name, self.user.auth.words());
        let renewed = shared
            .sessions
            .renew(self.identity, &self.user, &self.client);
        let renewed = renewed.inspect_err(|failure| {
            let words = match failure {
                Failure::Salesforce(error) => error.to_string(),
                Failure::Withheld(why) => why.words.clone(),
                Failure::Journal => NO_JOURNAL.to_owned(),
            };
            steps.tell(&what, Err(words));
        });
        let session = session.insert(renewed?);
        let said = format!("org {}, user {}", session.org_id, session.user_id);
        steps.tell(what, Ok(said));
        let instance = &session.instance;
        if instance.name != login_host.name {
            self.look_up_name(instance, steps)?;
        }
        if instance != login_host {
            self.connect(instance, steps)?;
        }
        let what = "API access";
        self.client
            .check_api(session)
            .map_err(|error| steps.end(what, error))?;
        let version = self.client.api_version();
        steps.tell(what, Ok(format!("REST API, version {version}")));
        self.usage(session, steps);
        self.graph(session, steps)?;
        rights::check(&self.user, &self.client, session, steps)?;
        let owner = self.owner(session, steps)?;
        sharing::check(&self.user, &self.client, session, owner.as_deref(), steps)?;
        self.duplicate_rules(session, steps)?;
        self.look_up(session, steps)?;
        Ok(())
    }

    /// Can several records be written at once?
    fn graph(&self, session: &Session, steps: &mut Steps) -> Result<(), Error> {
        let what = "writing records together";
        let looked = self.client.check_graph(session);
        if let Some(with_headers) = steps.ask(what, looked, NO_GRAPH)? {
            let besides = match with_headers {
                true => "",
                false => "; their headers only with the whole request",
            };
            steps.tell(what, Ok(format!("composite graphs{besides}")));
        }
        Ok(())
    }

    /// Which rules may keep Accounts from being created?
    fn duplicate_rules(&self, session: &Session, steps: &mut Steps) -> Result<(), Error> {
        if !self.user.create_account {
            return Ok(());
        }
        let what = "duplicate rules of Account";
        let rules = self.client.duplicate_rules(session, "Account");
        let Some(Some(rules)) = steps.ask(what, rules, "")? else {
            // Not for this user to know.
            return Ok(());
        };
        let said = match rules.as_slice() {
            [] => "none".to_owned(),
            some => format!(
                "{}; where one of them blocks, the Case of a new caller who resembles somebody \
                 comes without Account, and names the one",
                some.join(", ")
            ),
        };
        steps.tell(what, Ok(said));
        Ok(())
    }

    /// The host's addresses, by the same look-up as every request's.
    fn look_up_name(&self, host: &Host, steps: &mut Steps) -> Result<(), Error> {
        let what = format!("name {}", host.name);
        let found = self.client.look_up(host);
        let found = found.map_err(|error| steps.end(&what, error))?;
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        steps.tell(what, Ok(found.join(", ")));
        Ok(())
    }

    /// TCP and TLS, by the same rules as for every request. No credentials are sent.
    fn connect(&self, host: &Host, steps: &mut Steps) -> Result<(), Error> {
        let what = format!("connection to {}, port {}", host.name, host.port);
        let knocked = self.client.knock(host);
        knocked.map_err(|error| steps.end(&what, error))?;
        steps.tell(what, Ok("TLS, certificate trusted".to_owned()));
        Ok(())
    }

    /// Has the org requests left for us?
    fn usage(&self, session: &Session, steps: &mut Steps) {
        let Some(usage) = self.client.usage(&session.org_id) else {
            return;
        };
        let said = format!("{} of {} in 24 hours are used", usage.used, usage.limit);
        let result = if usage.leaves(self.api_reserve) {
            Ok(said)
        } else {
            Err(format!(
                "{said}; {} % are left to other programs (api_reserve), so that calls wait until \
                 some are free",
                self.api_reserve
            ))
        };
        steps.tell("API requests of the org", result);
    }

    /// Is the owner of the records somebody? The id, if there is one.
    fn owner(&self, session: &Session, steps: &mut Steps) -> Result<Option<String>, Error> {
        let Some(owner) = self.user.owner.as_deref() else {
            return Ok(None);
        };
        if is_record_id(owner) {
            return Ok(Some(owner.to_owned()));
        }
        let what = "owner of the records";
        let found = self.client.find_users(session, &[owner]);
        let Some(found) = steps.ask(what, found, "")? else {
            return Ok(None);
        };
        let id = found.into_iter().next().flatten();
        let result = id.as_ref().map(|id| format!("user {id}"));
        steps.tell(what, result.ok_or_else(|| owners::unknown(owner)));
        Ok(id)
    }

    /// May the user look numbers up, and see what is compared?
    fn look_up(&self, session: &Session, steps: &mut Steps) -> Result<(), Error> {
        let way = match self.user.lookup {
            Lookup::Sosl => "by search (lookup = sosl)",
            Lookup::Soql => "by query (lookup = soql)",
        };
        let what = "look-up of a number";
        let lookup = [vec![ANY_NUMBER.to_owned()]];
        let found = self
            .client
            .find_by_phone(session, self.user.lookup, &lookup);
        if steps.ask(what, found, READ)?.is_some() {
            let unseen = session.unseen_phones();
            let left_out = if unseen.is_empty() {
                String::new()
            } else {
                let unseen = unseen.join(", ");
                format!(
                    "; these fields of Contact are left out, which the user may not read: {unseen}"
                )
            };
            steps.tell(what, Ok(format!("allowed, {way}{left_out}")));
        }
        Ok(())
    }
}

const NO_JOURNAL: &str = "the journal cannot be written, so that a refusal would not be remembered: \
     no login is made";

/// Which it is does not matter.
const ANY_NUMBER: &str = "490000000";

const NO_GRAPH: &str = "api_version in [general] has to be 52.0 or later";

const READ: &str = "the user needs Read on Account, with Name and Phone visible";
