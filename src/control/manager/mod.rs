//! The manager interface (AMI): its actions, and the headers of its events.
//!
//! Values are foreign: whatever could end a line, or the event, is replaced. Moments are written
//! as Asterisk's own `Timestamp` header, in seconds since the epoch. A header that has nothing to
//! say is there and empty.

mod headers;

use super::views::{self, CallView, StatusView, StepView, UserDetails, UserView};
use super::{Answer, CALLS, MOST_CALLS, View, calls, no_user, plain, test_steps, users};
use crate::delivery::UserNews;
use crate::journal::JournalError;
use headers::Headers;
use std::fmt::Display;

/// An action; headers that it does not have are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Its name, in the case in which it is registered.
    pub action: String,
    /// What every event of the answer repeats.
    pub action_id: String,
    /// Section name.
    pub user: String,
    /// A call's number in the journal, or `all`.
    pub call: String,
    /// How many calls.
    pub count: String,
}

/// What an action answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A message.
    Done(String),
    /// Events, each with its empty line, then headers of the one that ends the list.
    List {
        /// How many.
        count: usize,
        /// Their headers.
        headers: String,
    },
    /// What is wrong.
    Failed(String),
}

/// Who may be told of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Who listens to calls.
    Call,
    /// Who listens to the system.
    System,
}

/// An event that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who may be told.
    pub class: Class,
    /// Its name.
    pub name: &'static str,
    /// Its headers.
    pub headers: String,
}

/// Runs an action; `reply` gets the answer, as a rule at once.
pub fn manage(request: &Request, view: &View<'_>, reply: impl FnOnce(Reply) + Send + 'static) {
    if request.action == "SalesforceTestUser" {
        return test(request.clone(), view, reply);
    }
    let call = match request.call.as_str() {
        "all" => Some(None),
        id => calls::id(id).map(Some),
    };
    match (request.action.as_str(), call) {
        ("SalesforceRetry", Some(id)) => {
            return calls::retry(view, id, move |answer| reply(answer.into()));
        }
        ("SalesforceDiscard", Some(Some(id))) => {
            return calls::discard(view, id, move |answer| reply(answer.into()));
        }
        _ => {}
    }
    reply(match (request.action.as_str(), call) {
        ("SalesforceUsers", _) => list(request, views::users(view), |list, users| {
            users.iter().for_each(|user| list.user(user));
        }),
        ("SalesforceUser", _) => match views::user(&request.user, view) {
            Ok(None) => Reply::Failed(no_user(&request.user)),
            details => list(request, details, |list, details| {
                details.iter().for_each(|user| list.details(user));
            }),
        },
        ("SalesforceStatus", _) => list(request, views::status(view), List::status),
        ("SalesforceCalls", _) => newest(request, view),
        ("SalesforceRetry", _) => {
            Reply::Failed("Call is missing: the number of a failed call, or all".to_owned())
        }
        ("SalesforceDiscard", _) => {
            Reply::Failed("Call is missing: the number of a failed or pending call".to_owned())
        }
        _ => Reply::Failed("Unknown action".to_owned()),
    });
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Reply {
        match answer {
            Answer::Done(text) => Reply::Done(plain(text.trim_end())),
            Answer::Failed(text) => Reply::Failed(plain(text.trim_end())),
            Answer::Usage => Reply::Failed("Headers are missing or wrong".to_owned()),
        }
    }
}

fn newest(request: &Request, view: &View<'_>) -> Reply {
    let count = match request.count.as_str() {
        "" => Some(CALLS),
        count => count.parse().ok().filter(|count| *count > 0),
    };
    let Some(count) = count else {
        return Reply::Failed("Count is not a number from 1 on".to_owned());
    };
    let user = Some(view.spelt(&request.user)).filter(|user| !user.is_empty());
    let newest = views::calls(view, count.min(MOST_CALLS), user);
    list(request, newest, |list, calls| {
        calls.iter().for_each(|call| list.call(call));
    })
}

