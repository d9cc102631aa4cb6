//! `make bench`: figures about the module, as one table and in `target/bench.json`.
//!
//! Each subject is a file whose `run` returns rows; a new one is added to [`SUBJECTS`].
//! `make bench ONLY="tracker memory"` chooses among them.

mod callback;
mod cpu;
mod delivery;
mod machine;
mod memory;
mod recordings;
mod report;
mod scene;
mod statistics;
mod tracker;

use cap::Cap;
use machine::Machine;
use report::{Report, Row};
use std::alloc::System;
use std::process::ExitCode;

/// Knows how many bytes are alive, at the price of two atomic additions per allocation.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What may go wrong while measuring; nobody can do more about it than read it.
type Failure = Box<dyn std::error::Error>;

/// Measures one subject.
type Run = fn() -> Result<Vec<Row>, Failure>;

/// Everything that can be measured, in the order of the table.
const SUBJECTS: &[(&str, Run)] = &[
    ("callback", callback::run),
    ("tracker", tracker::run),
    ("memory", memory::run),
    ("requests", delivery::requests),
    ("drain", delivery::drain),
    ("latency", delivery::latency),
    ("journal", delivery::journal),
    ("resident", delivery::resident),
    ("cpu", cpu::run),
];

fn main() -> ExitCode {
    // cargo adds `--bench`.
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if chosen == [delivery::RESIDENT_ASIDE] {
        return match delivery::resident_aside() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        };
    }
    let names: Vec<&str> = SUBJECTS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = chosen.iter().find(|name| !names.contains(&name.as_str())) {
        eprintln!("no subject {unknown}: there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let mut report = Report::new(Machine::look());
    let mut exit = ExitCode::SUCCESS;
    for (name, run) in SUBJECTS {
        if !chosen.is_empty() && !chosen.iter().any(|chosen| chosen == name) {
            continue;
        }
        eprintln!("    measuring: {name}");
        match run() {
            Ok(rows) => report.add(name, rows),
            Err(failure) => {
                eprintln!("{name}: {failure}");
                exit = ExitCode::FAILURE;
            }
        }
    }
    print!("{report}");
    match report.write() {
        Ok(path) => println!("\nThe same in {}.", path.display()),
        Err(failure) => {
            eprintln!("bench.json: {failure}");
            exit = ExitCode::FAILURE;
        }
    }
    exit
}
