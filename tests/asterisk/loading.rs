//! The module is loaded, reloaded, unloaded and replaced while calls go on.
//!
//! `CYCLES=100` makes the long test as long as one likes.

use crate::process::Process;
use crate::scene::{MODULE, PATIENCE, Plan, Scene, module};
use private_pbx::{Caller, Plan as LoadPlan, Reaction, eventually};
use salesforce_simulator::CustomField;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);

/// Loads and unloads without calls, and after how many of them memory has to stay as it is.
const ALONE: usize = 10;
const WARM: usize = 3;

/// By how much, in kB, it may move all the same.
const FLAT: u64 = 256;

/// A call that is over.
struct Call {
    number: String,
    began: Instant,
    ended: Instant,
}

/// Callers who call again and again.
#[derive(Default)]
pub struct Traffic {
    next: AtomicU32,
    pub over: AtomicBool,
    calls: Mutex<Vec<Call>>,
}

impl Traffic {
    /// Calls `extension` until the traffic is over; gives up after `patience`, if given.
    pub fn run(&self, scene: &Scene, extension: &str, patience: Option<Duration>) {
        while !self.over.load(Ordering::Relaxed) {
            let number = format!(
                "+4930{:07}",
                2_000_000 + self.next.fetch_add(1, Ordering::Relaxed)
            );
            let began = Instant::now();
            let call = scene.ring_as(extension, &Caller::number(&number));
            if let Some(patience) = patience {
                call.cancel_after(patience);
            }
            if call.wait_ended(PATIENCE).is_err() {
                // The trunk's SIP stack has missed the end; Asterisk knows.
                wait_gone(scene, std::slice::from_ref(&number));
            }
            let ended = Instant::now();
            self.calls.lock().unwrap().push(Call {
                number,
                began,
                ended,
            });
        }
    }

    /// Who called, and was done, within that time.
    pub fn numbers(&self, began: Instant, ended: Instant) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let inside = calls
            .iter()
            .filter(|c| c.began >= began && c.ended <= ended);
        inside.map(|call| call.number.clone()).collect()
    }
}

/// Somebody who uses the CLI all the time, whether the module is there or not.
fn pester(scene: &Scene, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        for command in [
            "salesforce show users",
            "salesforce show user anna",
            r#"_COMMAND MATCHESARRAY "salesforce show user " """#,
        ] {
            scene.cli(command);
        }
    }
}

/// Waits until none of these callers has a channel.
pub fn wait_gone(scene: &Scene, numbers: &[String]) {
    eventually("channels of calls that are over", PATIENCE, || {
        let channels = scene.cli("core show channels concise");
        !numbers
            .iter()
            .any(|number| channels.contains(number.as_str()))
    })
    .unwrap();
}

/// After an unload nothing of the module is left, calls or no calls.
pub fn assert_gone(scene: &Scene, process: &Process) {
    let threads = process.threads();
    assert_eq!(process.mappings(), [""; 0]);
    assert!(
        !threads.iter().any(|name| name.starts_with("sf-")),
        "{threads:?}"
    );
    assert!(!scene.cli("core show threads").contains("run_rust"));
    let files = process.files();
    assert!(
        !files.iter().any(|file| file.contains("salesforce")),
        "{files:?}"
    );
}

/// No thread and no file more than before; the CLI's own connections take a moment to go.
fn assert_same(process: &Process, threads: &[String], files: &[String]) {
    let same = eventually("threads and files as before", PATIENCE, || {
        process.threads().len() <= threads.len() && process.files().len() <= files.len()
    });
    assert!(
        same.is_ok(),
        "{:?}\n{:?}\n{files:?}",
        process.threads(),
        process.files()
    );
}

/// An unload breaks writes off, and without an external id it takes more than ten minutes until it
/// is certain what became of them: Cases have one here. The plan, and `lines` for its users.
pub fn sure_at_once(mut plan: Plan, lines: &str) -> (Plan, String) {
    let field = CustomField::external_id("Case", "Call__c");
    plan.org.custom_fields.push(field);
    (plan, format!("{lines}\nexternal_id_field = Call__c"))
}

