//! Who gets in, by manager.conf as it is now.

use super::office::{ADMIN, GUEST, JSON, Office, session_of, status};
use crate::scene::PATIENCE;
use private_pbx::eventually;

/// What `manager.conf` can say of somebody; each section's user has the password `S3cret`.
const USERS: &str = "
[plain]
secret = S3cret
read = system
write = system,config
[everything]
secret = S3cret
read = all
write = all
[reader]
secret = S3cret
read = reporting
[writer]
secret = S3cret
write = reporting
[spaced]
secret = S3cret
write = system, config
[beginnings]
secret = S3cret
write = sys,conf,call
[numbers]
secret = S3cret
read = 65535
write = 65535
[nothing]
secret = S3cret
[nosecret]
read = all
write = all
[emptysecret]
secret =
read = all
write = all
[denied]
secret = S3cret
read = all
deny = 0.0.0.0/0.0.0.0
permit = 192.0.2.0/255.255.255.0
[permitted]
secret = S3cret
read = all
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.0/255.0.0.0
[named]
secret = S3cret
read = all
acl = outside
[namedhere]
secret = S3cret
read = all
acl = here
[unknownacl]
secret = S3cret
read = all
acl = nowhere
[brokenacl]
secret = S3cret
read = all
permit = not-an-address
[template](!)
secret = S3cret
read = all
write = all
[made](template)
write = call
[twice]
secret = S3cret
read = all
deny = 0.0.0.0/0.0.0.0
[twice]
write = system,config
[added]
secret = wrong
read = call
[added](+)
secret = S3cret
read = reporting
[quoted]
secret = S3cret ; a comment
read = system
";

const ACLS: &str =
    "[outside]\ndeny = 0.0.0.0/0.0.0.0\n[here]\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1\n";

/// Whoever Asterisk lets in by these, and with which rights here.
const EXPECTED: &[(&str, &str)] = &[
    ("plain", "change"),
    ("everything", "change"),
    ("reader", "look"),
    ("writer", "look"),
    ("spaced", "look"),
    ("beginnings", "change"),
    ("numbers", "none"),
    ("nothing", "none"),
    ("nosecret", ""),
    ("emptysecret", ""),
    ("denied", ""),
    ("permitted", "look"),
    ("named", ""),
    ("namedhere", "look"),
    ("unknownacl", ""),
    ("brokenacl", ""),
    ("template", ""),
    ("made", "look"),
    ("twice", "change"),
    ("added", "look"),
    ("quoted", "look"),
    ("PLAIN", "change"),
    ("general", ""),
    ("nobody", ""),
    ("", ""),
];

