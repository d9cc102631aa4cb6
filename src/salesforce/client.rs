//! The client: what the rest of the module can ask of Salesforce.

use super::error::{Error, Kind};
use super::http::{Answer, Effect, Http};
use super::limits::{ApiUsage, Usages};
use super::rest::{self, AccountRow, CaseRow, Found, Page};
use super::{Session, query, soap, trust};
use crate::calls::record::Timestamp;
use crate::config::settings::{Auth, Host, Lookup, User};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;
use ureq::http::{HeaderValue, Method, Request, header, request};

/// What the client needs to know, from `[general]`.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// REST API version, such as `64.0`.
    pub api_version: String,
    /// Domains (and their subdomains) to which credentials and sessions may be sent.
    pub trusted_domains: Vec<String>,
    /// CA certificates (PEM) beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Limit for establishing a connection: DNS, TCP and TLS (a name look-up under way is not
    /// interrupted, but counts).
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
    /// Record id (18 characters).
    pub id: String,
    /// Name.
    pub name: String,
    /// The phone fields that are not empty, as they are stored.
    pub phones: Vec<String>,
}

/// The way to Salesforce: one per process, shared by all workers.
pub struct Client {
    http: Http,
    api_version: String,
    trusted_domains: Vec<String>,
    usages: Usages,
}

/// Addresses longer than this go by POST; Salesforce takes 16 kB with all headers.
const LONGEST_ADDRESS: usize = 8000;

