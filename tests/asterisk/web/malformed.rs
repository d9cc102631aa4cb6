//! Requests that are not what they say: lengths, chunks, headers and bodies that do not fit, and
//! what is hidden behind them.

use super::office::{ADMIN, GUEST, JSON, Office, status};
use std::fmt::Write;

const PATH: &str = "/salesforce/api/interface";
const STOP: &str = r#"{"started":false}"#;

/// What a hidden request would be answered with.
const HIDDEN: &str = "GET /salesforce/api/session HTTP/1.1\r\nHost: pbx\r\n\r\n";

/// The statuses of all answers in what came.
fn statuses(came: &str) -> Vec<u16> {
    let begins = came.match_indices("HTTP/1.1 ");
    begins.map(|(at, _)| status(&came[at..])).collect()
}

/// With a session, its token, and the other headers that a change needs.
fn good(office: &Office) -> String {
    let (cookie, token) = office.session(ADMIN);
    let headers = format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n");
    format!("Host: pbx\r\n{}", headers.replace('\n', "\r\n"))
}

/// Short waits, for what never comes.
fn impatient() -> Office {
    let office = Office::start();
    let path = office.scene.pbx.path("etc/http.conf");
    let conf = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        path,
        conf + "session_inactivity=700\nsession_keep_alive=700\n",
    )
    .unwrap();
    office.scene.cli("module reload http");
    office
}

fn check_unharmed(office: &Office, what: &str) {
    let said = office.scene.cli("salesforce show status");
    assert!(said.contains("started"), "{what}: {said}");
}

#[test]
fn bodies_that_are_not_as_announced() {
    let office = impatient();
    let good = good(&office);
    let length = STOP.len();
    for (what, announced, body) in [
        ("negative", "Content-Length: -1", STOP),
        ("no number", "Content-Length: many", STOP),
        ("huge", "Content-Length: 99999999999999999999", STOP),
        ("above the bound", "Content-Length: 60000", STOP),
        ("more than comes", "Content-Length: 100", STOP),
        ("less than comes", "Content-Length: 5", STOP),
        ("none", "X-Nothing: 1", STOP),
        ("chunks without end", "Transfer-Encoding: chunked", "11\r\n"),
        (
            "chunks of no size",
            "Transfer-Encoding: chunked",
            "xyz\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "negative chunks",
            "Transfer-Encoding: chunked",
            "-5\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "huge chunks",
            "Transfer-Encoding: chunked",
            "7fffffffffffffff\r\n{}\r\n",
        ),
        (
            "overflowing chunks",
            "Transfer-Encoding: chunked",
            "ffffffffffffffffffff\r\n{}\r\n",
        ),
        ("another encoding", "Transfer-Encoding: gzip", STOP),
    ] {
        let request = format!("POST {PATH} HTTP/1.1\r\n{good}{announced}\r\n\r\n{body}");
        let came = office.send(request.as_bytes());
        // What is left of a body may be read as a request, and is none.
        let first = statuses(&came).first().copied();
        assert!(
            first.is_none_or(|status| (400..=501).contains(&status)),
            "{what}: {came}"
        );
        assert!(!came.contains("HTTP/1.1 200"), "{what}: {came}");
        check_unharmed(&office, what);
    }
    // Chunks are a body as good as any.
    let request = format!(
        "POST {PATH} HTTP/1.1\r\n{good}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{STOP}\r\n0\r\n\r\n"
    );
    let came = office.send(request.as_bytes());
    assert_eq!(statuses(&came), [200], "{came}");
    assert!(
        office
            .scene
            .cli("salesforce show status")
            .contains("stopped")
    );
}

