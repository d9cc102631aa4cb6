//! What the reader takes and what it refuses.

use super::settings::{Auth, CreateOn, Extension, Host, Lookup, UnansweredGroup, User};
use super::{ConfigError, RawOption, RawSection, Reading, read};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use std::time::Duration;

const SECRET: &str = "s3cr3t;\"x";

/// A file as Asterisk would give it: `[name]` lines and `name = value` lines, counted from 1.
pub(super) fn file(text: &str) -> Vec<RawSection> {
    let mut sections: Vec<RawSection> = Vec::new();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if let Some(name) = line.strip_prefix('[') {
            sections.push(RawSection {
                name: name.trim_end_matches(']').to_owned(),
                file: "salesforce.conf".to_owned(),
                line: number,
                options: Vec::new(),
            });
        } else if let Some((name, value)) = line.split_once('=') {
            sections.last_mut().unwrap().options.push(RawOption {
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
                file: "salesforce.conf".to_owned(),
                line: number,
            });
        }
    }
    sections
}

fn user(options: &str) -> String {
    format!(
        "[support]\ntype = user\nusername = a@b.example\npassword = {SECRET}\nextension = 100\n{options}\n"
    )
}

fn reading(text: &str) -> Reading {
    read(&file(text))
}

/// The one user of a configuration without error.
fn good(options: &str) -> User {
    let reading = reading(&user(options));
    assert_eq!(reading.errors, [], "{options}");
    reading.configuration.unwrap().users.remove(0)
}

/// The errors of one user, as text.
fn bad(options: &str) -> Vec<String> {
    let reading = reading(&user(options));
    assert!(reading.configuration.is_none(), "{options}");
    reading.errors.iter().map(ConfigError::to_string).collect()
}

#[test]
fn defaults_are_the_contracts() {
    let configuration = reading("[general]\n").configuration.unwrap();
    let general = configuration.settings;
    assert!(general.enabled && !general.web && !general.web_insecure && !general.web_files);
    assert_eq!(general.timezone, None);
    assert_eq!(general.api_version, "64.0");
    assert_eq!(
        general.trusted_domains,
        [
            "salesforce.com",
            "force.com",
            "salesforce.mil",
            "sfcrmproducts.cn"
        ]
    );
    assert_eq!(general.connect_timeout, Duration::from_secs(10));
    assert_eq!(general.request_timeout, Duration::from_secs(60));
    assert_eq!(
        (general.workers, general.history_days, general.api_reserve),
        (4, 30, 10)
    );
    assert_eq!(general.internal_callers, ["_X", "_XX", "_XXX", "_XXXX"]);
    assert_eq!(general.unanswered_group, UnansweredGroup::All);
    assert_eq!(general.dialplan_timeout, Duration::from_millis(500));
    assert_eq!(general.prefix_strip, "");
    assert!(general.journal.is_none() && general.ca_file.is_none());

    let user = good("");
    assert_eq!(
        user.domain,
        Host {
            name: "login.salesforce.com".to_owned(),
            port: 443
        }
    );
    assert_eq!(user.login_host, user.domain);
    assert_eq!((user.language.tag(), user.country.as_str()), ("de", "DE"));
    assert!(user.case_on_answered && user.case_on_lost && !user.create_account);
    assert!(user.enabled && !user.auto_assign && !user.task_on_answered && !user.task_on_lost);
    assert_eq!(user.repeat_window, 0);
    assert_eq!(user.case_origin.as_deref(), Some("Phone"));
    assert_eq!(user.task_status, "Completed");
    assert_eq!(good("case_origin=\n").case_origin, None);
    let telefon = good("case_origin=Telefon\ntask_status=Erledigt\n");
    assert_eq!(telefon.case_origin.as_deref(), Some("Telefon"));
    assert_eq!(telefon.task_status, "Erledigt");
    assert!(matches!(user.auth, Auth::Soap { ref password, ref token }
        if password.expose_secret() == SECRET && token.expose_secret().is_empty()));
}