/// By how much the clocks of Salesforce and this PBX may differ, in microseconds.
const CLOCK_SKEW: i64 = 5 * 60 * 1_000_000;

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// `ca_file` cannot be read, or is not made of certificates.
    pub fn new(options: ClientOptions) -> Result<Client, SetupError> {
        Ok(Client {
            http: Http::new(&options)?,
            api_version: options.api_version,
            trusted_domains: options.trusted_domains,
            usages: Usages::default(),
        })
    }

    /// Every request in flight, and every later one, fails at once with [`Kind::Aborted`]: for
    /// unload. A name look-up that is under way is the exception: it ends by itself.
    pub fn abort(&self) {
        self.http.abort();
    }

    /// What the org's newest answer said about its API requests; `None` before the first.
    pub fn usage(&self, org_id: &str) -> Option<ApiUsage> {
        self.usages.of(org_id)
    }

    /// Logs a user in, by its `auth`: one request, never repeated, since refused logins lock
    /// the user.
    pub fn login(&self, user: &User) -> Result<Session, Error> {
        let tried = format!("login of {} at {}", user.username, user.login_host.name);
        self.log_in(user).map_err(|error| error.trying(tried))
    }

    fn log_in(&self, user: &User) -> Result<Session, Error> {
        self.check_trusted(&user.login_host)?;
        match &user.auth {
            Auth::Soap { password, token } => self.log_in_by_soap(user, password, token),
            Auth::Password { .. } | Auth::ClientCredentials { .. } | Auth::Jwt { .. } => Err(
                Error::new(Kind::NotOffered, "OAuth comes with a later version")
                    .advise("set auth = soap"),
            ),
        }
    }

    fn log_in_by_soap(
        &self,
        user: &User,
        password: &SecretString,
        token: &SecretString,
    ) -> Result<Session, Error> {
        let body = soap::request(&user.username, password, token);
        let request = Request::post(trust::origin(&user.login_host) + soap::PATH)
            .header(header::CONTENT_TYPE, "text/xml; charset=UTF-8")
            .header(header::ACCEPT, "text/xml")
            .header("SOAPAction", "login");
        let answer = self.send(request, &body, Effect::Login)?;
        let result = match soap::read(&answer.body) {
            // Believed whatever the status: a refusal taken for an outage would be repeated.
            Some(Err(refused)) => {
                let refused = refused.without(password.expose_secret());
                return Err(refused.without(token.expose_secret()));
            }
            Some(Ok(result)) if answer.status == 200 => result,
            _ => return Err(super::http::foreign(&answer, Effect::Login)),
        };
        let instance = trust::host_of(&result.server_url).map_err(|problem| {
            Error::new(
                Kind::UntrustedHost,
                format!("the answer names a server that {problem}"),
            )
        })?;
        self.check_trusted(&instance)?;
        Ok(Session {
            org_id: result.org_id,
            user_id: result.user_id,
            user_name: result.user_name,
            instance,
            seconds_valid: result.seconds_valid,
            id: result.session_id,
        })
    }

    fn check_trusted(&self, host: &Host) -> Result<(), Error> {
        if trust::is_trusted(&host.name, &self.trusted_domains) {
            return Ok(());
        }
        Err(Error::new(
            Kind::UntrustedHost,
            format!("{} is in none of trusted_domains", host.name),
        )
        .advise("credentials and sessions are not sent there"))
    }

    /// Accounts that may have one of the numbers, at most 200; the caller compares. `forms`:
    /// the digits of one or more numbers in all ways of writing; empty ones find nothing.
    ///
    /// A search (SOSL) sees new and changed Accounts only after minutes; a query (SOQL) sees
    /// them at once, but reads through all Accounts.
    pub fn find_accounts(
        &self,
        session: &Session,
        lookup: Lookup,
        forms: &[String],
    ) -> Result<Vec<AccountHit>, Error> {
        let found = match lookup {
            Lookup::Sosl => self.search_accounts(session, forms),
            Lookup::Soql => match query::select_by_phone(forms) {
                Some(soql) => self.query(session, &soql),
                None => Ok(Vec::new()),
            },
        };
        let found = found.map_err(|error| error.trying(at(session, "looking for Accounts")))?;
        Ok(found.into_iter().map(AccountHit::from).collect())
    }

    fn search_accounts(
        &self,
        session: &Session,
        forms: &[String],
    ) -> Result<Vec<AccountRow>, Error> {
        let (Some(sosl), Some(parameters)) = (
            query::find_by_phone(forms),
            query::find_by_phone_parameters(forms),
        ) else {
            return Ok(Vec::new());
        };
        let url = self.url(session, &format!("/search?q={}", encoded(&sosl)));
        let answer = if url.len() <= LONGEST_ADDRESS {
            self.call(session, Request::get(url), &[], Effect::Read)?
        } else {
            let url = self.url(session, "/parameterizedSearch");
            let body = parameters.to_string();
            self.call(
                session,
                json(Request::post(url)),
                body.as_bytes(),
                Effect::Read,
            )?
        };
        let found: Found<AccountRow> = rest::read(&answer, Effect::Read)?;
        Ok(found.records)
    }

    /// Creates an Account, despite duplicate rules that only warn; its id. Rules that forbid
    /// end in [`Kind::Duplicate`], with the records they found.
    pub fn create_account(
        &self,
        session: &Session,
        fields: &Map<String, Value>,
    ) -> Result<String, Error> {
        let request = self.creation(session, "Account", false).header(
            "Sforce-Duplicate-Rule-Header",
            "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true",
        );
        self.create(session, request, fields)
            .map_err(|error| error.trying(at(session, "creating an Account")))
    }

    /// Creates a Case; its id. `auto_assign`: Salesforce's assignment rules choose the owner,
    /// instead of the session's user.
    pub fn create_case(
        &self,
        session: &Session,
        auto_assign: bool,
        fields: &Map<String, Value>,
    ) -> Result<String, Error> {
        self.create(session, self.creation(session, "Case", auto_assign), fields)
            .map_err(|error| error.trying(at(session, "creating a Case")))
    }

    fn creation(&self, session: &Session, sobject: &str, auto_assign: bool) -> request::Builder {
        let url = self.url(session, &format!("/sobjects/{sobject}"));
        json(Request::post(url)).header(AUTO_ASSIGN, if auto_assign { "TRUE" } else { "FALSE" })
    }

    fn create(
        &self,
        session: &Session,
        request: request::Builder,
        fields: &Map<String, Value>,
    ) -> Result<String, Error> {
        let body = body_of(fields)?;
        rest::created(&self.call(session, request, &body, Effect::Create)?)
    }

    /// Changes fields of a Case.
    pub fn update_case(
        &self,
        session: &Session,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Error> {
        self.update(session, id, fields)
            .map_err(|error| error.trying(at(session, &format!("updating Case {id}"))))
    }

    fn update(
        &self,
        session: &Session,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Error> {
        if !rest::is_record_id(id) {
            return Err(Error::new(Kind::Refused, "this is no record id"));
        }
        let url = self.url(session, &format!("/sobjects/Case/{id}"));
        let request = json(Request::builder().method(Method::PATCH).uri(url));
        let request = request.header(AUTO_ASSIGN, "FALSE");
        let answer = self.call(session, request, &body_of(fields)?, Effect::Update)?;
        rest::succeeded(&answer, Effect::Update)
    }

    /// Is there still a Case with this id, in the sight of the session's user? Sees it at once.
    ///
    /// # Errors
    /// Salesforce gives no answer, or refuses the query.
    pub fn case_exists(&self, session: &Session, id: &str) -> Result<bool, Error> {
        let cases: Vec<CaseRow> = self
            .query(session, &query::select_case(id))
            .map_err(|error| error.trying(at(session, &format!("looking for Case {id}"))))?;
        Ok(!cases.is_empty())
    }

    /// Looks for the Case of a call whose creation ended in doubt: among the Cases with this
    /// `SuppliedPhone` (`None`: with none) created since then, the one whose Description ends
    /// with the reference. Five minutes are allowed for clocks that differ.
    pub fn find_case(
        &self,
        session: &Session,
        reference: &str,
        supplied_phone: Option<&str>,
        since: Timestamp,
    ) -> Result<Option<String>, Error> {
        let soql = query::select_cases(supplied_phone, before(since));
        let cases: Vec<CaseRow> = self
            .query(session, &soql)
            .map_err(|error| error.trying(at(session, "looking for a Case")))?;
        Ok(cases
            .into_iter()
            .find(|case| case.is_of(reference))
            .map(|case| case.id))
    }

    /// Looks for an Account whose creation ended in doubt, by exactly what was sent. Sees it
    /// at once. Five minutes are allowed for clocks that differ.
    pub fn find_account_named(
        &self,
        session: &Session,
        name: &str,
        phone: &str,
        since: Timestamp,
    ) -> Result<Option<String>, Error> {
        let soql = query::select_account(name, phone, before(since));
        let accounts: Vec<AccountRow> = self
            .query(session, &soql)
            .map_err(|error| error.trying(at(session, "looking for an Account")))?;
        Ok(accounts
            .into_iter()
            .next()
            .map(|account| AccountHit::from(account).id))
    }

    /// All records of a query, page by page.
    fn query<T: serde::de::DeserializeOwned>(
        &self,
        session: &Session,
        soql: &str,
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(session, &format!("/query?q={}", encoded(soql)));
        let mut records = Vec::new();
        loop {
            let request = Request::get(&url).header("Sforce-Query-Options", "batchSize=200");
            let answer = self.call(session, request, &[], Effect::Read)?;
            let page: Page<T> = rest::read(&answer, Effect::Read)?;
            let empty = page.records.is_empty();
            records.extend(page.records);
            match page.next {
                // A path, so that the session stays on its host.
                Some(next) if next.starts_with("/services/data/") && !empty => {
                    url = session.url(&next);
                }
                Some(_) => return Err(super::http::foreign(&answer, Effect::Read)),
                None => return Ok(records),
            }
        }
    }

    fn url(&self, session: &Session, path: &str) -> String {
        session.url(&format!("/services/data/v{}{path}", self.api_version))
    }

    /// One REST request of a session.
    fn call(
        &self,
        session: &Session,
        request: request::Builder,
        body: &[u8],
        effect: Effect,
    ) -> Result<Answer, Error> {
        // Checked here as well as at login: the list may have become shorter since.
        self.check_trusted(&session.instance)?;
        let mut bearer = HeaderValue::from_str(&session.bearer())
            .map_err(|_| Error::new(Kind::SessionExpired, "the session id cannot be sent"))?;
        bearer.set_sensitive(true);
        let request = request.header(header::AUTHORIZATION, bearer);
        let answer = self.send(request, body, effect)?;
        let usage = answer
            .headers
            .get("Sforce-Limit-Info")
            .and_then(|usage| usage.to_str().ok());
        if let Some(usage) = usage {
            self.usages.note(&session.org_id, usage);
        }
        Ok(answer)
    }

    fn send(
        &self,
        request: request::Builder,
        body: &[u8],
        effect: Effect,
    ) -> Result<Answer, Error> {
        let request = request
            .body(body)
            .map_err(|problem| Error::new(Kind::Refused, format!("cannot be sent: {problem}")))?;
        self.http.send(request, effect)
    }
}

/// Without this header, or with TRUE, Salesforce hands Cases to the default owner.
const AUTO_ASSIGN: &str = "Sforce-Auto-Assign";

fn json(request: request::Builder) -> request::Builder {
    request.header(header::CONTENT_TYPE, "application/json; charset=UTF-8")
}

fn body_of(fields: &Map<String, Value>) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(fields)
        .map_err(|problem| Error::new(Kind::Refused, format!("cannot be sent: {problem}")))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn at(session: &Session, tried: &str) -> String {
    format!("{tried} at {}", session.instance.name)
}

fn before(since: Timestamp) -> Timestamp {
    Timestamp(since.0.saturating_sub(CLOCK_SKEW))
}
