//! Tests of users that were started from the page, and how far they have come.

use crate::control::views::StepView;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are remembered.
const KEPT: usize = 32;

/// How far a test has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The steps so far.
    pub steps: Vec<StepView>,
    /// It is over.
    pub is_over: bool,
    /// Why it was not even begun.
    pub problem: Option<String>,
}

/// A test's progress, shared with the thread that is at it.
#[derive(Clone, Default)]
pub struct Watched(Arc<Mutex<Progress>>);

impl Watched {
    /// What is known now.
    pub fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tests of late.
#[derive(Default)]
pub struct Tests {
    last: u64,
    of_late: VecDeque<(u64, Watched)>,
}

impl Tests {
    /// A new test and its number.
    pub fn begin(&mut self) -> (u64, Watched) {
        self.last += 1;
        let watched = Watched::default();
        self.of_late.push_back((self.last, watched.clone()));
        if self.of_late.len() > KEPT {
            self.of_late.pop_front();
        }
        (self.last, watched)
    }

    /// How far a test has come; `None`: nobody knows of it.
    pub fn progress(&self, id: u64) -> Option<Progress> {
        let (_, watched) = self.of_late.iter().find(|(known, _)| *known == id)?;
        Some(watched.progress().clone())
    }
}