#[test]
fn users_inherit_from_general() {
    let general = "[general]\nlanguage=en_US\ncountry=gb\ncreate_on=answer\nlookup=soql\n";
    let own = format!("{general}{}language=de\ncountry=AT\n", user(""));
    let inherited = reading(&format!("{general}{}", user("")))
        .configuration
        .unwrap();
    let user = &inherited.users[0];
    assert_eq!((user.language.tag(), user.country.as_str()), ("en", "GB"));
    assert_eq!(
        (user.create_on, user.lookup),
        (CreateOn::Answer, Lookup::Soql)
    );
    let own = reading(&own).configuration.unwrap();
    assert_eq!(
        (own.users[0].language.tag(), own.users[0].country.as_str()),
        ("de", "AT")
    );
}

#[test]
fn an_error_names_everything() {
    let reading = reading("[general]\n\nworkers = 65\n");
    assert!(reading.configuration.is_none());
    assert_eq!(
        reading.errors[0].to_string(),
        "salesforce.conf:3: [general] workers = 65: is out of range or no whole number; allowed: 1-64"
    );
}

#[test]
fn all_errors_at_once() {
    let text = "[general]\nenabled=maybe\nworkers=0\ncountry=XX\nlangauge=de\nweb=\n\
                unanswered_group=some\ntimezone=Mars/Olympus\njournal=relative\n\
                internal_callers=_[1-,100\ntrusted_domains=https://x\nprefix_strip=0a\n\
                api_version=latest\nignore_numbers=abc\nca_file=/no/such/file\n\
                [a]\ntype=user\nlookup=x\n[b]\ntype=peer\n[c]\nx=1\n";
    let reading = reading(text);
    let told = |section: &str, option: &str| {
        reading
            .errors
            .iter()
            .any(|e| e.section == section && e.option.as_deref() == Some(option))
    };
    for option in [
        "enabled",
        "workers",
        "country",
        "langauge",
        "web",
        "unanswered_group",
        "timezone",
        "journal",
        "internal_callers",
        "trusted_domains",
        "prefix_strip",
        "api_version",
        "ignore_numbers",
        "ca_file",
    ] {
        assert!(told("general", option), "{option}");
    }
    for option in ["username", "password", "extension", "lookup"] {
        assert!(told("a", option), "{option}");
    }
    assert!(told("b", "type") && told("c", "type"));
    assert_eq!(reading.errors.len(), 20, "{:#?}", reading.errors);
}

#[test]
fn unknown_options_have_a_suggestion() {
    let [error] = &bad("extention = 101")[..] else {
        panic!()
    };
    // Without its value: it might have been a password's option.
    let expected = "salesforce.conf:6: [support] extention: unknown option (did you mean \
                    extension?); allowed: type, enabled, username, ";
    assert!(error.starts_with(expected), "{error}");
    // To the last one.
    assert!(error.ends_with(", task_on_lost, task_status"), "{error}");
    assert!(bad("workers = 3")[0].contains("(it belongs into [general]); allowed: type"));
    assert!(bad("zzzzzzzzz = 3")[0].contains("unknown option; allowed: type, enabled"));
    let error = reading("[general]\nusername=x").errors[0].to_string();
    let expected = "(it belongs into a section of type user); allowed: enabled, language";
    assert!(error.contains(expected), "{error}");
    assert!(error.ends_with(", record_events"), "{error}");
}

