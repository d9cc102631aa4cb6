//! Who is due: a pure account of users, logins and places, without threads and without a clock.
//!
//! - A *user* (section) has work from some moment on, or none.
//! - A *login* is a set of credentials; users with the same credentials share it. Credentials
//!   that were refused pause it, and while it has no session only one job of it runs, so that
//!   refused credentials are tried once.
//! - A *place* is an org, or the host where sessions are asked for. Outages and limits pause it.
//!
//! Turns go round the users; a place gets at most its share of the workers, so that a slow or
//! paused one delays nobody else.

use super::gate::{self, Gate};
use super::lockout::{Lifted, Withheld};
use super::policy::{Policy, after};
use super::worker::Wait;
use crate::calls::record::Timestamp;
use crate::salesforce::{Action, Kind};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

mod conclusions;

/// Which credentials; a keyed hash of them, good for this process only.
pub type Identity = u64;

/// Which job; counted up.
pub type JobId = u64;

/// Where something can be paused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Host and port where sessions are asked for.
    Host(Arc<str>),
    /// An org's id.
    Org(Arc<str>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Host(host) => write!(f, "login at {host}"),
            Place::Org(org) => write!(f, "org {org}"),
        }
    }
}

/// A user, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Member {
    /// Section name.
    pub name: String,
    /// Its credentials.
    pub identity: Identity,
    /// Where it logs in; a [`Place::Host`].
    pub login_host: Place,
    /// A hash of all that is configured and concerns it.
    pub configured: u64,
}

/// Why there is a new configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The delivery starts.
    Start,
    /// Something was saved.
    Saved,
    /// Somebody wants the configuration to be read again.
    Asked,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The org in which the user has a session now; `None`: it has none.
    pub org: Option<String>,
    /// A login succeeded on the way.
    pub logged_in: bool,
    /// Something was written.
    pub wrote: bool,
    /// What came of it.
    pub result: Result<(), Trouble>,
}

impl Ended {
    /// Nothing is to be concluded.
    pub fn unknown() -> Ended {
        Ended {
            org: None,
            logged_in: false,
            wrote: false,
            result: Err(Trouble::Nothing),
        }
    }
}

/// Why a job came to nothing. `Ok` in [`Ended`] includes a refused record: Salesforce answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Salesforce's error.
    Salesforce {
        /// While logging in, not in the org.
        at_login: bool,
        /// What went wrong.
        kind: Kind,
        /// What Salesforce or the network said.
        words: String,
    },
    /// Salesforce has refused the credentials, now or earlier, or no login may be made.
    Withheld(Withheld),
    /// The journal cannot be written.
    Journal,
    /// Nothing was tried, or nothing is to be concluded.
    Nothing,
}

/// Something that the log should tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A place is paused or goes on; the users that it concerns.
    Place(Place, gate::Change, Vec<String>),
    /// Credentials or permissions were refused.
    Refused {
        /// The user that met it.
        user: String,
        /// Why, and until when.
        why: Withheld,
    },
}

/// Why a login waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, and until when.
    pub why: Withheld,
    set: Timestamp,
}

#[derive(Debug, Default)]
struct Login {
    /// The org it belongs to, once known; a [`Place::Org`].
    org: Option<Place>,
    has_session: bool,
    jobs: usize,
    refusals: u32,
    refusal: Option<Refusal>,
    /// The end of the last pause that it met.
    free_since: Option<Timestamp>,
}

impl Refusal {
    fn is_in_force(&self, now: Timestamp) -> bool {
        self.why.until.is_none_or(|until| now < until)
    }
}

struct Job {
    identity: Identity,
    places: Vec<Place>,
    started: Timestamp,
}

/// How something may be asked beside the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// At once: there is a session, and nothing is paused.
    Beside,
    /// As a job, until there is a session.
    LogIn,
    /// As a job: what was paused is tried.
    Probe,
    /// When what is under way has ended.
    Later,
    /// Not before a pause is over.
    No,
}

/// Where a user stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No login was tried yet.
    NotLoggedIn,
    /// It has a session.
    Ok,
    /// Its credentials or permissions were refused.
    Refused(Refusal),
    /// Its org or login host is paused.
    Waiting(Place, gate::Pause),
}

