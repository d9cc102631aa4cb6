//! Channels that Asterisk no longer knows, though nobody told of their end.

use std::collections::HashSet;

/// Remembers which channels the last sweep did not find.
///
/// A channel is gone in Asterisk a moment before its last events arrive here: only one that is
/// missing at two sweeps in a row has lost them.
#[derive(Debug, Default)]
pub struct Missing {
    before: HashSet<String>,
    /// Sweeps that should come soon, for events were lost.
    hurried: u8,
}

impl Missing {
    /// Events were lost: the next two sweeps should come soon.
    pub fn hurry(&mut self) {
        self.hurried = 2;
    }

    /// Should another sweep follow the next one soon? Each asking counts as a sweep.
    pub fn is_hurried(&mut self) -> bool {
        self.hurried = self.hurried.saturating_sub(1);
        self.hurried > 0
    }

    /// The next sweep: which channels, by uniqueid, count as alive, when Asterisk knows those that
    /// `exists` says.
    pub fn alive(&mut self, exists: impl Fn(&str) -> bool) -> impl FnMut(&str) -> bool {
        let before = std::mem::take(&mut self.before);
        move |uniqueid| {
            exists(uniqueid) || {
                self.before.insert(uniqueid.to_owned());
                !before.contains(uniqueid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_twice_in_a_row_is_dead() {
        let mut missing = Missing::default();
        let mut sweep = |exists: bool| missing.alive(|_| exists)("pbx-1.1");
        assert!(sweep(true));
        assert!(sweep(false), "its end may be on its way");
        assert!(!sweep(false));
        assert!(sweep(true));
        assert!(sweep(false));
    }
}