#[test]
fn a_secret_is_never_told() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("no-such-file");
    let text = format!(
        "[general]\ntrusted_domains = salesforce.com\n\
         [a]\ntype=user\npassword={SECRET}\ntoken={SECRET}\nclient_secret={SECRET}\n\
         password_file={}\ntoken_file={SECRET}\nauth=soap\n\
         [b]\ntype=user\npasword={SECRET}\nkennwort={SECRET}\nsecret={SECRET}\ntokn={SECRET}\n\
         domain=https://u:{SECRET}@acme.my.salesforce.com\n\
         [c]\ntype=user\nusername=a@b.example\nextension=1\npassword={SECRET}\ntoken={SECRET}\n",
        missing.display()
    );
    let reading = reading(&text);
    assert!(reading.errors.len() > 8);
    assert_eq!(reading.configuration.as_ref().unwrap().users.len(), 1);
    let told: Vec<String> = reading.errors.iter().map(ConfigError::to_string).collect();
    for text in [
        told.join("\n"),
        format!("{reading:?}"),
        format!("{reading:#?}"),
    ] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_told_either() {
    let text = format!(
        "[general]\npw={SECRET}\n\
         [a]\ntype=user\nusername=a@b.example\npassword={SECRET}\nauth={SECRET}\n\
         extension=100, {SECRET}\nlanguage=x{SECRET}\nworkers={SECRET}\nhunter={SECRET}\n\
         password: {SECRET}=x\nPassword {SECRET}=x\ndescription={{{SECRET}}}\n\
         [b]\ntype=user\nauth=sopa\n"
    );
    let told: Vec<String> = reading(&text)
        .errors
        .iter()
        .map(ConfigError::to_string)
        .collect();
    let told = told.join("\n");
    assert!(!told.contains(SECRET), "{told}");
    for line in [
        "[general] pw: unknown option; ",
        "[a] auth: is none of the choices; allowed: auto, ",
        "[a] extension: is not allowed, and is not shown, for it may be a secret; allowed: ",
        "[a] workers: unknown option (it belongs into [general]); ",
        "[a] hunter: unknown option",
        "[a] password…: unknown option",
        "[a] Password…: unknown option",
        // A value that is no secret of this section is told.
        "[b] auth = sopa: is none of the choices; ",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn a_bad_user_does_not_stop_the_good_ones() {
    let text = format!("{}[bad]\ntype=user\n", user(""));
    let reading = reading(&text);
    assert_eq!(reading.errors.len(), 3);
    assert_eq!(reading.configuration.unwrap().users[0].name, "support");
}

#[test]
fn when_there_is_no_configuration() {
    assert!(read(&[]).configuration.is_none());
    assert!(reading("[general]\n").configuration.is_some());
    assert!(reading(&user("")).configuration.is_some());
    assert!(
        reading("[general]\n[a]\ntype=user\n")
            .configuration
            .is_none()
    );
    assert!(
        reading(&format!("[general]\nworkers=x\n{}", user("")))
            .configuration
            .is_none()
    );
    assert!(
        reading(&format!("[general]\n[general]\n{}", user("")))
            .configuration
            .is_none()
    );
}

#[test]
fn the_last_value_counts_and_sections_are_unique() {
    assert_eq!(
        good("extension = 200\nextension = 300").extensions[0].exten,
        "300"
    );
    let reading = reading(&format!("{}[Support]\ntype=user\n", user("")));
    assert_eq!(reading.errors.len(), 1);
    assert!(
        reading.errors[0]
            .problem
            .contains("twice, first at salesforce.conf:1")
    );
    assert_eq!(reading.configuration.unwrap().users.len(), 1);
}

#[test]
fn an_extension_is_one_users() {
    let two = |first: &str, second: &str| {
        let text = format!(
            "[a]\ntype=user\nusername=a@b.c\npassword=x\n{first}\n\
             [b]\ntype=user\nusername=b@b.c\npassword=x\n{second}\n"
        );
        let reading = reading(&text);
        (
            reading.configuration.unwrap().users.len(),
            reading.errors.len(),
        )
    };
    assert_eq!(two("extension=100", "extension=101"), (2, 0));
    assert_eq!(two("extension=100@x", "extension=100@y"), (2, 0));
    assert_eq!(two("extension=100", "extension=99,100"), (1, 1));
    assert_eq!(two("extension=100", "extension=100@x"), (1, 1));
    assert_eq!(two("extension=100@x", "extension=100@x"), (1, 1));
    assert_eq!(two("extension=100\nenabled=no", "extension=100"), (2, 0));
    let twice = good("extension = 100, 100 ,101@office,").extensions;
    assert_eq!(twice.len(), 2);
    assert_eq!(
        twice[1],
        Extension {
            exten: "101".to_owned(),
            context: Some("office".to_owned())
        }
    );
    for value in [
        "",
        ",",
        "_1XX",
        "100@",
        "@x",
        "1 00",
        "a&b",
        "100@a@b",
        "PJSIP/100",
    ] {
        assert_eq!(bad(&format!("extension = {value}")).len(), 1, "{value}");
    }
}

#[test]
fn credentials_go_to_trusted_domains_only() {
    assert_eq!(
        good("domain = https://Acme.my.salesforce.com/x")
            .domain
            .name,
        "acme.my.salesforce.com"
    );
    assert_eq!(good("domain = eu5.salesforce.com:8443").domain.port, 8443);
    assert_eq!(
        good("login_host = test.salesforce.com").login_host.name,
        "test.salesforce.com"
    );
    assert_eq!(good("login_host =").login_host.name, "login.salesforce.com");
    for options in [
        "domain = salesforce.com.evil.example",
        "domain = http://acme.my.salesforce.com",
        "domain =",
        "login_host = evil.example",
        "domain = evilsalesforce.com",
        "domain = localhost",
    ] {
        assert_eq!(bad(options).len(), 1, "{options}");
    }
    let own = format!(
        "[general]\ntrusted_domains=localhost\n{}",
        user("domain=localhost:8443")
    );
    assert_eq!(reading(&own).errors, []);
    // A list that is wrong itself does not make every host wrong.
    let wrong = format!(
        "[general]\ntrusted_domains=a b\n{}",
        user("domain=localhost")
    );
    assert_eq!(reading(&wrong).errors.len(), 1);
    assert!(reading(&wrong).configuration.is_none());
    // The default domain has to be trusted as well.
    let default = format!("[general]\ntrusted_domains=localhost\n{}", user(""));
    assert_eq!(reading(&default).errors.len(), 1);
}

#[test]
fn texts_and_fields() {
    let user = good(
        "account_name = Anrufer {number}\nsubject_lost =\ncase_field = Priority=High\n\
         case_field = A__c={name}\ncase_field = priority=Low\naccount_field = Type=x\n",
    );
    assert_eq!(user.account_name.unwrap().source(), "Anrufer {number}");
    assert_eq!(user.subject_lost, None);
    let fields: Vec<(&str, &str)> = user
        .case_fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.source()))
        .collect();
    assert_eq!(fields, [("priority", "Low"), ("A__c", "{name}")]);
    for options in [
        "description = {nummer}",
        "subject_lost = {",
        "case_field = Description=x",
        "case_field = x",
        "account_field = Name=x",
        "external_id_field = a b",
        "owner = me",
        "repeat_window = 99999",
        "auto_assign = later",
    ] {
        assert_eq!(bad(options).len(), 1, "{options}");
    }
    assert!(bad("description = {nummer}")[0].contains("unknown variable {nummer}"));
}

