//! Faults on demand: what goes wrong, for which requests, how often.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::error::ApiError;
use crate::world::lock;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// The answer takes this much longer; `after_commit` waits after the work, not before.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// Whether the record exists while the client waits.
        #[serde(default)]
        after_commit: bool,
    },
    /// Another HTTP status, with this body (a page of HTML unless given).
    Status {
        /// The HTTP status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: Option<String>,
        /// Its content type; `text/html` unless given.
        #[serde(default)]
        content_type: Option<String>,
        /// Whether the request was carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// One of Salesforce's own errors, in the form that the request calls for:
    /// REST error array, SOAP fault, OAuth error.
    Error {
        /// The error code.
        code: String,
        /// Its text.
        #[serde(default)]
        message: String,
        /// The HTTP status; the usual one of the code unless given.
        #[serde(default)]
        status: Option<u16>,
        /// The fields it names.
        #[serde(default)]
        fields: Vec<String>,
    },
    /// The connection is cut, nothing was done.
    CutBeforeCommit,
    /// The connection is cut, but the request was carried out.
    CutAfterCommit,
    /// Carried out; the body breaks off after so many bytes.
    Truncate {
        /// Bytes of the body that arrive.
        bytes: usize,
    },
    /// The request is taken and never answered (until [`crate::Simulator::clear_faults`]: then cut).
    Freeze {
        /// Whether it was carried out.
        #[serde(default)]
        after_commit: bool,
    },
    /// Carried out; the body arrives in small pieces with pauses.
    Drip {
        /// Bytes at a time.
        bytes: usize,
        /// Milliseconds between pieces.
        ms: u64,
    },
    /// Carried out; the body is an endless-looking JSON text of this size.
    Huge {
        /// Bytes in all.
        bytes: u64,
    },
    /// Carried out; the body is not JSON (or XML), whatever its content type says.
    Garbage,
}

/// A fault that waits for its requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Kind of request, as the log names it: `login`, `login soap`, `query`, `search`,
    /// `create Case`, `create`, `update Case`, `composite`, `graph`, `collections`,
    /// `batch`, …; also `rest` (all but logins) and `any`. A kind stands for all that
    /// begin with it (`create` for `create Case`); a composite request is also of the
    /// kinds of its parts.
    pub on: String,
    /// Only this org.
    #[serde(default)]
    pub org: Option<String>,
    /// Only this username.
    #[serde(default)]
    pub user: Option<String>,
    /// How many requests it strikes; `None`: all.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many matching requests it lets pass first.
    #[serde(default)]
    pub after: u32,
    /// Probability from 0 to 1 that it strikes a request; `None`: always.
    #[serde(default)]
    pub probability: Option<f64>,
    /// What it does.
    pub action: Action,
}

impl Fault {
    /// A fault that strikes every request of this kind.
    pub fn every(on: &str, action: Action) -> Self {
        Self {
            on: on.to_owned(),
            org: None,
            user: None,
            times: None,
            after: 0,
            probability: None,
            action,
        }
    }

    /// A fault that strikes the next request of this kind.
    pub fn once(on: &str, action: Action) -> Self {
        Self {
            times: Some(1),
            ..Self::every(on, action)
        }
    }

    /// The same fault for one org alone.
    #[must_use]
    pub fn in_org(mut self, org: &str) -> Self {
        self.org = Some(org.to_owned());
        self
    }

    /// The same fault for one username alone.
    #[must_use]
    pub fn for_user(mut self, username: &str) -> Self {
        self.user = Some(username.to_owned());
        self
    }

    /// The same fault for so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same fault, drawn at random with this probability (0 to 1).
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }
}

/// Whether a fault or a log filter `pattern` covers a request of this kind.
pub(crate) fn covers(pattern: &str, kind: &str) -> bool {
    match pattern {
        "any" => true,
        "rest" => !kind.starts_with("login"),
        _ => kind
            .strip_prefix(pattern)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
    }
}

/// What strikes one HTTP request.
#[derive(Default)]
pub(crate) struct Strike {
    pub delay_before: Duration,
    pub delay_after: Duration,
    pub action: Option<Action>,
}

struct Waiting {
    faults: Vec<Fault>,
    random: fastrand::Rng,
}

pub(crate) struct Faults {
    waiting: Mutex<Waiting>,
    /// Counts the clearings, for those that are frozen.
    pub cleared: watch::Sender<u64>,
}

