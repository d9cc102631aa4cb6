//! Requests that no browser would make.

use super::office::{ADMIN, GUEST, Office, STRANGER, fingerprint_of, plan, status};
use crate::scene::{A, PATIENCE};
use private_pbx::Reaction;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);

const STOP: &str = r#"{"started":false}"#;

#[test]
fn forged_requests_change_nothing() {
    let office = Office::start();
    let (cookie, token) = office.session(ADMIN);
    let json = "Content-Type: application/json\n";
    let path = "/salesforce/api/interface";
    let tokened = format!("X-Salesforce-Token: {token}\n");
    let (_, other) = office.session(ADMIN);
    for (headers, expected) in [
        (format!("{json}{tokened}"), 401),
        (format!("{cookie}{json}"), 403),
        (format!("{cookie}{json}X-Salesforce-Token: {other}\n"), 403),
        (
            format!("{cookie}{json}X-Salesforce-Token: {}\n", &token[1..]),
            403,
        ),
        (
            format!("{cookie}{tokened}{json}Origin: http://evil.example\n"),
            403,
        ),
        (
            format!("{cookie}{tokened}{json}Sec-Fetch-Site: cross-site\n"),
            403,
        ),
        (format!("{cookie}{tokened}Content-Type: text/plain\n"), 400),
        (
            format!("{}{json}{tokened}", office.manager_session(ADMIN)),
            401,
        ),
    ] {
        let answer = office.post(path, &headers, STOP);
        assert_eq!(status(&answer), expected, "{headers}\n{answer}");
        assert!(office.is_started(), "{headers}");
    }
    let form = format!("{cookie}{tokened}Content-Type: application/x-www-form-urlencoded\n");
    assert_eq!(status(&office.post(path, &form, "started=false")), 400);
    assert_eq!(
        status(&office.ask("GET", path, &format!("{cookie}{tokened}"))),
        405
    );
    let good = format!("{cookie}{json}{tokened}");
    for (body, expected) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        (r#"{"started":"no"}"#, 400),
        (r#"{"started":false,"\u0000":1}"#, 400),
    ] {
        assert_eq!(status(&office.post(path, &good, body)), expected, "{body}");
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(status(&office.post(path, &good, &deep)), 400);
    let huge = format!(r#"{{"started":false,"x":"{}"}}"#, "x".repeat(100_000));
    assert_eq!(status(&office.post(path, &good, &huge)), 413);
    assert!(office.is_started());
    assert_eq!(status(&office.post(path, &good, STOP)), 200);
    assert!(!office.is_started());
}

#[test]
fn without_a_session_nothing_is_told() {
    let office = Office::start();
    // A session of the manager interface is none of the page, whoever is in it.
    let manager = office.manager_session(ADMIN);
    let stranger = office.login(STRANGER);
    assert_eq!(status(&stranger), 403, "{stranger}");
    assert!(!stranger.contains("Set-Cookie"), "{stranger}");
    let number = "0".repeat(64);
    let made_up = format!("Cookie: salesforce_session={number}\n");
    for path in [
        "users",
        "user?name=anna",
        "calls",
        "status",
        "settings",
        "test?id=1",
    ] {
        for headers in ["", &made_up, &manager] {
            let answer = office.ask("GET", &format!("/salesforce/api/{path}"), headers);
            assert_eq!(status(&answer), 401, "{path}: {answer}");
            assert!(!answer.contains(A.2));
        }
    }
    let guest = office.session(GUEST).0;
    let answer = office.ask("GET", "/salesforce/api/user?name=anna", &guest);
    assert!(
        answer.contains(A.2) && answer.contains(r#""password":true"#),
        "{answer}"
    );
    assert!(
        !answer.contains("\"secret\"") && !answer.contains(":\"token\""),
        "{answer}"
    );
}

#[test]
fn figures_for_prometheus() {
    let token = "0123456789abcdef";
    let office = Office::of(
        plan()
            .general(&format!("web = yes\nmetrics_token = {token}"))
            .start(),
    );
    let figures = |headers: &str| office.ask("GET", "/salesforce/metrics", headers);
    for headers in [
        "",
        "Authorization: Bearer wrong\n",
        "Authorization: Bearer\n",
    ] {
        assert_eq!(status(&figures(headers)), 401, "{headers}");
    }
    let guest = office.session(GUEST).0;
    for headers in [guest, format!("Authorization: Bearer {token}\n")] {
        let told = figures(&headers);
        assert_eq!(status(&told), 200, "{told}");
        assert!(
            told.contains("Content-Type: text/plain; version=0.0.4"),
            "{told}"
        );
        assert!(told.contains("# TYPE salesforce_"), "{told}");
    }
    let settings = office.ask("GET", "/salesforce/api/settings", &office.session(ADMIN).0);
    assert!(
        !settings.contains(token) && settings.contains("metrics_token"),
        "{settings}"
    );
}

#[test]
fn what_every_answer_says() {
    let office = Office::start();
    let cookie = office.session(ADMIN).0;
    for path in [
        "",
        "app.js",
        "page.css",
        "api/session",
        "api/users",
        "nothing",
    ] {
        let answer = office.ask("GET", &format!("/salesforce/{path}"), &cookie);
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        for line in [
            "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
             connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: no-referrer",
        ] {
            assert!(head.lines().any(|there| there == line), "{path}: {head}");
        }
        let kept = if path.starts_with("api") || path == "nothing" {
            "no-store"
        } else {
            "no-cache"
        };
        assert!(
            head.contains(&format!("Cache-Control: {kept}")),
            "{path}: {head}"
        );
        assert_eq!(head.matches("Cache-Control").count(), 1, "{head}");
    }
    let page = office.ask("GET", "/salesforce/page.css", "");
    let tag = page
        .lines()
        .find_map(|line| line.strip_prefix("ETag: "))
        .unwrap();
    let again = office.ask(
        "GET",
        "/salesforce/page.css",
        &format!("If-None-Match: {tag}\n"),
    );
    assert_eq!(status(&again), 304);
    let bare = office.ask("GET", "/salesforce", "");
    assert_eq!(status(&bare), 302);
    assert!(bare.contains("Location: salesforce/\r\n"), "{bare}");
    let head = office.ask("HEAD", "/salesforce/", "");
    assert!(
        head.starts_with("HTTP/1.1 200") && !head.contains("<html"),
        "{head}"
    );
}

#[test]
fn strange_paths_methods_and_sizes() {
    let office = Office::start();
    let cookie = office.session(ADMIN).0;
    for path in [
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%00app.js",
        "app.js%00",
        "api/users/",
        "API/USERS",
        "api//users",
        "%ff%fe",
        "api/user?name=%00",
        "api/user?name=..%2f..%2f",
        "api/test?id=-1",
        "api/test?id=99999999999999999999",
    ] {
        let answer = office.ask("GET", &format!("/salesforce/{path}"), &cookie);
        assert!(
            [400, 404].contains(&status(&answer)) || path.contains("%00"),
            "{path}: {answer}"
        );
        assert!(!answer.contains("root:"), "{answer}");
    }
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", "X"] {
        let answer = office.ask(method, "/salesforce/api/users", &cookie);
        assert!(
            [405, 501].contains(&status(&answer)) || method == "get",
            "{method}: {answer}"
        );
    }
    let query = format!(
        "/salesforce/api/calls?number={}&user={}",
        "9".repeat(1500),
        "x".repeat(1500)
    );
    assert_eq!(status(&office.ask("GET", &query, &cookie)), 200);
    let many: String = (0..200)
        .map(|n| format!("X-{n}: {}\n", "y".repeat(100)))
        .collect();
    assert_ne!(
        status(&office.ask("GET", "/salesforce/api/users", &many)),
        200
    );
    let long = format!("{cookie}X-Salesforce-Token: {}\n", "z".repeat(3000));
    assert_eq!(
        status(&office.ask("GET", "/salesforce/api/users", &long)),
        200
    );
    office.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");
    office.send(b"GET /salesforce/api/users\r\n\r\n");
    let quoted = office.ask(
        "GET",
        "/salesforce/api/calls?number='%20OR%201%3D1--&state=x'",
        &cookie,
    );
    assert!(quoted.contains(r#""calls":[]"#), "{quoted}");
    assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
    assert_eq!(office.scene.logged("ERROR", "panicked").len(), 0);
}

/// A stranger's slow body holds neither the module nor calls.
#[test]
fn slow_and_many_clients() {
    let office = Office::start();
    let at = office.scene.pbx.http().unwrap();
    let cookie = office.session(GUEST).0.replace('\n', "\r\n");
    let slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(at).unwrap();
            let head = format!(
                "POST /salesforce/api/save HTTP/1.1\r\nHost: pbx\r\n{cookie}\
                 Content-Type: application/json\r\nContent-Length: 30000\r\n\r\n{{"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Whoever wants to log in may not take long about it either.
    let entering: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(at).unwrap();
            let head = "POST /salesforce/api/login HTTP/1.1\r\nHost: pbx\r\n\
                        Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{";
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert_eq!(status(&office.login(GUEST)), 200);
    for mut stream in entering {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    // Answered and hung up on without the rest.
    for mut stream in slow {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    let _a = office
        .scene
        .phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || {
                let mut answered = 0;
                for _ in 0..125 {
                    let Ok(mut stream) = TcpStream::connect(at) else {
                        continue;
                    };
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    let _ = stream.write_all(
                        b"GET /salesforce/api/status HTTP/1.1\r\nConnection: close\r\n\r\n",
                    );
                    let mut begun = [0; 12];
                    answered += usize::from(
                        stream.read_exact(&mut begun).is_ok() && &begun == b"HTTP/1.1 401",
                    );
                }
                answered
            })
        })
        .collect();
    for _ in 0..5 {
        office.scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    }
    let answered: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
    // Asterisk itself refuses more than a hundred at once.
    assert!(answered > 500, "{answered}");
    assert_eq!(office.scene.cases().len(), 5);
    assert!(
        office
            .scene
            .cli("salesforce show status")
            .contains("dropped = 0")
    );
}

/// Under requests, the module is unloaded and loaded again; Asterisk lives.
#[test]
fn unloading_while_it_is_asked() {
    let office = Office::start();
    let at = office.scene.pbx.http().unwrap();
    let cookie = office.session(ADMIN).0.replace('\n', "\r\n");
    let until = Instant::now() + Duration::from_secs(4);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let cookie = cookie.clone();
            thread::spawn(move || {
                let mut seen = 0;
                while Instant::now() < until {
                    let Ok(mut stream) = TcpStream::connect(at) else {
                        continue;
                    };
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    let request = format!("GET /salesforce/api/users HTTP/1.1\r\n{cookie}\r\n");
                    let _ = stream.write_all(request.as_bytes());
                    let mut begun = [0; 12];
                    seen += usize::from(stream.read_exact(&mut begun).is_ok());
                }
                seen
            })
        })
        .collect();
    let mut cycles = 0;
    while Instant::now() < until {
        office.scene.unload();
        office.scene.load();
        cycles += 1;
    }
    let seen: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
    assert!(cycles > 1 && seen > 20, "{cycles} {seen}");
    assert!(office.scene.pbx.crashed().is_none());
    assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
}

#[test]
fn values_that_would_add_lines_are_refused() {
    let office = Office::start();
    let (cookie, token) = office.session(ADMIN);
    let headers = format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n");
    let users = office.ask("GET", "/salesforce/api/users", &cookie);
    let fingerprint = fingerprint_of(&users).unwrap();
    let before = office.conf();
    for set in [
        r#"{"owner":"a@b\nenabled = no"}"#,
        r#"{"owner\n[evil]\ntype":"user"}"#,
        r#"{"case_field":["A=1\r\n[evil]"]}"#,
        r#"{"colour":"red"}"#,
        r#"{"web":"no"}"#,
        r#"{"type":"robot"}"#,
        r##"{"#x":"y"}"##,
        r#"{"[x]":"y"}"#,
        r#"{";x":"y"}"#,
        r#"{"":"y"}"#,
        r#"{"owner = x":"y"}"#,
        r#"{"username+":"y"}"#,
    ] {
        let body = format!(r#"{{"name":"anna","fingerprint":"{fingerprint}","set":{set}}}"#);
        let answer = office.post("/salesforce/api/save", &headers, &body);
        assert_eq!(status(&answer), 422, "{set}: {answer}");
        assert_eq!(office.conf(), before, "{set}");
    }
    for name in ["general]", "a\\nb", "", "a b", "#include", "general"] {
        let body = format!(
            r#"{{"name":"{name}","is_new":true,"fingerprint":"{fingerprint}","set":{{"username":"x"}}}}"#
        );
        let answer = office.post("/salesforce/api/save", &headers, &body);
        assert_eq!(status(&answer), 422, "{name}: {answer}");
        assert_eq!(office.conf(), before, "{name}");
    }
    let stale = r#"{"name":"anna","fingerprint":"00","set":{"owner":"x@y"}}"#;
    assert_eq!(
        status(&office.post("/salesforce/api/save", &headers, stale)),
        409
    );
    assert_eq!(Office::leftovers(&office.scene.pbx.path("etc")), 0);
}
