//! A thousand clients at once that mean no good, while calls go on and somebody works.

use super::office::{ADMIN, GUEST, Office, plan, status};
use crate::process::Process;
use crate::scene::{A, PATIENCE};
use private_pbx::{Phone, Reaction, eventually};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const CROWD: usize = 1000;

/// Asterisk gives a silent client up after so many milliseconds.
const INACTIVITY: usize = 6000;

const SHORT: Duration = Duration::from_millis(50);

/// What comes of it must be one of these; 0 is a connection that ends without an answer.
type Way = (String, &'static [u16]);

/// An office whose HTTP server takes so many clients at a time.
fn office(limit: usize) -> Office {
    let wanted = 4 * CROWD as u64;
    let limits = getrlimit(Resource::Nofile);
    if limits.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            ..limits
        };
        setrlimit(Resource::Nofile, raised).unwrap();
    }
    let plan = plan();
    let builder = plan.builder.clone().option("maxfiles=8192");
    let office = Office::of(crate::scene::Plan { builder, ..plan }.start());
    let path = office.scene.pbx.path("etc/http.conf");
    let conf = std::fs::read_to_string(&path).unwrap();
    let more = format!("sessionlimit={limit}\nsession_inactivity={INACTIVITY}\n");
    std::fs::write(path, conf + &more).unwrap();
    office.scene.cli("module reload http");
    office
}

/// What the members of the crowd do, in turn.
fn ways(office: &Office) -> Vec<Way> {
    let (admin, token) = office.session(ADMIN);
    let admin = admin.replace('\n', "\r\n");
    let guest = office.session(GUEST).0.replace('\n', "\r\n");
    let post = "POST /salesforce/api/interface HTTP/1.1\r\nHost: pbx\r\n";
    let begun = "Content-Type: application/json\r\nContent-Length: 30000\r\n\r\n{\"started\":";
    let get = |path: &str, headers: &str| {
        format!(
            "GET /salesforce/{path} HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n{headers}\r\n"
        )
    };
    vec![
        (String::new(), &[0, 400, 408]),
        ("GET /salesforce/api/us".to_owned(), &[0, 400, 408]),
        (
            format!("GET /salesforce/ HTTP/1.1\r\n{guest}X-Half: "),
            &[0, 400, 408],
        ),
        // Bodies that never end, of nobody, of a guest and of somebody who has rights but whose
        // words are never complete.
        (format!("{post}{begun}"), &[401]),
        (format!("{post}{guest}{begun}"), &[403]),
        (
            format!("{post}{admin}X-Salesforce-Token: {token}\r\n{begun}"),
            &[0, 400, 408],
        ),
        (
            format!("{post}{admin}X-Salesforce-Token: 00\r\n{begun}"),
            &[0, 403, 408],
        ),
        (get("api/users", ""), &[401]),
        (get("../../etc/passwd", &guest), &[404]),
        // Searches are the dearest that can be had.
        (get("api/calls?count=500&number=7", &guest), &[200, 503]),
    ]
}

/// Asterisk's queue of new connections is short, and the system would wait a second before it
/// tries again.
fn connect(at: SocketAddr) -> TcpStream {
    let mut stream = None;
    eventually("a connection", PATIENCE, || {
        stream = TcpStream::connect_timeout(&at, SHORT).ok();
        stream.is_some()
    })
    .unwrap();
    stream.unwrap()
}

/// All of them at once; each has said what it will say.
fn come(at: SocketAddr, ways: &[Way]) -> Vec<(TcpStream, &Way)> {
    let crowd = ways.iter().cycle().take(CROWD);
    crowd
        .map(|way| {
            let mut stream = connect(at);
            stream.set_read_timeout(Some(3 * PATIENCE)).unwrap();
            // Where it is one too many, it may be gone.
            let _ = stream.write_all(way.0.as_bytes());
            (stream, way)
        })
        .collect()
}

/// What each has got in the end.
fn go(crowd: Vec<(TcpStream, &Way)>) -> Vec<(u16, &Way)> {
    crowd
        .into_iter()
        .map(|(mut stream, way)| {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            (status(&String::from_utf8_lossy(&answer)), way)
        })
        .collect()
}

