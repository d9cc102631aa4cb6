//! The delivery's clock.

use super::policy::after;
use crate::calls::record::Timestamp;
use crate::journal;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Wall-clock time that never jumps: the wall clock at the start, and what has passed since.
pub struct Clock {
    start: AtomicI64,
    since: Instant,
}

impl Clock {
    /// Begins now.
    pub fn new() -> Clock {
        Clock {
            start: AtomicI64::new(journal::now().0),
            since: Instant::now(),
        }
    }

    pub fn now(&self) -> Timestamp {
        let start = Timestamp(self.start.load(Ordering::Relaxed));
        after(start, self.since.elapsed())
    }

    /// Moves it forwards.
    pub fn advance(&self, by: Duration) {
        let start = Timestamp(self.start.load(Ordering::Relaxed));
        self.start.store(after(start, by).0, Ordering::Relaxed);
    }
}
