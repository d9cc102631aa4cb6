//! How many graphs go with one request to an org: fewer after a request that took too long or was
//! too much for a trigger, and more again once they are quick.

use super::guard;
use crate::salesforce::MOST_GRAPHS;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// By org; one that is not there takes as many as a request may have.
#[derive(Default)]
pub struct Portions(Mutex<HashMap<String, usize>>);

impl Portions {
    /// How many graphs go with the next request.
    pub fn most(&self, org: &str) -> usize {
        guard(&self.0).get(org).copied().unwrap_or(MOST_GRAPHS)
    }

    /// A request with so many took longer than is waited, or was more than a trigger bears.
    pub fn too_many(&self, org: &str, graphs: usize) {
        let mut portions = guard(&self.0);
        let most = portions.entry(org.to_owned()).or_insert(MOST_GRAPHS);
        *most = (*most).min(graphs / 2).max(1);
    }

    /// A request with so many was answered in time. Twice as many would be, if it took less than
    /// a quarter of the time that is waited.
    pub fn answered(&self, org: &str, graphs: usize, took: Duration, timeout: Duration) {
        let mut portions = guard(&self.0);
        let Some(most) = portions.get_mut(org) else {
            return;
        };
        if graphs >= *most && took * 4 < timeout {
            *most *= 2;
            if *most >= MOST_GRAPHS {
                portions.remove(org);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_halve_after_a_time_out_and_grow_while_they_are_quick() {
        let portions = Portions::default();
        let most = || portions.most("00D");
        assert_eq!(most(), 75);
        let mut seen = Vec::new();
        for _ in 0..8 {
            portions.too_many("00D", most());
            seen.push(most());
        }
        assert_eq!(seen, [37, 18, 9, 4, 2, 1, 1, 1]);
        assert_eq!(portions.most("00E"), 75);
        let minute = Duration::from_secs(60);
        let answered = |graphs, took| portions.answered("00D", graphs, minute * took / 60, minute);
        // Slow, or smaller than it could have been: that says nothing of more.
        answered(1, 15);
        assert_eq!(most(), 1);
        answered(1, 14);
        answered(1, 1);
        assert_eq!(most(), 2);
        for _ in 0..10 {
            answered(most(), 1);
        }
        assert_eq!(most(), 75);
        // A small request that takes too long says it of the large ones.
        portions.too_many("00D", 3);
        assert_eq!(most(), 1);
    }
}
