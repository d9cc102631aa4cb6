//! One HTTP exchange: reads the request, lets faults strike, has it answered,
//! keeps the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};

use crate::faults::{Action, Who};
use crate::handle::Reply;
use crate::log::{RequestEntry, redacted};
use crate::login::{Door, oauth, soap};
use crate::rest::resource;
use crate::strain::carried_out;
use crate::world::{World, lock};

/// Largest body that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// URI and headers together, in bytes.
const HEAD: usize = 16 * 1024;
/// Enough for hyper to have written what it was given before a cut.
const FLUSHED: Duration = Duration::from_millis(30);

/// The connection is to be cut without a further word.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub(crate) struct Cut;

pub(crate) type Body = BoxBody<Bytes, Cut>;

/// A request that has been read.
pub(crate) struct Asked {
    pub door: Door,
    pub method: String,
    /// Path without the query.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub kinds: Vec<String>,
    /// Accounts whose rows it waited for in vain.
    pub locked: Vec<String>,
    /// It is the continuation of a request that was counted already.
    pub continues: bool,
    /// Writes that were under way for long when it came.
    pub long_transactions: usize,
}

impl Asked {
    /// The same with another body.
    pub(crate) fn with_body(&self, body: Bytes) -> Self {
        Self {
            door: self.door,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body,
            kinds: self.kinds.clone(),
            locked: Vec::new(),
            continues: false,
            long_transactions: 0,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// For the log: without the query where that may hold a session's id.
    fn path_and_query(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else if self.kinds[0] == "other" {
            format!("{}?…", self.path)
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }
}

pub(crate) async fn exchange(
    world: Arc<World>,
    door: Door,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let length = head.uri.to_string().len()
        + head
            .headers
            .iter()
            .map(|(n, v)| n.as_str().len() + v.len() + 4)
            .sum::<usize>();
    if length > HEAD {
        let status = if head.uri.to_string().len() > HEAD {
            414
        } else {
            431
        };
        return Ok(plain(Reply::html(
            status,
            "the request's head is too large",
        )));
    }
    let body = match Limited::new(body, LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(plain(Reply::html(413, "the request's body is too large")));
        }
        Err(_) => return Err(Cut),
    };
    let path = head.uri.path().to_owned();
    let asked = Asked {
        door,
        kinds: resource::kinds(head.method.as_str(), &path, &body),
        method: head.method.to_string(),
        query: head.uri.query().unwrap_or("").to_owned(),
        headers: head.headers,
        path,
        body,
        locked: Vec::new(),
        continues: false,
        long_transactions: 0,
    };
    let mut cleared = world.faults.cleared.subscribe();
    // A task of its own: what was accepted is carried out, also when the client has hung up.
    match tokio::spawn(struck(world, asked)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(Silence::Frozen)) => {
            let _ = cleared.changed().await;
            Err(Cut)
        }
        Ok(Err(Silence::Cut)) | Err(_) => Err(Cut),
    }
}

/// Why there is no answer.
enum Silence {
    Cut,
    /// Until the faults are cleared.
    Frozen,
}

/// Who a request is from, as far as can be seen without checking it.
fn sender(world: &World, asked: &Asked) -> (String, String) {
    let (org, user) = match asked.kinds[0].as_str() {
        "login soap" => (
            None,
            std::str::from_utf8(&asked.body)
                .ok()
                .and_then(soap::username),
        ),
        "login oauth" => (None, oauth::username(&asked.body)),
        _ => {
            let session = asked
                .header("authorization")
                .and_then(bearer)
                .and_then(|t| world.session(t));
            let Some((org, user, _)) = session else {
                return (door_org(world, asked.door), String::new());
            };
            let username = lock(&world.orgs[org].state).users[user]
                .setup
                .username
                .clone();
            (Some(org), Some(username))
        }
    };
    let username = user.unwrap_or_default();
    let org = org.or_else(|| world.org_of(&username));
    let org = org.map_or_else(
        || door_org(world, asked.door),
        |o| world.orgs[o].name.clone(),
    );
    (org, username)
}

fn door_org(world: &World, door: Door) -> String {
    match door {
        Door::Org(org) => world.orgs[org].name.clone(),
        Door::Login => String::new(),
    }
}

/// The token of an `Authorization` header.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    ["Bearer", "OAuth"]
        .iter()
        .any(|s| scheme.eq_ignore_ascii_case(s))
        .then(|| token.trim())
}

