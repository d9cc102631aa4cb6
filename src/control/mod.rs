//! Commands and reports: what the CLI shows, and its completion. Reads the other rooms, knows
//! nothing of who asks.

mod calls;
pub mod manager;
mod metrics;
mod status;
mod table;
mod users;
pub mod views;

pub use metrics::{METRICS_TYPE, metrics};
pub(crate) use table::plain;

use crate::config::settings::{Configuration, Extension, User};
use crate::delivery::{Delivery, Step};
use crate::journal::{Journal, JournalError};
use serde::Serialize;
use views::StepView;

/// How many calls `salesforce show calls` shows.
const CALLS: usize = 20;
/// How many at most, for events wait as long as this takes; the journal's views show all.
const MOST_CALLS: usize = 5000;

/// The outcome of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Text to show.
    Done(String),
    /// The words were wrong.
    Usage,
    /// Text that says what is wrong.
    Failed(String),
}

/// What the callback for channel events has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EventCounters {
    /// Messages of the PBX's event bus that reached us.
    pub seen: u64,
    /// Of these, ours: passed on to the tracker.
    pub taken: u64,
    /// Lost for want of memory, or of room while nobody took them.
    pub dropped: u64,
    /// Not dealt with yet.
    pub waiting: u64,
}

/// What reports may look at.
pub struct View<'a> {
    /// Is the interface started?
    pub started: bool,
    /// The configuration in force.
    pub configuration: &'a Configuration,
    /// The journal.
    pub journal: &'a Journal,
    /// The delivery.
    pub delivery: &'a Delivery,
    /// Event counters of the PBX's side.
    pub counters: EventCounters,
    /// Channels the tracker follows.
    pub channels: usize,
    /// Outside calls in progress.
    pub calls: usize,
    /// Internal errors since the module was loaded.
    pub panics: u64,
    /// Such as `22.10.1`.
    pub asterisk_version: &'a str,
    /// The devices of an extension by its hint; empty where there is none.
    pub devices: Box<dyn Fn(&Extension) -> String + 'a>,
}

impl View<'_> {
    /// Names of sections differ in more than case.
    fn user(&self, name: &str) -> Option<&User> {
        let mut users = self.configuration.users.iter();
        users.find(|user| user.name.eq_ignore_ascii_case(name))
    }

    /// A user's name as its section spells it; one that nobody has stays as it is.
    fn spelt<'n>(&'n self, name: &'n str) -> &'n str {
        self.user(name).map_or(name, |user| &user.name)
    }
}

/// Runs a command, its words without the first (`salesforce`); `reply` gets the answer, as a rule
/// at once: later and from another thread where something is to be written to disk.
pub fn command(words: &[&str], view: &View<'_>, reply: impl FnOnce(Answer) + Send + 'static) {
    match words {
        ["retry", all] if all.eq_ignore_ascii_case("all") => calls::retry(view, None, reply),
        ["retry", id] => match calls::id(id) {
            Some(id) => calls::retry(view, Some(id), reply),
            None => reply(Answer::Usage),
        },
        ["discard", id] => match calls::id(id) {
            Some(id) => calls::discard(view, id, reply),
            None => reply(Answer::Usage),
        },
        words => reply(show(words, view)),
    }
}

fn show(words: &[&str], view: &View<'_>) -> Answer {
    match words {
        ["show", "users"] => report(views::users(view).map(|users| users::list(&users))),
        ["show", "user", name] => match views::user(name, view) {
            Ok(Some(user)) => Answer::Done(users::one(&user)),
            Ok(None) => Answer::Failed(format!("{}\n", no_user(name))),
            Err(problem) => report(Err(problem)),
        },
        ["show", "status"] => report(views::status(view).map(|status| status::show(&status))),
        ["show", "calls"] => calls(view, CALLS),
        ["show", "calls", count] => match count.parse::<usize>() {
            Ok(count) if count > 0 => calls(view, count.min(MOST_CALLS)),
            _ => Answer::Usage,
        },
        _ => Answer::Usage,
    }
}

/// Tests a user for the CLI; `reply` gets the answer, perhaps much later and from another thread.
pub fn test(name: &str, view: &View<'_>, reply: impl FnOnce(Answer) + Send + 'static) {
    let tested = view.spelt(name).to_owned();
    test_steps(name, view, move |steps| {
        reply(match steps {
            Ok(steps) => users::tested(&tested, &steps),
            Err(problem) => Answer::Failed(format!("{problem}\n")),
        });
    });
}

/// Tests a user; `reply` gets the steps, perhaps much later and from another thread. `Err`: there
/// is nobody to be tested, in words. It is dropped if the delivery ends meanwhile.
pub fn test_steps(
    name: &str,
    view: &View<'_>,
    reply: impl FnOnce(Result<Vec<StepView>, String>) + Send + 'static,
) {
    test_live(name, view, |_| {}, reply);
}

/// The same for somebody who watches: `watch` gets each step as soon as it is over, from another
/// thread.
pub fn test_live(
    name: &str,
    view: &View<'_>,
    watch: impl Fn(StepView) + Send + 'static,
    reply: impl FnOnce(Result<Vec<StepView>, String>) + Send + 'static,
) {
    match view.user(name) {
        None => reply(Err(no_user(name))),
        Some(user) if !user.enabled => {
            reply(Err(format!("User [{name}] is parked (enabled = no).")));
        }
        Some(user) => {
            let answer = move |steps: Vec<Step>| reply(Ok(views::steps(steps)));
            let watch = move |step: &Step| watch(StepView::from(step.clone()));
            view.delivery
                .test_live(&user.name, Box::new(watch), Box::new(answer));
        }
    }
}

fn no_user(name: &str) -> String {
    format!(
        "There is no Salesforce user '{}' in salesforce.conf. 'salesforce show users' lists them.",
        plain(name)
    )
}

fn calls(view: &View<'_>, count: usize) -> Answer {
    report(views::calls(view, count, None).map(|newest| calls::list(&newest)))
}

/// Candidates for the word that begins with `word`, after the words `before`.
pub fn complete(before: &[&str], word: &str, view: &View<'_>) -> Vec<String> {
    let failed = || {
        view.journal
            .failed_ids()
            .unwrap_or_default()
            .into_iter()
            .map(|id| id.to_string())
    };
    let candidates: Vec<String> = match before {
        [_, "show" | "test", "user"] => view
            .configuration
            .users
            .iter()
            .map(|user| user.name.clone())
            .collect(),
        [_, "retry"] => failed().chain(["all".to_owned()]).collect(),
        [_, "discard"] => failed().collect(),
        _ => Vec::new(),
    };
    candidates
        .into_iter()
        .filter(|candidate| begins(candidate, word))
        .collect()
}

/// As Asterisk completes its own words: whatever the case.
fn begins(candidate: &str, word: &str) -> bool {
    let beginning = candidate.as_bytes().get(..word.len());
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(word.as_bytes()))
}

fn report(text: Result<String, JournalError>) -> Answer {
    match text {
        Ok(text) => Answer::Done(text),
        Err(problem) => Answer::Failed(format!("{problem}\n")),
    }
}