#[test]
fn whoever_the_manager_interface_lets_in_gets_in_with_those_rights() {
    let office = Office::start();
    let pbx = &office.scene.pbx;
    pbx.write_etc("acl.conf", ACLS).unwrap();
    pbx.write_etc("manager_users.conf", USERS).unwrap();
    office.scene.cli("module reload acl");
    office.scene.cli("manager reload");
    eventually("the manager's users", PATIENCE, || {
        office.scene.cli("manager show users").contains("quoted")
    })
    .unwrap();
    for (name, rights) in EXPECTED {
        let form = "Content-Type: application/x-www-form-urlencoded\n";
        let login = format!("action=login&username={name}&secret=S3cret");
        let manager = office.post("/rawman", form, &login);
        let is_in = manager.contains("Response: Success");
        assert_eq!(is_in, !rights.is_empty(), "{name}: {manager}");
        let answer = office.login((name, "S3cret"));
        let expected = match *rights {
            "" => 401,
            "none" => 403,
            _ => 200,
        };
        assert_eq!(status(&answer), expected, "{name}: {answer}");
        let told = format!(r#""rights":"{rights}""#);
        assert!(
            expected != 200 || answer.contains(&told),
            "{name}: {answer}"
        );
    }
    let empty = office.login(("emptysecret", ""));
    assert_eq!(status(&empty), 401, "{empty}");
}

/// What is taken away in a file counts at the next request, and not only when Asterisk reads it.
#[test]
fn sessions_follow_the_files_of_manager_conf() {
    let office = Office::start();
    let write = |text: &str| {
        office
            .scene
            .pbx
            .write_etc("manager_users.conf", text)
            .unwrap();
    };
    let user = |secret: &str, write: &str| {
        format!("[boss]\nsecret = {secret}\nread = system\nwrite = {write}\n")
    };
    write(&user("S3cret", "system,config"));
    let (cookie, token) = session_of(&office.login(("boss", "S3cret")));
    let headers = format!("{cookie}{JSON}X-Salesforce-Token: {token}\n");
    let look = || status(&office.ask("GET", "/salesforce/api/status", &cookie));
    let change = || {
        let started = r#"{"started":true}"#;
        status(&office.post("/salesforce/api/interface", &headers, started))
    };
    assert_eq!((look(), change()), (200, 200));
    write(&user("S3cret", "system"));
    assert_eq!((look(), change()), (200, 403));
    write(&format!(
        "{}deny = 0.0.0.0/0.0.0.0\n",
        user("S3cret", "all")
    ));
    assert_eq!((look(), change()), (401, 401));
    write(&user("S3cret", "all"));
    assert_eq!((look(), change()), (200, 200));
    // Another password ends it for good, and so does another user's life.
    write(&user("An0ther", "all"));
    assert_eq!(look(), 401);
    write(&user("S3cret", "all"));
    assert_eq!(look(), 401);
    let (cookie, _) = session_of(&office.login(("boss", "S3cret")));
    let look = || status(&office.ask("GET", "/salesforce/api/status", &cookie));
    assert_eq!(look(), 200);
    write("");
    assert_eq!(look(), 401);
    write(&user("S3cret", "all"));
    assert_eq!(look(), 401);
    assert_eq!(status(&office.login(("boss", "S3cret"))), 200);
}

#[test]
fn a_manager_interface_that_is_off_lets_nobody_in() {
    let office = Office::start();
    let path = office.scene.pbx.path("etc/manager.conf");
    let conf = std::fs::read_to_string(&path).unwrap();
    let (cookie, _) = office.session(ADMIN);
    let look = || status(&office.ask("GET", "/salesforce/api/status", &cookie));
    std::fs::write(&path, conf.replace("enabled=yes\nbind", "enabled=no\nbind")).unwrap();
    let answer = office.login(ADMIN);
    assert_eq!(status(&answer), 503, "{answer}");
    assert!(
        answer.contains("enabled = yes is needed in manager.conf"),
        "{answer}"
    );
    assert_eq!(look(), 401);
    // Over HTTP, Asterisk's own manager need not be there at all.
    std::fs::write(&path, conf.replace("webenabled=yes", "webenabled=no")).unwrap();
    office.scene.cli("manager reload");
    eventually("no manager over HTTP", PATIENCE, || {
        status(&office.ask("GET", "/rawman?action=ping", "")) == 404
    })
    .unwrap();
    assert_eq!(look(), 200);
    assert_eq!(status(&office.login(GUEST)), 200);
}

#[test]
fn unloading_ends_all_sessions() {
    let office = Office::start();
    let (cookie, _) = office.session(ADMIN);
    let look = || status(&office.ask("GET", "/salesforce/api/status", &cookie));
    assert_eq!(look(), 200);
    office.scene.reload();
    assert_eq!(look(), 200);
    office.scene.unload();
    office.scene.load();
    assert_eq!(look(), 401);
}

#[test]
fn guessing_is_slowed_down_and_logged() {
    let office = Office::start();
    let hostile = "evil\n[2026] ERROR\"\u{1b}[31m from 198.51.100.7";
    let wrong = "Wr0ng-S3cret";
    let answers: Vec<u16> = (0..8)
        .map(|_| status(&office.login((hostile, wrong))))
        .collect();
    assert_eq!(answers[..5], [401; 5], "{answers:?}");
    let late = office.login((hostile, wrong));
    assert!([401, 429].contains(&status(&late)), "{late}");
    assert!(answers[5..].contains(&429), "{answers:?}");
    // Another name at the same address is not kept out.
    let admin = office.login(ADMIN);
    assert_eq!(status(&admin), 200, "{admin}");
    let log = office.scene.log();
    assert!(
        !log.contains(wrong) && !log.contains(ADMIN.1),
        "a password is in the log"
    );
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("Failed login"))
        .collect();
    assert!(lines.len() >= 5, "{lines:#?}");
    for line in lines {
        let (_, told) = line.split_once("Failed login to the page from ").unwrap();
        let expected = r#"127.0.0.1: user "evil\n[2026] ERROR\"\u{1b}[31m from 198.51.100.7", who"#;
        assert!(told.starts_with(expected), "{line}");
    }
    assert!(
        log.contains(r#""admin" logged in to the page from 127.0.0.1"#),
        "{log}"
    );
}

#[test]
fn what_is_no_login_lets_nobody_in() {
    let office = Office::start();
    let path = "/salesforce/api/login";
    let good = format!(r#"{{"name":"{}","password":"{}"}}"#, ADMIN.0, ADMIN.1);
    for (headers, body, expected) in [
        (JSON, good.as_str(), 200),
        ("Content-Type: text/plain\n", &good, 400),
        ("", &good, 400),
        (
            "Content-Type: application/x-www-form-urlencoded\n",
            "name=admin",
            400,
        ),
        (JSON, "", 400),
        (JSON, "[]", 400),
        (JSON, r#"["admin","Adm1n-S3cret"]"#, 400),
        (JSON, r#"{"name":"admin"}"#, 400),
        (JSON, r#"{"name":"admin","password":null}"#, 400),
        (JSON, r#"{"name":"admin","password":["Adm1n-S3cret"]}"#, 400),
        (
            JSON,
            r#"{"name":"admin","password":"Adm1n-S3cret\u0000"}"#,
            401,
        ),
        (
            JSON,
            r#"{"name":"admin","password":"Adm1n-S3cret","more":1}"#,
            400,
        ),
        (JSON, &format!("{good}{}", " ".repeat(2000)), 413),
    ] {
        let answer = office.post(path, headers, body);
        assert_eq!(status(&answer), expected, "{headers}{body}: {answer}");
        assert_eq!(answer.contains("Set-Cookie"), expected == 200, "{answer}");
    }
    for sender in [
        "Origin: http://evil.example\n",
        "Origin: null\n",
        "Sec-Fetch-Site: same-site\n",
    ] {
        let answer = office.post(path, &format!("{JSON}{sender}"), &good);
        assert_eq!(status(&answer), 403, "{sender}: {answer}");
        let (cookie, _) = office.session(ADMIN);
        let bye = office.post(
            "/salesforce/api/logout",
            &format!("{cookie}{JSON}{sender}"),
            "{}",
        );
        assert_eq!(status(&bye), 403, "{sender}: {bye}");
        assert_eq!(
            status(&office.ask("GET", "/salesforce/api/status", &cookie)),
            200
        );
    }
    let get = office.ask(
        "GET",
        "/salesforce/api/login?name=admin&password=Adm1n-S3cret",
        "",
    );
    assert_eq!(status(&get), 405, "{get}");
}
