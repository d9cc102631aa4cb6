//! How fast the journal is: what it promises to have on disk is there.

use super::requests::number;
use super::stage::{self, call, user};
use crate::Failure;
use crate::report::Row;
use crate::statistics::Sample;
use res_ansitel_salesforce::calls::record::Update;
use res_ansitel_salesforce::journal::{Match, NumberChange, Viewer};
use std::time::Instant;

const COMMITS: usize = 500;
const CALLS: usize = 50_000;
const ROUNDS: usize = 5;

/// Commits one after the other, and calls that end faster than commits can be made.
pub fn run() -> Result<Vec<Row>, Failure> {
    let (mut commits, mut calls) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let directory = stage::directory()?;
        let journal = stage::journal(directory.path())?;
        let viewer = Viewer::new("00D000000000001AAA", "005000000000001AAA");
        let begun = Instant::now();
        for n in 0..COMMITS {
            let change =
                NumberChange::remember(&number(n), Match::account("001000000000001AAA", "A"), true);
            journal.change_numbers(&viewer, vec![change])?;
        }
        commits.push(COMMITS as f64 / begun.elapsed().as_secs_f64());
        let ended = (0..CALLS).map(|n| call(user(0), format!("call-{n}"), &number(n)));
        let ended: Vec<Update> = ended.map(Update::Closed).collect();
        let begun = Instant::now();
        journal.record(ended);
        stage::record(&journal, []);
        calls.push(CALLS as f64 / begun.elapsed().as_secs_f64());
    }
    let commits = Sample::of(commits).ok_or("no round")?;
    let calls = Sample::of(calls).ok_or("no round")?;
    Ok(vec![
        Row::median(
            "commits",
            "per second",
            &commits,
            "one after the other, each waits for the disk that holds the build",
        ),
        Row::median(
            "calls written down",
            "per second",
            &calls,
            &format!("{CALLS} that end at once: many share a commit"),
        ),
    ])
}
