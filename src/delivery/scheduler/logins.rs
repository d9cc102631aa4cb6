//! What the journal remembers of the users' logins, taken over by the schedule.

use super::*;
use crate::delivery::lockout::{self, By, Withheld};
use crate::delivery::sessions::{Sessions, is_by_password};

impl Scheduler {
    /// Why no login is made, of each set of credentials that is configured, now that the
    /// configuration was read. Nothing if the journal cannot say it: then no login is made either.
    pub(super) fn logins(&self, occasion: Occasion) -> HashMap<Identity, Option<Withheld>> {
        let seats = self.seats.values();
        let keyed = seats.filter_map(Self::keyed);
        let keyed: HashMap<Identity, Keyed> = keyed.collect();
        let keys = keyed.values().map(|(key, _)| key.clone()).collect();
        self.shared.sessions.configured(keys);
        self.remembered(keyed, occasion)
    }

    /// A login has ended, or was not made: that may concern others with the same username.
    pub(super) fn recall_logins(&mut self, user: &str, ended: &Ended) {
        let is_of_login = match &ended.result {
            Err(Trouble::Withheld(_)) => true,
            Err(Trouble::Salesforce { at_login, .. }) => *at_login || ended.logged_in,
            _ => ended.logged_in,
        };
        let seat = self.seats.get(user).filter(|_| is_of_login);
        let Some((_, (key, _))) = seat.and_then(Self::keyed) else {
            return;
        };
        let keyed = self.seats.values().filter_map(Self::keyed);
        let keyed = keyed.filter(|(_, (other, _))| other.username == key.username);
        let remembered = self.remembered(keyed.collect(), Occasion::Start);
        self.schedule.remember(&remembered, self.clock.now());
    }

    fn keyed(seat: &Seat) -> Option<(Identity, Keyed)> {
        let key = seat.key.clone()?;
        Some((seat.identity, (key, is_by_password(&seat.user))))
    }

    fn remembered(
        &self,
        keyed: HashMap<Identity, Keyed>,
        occasion: Occasion,
    ) -> HashMap<Identity, Option<Withheld>> {
        let (identities, keyed): (Vec<Identity>, Vec<Keyed>) = keyed.into_iter().unzip();
        let (policy, now) = (self.shared.policy.clone(), self.clock.now());
        let keys: Vec<LoginKey> = keyed.iter().map(|(key, _)| key.clone()).collect();
        let configured = self.shared.sessions.all_configured();
        let by_password: HashMap<LoginKey, bool> = keyed.into_iter().collect();
        let recalled = self.shared.journal.on_logins(keys, move |key, logins| {
            let by_password = by_password.get(key).copied().unwrap_or(true);
            let good = &logins.others_good;
            let wish = Sessions::wish(&configured, key, by_password, By::Itself, good);
            if occasion != Occasion::Start {
                let is_asked = occasion == Occasion::Asked;
                lockout::reloaded(logins, is_asked, &wish, &policy, now);
            }
            lockout::withheld(logins, &wish, &policy, now)
        });
        match recalled {
            Ok(recalled) => identities.into_iter().zip(recalled).collect(),
            Err(error) => {
                log::debug!("What was remembered of logins is not known: {error}");
                HashMap::new()
            }
        }
    }
}

/// Credentials, and whether they are a password.
type Keyed = (LoginKey, bool);
