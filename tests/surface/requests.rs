//! What is asked of the page and of the manager interface, what has to come, and how long it took.

use crate::figures;
use crate::manager::Manager;
use crate::office::Office;
use crate::page::Page;
use crate::scene::A;
use comfy_table::Table;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections of each kind.
const CONNECTIONS: usize = 4;

/// Paths, and what their answers hold.
const PAGES: &[(&str, &str)] = &[
    ("salesforce/", "<html"),
    ("salesforce/app.js", "import"),
    ("salesforce/page.css", "color-scheme"),
    ("salesforce/api/session", r#""rights":"change""#),
    ("salesforce/api/users", r#""name":"user47""#),
    (
        "salesforce/api/user?name=anna",
        r#""username":"anna@acme.example""#,
    ),
    ("salesforce/api/calls", r#""state":"delivered""#),
    // What takes longest: all that may be had, and a search that finds nothing.
    ("salesforce/api/calls?count=500", r#""state":"delivered""#),
    ("salesforce/api/calls?number=99999", r#""calls":[]"#),
    ("salesforce/api/status", r#""users":50"#),
    ("salesforce/api/settings", r#""web":"yes""#),
    ("salesforce/metrics", "# TYPE salesforce_"),
];

/// Actions, and what their answers hold.
const ACTIONS: &[(&str, &str)] = &[
    ("SalesforceUsers", "ListItems: 50"),
    ("SalesforceUser", "Event: SalesforceUserComplete"),
    ("SalesforceStatus", "EventsDropped: 0"),
    ("SalesforceCalls", "Event: SalesforceCallEntry"),
    ("SalesforceRetry\r\nCall: 1", "There is no failed call 1."),
    ("Ping", "Ping: Pong"),
];

/// What is asked.
#[derive(Clone, Copy)]
pub struct Questions {
    pages: &'static [(&'static str, &'static str)],
    actions: &'static [(&'static str, &'static str)],
}

/// Of the module, nearly all.
pub const OURS: Questions = Questions {
    pages: PAGES,
    actions: ACTIONS,
};

/// Of Asterisk alone, without the module: what as many requests cost anyhow.
pub const ASTERISKS: Questions = Questions {
    pages: &[
        ("rawman?action=ping", "Ping: Pong"),
        ("rawman?action=corestatus", "CoreCurrentCalls"),
        ("rawman?action=coreshowchannels", "CoreShowChannelsComplete"),
        ("rawman?action=listcommands", "WaitEvent"),
        ("rawman?action=showdialplan", "ShowDialPlanComplete"),
    ],
    actions: &[
        ("Ping", "Ping: Pong"),
        ("CoreStatus", "CoreCurrentCalls"),
        ("CoreShowChannels", "CoreShowChannelsComplete"),
        ("ListCommands", "WaitEvent"),
        ("ShowDialPlan", "ShowDialPlanComplete"),
    ],
};

/// How many requests of which kind, and within which time they are to be spread; `None`: as fast
/// as they are answered.
pub struct Pace {
    pub questions: Questions,
    pub requests: usize,
    pub within: Option<Duration>,
}

/// What came.
#[derive(Default)]
pub struct Answers {
    times: BTreeMap<String, Vec<Duration>>,
    /// Answers that are not as expected.
    pub wrong: Vec<String>,
    took: Duration,
}

impl Answers {
    pub fn count(&self) -> usize {
        self.times.values().map(Vec::len).sum()
    }

    fn add(&mut self, what: &str, time: Duration, wrong: Option<String>) {
        let what = what.split("\r\n").next().unwrap_or_default().to_owned();
        self.times.entry(what).or_default().push(time);
        self.wrong.extend(wrong);
    }

    /// Of the page, or of the manager interface.
    fn all(&self, is_page: bool) -> Vec<Duration> {
        let is_it = |what: &str| what.contains('/') || what.contains('?');
        let times = self.times.iter();
        let times = times.filter(|(what, _)| is_it(what) == is_page);
        times.flat_map(|(_, times)| times.clone()).collect()
    }
}

enum Client {
    Page(Page),
    Manager(Manager),
}

impl Client {
    /// The `n`th question: what was asked, how long it took, what is wrong with the answer.
    fn ask(&mut self, of: Questions, n: usize) -> (&'static str, Duration, Option<String>) {
        let begun = Instant::now();
        let ((what, expected), answer) = match self {
            Client::Page(page) => {
                let page_of = of.pages[n % of.pages.len()];
                (page_of, page.get(&format!("/{}", page_of.0)))
            }
            Client::Manager(manager) => {
                let action = of.actions[n % of.actions.len()];
                let text = match action.0 {
                    "SalesforceUser" => format!("SalesforceUser\r\nUser: {}", A.0),
                    text => text.to_owned(),
                };
                (action, manager.ask(&text).map(|said| (200, said)))
            }
        };
        let took = begun.elapsed();
        let wrong = match answer {
            Ok((200, said)) if said.contains(expected) => None,
            Ok((status, said)) => Some(format!("{what}: {status}, {said:.300}")),
            Err(problem) => Some(format!("{what}: {problem}")),
        };
        (what, took, wrong)
    }
}

/// Each question so many times, with nothing else going on.
pub fn one_by_one(office: &Office, times: usize) -> Answers {
    let mut answers = Answers::default();
    for (mut client, kinds) in [
        (Client::Page(Page::enter(&office.scene)), PAGES.len()),
        (
            Client::Manager(Manager::login(&office.scene)),
            ACTIONS.len(),
        ),
    ] {
        for n in 0..times * kinds {
            let (what, took, wrong) = client.ask(OURS, n);
            answers.add(what, took, wrong);
        }
    }
    answers
}

/// Asks over several connections, half of the page, half of the manager interface.
pub fn ask(office: &Office, pace: &Pace) -> Answers {
    let answers = Mutex::new(Answers::default());
    let begun = Instant::now();
    let interval = pace.within.unwrap_or_default() / u32::try_from(pace.requests.max(1)).unwrap();
    let next = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        for (next, is_page) in next.iter().zip([true, false]) {
            for _ in 0..CONNECTIONS {
                let answers = &answers;
                scope.spawn(move || {
                    let mut client = if is_page {
                        Client::Page(Page::enter(&office.scene))
                    } else {
                        Client::Manager(Manager::login(&office.scene))
                    };
                    let half = (pace.requests + usize::from(is_page)) / 2;
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= half {
                            return;
                        }
                        let at = begun + 2 * interval * u32::try_from(n).unwrap();
                        thread::sleep(at.saturating_duration_since(Instant::now()));
                        let (what, took, wrong) = client.ask(pace.questions, n);
                        answers.lock().unwrap().add(what, took, wrong);
                    }
                });
            }
        }
    });
    let mut answers = answers.into_inner().unwrap();
    answers.took = begun.elapsed();
    answers
}

/// Each question, alone and during calls.
pub fn table(idle: &Answers, loaded: &Answers) -> Table {
    let asked = format!("during calls ({:.1} s)", loaded.took.as_secs_f64());
    let mut table = figures::plain(&[
        "answered within, ms (50 95 99 % max)",
        "one by one, idle",
        "times",
        &asked,
    ]);
    let none = Vec::new();
    for (what, times) in &loaded.times {
        let idle = idle.times.get(what).unwrap_or(&none);
        table.add_row([
            what.clone(),
            figures::quantiles(idle),
            times.len().to_string(),
            figures::quantiles(times),
        ]);
    }
    for (name, is_page) in [("all of the page", true), ("all manager actions", false)] {
        let (idle, loaded) = (idle.all(is_page), loaded.all(is_page));
        table.add_row([
            name.to_owned(),
            figures::quantiles(&idle),
            loaded.len().to_string(),
            figures::quantiles(&loaded),
        ]);
    }
    table
}
