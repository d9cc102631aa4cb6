//! A request, as Asterisk's HTTP server took it.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// What a user of `manager.conf` may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Nothing, or nobody knows who it is.
    None,
    /// See.
    Look,
    /// See and change.
    Change,
}

/// A request. No `Debug`: its body may hold a password.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `HEAD` or `POST`.
    pub method: String,
    /// Below the page, decoded, without a slash in front; `.` for the page without a slash.
    pub path: String,
    /// `name=value&…`, encoded.
    pub query: String,
    /// Lines of `Name: value`, the session's cookie among them.
    pub headers: Zeroizing<String>,
    /// The client's address.
    pub peer: String,
    /// It came over TLS.
    pub is_encrypted: bool,
    /// The page's path as browsers know it, with a slash at both ends.
    pub root: String,
    /// Its body has not been read yet: it is read only for a request that may have one.
    pub is_head: bool,
    /// What its session may do; found out by [`super::sessions::Sessions::recognise`].
    pub rights: Rights,
    /// What tells its session from others; empty without one.
    pub session: String,
    /// As it came, or empty.
    pub body: Zeroizing<String>,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let value = self.query.split('&').find_map(|pair| {
            let (known, value) = pair.split_once('=')?;
            (known == name).then_some(value)
        })?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// The body; `None`: it is no JSON object of this kind.
    pub fn json<'b, T: Deserialize<'b>>(&'b self) -> Option<T> {
        // A list of the values in their order would do for serde.
        let is_object = self.body.trim_start().starts_with('{');
        is_object.then(|| serde_json::from_str(&self.body).ok())?
    }

    /// Is its body said to be JSON? A form of another site cannot say so.
    pub fn is_json(&self) -> bool {
        let content_type = self.header("Content-Type").unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default();
        content_type.trim().eq_ignore_ascii_case("application/json")
    }

    /// Does the client sit on this machine?
    pub fn is_local(&self) -> bool {
        let peer = self.peer.trim_start_matches('[');
        let peer = peer.split([']', '%']).next().unwrap_or_default();
        peer.parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Did a page of ours send it? Browsers say where a request comes from; others need not.
    pub fn is_of_our_page(&self) -> bool {
        let site = self
            .header("Sec-Fetch-Site")
            .is_none_or(|site| site == "same-origin");
        let origin = self.header("Origin").is_none_or(|origin| {
            let host = self.header("Host").unwrap_or_default();
            let of_origin = origin.split_once("://").map(|(_, host)| host);
            of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host))
        });
        site && origin
    }

    /// Does whoever sits there rather read German?
    pub fn prefers_german(&self) -> bool {
        let languages = self.header("Accept-Language").unwrap_or_default();
        let mut tags = languages
            .split(',')
            .filter_map(|tag| tag.trim().get(..2))
            .map(str::to_ascii_lowercase);
        tags.find(|tag| tag == "de" || tag == "en").as_deref() == Some("de")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A request that may do everything.
    pub fn request(method: &str, path: &str) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: String::new().into(),
            peer: "127.0.0.1".to_owned(),
            is_encrypted: false,
            root: "/salesforce/".to_owned(),
            is_head: false,
            rights: Rights::Change,
            session: "12ab34cd".to_owned(),
            body: String::new().into(),
        }
    }

    #[test]
    fn who_sits_on_this_machine() {
        let mut of = request("GET", "");
        for (peer, local) in [
            ("127.0.0.1", true),
            ("127.3.2.1", true),
            ("::1", true),
            ("[::1]", true),
            ("::ffff:127.0.0.1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("fe80::1%eth0", false),
            ("127.0.0.1.example", false),
            ("", false),
        ] {
            of.peer = peer.to_owned();
            assert_eq!(of.is_local(), local, "{peer}");
        }
    }

    #[test]
    fn requests_of_other_sites() {
        let mut of = request("POST", "");
        for (headers, ours) in [
            ("", true),
            ("Host: pbx:8088\nOrigin: http://pbx:8088\n", true),
            ("Host: pbx:8088\nOrigin: http://evil.example\n", false),
            ("Host: pbx:8088\nOrigin: null\n", false),
            ("Host: pbx:8088\nOrigin: http://pbx:8089\n", false),
            ("Sec-Fetch-Site: same-origin\n", true),
            ("Sec-Fetch-Site: same-site\n", false),
            ("Sec-Fetch-Site: cross-site\n", false),
        ] {
            of.headers = headers.to_owned().into();
            assert_eq!(of.is_of_our_page(), ours, "{headers}");
        }
    }

    #[test]
    fn languages_of_the_browser() {
        let mut of = request("GET", "");
        for (tags, german) in [
            ("de-AT,de;q=0.9,en;q=0.8", true),
            ("en-GB,de;q=0.5", false),
            ("fr,de;q=0.5", true),
            ("*", false),
        ] {
            of.headers = format!("Accept-Language: {tags}\n").into();
            assert_eq!(of.prefers_german(), german, "{tags}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let mut of = request("GET", "");
        of.query = "user=J%C3%B6rg%20A&number=%2B49".to_owned();
        assert_eq!(of.parameter("user").as_deref(), Some("Jörg A"));
        assert_eq!(of.parameter("number").as_deref(), Some("+49"));
        assert_eq!(of.parameter("numbe"), None);
    }
}
