//! The client: what the rest of the module can ask of Salesforce.

use super::describe::Described;
use super::dialect::Dialects;
use super::error::{Counted, Error, Kind};
use super::graph::{self, Graph, Seen, Written};
use super::http::{Answer, Effect, Http};
use super::limits::{ApiUsage, Usages};
use super::lookup::{Hits, Learned};
use super::rest::{self, CaseNowRow, CaseRow, Page, PhoneRow, Row, TaskRow, UserRow};
use super::traffic::Traffic;
use super::{AccountHit, Session, oauth, query, refusal, soap, trust};
use crate::calls::record::Timestamp;
use crate::config::host;
use crate::config::settings::{Auth, Host, User};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderValue, Request, header, request};

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

/// A Case that a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHit {
    /// Record id (18 characters).
    pub id: String,
    /// Its Account's id.
    pub account_id: Option<String>,
}

/// A Case as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNow {
    /// Record id (18 characters).
    pub id: String,
    /// Its Account's id.
    pub account_id: Option<String>,
    /// Its Contact's id.
    pub contact_id: Option<String>,
    /// Somebody has closed it.
    pub is_closed: bool,
    /// Its Description.
    pub description: Option<String>,
}

/// The way to Salesforce: one per process, shared by all workers.
pub struct Client {
    http: Http,
    api_version: String,
    trusted_domains: Vec<String>,
    usages: Usages,
    dialects: Dialects,
}

