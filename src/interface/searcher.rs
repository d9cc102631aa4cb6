//! Looks through the journal for the web page: on a thread of its own, for a search may read
//! thousands of calls, and neither channel events nor other questions are to wait for it.

use crossbeam_channel::{Sender, bounded};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

/// So many searches may wait; whoever asks gives up after ten seconds.
const WAITING: usize = 100;

/// A search, with the answer to whoever asked.
type Search = Box<dyn FnOnce() + Send>;

/// The thread.
pub struct Searcher {
    searches: Sender<Search>,
    thread: JoinHandle<()>,
}

impl Searcher {
    /// Waits for searches.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start() -> io::Result<Searcher> {
        let (searches, waiting) = bounded::<Search>(WAITING);
        let thread = thread::Builder::new().name("sf-search".into());
        let thread = thread.spawn(move || {
            for search in waiting {
                if catch_unwind(AssertUnwindSafe(search)).is_err() {
                    log::error!("A search in the journal was given up");
                }
            }
        })?;
        Ok(Searcher { searches, thread })
    }

    /// Carries a search out, after those before it. Dropped unanswered where too many wait.
    pub fn search(&self, search: impl FnOnce() + Send + 'static) {
        if self.searches.try_send(Box::new(search)).is_err() {
            log::debug!("Too many searches in the journal at once");
        }
    }

    /// Carries out what waits, and ends.
    pub fn join(self) {
        drop(self.searches);
        // Its panics were caught.
        let _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::unbounded;

    #[test]
    fn searches_keep_nobody_waiting_and_end_with_the_thread() {
        let searcher = Searcher::start().unwrap();
        let (begin, begun) = unbounded::<()>();
        let (done, told) = unbounded();
        let search = |n: usize| {
            let (begun, done) = (begun.clone(), done.clone());
            searcher.search(move || {
                let _ = begun.recv();
                assert_ne!(n, 1, "panics, and the next one is carried out");
                let _ = done.send(n);
            });
        };
        // One is at it at most, so many wait; what comes then is dropped at once.
        (0..2 * WAITING).for_each(search);
        assert!(told.is_empty());
        drop((begin, begun));
        drop(done);
        searcher.join();
        let told: Vec<usize> = told.iter().collect();
        assert!((WAITING - 1..=WAITING).contains(&told.len()), "{told:?}");
        assert!(told.starts_with(&[0, 2, 3]) && told.is_sorted(), "{told:?}");
    }
}
