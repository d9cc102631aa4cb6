//! What the workers are given to do.

use super::*;

impl Scheduler {
    /// Gives every idle worker something to do, as long as somebody is due.
    pub(super) fn dispatch(&mut self) {
        if self.shared.halted.load(Ordering::Acquire) {
            return;
        }
        while self.idle > 0 {
            let now = self.clock.now();
            let Some(name) = self.schedule.next(now) else {
                return;
            };
            match self.take(&name, now) {
                Ok(Some(job)) => {
                    if self.schedule.started(&name, job.id, now) {
                        self.shared.sessions.forgive(job.identity);
                    }
                    self.in_hand
                        .extend(job.calls.iter().map(|(call, _)| call.id));
                    self.idle -= 1;
                    let _ = self.orders.send(Order::Work(Box::new(job)));
                }
                Ok(None) => {}
                Err(error) => {
                    self.announcer.journal(&name, &error, now);
                    // Whose work had been looked at before has it still.
                    let later = after(now, self.shared.policy.journal_wait);
                    for name in self.seats.keys() {
                        self.schedule.set_work(name, Some(later));
                    }
                }
            }
        }
    }

    /// What is due of the user and of those with the same credentials: one request's worth.
    pub(super) fn take(&mut self, name: &str, now: Timestamp) -> Result<Option<Job>, JournalError> {
        let Some(seat) = self.seats.get(name) else {
            self.schedule.set_work(name, None);
            return Ok(None);
        };
        let (user, identity) = (seat.user.clone(), seat.identity);
        let mut calls = Vec::new();
        let mut ringing = Vec::new();
        let mut links = Vec::new();
        for companion in self.schedule.companions(name, now) {
            let room = MOST_GRAPHS - calls.len();
            let Some(seat) = self.seats.get_mut(&companion).filter(|_| room > 0) else {
                break;
            };
            for number in seat.ringing.drain(..) {
                ringing.push((number, seat.user.clone()));
            }
            // One more shows that some are left.
            let most = room + 1;
            let is_taken = |id| self.in_hand.contains(&id) || self.settling.contains_key(&id);
            let journal = &self.shared.journal;
            // Somebody is talking, and waits for the Case: such calls come first.
            let mut due = match seat.user.create_on {
                CreateOn::Answer if seat.user.case_on_answered => {
                    journal.due_running(&companion, now, most, is_taken)?
                }
                CreateOn::Answer | CreateOn::Hangup => Vec::new(),
            };
            due.extend(journal.due(&companion, now, most, is_taken)?);
            let mut free = due.into_iter().peekable();
            let is_suspect = |call: &Call| call.last_error.as_deref() == Some(PANICKED);
            while let Some(call) = free.next_if(|call| calls.is_empty() || !is_suspect(call)) {
                let alone = is_suspect(&call);
                calls.push((call, seat.user.clone()));
                if alone || calls.len() == MOST_GRAPHS {
                    break;
                }
            }
            if free.peek().is_none() {
                let journal = &self.shared.journal;
                let due = journal.links_due(&companion, now, MOST_GRAPHS)?;
                look_ups::claim(&self.shared, due.iter().map(|call| call.id));
                links.extend(due.into_iter().map(|call| (call, seat.user.clone())));
                let next = journal.next_due(&companion, now)?;
                let next = next.into_iter().chain(journal.next_link(&companion, now)?);
                let next = next.min();
                self.schedule.set_work(&companion, next);
            } else {
                break;
            }
        }
        if calls.is_empty() && ringing.is_empty() && links.is_empty() {
            return Ok(None);
        }
        self.last_job += 1;
        self.figures.looked_up += ringing.len() as u64;
        Ok(Some(Job {
            id: self.last_job,
            calls,
            links,
            ringing,
            identity,
            user,
            settings: self.settings.clone(),
            client: self.client.clone(),
        }))
    }
}
