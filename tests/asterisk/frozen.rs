//! Salesforce takes everything and never answers: callers notice nothing, and the module goes
//! when it is told to.
//!
//! `--nocapture` shows the figures.

use crate::scene::{MODULE, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Reaction, eventually};
use salesforce_simulator::{Action, Fault, Mode};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);
const CALLS: usize = 200;
/// Few enough to be about how long a call takes, not about how many the machine can bear.
const AT_ONCE: usize = 4;
/// From this depth of any queue on Asterisk takes no calls any more.
const OVERLOAD: u32 = 500;
/// Far more than an unload may take, and far less than the frozen requests would.
const SOON: Duration = Duration::from_secs(60);
const LIMITS: &str = "connect_timeout = 5\nrequest_timeout = 600\n";

fn number(n: usize) -> String {
    format!("+4930{:07}", 2_000_000 + n)
}

/// Rings 100, some calls at a time; each is answered. How long each took from INVITE to 200.
fn ring(scene: &Scene, calls: Range<usize>) -> Vec<Duration> {
    let next = AtomicUsize::new(calls.start);
    let times = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= calls.end {
                        return;
                    }
                    let begun = Instant::now();
                    let call = scene.ring_as("100", &Caller::number(&number(n)));
                    call.wait_established(PATIENCE).unwrap();
                    times.lock().unwrap().push(begun.elapsed());
                    call.hangup().unwrap();
                }
            });
        }
    });
    let mut times = times.into_inner().unwrap();
    times.sort_unstable();
    times
}

/// The same, and the greatest length that each kind of queue was seen with meanwhile.
fn ring_watched(scene: &Scene, calls: Range<usize>) -> (Vec<Duration>, BTreeMap<String, u32>) {
    let over = AtomicBool::new(false);
    /// Ends the watch, also when a call goes wrong.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let watch = || {
        let mut longest = BTreeMap::new();
        while !over.load(Ordering::Relaxed) {
            for (name, length, _) in queues(scene) {
                let seen: &mut u32 = longest.entry(name).or_default();
                *seen = length.max(*seen);
            }
            thread::park_timeout(Duration::from_millis(20));
        }
        longest
    };
    thread::scope(|scope| {
        let watcher = scope.spawn(watch);
        let end = Over(&over);
        let times = ring(scene, calls);
        drop(end);
        (times, watcher.join().unwrap())
    })
}

/// Queues of ours and of chan_pjsip, those of one kind together: name, length and greatest depth
/// of the longest.
fn queues(scene: &Scene) -> Vec<(String, u32, u32)> {
    let table = scene.cli("core show taskprocessors");
    let mut kinds: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in table.lines() {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let mut numbers = words.map_while(|word| word.parse::<u32>().ok()).skip(1);
        let concerned = name.contains("ansitel") || name.contains("pjsip");
        if let (true, Some(length), Some(depth)) = (concerned, numbers.next(), numbers.next()) {
            // What follows the last hyphen is a number.
            let kind = name.rsplit_once('-').map_or(name, |(kind, _)| kind);
            let longest = kinds.entry(kind).or_default();
            *longest = (length.max(longest.0), depth.max(longest.1));
        }
    }
    let rows = kinds.into_iter();
    rows.map(|(name, (length, depth))| (name.to_owned(), length, depth))
        .collect()
}

fn unload(scene: &Scene) -> Duration {
    let begun = Instant::now();
    let said = scene.cli(&format!("module unload {MODULE}"));
    assert!(said.contains("Unloaded"), "{said}");
    begun.elapsed()
}

fn tell(what: &str, times: &[Duration]) {
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_millis();
    println!(
        "{what}: {} calls, INVITE to 200: median {} ms, 90 % {} ms, longest {} ms",
        times.len(),
        at(0.5),
        at(0.9),
        at(1.0)
    );
}

/// Every number has one Case.
fn assert_once(scene: &Scene, calls: Range<usize>) {
    let cases = scene.cases();
    let mut numbers: Vec<_> = cases
        .iter()
        .map(|(_, case)| case["SuppliedPhone"].as_str().unwrap().to_owned())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, calls.map(number).collect::<Vec<_>>());
    assert_eq!(scene.sim.records("Account").len(), numbers.len());
}

#[test]
fn a_frozen_salesforce_holds_nothing_up() {
    let scene = Plan::default().general(LIMITS).prepare();
    let _a = scene.phone("100", Reaction::answer().after(SHORT));
    ring(&scene, 0..20);
    let (without, _) = ring_watched(&scene, 0..CALLS);
    scene.load();
    // As a result all workers have a session that can freeze.
    let (well, _) = ring_watched(&scene, 0..CALLS);
    scene.settle();
    let frozen = Action::Freeze { after_commit: true };
    scene.sim.add_fault(Fault::every("any", frozen));
    let (with, longest) = ring_watched(&scene, CALLS..2 * CALLS);
    let longest = longest.iter().filter(|(_, length)| **length > 0);
    println!("longest queues seen: {:?}", longest.collect::<Vec<_>>());
    scene.wait_quiet();
    eventually("empty queues", PATIENCE, || {
        queues(&scene).iter().all(|(_, length, _)| *length == 0)
    })
    .unwrap();
    let depths = queues(&scene);
    assert!(depths.iter().any(|(name, ..)| name.contains("ansitel")));
    for (name, _, depth) in depths.iter().filter(|(.., depth)| *depth > 0) {
        println!("{name}: at most {depth} at any time");
        assert!(*depth < OVERLOAD / 2, "{name}: {depth}");
    }
    let status = scene.cli("salesforce show status");
    assert!(
        !status.contains("Workers:               0 busy"),
        "{status}"
    );
    let took = unload(&scene);
    println!("unloaded within {took:?}");
    assert!(took < SOON, "{took:?}");
    let (again, _) = ring_watched(&scene, 0..CALLS);
    tell("without the module", &without);
    tell("with it", &well);
    tell("with it, Salesforce frozen", &with);
    tell("without it again", &again);
    scene.sim.clear_faults();
    scene.load();
    assert_once(&scene, 0..2 * CALLS);
}

/// Not even the connection is answered.
#[test]
fn a_connection_that_comes_to_nothing_is_left_at_once() {
    let scene = Plan::default()
        .general("connect_timeout = 300\nrequest_timeout = 600\n")
        .start();
    scene.sim.set_all_modes(Mode::Frozen);
    let _a = scene.phone("100", Reaction::answer().after(SHORT));
    ring(&scene, 0..20);
    scene.wait_quiet();
    let took = unload(&scene);
    println!("unloaded within {took:?}");
    assert!(took < SOON, "{took:?}");
    scene.sim.set_all_modes(Mode::Up);
    scene.load();
    assert_once(&scene, 0..20);
}
