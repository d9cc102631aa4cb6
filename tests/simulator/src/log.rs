//! What was asked and what was answered, without secrets.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::world::lock;

/// Longest body that is kept, in bytes.
const BODY: usize = 64 * 1024;

/// One HTTP request.
#[derive(Clone, Debug, Serialize)]
pub struct RequestEntry {
    /// Running number, from 1.
    pub number: u64,
    /// When it had been read, in milliseconds since 1970 by the simulator's clock.
    pub at_ms: i64,
    /// The org's name; empty where none is known.
    pub org: String,
    /// The username; empty where none is known.
    pub user: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What kind of request it was: `login soap`, `create Case`, `query`, `graph`, …
    pub kind: String,
    /// For composite requests: the kinds of their parts.
    pub parts: Vec<String>,
    /// The HTTP status; 0 when nothing was answered.
    pub status: u16,
    /// What it came to, in words: a record's id, an error code, a number of records.
    pub outcome: String,
    /// The fault that struck it; empty for none.
    pub fault: String,
    /// API requests that it counts as.
    pub counted: u64,
    /// Its body as text, secrets replaced by `***`, cut at 64 KiB.
    pub body: String,
    /// The body's size in bytes.
    pub body_bytes: usize,
}

/// One attempt to log in.
#[derive(Clone, Debug, Serialize)]
pub struct LoginAttempt {
    /// When, in milliseconds since 1970 by the simulator's clock.
    pub at_ms: i64,
    /// The org's name; empty for unknown users.
    pub org: String,
    /// The username that was tried.
    pub username: String,
    /// Whether it got a session.
    pub good: bool,
    /// `soap` or `oauth`.
    pub way: String,
    /// Status and error.
    pub outcome: String,
}

#[derive(Default)]
struct Entries {
    requests: VecDeque<RequestEntry>,
    logins: VecDeque<LoginAttempt>,
    counts: BTreeMap<String, u64>,
    number: u64,
}

pub(crate) struct Log {
    entries: Mutex<Entries>,
    limit: usize,
    print: bool,
}

impl Log {
    pub(crate) fn new(limit: usize, print: bool) -> Self {
        Self {
            entries: Mutex::default(),
            limit,
            print,
        }
    }

    pub(crate) fn request(&self, mut entry: RequestEntry) {
        let mut entries = lock(&self.entries);
        entries.number += 1;
        entry.number = entries.number;
        *entries.counts.entry(entry.kind.clone()).or_default() += 1;
        if self.print {
            // Standard output may be closed; the simulator goes on.
            let _ = writeln!(std::io::stdout().lock(), "{}", line(&entry));
        }
        entries.requests.push_back(entry);
        if entries.requests.len() > self.limit {
            entries.requests.pop_front();
        }
    }

    pub(crate) fn login(&self, attempt: LoginAttempt) {
        let mut entries = lock(&self.entries);
        entries.logins.push_back(attempt);
        if entries.logins.len() > self.limit {
            entries.logins.pop_front();
        }
    }

    pub(crate) fn requests(&self) -> Vec<RequestEntry> {
        lock(&self.entries).requests.iter().cloned().collect()
    }

    pub(crate) fn logins(&self) -> Vec<LoginAttempt> {
        lock(&self.entries).logins.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.entries).counts.clone()
    }

    pub(crate) fn clear(&self) {
        *lock(&self.entries) = Entries::default();
    }
}

/// One readable line: time, user, what, what came of it.
fn line(entry: &RequestEntry) -> String {
    let time = Timestamp::from_millisecond(entry.at_ms)
        .map(|t| {
            t.to_zoned(TimeZone::system())
                .strftime("%H:%M:%S")
                .to_string()
        })
        .unwrap_or_default();
    let user = if entry.user.is_empty() {
        "-"
    } else {
        &entry.user
    };
    let status = match entry.status {
        0 => "no answer".to_owned(),
        status => status.to_string(),
    };
    let mut line = format!("{time} {user}  {} → {status}", what(entry));
    if !entry.outcome.is_empty() && entry.outcome != status {
        line.push(' ');
        line.push_str(
            entry
                .outcome
                .strip_prefix(&format!("{status} "))
                .unwrap_or(&entry.outcome),
        );
    }
    if !entry.fault.is_empty() {
        line.push_str(&format!("  [fault: {}]", entry.fault));
    }
    plain(&line)
}

