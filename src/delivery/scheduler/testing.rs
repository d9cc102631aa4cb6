//! Tests of users, beside the workers.

use super::*;

/// A user's test has ended.
pub(super) struct Tested {
    job: JobId,
    user: String,
    ended: Ended,
}

impl Scheduler {
    /// Tests a user, on a thread of its own: the workers may all be waiting for Salesforce. For
    /// the schedule it is a job without calls.
    pub(super) fn test(&mut self, user: &str, watch: Watch, reply: Reply) {
        let Some(seat) = self.seats.get(user) else {
            return;
        };
        let check = Check {
            user: seat.user.clone(),
            identity: seat.identity,
            client: self.client.clone(),
            api_reserve: self.settings.api_reserve,
        };
        let (gone, there) = self.tests.drain(..).partition(JoinHandle::is_finished);
        self.tests = there;
        join(gone);
        let (shared, tested) = (self.shared.clone(), self.tested_in.clone());
        self.last_job += 1;
        let job = self.last_job;
        let thread = thread::Builder::new()
            .name("sf-test".into())
            .spawn(move || {
                let checked = catch_unwind(AssertUnwindSafe(|| check.run(&shared, watch)));
                let (steps, ended) = checked.unwrap_or_else(|_| (Vec::new(), Ended::unknown()));
                reply(steps);
                // Fails when the delivery has ended.
                let _ = tested.send(Tested {
                    job,
                    user: check.user.name.clone(),
                    ended,
                });
            });
        match thread {
            Ok(thread) => {
                self.tests.push(thread);
                self.schedule.started(user, job, self.clock.now());
            }
            Err(error) => log::error!("No thread for the test of [{user}]: {error}"),
        }
    }

    pub(super) fn tested(&mut self, tested: Tested) {
        let Tested { job, user, ended } = tested;
        let now = self.clock.now();
        for event in self.schedule.ended(&user, job, &ended, now) {
            self.announcer.event(&event, &self.shared.journal, now);
        }
        if ended.result.is_ok() {
            self.schedule.mended(&user, now);
        }
        self.recall_logins(&user, &ended);
        self.tell_users();
        self.schedule.set_work(&user, Some(Timestamp(0)));
    }
}