fn way(options: &str) -> &'static str {
    let base = "[u]\ntype=user\nusername=a@b.c\nextension=1\ndomain=acme.my.salesforce.com\n";
    let reading = reading(&format!("{base}{options}"));
    match reading
        .configuration
        .map(|mut configuration| configuration.users.remove(0).auth)
    {
        Some(Auth::Soap { .. }) => "soap",
        Some(Auth::Password { .. }) => "password",
        Some(Auth::ClientCredentials { .. }) => "client_credentials",
        Some(Auth::Jwt { .. }) => "jwt",
        None => "error",
    }
}

#[test]
fn the_way_of_logging_in() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let key = format!("private_key={}\n", key.path().display());
    for (options, expected) in [
        ("password=x", "soap"),
        ("password=x\ntoken=y", "soap"),
        ("password=x\nclient_id=i", "password"),
        ("password=x\nclient_id=i\nclient_secret=s", "password"),
        ("client_id=i\nclient_secret=s", "client_credentials"),
        (&format!("client_id=i\n{key}"), "jwt"),
        (&format!("client_id=i\npassword=x\n{key}"), "jwt"),
        ("auth=soap\npassword=x", "soap"),
        ("auth=JWT\nclient_id=i", "error"),
        ("auth=soap", "error"),
        ("auth=magic\npassword=x", "error"),
        ("auth=password\npassword=x", "error"),
        ("auth=soap\npassword=x\nclient_id=i", "error"),
        (
            "auth=client_credentials\nclient_id=i\nclient_secret=s\npassword=x",
            "error",
        ),
        ("client_secret=s", "error"),
        (&key, "error"),
        ("client_id=i\nprivate_key=/no/such/key", "error"),
        (
            "client_id=i\nclient_secret=s\ndomain=login.salesforce.com",
            "error",
        ),
        ("password=x\npassword_file=/dev/null", "error"),
        ("", "error"),
    ] {
        assert_eq!(way(options), expected, "{options}");
    }
}

