//! How long the module keeps the thread of Asterisk that brings it events.
//!
//! Measured is the very module that users run, in an Asterisk through which calls go: in a copy of
//! the file, two of the names that it imports are replaced by those of functions of `clock.c`, a
//! module of its own, which look at the clock around the callback. Nothing in the product knows
//! of this, and no other build of it is needed.

use crate::Failure;
use crate::report::Row;
use crate::scene::{self, MODULE, Scene};
use crate::statistics::Sample;
use private_pbx::include_dir;
use std::path::{Path, PathBuf};
use std::process::Command;

const CALLS: usize = 300;
const CLOCK: &str = "res_ansitel_clock.so";

/// What the module imports, and what it gets in a copy: as long, so that nothing moves.
const NAMES: [(&str, &str); 2] = [
    ("__stasis_subscribe", "clocked_subscribe_"),
    ("__ast_cond_signal", "clocked_cond_sign"),
];

/// Plain answered calls.
pub fn run() -> Result<Vec<Row>, Failure> {
    let folder = tempfile::tempdir()?;
    let clocked = clocked_copy(&scene::module()?, folder.path())?;
    let mut scene = Scene::prepare(&clocked)?;
    scene.pbx.install_module(CLOCK, &clock(folder.path())?)?;
    scene.module("load", CLOCK)?;
    scene.module("load", MODULE)?;
    scene.call(CALLS)?;
    scene.wait_for_cases(CALLS)?;
    scene.module("unload", MODULE)?;
    scene.module("unload", CLOCK)?;
    rows(&std::fs::read_to_string(
        scene.pbx.path("log/callback.txt"),
    )?)
}

fn rows(log: &str) -> Result<Vec<Row>, Failure> {
    let sample = |kind: &str, less: f64| {
        let values = log.lines().filter_map(|line| {
            let (name, ns) = line.split_once(' ')?;
            (name == kind).then(|| ns.parse::<f64>().ok())?
        });
        Sample::of(values.map(|ns| (ns - less).max(0.0))).ok_or(format!("no events {kind}"))
    };
    let clock = sample("clock", 0.0)?;
    let ours = sample("ours", clock.median())?;
    let others = sample("not_ours", clock.median())?;
    let calls = CALLS as f64;
    let tail = |name, sample: &Sample, meaning| {
        Row::single(name, "ns", sample.quantile(0.99), meaning).of(sample.count())
    };
    let per_call = (ours.sum() + others.sum()) / calls / 1000.0;
    let events = (ours.count() + others.count()) as f64 / calls;
    Ok(vec![
        Row::median(
            "event that is ours",
            "ns",
            &ours,
            "copied into the mailbox, its thread woken",
        ),
        tail(
            "event that is ours, 99 %",
            &ours,
            "99 of 100 take less; waiting for a core included",
        ),
        Row::median("event that is not", "ns", &others, "looked at and dropped"),
        tail(
            "event that is not, 99 %",
            &others,
            "99 of 100 take less; waiting for a core included",
        ),
        Row::single(
            "per call",
            "µs",
            per_call,
            "all events of an answered call; waiting for a core included",
        )
        .of(CALLS),
        Row::single("events per call", "events", events, "that Stasis brings").of(CALLS),
        Row::single(
            "of these ours",
            "events",
            ours.count() as f64 / calls,
            "that go into the mailbox",
        )
        .of(CALLS),
        Row::median(
            "the clock itself",
            "ns",
            &clock,
            "subtracted from all of the above",
        ),
    ])
}

/// The module with other names for what it imports.
fn clocked_copy(module: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let mut bytes = std::fs::read(module)?;
    for (name, other) in NAMES {
        let name = format!("\0{name}\0").into_bytes();
        let places: Vec<usize> = (0..bytes.len() - name.len())
            .filter(|&place| bytes[place..].starts_with(&name))
            .collect();
        if places.is_empty() {
            return Err(format!("{} imports no {other}", module.display()).into());
        }
        for place in places {
            bytes[place + 1..place + 1 + other.len()].copy_from_slice(other.as_bytes());
        }
    }
    let copy = folder.join(MODULE);
    std::fs::write(&copy, bytes)?;
    Ok(copy)
}

/// Builds `clock.c`.
fn clock(folder: &Path) -> Result<PathBuf, Failure> {
    let module = folder.join(CLOCK);
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-std=gnu11", "-Wall", "-Wextra"])
        .args(["-Wno-unused-parameter", "-Wno-missing-field-initializers"])
        .args(["-DAST_MODULE=\"res_ansitel_clock\""])
        .args(["-DAST_MODULE_SELF_SYM=__internal_res_ansitel_clock_self"])
        .arg("-isystem")
        .arg(include_dir())
        .arg("-o")
        .arg(&module)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/callback/clock.c"))
        .status()?;
    match status.success() {
        true => Ok(module),
        false => Err("clock.c does not compile".into()),
    }
}
