//! Where credentials and sessions may be sent.

use crate::config::settings::Host;
use ureq::http::Uri;

/// `name` is one of the domains, or lies beneath one of them. Compared label by label:
/// `evilsalesforce.com` is not beneath `salesforce.com`.
pub(super) fn is_trusted(name: &str, domains: &[String]) -> bool {
    let name = name.to_ascii_lowercase();
    domains.iter().any(|domain| {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        !domain.is_empty()
            && (name == domain
                || name
                    .strip_suffix(&domain)
                    .is_some_and(|rest| rest.ends_with('.')))
    })
}

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
    if authority.host().is_empty() {
        return Err("has no host");
    }
    Ok(Host {
        name: authority.host().to_ascii_lowercase(),
        port: authority.port_u16().unwrap_or(443),
    })
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
    fn domains_are_compared_label_by_label() {
        let domains = ["salesforce.com".to_owned(), "Force.com".to_owned()];
        for good in [
            "salesforce.com",
            "acme.my.salesforce.com",
            "ACME.MY.SALESFORCE.COM",
            "x.force.com",
        ] {
            assert!(is_trusted(good, &domains), "{good}");
        }
        for bad in [
            "evilsalesforce.com",
            "salesforce.com.evil.example",
            "salesforce.com.",
            "alesforce.com",
            "com",
            "",
        ] {
            assert!(!is_trusted(bad, &domains), "{bad}");
        }
        assert!(!is_trusted("anything", &[String::new(), ".".to_owned()]));
    }

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
        ] {
            assert_eq!(host_of(url).unwrap_err(), why, "{url}");
        }
    }
}
