//! What passwords leave behind in Asterisk's memory.

use super::office::{ADMIN, JSON, Office, exchange, status};
use crate::process::Process;
use crate::scene::PATIENCE;
use private_pbx::eventually;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

/// Sends the head of a request, and the body only when Asterisk has read that: what comes with the
/// head lies in Asterisk's own buffer of the connection.
fn post(office: &Office, path: &str, headers: &str, body: &str, announced: usize) -> TcpStream {
    let mut stream = TcpStream::connect(office.scene.pbx.http().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers = headers.replace('\n', "\r\n");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n{headers}\
         Content-Length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    eventually("the head is read", PATIENCE, || is_read(&stream)).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

/// Has the other end of a connection taken everything out of the kernel?
fn is_read(stream: &TcpStream) -> bool {
    let hexadecimal = |address: SocketAddr| {
        let SocketAddr::V4(address) = address else {
            panic!("{address}")
        };
        let ip = u32::from_ne_bytes(address.ip().octets());
        format!("{ip:08X}:{:04X}", address.port())
    };
    let theirs = hexadecimal(stream.peer_addr().unwrap());
    let ours = hexadecimal(stream.local_addr().unwrap());
    let connections = fs::read_to_string("/proc/net/tcp").unwrap();
    connections.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(1..3) == Some(&[&*theirs, &*ours]) && words[4].ends_with(":00000000")
    })
}

fn answer(office: &Office, path: &str, headers: &str, body: &str) -> u16 {
    let mut stream = post(office, path, headers, body, body.len());
    status(&exchange(&mut stream, ""))
}

/// Waits until a text is nowhere any more: what answers is faster than what tidies up.
fn is_gone(office: &Office, what: &str) {
    let process = Process::of(&office.scene);
    let gone = eventually(what, PATIENCE, || {
        process.places_of(what.as_bytes()).is_empty()
    });
    assert!(
        gone.is_ok(),
        "{what}: {:#?}",
        process.places_of(what.as_bytes())
    );
}

/// So long that what is left of it is not overwritten at once by something else.
fn long(mark: &str, length: usize) -> String {
    mark.repeat(length / mark.len())
}

#[test]
fn passwords_leave_nothing_behind() {
    let office = Office::start();
    let login = "/salesforce/api/login";
    // With escapes and without: they are read in different ways.
    for (mark, more) in [
        ("Tr4ce-plain-of-a-login", ""),
        ("Tr4ce-escaped-of-a-login", "\"\\"),
    ] {
        let password = long(&format!("{mark}{more}"), 850);
        let body = json!({"name": ADMIN.0, "password": password}).to_string();
        assert_eq!(answer(&office, login, JSON, &body), 401);
        is_gone(&office, mark);
    }
    // Asterisk itself knows this one; what came over the network is gone.
    let body = format!(r#"{{"name":"{}","password":"{}"}}"#, ADMIN.0, ADMIN.1);
    assert_eq!(answer(&office, login, JSON, &body), 200);
    is_gone(&office, &body[..40]);

    let (cookie, token) = office.session(ADMIN);
    let headers = format!("{cookie}{JSON}X-Salesforce-Token: {token}\n");
    let save = "/salesforce/api/save";
    let set = |fingerprint: &str, set: serde_json::Value| {
        json!({"name": "anna", "fingerprint": fingerprint, "set": set}).to_string()
    };
    for (mark, more) in [
        ("Tr4ce-plain-of-a-save", ""),
        ("Tr4ce-escaped-of-a-save", "\"\\"),
    ] {
        let value = long(&format!("{mark}{more}"), 9000);
        let body = set(
            "00",
            json!({"password": value, "case_field": [value, value]}),
        );
        assert_eq!(answer(&office, save, &headers, &body), 409);
        is_gone(&office, mark);
    }
    // What comes before the mistake has been read.
    let mark = "Tr4ce-of-no-request";
    let body = format!(
        r#"{{"set":{{"password":"{}"}},"nothing":1}}"#,
        long(mark, 9000)
    );
    assert_eq!(answer(&office, save, &headers, &body), 400);
    is_gone(&office, mark);
    // One that never comes to its end.
    let mark = "Tr4ce-of-half-a-save";
    let body = format!(
        r#"{{"name":"anna","set":{{"password":"{}"#,
        long(mark, 9000)
    );
    drop(post(&office, save, &headers, &body, 20_000));
    is_gone(&office, mark);

    // What is saved is in use, and so in memory: the search finds what there is. The request that
    // brought it is gone.
    let users = office.ask("GET", "/salesforce/api/users", &cookie);
    let fingerprint = users.split(r#""fingerprint":""#).nth(1).unwrap();
    let fingerprint = fingerprint.split('"').next().unwrap();
    let body = set(fingerprint, json!({"password": "Tr4ce-of-what-is-saved"}));
    assert_eq!(answer(&office, save, &headers, &body), 200);
    let process = Process::of(&office.scene);
    assert!(!process.places_of(b"Tr4ce-of-what-is-saved").is_empty());
    is_gone(&office, r#""password":"Tr4ce-of"#);
}
