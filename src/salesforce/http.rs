//! One HTTPS exchange: a request out, a whole answer or a typed error back.
//!
//! - HTTPS only; redirects are not followed: credentials and sessions go where they were meant
//!   to go, or nowhere.
//! - Proxies named in the environment (`https_proxy`) are not used: where sessions travel is
//!   said in `salesforce.conf` alone, whatever environment Asterisk was started in.
//! - Answers are bounded in time (`request_timeout`) and in size ([`LARGEST_ANSWER`]).
//! - A request is repeated in one case only: it went over a kept connection that turns out to
//!   have been closed, and either was not sent completely (so it cannot have been acted upon)
//!   or changes nothing. Everything else is for the caller to decide.

use super::error::{Counted, Error, Kind};
use super::explain::{self, as_broken};
use super::refusal::OUTAGE;
use super::traffic::Traffic;
use super::transport::{Deferred, Dialler, Phase, Reached};
use super::{ClientOptions, SetupError, resolve, tls, trust};
use crate::config::settings::Host;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, Request, Response, header};

/// Bytes that an answer's body may have.
const LARGEST_ANSWER: u64 = 10 * 1024 * 1024;

/// How long an unused connection is kept. Shorter than what firewalls forget silently.
const KEPT: Duration = Duration::from_secs(30);

/// What a request changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Counts against the user when it is refused.
    Login,
    /// Nothing.
    Read,
    /// Makes a record.
    Create,
    /// Changes a record.
    Update,
}

impl Effect {
    pub(super) fn writes(self) -> bool {
        matches!(self, Effect::Create | Effect::Update)
    }
}

/// An answer, read completely.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Sends requests; keeps connections.
pub(super) struct Http {
    agent: Agent,
    /// Opens connections only, on the same terms.
    knocker: Agent,
    aborted: AtomicBool,
    pub(super) traffic: Arc<Traffic>,
}

impl Http {
    pub(super) fn new(options: &ClientOptions) -> Result<Http, SetupError> {
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!(
                "res_ansitel_salesforce/",
                env!("CARGO_PKG_VERSION")
            ))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_global(Some(options.request_timeout))
            .max_idle_connections(128)
            .max_idle_connections_per_host(64)
            .max_idle_age(KEPT)
            .tls_config(tls::config(options.ca_file.as_deref())?)
            .build();
        let dialler = Dialler::default();
        Ok(Http {
            knocker: Agent::with_parts(config.clone(), dialler.knocker(), Deferred),
            agent: Agent::with_parts(config, dialler, Deferred),
            aborted: AtomicBool::new(false),
            traffic: Arc::default(),
        })
    }

    /// Ends every request in flight, and every later one.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.agent.clone().shutdown();
        self.knocker.clone().shutdown();
    }

    /// The addresses of a host, in the order in which they are tried.
    pub(super) fn look_up(&self, host: &Host) -> Result<Vec<IpAddr>, Error> {
        if self.is_aborted() {
            return Err(stopping());
        }
        let found = resolve::addresses(&host.name, host.port);
        let found = found.map_err(|problem| explain::no_address(&problem))?;
        Ok(found.into_iter().map(|address| address.ip()).collect())
    }

    /// Opens a connection as for a request (TCP, TLS, trust in the certificate), and closes it:
    /// nothing is sent.
    pub(super) fn knock(&self, host: &Host) -> Result<(), Error> {
        match self.knocker.get(trust::origin(host)).call() {
            Err(ureq::Error::Other(other)) if other.is::<Reached>() => Ok(()),
            _ if self.is_aborted() => Err(stopping()),
            Err(error) => Err(explain::failed(&error)),
            // A connector that never gives a connection away gets no answer.
            Ok(_) => Ok(()),
        }
    }

    /// Sends a request, and reads its answer. An error if there is none that is complete; what
    /// the answer means is for the caller.
    pub(super) fn send(&self, request: Request<&[u8]>, effect: Effect) -> Result<Answer, Error> {
        if self.is_aborted() {
            return Err(stopping());
        }
        let sent = match self.exchange(request.clone(), false) {
            Err(error) if self.may_repeat(&error, effect) => self.exchange(request, true),
            sent => sent,
        };
        if sent.as_ref().err().is_none_or(may_have_arrived) {
            self.traffic.count(effect == Effect::Login);
        }
        sent.map_err(|error| {
            let explained = if self.is_aborted() {
                stopping()
            } else {
                explain::failed(&error)
            };
            let arrived = may_have_arrived(&error);
            explained
                .doubtful(effect.writes() && arrived)
                .counting(unanswered(effect == Effect::Login && arrived))
        })
    }

    fn exchange(&self, request: Request<&[u8]>, afresh: bool) -> Result<Answer, ureq::Error> {
        let response = if afresh {
            // Whatever is kept is too old, so a new connection is made.
            let request = self
                .agent
                .configure_request(request)
                .max_idle_age(Duration::ZERO);
            self.agent.run(request.build())
        } else {
            self.agent.run(request)
        }?;
        read(response)
    }

    fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    fn may_repeat(&self, error: &ureq::Error, effect: Effect) -> bool {
        let Some(broken) = as_broken(error) else {
            return false;
        };
        let closed = matches!(&broken.source, ureq::Error::Io(error) if is_cut(error.kind()));
        let harmless = match broken.phase {
            Phase::Sending => true,
            Phase::Waiting => effect == Effect::Read,
            Phase::Resolving | Phase::Connecting => false,
        };
        broken.reused && closed && harmless && !self.is_aborted()
    }
}

