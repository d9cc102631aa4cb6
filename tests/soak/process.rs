//! The process that is killed: journal and delivery as the module has them, and the calls.
//!
//! It is this test program again, told by an environment variable what it is. It says on
//! standard error how far it is, in lines that begin with [`PREFIX`]; a line on its standard
//! input says that everything has been mended. It ends when all calls are delivered, or when
//! its parent has.

#[path = "../sections/mod.rs"]
mod sections;

use crate::calls::{self, Call, EXTERNAL_ID, USERS};
use res_ansitel_salesforce::calls::record::Update;
use res_ansitel_salesforce::config;
use res_ansitel_salesforce::config::settings::Configuration;
use res_ansitel_salesforce::delivery::{Delivery, Policy};
use res_ansitel_salesforce::journal::{Journal, State};
use res_ansitel_salesforce::salesforce::{Client, ClientOptions};
use sections::section;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Where the process finds out what it is.
pub const ORDERS: &str = "SOAK_PROCESS";
/// What its lines begin with.
pub const PREFIX: &str = "soak: ";
/// So many of the last calls are told again after a kill, as a tracker may that says things twice.
const AGAIN: usize = 10;

/// What the process is to do.
#[derive(Serialize, Deserialize)]
pub struct Orders {
    pub seed: u64,
    pub calls: usize,
    pub directory: PathBuf,
    pub port: u16,
    /// Which one of the processes it is, from 0.
    pub life: u64,
}

/// Where the journal is.
pub fn journal_path(directory: &Path) -> PathBuf {
    directory.join("journal").join("salesforce.sqlite3")
}

/// Where the certificate of the simulator's authority is.
pub fn ca_path(directory: &Path) -> PathBuf {
    directory.join("ca.pem")
}

pub fn username(user: &calls::User) -> String {
    format!("{}@{}.example", user.name, user.org)
}

/// The module's waits, but such that a soak can bear them.
fn policy() -> Policy {
    Policy {
        outage_first: Duration::from_millis(20),
        outage_longest: Duration::from_millis(200),
        refusal_first: Duration::from_millis(200),
        refusal_longest: Duration::from_millis(500),
        limit_probe: Duration::from_millis(100),
        in_doubt_wait: Duration::from_secs(1),
        // Longer than any write here takes.
        in_doubt_for: Duration::from_secs(15),
        crowd_longest: Duration::from_millis(200),
        look_up_wait: Duration::from_millis(200),
        link_wait: Duration::from_secs(1),
        journal_wait: Duration::from_millis(50),
        slow: Duration::from_millis(500),
        ..Policy::default()
    }
}

fn configuration(orders: &Orders) -> Configuration {
    let ca_file = ca_path(&orders.directory).display().to_string();
    let mut sections = vec![section(
        "general",
        &[
            ("country", "DE"),
            ("language", "en"),
            ("trusted_domains", "localhost"),
            ("ca_file", &ca_file),
            ("connect_timeout", "1"),
            ("request_timeout", "1"),
        ],
    )];
    let domain = format!("localhost:{}", orders.port);
    for (index, user) in USERS.iter().enumerate() {
        let (username, extension) = (username(user), (100 + index).to_string());
        let yes_no = |yes: bool| if yes { "yes" } else { "no" };
        let mut options = vec![
            ("type", "user"),
            ("username", &username),
            ("password", "secret"),
            ("token", "token"),
            ("domain", &domain),
            ("extension", &extension),
            ("create_account", yes_no(user.creates_accounts)),
            (
                "create_on",
                if user.at_answer { "answer" } else { "hangup" },
            ),
        ];
        if user.upserts {
            options.push(("external_id_field", EXTERNAL_ID));
        }
        sections.push(section(user.name, &options));
    }
    let reading = config::read(&sections);
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    reading.configuration.unwrap()
}

fn client(configuration: &Configuration) -> Arc<Client> {
    let settings = &configuration.settings;
    let client = Client::new(ClientOptions {
        api_version: settings.api_version.clone(),
        trusted_domains: settings.trusted_domains.clone(),
        ca_file: settings.ca_file.clone(),
        connect_timeout: settings.connect_timeout,
        request_timeout: settings.request_timeout,
    });
    Arc::new(client.unwrap())
}