#[test]
fn comes_and_goes_while_calls_go_on() {
    let cycles: usize = std::env::var("CYCLES").map_or(10, |n| n.parse().unwrap());
    let (mut plan, lines) = sure_at_once(Plan::default(), "create_account = no");
    (plan.a, plan.b) = (lines.clone(), lines);
    // Each thread takes one of several heaps, and each heap keeps what was freed in it: with one
    // heap, a leak can be told from that.
    plan.builder = plan.builder.env("MALLOC_ARENA_MAX", "1");
    let scene = plan.prepare();
    let process = Process::of(&scene);
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let _b = scene.phone("101", Reaction::ring());
    let traffic = Traffic::default();
    let (mut due, mut memory) = (Vec::new(), Vec::new());

    thread::scope(|scope| {
        scope.spawn(|| traffic.run(&scene, "100", None));
        scope.spawn(|| traffic.run(&scene, "200", None));
        scope.spawn(|| traffic.run(&scene, "101", Some(SHORT * 3)));
        scope.spawn(|| pester(&scene, &traffic.over));
        // However this ends, the others have to.
        let _end = End(&traffic.over);
        for _ in 0..cycles {
            scene.load();
            let loaded = Instant::now();
            eventually("some calls", PATIENCE, || {
                traffic.numbers(loaded, Instant::now()).len() >= 6
            })
            .unwrap();
            let numbers = traffic.numbers(loaded, Instant::now());
            wait_gone(&scene, &numbers);
            due.extend(numbers);
            scene.unload();
            assert_gone(&scene, &process);
            memory.push(process.memory("RssAnon"));
        }
    });
    scene.wait_quiet();
    println!(
        "{cycles} cycles, {} calls, {} of them in one piece while the module was there; \
         RssAnon in kB after each cycle: {memory:?}",
        traffic.calls.lock().unwrap().len(),
        due.len()
    );

    // Alone with the module: to the last thread and file. Calls cost Asterisk memory of its own,
    // some of it for half a minute; now nothing moves but what we move.
    let (threads, files) = (process.threads(), process.files());
    memory.clear();
    for _ in 0..ALONE {
        scene.load();
        scene.settle();
        scene.unload();
        assert_same(&process, &threads, &files);
        memory.push(process.memory("RssAnon"));
    }
    println!("without calls: {memory:?}");
    assert!(memory[ALONE - 1] < memory[WARM] + FLAT, "{memory:?}");

    scene.load();
    let mut cases: HashMap<String, usize> = HashMap::new();
    for (_, case) in scene.cases() {
        *cases
            .entry(case["SuppliedPhone"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let missing: Vec<_> = due
        .iter()
        .filter(|number| !cases.contains_key(*number))
        .collect();
    let twice: Vec<_> = cases.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        missing.is_empty(),
        "{missing:?}\n{}",
        scene.cli("salesforce show calls 100")
    );
    assert!(twice.is_empty(), "{twice:?}");
    assert!(
        scene
            .cli("salesforce show status")
            .contains("Internal errors:       0\n")
    );
}

/// Sets a flag at the end of a scope.
pub struct End<'a>(pub &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn unloaded_as_before_the_first_load() {
    let scene = Plan::default().prepare();
    let process = Process::of(&scene);
    let (threads, files) = (process.threads(), process.files());
    let before = process.memory("VmRSS");
    scene.load();
    scene.settle();
    println!(
        "loading {} with two users adds {} kB of resident memory",
        module().display(),
        process.memory("VmRSS") - before
    );
    assert_ne!(process.threads(), threads);
    scene.unload();
    assert_gone(&scene, &process);
    assert_same(&process, &threads, &files);
}

#[test]
fn reloads_lose_no_call() {
    const CALLS: usize = 40;
    let scene = Plan::default().a("create_account = no").start();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let over = AtomicBool::new(false);
    let mut reloads = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _end = End(&over);
            let load = private_pbx::Load {
                calls: CALLS,
                per_second: 10,
                at_once: 10,
                patience: PATIENCE,
            };
            let report = scene.pbx.trunk().load(&load, |n| LoadPlan {
                number: "100".into(),
                caller: Caller::number(&format!("+4930{:07}", 2_000_000 + n)),
                hangup_after: None,
                cancel_after: None,
            });
            // Stuck: the trunk's SIP stack has missed an end. The Cases tell of all.
            assert_eq!(report.answered + report.stuck, CALLS, "{report:?}");
        });
        while !over.load(Ordering::Relaxed) {
            let said = scene.reload();
            assert!(said.contains("reloaded successfully"), "{said}");
            reloads += 1;
        }
    });
    println!("{reloads} reloads during {CALLS} calls");
    assert!(reloads > 3);
    assert_eq!(scene.cases().len(), CALLS);
}

#[test]
fn another_build_is_loaded_without_a_restart() {
    let scene = Plan::default().start();
    let pid = scene.pbx.pid();
    assert!(scene.cli("salesforce show status").contains(concat!(
        "Version:               ",
        env!("CARGO_PKG_VERSION"),
        " (Asterisk "
    )));
    scene.unload();
    let other = other_build();
    scene.pbx.install_module(MODULE, &other).unwrap();
    scene.load();
    let status = scene.cli("salesforce show status");
    assert!(
        status.contains("Version:               9.8.7 (Asterisk "),
        "{status}"
    );
    assert_eq!(scene.pbx.pid(), pid);
}

/// The module with another version in the text that `show status` prints.
fn other_build() -> std::path::PathBuf {
    let (old, new) = (
        concat!(env!("CARGO_PKG_VERSION"), " (Asterisk "),
        "9.8.7 (Asterisk ",
    );
    assert_eq!(old.len(), new.len());
    let mut bytes = std::fs::read(module()).unwrap();
    let places: Vec<usize> = (0..bytes.len() - old.len())
        .filter(|&at| &bytes[at..at + old.len()] == old.as_bytes())
        .collect();
    assert!(
        !places.is_empty(),
        "the version is not in one piece in the module"
    );
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    let path = std::env::temp_dir().join(format!("another-build-{}.so", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}