#[test]
fn why_it_is_this_way_of_logging_in() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let key = format!(
        "client_id=i\npassword=x\nprivate_key={}",
        key.path().display()
    );
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&secret, "s").unwrap();
    let secret = format!(
        "client_id=i\nclient_secret_file={}",
        secret.path().display()
    );
    for (options, name, because) in [
        ("password=x", "soap", "auto: no client_id"),
        ("auth=auto\npassword=x", "soap", "auto: no client_id"),
        ("auth=SOAP\npassword=x", "soap", "as configured"),
        (
            "password=x\nclient_id=i",
            "password",
            "auto: client_id and a password are set",
        ),
        (
            &secret,
            "client_credentials",
            "auto: a client secret is set, and no password",
        ),
        (&key, "jwt", "auto: private_key is set"),
    ] {
        let base = "[u]\ntype=user\nusername=a@b.c\nextension=1\ndomain=acme.my.salesforce.com\n";
        let reading = reading(&format!("{base}{options}"));
        let user = &reading.configuration.unwrap().users[0];
        assert_eq!((user.auth.name(), user.auth_because), (name, because));
    }
}

#[test]
fn what_follows_from_what_is_there_only_warns() {
    let text = user("client_secret = x");
    let reading = reading(&text);
    assert_eq!(reading.errors, []);
    assert!(reading.warnings[0].contains("client_secret: is not used, the login is auth = soap"));
}

#[test]
fn secrets_out_of_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    let read_file = |content: &str, mode: u32| {
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        reading(&user(&format!(
            "password =\npassword_file = {}",
            path.display()
        )))
    };
    for (content, secret) in [("abc\n", "abc"), (" a;b ", " a;b "), ("abc\r\n", "abc")] {
        let reading = read_file(content, 0o600);
        assert_eq!(
            (&reading.errors[..], &reading.warnings[..]),
            (&[][..], &[][..])
        );
        let Auth::Soap { password, .. } = &reading.configuration.unwrap().users[0].auth else {
            panic!()
        };
        assert_eq!(password.expose_secret(), secret);
    }
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let warning = &read_file("abc", 0o604).warnings[0];
    assert!(
        warning.contains("password_file: everybody on this machine can read"),
        "{warning}"
    );
    for content in ["", "\n", "a\nb\n"] {
        assert_eq!(read_file(content, 0o600).errors.len(), 1, "{content:?}");
    }
    for file in ["/no/such/file", "relative", "/"] {
        assert_eq!(
            bad(&format!("password =\npassword_file = {file}")).len(),
            1,
            "{file}"
        );
    }
}

#[test]
fn a_secret_in_another_encoding_is_told_as_that() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    let read_file = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        reading(&user(&format!(
            "password =\npassword_file = {}",
            path.display()
        )))
    };
    for content in [&b"Geheim\xe4\n"[..], b"\xff\xfeG\0e\0h\0", b"G\0e\0h\0"] {
        let told = read_file(content).errors[0].to_string();
        assert!(told.contains(": is not UTF-8"), "{told}");
        assert!(
            told.starts_with("salesforce.conf:7: [support] password_file = "),
            "{told}"
        );
        assert!(!told.contains("Geh"), "{told}");
    }
    // The mark that Windows' editors put before it is no part of it.
    let marked = read_file("\u{feff}Geheim\u{e4}\r\n".as_bytes());
    let Auth::Soap { password, .. } = &marked.configuration.unwrap().users[0].auth else {
        panic!()
    };
    assert_eq!(password.expose_secret(), "Geheim\u{e4}");
}

#[test]
fn what_is_no_file_is_told_and_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    mknodat(
        CWD,
        at("pipe"),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
    std::os::unix::fs::symlink(at("nowhere"), at("link")).unwrap();
    let what = [
        (at("pipe"), "is a named pipe, not a file"),
        (at("socket"), "is a socket, not a file"),
        (at("link"), "is a link to something that does not exist"),
        (dir.path().to_owned(), "is a folder, not a file"),
        ("/dev/zero".into(), "is a device, not a file"),
    ];
    for (path, words) in &what {
        let path = path.display();
        for (option, text) in [
            ("ca_file", format!("[general]\nca_file = {path}\n")),
            (
                "password_file",
                user(&format!("password =\npassword_file = {path}")),
            ),
            ("token_file", user(&format!("token_file = {path}"))),
            (
                "client_secret_file",
                user(&format!("client_id = i\nclient_secret_file = {path}")),
            ),
            (
                "private_key",
                user(&format!("client_id = i\nprivate_key = {path}")),
            ),
        ] {
            let errors = reading(&text).errors;
            let told: Vec<String> = errors.iter().map(ConfigError::to_string).collect();
            assert_eq!(told.len(), 1, "{told:#?}");
            assert!(
                told[0].contains(&format!("{option} = {path}: {words}; ")),
                "{told:#?}"
            );
        }
    }
}

