//! A simulated Salesforce, a journal and the delivery between them.

#[path = "../sections/mod.rs"]
mod sections;

use res_ansitel_salesforce::calls::record::{
    CallRecord, Caller, Outcome, Reason, Timestamp, Update,
};
use res_ansitel_salesforce::config::settings::Configuration;
use res_ansitel_salesforce::config::{self, RawSection};
use res_ansitel_salesforce::delivery::{Delivery, Policy, Status, UserStatus, wanted};
use res_ansitel_salesforce::journal::{self, Call, Journal, Recovered, State};
use res_ansitel_salesforce::salesforce::{Client, ClientOptions};
use salesforce_simulator::{Mode, OrgSetup, Setup, Simulator, UserSetup};
use sections::section as raw;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stage {
    pub sim: Arc<Simulator>,
    pub directory: TempDir,
    pub journal: Arc<Journal>,
    pub delivery: Delivery,
    pub configuration: Arc<Configuration>,
    pub recovered: Recovered,
}

/// Waits that a test can bear; refusals stay as they are.
pub fn policy() -> Policy {
    Policy {
        outage_first: Duration::from_millis(20),
        outage_longest: Duration::from_millis(200),
        in_doubt_wait: Duration::from_millis(200),
        in_doubt_for: Duration::from_millis(600),
        look_up_wait: Duration::from_millis(50),
        link_wait: Duration::from_millis(300),
        journal_wait: Duration::from_millis(50),
        ..Policy::default()
    }
}

pub fn user(name: &str) -> UserSetup {
    UserSetup::new(
        &format!("{name}@acme.example"),
        &format!("pw-{name}"),
        "tok",
    )
}

/// An org with users `a` and `b`.
pub fn acme() -> OrgSetup {
    OrgSetup::new("acme", [user("a"), user("b")])
}

pub fn simulator(orgs: impl IntoIterator<Item = OrgSetup>) -> Arc<Simulator> {
    Arc::new(Simulator::start(Setup::of(orgs)))
}

/// A user's section; `more`: further options, which come last.
pub fn section(name: &str, port: u16, more: &[(&str, &str)]) -> RawSection {
    let domain = format!("localhost:{port}");
    // Any, but one of its own.
    let extension = name
        .bytes()
        .fold(0u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte))
        .to_string();
    let (username, password) = (format!("{name}@acme.example"), format!("pw-{name}"));
    let mut options = vec![
        ("type", "user"),
        ("username", &username),
        ("password", &password),
        ("token", "tok"),
        ("domain", &domain),
        ("extension", &extension),
        ("create_account", "yes"),
    ];
    options.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    options.extend(more);
    raw(name, &options)
}

/// A configuration; `general` are further options of `[general]`.
pub fn configuration(
    sim: &Simulator,
    directory: &Path,
    general: &[(&str, &str)],
    users: Vec<RawSection>,
) -> Arc<Configuration> {
    let ca_file = directory.join("ca.pem");
    std::fs::write(&ca_file, sim.ca_pem()).unwrap();
    let ca_file = ca_file.display().to_string();
    let mut options = vec![
        ("country", "DE"),
        ("language", "de"),
        ("trusted_domains", "localhost"),
        ("ca_file", &ca_file),
    ];
    options.extend(general);
    let mut sections = vec![raw("general", &options)];
    sections.extend(users);
    let reading = config::read(&sections);
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    Arc::new(reading.configuration.unwrap())
}

pub fn client(configuration: &Configuration) -> Arc<Client> {
    let settings = &configuration.settings;
    let options = ClientOptions {
        api_version: settings.api_version.clone(),
        trusted_domains: settings.trusted_domains.clone(),
        ca_file: settings.ca_file.clone(),
        connect_timeout: settings.connect_timeout,
        request_timeout: settings.request_timeout,
    };
    Arc::new(Client::new(options).unwrap())
}

pub fn journal_path(directory: &Path) -> PathBuf {
    directory.join("salesforce").join("salesforce.sqlite3")
}