async fn struck(world: Arc<World>, asked: Asked) -> Result<Response<Body>, Silence> {
    let world = &*world;
    let (org, user) = sender(world, &asked);
    let strike = world.faults.strike(
        &asked.kinds,
        Who {
            org: &org,
            user: &user,
        },
    );
    let running = Running::begin(world, asked.door);
    pause(strike.delay_before).await;
    let mut entry = RequestEntry {
        number: 0,
        at_ms: world.clock.now(),
        org,
        user,
        method: asked.method.clone(),
        path: asked.path_and_query(),
        kind: asked.kinds[0].clone(),
        parts: asked.kinds[1..].to_vec(),
        status: 0,
        outcome: String::new(),
        fault: strike.action.as_ref().map(name).unwrap_or_default(),
        counted: 0,
        body: redacted(&asked.kinds[0], &asked.body),
        body_bytes: asked.body.len(),
    };
    let instead = match &strike.action {
        Some(Action::Status {
            status,
            body,
            content_type,
            after_commit: false,
        }) => Some(status_reply(
            *status,
            body.as_deref(),
            content_type.as_deref(),
        )),
        _ => None,
    };
    let before = matches!(
        strike.action,
        Some(
            Action::CutBeforeCommit
                | Action::Freeze {
                    after_commit: false
                }
        )
    );
    let reply = match instead {
        Some(reply) => reply,
        None if before => Reply::html(0, ""),
        None => carried_out(world, &asked, &running).await,
    };
    let replaced = match &strike.action {
        Some(Action::Status {
            status,
            body,
            content_type,
            after_commit: true,
        }) => Some(status_reply(
            *status,
            body.as_deref(),
            content_type.as_deref(),
        )),
        _ => None,
    };
    if !reply.org.is_empty() {
        entry.org.clone_from(&reply.org);
    }
    if !reply.user.is_empty() {
        entry.user.clone_from(&reply.user);
    }
    let silent = matches!(
        strike.action,
        Some(Action::CutBeforeCommit | Action::CutAfterCommit | Action::Freeze { .. })
    );
    entry.status = match &replaced {
        _ if silent => 0,
        Some(reply) => reply.status,
        None => reply.status,
    };
    entry.outcome.clone_from(&reply.outcome);
    entry.counted = reply.counted;
    world.log.request(entry);
    world.changes.announce();
    pause(strike.delay_after).await;
    match strike.action {
        Some(Action::CutBeforeCommit | Action::CutAfterCommit) => Err(Silence::Cut),
        Some(Action::Freeze { .. }) => Err(Silence::Frozen),
        Some(Action::Truncate { bytes }) => Ok(truncated(reply, bytes)),
        Some(Action::Drip { bytes, ms }) => Ok(dripping(reply, bytes, Duration::from_millis(ms))),
        Some(Action::Huge { bytes }) => Ok(huge(&reply, bytes)),
        Some(Action::Garbage) => {
            let garbage = Reply {
                body: b"{\"id\":\"500\x00\xff<html>]]}}".to_vec(),
                ..reply
            };
            Ok(plain(garbage))
        }
        _ => Ok(plain(replaced.unwrap_or(reply))),
    }
}

/// Waits, but not at all for nothing: the timer's smallest step is a millisecond.
async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn name(action: &Action) -> String {
    let json = serde_json::to_value(action).unwrap_or_default();
    json["do"].as_str().unwrap_or("").to_owned()
}

fn status_reply(status: u16, body: Option<&str>, content_type: Option<&str>) -> Reply {
    match body {
        None => Reply::html(status, "We are down for maintenance."),
        Some(body) => Reply {
            body: body.as_bytes().to_vec(),
            content_type: content_type
                .unwrap_or("text/html; charset=UTF-8")
                .to_owned(),
            ..Reply::html(status, "")
        },
    }
}