/// Pages that a query's result may have: of Cases, with their Descriptions, 100,000.
const MOST_PAGES: usize = 500;

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
            dialects: Dialects::default(),
        })
    }

    /// Every request in flight, and every later one, fails at once with [`Kind::Aborted`]: for
    /// unload. A name look-up that is under way is the exception: it ends by itself.
    pub fn abort(&self) {
        self.http.abort();
    }

    /// How many requests were sent; it outlives the client.
    pub fn traffic(&self) -> Arc<Traffic> {
        self.http.traffic.clone()
    }

    /// What the org's newest answer said about its API requests; `None` before the first.
    pub fn usage(&self, org_id: &str) -> Option<ApiUsage> {
        self.usages.of(org_id)
    }

    /// The addresses of a host, in the order in which they are tried.
    pub fn look_up(&self, host: &Host) -> Result<Vec<IpAddr>, Error> {
        self.http.look_up(host)
    }

    /// Opens a connection as for a login, with the same checks of the certificate, and closes
    /// it: nothing is sent.
    pub fn knock(&self, host: &Host) -> Result<(), Error> {
        self.http.knock(host)
    }

    /// Logs a user in, by its `auth`: one request, never repeated, since refused logins lock
    /// the user.
    pub fn login(&self, user: &User) -> Result<Session, Error> {
        let tried = format!("login of {} at {}", user.username, user.login_host.name);
        let session = self.log_in(user);
        session.map_err(|error| {
            let error = refusal::at_host(error, &user.login_host.name);
            without_secrets(error, &user.auth).trying(tried)
        })
    }

    fn log_in(&self, user: &User) -> Result<Session, Error> {
        self.check_trusted(&user.login_host)?;
        match &user.auth {
            Auth::Soap { password, token } => self.log_in_by_soap(user, password, token),
            Auth::Password { .. } | Auth::ClientCredentials { .. } | Auth::Jwt { .. } => {
                self.log_in_by_oauth(user)
            }
        }
    }

    fn log_in_by_oauth(&self, user: &User) -> Result<Session, Error> {
        let body = oauth::request(user, jiff::Timestamp::now().as_second())?;
        let request = Request::post(trust::origin(&user.login_host) + oauth::PATH)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        let answer = self.send(request, &body, Effect::Login)?;
        let token = match oauth::read(&answer.body) {
            // Believed whatever the status: a refusal taken for an outage would be repeated.
            Some(Err(refused)) => return Err(refused),
            Some(Ok(token)) if answer.status == 200 => token,
            _ => return Err(super::http::foreign(&answer, Effect::Login)),
        };
        Ok(Session {
            org_id: token.org_id,
            user_id: token.user_id,
            user_name: user.username.clone(),
            instance: self.instance(&token.instance_url).map_err(right)?,
            seconds_valid: None,
            id: token.access_token,
            phone_fields: Learned::default(),
        })
    }

    /// Where the org's API is, as a login's answer says it.
    fn instance(&self, url: &str) -> Result<Host, Error> {
        let instance = trust::host_of(url).map_err(|problem| {
            Error::new(
                Kind::UntrustedHost,
                format!("the answer names a server that {problem}"),
            )
        })?;
        self.check_trusted(&instance)?;
        Ok(instance)
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
            Some(Err(refused)) => return Err(refused),
            Some(Ok(result)) if answer.status == 200 => result,
            _ => return Err(super::http::foreign(&answer, Effect::Login)),
        };
        Ok(Session {
            org_id: result.org_id,
            user_id: result.user_id,
            user_name: result.user_name,
            instance: self.instance(&result.server_url).map_err(right)?,
            seconds_valid: result.seconds_valid,
            id: result.session_id,
            phone_fields: Learned::default(),
        })
    }

    fn check_trusted(&self, host: &Host) -> Result<(), Error> {
        if host::is_trusted(&host.name, &self.trusted_domains) {
            return Ok(());
        }
        Err(Error::new(
            Kind::UntrustedHost,
            format!("{} is in none of trusted_domains", host.name),
        )
        .advise("credentials and sessions are not sent there"))
    }

    /// Writes graphs of records, at most [`MOST_GRAPHS`](super::MOST_GRAPHS), in one request:
    /// each as a whole or not at all. Duplicate rules that only warn keep no Account from being
    /// created; rules that forbid end in [`Kind::Duplicate`], with the records they found.
    ///
    /// # Errors
    /// Those that concern all graphs; what became of each is in its [`Written`].
    pub fn write(&self, session: &Session, graphs: &[Graph]) -> Result<Vec<Written>, Error> {
        Ok(self.write_and_look(session, graphs)?.0)
    }

    /// The same, and whose those records have become that were to be looked at.
    ///
    /// # Errors
    /// Those that concern all graphs; what became of each is in its [`Written`].
    pub fn write_and_look(
        &self,
        session: &Session,
        graphs: &[Graph],
    ) -> Result<(Vec<Written>, Vec<Seen>), Error> {
        let host = &session.instance.name;
        let (mut written, seen) = self
            .write_to(session, graphs, host)
            .map_err(|error| session.hide(error).trying(format!("writing to {host}")))?;
        for written in &mut written {
            if let Written::Refused(_, error) = written {
                *error = session.hide(error.clone());
            }
        }
        Ok((written, seen))
    }

    fn write_to(
        &self,
        session: &Session,
        graphs: &[Graph],
        host: &str,
    ) -> Result<(Vec<Written>, Vec<Seen>), Error> {
        let org = &session.org_id;
        let with_headers = self.dialects.takes_headers(org);
        let written = self.send_graphs(session, graphs, with_headers, host);
        let Some(error) = refusal_of_all(&written).filter(|_| with_headers) else {
            return written;
        };
        if !self.dialects.learn(org, error) {
            return written;
        }
        // Nothing of it was read, so that nothing was written.
        let plain = self.send_graphs(session, graphs, false, host);
        if refusal_of_all(&plain).is_some_and(|again| again.has_same_codes(error)) {
            self.dialects.unlearn(org);
        }
        plain
    }

    fn send_graphs(
        &self,
        session: &Session,
        graphs: &[Graph],
        with_headers: bool,
        host: &str,
    ) -> Result<(Vec<Written>, Vec<Seen>), Error> {
        let root = format!("/services/data/v{}", self.api_version);
        let body = graph::request(graphs, &root, with_headers).to_string();
        let request = json(Request::post(self.url(session, "/composite/graph")));
        let headers = graph::headers(graphs).into_iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let answer = self.call(session, request, body.as_bytes(), Effect::Create)?;
        graph::read(&answer, graphs, host)
    }

    /// Looks for the Cases of calls whose creation ended in doubt, each given by reference and
    /// `SuppliedPhone` (`None`: without): among the Cases created since then, those whose
    /// Description ends with the reference; in the order of `calls`. Those without a phone are
    /// looked for among what the session's user or one of `authors` (ids) created. Five minutes
    /// are allowed for clocks that differ.
    pub fn find_cases(
        &self,
        session: &Session,
        calls: &[(&str, Option<&str>)],
        authors: &[&str],
        since: Timestamp,
    ) -> Result<Vec<Option<CaseHit>>, Error> {
        let phones: Vec<_> = calls.iter().map(|(_, phone)| *phone).collect();
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let authors = [&[session.user_id.as_str()], authors].concat();
        let soql = query::select_cases(&phones, &authors, before(since));
        let is_of = |row: &CaseRow, (reference, _): &(&str, _)| row.is_of(reference);
        self.find_each(session, &soql, calls, is_of, |row| CaseHit {
            id: row.id.clone(),
            account_id: row.account_id.clone(),
        })
        .map_err(|error| session.explain(error, "looking for Cases"))
    }

    /// Looks for the Tasks of calls whose creation ended in doubt, by reference (`CallObject`):
    /// their ids, in the order of `references`. Five minutes are allowed for clocks that differ.
    pub fn find_tasks(
        &self,
        session: &Session,
        references: &[&str],
        since: Timestamp,
    ) -> Result<Vec<Option<String>>, Error> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let soql = query::select_tasks(references, before(since));
        let is_of = |row: &TaskRow, reference: &&str| row.call.as_deref() == Some(reference);
        self.find_each(session, &soql, references, is_of, |row| row.id.clone())
            .map_err(|error| session.explain(error, "looking for Tasks"))
    }

    /// Cases as they are now, in the order of `ids`; `None` for those that are gone, or out of
    /// the session's user's sight.
    pub fn cases(&self, session: &Session, ids: &[&str]) -> Result<Vec<Option<CaseNow>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let soql = query::select_cases_now(ids);
        let is = |row: &CaseNowRow, id: &&str| row.is(id);
        self.find_each(session, &soql, ids, is, |row| CaseNow::from(row))
            .map_err(|error| session.explain(error, "reading Cases"))
    }

    /// The ids of active users, in the order of their usernames.
    pub fn find_users(
        &self,
        session: &Session,
        usernames: &[&str],
    ) -> Result<Vec<Option<String>>, Error> {
        let soql = query::select_users(usernames);
        let is = |row: &UserRow, name: &&str| row.username.eq_ignore_ascii_case(name);
        self.find_each(session, &soql, usernames, is, |row| row.id.clone())
            .map_err(|error| session.explain(error, "looking for users"))
    }

    /// May the session's user use the REST API, in the version that is set? One request.
    pub fn check_api(&self, session: &Session) -> Result<(), Error> {
        let answer = self.call(
            session,
            Request::get(self.url(session, "/")),
            &[],
            Effect::Read,
        );
        answer
            .and_then(|answer| rest::read(&answer, Effect::Read))
            .map(|_: serde::de::IgnoredAny| ())
            .map_err(|error| session.explain(refusal::of_version(error), "using the REST API"))
    }

    /// Can graphs be written there? One request, which reads the session's user and writes
    /// nothing. `false`: without headers of their nodes.
    pub fn check_graph(&self, session: &Session) -> Result<bool, Error> {
        let looked = self.read_by_graph(session);
        match looked {
            Err(error) if self.dialects.learn(&session.org_id, &error) => {
                let plain = self.read_by_graph(session);
                if plain.is_err() {
                    self.dialects.unlearn(&session.org_id);
                }
                plain
            }
            looked => looked,
        }
        .map_err(|error| session.explain(error, "asking for a graph"))
    }

    fn read_by_graph(&self, session: &Session) -> Result<bool, Error> {
        let with_headers = self.dialects.takes_headers(&session.org_id);
        let root = format!("/services/data/v{}", self.api_version);
        let body = graph::look_at_user(&session.user_id, &root, with_headers).to_string();
        let request = json(Request::post(self.url(session, "/composite/graph")));
        let answer = self.call(session, request, body.as_bytes(), Effect::Read)?;
        rest::succeeded(&answer, Effect::Read)?;
        Ok(with_headers)
    }

    /// The version of the REST API that is used, such as `64.0`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// What the session's user may do with an sObject (by its API name) and its fields.
    pub fn describe(&self, session: &Session, sobject: &str) -> Result<Described, Error> {
        let url = self.url(session, &format!("/sobjects/{sobject}/describe"));
        self.call(session, Request::get(url), &[], Effect::Read)
            .and_then(|answer| rest::read(&answer, Effect::Read))
            .map_err(|error| session.explain(error, &format!("describing {sobject}")))
    }

    /// Is there still a Case with this id, in the sight of the session's user? Sees it at once.
    pub fn case_exists(&self, session: &Session, id: &str) -> Result<bool, Error> {
        let mut exists = false;
        self.query(session, &query::select_case(id), |_: CaseRow| exists = true)
            .map_err(|error| session.explain(error, &format!("looking for Case {id}")))?;
        Ok(exists)
    }

    /// What a field of a record holds: text, number or truth value as text, empty where there is
    /// none; `None` if the record is gone, or out of the session's user's sight. `field` may go
    /// through relationships (`Owner.Name`).
    ///
    /// # Errors
    /// [`Kind::Refused`] also if `field` is no API name, or of no plain value.
    pub fn field(
        &self,
        session: &Session,
        sobject: &str,
        id: &str,
        field: &str,
    ) -> Result<Option<String>, Error> {
        if !rest::is_field_path(field) {
            return Err(Error::new(Kind::Refused, "that is no field's API name"));
        }
        let mut found = None;
        let soql = query::select_field(sobject, id, field);
        self.query(session, &soql, |row: serde_json::Value| {
            found.get_or_insert(row);
        })
        .map_err(|error| session.explain(error, &format!("reading {sobject}.{field}")))?;
        found.map(|row| rest::plain_field(&row, field)).transpose()
    }

    /// Looks for Accounts whose creation ended in doubt, by exactly the phones that were sent;
    /// the oldest of each, in the order of `phones`. Sees them at once. Five minutes are allowed
    /// for clocks that differ.
    pub fn find_accounts_created(
        &self,
        session: &Session,
        phones: &[&str],
        since: Timestamp,
    ) -> Result<Vec<Option<AccountHit>>, Error> {
        if phones.is_empty() {
            return Ok(Vec::new());
        }
        let soql = query::select_accounts(phones, before(since));
        let is = |hit: &AccountHit, phone: &&str| hit.phones.iter().any(|stored| stored == phone);
        let mut found = vec![None; phones.len()];
        self.query(session, &soql, |row: PhoneRow| {
            keep_first(
                &AccountHit::from(row),
                phones,
                &mut found,
                is,
                AccountHit::clone,
            );
        })
        .map_err(|error| session.explain(error, "looking for Accounts"))?;
        Ok(found)
    }

    /// The Accounts and Contacts among these ids, with their phones; sees them at once. Those that
    /// are gone, or out of the session's user's sight, are missing.
    pub fn find_candidates(&self, session: &Session, ids: &[&str]) -> Result<Hits, Error> {
        let mut found = Hits::default();
        for soql in query::select_candidates(ids, &session.fields_of_phones()) {
            self.query(session, &soql, |row: PhoneRow| found.take(row))
                .map_err(|error| session.explain(error, "reading possible duplicates"))?;
        }
        Ok(found)
    }

    /// For each of `wanted` the first record of a query that is it.
    fn find_each<W, T: Row, F: Clone>(
        &self,
        session: &Session,
        soql: &str,
        wanted: &[W],
        is: impl Fn(&T, &W) -> bool,
        hit: impl Fn(&T) -> F,
    ) -> Result<Vec<Option<F>>, Error> {
        let mut found = vec![None; wanted.len()];
        self.query(session, soql, |row| {
            keep_first(&row, wanted, &mut found, &is, &hit);
        })?;
        Ok(found)
    }

    /// Reads the records of a query, one page after the other, and keeps none of them: how many
    /// there are is up to whoever answers. More than [`MOST_PAGES`] pages are not Salesforce's.
    pub(super) fn query<T: Row>(
        &self,
        session: &Session,
        soql: &str,
        mut take: impl FnMut(T),
    ) -> Result<(), Error> {
        let mut url = self.url(session, &format!("/query?q={}", encoded(soql)));
        let mut pages = 0;
        loop {
            let mut request = Request::get(&url);
            if let Some(records) = T::PER_PAGE {
                request = request.header("Sforce-Query-Options", format!("batchSize={records}"));
            }
            let answer = self.call(session, request, &[], Effect::Read)?;
            let page: Page<T> = rest::read(&answer, Effect::Read)?;
            let empty = page.records.is_empty();
            pages += 1;
            page.records.into_iter().for_each(&mut take);
            let is_good = |next: &String| {
                // A path, so that the session stays on its host.
                next.starts_with("/services/data/") && !empty && pages < MOST_PAGES
            };
            match page.next {
                None => return Ok(()),
                Some(next) if is_good(&next) => url = session.url(&next),
                Some(_) => return Err(super::http::foreign(&answer, Effect::Read)),
            }
        }
    }

    pub(super) fn url(&self, session: &Session, path: &str) -> String {
        session.url(&format!("/services/data/v{}{path}", self.api_version))
    }

    /// One REST request of a session.
    pub(super) fn call(
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

/// What went wrong with a login, should the answer repeat a secret to us.
fn without_secrets(error: Error, auth: &Auth) -> Error {
    let secrets = match auth {
        Auth::Soap { password, token } => vec![password, token],
        Auth::Password {
            client_secret,
            password,
            token,
            ..
        } => {
            let mut secrets = vec![password, token];
            secrets.extend(client_secret);
            secrets
        }
        Auth::ClientCredentials { client_secret, .. } => vec![client_secret],
        Auth::Jwt { .. } => Vec::new(),
    };
    secrets
        .into_iter()
        .fold(error, |error, secret| error.without(secret.expose_secret()))
}

/// What came of a login whose password was right.
fn right(error: Error) -> Error {
    error.counting(Counted::Right)
}

fn json(request: request::Builder) -> request::Builder {
    request.header(header::CONTENT_TYPE, "application/json; charset=UTF-8")
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

pub(super) fn no_thread() -> Error {
    Error::new(Kind::Connect, "the system has no thread left")
}

/// Why nothing was written, neither the whole nor a graph; `None`: it may be that one was.
fn refusal_of_all(written: &Result<(Vec<Written>, Vec<Seen>), Error>) -> Option<&Error> {
    let written = match written {
        Ok((written, _)) => written,
        Err(error) => return Some(error).filter(|error| !error.in_doubt()),
    };
    let mut refusal = None;
    for written in written {
        match written {
            Written::Refused(_, error) => refusal = refusal.or(Some(error)),
            Written::NotTried => {}
            Written::Done(_) | Written::OutOfSight => return None,
        }
    }
    refusal
}

/// Notes what the row is to those of `wanted` that are still without.
fn keep_first<T, W, F>(
    row: &T,
    wanted: &[W],
    found: &mut [Option<F>],
    is: impl Fn(&T, &W) -> bool,
    hit: impl Fn(&T) -> F,
) {
    for (wanted, found) in wanted.iter().zip(found) {
        if found.is_none() && is(row, wanted) {
            *found = Some(hit(row));
        }
    }
}

fn before(since: Timestamp) -> Timestamp {
    Timestamp(since.0.saturating_sub(CLOCK_SKEW))
}
