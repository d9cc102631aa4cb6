//! How a user logs in: `auth`, and which secrets belong to which way.

use super::exposure;
use super::raw::RawOption;
use super::section::{Section, Wrong};
use super::settings::{Auth, Host};
use super::value::{choice, existing_file, path};
use crate::files;
use secrecy::SecretString;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Auto,
    Soap,
    Password,
    ClientCredentials,
    Jwt,
}

const WAYS: &[(&str, Way)] = &[
    ("auto", Way::Auto),
    ("soap", Way::Soap),
    ("password", Way::Password),
    ("client_credentials", Way::ClientCredentials),
    ("jwt", Way::Jwt),
];

/// Which way is taken, and why.
fn choose(section: &Section, stated: Way) -> (Way, &'static str) {
    let has_password = section.has("password") || section.has("password_file");
    let has_secret = section.has("client_secret") || section.has("client_secret_file");
    match stated {
        Way::Auto if section.has("private_key") => (Way::Jwt, "auto: private_key is set"),
        Way::Auto if has_secret && !has_password => (
            Way::ClientCredentials,
            "auto: a client secret is set, and no password",
        ),
        Way::Auto if section.has("client_id") && has_password => {
            (Way::Password, "auto: client_id and a password are set")
        }
        Way::Auto => (Way::Soap, "auto: no client_id"),
        way => (way, "as configured"),
    }
}

/// Reads the options of the login, and why it is the one; `None` when something is wrong, which
/// is noted.
pub(super) fn read(
    section: &mut Section,
    login_host: Option<&Host>,
) -> Option<(Auth, &'static str)> {
    let before = section.errors.len();
    let stated = section.read("auth", Way::Auto, choice(WAYS));
    let (way, because) = choose(section, stated);
    refuse_unused(section, stated, way);
    let auth = match way {
        Way::Auto | Way::Soap => {
            let password = required_secret(section, "password", "password_file");
            let token = secret(section, "token", "token_file").unwrap_or_default();
            password.map(|password| Auth::Soap { password, token })
        }
        Way::Password => {
            let client_id = client_id(section);
            let client_secret = secret(section, "client_secret", "client_secret_file");
            let password = required_secret(section, "password", "password_file");
            let token = secret(section, "token", "token_file").unwrap_or_default();
            client_id
                .zip(password)
                .map(|(client_id, password)| Auth::Password {
                    client_id,
                    client_secret,
                    password,
                    token,
                })
        }
        Way::ClientCredentials => {
            refuse_shared_host(section, login_host);
            let client_id = client_id(section);
            let client_secret = required_secret(section, "client_secret", "client_secret_file");
            client_id
                .zip(client_secret)
                .map(|(client_id, client_secret)| Auth::ClientCredentials {
                    client_id,
                    client_secret,
                })
        }
        Way::Jwt => {
            let client_id = client_id(section);
            let private_key = section.optional("private_key", existing_file);
            if !section.has("private_key") {
                section.missing("private_key", "the path of a PEM file");
            } else if let (Some(path), Some(option)) = (&private_key, section.last("private_key")) {
                warn_if_exposed(section, option, path);
            }
            client_id
                .zip(private_key)
                .map(|(client_id, private_key)| Auth::Jwt {
                    client_id,
                    private_key,
                })
        }
    };
    auth.filter(|_| section.errors.len() == before)
        .map(|auth| (auth, because))
}

