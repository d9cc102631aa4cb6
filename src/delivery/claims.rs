//! Numbers that a worker is dealing with: no other one creates an Account for them meanwhile.

use super::guard;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

/// Org and number.
type Key = (String, String);

/// The numbers of all workers.
#[derive(Default)]
pub struct Numbers(Mutex<HashSet<Key>>);

impl Numbers {
    fn claimed(&self) -> MutexGuard<'_, HashSet<Key>> {
        guard(&self.0)
    }
}

/// One worker's numbers in one org; given back when it is dropped.
pub struct Claims<'a> {
    numbers: &'a Numbers,
    org: String,
    mine: HashSet<String>,
}

impl<'a> Claims<'a> {
    /// None yet.
    pub fn new(numbers: &'a Numbers, org: &str) -> Claims<'a> {
        Claims {
            numbers,
            org: org.to_owned(),
            mine: HashSet::new(),
        }
    }

    /// Is the number mine now? Not if it is another worker's.
    pub fn claim(&mut self, number: &str) -> bool {
        let key = (self.org.clone(), number.to_owned());
        if !self.mine.contains(number) && self.numbers.claimed().insert(key) {
            self.mine.insert(number.to_owned());
        }
        self.mine.contains(number)
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        let mut claimed = self.numbers.claimed();
        for number in self.mine.drain() {
            claimed.remove(&(self.org.clone(), number));
        }
    }
}