/// See the [module](self).
pub struct Schedule {
    policy: Policy,
    rng: fastrand::Rng,
    workers: usize,
    members: Vec<Member>,
    /// Their places in `members`.
    index: HashMap<String, usize>,
    /// Since when each member has work; `None`: it has none.
    work: Vec<Option<Timestamp>>,
    logins: HashMap<Identity, Login>,
    gates: HashMap<Place, Gate>,
    jobs: HashMap<JobId, Job>,
    /// Whose turn is next.
    turn: usize,
    journal_until: Timestamp,
}

impl Schedule {
    /// An empty schedule; jitter is drawn from `rng`.
    pub fn new(policy: Policy, rng: fastrand::Rng) -> Schedule {
        Schedule {
            policy,
            rng,
            workers: 0,
            members: Vec::new(),
            index: HashMap::new(),
            work: Vec::new(),
            logins: HashMap::new(),
            gates: HashMap::new(),
            jobs: HashMap::new(),
            turn: 0,
            journal_until: Timestamp(i64::MIN),
        }
    }

    /// Takes a new configuration. Every outage's pause is over: the administrator may have mended
    /// what caused it. What becomes of a refusal depends on how it is [lifted](Lifted);
    /// `remembered` is what the journal says of logins. What the log should tell.
    pub fn configure(
        &mut self,
        members: Vec<Member>,
        workers: usize,
        occasion: Occasion,
        remembered: &HashMap<Identity, Option<Withheld>>,
        now: Timestamp,
    ) -> Vec<Event> {
        let changed = self.changed(&members);
        self.workers = workers.max(1);
        self.turn = 0;
        let identities: HashSet<Identity> = members.iter().map(|m| m.identity).collect();
        self.logins
            .retain(|identity, login| login.jobs > 0 || identities.contains(identity));
        self.work = members.iter().map(|m| self.work_of(&m.name)).collect();
        let names = members.iter().map(|m| m.name.clone());
        self.index = names.zip(0..).collect();
        self.members = members;
        let known: HashSet<Identity> = self.logins.keys().copied().collect();
        for (identity, login) in &mut self.logins {
            let Some(refusal) = &login.refusal else {
                continue;
            };
            let is_lifted = match refusal.why.lifted {
                Lifted::Reload => true,
                Lifted::Change => {
                    let from = after(refusal.set, self.policy.between_asked);
                    changed.contains(identity) || (occasion == Occasion::Asked && now >= from)
                }
                Lifted::Credentials(_) | Lifted::Test => {
                    matches!(remembered.get(identity), Some(None))
                }
            };
            if is_lifted {
                login.refusal = None;
                login.free_since = Some(now);
            }
        }
        for gate in self.gates.values_mut() {
            gate.probe_now(now);
        }
        self.remember(remembered, now);
        // Who reads the log after a load or a reload wants to know; after a save about others not.
        let is_told =
            |member: &&Member| occasion != Occasion::Saved || !known.contains(&member.identity);
        let told = self.members.iter().filter(is_told);
        let told = told.filter_map(|member| {
            let refusal = self.logins.get(&member.identity)?.refusal.as_ref()?;
            Some(Event::Refused {
                user: member.name.clone(),
                why: refusal.why.clone(),
            })
        });
        told.collect()
    }

    /// Logins of which something else is configured than before.
    fn changed(&self, members: &[Member]) -> HashSet<Identity> {
        let was = |member: &&Member| {
            self.member(&member.name).is_some_and(|former| {
                (former.identity, former.configured) == (member.identity, member.configured)
            })
        };
        let changed = members.iter().filter(|member| !was(member));
        changed.map(|member| member.identity).collect()
    }

