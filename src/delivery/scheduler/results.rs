//! What became of the workers' jobs.

use super::*;

impl Scheduler {
    pub(super) fn finished(&mut self, report: Report) {
        self.idle += 1;
        let now = self.clock.now();
        let Report {
            job,
            user,
            calls,
            ended,
        } = report;
        // First, so that a probe's success does not end a pause that goes on.
        if let Some(org) = &ended.org
            && !matches!(ended.result, Err(Trouble::Nothing))
        {
            self.watch_usage(org, now);
        }
        let events = self.schedule.ended(&user.name, job, &ended, now);
        for event in &events {
            self.announcer.event(event, &self.shared.journal, now);
        }
        self.recall_logins(&user.name, &ended);
        let mut settlements = Vec::new();
        for (call, verdict) in calls {
            self.in_hand.remove(&call.id);
            if let Some(settlement) = self.settlement(&call, verdict, now) {
                self.settling.insert(call.id, News::of(&settlement));
                settlements.push(settlement);
            }
        }
        self.shared.journal.settle(settlements);
        // Whom else it concerns, it concerns likewise: who shares the login, the org or the host.
        if !events.is_empty() || self.listener.would_tell(&self.now_of(&user.name)) {
            self.tell_users();
        }
    }

    /// What becomes of a call; `None`: it is nobody's any more.
    pub(super) fn settlement(
        &mut self,
        call: &Call,
        verdict: Verdict,
        now: Timestamp,
    ) -> Option<Settlement> {
        let (id, user) = (call.id, &call.record.user);
        Some(match verdict {
            Verdict::Delivered { org, written } => {
                self.figures.delivered(user, call.record.outcome);
                self.complete(call);
                for (what, id_there) in [("Case", &written.case_id), ("Task", &written.task_id)] {
                    if let Some(id_there) = id_there {
                        log::debug!("Call {id} of user [{user}] is {what} {id_there}");
                    }
                }
                Settlement::Delivered { id, org, written }
            }
            Verdict::Completed { task_id, note } => {
                if let Some(note) = &note {
                    log::info!("Call {id} of user [{user}]: {note}");
                }
                self.complete(call);
                Settlement::Completed { id, task_id, note }
            }
            Verdict::Failed(words) => {
                self.figures.failed(user);
                self.announcer.failed(call, &words, now);
                Settlement::Failed { id, words }
            }
            Verdict::Gone => return None,
            Verdict::Later {
                in_doubt,
                wait,
                error,
            } => {
                if error.is_some() {
                    self.figures.retried(user);
                }
                Settlement::PutBack {
                    id,
                    next_due: self.schedule.due_again(call.attempts, wait, now),
                    in_doubt,
                    error,
                }
            }
            Verdict::Panicked => {
                self.figures.panicked();
                log::error!("A Salesforce worker panicked with call {id}");
                let words = PANICKED.to_owned();
                if call.attempts + 1 >= MOST_PANICS {
                    return Some(Settlement::Failed { id, words });
                }
                Settlement::PutBack {
                    id,
                    next_due: self.schedule.due_again(call.attempts, Wait::InDoubt, now),
                    in_doubt: true,
                    error: Some(words),
                }
            }
        })
    }

    pub(super) fn complete(&mut self, call: &Call) {
        let free = self.schedule.free_since(&call.record.user);
        let free = free.map_or(self.started, |free| free.max(self.started));
        self.figures.complete(call, free, wall_now());
    }

    /// Leaves the org's reserve of API requests to its other programs.
    pub(super) fn watch_usage(&mut self, org: &str, now: Timestamp) {
        let Some(usage) = self.client.usage(org) else {
            return;
        };
        self.announcer.usage(org, usage);
        if !usage.leaves(self.settings.api_reserve) {
            let words = format!(
                "{} of {} API requests of 24 hours are used; {} % are left to other programs                  (api_reserve)",
                usage.used, usage.limit, self.settings.api_reserve
            );
            let events = self.schedule.limit(org, &words, now);
            for event in &events {
                self.announcer.event(event, &self.shared.journal, now);
            }
            if !events.is_empty() {
                self.tell_users();
            }
        }
    }
}
