//! The admin API: what tests and people ask of the simulator, as JSON over
//! plain HTTP on the loopback interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{Fault, covers};
use crate::net::Mode;
use crate::setup::{OrgSetup, UserSetup};
use crate::simulator::Inner;
use crate::tls::Certificate;
use crate::world::lock;

/// Starts the admin API and gives its port.
pub(crate) fn start(port: u16, inner: Arc<Inner>) -> std::io::Result<u16> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let inner = inner.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| exchange(inner.clone(), request));
                // Who hangs up early has his answer already, or does not want it.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(port)
}

async fn exchange(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, 64 << 20)
        .collect()
        .await
        .map(|b| b.to_bytes())
        .unwrap_or_default();
    let query: Vec<(String, String)> =
        form_urlencoded::parse(head.uri.query().unwrap_or("").as_bytes())
            .into_owned()
            .collect();
    // Some of it waits (for a listener to be down): not on a thread that serves.
    let answered = tokio::task::spawn_blocking(move || {
        let asked = Asked {
            inner: &inner,
            query,
            body: if body.is_empty() {
                json!({})
            } else {
                serde_json::from_slice(&body).unwrap_or(Value::Null)
            },
        };
        let path: Vec<&str> = head.uri.path().trim_matches('/').split('/').collect();
        asked.answer(head.method.as_str(), &path)
    })
    .await
    .unwrap_or_else(|_| Err("the request could not be carried out".into()));
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(message) => (400, json!({"error": message})),
    };
    let mut response = Response::new(Full::new(Bytes::from(format!("{body:#}\n"))));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

struct Asked<'a> {
    inner: &'a Inner,
    query: Vec<(String, String)>,
    body: Value,
}

type Answer = Result<Value, String>;

