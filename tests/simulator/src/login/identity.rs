//! What a session is asked about itself: whose it is, and that it is to end.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Door, instance_url};
use crate::exchange::{Asked, bearer};
use crate::world::{World, lock};

/// An answer outside the REST API.
pub(crate) struct Said {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Said {
    fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: "text/html;charset=UTF-8",
            body: body.to_owned(),
        }
    }

    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json;charset=UTF-8",
            body: body.to_string(),
        }
    }
}

/// Answers a path that is about a session; `None` if it is none of those.
pub(crate) fn answer(world: &World, asked: &Asked) -> Option<Said> {
    let path = asked.path.as_str();
    if path == "/services/oauth2/revoke" {
        return Some(revoke(world, asked));
    }
    let of = path.strip_prefix("/id/");
    if of.is_none() && path != "/services/oauth2/userinfo" {
        return None;
    }
    let form: HashMap<_, _> = form_urlencoded::parse(asked.query.as_bytes()).collect();
    let token = asked
        .header("authorization")
        .and_then(bearer)
        .or_else(|| form.get("oauth_token").map(AsRef::as_ref));
    let Some(token) = token else {
        return Some(Said::text(403, "Missing_OAuth_Token"));
    };
    let Some((org, user, _)) = world.session(token) else {
        return Some(Said::text(403, "Bad_OAuth_Token"));
    };
    if matches!(asked.door, Door::Org(door) if door != org) {
        return Some(Said::text(403, "Bad_OAuth_Token"));
    }
    let person = Person::of(world, org, user);
    Some(match of {
        Some(of) if of != person.path() => Said::text(403, "Wrong_Org"),
        Some(_) => Said::json(200, &person.identity()),
        None => Said::json(200, &person.user_info()),
    })
}

fn revoke(world: &World, asked: &Asked) -> Said {
    // The parameter may stand in the body or, also of a POST, in the query.
    let token = form_urlencoded::parse(&asked.body)
        .chain(form_urlencoded::parse(asked.query.as_bytes()))
        .find(|(name, _)| name == "token");
    let ended = token.is_some_and(|(_, token)| lock(&world.sessions).remove(&*token).is_some());
    if ended {
        return Said::text(200, "");
    }
    let error = json!({"error": "unsupported_token_type",
                       "error_description": "this token type is not supported"});
    Said::json(400, &error)
}

/// Whom a session belongs to.
struct Person {
    org: String,
    id: String,
    username: String,
    first: String,
    last: String,
    language: String,
    url: String,
    changed: Value,
}

impl Person {
    fn of(world: &World, org: usize, user: usize) -> Self {
        let state = lock(&world.orgs[org].state);
        let login = &state.users[user];
        let (table, row) = state.store.locate(&login.id).expect("every user is kept");
        let object = &state.store.tables[table].object;
        let row = state.store.row(table, row);
        let text = |name: &str| row.get(object, name).as_text().unwrap_or("").to_owned();
        Self {
            org: state.id.clone(),
            id: login.id.clone(),
            username: login.setup.username.clone(),
            first: text("FirstName"),
            last: text("LastName"),
            language: login.setup.language.clone(),
            url: instance_url(&state, user, world.orgs[org].listener.port()),
            changed: row.get(object, "LastModifiedDate").to_json(),
        }
    }

    fn path(&self) -> String {
        format!("{}/{}", self.org, self.id)
    }

    fn name(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }

    fn nickname(&self) -> &str {
        self.username.split('@').next().unwrap_or("")
    }

    fn urls(&self) -> Value {
        let Self { url, org, id, .. } = self;
        let data = format!("{url}/services/data/v{{version}}");
        json!({
            "enterprise": format!("{url}/services/Soap/c/{{version}}/{org}"),
            "metadata": format!("{url}/services/Soap/m/{{version}}/{org}"),
            "partner": format!("{url}/services/Soap/u/{{version}}/{org}"),
            "rest": format!("{data}/"),
            "sobjects": format!("{data}/sobjects/"),
            "search": format!("{data}/search/"),
            "query": format!("{data}/query/"),
            "recent": format!("{data}/recent/"),
            "tooling_soap": format!("{url}/services/Soap/T/{{version}}/{org}"),
            "tooling_rest": format!("{data}/tooling/"),
            "profile": format!("{url}/{id}"),
            "feeds": format!("{data}/chatter/feeds"),
            "groups": format!("{data}/chatter/groups"),
            "users": format!("{data}/chatter/users"),
            "feed_items": format!("{data}/chatter/feed-items"),
            "feed_elements": format!("{data}/chatter/feed-elements"),
            "custom_domain": url,
        })
    }

    fn photos(&self) -> Value {
        let picture = |size: &str| format!("{}/profilephoto/005/{size}", self.url);
        json!({"picture": picture("F"), "thumbnail": picture("T")})
    }

    fn identity(&self) -> Value {
        json!({
            "id": format!("https://login.salesforce.com/id/{}", self.path()),
            "asserted_user": true,
            "user_id": self.id,
            "organization_id": self.org,
            "username": self.username,
            "nick_name": self.nickname(),
            "display_name": self.name(),
            "email": self.username,
            "email_verified": true,
            "first_name": optional(&self.first),
            "last_name": self.last,
            "timezone": "Europe/Berlin",
            "photos": self.photos(),
            "addr_street": null, "addr_city": null, "addr_state": null,
            "addr_country": null, "addr_zip": null,
            "mobile_phone": null,
            "mobile_phone_verified": false,
            "is_lightning_login_user": false,
            "status": {"created_date": null, "body": null},
            "urls": self.urls(),
            "active": true,
            "user_type": "STANDARD",
            "language": self.language,
            "locale": self.language,
            "utcOffset": 3_600_000,
            "last_modified_date": self.changed,
            "is_app_installed": true,
        })
    }

    fn user_info(&self) -> Value {
        json!({
            "sub": format!("https://login.salesforce.com/id/{}", self.path()),
            "user_id": self.id,
            "organization_id": self.org,
            "preferred_username": self.username,
            "nickname": self.nickname(),
            "name": self.name(),
            "email": self.username,
            "email_verified": true,
            "given_name": optional(&self.first),
            "family_name": self.last,
            "zoneinfo": "Europe/Berlin",
            "photos": self.photos(),
            "profile": format!("{}/{}", self.url, self.id),
            "picture": self.photos()["picture"],
            "address": {},
            "urls": self.urls(),
            "active": true,
            "user_type": "STANDARD",
            "language": self.language,
            "locale": self.language,
            "utcOffset": 3_600_000,
            "updated_at": self.changed,
        })
    }
}

fn optional(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}
