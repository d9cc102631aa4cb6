//! What a request asks for, and whether it may.

use super::conf::Wanted;
use super::sessions::Login;
use super::{Desk, Request, Response, Rights, Tokens};
use crate::config::settings::Settings;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How many calls are shown unless more are asked for, and at most.
const CALLS: usize = 50;
const MOST_CALLS: usize = 500;

/// How large a body may be, in bytes, and how long it may take, in milliseconds: of a stranger, who
/// may hold one of Asterisk's HTTP threads no longer than that, and of somebody who is logged in.
const LOGIN_BODY: (u32, u32) = (1024, 3_000);
const BODY: (u32, u32) = (40_960, 10_000);

/// What is to be done.
#[derive(Debug)]
pub enum Task {
    /// Begin a session.
    Login(Login),
    /// End the session.
    Logout,
    /// Who is asking, and what the page has to know.
    Session,
    /// All users.
    Users,
    /// A user with everything that its form shows; `None`: what the form of a new one shows.
    User(Option<String>),
    /// Calls.
    Calls(CallFilter),
    /// The interface as a whole.
    Status,
    /// What the form of `[general]` shows.
    Settings,
    /// Figures for Prometheus.
    Metrics,
    /// How far a test has come.
    Tested(u64),
    /// Write a section.
    Save(Save),
    /// Remove a user.
    Remove(Remove),
    /// Test a user.
    Test(String),
    /// Send failed calls again; `None`: all of them.
    Retry(Option<i64>),
    /// Give a call up.
    Discard(i64),
    /// Start or stop the interface.
    Switch(bool),
}

/// Which calls to show.
#[derive(Debug, PartialEq, Eq)]
pub struct CallFilter {
    /// Of this user.
    pub user: Option<String>,
    /// In this state, in the words of the reports.
    pub state: Option<String>,
    /// Of callers whose number holds these digits.
    pub number: Option<String>,
    /// How many at most.
    pub count: usize,
}

/// A section as it is to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// `general`, or a user.
    pub name: String,
    /// There is none of this name yet.
    #[serde(default)]
    pub is_new: bool,
    /// Of the files as they were when the form was filled.
    pub fingerprint: String,
    /// The options to change.
    pub set: BTreeMap<String, Wanted>,
    /// Secrets that would go somewhere new by that, entered again, by section.
    #[serde(default)]
    pub again: BTreeMap<String, BTreeMap<String, Wanted>>,
}

/// A user that is to go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// Its section.
    pub name: String,
    /// Of the files as they were when the user was shown.
    pub fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallId {
    id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    started: bool,
}

/// What a request asks for, if it may.
///
/// # Errors
/// The answer, where nothing has to be looked at or done for it.
pub fn route(request: &Request, settings: &Settings, desk: &Desk) -> Result<Task, Response> {
    let Desk { tokens, assets, .. } = desk;
    if !(request.is_encrypted || request.is_local() || settings.web_insecure) {
        return Err(insecure(request));
    }
    if request.path == "." {
        return Err(Response::elsewhere("salesforce/"));
    }
    let is_post = request.method == "POST";
    if let Some(file) = assets.get(request) {
        return Err(if is_post { wrong_method() } else { file });
    }
    let is_one_of = |paths: &[&str]| paths.contains(&request.path.as_str());
    let changes = is_one_of(CHANGE);
    if !is_one_of(READ) && !is_one_of(DOOR) && !changes {
        return Err(Response::problem(404, "unknown", "There is nothing here."));
    }
    if is_post == is_one_of(READ) {
        return Err(wrong_method());
    }
    if is_one_of(DOOR) {
        check_sender(request)?;
        return whole(request, LOGIN_BODY);
    }
    if request.path == "api/session" {
        return Ok(Task::Session);
    }
    if request.path == "metrics" && knows_token(request, settings, tokens) {
        return Ok(Task::Metrics);
    }
    if request.rights == Rights::None {
        return Err(Response::problem(401, "login", "Log in first."));
    }
    if changes {
        check_change(request, tokens)?;
    }
    whole(request, BODY)
}