/// Options of another way than the one taken: an error where the way was chosen explicitly,
/// a warning where it follows from what is there.
fn refuse_unused(section: &mut Section, stated: Way, way: Way) {
    let unused: &[&str] = match way {
        Way::Auto | Way::Soap => &[
            "client_id",
            "client_secret",
            "client_secret_file",
            "private_key",
        ],
        Way::Password => &["private_key"],
        Way::ClientCredentials => &[
            "password",
            "password_file",
            "token",
            "token_file",
            "private_key",
        ],
        Way::Jwt => &[
            "password",
            "password_file",
            "token",
            "token_file",
            "client_secret",
            "client_secret_file",
        ],
    };
    let name = WAYS
        .iter()
        .find(|(_, other)| *other == way)
        .map_or("soap", |(name, _)| name);
    for option in unused {
        let Some(option) = section
            .last(option)
            .filter(|option| !option.value.is_empty())
        else {
            continue;
        };
        if stated == Way::Auto {
            section.warn(option, &format!("is not used, the login is auth = {name}"));
        } else {
            let problem = format!("contradicts auth = {name}, which does not use it");
            section.wrong(
                option,
                Wrong::new(problem, "another auth, or without this option"),
            );
        }
    }
}

/// `login.salesforce.com` and `test.salesforce.com` refuse client credentials.
fn refuse_shared_host(section: &mut Section, host: Option<&Host>) {
    let shared = ["login.salesforce.com", "test.salesforce.com"];
    if !host.is_some_and(|host| shared.contains(&host.name.as_str())) {
        return;
    }
    let allowed = "the org's own domain, such as acme.my.salesforce.com";
    match section
        .last("login_host")
        .or_else(|| section.last("domain"))
    {
        Some(option) => {
            let problem = "refuses auth = client_credentials";
            section.wrong(option, Wrong::new(problem, allowed));
        }
        None => section.missing("domain", allowed),
    }
}

fn client_id(section: &mut Section) -> Option<String> {
    if !section.has("client_id") {
        section.missing("client_id", "the consumer key of the app in Salesforce");
    }
    section.optional("client_id", |value| {
        if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
            Err(Wrong::new(
                "holds a space or control character",
                "the consumer key as Salesforce shows it",
            ))
        } else {
            Ok(value.to_owned())
        }
    })
}

fn required_secret(section: &mut Section, name: &str, file: &str) -> Option<SecretString> {
    if !section.has(name) && !section.has(file) {
        section.missing(name, &format!("{name} or {file}"));
    }
    secret(section, name, file)
}

fn secret(section: &mut Section, name: &str, file: &str) -> Option<SecretString> {
    if section.has(name) && section.has(file) {
        if let Some(option) = section.last(file) {
            let problem = format!("contradicts {name}, which is given as well");
            section.wrong(
                option,
                Wrong::new(problem, format!("either {name} or {file}")),
            );
        }
        return None;
    }
    if let Some(option) = section.last(name).filter(|option| !option.value.is_empty()) {
        let value = &option.value;
        if value.len() > 1 && value.starts_with('"') && value.ends_with('"') {
            section.warn(option, "the quotes are taken as part of the secret");
        }
        // The value as it is: Asterisk has trimmed it already.
        return Some(SecretString::from(value.clone()));
    }
    let option = section
        .last(file)
        .filter(|option| !option.value.is_empty())?;
    match path(option.value.trim()).and_then(|path| secret_file(&path).map(|secret| (path, secret)))
    {
        Ok((path, secret)) => {
            warn_if_exposed(section, option, &path);
            Some(secret)
        }
        Err(wrong) => {
            section.wrong(option, wrong);
            None
        }
    }
}

/// The file's content without one line break at its end.
pub(super) fn secret_file(path: &Path) -> Result<SecretString, Wrong> {
    const LONGEST: usize = 16 * 1024;
    let allowed = "a file with the secret on its only line, which Asterisk may read";
    let text = files::read_text(path, LONGEST)
        .map_err(|error| Wrong::new(error.why.to_string(), allowed))?;
    let text = files::without_mark(&text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.contains('\n') {
        return Err(Wrong::new("is empty or has more than one line", allowed));
    }
    // UTF-16 without a mark.
    if text.contains('\0') {
        return Err(Wrong::new("is not UTF-8", allowed));
    }
    Ok(SecretString::from(text))
}

fn warn_if_exposed(section: &mut Section, option: &RawOption, path: &Path) {
    if let Some(exposed) = exposure::of_file(path) {
        section.warn(option, &exposed);
    }
}
