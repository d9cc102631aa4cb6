//! The client.
#![allow(unused_variables, clippy::todo, dead_code)]

use super::{Error, Session};
use crate::calls::record::Timestamp;
use crate::config::settings::{Lookup, User};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// What the client needs to know, from `[general]`.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// REST API version, such as `64.0`.
    pub api_version: String,
    /// Domains (and their subdomains) to which credentials and sessions may be sent.
    pub trusted_domains: Vec<String>,
    /// CA certificates (PEM) beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Limit for establishing a connection: DNS, TCP and TLS.
    pub connect_timeout: Duration,
    /// Limit for a whole request.
    pub request_timeout: Duration,
}

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub(super) String);

/// An Account that a look-up found; its numbers are still to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHit {
    /// Record id, 18 characters.
    pub id: String,
    /// Name.
    pub name: String,
    /// The phone fields that are not empty, as they are stored.
    pub phones: Vec<String>,
}

/// An org's API requests of the last 24 hours, as its newest answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUsage {
    /// Requests used.
    pub used: u64,
    /// Requests allowed.
    pub limit: u64,
}

/// The connection to Salesforce; one per process, shared by all workers.
pub struct Client {
    options: ClientOptions,
}

impl Client {
    /// A client; nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Client, SetupError> {
        Ok(Client { options })
    }

    /// Logs a user in, by its `auth`.
    pub fn login(&self, user: &User) -> Result<Session, Error> {
        todo!()
    }

    /// Accounts that may have one of the numbers; the caller compares.
    pub fn find_accounts(
        &self,
        session: &Session,
        lookup: Lookup,
        forms: &[String],
    ) -> Result<Vec<AccountHit>, Error> {
        todo!()
    }

    /// Creates an Account; its id.
    pub fn create_account(
        &self,
        session: &Session,
        fields: &Map<String, Value>,
    ) -> Result<String, Error> {
        todo!()
    }

    /// Creates a Case; its id.
    pub fn create_case(
        &self,
        session: &Session,
        auto_assign: bool,
        fields: &Map<String, Value>,
    ) -> Result<String, Error> {
        todo!()
    }

    /// Changes a Case.
    pub fn update_case(
        &self,
        session: &Session,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Error> {
        todo!()
    }

    /// Looks for the Case of a call whose creation ended in doubt.
    pub fn find_case(
        &self,
        session: &Session,
        reference: &str,
        supplied_phone: Option<&str>,
        since: Timestamp,
    ) -> Result<Option<String>, Error> {
        todo!()
    }

    /// Looks for an Account whose creation ended in doubt.
    pub fn find_account_named(
        &self,
        session: &Session,
        name: &str,
        phone: &str,
        since: Timestamp,
    ) -> Result<Option<String>, Error> {
        todo!()
    }

    /// What the org's newest answer said about its API requests.
    pub fn usage(&self, org_id: &str) -> Option<ApiUsage> {
        todo!()
    }

    /// Every request in flight, and every later one, fails at once: for unload.
    pub fn abort(&self) {
        todo!()
    }
}