/// What a request asks for, once its body is there.
fn whole(request: &Request, (bytes, milliseconds): (u32, u32)) -> Result<Task, Response> {
    if request.is_head {
        return Err(Response::go_on(bytes, milliseconds));
    }
    task(request)
}

/// Nobody has to be logged in for these.
const DOOR: &[&str] = &["api/login", "api/logout"];

const READ: &[&str] = &[
    "api/session",
    "api/users",
    "api/user",
    "api/calls",
    "api/status",
    "api/settings",
    "api/test",
    "metrics",
];

const CHANGE: &[&str] = &[
    "api/save",
    "api/remove",
    "api/test/start",
    "api/retry",
    "api/discard",
    "api/interface",
];

fn task(request: &Request) -> Result<Task, Response> {
    Ok(match request.path.as_str() {
        "api/users" => Task::Users,
        "api/user" => Task::User(request.parameter("name")),
        "api/calls" => Task::Calls(CallFilter::of(request)),
        "api/status" => Task::Status,
        "api/settings" => Task::Settings,
        "metrics" => Task::Metrics,
        "api/test" => {
            let id = request.parameter("id").and_then(|id| id.parse().ok());
            Task::Tested(id.ok_or_else(unreadable)?)
        }
        "api/login" => Task::Login(body(request)?),
        "api/logout" => body::<Nothing>(request).map(|_| Task::Logout)?,
        "api/save" => Task::Save(body(request)?),
        "api/remove" => Task::Remove(body(request)?),
        "api/test/start" => Task::Test(body::<Name>(request)?.name),
        "api/retry" => Task::Retry(body::<CallId>(request)?.id),
        "api/discard" => Task::Discard(body::<CallId>(request)?.id.ok_or_else(unreadable)?),
        _ => Task::Switch(body::<Switch>(request)?.started),
    })
}

/// Does the request bring the token for figures?
fn knows_token(request: &Request, settings: &Settings, tokens: &Tokens) -> bool {
    let header = request.header("Authorization").unwrap_or_default();
    let brought = header.strip_prefix("Bearer ").map(str::trim);
    match (&settings.metrics_token, brought) {
        (Some(token), Some(brought)) => tokens.are_same(token.expose_secret(), brought),
        _ => false,
    }
}

/// May this request change anything?
fn check_change(request: &Request, tokens: &Tokens) -> Result<(), Response> {
    if request.rights != Rights::Change {
        let message = "This user may look, but not change anything: in manager.conf, its write \
                       has to hold system and config.";
        return Err(Response::problem(403, "rights", message));
    }
    check_sender(request)?;
    let token = request.header("X-Salesforce-Token").unwrap_or_default();
    if !tokens.is_of(&request.session, token) {
        return Err(forged());
    }
    Ok(())
}

/// Did a page of ours send it, or a program? Not a page of another site: such a page could have a
/// browser's user log in as somebody else, too.
fn check_sender(request: &Request) -> Result<(), Response> {
    if !request.is_of_our_page() {
        return Err(forged());
    }
    if !request.is_json() {
        return Err(unreadable());
    }
    Ok(())
}

fn forged() -> Response {
    let message = "This request does not come from the page: load the page again.";
    Response::problem(403, "forged", message)
}

impl CallFilter {
    fn of(request: &Request) -> CallFilter {
        let parameter = |name: &str| request.parameter(name).filter(|value| !value.is_empty());
        let count = parameter("count").and_then(|count| count.parse().ok());
        CallFilter {
            user: parameter("user"),
            state: parameter("state"),
            number: parameter("number"),
            count: count.unwrap_or(CALLS).clamp(1, MOST_CALLS),
        }
    }
}

fn body<'b, T: Deserialize<'b>>(request: &'b Request) -> Result<T, Response> {
    request.json().ok_or_else(unreadable)
}

fn unreadable() -> Response {
    Response::problem(400, "unreadable", "This request cannot be read.")
}

fn wrong_method() -> Response {
    Response::problem(405, "method", "Not this way.").with("Allow", "GET, HEAD, POST")
}

