//! An answer, as Asterisk's HTTP server is to send it.

use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What every answer says: nothing from elsewhere, nowhere else, nothing kept.
const ALWAYS: &str = "Content-Security-Policy: default-src 'none'; script-src 'self'; \
    style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'\r\n\
    X-Content-Type-Options: nosniff\r\n\
    X-Frame-Options: DENY\r\n\
    Referrer-Policy: no-referrer\r\n\
    Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n";

const NOT_KEPT: &str = "no-store";

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: String,
}

impl Response {
    /// Text of a type; `kept`: the value of `Cache-Control`.
    pub fn text(
        status: u16,
        content_type: &'static str,
        kept: &'static str,
        body: impl Into<String>,
    ) -> Response {
        Response {
            status,
            headers: vec![
                ("Content-Type", content_type.into()),
                ("Cache-Control", kept.into()),
            ],
            body: body.into(),
        }
    }

    /// A JSON value.
    pub fn json(status: u16, body: &impl Serialize) -> Response {
        match serde_json::to_string(body) {
            Ok(body) => Response::text(status, "application/json", NOT_KEPT, body),
            Err(problem) => Response::problem(500, "internal", &problem.to_string()),
        }
    }

    /// What went wrong: a word for programs, the page among them, and a sentence.
    pub fn problem(status: u16, error: &'static str, message: &str) -> Response {
        let body: Value = json!({"error": error, "message": message});
        Response::text(status, "application/json", NOT_KEPT, body.to_string())
    }

    /// Look there.
    pub fn elsewhere(location: &'static str) -> Response {
        Response::text(302, "text/plain", NOT_KEPT, "").with("Location", location)
    }

    /// Read the body, of at most so many bytes and within so many milliseconds, and ask again.
    pub fn go_on(bytes: u32, milliseconds: u32) -> Response {
        Response::text(
            100,
            "text/plain",
            NOT_KEPT,
            format!("{bytes} {milliseconds}"),
        )
    }

    /// With a further header.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// Header lines, an empty line, the body.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(ALWAYS.len() + self.body.len() + 256);
        text.push_str(ALWAYS);
        for (name, value) in &self.headers {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_then_body() {
        let text = Response::problem(404, "unknown", "There is none.")
            .with("Vary", "Cookie")
            .render();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, r#"{"error":"unknown","message":"There is none."}"#);
        for line in [
            "Content-Type: application/json",
            "Cache-Control: no-store",
            "Vary: Cookie",
            "X-Content-Type-Options: nosniff",
        ] {
            assert!(headers.lines().any(|there| there == line), "{headers}");
        }
        assert!(!headers.contains("unsafe"));
    }
}
