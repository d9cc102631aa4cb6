//! Where credentials and sessions may be sent.

use crate::config::host;
use crate::config::settings::Host;
use ureq::http::Uri;

/// The host of an `https` address; what is wrong with it otherwise.
pub(super) fn host_of(url: &str) -> Result<Host, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "is not an address")?;
    if uri.scheme_str() != Some("https") {
        return Err("is not https");
    }
    let authority = uri.authority().ok_or("has no host")?;
    if authority.as_str().contains('@') {
        return Err("holds a user name");
    }
    // One reader for what an administrator and what an answer names: a host means the same.
    host::parse(&format!("https://{authority}")).map_err(|_| "has no host that could be one")
}

/// The host as an address begins with it: `https://name` or `https://name:port`.
pub(super) fn origin(host: &Host) -> String {
    match host.port {
        443 => format!("https://{}", host.name),
        port => format!("https://{}:{port}", host.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_its_host_and_port() {
        let host = host_of("https://Acme.my.salesforce.com:8443/services/Soap/u/64.0/00D").unwrap();
        assert_eq!(origin(&host), "https://acme.my.salesforce.com:8443");
        let host = host_of("https://acme.my.salesforce.com/services").unwrap();
        assert_eq!(origin(&host), "https://acme.my.salesforce.com");
    }

    #[test]
    fn addresses_that_hide_something_are_refused() {
        for (url, why) in [
            ("http://acme.my.salesforce.com/", "is not https"),
            (
                "https://acme.my.salesforce.com@evil.example/",
                "holds a user name",
            ),
            ("/services/Soap", "is not https"),
            ("https://", "is not an address"),
            ("https:// acme.my.salesforce.com/", "is not an address"),
            ("https://1.127.0.0.1/", "has no host that could be one"),
            (
                "https://a..salesforce.com/",
                "has no host that could be one",
            ),
            (
                "https://acme.my.salesforce.com:0/",
                "has no host that could be one",
            ),
            (
                "https://evil.example;.salesforce.com/",
                "has no host that could be one",
            ),
        ] {
            assert_eq!(host_of(url).unwrap_err(), why, "{url}");
        }
    }
}
