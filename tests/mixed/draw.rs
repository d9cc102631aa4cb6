//! Who calls, and which way the call takes: drawn, and the same for the same seed.

use crate::{Way, by_dialplan, passed_on, reached};
use fastrand::Rng;
use std::sync::OnceLock;

/// How many numbers call again and again.
const REGULARS: usize = 12;

/// How many numbers have an Account before they call for the first time.
pub const KNOWN: usize = 12;

/// One call to be made.
pub struct Job {
    /// Its position among all.
    pub number: usize,
    pub way: &'static Way,
    /// The caller's number, as E.164.
    pub phone: String,
    /// For what is left to chance on its way.
    pub seed: u64,
    /// The pair that it was given to.
    pub pair: OnceLock<usize>,
}

impl Job {
    /// The caller's name, which no other call has.
    pub fn name(&self) -> String {
        format!("Call {}", self.number)
    }
}

/// So many calls.
pub fn jobs(seed: u64, count: usize) -> Vec<Job> {
    let mut rng = Rng::with_seed(seed);
    let ways = reached::WAYS.iter().chain(passed_on::WAYS);
    let ways: Vec<&Way> = ways.chain(by_dialplan::WAYS).collect();
    (0..count)
        .map(|number| Job {
            number,
            way: ways[rng.usize(..ways.len())],
            phone: match rng.u8(..10) {
                0..3 => format!("+4940876543{:02}", rng.usize(..REGULARS)),
                3..5 => known(rng.usize(..KNOWN)),
                _ => format!("+4930{}", 20_000_000 + number),
            },
            seed: rng.u64(..),
            pair: OnceLock::new(),
        })
        .collect()
}

/// The number of a caller who has an Account.
pub fn known(n: usize) -> String {
    format!("+4989123456{n:02}")
}

/// The same as people write it.
pub fn as_written(n: usize) -> String {
    match n % 4 {
        0 => format!("(089) 123456-{n:02}"),
        1 => format!("089 / 12 34 56 {n:02}"),
        2 => format!("+49 89 123456{n:02}"),
        _ => format!("004989123456{n:02}"),
    }
}
