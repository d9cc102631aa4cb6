//! A logger for tests of what the log says, and how often.

use log::{LevelFilter, Log, Metadata, Record};
use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

struct Ear;

static ALL: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static HERE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Log for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = record.args().to_string();
        HERE.with_borrow_mut(|heard| heard.push(line.clone()));
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(line);
    }

    fn flush(&self) {}
}

/// From here on the log is listened to.
pub fn listen() {
    // Fails for all tests but the first.
    let _ = log::set_logger(&Ear);
    log::set_max_level(LevelFilter::Info);
    heard_here();
}

/// What this thread has logged since the last question.
pub fn heard_here() -> Vec<String> {
    HERE.take()
}

/// Lines of all threads that hold this text, which no other test logs.
pub fn heard_of(text: &str) -> Vec<String> {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter()
        .filter(|line| line.contains(text))
        .cloned()
        .collect()
}
