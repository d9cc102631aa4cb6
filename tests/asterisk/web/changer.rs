//! Somebody who changes things at the page, without a browser.

use super::office::{Office, fingerprint_of, status};
use crate::scene::PATIENCE;
use private_pbx::eventually;
use serde_json::{Value, json};

/// Somebody at the page, without a browser.
pub struct Changer<'o> {
    office: &'o Office,
    cookie: String,
    token: String,
}

impl<'o> Changer<'o> {
    pub fn enter(office: &'o Office, who: (&str, &str)) -> Changer<'o> {
        let (cookie, token) = office.session(who);
        Changer {
            office,
            cookie,
            token,
        }
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let path = format!("/salesforce/api/{path}");
        let answer = self.office.ask("GET", &path, &self.cookie);
        (status(&answer), answer)
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, String) {
        let (cookie, token) = (&self.cookie, &self.token);
        let headers =
            format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n");
        let path = format!("/salesforce/api/{path}");
        let answer = self.office.post(&path, &headers, &body.to_string());
        (status(&answer), answer)
    }

    /// Tells the files from what they were.
    pub fn fingerprint(&self) -> String {
        let (_, users) = self.get("users");
        fingerprint_of(&users).unwrap().to_owned()
    }

    /// Saves options; `again`: secrets that are entered once more, by section.
    pub fn save(&self, name: &str, is_new: bool, set: &Value, again: &Value) -> (u16, String) {
        let mut body = json!({
            "name": name, "is_new": is_new, "fingerprint": self.fingerprint(), "set": set
        });
        if !again.is_null() {
            body["again"] = again.clone();
        }
        self.post("save", &body)
    }

    /// Tests a user and waits for the end.
    pub fn test(&self, name: &str) -> String {
        let (code, begun) = self.post("test/start", &json!({"name": name}));
        assert_eq!(code, 200, "{begun}");
        let id = begun.split(r#""id":"#).nth(1).unwrap();
        let id: u64 = id.split('}').next().unwrap().trim().parse().unwrap();
        let mut progress = String::new();
        eventually("the test's end", PATIENCE, || {
            progress = self.get(&format!("test?id={id}")).1;
            progress.contains(r#""is_over":true"#)
        })
        .unwrap();
        progress
    }
}
