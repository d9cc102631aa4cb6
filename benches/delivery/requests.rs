//! What a call costs of the org's API requests.

use super::stage::{Stage, call, user};
use crate::Failure;
use crate::report::Row;
use std::time::Duration;

const CALLS: usize = 50;
const BACKLOG: usize = 10_000;
const WORKERS: usize = 4;

/// Calls that end one by one, and a backlog.
pub fn run() -> Result<Vec<Row>, Failure> {
    let mut stage = Stage::set(1, WORKERS, Duration::ZERO)?;
    stage.start()?;
    // Logged in, and one caller is known.
    one_by_one(&stage, "first", 1, |_| 0)?;
    let known = one_by_one(&stage, "known", CALLS, |_| 0)?;
    let unknown = one_by_one(&stage, "unknown", CALLS, |n| 1 + n)?;
    stage.check(1 + 2 * CALLS, 1 + CALLS)?;
    drop(stage);

    let mut stage = Stage::set(1, WORKERS, Duration::ZERO)?;
    let calls = |n| call(user(0), format!("backlog-{n}"), &number(n));
    stage.record((0..BACKLOG).map(calls));
    stage.start()?;
    stage.wait_until_delivered()?;
    stage.check(BACKLOG, BACKLOG)?;
    let backlog = stage.requests() as f64 / BACKLOG as f64;
    let row = |name, value, meaning| Row::single(name, "requests per call", value, meaning);
    Ok(vec![
        row(
            "known caller",
            known,
            "calls end one by one; logins aside, here and below",
        )
        .of(CALLS),
        row(
            "unknown caller",
            unknown,
            "its Account is looked for, and created with the Case",
        )
        .of(CALLS),
        row(
            "backlog",
            backlog,
            "every caller unknown, an Account is created for each",
        )
        .of(BACKLOG),
    ])
}

/// A number of its own for every `n`.
pub fn number(n: usize) -> String {
    format!("+4930{:07}", 2_000_000 + n)
}

/// Requests per call.
fn one_by_one(
    stage: &Stage,
    name: &str,
    calls: usize,
    caller: impl Fn(usize) -> usize,
) -> Result<f64, Failure> {
    let before = stage.requests();
    for n in 0..calls {
        let reference = format!("{name}-{n}");
        stage.record([call(user(0), reference, &number(caller(n)))]);
        stage.wait_for_newest()?;
    }
    Ok((stage.requests() - before) as f64 / calls as f64)
}
