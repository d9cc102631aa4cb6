//! The OAuth token endpoint: password, client credentials, JWT bearer.

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::credentials::{self, Refusal};
use super::{Door, LoginReply, find_org, instance_url};
use crate::faults::Who;
use crate::setup::AppSetup;
use crate::world::{World, lock};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

struct Refused(&'static str, String);

impl Refused {
    fn grant(description: &str) -> Self {
        Self("invalid_grant", description.to_owned())
    }
}

/// A login that is allowed: org, user, and which flow's answer it gets.
struct Granted {
    org: usize,
    user: usize,
    flow: Flow,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Password,
    ClientCredentials,
    Jwt,
}

/// The username in a token request, without further checks.
pub(crate) fn username(body: &[u8]) -> Option<String> {
    let form: HashMap<_, _> = form_urlencoded::parse(body).collect();
    match form.get("username") {
        Some(username) => Some(username.clone().into_owned()),
        None => claims(form.get("assertion")?).and_then(|c| c["sub"].as_str().map(str::to_owned)),
    }
}

/// The consumer key and secret of an `Authorization: Basic` header, which may stand for the form's.
pub(crate) fn basic(header: &str) -> Option<(String, String)> {
    use base64::Engine as _;
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(rest.trim())
        .ok()?;
    let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// Answers a request to `/services/oauth2/token`; `basic` are the credentials of its header.
pub(crate) fn token(
    world: &World,
    door: Door,
    content_type: &str,
    basic: Option<(String, String)>,
    body: &[u8],
) -> LoginReply {
    let mut form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    if let Some((id, secret)) = basic {
        form.insert("client_id".to_owned(), id);
        form.insert("client_secret".to_owned(), secret);
    }
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let mut username = username(body).unwrap_or_default();
    let result = if content_type
        .to_ascii_lowercase()
        .starts_with("application/x-www-form-urlencoded")
    {
        match field("grant_type") {
            "password" => password(world, door, &field, &username),
            "client_credentials" => client_credentials(world, door, &field),
            JWT_BEARER => jwt_bearer(world, door, field("assertion")),
            "" => Err(Refused(
                "invalid_request",
                "missing required parameter: grant_type".into(),
            )),
            _ => Err(Refused(
                "unsupported_grant_type",
                "grant type not supported".into(),
            )),
        }
    } else {
        Err(Refused(
            "invalid_request",
            "the content type must be a form".into(),
        ))
    };
    let result = result.and_then(|granted| {
        let org = &world.orgs[granted.org];
        let user = lock(&org.state).users[granted.user].setup.username.clone();
        match world.faults.error(
            "login oauth",
            Who {
                org: &org.name,
                user: &user,
            },
        ) {
            Some(error) => Err(Refused(
                "invalid_grant",
                if error.message.is_empty() {
                    error.code.into_owned()
                } else {
                    error.message
                },
            )),
            None => Ok((granted, user)),
        }
    });
    match result {
        Ok((granted, user)) => {
            username.clone_from(&user);
            answer(world, &granted, username)
        }
        Err(Refused(error, description)) => LoginReply {
            status: 400,
            body: json!({"error": error, "error_description": description}).to_string(),
            org: find_org(world, door, &username)
                .map_or_else(String::new, |o| world.orgs[o].name.clone()),
            username,
            summary: format!("400 {error}: {description}"),
        },
    }
}

fn answer(world: &World, granted: &Granted, username: String) -> LoginReply {
    let org = &world.orgs[granted.org];
    let state = lock(&org.state);
    let token = world.new_session(granted.org, granted.user, &state.id, false);
    let url = instance_url(&state, granted.user, org.listener.port());
    let id = format!(
        "https://login.salesforce.com/id/{}/{}",
        state.id, state.users[granted.user].id
    );
    let mut body = json!({
        "access_token": token, "instance_url": url, "id": id, "token_type": "Bearer",
    });
    if granted.flow != Flow::Password {
        body["scope"] = json!("api");
    }
    if granted.flow != Flow::Jwt {
        body["issued_at"] = json!(world.clock.now().to_string());
        body["signature"] = json!("c2ltdWxhdGVkIHNpZ25hdHVyZQ==");
    }
    LoginReply {
        status: 200,
        body: body.to_string(),
        org: org.name.clone(),
        username,
        summary: "200".to_owned(),
    }
}

/// The app with this consumer key, among the orgs that this door leads to.
fn app(world: &World, door: Door, client_id: &str) -> Result<(usize, AppSetup), Refused> {
    world
        .orgs
        .iter()
        .enumerate()
        .filter(|(number, _)| door == Door::Login || door == Door::Org(*number))
        .find_map(|(number, org)| {
            let state = lock(&org.state);
            let app = state
                .settings
                .apps
                .iter()
                .find(|a| a.client_id == client_id)?;
            Some((number, app.clone()))
        })
        .ok_or(Refused(
            "invalid_client_id",
            "client identifier invalid".into(),
        ))
        .and_then(|(org, app)| {
            if app.external && door == Door::Login {
                return Err(not_installed(world, org));
            }
            Ok((org, app))
        })
}

/// What a host other than the org's own says of an External Client App.
fn not_installed(world: &World, org: usize) -> Refused {
    match lock(&world.orgs[org].state)
        .settings
        .external_app_error
        .as_str()
    {
        "invalid_client" => Refused("invalid_client", "app must be installed into org".into()),
        _ => Refused(
            "app_not_found",
            "External client app is not installed in this org".into(),
        ),
    }
}

fn check_secret(app: &AppSetup, given: &str) -> Result<(), Refused> {
    if app.client_secret.0.is_empty() || given != app.client_secret.0 {
        return Err(Refused(
            "invalid_client",
            "invalid client credentials".into(),
        ));
    }
    Ok(())
}

fn password<'a>(
    world: &World,
    door: Door,
    field: &impl Fn(&str) -> &'a str,
    username: &str,
) -> Result<Granted, Refused> {
    let (_, app) = app(world, door, field("client_id"))?;
    check_secret(&app, field("client_secret"))?;
    let failure = || Refused::grant("authentication failure");
    let org = find_org(world, door, username).ok_or_else(failure)?;
    let mut state = lock(&world.orgs[org].state);
    if !state.settings.oauth_password {
        return Err(failure());
    }
    let user = state.user(username).ok_or_else(failure)?;
    match credentials::check(&mut state, user, field("password"), world.clock.now()) {
        Ok(()) if state.users[user].setup.password_expired => {
            Err(Refused::grant("expired password"))
        }
        Ok(()) => Ok(Granted {
            org,
            user,
            flow: Flow::Password,
        }),
        Err(Refusal::RateExceeded) => Err(Refused::grant("login rate exceeded")),
        Err(Refusal::Invalid | Refusal::NeedsToken) => Err(failure()),
    }
}

fn client_credentials<'a>(
    world: &World,
    door: Door,
    field: &impl Fn(&str) -> &'a str,
) -> Result<Granted, Refused> {
    if door == Door::Login {
        return Err(Refused::grant("request not supported on this domain"));
    }
    let (org, app) = app(world, door, field("client_id"))?;
    check_secret(&app, field("client_secret"))?;
    if !app.client_credentials {
        return Err(Refused(
            "invalid_grant",
            "client credentials flow is not enabled".into(),
        ));
    }
    let mut state = lock(&world.orgs[org].state);
    let user = state
        .user(&app.run_as)
        .ok_or_else(|| Refused::grant("no client credentials user enabled"))?;
    if !state.users[user].setup.active {
        return Err(Refused::grant("no client credentials user enabled"));
    }
    state.users[user].good_logins += 1;
    Ok(Granted {
        org,
        user,
        flow: Flow::ClientCredentials,
    })
}