    /// Takes over what the journal says of logins without a session.
    pub fn remember(&mut self, remembered: &HashMap<Identity, Option<Withheld>>, now: Timestamp) {
        for (identity, withheld) in remembered {
            let login = self.logins.entry(*identity).or_default();
            let is_ours = login.refusal.as_ref().is_none_or(|refusal| {
                matches!(refusal.why.lifted, Lifted::Credentials(_) | Lifted::Test)
            });
            // A login under way will tell itself.
            if login.has_session || login.jobs > 0 || !is_ours {
                continue;
            }
            login.refusal = withheld.as_ref().map(|why| {
                let set = login.refusal.as_ref().map_or(now, |refusal| refusal.set);
                Refusal {
                    why: why.clone(),
                    set,
                }
            });
        }
    }

    /// The user has a call that is due at `at`, or none.
    pub fn set_work(&mut self, user: &str, at: Option<Timestamp>) {
        if let Some(index) = self.index.get(user) {
            self.work[*index] = at;
        }
    }

    /// Since when the user has work.
    fn work_of(&self, user: &str) -> Option<Timestamp> {
        self.work[*self.index.get(user)?]
    }

    fn member(&self, user: &str) -> Option<&Member> {
        Some(&self.members[*self.index.get(user)?])
    }

    /// The users with the same credentials as this one that have work now, itself the first.
    pub fn companions(&self, user: &str, now: Timestamp) -> Vec<String> {
        let Some(&first) = self.index.get(user) else {
            return Vec::new();
        };
        let identity = self.members[first].identity;
        let count = self.members.len();
        (0..count)
            .map(|n| (first + n) % count)
            .filter(|index| self.work[*index].is_some_and(|at| at <= now))
            .filter(|index| self.members[*index].identity == identity)
            .map(|index| self.members[index].name.clone())
            .collect()
    }

    /// The user whose call is to be tried now.
    pub fn next(&mut self, now: Timestamp) -> Option<String> {
        if now < self.journal_until {
            return None;
        }
        let count = self.members.len();
        let alone = self.is_alone();
        let turn = (0..count).map(|n| (self.turn + n) % count).find(|index| {
            self.work[*index].is_some_and(|at| at <= now)
                && self.may_start(&self.members[*index], now, alone)
        })?;
        self.turn = (turn + 1) % count;
        Some(self.members[turn].name.clone())
    }

    /// Does everybody with work go to the same place? Then it may have all workers.
    fn is_alone(&self) -> bool {
        let mut places = self
            .members
            .iter()
            .zip(&self.work)
            .filter(|(_, work)| work.is_some())
            .map(|(member, _)| self.places(member).last())
            .chain(self.jobs.values().map(|job| job.places.last()));
        let first = places.next();
        places.all(|place| Some(&place) == first.as_ref())
    }

    fn may_start(&self, member: &Member, now: Timestamp, alone: bool) -> bool {
        if let Some(login) = self.logins.get(&member.identity) {
            if login
                .refusal
                .as_ref()
                .is_some_and(|refusal| refusal.is_in_force(now))
            {
                return false;
            }
            if login.jobs > 0 && (!login.has_session || login.refusal.is_some()) {
                return false;
            }
        }
        let (share, slow) = if alone {
            (self.workers, None)
        } else {
            (self.workers.div_ceil(2), Some(self.policy.slow))
        };
        self.places(member).all(|place| {
            self.gates.get(place).is_none_or(|gate| {
                gate.allows(now, share, slow)
                    && (alone || gate.pause().is_none() || self.spare_worker(now))
            })
        })
    }

    /// Probes leave one worker to those who are well.
    fn spare_worker(&self, now: Timestamp) -> bool {
        let slow = Some(self.policy.slow);
        let suspects: usize = self
            .gates
            .values()
            .map(|gate| gate.suspects(now, slow))
            .sum();
        self.workers == 1 || suspects + 1 < self.workers
    }

