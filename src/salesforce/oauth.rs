//! The OAuth token endpoint: JWT bearer, client credentials, password (OAuth 2.0 flows of
//! Salesforce Help, "OAuth Authorization Flows"; RFC 6749 section 5, RFC 7523).

use super::error::{Error, Kind};
use super::{refusal, rest, session};
use crate::config::settings::{Auth, Host, User};
use crate::files;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// Path of the endpoint.
pub(super) const PATH: &str = "/services/oauth2/token";

/// How long an assertion is good, in seconds: Salesforce takes no more than 180.
const GOOD_FOR: i64 = 120;

/// Larger files are no private keys.
const LARGEST_KEY: usize = 64 * 1024;

/// The request's body: a form. `now`: seconds since the Unix epoch.
///
/// # Errors
/// The private key cannot be read, or is none. SOAP has no form.
pub(super) fn request(user: &User, now: i64) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut form = Form::default();
    match &user.auth {
        Auth::Soap { .. } => {
            return Err(Error::new(Kind::NotOffered, "SOAP has no token endpoint"));
        }
        Auth::Password {
            client_id,
            client_secret,
            password,
            token,
        } => {
            form.add("grant_type", "password");
            form.add("client_id", client_id);
            if let Some(secret) = client_secret {
                form.add("client_secret", secret.expose_secret());
            }
            form.add("username", &user.username);
            let secret = [password.expose_secret(), token.expose_secret()].concat();
            form.add("password", &Zeroizing::new(secret));
        }
        Auth::ClientCredentials {
            client_id,
            client_secret,
        } => {
            form.add("grant_type", "client_credentials");
            form.add("client_id", client_id);
            form.add("client_secret", client_secret.expose_secret());
        }
        Auth::Jwt {
            client_id,
            private_key,
        } => {
            form.add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
            let claims = Claims {
                iss: client_id,
                sub: &user.username,
                aud: audience(&user.login_host),
                exp: now + GOOD_FOR,
            };
            form.add("assertion", &sign(&claims, private_key)?);
        }
    }
    Ok(Zeroizing::new(form.0.as_bytes().to_vec()))
}

#[derive(Default)]
struct Form(Zeroizing<String>);

impl Form {
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        let parts = utf8_percent_encode(value, NON_ALPHANUMERIC);
        parts.for_each(|part| self.0.push_str(part));
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
}

/// Whom an assertion is for: what stands for sandboxes and scratch orgs (by their My Domain's
/// name), or for everything else.
fn audience(host: &Host) -> &'static str {
    let name = host.name.to_ascii_lowercase();
    // Salesforce on Alibaba Cloud.
    if name.ends_with(".sfcrmproducts.cn") {
        return "https://login.sfcrmproducts.cn";
    }
    let mut domains = [".salesforce.com", ".salesforce.mil"].iter();
    let org = domains.find_map(|domain| name.strip_suffix(domain)?.strip_suffix(".my"));
    let is_sandbox = name == "test.salesforce.com"
        || org.is_some_and(|org| {
            org.ends_with(".sandbox") || org.ends_with(".scratch") || org.contains("--")
        });
    if is_sandbox {
        "https://test.salesforce.com"
    } else {
        "https://login.salesforce.com"
    }
}

/// What a private key's file holds; what is wrong with it otherwise.
pub(crate) fn read_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    files::read(path, LARGEST_KEY).map_err(|error| error.why.to_string())
}

fn sign(claims: &Claims<'_>, path: &Path) -> Result<Zeroizing<String>, Error> {
    let wrong = |problem: String| {
        let said = format!("private_key {}: {problem}", path.display());
        Error::new(Kind::Credentials, said)
            .advise("it must be an RSA key in PEM form without a passphrase, readable for Asterisk")
    };
    let pem = read_key(path).map_err(wrong)?;
    let signed = EncodingKey::from_rsa_pem(&pem)
        .and_then(|key| jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key));
    // What the library says of a key could hold parts of it.
    signed
        .map(Zeroizing::new)
        .map_err(|_| wrong("not an RSA private key".to_owned()))
}

/// What a successful login says.
#[derive(Debug)]
pub(super) struct Token {
    pub instance_url: String,
    pub access_token: SecretString,
    pub org_id: String,
    pub user_id: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
    /// `https://login.salesforce.com/id/ORG/USER`.
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Reads the endpoint's answer; `None` if it is none of Salesforce's.
pub(super) fn read(body: &[u8]) -> Option<Result<Token, Error>> {
    if let Ok(refused) = serde_json::from_slice::<Refused>(body) {
        let refused = refusal::of_token(&refused.error, &refused.error_description);
        return Some(Err(refused));
    }
    let granted: Granted = serde_json::from_slice(body).ok()?;
    let mut ids = granted.id.trim_end_matches('/').rsplit('/');
    let (user_id, org_id) = (ids.next()?, ids.next()?);
    if !rest::is_record_id(user_id) || !rest::is_record_id(org_id) {
        return None;
    }
    Some(Ok(Token {
        user_id: user_id.to_owned(),
        org_id: org_id.to_owned(),
        instance_url: granted.instance_url,
        access_token: session::id(granted.access_token)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_an_assertion_is_for_is_told_by_the_host_s_name() {
        let (production, sandbox) = (
            "https://login.salesforce.com",
            "https://test.salesforce.com",
        );
        for (name, expected) in [
            ("login.salesforce.com", production),
            ("test.salesforce.com", sandbox),
            ("acme.my.salesforce.com", production),
            ("acme--dev.sandbox.my.salesforce.com", sandbox),
            ("ACME--dev.my.salesforce.com", sandbox),
            ("efficiency-ruby-1234.scratch.my.salesforce.com", sandbox),
            ("acme.my.salesforce.mil", production),
            ("acme--dev.sandbox.my.salesforce.mil", sandbox),
            ("acme.my.sfcrmproducts.cn", "https://login.sfcrmproducts.cn"),
            ("login.sfcrmproducts.cn", "https://login.sfcrmproducts.cn"),
            ("localhost", production),
        ] {
            let host = Host {
                name: name.to_owned(),
                port: 443,
            };
            assert_eq!(audience(&host), expected, "{name}");
        }
    }

    #[test]
    fn an_answer_must_name_org_and_user() {
        let answer = |id: &str| {
            let body = serde_json::json!({"access_token": "secret", "instance_url": "https://a.b", "id": id});
            read(body.to_string().as_bytes())
        };
        let good = "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA";
        let token = answer(good).unwrap().unwrap();
        assert_eq!(token.org_id, "00D000000000001EAA");
        assert_eq!(token.user_id, "005000000000001AAA");
        for id in ["", "x", "https://login.salesforce.com/id/a/b"] {
            assert!(answer(id).is_none(), "{id}");
        }
        assert!(read(b"<html>").is_none() && read(b"[]").is_none());
    }

    #[test]
    fn values_of_a_form_stay_values() {
        let mut form = Form::default();
        form.add("a", "1&b=2 +%");
        form.add("c", "ü");
        assert_eq!(*form.0, "a=1%26b%3D2%20%2B%25&c=%C3%BC");
    }
}
