//! What waiting calls take in memory while Salesforce is down. In a process of its own, so that
//! it is nobody else's memory.

use super::requests::number;
use super::stage::{call, configuration, deliver, directory, journal, record, user};
use crate::Failure;
use crate::report::Row;
use std::fs::read_to_string;
use std::process::Command;
use std::thread;
use std::time::Duration;

const USERS: usize = 1000;
const CALLS: usize = 100_000;
const WORKERS: usize = 4;

/// Not all: what has not reached the disk yet is in memory, which is not the question here.
const AT_ONCE: usize = 500;

/// Nobody listens there.
const CLOSED_PORT: u16 = 1;

/// For what is measured to come to rest: attempts, pauses.
const REST: Duration = Duration::from_secs(5);

/// The argument that makes this program the process that is measured.
pub const ASIDE: &str = "resident-aside";

/// Megabytes before and after.
pub fn run() -> Result<Vec<Row>, Failure> {
    let output = Command::new(std::env::current_exe()?).arg(ASIDE).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
    let &[empty, users, calls] = figures.as_slice() else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{ASIDE}: {complaint}").into());
    };
    let row = |name, value, meaning| Row::single(name, "MB", value, meaning);
    Ok(vec![
        row(
            "nothing yet",
            empty,
            "a process with nothing in it but this program",
        ),
        row(
            "1,000 users",
            users,
            "configured, Salesforce down, no call yet",
        ),
        row(
            "100,000 calls pending",
            calls,
            "of these users, on disk; Salesforce still down",
        ),
    ])
}

/// In the process that is measured: prints what it takes.
pub fn aside() -> Result<(), Failure> {
    let empty = resident()?;
    let directory = directory()?;
    let journal = journal(directory.path())?;
    let configuration = configuration(USERS, WORKERS, CLOSED_PORT, None)?;
    let delivery = deliver(&configuration, &journal)?;
    thread::sleep(REST);
    let users = resident()?;
    for first in (0..CALLS).step_by(AT_ONCE) {
        let ended = first..first + AT_ONCE;
        let calls = ended.map(|n| call(user(n % USERS), format!("call-{n}"), &number(n)));
        record(&journal, calls);
    }
    thread::sleep(REST);
    println!("{empty} {users} {}", resident()?);
    delivery.stop();
    Ok(())
}

/// Megabytes of this process that are in memory.
fn resident() -> Result<f64, Failure> {
    let status = read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmRSS")?.parse::<f64>()? / 1024.0)
}