#[test]
fn nothing_hides_in_the_body_of_another() {
    let office = impatient();
    let good = good(&office);
    let guest = office.session(GUEST).0.replace('\n', "\r\n");
    let length = HIDDEN.len();
    let json = "Content-Type: application/json\r\n";
    for (what, method, headers) in [
        ("without rights", "POST", json),
        ("of a guest", "POST", &*format!("{guest}{json}")),
        ("not JSON", "POST", &good),
        ("of a method that is refused", "PUT", ""),
        ("of a method without one", "GET", ""),
    ] {
        let request = format!(
            "{method} {PATH} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{HIDDEN}"
        );
        let came = office.send(request.as_bytes());
        let answers = statuses(&came);
        assert_eq!(answers.len(), 1, "{what}: {came}");
        assert!((400..500).contains(&answers[0]), "{what}: {came}");
    }
    // Two lengths, of which a proxy may have believed the other one.
    let request = format!(
        "POST {PATH} HTTP/1.1\r\n{guest}{json}Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{HIDDEN}"
    );
    let came = office.send(request.as_bytes());
    assert!(statuses(&came).len() <= 1, "{came}");
    let request = format!(
        "POST {PATH} HTTP/1.1\r\n{guest}{json}Content-Length: {length}\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
    );
    let came = office.send(request.as_bytes());
    assert!(statuses(&came).len() <= 1, "{came}");
    check_unharmed(&office, "hidden requests");
}