/// Keeps account of how long a request runs, for the limit on long ones.
pub(crate) struct Running<'a> {
    org: Option<&'a crate::world::Org>,
    since: Instant,
}

impl<'a> Running<'a> {
    fn begin(world: &'a World, door: Door) -> Self {
        let org = match door {
            Door::Org(org) => Some(&world.orgs[org]),
            Door::Login => None,
        };
        let since = Instant::now();
        if let Some(org) = org {
            lock(&org.running).push(since);
        }
        Self { org, since }
    }

    /// How many others have been running for longer.
    pub(crate) fn longer_than(&self, time: Duration) -> usize {
        self.org.map_or(0, |org| {
            let running = lock(&org.running);
            running
                .iter()
                .filter(|s| **s != self.since && s.elapsed() > time)
                .count()
        })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(org) = self.org {
            let mut running = lock(&org.running);
            if let Some(place) = running.iter().position(|s| *s == self.since) {
                running.swap_remove(place);
            }
        }
    }
}

fn head(reply: &Reply, length: Option<u64>) -> hyper::http::response::Builder {
    let mut head = Response::builder()
        .status(reply.status)
        .header("content-type", &reply.content_type);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            head = head.header(name, value);
        }
    }
    match length {
        Some(length) => head.header("content-length", length),
        None => head,
    }
}

fn built(head: hyper::http::response::Builder, body: Body) -> Response<Body> {
    head.body(body).unwrap_or_else(|_| {
        let empty = Full::new(Bytes::new())
            .map_err(|never| match never {})
            .boxed();
        let mut response = Response::new(empty);
        *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

fn plain(reply: Reply) -> Response<Body> {
    let head = head(&reply, None);
    built(
        head,
        Full::new(Bytes::from(reply.body))
            .map_err(|never| match never {})
            .boxed(),
    )
}

/// The whole length announced, only the beginning sent.
fn truncated(reply: Reply, bytes: usize) -> Response<Body> {
    let head = head(&reply, Some(reply.body.len() as u64));
    let (mut sender, body) = Channel::new(1);
    let part = Bytes::from(reply.body).slice_to(bytes);
    tokio::spawn(async move {
        let _ = sender.send_data(part).await;
        tokio::time::sleep(FLUSHED).await;
        sender.abort(Cut);
    });
    built(head, body.boxed())
}

fn dripping(reply: Reply, bytes: usize, pause: Duration) -> Response<Body> {
    let head = head(&reply, Some(reply.body.len() as u64));
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        for piece in reply.body.chunks(bytes.max(1)) {
            if sender
                .send_data(Bytes::copy_from_slice(piece))
                .await
                .is_err()
            {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    });
    built(head, body.boxed())
}

/// Valid JSON with one very long string.
fn huge(reply: &Reply, bytes: u64) -> Response<Body> {
    let (start, end) = (&b"[{\"message\":\""[..], &b"\"}]"[..]);
    let bytes = bytes.max((start.len() + end.len()) as u64);
    let head = head(reply, Some(bytes));
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        let filling = Bytes::from(vec![b'A'; 64 * 1024]);
        let mut left = bytes - (start.len() + end.len()) as u64;
        let mut sent = sender.send_data(Bytes::from_static(start)).await;
        while left > 0 && sent.is_ok() {
            let now = left.min(filling.len() as u64);
            sent = sender.send_data(filling.slice_to(now as usize)).await;
            left -= now;
        }
        if sent.is_ok() {
            let _ = sender.send_data(Bytes::from_static(end)).await;
        }
    });
    built(head, body.boxed())
}

trait SliceTo {
    fn slice_to(&self, end: usize) -> Bytes;
}

impl SliceTo for Bytes {
    /// The first bytes, at most so many.
    fn slice_to(&self, end: usize) -> Bytes {
        self.slice(..end.min(self.len()))
    }
}
