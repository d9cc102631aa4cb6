//! What the web page and the manager interface cost calls: the same calls at a steady rate, once
//! alone, once while Asterisk itself is asked thousands of times, and once while the module is. Every call has one Case either way, no
//! event is dropped, every request is answered as expected; the times are told, not judged.
//!
//! `CALLS` (per run), `PER_SECOND`, `REQUESTS` and `PACE` (`none`: as fast as they are answered)
//! change it; `scripts/surface` makes ten thousand requests.

#[allow(dead_code)]
#[path = "../asterisk/scene.rs"]
mod scene;

mod callers;
mod figures;
mod manager;
mod office;
mod page;
mod requests;

use callers::Line;
use figures::{Figures, Process};
use office::Office;
use requests::{ASTERISKS, Answers, OURS, Pace, Questions};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long everything may take to be delivered.
const PATIENCE: Duration = Duration::from_secs(60);

fn number(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => default,
    }
}

/// What was seen of one run.
struct Run {
    name: String,
    calls: Figures,
    answers: Answers,
}

#[test]
fn requests_during_calls() {
    let calls = number("CALLS", 40);
    let per_second = number("PER_SECOND", 10);
    let requests = number("REQUESTS", 500);
    let as_fast_as_answered = std::env::var("PACE").is_ok_and(|pace| pace == "none");
    println!("CALLS={calls} PER_SECOND={per_second} REQUESTS={requests}");

    let office = Office::open();
    // The first call logs in, the first request reads files.
    ring(&office, "before", callers::FIRST, 4, per_second, None);
    let idle = requests::one_by_one(&office, 20);
    let quiet = ring(&office, "calls alone", 0, calls, per_second, None);
    let within = Duration::from_secs_f64(calls as f64 / per_second as f64);
    let under = |name: &str, first: usize, questions: Questions| {
        let pace = Pace {
            questions,
            requests,
            within: (!as_fast_as_answered).then_some(within),
        };
        ring(&office, name, first, calls, per_second, Some(pace))
    };
    let asterisks = under("with requests of Asterisk's own", calls, ASTERISKS);
    let loaded = under("with requests", 2 * calls, OURS);

    println!(
        "\n{}",
        figures::table(&[&quiet, &asterisks, &loaded].map(|run| (&*run.name, &run.calls)))
    );
    println!("{}", requests::table(&idle, &loaded.answers));
    let status = office.scene.cli("salesforce show status");
    println!("{}", scene::line(&status, "Events:"));

    assert!(status.contains("dropped = 0"), "{status}");
    assert_eq!(idle.wrong, [""; 0]);
    for run in [&asterisks, &loaded] {
        assert_eq!(run.answers.wrong, [""; 0], "{}", run.name);
        assert_eq!(run.answers.count(), requests, "{}", run.name);
    }
    for run in [&quiet, &asterisks, &loaded] {
        assert_eq!(run.calls.wrong_cases, [""; 0], "{}", run.name);
    }
}

/// So many calls, perhaps under requests, until each has its Case.
fn ring(
    office: &Office,
    name: &str,
    first: usize,
    calls: usize,
    per_second: usize,
    pace: Option<Pace>,
) -> Run {
    let process = Process::of(&office.scene);
    let (used, begun) = (process.processor_time(), Instant::now());
    let (line, answers) = std::thread::scope(|scope| {
        let requests = pace.map(|pace| scope.spawn(move || requests::ask(office, &pace)));
        let line = Line::ring(&office.scene, first, calls, per_second);
        let answers = requests.map(|requests| requests.join().unwrap());
        (line, answers.unwrap_or_default())
    });
    office.scene.wait_quiet();
    let took = begun.elapsed();
    office.scene.settle_within(PATIENCE, 0);
    let delivered = delivered(office, first, calls);
    Run {
        name: name.to_owned(),
        calls: Figures {
            placed: calls,
            answered: line.answered.len(),
            troubles: line.troubles,
            ringing: line.ringing,
            answer: line.answered,
            to_case: delivered,
            wrong_cases: wrong_cases(office, first, calls),
            processor: process.processor_time().saturating_sub(used),
            took,
        },
        answers,
    }
}

/// Callers without exactly one Case.
fn wrong_cases(office: &Office, first: usize, calls: usize) -> Vec<String> {
    let mut cases = BTreeMap::<String, usize>::new();
    for case in office.scene.sim.records("Case") {
        let number = scene::text(&case, "SuppliedPhone").to_owned();
        *cases.entry(number).or_default() += 1;
    }
    (first..first + calls)
        .map(callers::number)
        .filter_map(|number| match cases.get(&number) {
            Some(1) => None,
            count => Some(format!("{number}: {}", count.unwrap_or(&0))),
        })
        .collect()
}

/// From each call's end until the journal has Salesforce's answer.
fn delivered(office: &Office, first: usize, calls: usize) -> Vec<Duration> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let journal = Connection::open_with_flags(office.journal(), flags).unwrap();
    let mut found = journal
        .prepare("SELECT max(0, updated - ended) FROM calls WHERE sent_phone = ?1 AND state = 'delivered'")
        .unwrap();
    (first..first + calls)
        .filter_map(|n| {
            let micros = found.query_row([callers::number(n)], |row| row.get::<_, i64>(0));
            micros
                .ok()
                .map(|micros| Duration::from_micros(micros.unsigned_abs()))
        })
        .collect()
}
