//! Nothing of the module is left that anybody could run into.
//!
//! `CYCLES=100` makes the long test as long as one likes.

use crate::gate::{self, Gate};
use crate::loading::{End, Traffic, assert_gone, sure_at_once, wait_gone};
use crate::process::Process;
use crate::scene::PATIENCE;
use crate::web::office::{self, ADMIN, JSON, Office, fingerprint_of, session_of, status};
use private_pbx::{Reaction, eventually};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);

/// Requests that were answered by the page itself, and saves that were carried out.
#[derive(Default)]
struct Answered {
    looks: AtomicUsize,
    saves: AtomicUsize,
}

/// Looks at the page, whether it is there or not.
fn look(office: &Office, answered: &Answered) {
    for path in ["", "api/session", "app.js", "metrics"] {
        let answer = office.ask("GET", &format!("/salesforce/{path}"), "");
        if status(&answer) == 200 {
            answered.looks.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Logs in and saves a user's language, as far as there is a page for it.
fn save(office: &Office, language: &str, answered: &Answered) {
    let entered = office.login(ADMIN);
    if status(&entered) != 200 {
        return;
    }
    let (cookie, token) = session_of(&entered);
    let users = office.ask("GET", "/salesforce/api/users", &cookie);
    let Some(fingerprint) = fingerprint_of(&users) else {
        return;
    };
    let body = format!(
        r#"{{"name":"bert","fingerprint":"{fingerprint}","set":{{"language":"{language}"}}}}"#
    );
    let headers = format!("{cookie}{JSON}X-Salesforce-Token: {token}\n");
    if status(&office.post("/salesforce/api/save", &headers, &body)) == 200 {
        answered.saves.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn it_comes_and_goes_under_calls_saves_and_requests() {
    let cycles: usize = std::env::var("CYCLES").map_or(4, |n| n.parse().unwrap());
    let (plan, lines) = sure_at_once(office::plan(), "create_account = no");
    let office = Office::of(plan.a(&lines).start());
    let scene = &office.scene;
    let process = Process::of(scene);
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let (traffic, answered) = (Traffic::default(), Answered::default());
    let mut due = Vec::new();
    thread::scope(|scope| {
        // Two: one of them may miss the end of a call and wait for it in vain.
        scope.spawn(|| traffic.run(scene, "100", None));
        scope.spawn(|| traffic.run(scene, "100", None));
        scope.spawn(|| {
            while !traffic.over.load(Ordering::Relaxed) {
                look(&office, &answered);
            }
        });
        scope.spawn(|| {
            let mut languages = ["de", "en"].iter().cycle();
            while !traffic.over.load(Ordering::Relaxed) {
                save(&office, languages.next().unwrap(), &answered);
            }
        });
        // However this ends, the others have to.
        let _end = End(&traffic.over);
        for _ in 0..cycles {
            let (looks, saves) = (
                answered.looks.load(Ordering::Relaxed),
                answered.saves.load(Ordering::Relaxed),
            );
            let loaded = Instant::now();
            eventually("calls, looks and saves", PATIENCE, || {
                traffic.numbers(loaded, Instant::now()).len() >= 3
                    && answered.looks.load(Ordering::Relaxed) > looks + 3
                    && answered.saves.load(Ordering::Relaxed) > saves
            })
            .unwrap();
            let numbers = traffic.numbers(loaded, Instant::now());
            wait_gone(scene, &numbers);
            due.extend(numbers);
            scene.unload();
            assert_gone(scene, &process);
            scene.load();
        }
    });
    scene.wait_quiet();
    println!(
        "{cycles} cycles, {} calls in one piece, {} looks, {} saves",
        due.len(),
        answered.looks.load(Ordering::Relaxed),
        answered.saves.load(Ordering::Relaxed)
    );
    let mut cases: HashMap<String, usize> = HashMap::new();
    for (_, case) in scene.cases() {
        let number = case["SuppliedPhone"].as_str().unwrap();
        *cases.entry(number.to_owned()).or_default() += 1;
    }
    let wrong: Vec<_> = due
        .iter()
        .filter(|number| cases.get(*number) != Some(&1))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(scene.pbx.crashed().is_none());
}

/// A save of the page that is still reading the configuration when the module goes: it may not
/// put the page back.
#[test]
fn a_page_that_is_wanted_late_does_not_come_back() {
    let office = Office::of(gate::plan(office::plan()).start());
    let scene = &office.scene;
    let (cookie, token) = office.session(ADMIN);
    let gate = Gate::new(scene);
    let headers = format!("{cookie}X-Salesforce-Token: {token}\nContent-Type: application/json\n");
    thread::scope(|scope| {
        let save = || {
            let body = r#"{"name":"anna","fingerprint":"?","set":{"language":"de"}}"#;
            office.post("/salesforce/api/save", &headers, body)
        };
        let saving = scope.spawn(save);
        gate.wait();
        let unload = scope.spawn(|| scene.unload());
        let is_told = || {
            let queues = scene.cli("core show taskprocessors like stasis/m:ansitel");
            !queues.contains("ansitel:salesforce")
        };
        eventually("nothing is told to the module any more", PATIENCE, is_told).unwrap();
        gate.open();
        unload.join().unwrap();
        // It was given up before.
        assert_eq!(status(&saving.join().unwrap()), 503);
    });
    let pages = scene.cli("http show status");
    assert!(!pages.contains("salesforce"), "{pages}");
    for _ in 0..3 {
        assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 404);
    }
    scene.load();
    assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
}