/// U+FFFD stands where something was not UTF-8.
#[test]
fn what_is_not_utf_8_is_told_with_its_place_and_without_its_value() {
    let carl = "[carl]\ntype = user\nusername = c@b.example\npassword = x\nextension = 101\n";
    for (line, place) in [
        (
            "password = Gehe\u{fffd}m",
            "salesforce.conf:6: [support] password: ",
        ),
        (
            "username = M\u{fffd}ller@b.example",
            "salesforce.conf:6: [support] username: ",
        ),
        (
            "subject_lost = Anruf f\u{fffd}r {user}",
            "salesforce.conf:6: [support] subject_lost: ",
        ),
        (
            "case_on_lost = \u{fffd}",
            "salesforce.conf:6: [support] case_on_lost: ",
        ),
        (
            "pa\u{fffd}wort = Gehe",
            "salesforce.conf:6: [support] pa\u{fffd}wort: ",
        ),
        ("type = us\u{fffd}r", "salesforce.conf:6: [support] type: "),
        (
            "[m\u{fffd}ller]\ntype = user",
            "salesforce.conf:6: [m\u{fffd}ller]: its name ",
        ),
        (
            "[m\u{fffd}ller]\ntype = user\n[m\u{fffd}ller]",
            "salesforce.conf:6: [m\u{fffd}ller]: its name ",
        ),
    ] {
        let reading = reading(&format!("{}{carl}", user(line)));
        let told: Vec<String> = reading.errors.iter().map(ConfigError::to_string).collect();
        let count = line.matches('[').count().max(1);
        assert_eq!(told.len(), count, "{line}: {told:#?}");
        assert!(
            told[0].starts_with(&format!("{place}is not UTF-8")),
            "{told:#?}"
        );
        for value in ["Gehe\u{fffd}m", "@b.example", "Anruf", "= "] {
            assert!(!told[0].contains(value), "{told:#?}");
        }
        let users = reading.configuration.unwrap().users;
        assert_eq!(users.last().unwrap().name, "carl");
        assert_eq!(users.len(), if line.starts_with('[') { 2 } else { 1 });
    }
    let general = reading(&format!("[general]\nlanguage = d\u{fffd}\n{carl}"));
    assert!(general.configuration.is_none());
    let told = general.errors[0].to_string();
    assert!(
        told.starts_with("salesforce.conf:2: [general] language: is not UTF-8"),
        "{told}"
    );
    assert_eq!(general.errors.len(), 1, "{:#?}", general.errors);
}

#[test]
fn what_a_value_holds_stays_on_the_errors_line() {
    let mut sections = file("[general]\nworkers = 1\n");
    sections[0].options[0].value = "1\nERROR: \u{1b}[2J\u{202e}fake".to_owned();
    let told = read(&sections).errors[0].to_string();
    assert!(
        told.contains("1\\nERROR: \\u{1b}[2J\\u{202e}fake"),
        "{told}"
    );
    sections[0].options[0].value = "9".repeat(100_000);
    assert!(read(&sections).errors[0].to_string().len() < 1000);
}

proptest! {
    #[test]
    fn any_value_is_taken_or_refused_in_one_line(
        option in proptest::sample::select(
            [super::section::GENERAL_OPTIONS, super::section::USER_OPTIONS].concat()),
        value in any::<String>(),
    ) {
        for (at, text) in [(0, "[general]\nx=\n"), (0, &user("")[..])] {
            let mut sections = file(text);
            sections[at].options.push(RawOption {
                name: option.to_owned(),
                value: value.clone(),
                file: "salesforce.conf".to_owned(),
                line: 9,
            });
            for error in read(&sections).errors {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}
