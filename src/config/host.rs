//! `domain`, `login_host` and `trusted_domains`: where credentials may go.

use super::settings::Host;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads `acme.my.salesforce.com`, `host:port` or `https://host[:port]/…`.
pub fn parse(written: &str) -> Result<Host, String> {
    let lower = written.to_ascii_lowercase();
    let rest = match lower.split_once("://") {
        Some(("https", rest)) => rest,
        Some(("http", _)) => {
            return Err("http:// would send credentials unencrypted".to_owned());
        }
        Some(_) => return Err("is no https address".to_owned()),
        None => &lower,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a user or password cannot stand in the address".to_owned());
    }
    let (name, port) = match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => {
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        _ => (authority, None),
    };
    let port = match port {
        None => 443,
        Some(port) => port
            .parse()
            .ok()
            .filter(|number| *number != 0 && port.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| "the port is none of 1-65535".to_owned())?,
    };
    Ok(Host {
        name: parse_name(name)?,
        port,
    })
}

/// Reads a host name alone, as in `trusted_domains`; lower case, no dot at the end.
pub fn parse_name(written: &str) -> Result<String, String> {
    let name = written.to_ascii_lowercase();
    if let Some(inner) = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        let valid = inner.parse::<Ipv6Addr>().is_ok();
        return if valid {
            Ok(name)
        } else {
            Err("is no IPv6 address".to_owned())
        };
    }
    let name = name.strip_suffix('.').unwrap_or(&name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.is_empty() {
        Err("is empty".to_owned())
    } else if name.len() > 253 || !name.split('.').all(label) {
        Err("is no host name".to_owned())
    } else if is_numeric(name) && name.parse::<Ipv4Addr>().is_err() {
        Err("is no IPv4 address".to_owned())
    } else {
        Ok(name.to_owned())
    }
}

/// Is the host one of the trusted domains, or a name within one?
pub fn is_trusted(host: &str, trusted: &[String]) -> bool {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    // An address has no parts that could belong to somebody.
    let address = host.starts_with('[') || is_numeric(host);
    trusted.iter().any(|domain| {
        let domain = domain.to_ascii_lowercase();
        host == domain
            || (!address
                && !domain.is_empty()
                && host
                    .strip_suffix(&domain)
                    .is_some_and(|left| left.ends_with('.') && left.len() > 1))
    })
}

/// Would a resolver take the name for an address?
fn is_numeric(name: &str) -> bool {
    name.rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(name: &str, port: u16) -> Result<Host, String> {
        Ok(Host {
            name: name.to_owned(),
            port,
        })
    }

    #[test]
    fn domains_in_all_their_forms() {
        for (written, name, port) in [
            ("acme.my.salesforce.com", "acme.my.salesforce.com", 443),
            ("EU5.Salesforce.com", "eu5.salesforce.com", 443),
            ("test.salesforce.com.", "test.salesforce.com", 443),
            ("https://login.salesforce.com/", "login.salesforce.com", 443),
            (
                "HTTPS://acme.my.salesforce.com/home?x=1#y",
                "acme.my.salesforce.com",
                443,
            ),
            ("localhost:8443", "localhost", 8443),
            ("https://127.0.0.1:8443/x", "127.0.0.1", 8443),
            ("[::1]:8443", "[::1]", 8443),
            ("[::1]", "[::1]", 443),
            (
                "acme.my.salesforce.com/setup",
                "acme.my.salesforce.com",
                443,
            ),
        ] {
            assert_eq!(parse(written), host(name, port), "{written}");
        }
    }

    #[test]
    fn what_is_no_domain() {
        for written in [
            "",
            "http://acme.my.salesforce.com",
            "ftp://x",
            "https://",
            "a b",
            "a..b",
            "-a.b",
            "acme:0",
            "acme:65536",
            "acme:",
            "acme:+80",
            "user:pw@acme",
            "https://u@acme",
            "[::g]",
            "::1",
            "127.1",
            "1.127.0.0.1",
            "münchen.de",
            "a/../b@c:80/",
            "\"acme\"",
        ] {
            // A path is no part of the host, so the last forms differ only before it.
            let result = parse(written);
            assert!(
                result.is_err() || written.starts_with("a/"),
                "{written}: {result:?}"
            );
        }
        assert!(
            parse("http://acme.my.salesforce.com")
                .unwrap_err()
                .contains("unencrypted")
        );
    }

    #[test]
    fn trust_ends_at_a_label() {
        let trusted = [
            "salesforce.com".to_owned(),
            "127.0.0.1".to_owned(),
            "0.0.1".to_owned(),
        ];
        for host in [
            "salesforce.com",
            "login.Salesforce.COM",
            "a.b.salesforce.com.",
            "127.0.0.1",
        ] {
            assert!(is_trusted(host, &trusted), "{host}");
        }
        for host in [
            "evilsalesforce.com",
            "salesforce.com.evil.example",
            "salesforce.co",
            ".salesforce.com",
            "",
            "1.127.0.0.1",
            "10.0.0.1",
            "[::1]",
        ] {
            assert!(!is_trusted(host, &trusted), "{host}");
        }
        assert!(!is_trusted("a..", &[String::new()]));
    }

    proptest! {
        #[test]
        fn what_is_read_is_safe_to_put_into_an_address(written in "\\PC{0,40}") {
            if let Ok(host) = parse(&written) {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.[]:".contains(c);
                prop_assert!(host.name.chars().all(plain));
                prop_assert_eq!(&host.name, &host.name.to_ascii_lowercase());
                prop_assert_eq!(parse(&format!("https://{}:{}/", host.name, host.port)), Ok(host));
            }
        }
    }
}
