//! Where the users' secrets come from and where they go; which of them a change of the
//! configuration would send somewhere new.
//!
//! A secret goes to the host at which its user logs in, and to whoever can pass for that host: what
//! is trusted belongs to the place. It must not get anywhere else because somebody changed an
//! option who does not know it.

use super::auth::secret_file;
use super::general::TRUSTED;
use super::host;
use super::raw::RawSection;
use super::value::list;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A user's secrets, each with the option that names its file instead. The key of a JWT has no
/// option that holds it: it is in a file always.
const KINDS: &[(&str, Option<&str>)] = &[
    ("password", Some("password_file")),
    ("token", Some("token_file")),
    ("client_secret", Some("client_secret_file")),
    ("private_key", None),
];

const STANDARD_HOST: &str = "login.salesforce.com";

/// Can this option be entered as a secret of a user?
pub fn is_secret(option: &str) -> bool {
    KINDS.iter().any(|(kind, _)| *kind == option)
}

/// The option that names the file of a secret.
pub fn file_option(secret: &str) -> Option<&'static str> {
    KINDS.iter().find(|(kind, _)| *kind == secret)?.1
}

/// What a secret is taken from. No `Debug`: it may be the secret.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    /// The option's value.
    Value(String),
    /// The only line of this file.
    File(PathBuf),
    /// This key, which signs and is not sent itself.
    Key(String),
}

/// Where it goes.
struct Place<'a> {
    host: String,
    trusted: BTreeSet<String>,
    ca_file: Option<&'a str>,
}

/// A secret that goes, or comes, from somewhere that it did not before.
pub struct Moved {
    /// Whose.
    pub section: String,
    /// Which: `password`, `token`, `client_secret` or `private_key`.
    pub option: &'static str,
    source: Source,
}

impl Moved {
    /// Is this the secret, or the path of the key? What is in a file is compared with it.
    pub fn is(&self, entered: &str) -> bool {
        match &self.source {
            Source::Value(value) | Source::Key(value) => value == entered,
            Source::File(path) => is_in(path, entered),
        }
    }

    /// The file that it is in.
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Value(_) | Source::Key(_) => None,
        }
    }
}

fn is_in(path: &Path, entered: &str) -> bool {
    let held: Option<SecretString> = secret_file(path).ok();
    held.is_some_and(|held| held.expose_secret() == entered)
}

/// The file that a user's secret is in.
pub fn file_of<'s>(section: &'s RawSection, secret: &str) -> Option<&'s str> {
    file_option(secret).and_then(|option| section.value(option))
}

/// The secrets that would go somewhere new, or come from somewhere new, if `after` took the place
/// of `before`.
pub fn moved(before: &[RawSection], after: &[RawSection]) -> Vec<Moved> {
    let (trust_before, trust_after) = (trust(before), trust(after));
    let mut moved = Vec::new();
    for section in after.iter().filter(|section| !section.is_general()) {
        let is_it = |other: &&RawSection| other.name.eq_ignore_ascii_case(&section.name);
        let former = before.iter().find(is_it);
        let stays = former.is_some_and(|former| {
            let (was, is) = (place(former, &trust_before), place(section, &trust_after));
            is.is_within(&was)
        });
        for &(option, file) in KINDS {
            for source in sources(section, option, file) {
                let has_it = |former: &RawSection| sources(former, option, file).contains(&source);
                if !(stays && former.is_some_and(has_it)) {
                    moved.push(Moved {
                        section: section.name.clone(),
                        option,
                        source,
                    });
                }
            }
        }
    }
    moved
}

fn sources(section: &RawSection, option: &str, file: Option<&str>) -> Vec<Source> {
    let value = section.value(option).map(str::to_owned);
    match file {
        None => value.map(Source::Key).into_iter().collect(),
        Some(file) => {
            let file = section.value(file);
            let file = file.map(|path| Source::File(PathBuf::from(path)));
            value.map(Source::Value).into_iter().chain(file).collect()
        }
    }
}

type Trust<'a> = (BTreeSet<String>, Option<&'a str>);

fn trust(sections: &[RawSection]) -> Trust<'_> {
    let general = sections.iter().find(|section| section.is_general());
    let of_general = |option| general.and_then(|general| general.value(option));
    let trusted = of_general("trusted_domains").unwrap_or(TRUSTED);
    let name = |part: &str| host::parse_name(part).unwrap_or_else(|_| part.to_owned());
    (list(trusted).map(name).collect(), of_general("ca_file"))
}