    /// How somebody who is no worker may ask something as this user now.
    pub fn asking(&self, user: &str, now: Timestamp) -> Asking {
        let Some(member) = self.member(user) else {
            return Asking::No;
        };
        let login = self.logins.get(&member.identity);
        let refusal = login.and_then(|login| login.refusal.as_ref());
        if refusal.is_some_and(|refusal| refusal.is_in_force(now)) {
            return Asking::No;
        }
        let pauses = self.places(member).filter_map(|place| {
            let pause = self.gates.get(place)?.pause()?;
            // It can be read.
            let is_closed = pause.kind != gate::Kind::Maintenance;
            is_closed.then_some((place, pause.until))
        });
        let pauses: Vec<_> = pauses.collect();
        if pauses.iter().any(|(_, until)| now < *until) {
            return Asking::No;
        }
        if login.is_some_and(|login| login.has_session) && pauses.is_empty() {
            return Asking::Beside;
        }
        if !self.may_start(member, now, self.is_alone()) {
            return Asking::Later;
        }
        if pauses
            .iter()
            .any(|(place, _)| matches!(place, Place::Org(_)))
        {
            Asking::Probe
        } else {
            Asking::LogIn
        }
    }

    /// The places a job of this user goes to, the org last.
    fn places<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = &'a Place> {
        let login = self.logins.get(&member.identity);
        let org = login.and_then(|login| login.org.as_ref());
        let has_session = login.is_some_and(|login| login.has_session);
        let host = (!has_session).then_some(&member.login_host);
        host.into_iter().chain(org)
    }

    /// The job `id` of `user` starts. `true`: it is the login's only one, and what
    /// was refused before may be tried again.
    pub fn started(&mut self, user: &str, id: JobId, now: Timestamp) -> bool {
        let Some(member) = self.member(user) else {
            return false;
        };
        let places: Vec<Place> = self.places(member).cloned().collect();
        let identity = member.identity;
        let login = self.logins.entry(identity).or_default();
        let first = login.jobs == 0 && !login.has_session;
        login.jobs += 1;
        for place in &places {
            self.gates.entry(place.clone()).or_default().enter(id, now);
        }
        let job = Job {
            identity,
            places,
            started: now,
        };
        self.jobs.insert(id, job);
        first
    }

    /// The end of the last pause that kept the user waiting, if there was one.
    pub fn free_since(&self, user: &str) -> Option<Timestamp> {
        let identity = self.member(user)?.identity;
        self.logins.get(&identity)?.free_since
    }

    /// When [`next`](Self::next) may have another answer, if nothing else happens.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pauses = self
            .gates
            .values()
            .filter_map(|gate| Some(gate.pause()?.until));
        let refusals = self
            .logins
            .values()
            .filter_map(|login| login.refusal.as_ref()?.why.until);
        self.work
            .iter()
            .flatten()
            .copied()
            .chain(pauses)
            .chain(refusals)
            .chain([self.journal_until])
            .filter(|moment| *moment > now)
            .min()
    }

    /// Where a user stands.
    pub fn standing(&self, user: &str, now: Timestamp) -> Standing {
        let Some(member) = self.member(user) else {
            return Standing::NotLoggedIn;
        };
        let login = self.logins.get(&member.identity);
        if let Some(refusal) = login.and_then(|login| login.refusal.as_ref())
            && (refusal.is_in_force(now) || !login.is_some_and(|login| login.has_session))
        {
            return Standing::Refused(refusal.clone());
        }
        for place in self.places(member) {
            if let Some(pause) = self.gates.get(place).and_then(Gate::pause) {
                return Standing::Waiting(place.clone(), pause.clone());
            }
        }
        if login.is_some_and(|login| login.has_session) {
            Standing::Ok
        } else {
            Standing::NotLoggedIn
        }
    }

    /// The org of a user and whether it has a session.
    pub fn login(&self, user: &str) -> (Option<&str>, bool) {
        let login = self
            .member(user)
            .and_then(|member| self.logins.get(&member.identity));
        let Some(login) = login else {
            return (None, false);
        };
        let org = match &login.org {
            Some(Place::Org(org)) => Some(&**org),
            _ => None,
        };
        (org, login.has_session)
    }

    /// Places that something was ever sent to, with their pause, by name.
    pub fn places_seen(&self) -> Vec<(&Place, Option<&gate::Pause>)> {
        let mut places: Vec<_> = self
            .gates
            .iter()
            .map(|(place, gate)| (place, gate.pause()))
            .collect();
        places.sort_by(|a, b| a.0.cmp(b.0));
        places
    }

    /// Jobs under way.
    pub fn busy(&self) -> usize {
        self.jobs.len()
    }
}
