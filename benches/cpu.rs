//! What a call costs Asterisk in processor time, with and without the module.

use crate::Failure;
use crate::report::Row;
use crate::scene::{self, CALLS_PER_SECOND, MODULE, Scene};
use crate::statistics::Sample;
use rustix::param::clock_ticks_per_second;
use std::fs::read_to_string;

const PAIRS: usize = 6;
const CALLS: usize = 200;

/// After these the module is logged in and knows all callers.
const FIRST_CALLS: usize = 20;

/// Pairs of runs in the same Asterisk, in alternating order.
pub fn run() -> Result<Vec<Row>, Failure> {
    let mut scene = Scene::prepare(&scene::module()?)?;
    measure(&mut scene, true)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        for loaded in [pair % 2 == 0, pair % 2 != 0] {
            let times = if loaded { &mut with } else { &mut without };
            times.push(measure(&mut scene, loaded)?);
        }
    }
    let ratios = with
        .iter()
        .zip(&without)
        .map(|(with, without)| with / without);
    let ratios = Sample::of(ratios).ok_or("no run")?;
    let with = Sample::of(with.clone()).ok_or("no run")?;
    let without = Sample::of(without.clone()).ok_or("no run")?;
    let about =
        format!("user and system, {CALLS} answered calls at {CALLS_PER_SECOND}/s in each run");
    Ok(vec![
        Row::median("per call without the module", "ms", &without, &about),
        Row::median(
            "per call with the module",
            "ms",
            &with,
            "the same until their Cases are written: journal, JSON, TLS; callers' Accounts known",
        ),
        Row::median(
            "with / without",
            "",
            &ratios,
            "pair by pair, in alternating order",
        ),
    ])
}

/// Milliseconds per call that Asterisk's process uses.
fn measure(scene: &mut Scene, loaded: bool) -> Result<f64, Failure> {
    if loaded {
        scene.module("load", MODULE)?;
    }
    let pid = scene.pbx.pid().ok_or("Asterisk is gone")?;
    let mut begun = 0.0;
    for calls in [FIRST_CALLS, CALLS] {
        begun = processor_ms(pid)?;
        scene.call(calls)?;
        if loaded {
            scene.wait_for_cases(calls)?;
        }
    }
    let used = processor_ms(pid)? - begun;
    if loaded {
        scene.module("unload", MODULE)?;
    }
    Ok(used / CALLS as f64)
}

/// User and system time of a process and all its threads, also those that have ended.
fn processor_ms(pid: u32) -> Result<f64, Failure> {
    let stat = read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything. What follows it begins with the third field.
    let (_, fields) = stat
        .rsplit_once(')')
        .ok_or("/proc/PID/stat without a name")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(ticks as f64 * 1000.0 / clock_ticks_per_second() as f64)
}
