//! All that is asked of Salesforce, each asked of a hostile server and then of a good one.

use crate::ALLOCATOR;
use crate::server::{Reply, Server, answer};
use crate::support::{
    PASSWORD, SESSION_ID, TOKEN, after_login_with, client_with, create, find_case, logged_in, user,
};
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::config::settings::{Auth, Lookup, User};
use res_ansitel_salesforce::salesforce::{Action, Client, ClientOptions, Error, Kind, Session};
use serde_json::Map;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Never to be seen, either.
pub const CLIENT_SECRET: &str = "cLiEnT-sEcReT";

/// Bytes that a request may take beyond what there was before.
const MOST_MEMORY: usize = 64 << 20;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    SoapLogin,
    OauthLogin,
    Search,
    Query,
    Write,
    Describe,
}

impl Way {
    pub const ALL: [Way; 6] = [
        Way::SoapLogin,
        Way::OauthLogin,
        Way::Search,
        Way::Query,
        Way::Write,
        Way::Describe,
    ];

    pub fn is_login(self) -> bool {
        matches!(self, Way::SoapLogin | Way::OauthLogin)
    }

    /// A good answer's body.
    pub fn good(self, port: u16) -> String {
        let url = format!("https://localhost:{port}/services");
        match self {
            Way::SoapLogin => logged_in(&url),
            Way::OauthLogin => granted(&url),
            Way::Search => r#"{"searchRecords":[]}"#.to_owned(),
            Way::Query => r#"{"totalSize":0,"done":true,"records":[]}"#.to_owned(),
            Way::Write => r#"{"graphs":[{"graphId":"g0","isSuccessful":true,"graphResponse":
                {"compositeResponse":[{"referenceId":"r0","httpStatusCode":201,"httpHeaders":{},
                "body":{"id":"500000000000001AAA","success":true,"errors":[]}}]}}]}"#
                .to_owned(),
            Way::Describe => r#"{"createable":true,"fields":[]}"#.to_owned(),
        }
    }
}

/// The answer to an OAuth login.
pub fn granted(instance_url: &str) -> String {
    serde_json::json!({
        "access_token": SESSION_ID,
        "instance_url": instance_url,
        "id": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
        "token_type": "Bearer",
    })
    .to_string()
}

/// A user who logs in by OAuth.
pub fn oauth_user(port: u16) -> User {
    User {
        auth: Auth::Password {
            client_id: "APP".to_owned(),
            client_secret: Some(CLIENT_SECRET.to_owned().into()),
            password: PASSWORD.to_owned().into(),
            token: TOKEN.to_owned().into(),
        },
        ..user(port)
    }
}

/// One test at a time, so that memory can be measured.
static ALONE: Mutex<()> = Mutex::new(());

/// A server, a client and a session.
pub struct Scene {
    pub server: Server,
    pub client: Client,
    pub session: Session,
    memory: usize,
    most_before: usize,
}

/// Runs a test alone.
pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client's limit for a request.
pub fn in_time(limit: Duration) -> impl Fn(&mut ClientOptions) {
    move |options| options.request_timeout = limit
}

/// Each way in a scene of its own, all at the same time: for what takes its time.
pub fn at_once(change: impl Fn(&mut ClientOptions) + Sync, test: impl Fn(&Scene, Way) + Sync) {
    let (change, test) = (&change, &test);
    std::thread::scope(|scope| {
        for way in Way::ALL {
            scope.spawn(move || test(&Scene::with(change), way));
        }
    });
}

