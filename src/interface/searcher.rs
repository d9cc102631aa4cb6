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
