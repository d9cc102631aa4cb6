//! Whether Cases become the property of those whose they are to be.
//!
//! That depends on a header, and it is not documented what graphs make of it. So the first new
//! Case of each owner is read back in the request that writes it, which costs nothing, and again
//! a day later. What is wrong is told once; where the user may not see the Cases that it gives
//! away, nothing is read back.

use super::guard;
use super::item::Item;
use super::policy::after;
use crate::calls::record::Timestamp;
use crate::journal::{Viewer, now};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

/// How long a good owner is taken to be good.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// As whom, and whose the Cases are to be.
type Key = (Viewer, String);

/// What is known of it.
#[derive(Default)]
struct Known {
    /// Not to be looked at before; `None`: never again.
    looked_at: HashMap<Key, Option<Timestamp>>,
    told: HashSet<Key>,
}

/// See the [module](self).
#[derive(Default)]
pub struct Ownership(Mutex<Known>);

impl Ownership {
    /// Is it to be looked at whose such a Case has become?
    pub fn is_open(&self, viewer: &Viewer, owner: &str) -> bool {
        let known = guard(&self.0);
        let until = known.looked_at.get(&key(viewer, owner));
        until.is_none_or(|until| until.is_some_and(|until| until <= now()))
    }

    /// Is it known that the user does not see such a Case again?
    pub fn is_out_of_sight(&self, viewer: &Viewer, owner: &str) -> bool {
        let known = guard(&self.0);
        known.looked_at.get(&key(viewer, owner)) == Some(&None)
    }

    /// The user does not see it.
    pub fn out_of_sight(&self, viewer: &Viewer, owner: &str) {
        let mut known = guard(&self.0);
        known.looked_at.insert(key(viewer, owner), None);
    }

    /// Whose it has become; what is wrong is told, once.
    pub fn seen(&self, viewer: &Viewer, item: &Item, expected: &str, owner: &str) {
        let mut known = guard(&self.0);
        let until = after(now(), GOOD_FOR);
        known.looked_at.insert(key(viewer, expected), Some(until));
        if is_same(expected, owner) || !known.told.insert(key(viewer, expected)) {
            return;
        }
        log::error!(
            "Salesforce user [{}]: its Cases become {owner}'s instead of {expected}'s, since \
             Salesforce takes no notice of the header Sforce-Auto-Assign: FALSE, which goes with \
             them. Set api_version = 60.0 in [general], whose documentation has that header; or, \
             if assignment rules are to choose the owner, auto_assign = yes for this user",
            item.user.name
        );
    }

    /// Forgets everything: the administrator may have mended it.
    pub fn forget(&self) {
        *guard(&self.0) = Known::default();
    }
}

fn key(viewer: &Viewer, owner: &str) -> Key {
    (viewer.clone(), owner.to_owned())
}

/// Ids have 15 characters, and perhaps three more that follow from them.
fn is_same(one: &str, other: &str) -> bool {
    one.get(..15) == other.get(..15)
}
