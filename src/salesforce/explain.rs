//! What kept an answer from coming, in an administrator's words.

use super::error::{Error, Kind};
use super::resolve::NoAddress;
use super::transport::{Broken, Phase};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::io;

const ANSWERS_INSTEAD: &str = "somebody else answers there: check domain (or login_host), \
     /etc/hosts and DNS, and whether a proxy is in the way";
const CLOCK: &str = "check this PBX's clock; if it is right, whoever answers there needs a new \
     certificate";
const UNKNOWN_CA: &str = "the package ca-certificates must be installed; for a CA of your own, or \
     a proxy that opens TLS, set ca_file in [general]";
const FIREWALL: &str = "check domain (or login_host), and whether firewall and routing let this \
     PBX out to Salesforce by HTTPS";

/// The failure of a connection, if the error is one.
pub(super) fn as_broken(error: &ureq::Error) -> Option<&Broken> {
    match error {
        ureq::Error::Other(other) => other.downcast_ref::<Broken>(),
        _ => None,
    }
}

/// Why there was no answer, or no connection.
pub(super) fn failed(error: &ureq::Error) -> Error {
    let (phase, cause) = match as_broken(error) {
        Some(broken) => (Some(broken.phase), &broken.source),
        None => (None, error),
    };
    if let Some(problem) = inner::<rustls::Error>(cause) {
        return of_tls(problem);
    }
    if let Some(problem) = inner::<NoAddress>(cause) {
        return no_address(problem);
    }
    match (phase, cause) {
        (_, ureq::Error::Timeout(ureq::Timeout::Connect))
        | (Some(Phase::Connecting), ureq::Error::Timeout(_)) => {
            Error::new(Kind::Connect, "no connection within the time limit").advise(FIREWALL)
        }
        (Some(Phase::Connecting), ureq::Error::Io(problem)) => {
            Error::new(Kind::Connect, format!("no connection: {problem}")).advise(FIREWALL)
        }
        (Some(Phase::Connecting), problem) => {
            Error::new(Kind::Connect, format!("no connection: {problem}")).advise(FIREWALL)
        }
        (_, ureq::Error::Timeout(_)) => {
            Error::new(Kind::Timeout, "no complete answer within the time limit")
        }
        (_, ureq::Error::Io(problem)) => {
            Error::new(Kind::Cut, format!("the connection was cut: {problem}"))
        }
        (_, ureq::Error::BodyExceedsLimit(_)) => {
            Error::new(Kind::NotSalesforce, "the answer is larger than 10 MB")
        }
        (_, problem) => Error::new(
            Kind::NotSalesforce,
            format!("the answer is not good HTTP: {problem}"),
        ),
    }
}

/// Why a host's name leads nowhere.
pub(super) fn no_address(problem: &NoAddress) -> Error {
    Error::new(Kind::Dns, problem.to_string()).advise(problem.advice())
}

fn inner<E: std::error::Error + 'static>(error: &ureq::Error) -> Option<&E> {
    match error {
        ureq::Error::Rustls(problem) => (problem as &dyn std::error::Error).downcast_ref(),
        ureq::Error::Io(problem) => io::Error::get_ref(problem)?.downcast_ref(),
        _ => None,
    }
}

fn of_tls(problem: &rustls::Error) -> Error {
    let rustls::Error::InvalidCertificate(problem) = problem else {
        return Error::new(Kind::Tls, format!("TLS failed: {problem}"));
    };
    let (what, advice) = match problem {
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<_> = presented.iter().take(3).map(|name| bare(name)).collect();
            let expected = expected.to_str();
            let what = match names.as_slice() {
                [] => format!("it is not for {expected}, nor for any other name"),
                names => format!("it is for {}, not for {expected}", names.join(", ")),
            };
            (what, ANSWERS_INSTEAD)
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("it expired on {}", day(*not_after)), CLOCK)
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("it is good from {} only", day(*not_before)), CLOCK)
        }
        CertificateError::UnknownIssuer => (
            "it was issued by nobody whom this PBX trusts".to_owned(),
            UNKNOWN_CA,
        ),
        problem => (problem.to_string(), UNKNOWN_CA),
    };
    Error::new(Kind::Tls, format!("certificate not trusted: {what}")).advise(advice)
}

/// A name as the library presents it, `DnsName("example.org")`, without its kind.
fn bare(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

/// In UTC.
fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "a day in a far future".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}
