//! How long after the hang-up Salesforce has confirmed the Case, beyond one round trip.

use super::requests::number;
use super::stage::{Stage, call, user};
use crate::Failure;
use crate::report::Row;
use crate::statistics::Sample;
use std::time::{Duration, Instant};

const CALLS: usize = 100;
const WORKERS: usize = 4;
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// A known caller, and callers who were looked up while their call rang.
pub fn run() -> Result<Vec<Row>, Failure> {
    let mut stage = Stage::set(1, WORKERS, ROUND_TRIP)?;
    stage.start()?;
    hang_up(&stage, 0, 0)?;
    let known = (1..=CALLS).map(|n| hang_up(&stage, n, 0));
    let known: Vec<f64> = known.collect::<Result<_, _>>()?;
    let mut looked_up = Vec::new();
    for n in CALLS + 1..=2 * CALLS {
        let searches = stage.requests();
        let delivery = stage.delivery.as_ref().ok_or("not started")?;
        delivery.ringing(&user(0), &number(n));
        let asked = || stage.requests() > searches;
        stage.simulator.wait_until(Duration::from_secs(10), asked);
        stage.wait_until_idle()?;
        looked_up.push(hang_up(&stage, n, n)?);
    }
    stage.check(2 * CALLS + 1, CALLS + 1)?;
    let mut rows = Vec::new();
    for (name, times, about) in [
        ("known caller", known, "the Account is remembered"),
        (
            "looked up while it rang",
            looked_up,
            "a new caller: Account and Case are written together",
        ),
    ] {
        let sample = Sample::of(times).ok_or("no call")?;
        let about = format!(
            "hang-up until Salesforce's answer is on disk, less the 100 ms of a round trip; {about}"
        );
        rows.push(Row::median(name, "ms", &sample, &about));
        let slowest = sample.quantile(0.99);
        rows.push(Row::single(&format!("{name}, 99 %"), "ms", slowest, "").of(CALLS));
    }
    Ok(rows)
}

/// Milliseconds beyond a round trip.
fn hang_up(stage: &Stage, n: usize, caller: usize) -> Result<f64, Failure> {
    let call = call(user(0), format!("call-{n}"), &number(caller));
    let hung_up = Instant::now();
    stage.record([call]);
    stage.wait_for_newest()?;
    Ok((hung_up.elapsed().as_secs_f64() - ROUND_TRIP.as_secs_f64()) * 1000.0)
}