/// `users` gets the port where sessions are asked for.
pub fn start(sim: Arc<Simulator>, users: impl FnOnce(u16) -> Vec<RawSection>) -> Stage {
    start_with(sim, &[], users)
}

pub fn start_with(
    sim: Arc<Simulator>,
    general: &[(&str, &str)],
    users: impl FnOnce(u16) -> Vec<RawSection>,
) -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let users = users(sim.login_port());
    let configuration = configuration(&sim, directory.path(), general, users);
    resume(sim, directory, configuration)
}

/// The same with other waits.
pub fn start_patient(
    sim: Arc<Simulator>,
    general: &[(&str, &str)],
    policy: Policy,
    users: impl FnOnce(u16) -> Vec<RawSection>,
) -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let users = users(sim.login_port());
    let configuration = configuration(&sim, directory.path(), general, users);
    resume_patient(sim, directory, configuration, policy)
}

/// As a new process would.
pub fn resume(sim: Arc<Simulator>, directory: TempDir, configuration: Arc<Configuration>) -> Stage {
    resume_patient(sim, directory, configuration, policy())
}

fn resume_patient(
    sim: Arc<Simulator>,
    directory: TempDir,
    configuration: Arc<Configuration>,
    policy: Policy,
) -> Stage {
    let (journal, recovered) = Journal::open(&journal_path(directory.path())).unwrap();
    let journal = Arc::new(journal);
    let client = client(&configuration);
    let delivery =
        Delivery::start_with(&configuration, journal.clone(), client, true, policy).unwrap();
    Stage {
        sim,
        directory,
        journal,
        delivery,
        configuration,
        recovered,
    }
}

/// A call that user `user` lost.
pub fn call(user: &str, reference: &str, number: Option<&str>) -> CallRecord {
    let now = journal::now();
    CallRecord {
        reference: reference.into(),
        user: user.into(),
        extension: "100".into(),
        outcome: Outcome::Lost,
        reason: Reason::GaveUp,
        caller: Caller {
            number: number.map(str::to_owned),
            name: None,
            withheld: number.is_none(),
        },
        dialled: None,
        queue: None,
        started: Timestamp(now.0 - 5_000_000),
        rang: Some(Timestamp(now.0 - 4_000_000)),
        rang_until: None,
        answered: None,
        ended: Some(now),
        steps: Vec::new(),
    }
}

/// Waits until `done`, asking again and again.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

impl Stage {
    /// The calls ended, as the tracker says it.
    pub fn record(&self, calls: impl IntoIterator<Item = CallRecord>) {
        let users = &self.configuration.users;
        let is_wanted = |call: &CallRecord| {
            users
                .iter()
                .find(|user| user.name == call.user)
                .is_none_or(|user| wanted(call, user))
        };
        let calls = calls.into_iter().filter(is_wanted);
        self.journal.record(calls.map(Update::Closed).collect());
    }

    pub fn calls(&self) -> Vec<Call> {
        self.journal.newest(usize::MAX >> 1, None).unwrap()
    }

    pub fn call(&self, reference: &str) -> Call {
        let calls = self.calls();
        calls
            .into_iter()
            .find(|call| call.record.reference == reference)
            .expect("a call")
    }

