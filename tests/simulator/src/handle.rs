//! Answers a request: finds the way in, checks session and limits, and hands
//! on to login or REST.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::exchange::{Asked, bearer};
use crate::headers::write_options;
use crate::log::{LoginAttempt, outcome};
use crate::login::{Door, LoginReply, identity, oauth, soap};
use crate::rest::{Answer, Call, Op, Within, resource, run};
use crate::strain::{self, UnderWay};
use crate::world::{World, lock};

/// Versions of the REST API: the oldest that still answers and the newest.
const OLDEST: u32 = 31;
const NEWEST: u32 = 68;

/// An answer on its way to the client, and what the log says of it.
pub(crate) struct Reply {
    pub status: u16,
    pub content_type: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub outcome: String,
    pub counted: u64,
    pub org: String,
    pub user: String,
}

impl Reply {
    pub(crate) fn html(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: "text/html; charset=UTF-8".to_owned(),
            headers: Vec::new(),
            body: format!(
                "<html><head><title>{status}</title></head><body><h1>{text}</h1></body></html>"
            )
            .into_bytes(),
            outcome: String::new(),
            counted: 0,
            org: String::new(),
            user: String::new(),
        }
    }

    fn json(status: u16, body: Option<&Value>) -> Self {
        Self {
            content_type: "application/json;charset=UTF-8".to_owned(),
            body: body.map_or_else(Vec::new, |b| b.to_string().into_bytes()),
            outcome: body.map(outcome).unwrap_or_default(),
            ..Self::html(status, "")
        }
    }

    fn error(error: &ApiError) -> Self {
        Self::json(error.status, Some(&error.body()))
    }
}

/// Answers a request; `long` is how many others have been running for long.
pub(crate) fn handle(world: &World, asked: &Asked, long: usize) -> Reply {
    let path = asked.path.as_str();
    let content_type = asked.header("content-type").unwrap_or("");
    if let Some(rest) = path.strip_prefix("/services/Soap/u/") {
        if asked.method != "POST" {
            return Reply::html(405, "SOAP requests are POST requests");
        }
        let version = rest.split('/').next().unwrap_or("");
        if let Some((status, body)) = soap::logout(world, &asked.body) {
            return Reply {
                content_type: "text/xml; charset=utf-8".to_owned(),
                body: body.into_bytes(),
                ..Reply::html(status, "")
            };
        }
        let action = asked.header("soapaction");
        let reply = soap::login(
            world,
            asked.door,
            version,
            action,
            content_type,
            &asked.body,
        );
        return logged_in(world, reply, "soap", "text/xml; charset=utf-8");
    }
    if path == "/services/oauth2/token" {
        if asked.method != "POST" {
            return Reply::html(405, "tokens are asked for by POST");
        }
        let basic = asked.header("authorization").and_then(oauth::basic);
        let reply = oauth::token(world, asked.door, content_type, basic, &asked.body);
        return logged_in(world, reply, "oauth", "application/json;charset=UTF-8");
    }
    if let Some(said) = identity::answer(world, asked) {
        return Reply {
            content_type: said.content_type.to_owned(),
            body: said.body.into_bytes(),
            ..Reply::html(said.status, "")
        };
    }
    if matches!(path, "/services/data" | "/services/data/") {
        return Reply::json(200, Some(&versions()));
    }
    match (resource::split_version(path), asked.door) {
        (Some((version, rest)), Door::Org(org)) => {
            rest_reply(world, org, asked, version, rest, long)
        }
        _ => Reply::html(404, "URL No Longer Exists"),
    }
}

fn logged_in(world: &World, reply: LoginReply, way: &str, content_type: &str) -> Reply {
    world.log.login(LoginAttempt {
        at_ms: world.clock.now(),
        org: reply.org.clone(),
        username: reply.username.clone(),
        good: reply.status == 200,
        way: way.to_owned(),
        outcome: reply.summary.clone(),
    });
    Reply {
        content_type: content_type.to_owned(),
        body: reply.body.into_bytes(),
        outcome: reply.summary,
        org: reply.org,
        user: reply.username,
        ..Reply::html(reply.status, "")
    }
}

fn versions() -> Value {
    (OLDEST..=NEWEST)
        .map(|v| {
            // Three releases a year; 66 is Spring '26, 65 the winter before.
            let season = ["Spring", "Summer", "Winter"][v as usize % 3];
            let year = (v + 13) / 3;
            json!({"label": format!("{season} '{year}"), "url": format!("/services/data/v{v}.0"),
                   "version": format!("{v}.0")})
        })
        .collect()
}

