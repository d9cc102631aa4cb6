//! The session's cookie.
//!
//! Over TLS it has a name of its own that browsers accept over TLS only: whoever can speak to a
//! browser without encryption cannot slip in a session.

use crate::web::Request;

const PLAIN: &str = "salesforce_session";
const SECURE: &str = "__Secure-salesforce_session";

/// Two digits a byte.
const LENGTH: usize = 64;

/// What the request brings. None of several: all but one were slipped in by somebody else.
pub fn brought(request: &Request) -> Option<&str> {
    let named = |name: &'static str| {
        let lines = request.headers.lines();
        let cookies = lines.filter_map(|line| line.strip_prefix("Cookie: "));
        cookies.filter_map(move |cookie| {
            let (known, value) = cookie.trim().split_once('=')?;
            (known == name).then_some(value)
        })
    };
    let mut found = named(SECURE).peekable();
    let only = if found.peek().is_some() {
        let first = found.next();
        first.filter(|_| found.next().is_none())
    } else if request.is_encrypted {
        None
    } else {
        let mut found = named(PLAIN);
        let first = found.next();
        first.filter(|_| found.next().is_none())
    };
    only.filter(|value| value.len() == LENGTH && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Was the request encrypted where it left the browser? A proxy may have taken that off.
fn is_secure(request: &Request) -> bool {
    let origin = request.header("Origin").unwrap_or_default();
    request.is_encrypted || origin.starts_with("https://")
}

/// A header's value that has the browser keep it, for this page alone.
pub fn set(request: &Request, value: &str) -> String {
    let (name, secure) = if is_secure(request) {
        (SECURE, "; Secure")
    } else {
        (PLAIN, "")
    };
    format!(
        "{name}={value}; Path={}; HttpOnly; SameSite=Strict{secure}",
        request.root
    )
}

/// Headers' values that have the browser forget it.
pub fn clear(request: &Request) -> [String; 2] {
    [(PLAIN, ""), (SECURE, "; Secure")].map(|(name, secure)| {
        format!(
            "{name}=; Path={}; Max-Age=0; HttpOnly; SameSite=Strict{secure}",
            request.root
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::request::tests::request;
    use super::*;

    fn with(headers: &str) -> Request {
        let mut of = request("GET", "api/session");
        of.headers = headers.to_owned().into();
        of
    }

    #[test]
    fn one_of_its_own_name_counts() {
        let value = "ab".repeat(32);
        let other = "cd".repeat(32);
        for (headers, encrypted, counts) in [
            (format!("Cookie: salesforce_session={value}\n"), false, true),
            (format!("Cookie: salesforce_session={value}\n"), true, false),
            (
                format!("Cookie: __Secure-salesforce_session={value}\n"),
                true,
                true,
            ),
            (
                format!("Cookie: __Secure-salesforce_session={value}\n"),
                false,
                true,
            ),
            (
                format!(
                    "Cookie: salesforce_session={other}\nCookie: __Secure-salesforce_session={value}\n"
                ),
                false,
                true,
            ),
            (
                format!("Cookie: salesforce_session={value}\nCookie: salesforce_session={other}\n"),
                false,
                false,
            ),
            (format!("Cookie: mansession_id={value}\n"), false, false),
            (
                format!("Cookie: salesforce_session={}\n", &value[1..]),
                false,
                false,
            ),
            (
                format!("Cookie: salesforce_session={}zz\n", &value[2..]),
                false,
                false,
            ),
            (
                format!("X-Cookie: salesforce_session={value}\n"),
                false,
                false,
            ),
            (String::new(), false, false),
        ] {
            let mut of = with(&headers);
            of.is_encrypted = encrypted;
            let expected = counts.then_some(value.as_str());
            assert_eq!(brought(&of), expected, "{headers} {encrypted}");
        }
    }

    #[test]
    fn it_is_for_this_page_alone() {
        let mut of = with("");
        of.root = "/pbx/salesforce/".to_owned();
        assert_eq!(
            set(&of, "1234"),
            "salesforce_session=1234; Path=/pbx/salesforce/; HttpOnly; SameSite=Strict"
        );
        let secure = "__Secure-salesforce_session=1234; Path=/pbx/salesforce/; HttpOnly; \
                      SameSite=Strict; Secure";
        of.is_encrypted = true;
        assert_eq!(set(&of, "1234"), secure);
        // Behind a proxy that speaks TLS.
        of.is_encrypted = false;
        of.headers = "Origin: https://pbx.example\n".to_owned().into();
        assert_eq!(set(&of, "1234"), secure);
        let cleared = clear(&of);
        assert!(
            cleared.iter().all(|one| one.contains("Max-Age=0; ")),
            "{cleared:?}"
        );
    }
}
