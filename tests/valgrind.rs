//! The module in an Asterisk under valgrind: `make valgrind`.
//!
//! Not among the tests of `make test`: the first run builds a Debian root with valgrind in it,
//! and everything takes many times as long.

#[allow(dead_code)]
#[path = "asterisk/scene.rs"]
mod scene;

use private_pbx::{Pbx, Reaction};
use scene::{PATIENCE, Plan};
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