fn rest_reply(
    world: &World,
    number: usize,
    asked: &Asked,
    version: &str,
    rest: &str,
    long: usize,
) -> Reply {
    let org = &world.orgs[number];
    let mut counted = 0;
    let result = rest_result(world, number, asked, version, rest, long, &mut counted);
    let mut reply = match result {
        Ok(answer) => {
            let mut reply = Reply::json(answer.status, answer.body.as_ref());
            if let Some(location) = answer.location {
                reply.headers.push(("Location".to_owned(), location));
            }
            reply
        }
        Err(error) => Reply::error(&error),
    };
    reply.counted = counted;
    let mut state = lock(&org.state);
    let limit = state.settings.api_daily_limit;
    let used = state.usage.total(world.clock.now());
    reply.headers.push((
        "Sforce-Limit-Info".to_owned(),
        format!("api-usage={used}/{limit}"),
    ));
    reply
}

fn rest_result(
    world: &World,
    number: usize,
    asked: &Asked,
    version: &str,
    rest: &str,
    long: usize,
    counted: &mut u64,
) -> Result<Answer, ApiError> {
    let (user, password_expired) = session(world, number, asked)?;
    let org = &world.orgs[number];
    let now = world.clock.now();
    let mut state = lock(&org.state);
    let setup = &state.users[user].setup;
    if password_expired {
        return Err(ApiError::new(
            403,
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "The users password has expired, you must call SetPassword before attempting any other API operations",
        ));
    }
    if !setup.rest_sessions {
        return Err(ApiError::new(
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
        ));
    }
    if !setup.api_enabled || !state.settings.api_enabled {
        return Err(ApiError::new(
            403,
            "API_DISABLED_FOR_ORG",
            "The REST API is not enabled for this Organization.",
        ));
    }
    let username = setup.username.clone();
    check_version(version)?;
    let body = body(asked)?;
    count(&mut state, &body, asked, now, long, counted)?;
    strain::check_request(&state, asked)?;
    state.under_way = UnderWay::of(asked);
    let op = Op {
        method: &asked.method,
        path: rest,
        query: form_urlencoded::parse(asked.query.as_bytes())
            .into_owned()
            .collect(),
        body: body.as_ref(),
        options: write_options(|name| asked.header(name), None),
        within: Within::Nothing,
    };
    let mut call = Call {
        world,
        org: &org.name,
        state: &mut state,
        user,
        username: &username,
        version,
        now,
    };
    let result = run(&mut call, &op);
    if result.is_err() {
        state.store.rollback(0);
    }
    state.store.commit();
    result
}

/// The user whose session the request carries, and whether the password has expired.
fn session(world: &World, org: usize, asked: &Asked) -> Result<(usize, bool), ApiError> {
    let Some(header) = asked.header("authorization") else {
        return Err(ApiError::invalid_session());
    };
    let Some(token) = bearer(header) else {
        return Err(ApiError::new(
            401,
            "INVALID_AUTH_HEADER",
            "INVALID_HEADER_TYPE",
        ));
    };
    match world.session(token) {
        Some((of, user, expired)) if of == org => Ok((user, expired)),
        _ => Err(ApiError::invalid_session()),
    }
}

fn check_version(version: &str) -> Result<(), ApiError> {
    match version.strip_prefix('v').and_then(soap::parse_version) {
        Some(OLDEST..=NEWEST) => Ok(()),
        Some(7..OLDEST) => Err(ApiError::new(
            410,
            "UNSUPPORTED_API_VERSION",
            "The requested API version is retired and no longer available",
        )),
        _ => Err(ApiError::not_found()),
    }
}

/// The body of a request that has one, as JSON.
fn body(asked: &Asked) -> Result<Option<Value>, ApiError> {
    if !matches!(asked.method.as_str(), "POST" | "PATCH" | "PUT") {
        return Ok(None);
    }
    let content_type = asked
        .header("content-type")
        .unwrap_or("")
        .to_ascii_lowercase();
    let main = content_type
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_owned();
    if main != "application/json" {
        return Err(ApiError::new(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            format!("Content type {main:?} is not supported; application/json is"),
        ));
    }
    match serde_json::from_slice(&asked.body) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(ApiError::json(format!("{error}"))),
    }
}

/// Counts the request, or refuses it because the day's are used up.
fn count(
    state: &mut crate::world::OrgState,
    body: &Option<Value>,
    asked: &Asked,
    now: i64,
    long: usize,
    counted: &mut u64,
) -> Result<(), ApiError> {
    if asked.continues {
        return Ok(());
    }
    let over = |message: &str| Err(ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", message));
    if state.usage.total(now) >= state.settings.api_daily_limit {
        return over("TotalRequests Limit exceeded.");
    }
    if long >= state.settings.concurrent_limit {
        return over("ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    }
    // In a batch, each part counts.
    let requests = match (asked.kinds[0].as_str(), body) {
        ("batch", Some(body)) => body["batchRequests"]
            .as_array()
            .map_or(1, |l| l.len().max(1)),
        _ => 1,
    };
    *counted = requests as u64;
    state.usage.add(now, requests as u64);
    Ok(())
}
