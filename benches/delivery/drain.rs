//! How fast a backlog goes to Salesforce over a long way.

use super::requests::number;
use super::stage::{Stage, call, user};
use crate::Failure;
use crate::report::Row;
use rustix::param::clock_ticks_per_second;
use std::fs::{read_dir, read_to_string};
use std::time::{Duration, Instant};

const CALLS: usize = 10_000;

/// What is drained.
struct Backlog {
    name: &'static str,
    users: usize,
    workers: usize,
    /// Milliseconds.
    round_trip: u64,
    /// How many different callers there are.
    callers: usize,
}

const ONE_USER: Backlog = Backlog {
    name: "one user",
    users: 1,
    workers: 4,
    round_trip: 0,
    callers: CALLS,
};

const BACKLOGS: &[Backlog] = &[
    ONE_USER,
    Backlog {
        round_trip: 20,
        ..ONE_USER
    },
    Backlog {
        round_trip: 100,
        ..ONE_USER
    },
    Backlog {
        round_trip: 300,
        ..ONE_USER
    },
    Backlog {
        name: "one user, 100 callers",
        round_trip: 100,
        callers: 100,
        ..ONE_USER
    },
    Backlog {
        name: "1,000 users",
        users: 1000,
        round_trip: 100,
        ..ONE_USER
    },
    Backlog {
        name: "1,000 users",
        users: 1000,
        workers: 32,
        round_trip: 100,
        ..ONE_USER
    },
    Backlog {
        name: "1,000 users",
        users: 1000,
        workers: 64,
        round_trip: 100,
        ..ONE_USER
    },
    Backlog {
        workers: 8,
        round_trip: 100,
        ..ONE_USER
    },
];

/// One row for each backlog.
pub fn run() -> Result<Vec<Row>, Failure> {
    BACKLOGS.iter().map(measure).collect()
}

fn measure(backlog: &Backlog) -> Result<Row, Failure> {
    let &Backlog {
        name,
        users,
        workers,
        round_trip,
        callers,
    } = backlog;
    let mut stage = Stage::set(users, workers, Duration::from_millis(round_trip))?;
    let calls = |n| call(user(n % users), format!("call-{n}"), &number(n % callers));
    stage.record((0..CALLS).map(calls));
    let processor = Processor::now()?;
    let begun = Instant::now();
    stage.start()?;
    stage.wait_until_delivered()?;
    let took = begun.elapsed().as_secs_f64();
    let used = processor.since()?;
    stage.check(CALLS, callers)?;
    let meaning = format!(
        "{callers} new callers; {} requests with logins, {} connections; {:.1} s of processor time in {took:.1} s, \
         {:.0} % of it the simulator's",
        stage.all_requests(),
        stage.connections(),
        used.all,
        100.0 * used.simulator / used.all
    );
    let name = format!("{name}, {workers} workers, {round_trip} ms");
    Ok(Row::single(&name, "calls/s", CALLS as f64 / took, &meaning).of(CALLS))
}

/// Seconds of processor time.
struct Processor {
    all: f64,
    simulator: f64,
}

impl Processor {
    /// What this process has used.
    fn now() -> Result<Processor, Failure> {
        let mut simulator = 0.0;
        for task in read_dir("/proc/self/task")? {
            // A thread may end meanwhile; the simulator's do not.
            let stat = read_to_string(task?.path().join("stat")).unwrap_or_default();
            if stat.contains("(salesforce-sim)") {
                simulator += seconds(&stat).unwrap_or_default();
            }
        }
        let all = seconds(&read_to_string("/proc/self/stat")?).ok_or("no processor time")?;
        Ok(Processor { all, simulator })
    }

    fn since(&self) -> Result<Processor, Failure> {
        let now = Processor::now()?;
        Ok(Processor {
            all: now.all - self.all,
            simulator: now.simulator - self.simulator,
        })
    }
}

/// User and system time of a `stat` file.
fn seconds(stat: &str) -> Option<f64> {
    // The name, in brackets, may hold anything. What follows it begins with the third field.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>().ok()?;
    Some(ticks as f64 / clock_ticks_per_second() as f64)
}