fn phone(office: &Office) -> Phone {
    let reaction = Reaction::answer().after(SHORT).hangup_after(SHORT);
    office.scene.phone(A.1, reaction)
}

fn call(office: &Office, times: usize) {
    for _ in 0..times {
        office.scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    }
}

/// Nothing of the crowd is left: no thread, no socket.
fn wait_until_gone(office: &Office, threads: usize, files: usize) {
    let process = Process::of(&office.scene);
    let gone = eventually("all have gone", 3 * PATIENCE, || {
        process.threads().len() <= threads + 2 && process.files().len() <= files + 2
    });
    gone.unwrap_or_else(|e| {
        let (now, open) = (process.threads().len(), process.files().len());
        panic!("{e}: {threads} threads before, {now} now; {files} files before, {open} now")
    });
}

/// What our module has to say.
/// Who was let in is told as well, and is no complaint.
fn complaints(office: &Office) -> Vec<String> {
    let lines = ["ERROR", "WARNING", "NOTICE"].map(|level| office.scene.logged(level, "src/"));
    let mut lines = lines.concat();
    lines.retain(|line| !line.contains(" logged in to the page from 127.0.0.1"));
    lines
}

#[test]
fn all_of_them_are_let_in() {
    let office = office(2 * CROWD);
    let at = office.scene.pbx.http().unwrap();
    let process = Process::of(&office.scene);
    let _a = phone(&office);
    call(&office, 1);
    office.scene.settle();
    let complaints = complaints(&office);
    let (threads, files) = (process.threads().len(), process.files().len());
    let mut memory = Vec::new();
    for round in 1..=3 {
        let ways = ways(&office);
        let crowd = come(at, &ways);
        // Half of the ways keep a thread of Asterisk's waiting.
        let waiting = process.threads().len().saturating_sub(threads);
        assert!(waiting > CROWD / 3, "{waiting}");
        // While they are all there: somebody works, calls go on.
        let (cookie, _) = office.session(ADMIN);
        let users = office.ask("GET", "/salesforce/api/users", &cookie);
        assert_eq!(status(&users), 200, "{users}");
        assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
        call(&office, 5);
        assert_eq!(office.scene.cases().len(), 1 + 5 * round);
        for (status, (said, expected)) in go(crowd) {
            assert!(expected.contains(&status), "{status}: {said:.200}");
        }
        wait_until_gone(&office, threads, files);
        memory.push(process.memory("RssAnon"));
    }
    // What the first crowd's threads leave, the next ones' use again.
    assert!(
        memory[2] < memory[0] + 16_000,
        "kB after each crowd: {memory:?}"
    );
    let shown = office.scene.cli("salesforce show status");
    assert!(
        shown.contains("started") && shown.contains("dropped = 0"),
        "{shown}"
    );
    // About all of that it says nothing.
    assert_eq!(self::complaints(&office), complaints);
}

#[test]
fn most_of_them_stay_outside() {
    let office = office(100);
    let at = office.scene.pbx.http().unwrap();
    let process = Process::of(&office.scene);
    let _a = phone(&office);
    let complaints = complaints(&office);
    let ways = ways(&office);
    let (threads, files) = (process.threads().len(), process.files().len());
    let crowd = come(at, &ways);
    call(&office, 5);
    assert_eq!(office.scene.cases().len(), 5);
    let outside = go(crowd)
        .into_iter()
        .filter(|(status, (said, expected))| {
            assert!(
                *status == 0 || expected.contains(status),
                "{status}: {said:.200}"
            );
            *status == 0
        })
        .count();
    assert!(outside > CROWD / 2, "{outside}");
    wait_until_gone(&office, threads + 3, files + 3);
    assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
    let (cookie, _) = office.session(ADMIN);
    let users = office.ask("GET", "/salesforce/api/users", &cookie);
    assert_eq!(status(&users), 200, "{users}");
    let shown = office.scene.cli("salesforce show status");
    assert!(
        shown.contains("started") && shown.contains("dropped = 0"),
        "{shown}"
    );
    // About all of that it says nothing.
    assert_eq!(self::complaints(&office), complaints);
}
