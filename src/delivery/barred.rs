//! Numbers that have no Account although they are somebody's, or are to get one, each for one
//! Salesforce user: a duplicate rule takes the caller for somebody else, or the user may not refer
//! to the Account that there is. Their Cases come without one, at no further cost, and name whom
//! there is; after a while it is tried anew.

use super::guard;
use crate::calls::record::Timestamp;
use crate::journal::{Match, Viewer, now};
use std::collections::HashMap;
use std::sync::Mutex;

/// Why a number has no Account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The Account or Contact that is not referred to; `None`: none was found.
    pub record: Option<String>,
    /// What a Case says instead.
    pub instead: Match,
}

/// By viewer and number (E.164), and until when that counts.
#[derive(Default)]
pub struct Barred(Mutex<HashMap<(Viewer, String), (Bar, Timestamp)>>);

impl Barred {
    /// More are not kept.
    const MOST: usize = 50_000;

    /// What a Case says of a number that is nobody's, instead of there being a new Account;
    /// `None`: nothing is in the way of one.
    pub fn instead_of_new(&self, viewer: &Viewer, e164: &str) -> Option<Match> {
        Some(self.find(viewer, e164)?.instead)
    }

    /// What a Case says instead of referring to these; `None`: it may.
    pub fn instead_of(&self, viewer: &Viewer, e164: &str, matched: &Match) -> Option<Match> {
        let bar = self.find(viewer, e164)?;
        (bar.record.is_some() && bar.record.as_deref() == record_of(matched)).then_some(bar.instead)
    }

    fn find(&self, viewer: &Viewer, e164: &str) -> Option<Bar> {
        let barred = guard(&self.0);
        let (bar, until) = barred.get(&(viewer.clone(), e164.to_owned()))?;
        (*until > now()).then(|| bar.clone())
    }

    /// Bars a number.
    pub fn add(&self, viewer: &Viewer, e164: &str, bar: Bar, until: Timestamp) {
        let mut barred = guard(&self.0);
        if barred.len() >= Self::MOST {
            let now = now();
            barred.retain(|_, (_, until)| *until > now);
            if barred.len() >= Self::MOST {
                // Better too often tried than never delivered.
                barred.clear();
            }
        }
        barred.insert((viewer.clone(), e164.to_owned()), (bar, until));
    }

    /// Forgets everything: the administrator may have changed rules and sharing.
    pub fn forget(&self) {
        guard(&self.0).clear();
    }
}

/// The record that has the number.
pub fn record_of(matched: &Match) -> Option<&str> {
    let account = matched.account_id.as_deref();
    account.or(matched.contact_id.as_deref())
}
