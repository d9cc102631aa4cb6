//! A scene with the page, and people who may do more or less there.

use super::browser::Browser;
use crate::scene::{PATIENCE, Plan, Scene};
use private_pbx::{Pbx, eventually};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// Who may change everything.
pub const ADMIN: (&str, &str) = ("admin", "Adm1n-S3cret");
/// Who may look.
pub const GUEST: (&str, &str) = ("guest", "Guest-S3cret");
/// Who has no right to the page.
pub const STRANGER: (&str, &str) = ("stranger", "Stranger-S3cret");

/// A plan with the page switched on.
pub fn plan() -> Plan {
    Plan {
        builder: Pbx::builder().http().ami(),
        ..Plan::default()
    }
    .general("web = yes")
}

/// The scene, with the manager's users.
pub struct Office {
    pub scene: Scene,
}

impl Office {
    pub fn start() -> Office {
        Office::of(plan().start())
    }

    pub fn of(scene: Scene) -> Office {
        let path = scene.pbx.path("etc/manager.conf");
        let mut conf = fs::read_to_string(&path).unwrap();
        for ((name, secret), rights) in [
            (ADMIN, "read = system,reporting\nwrite = system,config"),
            (GUEST, "read = reporting\nwrite = system"),
            (STRANGER, "read = call\nwrite = call"),
        ] {
            conf += &format!("[{name}]\nsecret = {secret}\n{rights}\n");
        }
        fs::write(&path, conf).unwrap();
        scene.cli("manager reload");
        eventually("the manager's users", PATIENCE, || {
            scene.cli("manager show users").contains(STRANGER.0)
        })
        .unwrap();
        Office { scene }
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/salesforce/", self.scene.pbx.http().unwrap())
    }

    /// Opens the page and logs in.
    pub fn enter(&self, browser: &Browser, (name, secret): (&str, &str)) {
        browser.open(&self.url());
        browser.fill("user", name);
        browser.fill("secret", secret);
        browser.key("\u{e007}");
    }

    /// `salesforce.conf` as it stands.
    pub fn conf(&self) -> String {
        fs::read_to_string(self.scene.pbx.path("etc/salesforce.conf")).unwrap()
    }

    /// Is the interface started?
    pub fn is_started(&self) -> bool {
        let status = self.scene.cli("salesforce show status");
        status.contains("started")
    }

    /// How many files that were to take the place of others are left in the folder.
    pub fn leftovers(folder: &Path) -> usize {
        let names = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(".new"))
            .count()
    }

    /// Sends bytes to the HTTP server and reads what comes until it hangs up.
    pub fn send(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.scene.pbx.http().unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may hang up before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A request without body whose connection is closed after it; `headers`: lines.
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        let headers = headers.replace('\n', "\r\n");
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n{headers}\r\n");
        self.send_and_close(&request)
    }

    /// A request with a body.
    pub fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let headers = headers.replace('\n', "\r\n");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: pbx\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send_and_close(&request)
    }

    fn send_and_close(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.scene.pbx.http().unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        exchange(&mut stream, request)
    }

    /// The answer to a login without a browser.
    pub fn login(&self, (name, secret): (&str, &str)) -> String {
        let body = json!({"name": name, "password": secret}).to_string();
        self.post("/salesforce/api/login", JSON, &body)
    }

    /// Logs in without a browser; the session's cookie and the token against forged requests.
    pub fn session(&self, who: (&str, &str)) -> (String, String) {
        session_of(&self.login(who))
    }

    /// Logs in to Asterisk's manager interface; its cookie.
    pub fn manager_session(&self, (name, secret): (&str, &str)) -> String {
        let form = "Content-Type: application/x-www-form-urlencoded\n";
        let body = format!("action=login&username={name}&secret={secret}");
        let answer = self.post("/rawman", form, &body);
        assert!(answer.contains("Response: Success"), "{answer}");
        cookie_of(&answer)
    }
}

/// What tells the files from what they were, in an answer of `api/users`.
pub fn fingerprint_of(users: &str) -> Option<&str> {
    let rest = users.split(r#""fingerprint":""#).nth(1)?;
    rest.split('"').next()
}

/// A header that says what a body is.
pub const JSON: &str = "Content-Type: application/json\n";

/// What a successful login gives: the session's cookie and the token against forged requests.
pub fn session_of(answer: &str) -> (String, String) {
    assert_eq!(status(answer), 200, "{answer}");
    let token = answer.split("\"token\":\"").nth(1);
    let token = token.and_then(|rest| rest.split('"').next());
    (cookie_of(answer), token.unwrap_or_default().to_owned())
}

fn cookie_of(answer: &str) -> String {
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("Set-Cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .unwrap();
    format!("Cookie: {cookie}\n")
}

/// Sends a request and reads one answer; Asterisk keeps the connection open for more.
pub fn exchange(stream: &mut (impl Read + Write), request: &str) -> String {
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let mut part = [0; 65536];
    while !is_whole(&answer) {
        match stream.read(&mut part) {
            Ok(count) if count > 0 => answer.extend_from_slice(&part[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Is all of the answer there, by its Content-Length?
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .and_then(|length| length.trim().parse::<usize>().ok());
    let begun = answer.windows(4).position(|four| four == b"\r\n\r\n");
    match (length, begun) {
        (Some(length), Some(begun)) => answer.len() >= begun + 4 + length,
        _ => false,
    }
}

/// An answer's status.
pub fn status(answer: &str) -> u16 {
    answer
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default()
}
