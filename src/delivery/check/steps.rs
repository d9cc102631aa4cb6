//! The steps of a test, as they are told.

use crate::salesforce::{Action, Error};

/// A step of the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub what: String,
    /// What came of it, in words; `Err`: what is wrong, and what to do about it.
    pub result: Result<String, String>,
}

/// Hears of each step as soon as it is over, on the thread of the test.
pub type Watch = Box<dyn Fn(&Step) + Send>;

/// The steps so far.
#[derive(Default)]
pub struct Steps {
    told: Vec<Step>,
    watch: Option<Watch>,
}

impl Steps {
    /// None so far, and somebody who watches.
    pub fn watched(watch: Watch) -> Steps {
        Steps {
            watch: Some(watch),
            ..Steps::default()
        }
    }

    /// What came of a step that is over.
    pub fn tell(&mut self, what: impl Into<String>, result: Result<String, String>) {
        let what = what.into();
        let step = Step { what, result };
        if let Some(watch) = &self.watch {
            watch(&step);
        }
        self.told.push(step);
    }

    /// An answer of Salesforce's, or `None` for an error that concerns this step alone.
    ///
    /// # Errors
    /// One that every further step would meet as well: it ends the test.
    pub fn ask<T>(
        &mut self,
        what: &str,
        answer: Result<T, Error>,
        advice: &str,
    ) -> Result<Option<T>, Error> {
        let error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        // What this user may or may not do, or what the request holds, is another matter at the
        // next step; an outage, a limit or the end of the session is not.
        if matches!(error.action(), Action::PauseUser | Action::FailCall) {
            let separator = if advice.is_empty() { "" } else { "; " };
            self.tell(what, Err(format!("{error}{separator}{advice}")));
            return Ok(None);
        }
        Err(self.end(what, error))
    }

    /// A step without which no other is possible has failed.
    pub fn end(&mut self, what: impl Into<String>, error: Error) -> Error {
        self.tell(what, Err(error.to_string()));
        error
    }

    /// All of them, in their order.
    pub fn told(self) -> Vec<Step> {
        self.told
    }
}