/// What a request asks for, in words.
fn what(entry: &RequestEntry) -> String {
    let body: Value = serde_json::from_str(&entry.body).unwrap_or(Value::Null);
    let named = |value: &Value| -> Option<String> {
        let name = ["Subject", "Name", "LastName"]
            .iter()
            .find_map(|f| value[*f].as_str())?;
        Some(format!(" '{}'", shortened(name, 60)))
    };
    match entry.kind.as_str() {
        "query" | "search" => {
            let query = entry
                .path
                .split_once("q=")
                .map_or("", |(_, q)| q.split('&').next().unwrap_or(""));
            let query = percent_encoding::percent_decode_str(&query.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned();
            let query = if query.is_empty() {
                body["q"].as_str().unwrap_or("").to_owned()
            } else {
                query
            };
            format!("{} {}", entry.kind, shortened(&query, 100))
        }
        "graph" | "composite" | "batch" | "collections" => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for part in &entry.parts {
                *counts.entry(part).or_default() += 1;
            }
            let parts: Vec<String> = counts
                .iter()
                .map(|(part, n)| format!("{n} × {part}"))
                .collect();
            format!("{} ({})", entry.kind, parts.join(", "))
        }
        "other" => format!("{} {}", entry.method, shortened(&entry.path, 100)),
        kind => format!("{kind}{}", named(&body).unwrap_or_default()),
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most).collect();
    format!("{start}…")
}

/// Text that cannot make a log line of its own or move the cursor.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '␀' } else { c })
        .collect()
}

/// What an answer says, in a word or two.
pub(crate) fn outcome(body: &Value) -> String {
    if let Some(id) = body["id"].as_str() {
        return id.to_owned();
    }
    if let Some(code) = body[0]["errorCode"].as_str() {
        let message = body[0]["message"].as_str().unwrap_or("");
        return format!("{code}: {}", shortened(message.trim(), 120));
    }
    if let Some(found) = body["searchRecords"].as_array() {
        return format!("{} found", found.len());
    }
    if let Some(total) = body["totalSize"].as_u64() {
        return format!("{total} records");
    }
    let ids: Vec<&str> = ids(body);
    ids.join(" ")
}

/// The ids of the records that a composite answer names.
fn ids(body: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    match body {
        Value::Array(list) => list.iter().for_each(|v| found.extend(ids(v))),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "id" || name == "errorCode" || name == "statusCode" => {
                        found.push(text);
                    }
                    _ => found.extend(ids(value)),
                }
            }
        }
        _ => {}
    }
    found.truncate(6);
    found
}

/// A request's body as the log may keep it.
pub(crate) fn redacted(kind: &str, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(BODY)]);
    match kind {
        "login soap" => redact_elements(&text),
        // Tokens are revoked by naming them.
        "other" => format!("({} bytes)", body.len()),
        "login oauth" => form_urlencoded::parse(text.as_bytes())
            .map(|(name, value)| match &*name {
                "grant_type" | "client_id" | "username" => format!("{name}={value}"),
                _ => format!("{name}=***"),
            })
            .collect::<Vec<_>>()
            .join("&"),
        _ => text.into_owned(),
    }
}

/// Everything between `password>` and the next tag, and all of what cannot be read.
fn redact_elements(text: &str) -> String {
    let Some(start) = text.find("password>").map(|i| i + "password>".len()) else {
        return if text.contains("assword") {
            "***".to_owned()
        } else {
            text.to_owned()
        };
    };
    let end = text[start..].find("</").map_or(text.len(), |i| start + i);
    format!("{}***{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        let soap = b"<a:username>u</a:username><a:password>s3cret</a:password><x/>";
        let kept = redacted("login soap", soap);
        assert!(
            kept.contains("***</a:password><x/>") && !kept.contains("s3cret"),
            "{kept}"
        );
        let kept = redacted(
            "login oauth",
            b"grant_type=password&password=s3cret&client_secret=s3cret",
        );
        assert_eq!(kept, "grant_type=password&password=***&client_secret=***");
    }

    #[test]
    fn lines_stay_lines() {
        let entry = RequestEntry {
            number: 1,
            at_ms: 0,
            org: "acme".into(),
            user: "a@b.c".into(),
            method: "POST".into(),
            path: "/services/data/v64.0/sobjects/Case".into(),
            kind: "create Case".into(),
            parts: vec![],
            status: 201,
            outcome: "500".into(),
            fault: String::new(),
            counted: 1,
            body: r#"{"Subject":"a\nb\u001b[2J"}"#.into(),
            body_bytes: 10,
        };
        let line = line(&entry);
        assert!(line.ends_with("create Case 'a␀b␀[2J' → 201 500"), "{line}");
    }
}