fn test(request: Request, view: &View<'_>, reply: impl FnOnce(Reply) + Send + 'static) {
    let user = view.spelt(&request.user).to_owned();
    let tested = user.clone();
    test_steps(&user, view, move |steps| {
        let steps = match steps {
            Ok(steps) => steps,
            Err(problem) => return reply(Reply::Failed(problem)),
        };
        let mut list = List::new(&request);
        steps.iter().for_each(|step| list.step(step));
        let (result, words) = match users::verdict(&tested, &steps) {
            Ok(words) => ("passed", words),
            Err(words) => ("failed", words),
        };
        list.header("User", &tested);
        list.header("Result", result);
        list.header("Message", words);
        reply(list.reply());
    });
}

fn list<T>(
    request: &Request,
    what: Result<T, JournalError>,
    fill: impl FnOnce(&mut List, &T),
) -> Reply {
    match what {
        Ok(what) => {
            let mut list = List::new(request);
            fill(&mut list, &what);
            list.reply()
        }
        Err(problem) => Reply::Failed(plain(&problem.to_string())),
    }
}

/// A call's Case or Task is there, or is complete now.
pub fn written(call: &CallView) -> Event {
    event(Class::Call, "SalesforceCase", |headers| headers.call(call))
}

/// Salesforce refused a call for good.
pub fn failed(call: &CallView) -> Event {
    event(Class::Call, "SalesforceCallFailed", |headers| {
        headers.call(call)
    })
}

/// A user's state has changed.
pub fn user_state(news: &UserNews) -> Event {
    event(Class::System, "SalesforceUserState", |headers| {
        headers.header("User", &news.user);
        headers.optional("Org", news.org.as_ref());
        headers.header("Status", &news.words);
        headers.header("FormerState", news.former);
        headers.header("State", news.state);
    })
}

fn event(class: Class, name: &'static str, fill: impl FnOnce(&mut Headers)) -> Event {
    let mut headers = Headers::default();
    fill(&mut headers);
    Event {
        class,
        name,
        headers: headers.0,
    }
}

/// Events of an answer, then headers of the one that ends it.
struct List {
    action_id: String,
    count: usize,
    headers: Headers,
}

impl List {
    fn new(request: &Request) -> List {
        List {
            action_id: request.action_id.clone(),
            count: 0,
            headers: Headers::default(),
        }
    }

    fn event(&mut self, name: &str, fill: impl FnOnce(&mut Headers)) {
        self.count += 1;
        self.headers.header("Event", name);
        if !self.action_id.is_empty() {
            self.headers.header("ActionID", &self.action_id);
        }
        fill(&mut self.headers);
        self.headers.0.push_str("\r\n");
    }

    fn header(&mut self, name: &str, value: impl Display) {
        self.headers.header(name, value);
    }

    fn reply(self) -> Reply {
        Reply::List {
            count: self.count,
            headers: self.headers.0,
        }
    }

    fn user(&mut self, user: &UserView) {
        self.event("SalesforceUserEntry", |headers| headers.user(user));
    }

    fn call(&mut self, call: &CallView) {
        self.event("SalesforceCallEntry", |headers| headers.call(call));
    }

    fn step(&mut self, step: &StepView) {
        self.event("SalesforceTestStep", |headers| {
            headers.header("Step", &step.what);
            headers.header("Message", &step.said);
            headers.header("Result", if step.ok { "passed" } else { "failed" });
        });
    }

    fn details(&mut self, details: &UserDetails) {
        self.event("SalesforceUserDetail", |headers| headers.details(details));
        for of in &details.devices {
            self.event("SalesforceExtensionEntry", |headers| {
                headers.header("User", &details.user.name);
                headers.optional("Devices", of.devices.as_ref());
                headers.header("Extension", &of.extension);
            });
        }
        details.calls.iter().for_each(|call| self.call(call));
    }

    fn status(&mut self, status: &StatusView) {
        self.event("SalesforceStatusDetail", |headers| headers.status(status));
        for place in &status.places {
            self.event("SalesforcePlaceEntry", |headers| headers.place(place));
        }
    }
}