fn place<'a>(section: &RawSection, (trusted, ca_file): &Trust<'a>) -> Place<'a> {
    let written = section
        .value("login_host")
        .or_else(|| section.value("domain"))
        .unwrap_or(STANDARD_HOST);
    let host = match host::parse(written) {
        Ok(host) => format!("{}:{}", host.name, host.port),
        Err(_) => written.to_owned(),
    };
    Place {
        host,
        trusted: trusted.clone(),
        ca_file: *ca_file,
    }
}

impl Place<'_> {
    /// Is nobody here who was not there?
    fn is_within(&self, other: &Place<'_>) -> bool {
        self.host == other.host
            && self.trusted.is_subset(&other.trusted)
            && (self.ca_file.is_none() || self.ca_file == other.ca_file)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    const FILE: &str = "[general]\nca_file=/ca.pem\n\
        [anna]\npassword=pw\ntoken=tk\ndomain=acme.my.salesforce.com\n\
        [bert]\npassword_file=/bert\n\
        [carl]\nprivate_key=/carl.pem\nclient_id=x\nlogin_host=test.salesforce.com\n";

    /// `section.option` of what moves when `old` becomes `new`.
    fn moves(old: &str, new: &str) -> Vec<String> {
        assert!(FILE.contains(old), "{old}");
        let (before, after) = (file(FILE), file(&FILE.replace(old, new)));
        let moved = moved(&before, &after);
        let name = |moved: &Moved| format!("{}.{}", moved.section, moved.option);
        moved.iter().map(name).collect()
    }

    #[test]
    fn what_goes_somewhere_new() {
        let anna = ["anna.password", "anna.token"];
        let all = [&anna[..], &["bert.password", "carl.private_key"]].concat();
        for (old, new, expected) in [
            ("domain=acme", "domain=evil", &anna[..]),
            ("domain=acme.my.salesforce.com\n", "", &anna),
            (
                "domain=acme.my.salesforce.com",
                "domain=acme.my.salesforce.com:8443",
                &anna,
            ),
            (
                "domain=acme.my.salesforce.com",
                "domain=acme.my.salesforce.com\nlogin_host=evil.force.com",
                &anna,
            ),
            ("[bert]", "[bert]\ndomain=x.force.com", &["bert.password"]),
            ("login_host=test", "login_host=evil", &["carl.private_key"]),
            ("[general]", "[general]\ntrusted_domains=evil.example", &all),
            (
                "[general]",
                "[general]\ntrusted_domains=salesforce.com, force.com, salesforce.mil, \
                 sfcrmproducts.cn, x.example",
                &all,
            ),
            ("ca_file=/ca.pem", "ca_file=/evil.pem", &all),
            (
                "password_file=/bert",
                "password_file=/etc/x",
                &["bert.password"],
            ),
            ("password_file=/bert", "token_file=/bert", &["bert.token"]),
            (
                "private_key=/carl.pem",
                "private_key=/x.pem",
                &["carl.private_key"],
            ),
            ("password=pw", "password=other", &["anna.password"]),
            ("password=pw", "password_file=/x", &["anna.password"]),
            ("[bert]", "[dora]\npassword=p\n[bert]", &["dora.password"]),
        ] {
            assert_eq!(moves(old, new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn what_stays_where_it_was() {
        for (old, new) in [
            ("password=pw\n", ""),
            (
                "domain=acme.my.salesforce.com",
                "domain=https://ACME.my.salesforce.com:443/x",
            ),
            (
                "domain=acme.my.salesforce.com",
                "domain=other.force.com\nlogin_host=acme.my.salesforce.com",
            ),
            ("[bert]", "[bert]\ndomain=login.salesforce.com"),
            (
                "[general]",
                "[general]\ntrusted_domains=force.com, Salesforce.com",
            ),
            ("ca_file=/ca.pem\n", ""),
            ("client_id=x", "client_id=y\nusername=z"),
            ("[bert]\npassword_file=/bert\n", ""),
        ] {
            assert_eq!(moves(old, new), [""; 0], "{old} → {new}");
        }
    }

    #[test]
    fn what_is_entered_is_compared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2\n").unwrap();
        let after = format!("[anna]\npassword=pw\ntoken_file={}\n", path.display());
        let moved = moved(&[], &file(&after));
        let told: Vec<_> = moved
            .iter()
            .map(|m| (m.option, m.file().is_some()))
            .collect();
        assert_eq!(told, [("password", false), ("token", true)]);
        assert!(moved[0].is("pw") && !moved[0].is("hunter2") && !moved[0].is(""));
        assert!(moved[1].is("hunter2") && !moved[1].is("hunter2\n") && !moved[1].is(""));
    }
}
