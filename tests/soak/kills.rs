//! The moments at which the process is killed.

use crate::ledger::Ledger;
use salesforce_simulator::{Action, Fault, Simulator};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a moment is waited for that perhaps never comes.
const PATIENCE: Duration = Duration::from_secs(3);

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Whenever it is.
    Any,
    /// The request is sent, and Salesforce will do nothing.
    Sent,
    /// The request is sent and carried out, and no answer comes.
    Done,
    /// The answer is on its way, and the journal does not have it.
    Answered,
    /// The journal is being written.
    Writing,
}

pub const MOMENTS: [(Moment, &str); 5] = [
    (Moment::Any, "at any moment"),
    (Moment::Sent, "sent, not carried out"),
    (Moment::Done, "carried out, not answered"),
    (Moment::Answered, "answered, not in the journal"),
    (Moment::Writing, "while the journal is written"),
];

/// Which moment it is to be, and before which call it is waited for.
pub fn draw(seed: u64, kills: usize, calls: usize) -> Vec<(usize, Moment)> {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x4b11);
    let mut drawn: Vec<usize> = (0..kills).map(|_| random.usize(..calls)).collect();
    drawn.sort_unstable();
    // Each kind as often as any other.
    let moment = |(n, call): (usize, usize)| (call, MOMENTS[n % MOMENTS.len()].0);
    drawn.into_iter().enumerate().map(moment).collect()
}

/// Waits for the moment; `false`: it did not come. Takes notes meanwhile.
pub fn wait_for(
    moment: Moment,
    sim: &Simulator,
    journal: &Path,
    ledger: &mut Ledger,
    random: &mut fastrand::Rng,
) -> bool {
    let written = |sim: &Simulator| sim.request_counts().get("graph").copied().unwrap_or(0);
    match moment {
        Moment::Any => {
            let until = Instant::now() + Duration::from_millis(random.u64(..300));
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(left);
            }
            true
        }
        Moment::Sent | Moment::Done => {
            let after_commit = moment == Moment::Done;
            let fault = Fault::once("graph", Action::Freeze { after_commit });
            ledger.take_notes(sim);
            let before = ledger.frozen_writes;
            sim.add_fault(fault);
            poll(|| {
                ledger.take_notes(sim);
                ledger.frozen_writes > before
            })
        }
        Moment::Answered => {
            let before = written(sim);
            sim.wait_until(PATIENCE, || written(sim) > before)
        }
        Moment::Writing => {
            let log = PathBuf::from(format!("{}-wal", journal.display()));
            let changed = || {
                std::fs::metadata(&log)
                    .and_then(|data| data.modified())
                    .ok()
            };
            let before = changed();
            poll(|| changed() != before)
        }
    }
}

fn poll(mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    true
}