    /// Waits until all calls, `count` of them, are delivered.
    pub fn all_delivered(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let calls = self.calls();
            let undelivered = calls.iter().find(|call| call.state != State::Delivered);
            if undelivered.is_none() && calls.len() == count {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "of {count} calls there are {}, one not delivered is {undelivered:#?}; {:#?}",
                calls.len(),
                self.status()
            );
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    pub fn state(&self, reference: &str, state: State) {
        eventually(&format!("{reference} {state}"), || {
            self.calls()
                .iter()
                .any(|c| c.record.reference == reference && c.state == state)
        });
    }

    pub fn status(&self) -> Status {
        self.delivery.status().unwrap()
    }

    pub fn user(&self, name: &str) -> UserStatus {
        let users = self.status().users;
        users
            .into_iter()
            .find(|user| user.name == name)
            .expect("a user")
    }

    pub fn cases(&self) -> Vec<Value> {
        self.sim.records("Case")
    }

    pub fn accounts(&self) -> Vec<Value> {
        self.sim.records("Account")
    }

    /// Requests so far that begin with this kind.
    pub fn requests(&self, kind: &str) -> u64 {
        let counts = self.sim.request_counts();
        counts
            .iter()
            .filter(|(k, _)| k.starts_with(kind))
            .map(|(_, count)| count)
            .sum()
    }

    /// Parts of composite requests so far that are of this kind.
    pub fn parts(&self, kind: &str) -> usize {
        let requests = self.sim.requests();
        let parts = requests.iter().flat_map(|request| &request.parts);
        parts.filter(|part| *part == kind).count()
    }

    /// The same configuration once more, because somebody asks for it.
    pub fn reloaded(&self) {
        let (configuration, client) = (self.configuration.clone(), client(&self.configuration));
        self.delivery.reload(configuration, client);
    }

    /// The same configuration once more, because something about somebody else was saved.
    pub fn saved(&self) {
        let (configuration, client) = (self.configuration.clone(), client(&self.configuration));
        self.delivery.reload_saved(configuration, client);
    }

    /// Waits until nobody works, nor is about to.
    pub fn at_rest(&self) {
        eventually("on disk", || self.journal.depth() == 0);
        // Work that became due before it was asked is in hand when it answers.
        self.status();
        eventually("rest", || self.status().workers_busy == 0);
    }

    /// Stops, and starts again as a new process would.
    pub fn restarted(self) -> Stage {
        self.restarted_and_patient(policy())
    }

    /// The same with other waits.
    pub fn restarted_and_patient(self, policy: Policy) -> Stage {
        let Stage {
            sim,
            directory,
            journal,
            delivery,
            configuration,
            ..
        } = self;
        delivery.stop();
        journal.stop();
        resume_patient(sim, directory, configuration, policy)
    }

    /// What a process that is killed now leaves, taken up by a new one. The old one is stopped
    /// only then, so it must not be able to write anything to Salesforce meanwhile: its request
    /// is frozen, or Salesforce is down.
    pub fn killed(self) -> Stage {
        self.killed_and_patient(policy())
    }

    /// The same with other waits.
    pub fn killed_and_patient(self, policy: Policy) -> Stage {
        // The kill comes after the disk has what was recorded.
        eventually("records on disk", || self.journal.depth() == 0);
        let directory = tempfile::tempdir().unwrap();
        let from = journal_path(self.directory.path());
        let to = journal_path(directory.path());
        std::fs::create_dir(to.parent().unwrap()).unwrap();
        // The log first: SQLite appends to it, and the journal itself stands still meanwhile.
        for suffix in ["-wal", ""] {
            let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
            std::fs::copy(with(&from), with(&to)).unwrap();
        }
        let (sim, mut configuration) = (self.sim.clone(), (*self.configuration).clone());
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, sim.ca_pem()).unwrap();
        configuration.settings.ca_file = Some(ca_file);
        self.delivery.stop();
        sim.clear_faults();
        sim.set_all_modes(Mode::Up);
        resume_patient(sim, directory, Arc::new(configuration), policy)
    }

    /// Nothing is there twice: every call has one Case, by its reference.
    pub fn assert_once(&self, calls: usize, accounts: usize) {
        let cases = self.cases();
        let mut references: Vec<_> = cases
            .iter()
            .map(|case| {
                let description = case["Description"].as_str().unwrap();
                description
                    .trim_end()
                    .lines()
                    .next_back()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        references.sort();
        references.dedup();
        assert_eq!((cases.len(), references.len()), (calls, calls));
        assert_eq!(self.accounts().len(), accounts, "{:?}", self.accounts());
    }
}
