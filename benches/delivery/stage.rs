//! A simulated Salesforce far away, a journal on disk, and the delivery between them.

#[path = "../../tests/sections/mod.rs"]
mod sections;

use super::line::Line;
use crate::Failure;
use res_ansitel_salesforce::calls::record::{
    CallRecord, Caller, Outcome, Reason, Timestamp, Update,
};
use res_ansitel_salesforce::config;
use res_ansitel_salesforce::config::settings::Configuration;
use res_ansitel_salesforce::delivery::Delivery;
use res_ansitel_salesforce::journal::{self, Journal, State};
use res_ansitel_salesforce::salesforce::{Client, ClientOptions};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use sections::section;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer takes nothing here, unless it never ends.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often the journal is asked whether a backlog is over.
const GLANCE: Duration = Duration::from_millis(50);

/// What is measured.
pub struct Stage {
    pub simulator: Simulator,
    pub journal: Arc<Journal>,
    configuration: Configuration,
    /// Joined before the simulator goes.
    pub delivery: Option<Delivery>,
    lines: [Line; 2],
    _directory: TempDir,
}

/// A directory on the disk that holds the build, and not in memory as `/tmp` may be.
pub fn directory() -> Result<TempDir, Failure> {
    let exe = std::env::current_exe()?;
    Ok(tempfile::tempdir_in(exe.parent().ok_or("no directory")?)?)
}

/// A journal in that directory.
pub fn journal(directory: &Path) -> Result<Arc<Journal>, Failure> {
    let (journal, _) = Journal::open(&directory.join("salesforce.sqlite3"))?;
    Ok(Arc::new(journal))
}

/// The name of the `n`th user.
pub fn user(n: usize) -> String {
    format!("user{n}")
}

impl Stage {
    /// So many users of one org, so many workers, and so long a way.
    pub fn set(users: usize, workers: usize, round_trip: Duration) -> Result<Stage, Failure> {
        let setups = (0..users).map(|n| {
            let username = format!("{}@acme.example", user(n));
            UserSetup::new(&username, "secret", "token")
        });
        let mut org = OrgSetup::new("acme", setups);
        let (login, login_end) = Line::lay(round_trip)?;
        let (instance, instance_end) = Line::lay(round_trip)?;
        org.server_host = format!("localhost:{}", instance.port);
        let simulator = Simulator::start(Setup::of([org]));
        login_end.send(simulator.login_port())?;
        instance_end.send(simulator.port("acme"))?;
        let directory = directory()?;
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, simulator.ca_pem())?;
        Ok(Stage {
            simulator,
            journal: journal(directory.path())?,
            configuration: configuration(users, workers, login.port, Some(&ca_file))?,
            delivery: None,
            lines: [login, instance],
            _directory: directory,
        })
    }

    /// Starts to deliver.
    pub fn start(&mut self) -> Result<(), Failure> {
        self.delivery = Some(deliver(&self.configuration, &self.journal)?);
        Ok(())
    }

    /// The calls ended; waits until they are on disk.
    pub fn record(&self, calls: impl IntoIterator<Item = CallRecord>) {
        record(&self.journal, calls);
    }

    /// Waits until nothing is pending.
    pub fn wait_until_delivered(&self) -> Result<(), Failure> {
        wait(GLANCE, || Ok(self.journal.oldest_undelivered()?.is_none()))
    }

    /// Waits until Salesforce has confirmed the newest call's Case; not longer than a few
    /// hundred microseconds more.
    pub fn wait_for_newest(&self) -> Result<(), Failure> {
        wait(Duration::from_micros(200), || {
            let newest = self.journal.newest(1, None)?;
            Ok(newest.iter().all(|call| call.state == State::Delivered))
        })
    }

    /// Waits until no worker has anything to do.
    pub fn wait_until_idle(&self) -> Result<(), Failure> {
        let delivery = self.delivery.as_ref().ok_or("not started")?;
        wait(GLANCE, || Ok(delivery.status()?.workers_busy == 0))
    }

    /// Requests so far, logins aside.
    pub fn requests(&self) -> u64 {
        let counts = self.simulator.request_counts();
        let requests = counts.iter().filter(|(kind, _)| !kind.starts_with("login"));
        requests.map(|(_, count)| count).sum()
    }

    /// Requests so far.
    pub fn all_requests(&self) -> u64 {
        self.simulator.request_counts().values().sum()
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        let made = self.lines.iter().map(|line| &line.connections);
        made.map(|made| made.load(Ordering::Relaxed)).sum()
    }

    /// There is a Case for every call, and no more; so many Accounts.
    pub fn check(&self, cases: usize, accounts: usize) -> Result<(), Failure> {
        for (object, expected) in [("Case", cases), ("Account", accounts)] {
            let found = self.simulator.records(object).len();
            if found != expected {
                return Err(format!("{found} {object}s instead of {expected}").into());
            }
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.delivery = None;
    }
}

/// Starts to deliver what is in the journal.
pub fn deliver(configuration: &Configuration, journal: &Arc<Journal>) -> Result<Delivery, Failure> {
    let settings = &configuration.settings;
    let client = Client::new(ClientOptions {
        api_version: settings.api_version.clone(),
        trusted_domains: settings.trusted_domains.clone(),
        ca_file: settings.ca_file.clone(),
        connect_timeout: settings.connect_timeout,
        request_timeout: settings.request_timeout,
    })?;
    let (journal, client) = (journal.clone(), Arc::new(client));
    Ok(Delivery::start(configuration, journal, client, true)?)
}

/// Takes calls, and waits until they are on disk.
pub fn record(journal: &Journal, calls: impl IntoIterator<Item = CallRecord>) {
    for call in calls {
        journal.record(vec![Update::Closed(call)]);
    }
    while journal.depth() > 0 {
        thread::sleep(Duration::from_millis(1));
    }
}

fn wait(pause: Duration, mut done: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    while !done()? {
        if Instant::now() > deadline {
            return Err("it never ends".into());
        }
        thread::sleep(pause);
    }
    Ok(())
}

/// A call of the user's that was lost.
pub fn call(user: String, reference: String, number: &str) -> CallRecord {
    let now = journal::now();
    CallRecord {
        reference,
        user,
        extension: "100".into(),
        outcome: Outcome::Lost,
        reason: Reason::GaveUp,
        caller: Caller {
            number: Some(number.to_owned()),
            name: None,
            withheld: false,
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

/// So many users, each with credentials of its own, that log in at this port.
pub fn configuration(
    users: usize,
    workers: usize,
    port: u16,
    ca_file: Option<&Path>,
) -> Result<Configuration, Failure> {
    let (workers, ca_file) = (
        workers.to_string(),
        ca_file.map(|file| file.display().to_string()),
    );
    let mut general = vec![
        ("country", "DE"),
        ("trusted_domains", "localhost"),
        ("workers", &workers),
    ];
    general.extend(ca_file.as_deref().map(|file| ("ca_file", file)));
    let mut sections = vec![section("general", &general)];
    let domain = format!("localhost:{port}");
    for n in 0..users {
        let (name, extension) = (user(n), (1000 + n).to_string());
        let username = format!("{name}@acme.example");
        let options = [
            ("type", "user"),
            ("username", &username),
            ("password", "secret"),
            ("token", "token"),
            ("domain", &domain),
            ("extension", &extension),
            ("create_account", "yes"),
        ];
        sections.push(section(&name, &options));
    }
    let reading = config::read(&sections);
    let complaint = || format!("configuration: {:?}", reading.errors).into();
    reading.configuration.ok_or_else(complaint)
}
