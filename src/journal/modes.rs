//! Nobody but Asterisk's user reads the journal: its files have the mode 0600, its own folder
//! has 0700, and where a start script has set others, they are put right.

use super::file::Place;
use crate::files::{self, FileError, OWN, OWN_FOLDER, Why};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often it is looked at while calls are written.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Once it was said, it is not said again for so long.
const QUIET: Duration = Duration::from_secs(24 * 3600);

/// Looks after the modes of one journal.
pub struct Modes {
    place: Place,
    looked: Instant,
    told: Option<Instant>,
}

impl Modes {
    /// Puts right what is there.
    pub fn of(place: &Place) -> Modes {
        let mut modes = Modes {
            place: place.clone(),
            looked: Instant::now(),
            told: None,
        };
        modes.put_right(true);
        modes
    }

    /// The same now and then; called at each commit.
    pub fn look(&mut self) {
        if self.looked.elapsed() >= LOOK_AGAIN {
            self.put_right(false);
        }
    }

    /// The same now. `all`: also of journals that were set aside.
    pub fn put_right(&mut self, all: bool) {
        self.looked = Instant::now();
        let mut changed = Vec::new();
        let mut refused = Vec::new();
        let mut put = |path: &Path, mode: u32| match files::put_right(path, mode) {
            Ok(Some(was)) => changed.push(format!("{} had {was:04o}", path.display())),
            Ok(None) => {}
            Err(FileError {
                why: Why::Missing | Why::Link | Why::Not(_),
                ..
            }) => {}
            Err(error) => refused.push(error.to_string()),
        };
        if let Some(folder) = &self.place.own_folder {
            put(folder, OWN_FOLDER);
        }
        for file in self.place.files() {
            put(&file, OWN);
        }
        if all {
            self.place.set_aside().for_each(|file| put(&file, OWN));
        }
        if changed.is_empty() && refused.is_empty()
            || self.told.is_some_and(|at| at.elapsed() < QUIET)
        {
            return;
        }
        self.told = Some(Instant::now());
        if !changed.is_empty() {
            log::warn!(
                "The journal holds callers' numbers, and its modes let others at it: {}. They \
                 are 0600 for files and 0700 for the folder again; whoever changes them, such as \
                 a start script, is to leave them alone",
                changed.join(", ")
            );
        }
        if !refused.is_empty() {
            log::warn!(
                "The journal holds callers' numbers, and the mode that keeps others out cannot \
                 be set: {}",
                refused.join(", ")
            );
        }
    }
}
