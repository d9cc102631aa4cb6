//! How many calls are in progress.

use crate::scene::Scene;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// How often Asterisk is asked for its own count.
const INTERVAL: Duration = Duration::from_millis(100);

/// Counts calls in progress; what it reports is from when every pair had begun its first call
/// until there was none left to begin.
pub struct Gauge {
    pairs: usize,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    now: usize,
    begun: usize,
    done_pairs: usize,
    least: Option<usize>,
    most: usize,
    channels: Vec<usize>,
}

impl Gauge {
    pub fn new(pairs: usize) -> Gauge {
        Gauge {
            pairs,
            counts: Mutex::default(),
        }
    }

    /// A call has been sent.
    pub fn begin(&self) {
        let mut counts = self.counts();
        counts.now += 1;
        counts.begun += 1;
        counts.most = counts.most.max(counts.now);
    }

    /// A call is over.
    pub fn end(&self) {
        let mut counts = self.counts();
        counts.now -= 1;
        if self.is_steady(&counts) {
            let now = counts.now;
            counts.least = Some(counts.least.map_or(now, |least| least.min(now)));
        }
    }

    /// A pair has no further call to make.
    pub fn no_more(&self) {
        self.counts().done_pairs += 1;
    }

    pub fn is_over(&self) -> bool {
        self.counts().done_pairs == self.pairs
    }

    /// The least number of calls at a time; none where there were too few to tell.
    pub fn least(&self) -> Option<usize> {
        self.counts().least
    }

    /// Asks Asterisk for its number of channels until all is over.
    pub fn watch(&self, scene: &Scene) {
        while !self.is_over() {
            let said = scene.cli("core show channels count");
            let channels = said.lines().find(|l| l.contains("active channel"));
            let channels: Option<usize> = channels.and_then(|l| l.split(' ').next()?.parse().ok());
            let mut counts = self.counts();
            if self.is_steady(&counts) {
                counts.channels.extend(channels);
            }
            drop(counts);
            std::thread::sleep(INTERVAL);
        }
    }

    fn is_steady(&self, counts: &Counts) -> bool {
        counts.begun >= self.pairs && counts.done_pairs == 0
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap()
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let channels = &counts.channels;
        write!(
            f,
            "{} to {} at a time (Asterisk: {} to {} channels, {} on average)",
            counts.least.unwrap_or_default(),
            counts.most,
            channels.iter().min().unwrap_or(&0),
            channels.iter().max().unwrap_or(&0),
            channels.iter().sum::<usize>() / channels.len().max(1),
        )
    }
}