impl Scene {
    pub fn new() -> Scene {
        Scene::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut ClientOptions)) -> Scene {
        // Before a mistake takes the machine's memory.
        ALLOCATOR.set_limit(16 * MOST_MEMORY).expect("a limit");
        let (server, client, session) = after_login_with(Vec::new(), change);
        Scene {
            server,
            client,
            session,
            memory: ALLOCATOR.allocated(),
            most_before: ALLOCATOR.max_allocated(),
        }
    }

    /// Asks once.
    pub fn ask(&self, way: Way) -> Result<(), Error> {
        let forms = [vec!["301234567".to_owned()]];
        match way {
            Way::SoapLogin => self.client.login(&user(self.server.port)).map(drop),
            Way::OauthLogin => self.client.login(&oauth_user(self.server.port)).map(drop),
            Way::Search => self
                .client
                .find_by_phone(&self.session, Lookup::Sosl, &forms)
                .map(drop),
            Way::Query => {
                let since = Timestamp(0);
                find_case(&self.client, &self.session, "pbx-1.2-100", None, since).map(drop)
            }
            Way::Write => create(&self.client, &self.session, "Case", &Map::new()).map(drop),
            Way::Describe => self.client.describe(&self.session, "Case").map(drop),
        }
    }

    /// Asks while the server does its worst: the error. It took bounded memory and tells no
    /// secret, and a good answer afterwards is taken.
    pub fn suffer(&self, way: Way, hostile: Reply) -> Error {
        self.server.script([hostile]);
        let error = self
            .ask(way)
            .expect_err("a hostile answer is taken for a good one");
        check(way, &error);
        self.check_memory(way);
        self.recover(way);
        error
    }

    /// The error that an answer ends in; nothing else is checked.
    pub fn server_says(&self, way: Way, status: u16, body: &str) -> Error {
        let reply = Reply::Bytes(answer(status, "application/json", body));
        self.server.script([reply]);
        self.ask(way).expect_err("an error")
    }

    /// The most that was ever allocated, if that was in this test, is little more than what there
    /// was at its beginning.
    pub fn check_memory(&self, way: Way) {
        let most = ALLOCATOR.max_allocated();
        let taken = most.saturating_sub(self.memory);
        let is_new = most > self.most_before;
        assert!(
            !is_new || taken <= MOST_MEMORY,
            "{way:?}: {} MiB",
            taken >> 20
        );
    }

    /// A good answer to the next request.
    pub fn promise(&self, way: Way) {
        let good = answer(200, "application/json", &way.good(self.server.port));
        self.server.script([Reply::Bytes(good)]);
    }

    /// Asks a server that is well again.
    pub fn recover(&self, way: Way) {
        // A login that meets a connection in the act of closing is not repeated.
        self.server.close_connections();
        self.promise(way);
        if let Err(error) = self.ask(way) {
            panic!("{way:?} afterwards: {error}");
        }
    }
}

/// Holds for every error.
pub fn check(way: Way, error: &Error) {
    let shown = format!("{error} {error:?}");
    let escaped = quick_xml::escape::escape(PASSWORD).into_owned();
    for secret in [PASSWORD, &escaped, TOKEN, SESSION_ID, CLIENT_SECRET] {
        assert!(!shown.contains(secret), "{way:?}: {shown}");
    }
    assert!(error.to_string().chars().count() <= 500);
    assert!(!error.to_string().chars().any(char::is_control));
    // A refusal that is not Salesforce's must not stop a user's calls for good.
    assert_ne!(error.action(), Action::FailCall, "{way:?}: {error}");
}

/// Nobody's answer: try later; whether a write happened is open.
pub fn is_outage(way: Way, error: &Error, kinds: &[Kind]) {
    assert!(
        kinds.contains(&error.kind()),
        "{way:?}: {:?} {error}",
        error.kind()
    );
    assert_eq!(error.action(), Action::Retry, "{way:?}: {error}");
    assert_eq!(error.in_doubt(), way == Way::Write, "{way:?}: {error}");
}

/// A client that trusts Salesforce's domain as well as the server.
pub fn worldly(scene: &Scene) -> Client {
    client_with(scene.server.ca.path(), |options| {
        options.trusted_domains = vec!["localhost".to_owned(), "salesforce.com".to_owned()];
    })
}