/// A page in words: whoever sits there has asked for a page.
fn insecure(request: &Request) -> Response {
    let (language, title, text) = if request.prefers_german() {
        (
            "de",
            "Nur verschlüsselt",
            "Diese Seite wird über eine unverschlüsselte Verbindung nur auf der Telefonanlage \
             selbst gezeigt, denn Kennwörter könnten mitgelesen werden. Rufen Sie sie mit https:// \
             auf (TLS in http.conf), oder erlauben Sie es mit web_insecure = yes in \
             salesforce.conf.",
        )
    } else {
        (
            "en",
            "Encrypted only",
            "Without encryption this page is shown on the telephone system itself only, for \
             passwords could be overheard. Open it with https:// (TLS in http.conf), or allow it \
             with web_insecure = yes in salesforce.conf.",
        )
    };
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1><p>{text}</p></html>\n"
    );
    Response::text(403, "text/html; charset=utf-8", "no-store", page)
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;
    use crate::config::{self, RawOption, RawSection};

    const TOKEN: &str = "0123456789abcdef";

    struct Door {
        settings: Settings,
        desk: Desk,
    }

    impl Door {
        fn new() -> Door {
            let general = RawSection {
                name: "general".to_owned(),
                file: String::new(),
                line: 0,
                options: vec![RawOption {
                    name: "metrics_token".to_owned(),
                    value: TOKEN.to_owned(),
                    file: String::new(),
                    line: 0,
                }],
            };
            let settings = config::read(&[general]).configuration.unwrap().settings;
            Door {
                settings,
                desk: Desk::default(),
            }
        }

        fn knock(&self, request: &Request) -> Result<Task, u16> {
            route(request, &self.settings, &self.desk).map_err(|answer| answer.status)
        }

        fn post(&self, path: &str, body: &str) -> Request {
            let mut of = request("POST", path);
            of.headers = format!(
                "Content-Type: application/json\nX-Salesforce-Token: {}\n",
                self.desk.tokens.of(&of.session)
            )
            .into();
            of.body = body.to_owned().into();
            of
        }
    }

    #[test]
    fn changing_takes_rights_a_token_and_json() {
        let door = Door::new();
        let good = door.post("api/interface", r#"{"started":false}"#);
        assert!(matches!(door.knock(&good), Ok(Task::Switch(false))));
        let refused = |change: &dyn Fn(&mut Request)| {
            let mut request = good.clone();
            change(&mut request);
            door.knock(&request).err()
        };
        assert_eq!(refused(&|r| r.rights = Rights::Look), Some(403));
        assert_eq!(refused(&|r| r.rights = Rights::None), Some(401));
        assert_eq!(refused(&|r| r.session = "00000001".into()), Some(403));
        assert_eq!(refused(&|r| r.method = "GET".into()), Some(405));
        assert_eq!(
            refused(&|r| r.headers.push_str("Origin: http://evil.example\n")),
            Some(403)
        );
        assert_eq!(
            refused(&|r| r.headers = r.headers.replace("application/json", "text/plain").into()),
            Some(400)
        );
        for body in [
            "",
            "[]",
            "[false]",
            "{}",
            r#"{"started":1}"#,
            r#"{"started":false,"x":1}"#,
            "{",
            "null",
        ] {
            assert_eq!(
                refused(&|r| r.body = body.to_owned().into()),
                Some(400),
                "{body}"
            );
        }
        assert_eq!(refused(&|r| r.headers.clear()), Some(400));
    }

    /// Of what is refused anyway, nobody waits for the body.
    #[test]
    fn bodies_are_read_last_and_only_of_who_may_have_one() {
        let door = Door::new();
        let mut of = door.post("api/interface", "");
        of.is_head = true;
        assert_eq!(door.knock(&of).err(), Some(100));
        let text = route(&of, &door.settings, &door.desk).unwrap_err().render();
        assert!(text.ends_with("\r\n\r\n40960 10000"), "{text}");
        of.rights = Rights::Look;
        assert_eq!(door.knock(&of).err(), Some(403));
        of.rights = Rights::None;
        assert_eq!(door.knock(&of).err(), Some(401));
        of.path = "api/login".to_owned();
        let text = route(&of, &door.settings, &door.desk).unwrap_err().render();
        assert!(text.ends_with("\r\n\r\n1024 3000"), "{text}");
        of.path = "api/nothing".to_owned();
        assert_eq!(door.knock(&of).err(), Some(404));
        of.path = "api/users".to_owned();
        assert_eq!(door.knock(&of).err(), Some(405));
    }

    #[test]
    fn logging_in_takes_json_from_our_page_or_from_a_program() {
        let door = Door::new();
        let mut good = request("POST", "api/login");
        good.rights = Rights::None;
        good.headers = "Host: pbx\nContent-Type: application/json\n"
            .to_owned()
            .into();
        good.body = r#"{"name":"admin","password":"a\"b"}"#.to_owned().into();
        match door.knock(&good) {
            Ok(Task::Login(login)) => {
                assert_eq!((&*login.name, &*login.password), ("admin", "a\"b"))
            }
            other => panic!("{other:?}"),
        }
        for path in DOOR {
            let refused = |change: &dyn Fn(&mut Request)| {
                let mut request = good.clone();
                request.path = (*path).to_owned();
                change(&mut request);
                door.knock(&request).err()
            };
            assert_eq!(refused(&|r| r.method = "GET".into()), Some(405), "{path}");
            assert_eq!(
                refused(&|r| r.body = "[]".to_owned().into()),
                Some(400),
                "{path}"
            );
            for header in [
                "Origin: http://evil.example\n",
                "Sec-Fetch-Site: same-site\n",
            ] {
                assert_eq!(
                    refused(&|r| r.headers.push_str(header)),
                    Some(403),
                    "{path}"
                );
            }
            let form = |r: &mut Request| {
                r.headers = "Content-Type: text/plain\n".to_owned().into();
            };
            assert_eq!(refused(&form), Some(400), "{path}");
        }
    }

    #[test]
    fn looking_takes_a_session() {
        let door = Door::new();
        for path in READ {
            let mut of = request("GET", path);
            of.rights = Rights::None;
            let expected = (*path != "api/session").then_some(401);
            assert_eq!(door.knock(&of).err(), expected, "{path}");
        }
        let mut of = request("POST", "api/users");
        of.rights = Rights::None;
        assert_eq!(door.knock(&of).err(), Some(405));
        for path in ["api", "api/", "api/nothing", "../users", "etc/passwd"] {
            assert_eq!(door.knock(&request("GET", path)).err(), Some(404), "{path}");
        }
        assert_eq!(door.knock(&request("GET", ".")).err(), Some(302));
        assert_eq!(door.knock(&request("GET", "api/test")).err(), Some(400));
    }

    #[test]
    fn figures_for_who_knows_the_token() {
        let door = Door::new();
        let mut of = request("GET", "metrics");
        of.rights = Rights::None;
        for (header, told) in [
            (format!("Authorization: Bearer {TOKEN}\n"), true),
            (format!("Authorization: Bearer {}\n", &TOKEN[1..]), false),
            (format!("Authorization: Basic {TOKEN}\n"), false),
            ("Authorization: Bearer \n".to_owned(), false),
            (String::new(), false),
        ] {
            of.headers = header.into();
            assert_eq!(door.knock(&of).is_ok(), told, "{}", *of.headers);
        }
        of.headers = format!("Authorization: Bearer {TOKEN}\n").into();
        of.path = "api/users".to_owned();
        assert_eq!(door.knock(&of).err(), Some(401));
    }

    #[test]
    fn over_plain_http_from_elsewhere_it_refuses() {
        let mut door = Door::new();
        for path in ["", "api/users", "nothing"] {
            let mut of = request("GET", path);
            of.peer = "10.0.0.1".to_owned();
            assert_eq!(door.knock(&of).err(), Some(403), "{path}");
            of.is_encrypted = true;
            assert_ne!(door.knock(&of).err(), Some(403), "{path}");
            of.is_encrypted = false;
            door.settings.web_insecure = true;
            assert_ne!(door.knock(&of).err(), Some(403), "{path}");
            door.settings.web_insecure = false;
        }
    }

    #[test]
    fn which_calls() {
        let mut of = request("GET", "api/calls");
        of.query = "user=anna&state=&number=30&count=9999".to_owned();
        let expected = CallFilter {
            user: Some("anna".to_owned()),
            state: None,
            number: Some("30".to_owned()),
            count: MOST_CALLS,
        };
        assert_eq!(CallFilter::of(&of), expected);
    }
}
