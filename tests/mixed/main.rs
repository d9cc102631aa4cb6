//! Many calls at once, each taking a way drawn at random, through one real Asterisk: afterwards
//! Salesforce holds exactly the Cases and Accounts that should have come of them.
//!
//! `CALLS`, `AT_ONCE` and `SEED` say how many, how many at a time at least, and which;
//! `scripts/mixed` runs thousands.

#[allow(dead_code)]
#[path = "../asterisk/scene.rs"]
mod scene;

mod by_dialplan;
mod draw;
mod gauge;
mod ledger;
mod office;
mod pair;
mod passed_on;
mod reached;

use draw::Job;
use gauge::Gauge;
use office::Office;
use pair::Stage;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// With so many calls gone wrong, the others tell nothing more.
const ENOUGH: usize = 50;

/// A way that a call can take.
pub struct Way {
    name: &'static str,
    /// What becomes of it, for the pair's users `a` and `b`: in the words of [`scene::told`].
    cases: &'static [&'static str],
    /// Whether Salesforce is not to know the caller's number and name.
    withheld: bool,
    play: fn(&Stage) -> private_pbx::Result<()>,
}

impl Way {
    const fn new(
        name: &'static str,
        cases: &'static [&'static str],
        play: fn(&Stage) -> private_pbx::Result<()>,
    ) -> Way {
        Way {
            name,
            cases,
            withheld: false,
            play,
        }
    }

    const fn withheld(
        name: &'static str,
        cases: &'static [&'static str],
        play: fn(&Stage) -> private_pbx::Result<()>,
    ) -> Way {
        let way = Way::new(name, cases, play);
        Way {
            withheld: true,
            ..way
        }
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => default,
    }
}

#[test]
fn mixed_calls() {
    let calls = number("CALLS", 120) as usize;
    let at_once = number("AT_ONCE", 40) as usize;
    let seed = number("SEED", fastrand::u64(..));
    println!("CALLS={calls} AT_ONCE={at_once} SEED={seed}");

    // Some of the pairs are always between two calls.
    let office = Office::open(at_once + at_once / 5 + 2);
    let pairs = office.pairs();
    let jobs = draw::jobs(seed, calls);
    let gauge = Gauge::new(pairs.len());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let few_failures = || failures.lock().unwrap().len() < ENOUGH;
    let begun = Instant::now();
    std::thread::scope(|threads| {
        for pair in &pairs {
            threads.spawn(|| {
                while few_failures()
                    && let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if let Err(e) = pair.play(job, &gauge) {
                        let failure = format!("call {} ({}): {e}", job.number, job.way.name);
                        failures.lock().unwrap().push(failure);
                    }
                }
                gauge.no_more();
            });
        }
        threads.spawn(|| gauge.watch(&office.scene));
        threads.spawn(|| office.let_go_of_outside_calls(|| gauge.is_over()));
    });
    let took = begun.elapsed();
    let failures = failures.into_inner().unwrap();
    assert!(failures.len() < ENOUGH, "{failures:#?}");
    office.scene.settle_within(Duration::from_secs(120), 0);
    let settled = begun.elapsed() - took;
    office.scene.consumers.check().unwrap();

    println!("{}", office.scene.consumers);
    let mut ways = BTreeMap::<_, usize>::new();
    for Job { way, .. } in &jobs {
        *ways.entry(way.name).or_default() += 1;
    }
    let ways: Vec<_> = ways.iter().map(|(name, n)| format!("{name} {n}")).collect();
    println!("{} ways: {}", ways.len(), ways.join(", "));
    println!(
        "calls took {:.1} s, {}; the last was delivered {:.1} s later",
        took.as_secs_f32(),
        gauge,
        settled.as_secs_f32()
    );
    let differences = ledger::compare(&jobs, &office);
    assert!(
        failures.is_empty() && differences.is_empty(),
        "calls that did not go as planned: {failures:#?}\ndifferences: {differences:#?}"
    );
    // A handful of calls cannot keep all pairs busy.
    let least = gauge.least().filter(|_| calls > 2 * pairs.len());
    assert!(
        least.is_none_or(|least| least >= at_once),
        "too few at a time: {gauge}"
    );
}