/// Who asks: the org's and the user's name.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub org: &'a str,
    pub user: &'a str,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                faults: Vec::new(),
                random: fastrand::Rng::with_seed(seed),
            }),
            cleared: watch::Sender::new(0),
        }
    }

    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.waiting).faults.push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.waiting).faults.clear();
        self.cleared.send_modify(|n| *n += 1);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        lock(&self.waiting).faults.clone()
    }

    /// What strikes an HTTP request of these kinds. Errors of Salesforce's own
    /// are left to [`Self::error`].
    pub(crate) fn strike(&self, kinds: &[String], who: Who) -> Strike {
        let mut strike = Strike::default();
        lock(&self.waiting).draw(
            |fault| {
                !matches!(fault.action, Action::Error { .. })
                    && kinds.iter().any(|kind| covers(&fault.on, kind))
            },
            who,
            |action| match action {
                Action::Delay { ms, after_commit } => {
                    let delay = if *after_commit {
                        &mut strike.delay_after
                    } else {
                        &mut strike.delay_before
                    };
                    *delay += Duration::from_millis(*ms);
                    false
                }
                action => {
                    strike.action = Some(action.clone());
                    true
                }
            },
        );
        strike
    }

    /// The error that an operation of this kind answers instead of being done.
    pub(crate) fn error(&self, kind: &str, who: Who) -> Option<ApiError> {
        let mut error = None;
        lock(&self.waiting).draw(
            |fault| matches!(fault.action, Action::Error { .. }) && covers(&fault.on, kind),
            who,
            |action| {
                if let Action::Error {
                    code,
                    message,
                    status,
                    fields,
                } = action
                {
                    let status = status.unwrap_or_else(|| usual_status(code));
                    let mut made = ApiError::new(status, code.clone(), message.clone());
                    if status == 400 {
                        made.fields = Some(fields.clone());
                    }
                    error = Some(made);
                }
                true
            },
        );
        error
    }
}

impl Waiting {
    /// Goes through the faults that fit, in order, until `take` has enough.
    fn draw(
        &mut self,
        fits: impl Fn(&Fault) -> bool,
        who: Who,
        mut take: impl FnMut(&Action) -> bool,
    ) {
        let random = &mut self.random;
        for fault in &mut self.faults {
            let named = |name: &Option<String>, is: &str| {
                name.as_ref().is_none_or(|n| n.eq_ignore_ascii_case(is))
            };
            if fault.times == Some(0)
                || !fits(fault)
                || !named(&fault.org, who.org)
                || !named(&fault.user, who.user)
            {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.probability.is_some_and(|p| random.f64() >= p) {
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            if take(&fault.action) {
                break;
            }
        }
        self.faults.retain(|f| f.times != Some(0));
    }
}

/// The HTTP status that goes with an error code.
fn usual_status(code: &str) -> u16 {
    match code {
        "INVALID_SESSION_ID" => 401,
        "REQUEST_LIMIT_EXCEEDED"
        | "API_DISABLED_FOR_ORG"
        | "API_CURRENTLY_DISABLED"
        | "INSUFFICIENT_ACCESS" => 403,
        "NOT_FOUND" | "ENTITY_IS_DELETED" => 404,
        "UNKNOWN_EXCEPTION" => 500,
        "SERVER_UNAVAILABLE" => 503,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Who = Who {
        org: "acme",
        user: "a@b.c",
    };

    #[test]
    fn kinds_are_covered_by_whole_words() {
        assert!(covers("create", "create Case") && covers("create Case", "create Case"));
        assert!(!covers("create Ca", "create Case") && !covers("create Account", "create Case"));
        assert!(covers("any", "login soap") && !covers("rest", "login soap"));
    }

    #[test]
    fn count_after_and_org_are_kept() {
        let faults = Faults::new(1);
        let mut fault = Fault::once("query", Action::Garbage).in_org("acme");
        fault.after = 1;
        faults.add(fault);
        let kinds = ["query".to_owned()];
        let strikes = |who| faults.strike(&kinds, who).action.is_some();
        assert!(!strikes(Who {
            org: "other",
            user: ""
        }));
        assert_eq!(
            [strikes(WHO), strikes(WHO), strikes(WHO)],
            [false, true, false]
        );
        assert!(faults.list().is_empty());
    }

    #[test]
    fn probability_is_drawn_from_the_seed() {
        let run = |seed| -> Vec<bool> {
            let faults = Faults::new(seed);
            faults.add(Fault::every("any", Action::Garbage).with_probability(0.3));
            (0..200)
                .map(|_| faults.strike(&["query".to_owned()], WHO).action.is_some())
                .collect()
        };
        assert_eq!(run(7), run(7));
        let struck = run(7).iter().filter(|s| **s).count();
        assert!((30..90).contains(&struck), "{struck}");
    }
}