#[test]
fn requests_in_one_go_are_answered_in_their_order() {
    let office = impatient();
    let guest = office.session(GUEST).0.replace('\n', "\r\n");
    let paths = [
        "api/session",
        "api/nothing",
        "page.css",
        "api/calls?number=7",
        "api/users",
        ".",
    ];
    let mut requests = String::new();
    for path in paths {
        let _ = write!(
            requests,
            "GET /salesforce/{path} HTTP/1.1\r\nHost: pbx\r\n{guest}\r\n"
        );
    }
    let came = office.send(requests.as_bytes());
    assert_eq!(statuses(&came), [200, 404, 200, 200, 200, 302], "{came}");
    let order = [
        "\"rights\":\"look\"",
        "\"unknown\"",
        "color-scheme",
        "\"calls\":[]",
        "\"users\":[",
    ];
    let places = order.map(|text| came.find(text).unwrap_or_else(|| panic!("{text}: {came}")));
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn lines_and_headers_that_are_none() {
    let office = impatient();
    let guest = office.session(GUEST).0.replace('\n', "\r\n");
    let line = |line: &str| format!("{line}\r\n{guest}\r\n").into_bytes();
    let header = |header: &[u8]| {
        let begin = format!("GET /salesforce/api/users HTTP/1.1\r\n{guest}");
        [begin.as_bytes(), header, b"\r\n\r\n"].concat()
    };
    let many: String = (0..5000).map(|n| format!("X-{n}: y\r\n")).collect();
    for (what, request) in [
        (
            "a huge header",
            header(&[b"X-Huge: ".as_slice(), &[b'x'; 100_000]].concat()),
        ),
        (
            "a huge cookie",
            header(&[b"Cookie: ".as_slice(), &[b'x'; 100_000]].concat()),
        ),
        ("many headers", header(many.as_bytes())),
        (
            "a huge path",
            line(&format!("GET /salesforce/{} HTTP/1.1", "a/".repeat(50_000))),
        ),
        (
            "a huge query",
            line(&format!(
                "GET /salesforce/api/calls?{} HTTP/1.1",
                "a=b&".repeat(50_000)
            )),
        ),
        (
            "a huge method",
            line(&format!("{} /salesforce/ HTTP/1.1", "G".repeat(100_000))),
        ),
        ("no end", vec![b'x'; 300_000]),
        ("NULs", vec![0; 5000]),
        (
            "another protocol",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        ),
        ("SIP", line("OPTIONS sip:100@pbx SIP/2.0")),
        ("no path", line("GET")),
        (
            "parents",
            line("GET /salesforce/../../../../etc/passwd HTTP/1.1"),
        ),
        (
            "hidden parents",
            line("GET /salesforce/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1"),
        ),
        (
            "parents twice hidden",
            line("GET /salesforce/%252e%252e%252fetc/passwd HTTP/1.1"),
        ),
        (
            "backslashes",
            line("GET /salesforce/..\\..\\etc\\passwd HTTP/1.1"),
        ),
        (
            "a file",
            line("GET /salesforce/api/user?name=/etc/asterisk/salesforce.conf HTTP/1.1"),
        ),
        ("no encoding", line("GET /salesforce/%zz%4 HTTP/1.1")),
        (
            "a NUL behind a name",
            line("GET /salesforce/api/users%00.css HTTP/1.1"),
        ),
    ] {
        let came = office.send(&request);
        let is_served = what == "a NUL behind a name" || what == "a huge query";
        for status in statuses(&came) {
            let refused = (400..=505).contains(&status);
            assert!(
                refused || is_served && status == 200,
                "{what}: {came:.2000}"
            );
        }
        assert!(
            !came.contains("root:") && !came.contains("secret"),
            "{what}: {came:.2000}"
        );
    }
    // Bytes that are no text at all are a header's value like any other.
    for bytes in [
        b"X-Bytes: \xff\xfe\x01\x02".as_slice(),
        b"Accept-Language: \xff\xff,\xff",
    ] {
        let came = office.send(&[header(bytes)].concat());
        assert_eq!(statuses(&came), [200], "{came}");
    }
    check_unharmed(&office, "lines and headers");
    let said = ["ERROR", "WARNING"].map(|level| office.scene.logged(level, "src/"));
    // The one about the file that everybody may read is of the beginning.
    assert!(said.concat().len() <= 1, "{said:#?}");
}

#[test]
fn tokens_and_cookies_end_with_their_session() {
    let office = Office::start();
    let json = "Content-Type: application/json\n";
    let change = |cookie: &str, token: &str| {
        let headers = format!("{cookie}{json}X-Salesforce-Token: {token}\n");
        status(&office.post(PATH, &headers, STOP))
    };
    let (cookie, token) = office.session(ADMIN);
    let bye = office.post("/salesforce/api/logout", &format!("{cookie}{JSON}"), "{}");
    assert!(bye.contains(r#"{"rights":"none"}"#), "{bye}");
    assert_eq!(bye.matches("Max-Age=0").count(), 2, "{bye}");
    assert_eq!(change(&cookie, &token), 401);
    let told = office.ask("GET", "/salesforce/api/users", &cookie);
    assert_eq!(status(&told), 401, "{told}");

    // The token of a session that has ended, with one that has not; a guest with an admin's.
    let (fresh, own) = office.session(ADMIN);
    assert_eq!(change(&fresh, &token), 403);
    let (guest, none) = office.session(GUEST);
    assert_eq!(none, "");
    assert_eq!(change(&guest, &own), 403);
    for token in [
        "",
        &own.to_uppercase()[..63],
        &"0".repeat(64),
        &"f".repeat(100_000)[..900],
    ] {
        assert_eq!(change(&fresh, token), 403, "{token}");
    }

    let number = fresh.trim_end().split('=').nth(1).unwrap();
    let forged = [
        number[..63].to_owned(),
        number[1..].to_owned(),
        format!("{number}0"),
        format!("\"{number}\""),
        format!("{}{}", &number[32..], &number[..32]),
        "0".to_owned(),
        "0".repeat(64),
        "f".repeat(64),
        "' OR 1=1 --".to_owned(),
        "%00".to_owned(),
        "9".repeat(3000),
        // One was slipped in beside the other.
        format!("{}; salesforce_session={number}", "0".repeat(64)),
    ];
    for forged in forged {
        let cookie = format!("Cookie: salesforce_session={forged}\n");
        assert_eq!(change(&cookie, &own), 401, "{forged}");
    }
    for _ in 0..300 {
        let random = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        let cookie = format!("Cookie: salesforce_session={random}\n");
        assert_eq!(
            status(&office.ask("GET", "/salesforce/api/status", &cookie)),
            401
        );
    }
    // Among others, and in more than one line, it is found.
    let among =
        format!("Cookie: a=b; mansession_id=\"12\"\nCookie: c=d; salesforce_session={number}; e\n");
    assert_eq!(
        status(&office.ask("GET", "/salesforce/api/status", &among)),
        200
    );
    check_unharmed(&office, "forgeries");
    assert_eq!(change(&fresh, &own), 200);
}