/// What is to be thought of a login that `may_count`, and had no answer of Salesforce's.
fn unanswered(may_count: bool) -> Counted {
    if may_count {
        Counted::Perhaps
    } else {
        Counted::No
    }
}

fn stopping() -> Error {
    Error::new(Kind::Aborted, "the module is stopping")
}

/// Could Salesforce have got the whole request? An error without a phase comes from the
/// answer, or from a request that is not fit to be sent.
fn may_have_arrived(error: &ureq::Error) -> bool {
    use ureq::Error::{BadUri, Http, RequireHttpsOnly, TlsRequired};
    match as_broken(error) {
        Some(broken) => broken.phase == Phase::Waiting,
        None => !matches!(
            error,
            BadUri(_) | Http(_) | RequireHttpsOnly(_) | TlsRequired
        ),
    }
}

fn read(response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let (parts, mut body) = response.into_parts();
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.with_config().limit(LARGEST_ANSWER).read_to_vec()?,
    })
}

fn is_cut(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        kind,
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
    )
}

/// An answer that is none of Salesforce's: a redirect, a proxy's or maintenance page.
pub(super) fn foreign(answer: &Answer, effect: Effect) -> Error {
    let status = answer.status;
    let error = if (300..400).contains(&status) {
        let target = answer
            .headers
            .get(header::LOCATION)
            .and_then(|target| target.to_str().ok());
        // What follows the host may hold a session.
        let target = match target.map(|target| target.split_once("://")) {
            Some(Some((scheme, rest))) => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                format!("{scheme}://{host}")
            }
            Some(None) => "another path".to_owned(),
            None => "nowhere".to_owned(),
        };
        Error::new(
            Kind::NotSalesforce,
            format!("HTTP {status}, redirected to {target}"),
        )
        .advise("redirects are not followed: check domain")
    } else if matches!(status, 408 | 420 | 429 | 500..) {
        Error::new(Kind::Unavailable, format!("HTTP {status}")).advise(OUTAGE)
    } else {
        let content = answer
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let content = content.unwrap_or("unknown content");
        Error::new(
            Kind::NotSalesforce,
            format!("HTTP {status} with an unreadable body ({content})"),
        )
    };
    // Refusals come with 500 (SOAP) or 4xx (OAuth): what hides one behind a page of its own, such
    // as a proxy, must not have it repeated until the user is locked. Gateways and maintenance
    // pages answer in Salesforce's place.
    let in_its_place = matches!(status, 300..400 | 408 | 420 | 429 | 501..);
    error
        .doubtful(effect.writes())
        .counting(unanswered(effect == Effect::Login && !in_its_place))
}