/// Lives until everything is delivered.
pub fn live(orders: &Orders) {
    let mended = Arc::new(AtomicBool::new(false));
    let heard = mended.clone();
    thread::spawn(move || {
        let mut line = String::new();
        while std::io::stdin()
            .lock()
            .read_line(&mut line)
            .is_ok_and(|n| n > 0)
        {
            heard.store(true, Ordering::Release);
        }
        // Nobody is there any more who would want to know.
        std::process::exit(1);
    });
    let configuration = configuration(orders);
    let (journal, recovered) = Journal::open(&journal_path(&orders.directory)).unwrap();
    let journal = Arc::new(journal);
    say(&format!(
        "recovered {} {} {}",
        recovered.in_doubt, recovered.cut_off, recovered.pending
    ));
    let client = client(&configuration);
    let delivery =
        Delivery::start_with(&configuration, journal.clone(), client, true, policy()).unwrap();
    Office::open(orders, &journal, &delivery).make_calls();
    let mut told = Vec::new();
    loop {
        let counts = journal.counts().unwrap();
        let of = |count: fn(&_) -> u64| counts.iter().map(count).sum::<u64>();
        let left = [of(|c| c.open), of(|c| c.pending), of(|c| c.failed)];
        if left == [0; 3] && journal.depth() == 0 {
            break;
        }
        if mended.load(Ordering::Acquire) && left[2] > 0 {
            delivery.retry(None).unwrap();
        }
        if told != left {
            let [open, pending, failed] = left;
            let sum: u64 = left.iter().sum();
            say(&format!(
                "left {sum} : {open} open, {pending} pending, {failed} failed"
            ));
            told = left.to_vec();
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    delivery.stop();
    journal.stop();
    say("done");
}

fn say(words: &str) {
    eprintln!("{PREFIX}{words}");
}

/// Where the calls come from.
struct Office<'a> {
    orders: &'a Orders,
    journal: &'a Journal,
    delivery: &'a Delivery,
    random: fastrand::Rng,
    /// Calls that go on, with the number of the call before which each ends.
    running: VecDeque<(usize, Call)>,
}

impl<'a> Office<'a> {
    fn open(orders: &'a Orders, journal: &'a Journal, delivery: &'a Delivery) -> Office<'a> {
        Office {
            orders,
            journal,
            delivery,
            random: fastrand::Rng::with_seed(orders.seed.wrapping_add(orders.life << 32)),
            running: VecDeque::new(),
        }
    }

    /// What the journal has, it has; calls that ran at the kill have nobody any more who knows
    /// how they ended.
    fn make_calls(mut self) {
        let newest = self.journal.newest(1, None).unwrap();
        let made = newest.first().map_or(0, |call| {
            calls::number_of(&call.record.reference).unwrap() + 1
        });
        let mut next = made.saturating_sub(AGAIN);
        let mut most = 0;
        let mut until = next;
        while next < self.orders.calls {
            if next >= until {
                // A while of few calls at a time, or of a backlog.
                most = [40, 120, 400][self.random.usize(..3)];
                until = next + self.random.usize(100..500);
            }
            let burst = self.random.usize(1..=20).min(self.orders.calls - next);
            self.burst(next, burst);
            next += burst;
            say(&format!("made {next}"));
            while self.journal.depth() > 0 || self.backlog() > most {
                thread::park_timeout(Duration::from_millis(2));
            }
            if self.random.u8(..10) == 0 {
                // Calls refused meanwhile are tried again, mended or not.
                self.delivery.retry(None).unwrap();
            }
        }
        self.end(usize::MAX);
    }

    fn burst(&mut self, first: usize, count: usize) {
        let mut updates = Vec::new();
        for number in first..first + count {
            let call = calls::draw(self.orders.seed, number, self.orders.calls);
            if let Some(sent) = call.sent().filter(|_| self.random.bool()) {
                self.delivery.ringing(call.user.name, &sent);
            }
            if call.user.at_answer {
                updates.push(Update::Open(call.record(true)));
                let end = number + self.random.usize(1..60);
                self.running.push_back((end, call));
            } else {
                updates.push(Update::Closed(call.record(false)));
            }
        }
        self.journal.record(updates);
        self.end(first + count);
    }

    /// Ends the calls that go on until before call `next`.
    fn end(&mut self, next: usize) {
        let is_over = |(end, _): &(usize, Call)| *end < next;
        let (over, running): (VecDeque<_>, _) = self.running.drain(..).partition(is_over);
        self.running = running;
        let updates = over
            .iter()
            .map(|(_, call)| Update::Closed(call.record(false)));
        self.journal.record(updates.collect());
    }

    fn backlog(&self) -> u64 {
        let of = |user: &calls::User| self.journal.pending(user.name).unwrap();
        USERS.iter().map(of).sum()
    }
}

/// Calls of this journal that are not delivered.
pub fn undelivered(journal: &Journal) -> Vec<String> {
    let calls = journal.newest(usize::MAX >> 1, None).unwrap();
    let open = calls.iter().filter(|call| call.state != State::Delivered);
    open.map(|call| format!("{call:?}")).collect()
}
