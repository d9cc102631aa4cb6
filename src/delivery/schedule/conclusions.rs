//! What is concluded from how a job ended.

use super::*;

impl Schedule {
    /// The job `id` of `user` ended; what the log should tell.
    pub fn ended(&mut self, user: &str, id: JobId, ended: &Ended, now: Timestamp) -> Vec<Event> {
        let Some(job) = self.jobs.remove(&id) else {
            return Vec::new();
        };
        for place in &job.places {
            if let Some(gate) = self.gates.get_mut(place) {
                gate.leave(id);
            }
        }
        let login = self.logins.entry(job.identity).or_default();
        login.jobs = login.jobs.saturating_sub(1);
        login.has_session = ended.org.is_some();
        if let Some(org) = &ended.org {
            login.org = Some(Place::Org(org.as_str().into()));
        }
        let org = login.org.clone();
        let host = job
            .places
            .iter()
            .find(|p| matches!(p, Place::Host(_)))
            .cloned();
        let mut events = Vec::new();
        if let Some(host) = host.as_ref().filter(|_| ended.logged_in) {
            self.open(host, job.started, now, true, &mut events);
        }
        match &ended.result {
            Ok(()) => {
                self.open_org(org, &job, now, ended.wrote, &mut events);
                let login = self.logins.entry(job.identity).or_default();
                if login
                    .refusal
                    .as_ref()
                    .is_none_or(|refusal| job.started > refusal.set)
                {
                    login.refusals = 0;
                    if login.refusal.take().is_some() {
                        login.free_since = Some(now);
                    }
                }
            }
            Err(Trouble::Withheld(why)) => {
                events.extend(self.withhold(user, &job, why.clone(), now));
            }
            Err(Trouble::Journal) => self.journal_until = after(now, self.policy.journal_wait),
            Err(Trouble::Nothing) => {}
            Err(Trouble::Salesforce {
                at_login,
                kind,
                words,
            }) => match kind.action() {
                Action::Aborted => {}
                Action::Retry => {
                    let place = if *at_login { host.or(org) } else { org };
                    if let Some(place) = place {
                        let gate = self.gates.entry(place.clone()).or_default();
                        let change = gate.failed(
                            *kind,
                            job.started,
                            now,
                            words,
                            &self.policy,
                            &mut self.rng,
                        );
                        self.tell(place, change, &mut events);
                    }
                }
                Action::PauseOrg => match org {
                    Some(Place::Org(org)) => events.extend(self.limit(&org, words, now)),
                    _ => {
                        let until = self.policy.limit_until(now);
                        events.extend(self.refuse(user, &job, words, now, Some(until)));
                    }
                },
                Action::RenewSession | Action::PauseUser | Action::FailCall => {
                    if !at_login {
                        self.open_org(org, &job, now, ended.wrote, &mut events);
                    }
                    events.extend(self.refuse(user, &job, words, now, None));
                }
            },
        }
        let free = job.places.iter();
        let free = free.filter_map(|place| self.gates.get(place)?.free_since());
        let login = self.logins.entry(job.identity).or_default();
        login.free_since = login.free_since.max(free.max());
        events
    }

    pub(super) fn open_org(
        &mut self,
        org: Option<Place>,
        job: &Job,
        now: Timestamp,
        wrote: bool,
        events: &mut Vec<Event>,
    ) {
        if let Some(org) = org {
            self.open(&org, job.started, now, wrote, events);
        }
    }

    pub(super) fn open(
        &mut self,
        place: &Place,
        started: Timestamp,
        now: Timestamp,
        wrote: bool,
        events: &mut Vec<Event>,
    ) {
        if let Some(gate) = self.gates.get_mut(place) {
            let change = gate.succeeded(started, now, wrote);
            self.tell(place.clone(), change, events);
        }
    }

    pub(super) fn tell(&self, place: Place, change: Option<gate::Change>, events: &mut Vec<Event>) {
        if let Some(change) = change {
            let concerned = self.members.iter().filter(|member| match &place {
                Place::Host(_) => member.login_host == place,
                Place::Org(_) => self.places(member).any(|there| *there == place),
            });
            let names = concerned.map(|member| member.name.clone()).collect();
            events.push(Event::Place(place, change, names));
        }
    }

    /// The org's limit is reached, or nearly so that the rest is others'.
    pub fn limit(&mut self, org: &str, words: &str, now: Timestamp) -> Vec<Event> {
        let place = Place::Org(org.into());
        let gate = self.gates.entry(place.clone()).or_default();
        let change = gate.limited(now, words, &self.policy);
        let mut events = Vec::new();
        self.tell(place, change, &mut events);
        events
    }

    /// What the user may do was refused.
    pub(super) fn refuse(
        &mut self,
        user: &str,
        job: &Job,
        words: &str,
        now: Timestamp,
        until: Option<Timestamp>,
    ) -> Option<Event> {
        let login = self.logins.entry(job.identity).or_default();
        if is_old_news(login, job) {
            login.has_session = false;
            return None;
        }
        let until = until.unwrap_or_else(|| {
            login.refusals += 1;
            after(now, self.policy.refusal(login.refusals))
        });
        let why = Withheld {
            words: words.to_owned(),
            until: Some(until),
            lifted: Lifted::Change,
        };
        self.withhold(user, job, why, now)
    }

    /// No login is made.
    fn withhold(&mut self, user: &str, job: &Job, why: Withheld, now: Timestamp) -> Option<Event> {
        let login = self.logins.entry(job.identity).or_default();
        login.has_session = false;
        if is_old_news(login, job) {
            return None;
        }
        let refusal = Refusal { why, set: now };
        let why = login.refusal.insert(refusal).why.clone();
        Some(Event::Refused {
            user: user.to_owned(),
            why,
        })
    }

    /// When a call that came to nothing is due again, as far as it is up to the call: the pauses
    /// of its place and user are apart. `attempts`: how many came to nothing before this one.
    pub fn due_again(&mut self, attempts: u32, wait: Wait, now: Timestamp) -> Timestamp {
        // A few failures are the place's; a call that goes on failing may itself be the cause,
        // and lets others go first.
        const PATIENCE: u32 = 3;
        let growing = match attempts.checked_sub(PATIENCE) {
            Some(more) => self.policy.outage(more + 1, &mut self.rng),
            None => Duration::ZERO,
        };
        let wait = match wait {
            Wait::No => growing,
            Wait::Busy => growing.max(self.policy.busy_wait),
            Wait::Growing => self.policy.outage(attempts + 1, &mut self.rng),
            Wait::InDoubt => growing.max(self.policy.in_doubt_wait),
            Wait::Look(again) => return self.policy.together(now, after(now, again)),
        };
        after(now, wait)
    }

    /// The user's credentials are good, and its org answers: whatever was paused is tried now.
    pub fn mended(&mut self, user: &str, now: Timestamp) {
        let Some(member) = self.member(user) else {
            return;
        };
        let identity = member.identity;
        let places: Vec<Place> = self.places(member).cloned().collect();
        if let Some(login) = self.logins.get_mut(&identity) {
            login.refusal = None;
        }
        for place in &places {
            if let Some(gate) = self.gates.get_mut(place) {
                gate.probe_now(now);
            }
        }
    }
}

/// Was it refused already after the job had started?
fn is_old_news(login: &Login, job: &Job) -> bool {
    let refusal = login.refusal.as_ref();
    refusal.is_some_and(|refusal| job.started <= refusal.set)
}
