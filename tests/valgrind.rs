//! The module in an Asterisk under valgrind: `make valgrind`. Memory by memcheck; and by callgrind,
//! which thread runs what.
//!
//! Not among the tests of `make test`: the first run builds a Debian root with valgrind in it,
//! and everything takes many times as long.

#[allow(dead_code)]
#[path = "asterisk/scene.rs"]
mod scene;

use private_pbx::{Pbx, Reaction};
use scene::{PATIENCE, Plan};
use std::collections::BTreeSet;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(300);
const SLOW: u32 = 10;
const ROUNDS: usize = 2;
const LOG: &str = "valgrind.log";

#[test]
fn no_error_and_no_leak_is_ours() {
    let builder = Pbx::builder().wrapper(&[
        "valgrind",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        // Some findings are known by where the value comes from.
        "--track-origins=yes",
        // The module is gone when leaks are looked for; its lines shall be known all the same.
        "--keep-debuginfo=yes",
        "--num-callers=40",
        "--error-limit=no",
        "--log-file=valgrind.log",
    ]);
    let plan = Plan {
        builder,
        ..Plan::default()
    };
    let scene = plan.prepare();
    let _a = scene.phone("100", Reaction::answer().after(SHORT));
    let _b = scene.phone("101", Reaction::refuse(486));
    for round in 1..=ROUNDS {
        scene.load();
        for number in ["100", "200"] {
            let call = scene.ring(number);
            call.wait_talking(PATIENCE * SLOW).unwrap();
            call.hangup().unwrap();
        }
        scene.ring("101").wait_ended(PATIENCE * SLOW).unwrap();
        assert!(scene.reload().contains("reloaded successfully"));
        scene.cli("salesforce show user anna");
        assert_eq!(scene.cases().len(), 3 * round);
        scene.unload();
    }
    scene.pbx.stop().unwrap();
    let report = std::fs::read_to_string(scene.pbx.path("log").join(LOG)).unwrap();
    if let Some(keep) = std::env::var_os("REPORT") {
        std::fs::write(keep, &report).unwrap();
    }
    let ours: Vec<&str> = blocks(&report).filter(|block| is_ours(block)).collect();
    let summary = report
        .lines()
        .rev()
        .take(20)
        .filter(|line| line.contains("SUMMARY"));
    println!("{}", summary.collect::<String>());
    assert!(
        report.contains("ERROR SUMMARY"),
        "valgrind did not come to its end"
    );
    assert!(
        ours.is_empty(),
        "{} of ours:\n{}",
        ours.len(),
        ours.join("\n\n")
    );
}

/// Threads of Asterisk run C only: of all that its threads run in the module's file, Rust stands
/// only with those that the module made.
#[test]
fn rust_runs_on_threads_of_its_own() {
    let builder = Pbx::builder().wrapper(&[
        "valgrind",
        "--tool=callgrind",
        "--separate-threads=yes",
        "--compress-strings=no",
        "--callgrind-out-file=callgrind.%p",
    ]);
    let plan = Plan {
        builder,
        ..Plan::default()
    };
    let scene = plan.start();
    let _a = scene.phone("100", Reaction::answer().after(SHORT));
    let call = scene.ring("100");
    call.wait_talking(PATIENCE * SLOW).unwrap();
    call.hangup().unwrap();
    scene.reload();
    for command in ["show users", "show status", "show calls", "stop", "start"] {
        scene.cli(&format!("salesforce {command}"));
    }
    assert_eq!(scene.cases().len(), 1);
    scene.unload();
    scene.pbx.stop().unwrap();

    let (mut ours, mut asterisks) = (0, BTreeSet::new());
    for entry in std::fs::read_dir(scene.pbx.path("log")).unwrap() {
        let path = entry.unwrap().path();
        let is_thread = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with("callgrind.") && name.contains('-'));
        if !is_thread {
            continue;
        }
        let ran = functions_of_the_module(&std::fs::read_to_string(&path).unwrap());
        let rust: Vec<&String> = ran.iter().filter(|name| is_rust(name)).collect();
        if ran
            .iter()
            .any(|name| STARTS.iter().any(|start| name.contains(start)))
        {
            ours += 1;
        } else {
            assert!(rust.is_empty(), "{}: {rust:#?}", path.display());
            asterisks.extend(ran);
        }
    }
    println!("{ours} threads of the module; Asterisk's run {asterisks:#?}");
    assert!(ours > 1);
    assert!(asterisks.contains("on_message") && asterisks.contains("load_module"));
}

/// What the module's own threads begin with: C's thread that enters Rust, and what Rust's library
/// calls a thread's closure by.
const STARTS: [&str; 2] = [
    "ansitel_module_run",
    "std::sys::backtrace::__rust_begin_short_backtrace",
];

/// The names of the functions in the module's file that a thread ran, from callgrind's output.
fn functions_of_the_module(profile: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in profile.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            inside = object.contains(scene::MODULE);
        } else if let Some(name) = line.strip_prefix("fn=").filter(|_| inside) {
            names.insert(name.to_owned());
        }
    }
    names
}

/// Demangled paths have `::`. Rust's own library notes the program's arguments when it is mapped:
/// two stores, before anything of ours is there.
fn is_rust(name: &str) -> bool {
    name.contains("::") && !name.contains("ARGV_INIT_ARRAY")
}

/// Errors and leaks, each with its stack.
fn blocks(report: &str) -> impl Iterator<Item = &str> {
    // Between two of them is a line with nothing but the process id: `==12== `.
    report
        .split("== \n")
        .filter(|block| block.contains(" at 0x"))
}

/// Does the module appear in the stack, and is it no old acquaintance?
fn is_ours(block: &str) -> bool {
    block.contains(scene::MODULE) && !KNOWN.iter().any(|mark| block.contains(mark))
}

/// What valgrind says about libraries, and why it is of no consequence.
const KNOWN: [&str; 4] = [
    // Statics that are made once and live as long as the library: some kB per load.
    "jiff::tz::db::db",
    "ureq::run::add_headers::ACCEPTS",
    // Ciphers in assembly work on whole vector registers, the unused parts of which are undefined.
    // Were it more, no server would accept what they make.
    "rustls::crypto::ring::tls13::AeadAlgorithm::encrypter",
    "rustls::crypto::ring::tls13::AeadAlgorithm::decrypter",
];