impl Asked<'_> {
    fn answer(&self, method: &str, path: &[&str]) -> Answer {
        let world = &self.inner.world;
        match (method, path) {
            ("GET", [""]) => Ok(self.status()),
            ("GET", ["records", object]) => Ok(self.records(object)),
            ("GET", ["requests"]) => Ok(self.requests()),
            ("DELETE", ["requests"]) => {
                world.log.clear();
                Ok(json!({}))
            }
            ("GET", ["counts"]) => Ok(json!(world.log.counts())),
            ("GET", ["logins"]) => Ok(json!(world.log.logins())),
            ("GET", ["faults"]) => Ok(json!(world.faults.list())),
            ("POST", ["faults"]) => {
                world.faults.add(self.read::<Fault>(&self.body)?);
                Ok(json!({}))
            }
            ("DELETE", ["faults"]) => {
                world.faults.clear();
                Ok(json!({}))
            }
            ("POST", ["seed"]) => self.seed(),
            ("POST", ["expire"]) => {
                for org in self.orgs()? {
                    self.inner.expire(&org);
                }
                Ok(json!({}))
            }
            ("POST", ["down"]) => self.switch(Mode::Down),
            ("POST", ["up"]) => self.switch(Mode::Up),
            ("POST", ["freeze"]) => self.switch(Mode::Frozen),
            ("POST", ["certificate"]) => self.certificate(),
            ("POST", ["clock"]) => {
                let seconds = self.body["advance_seconds"]
                    .as_u64()
                    .ok_or("advance_seconds is missing")?;
                world.clock.advance(Duration::from_secs(seconds));
                world.changes.announce();
                Ok(json!({}))
            }
            ("PATCH", ["users", username]) => self.patch_user(username),
            ("PATCH", ["orgs", org]) => self.patch_org(org),
            ("POST", ["usage"]) => {
                let used = self.body["used"].as_u64().ok_or("used is missing")?;
                for org in self.orgs()? {
                    lock(&self.inner.org(&org).state)
                        .usage
                        .reset(world.clock.now(), used);
                }
                Ok(json!({}))
            }
            _ => Err(format!(
                "there is no {method} /{}; see the README",
                path.join("/")
            )),
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    fn read<T: for<'d> Deserialize<'d>>(&self, value: &Value) -> Result<T, String> {
        serde_json::from_value(value.clone()).map_err(|e| e.to_string())
    }

    /// The org that `org` in body or query names, or all.
    fn orgs(&self) -> Result<Vec<String>, String> {
        match self.body["org"].as_str().or_else(|| self.parameter("org")) {
            None => Ok(self
                .inner
                .world
                .orgs
                .iter()
                .map(|o| o.name.clone())
                .collect()),
            Some(name) if self.inner.world.org(name).is_some() => Ok(vec![name.to_owned()]),
            Some(name) => Err(format!("no org is called {name}")),
        }
    }

    fn status(&self) -> Value {
        let world = &self.inner.world;
        let now = world.clock.now();
        let orgs: Vec<Value> = world
            .orgs
            .iter()
            .map(|org| {
                let mut state = lock(&org.state);
                let used = state.usage.total(now);
                let users: Vec<Value> = state
                    .users
                    .iter()
                    .map(|u| {
                        json!({"username": u.setup.username, "id": u.id, "good_logins": u.good_logins,
                               "bad_logins": u.bad_logins,
                               "locked": u.setup.locked || u.locked_until.is_some_and(|t| t > now)})
                    })
                    .collect();
                let counts: serde_json::Map<String, Value> = ["Account", "Case", "Contact", "Task"]
                    .iter()
                    .map(|o| ((*o).to_owned(), json!(state.store.count(o))))
                    .collect();
                json!({"name": org.name, "id": state.id, "port": org.listener.port(),
                       "api_used": used, "api_daily_limit": state.settings.api_daily_limit,
                       "records": counts, "users": users})
            })
            .collect();
        json!({"login_port": self.inner.login.port(), "orgs": orgs})
    }

    fn records(&self, object: &str) -> Value {
        json!(self.inner.records(self.parameter("org"), object))
    }

    /// The log, narrowed by `kind`, `user`, `since` (a number) and `limit` (the newest).
    fn requests(&self) -> Value {
        let since: u64 = self
            .parameter("since")
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let mut found = self.inner.world.log.requests();
        found.retain(|r| {
            r.number > since
                && self
                    .parameter("kind")
                    .is_none_or(|kind| covers(kind, &r.kind))
                && self.parameter("user").is_none_or(|user| r.user == user)
        });
        let limit = self
            .parameter("limit")
            .and_then(|l| l.parse().ok())
            .unwrap_or(usize::MAX);
        let from = found.len().saturating_sub(limit);
        json!(found[from..])
    }

    fn seed(&self) -> Answer {
        let records = match &self.body["records"] {
            Value::Array(list) => list.clone(),
            _ => return Err("records is missing".into()),
        };
        let org = &self.orgs()?[0];
        let ids: Result<Vec<String>, String> = records
            .iter()
            .map(|record| self.inner.seed(org, record))
            .collect();
        Ok(json!({"ids": ids?}))
    }

    fn switch(&self, mode: Mode) -> Answer {
        match self.body["org"].as_str() {
            None => self.inner.switch_all(mode),
            Some("login") => self.inner.login.switch(mode),
            Some(_) => self.inner.org(&self.orgs()?[0]).listener.switch(mode),
        }
        Ok(json!({}))
    }

    fn certificate(&self) -> Answer {
        let which: Certificate = self.read(&self.body["present"])?;
        if self.body["org"] == "login" {
            self.inner.login.present(which);
            return Ok(json!({}));
        }
        for org in self.orgs()? {
            self.inner.org(&org).listener.present(which);
        }
        Ok(json!({}))
    }

    fn patch_user(&self, username: &str) -> Answer {
        let mut result = Ok(json!({}));
        let found =
            self.inner
                .update_user(username, |user| match self.patched::<UserSetup>(user) {
                    Ok(new) => *user = new,
                    Err(error) => result = Err(error),
                });
        if found {
            result
        } else {
            Err(format!("no user is called {username}"))
        }
    }

    fn patch_org(&self, name: &str) -> Answer {
        let org = self
            .inner
            .world
            .org(name)
            .ok_or_else(|| format!("no org is called {name}"))?;
        let mut state = lock(&org.state);
        state.settings = self.patched::<OrgSetup>(&state.settings)?;
        drop(state);
        self.inner.world.changes.announce();
        Ok(json!({}))
    }

    /// A setting with the members of the body put over it.
    fn patched<T: serde::Serialize + for<'d> Deserialize<'d>>(&self, old: &T) -> Result<T, String> {
        let mut value = serde_json::to_value(old).map_err(|e| e.to_string())?;
        let changes = self.body.as_object().ok_or("an object is expected")?;
        for (name, change) in changes {
            value[name.as_str()] = change.clone();
        }
        self.read(&value)
    }
}