/// The claims of an assertion, unchecked.
fn claims(assertion: &str) -> Option<Value> {
    use base64::Engine as _;
    let middle = assertion.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(middle)
        .ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn jwt_bearer(world: &World, door: Door, assertion: &str) -> Result<Granted, Refused> {
    let invalid = || Refused::grant("invalid assertion");
    let unchecked = claims(assertion).ok_or_else(invalid)?;
    let (org, app) = app(world, door, unchecked["iss"].as_str().unwrap_or(""))?;
    let mut state = lock(&world.orgs[org].state);
    if app.public_key.is_empty() {
        return Err(invalid());
    }
    let key = DecodingKey::from_rsa_pem(app.public_key.as_bytes()).map_err(|_| {
        Refused(
            "invalid_client",
            "the app's certificate cannot be read".into(),
        )
    })?;
    // Times are checked below, by the simulator's clock.
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims = ["sub", "aud"].map(str::to_owned).into();
    let claims = jsonwebtoken::decode::<Value>(assertion, &key, &rules)
        .map_err(|_| invalid())?
        .claims;
    let audience = match state.settings.jwt_audience.as_str() {
        "" if state.settings.sandbox => "https://test.salesforce.com",
        "" => "https://login.salesforce.com",
        other => other,
    };
    if claims["aud"] != audience {
        return Err(Refused::grant("audience is invalid"));
    }
    let now = world.clock.now() / 1_000;
    // Clients also write the time as text, and round it up.
    let expires = match &claims["exp"] {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    };
    match expires {
        Some(exp) if exp > now && exp <= now + 181 => {}
        _ => return Err(Refused::grant("assertion is expired or expires too late")),
    }
    let username = claims["sub"].as_str().unwrap_or("");
    let user = state
        .user(username)
        .ok_or_else(|| Refused::grant("user hasn't approved this consumer"))?;
    if !app
        .authorised
        .iter()
        .any(|u| u.eq_ignore_ascii_case(username))
    {
        return Err(Refused::grant("user hasn't approved this consumer"));
    }
    if !state.users[user].setup.active || state.users[user].setup.locked {
        return Err(Refused::grant("inactive user"));
    }
    state.users[user].good_logins += 1;
    Ok(Granted {
        org,
        user,
        flow: Flow::Jwt,
    })
}
