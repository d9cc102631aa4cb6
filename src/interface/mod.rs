//! The wiring: events go in, call records come out into the journal, and the delivery takes
//! them from there.
//!
//! One [`Interface`] lives on the one thread that drains the mailbox; nothing in here is
//! shared, and nothing in here waits for the disk or the network but load and unload.

mod herald;
mod host;
mod lines;
mod missing;
mod page;
mod places;
mod question;
mod recorder;
mod searcher;

pub use host::{Dialplan, DialplanExtension, Facts, FileError, Hint, Host, Leads};
pub use question::Question;

use crate::calls::event::{Event, EventKind};
use crate::calls::pattern::Pattern;
use crate::calls::record::{CallRecord, Outcome, Update};
use crate::calls::recording::Setup;
use crate::calls::tracker::{Rules, Tracker};
use crate::config::settings::{Configuration, Extension, Settings, User};
use crate::config::{self, Reading};
use crate::control::manager::{self, Reply, Request};
use crate::control::{self, Answer};
use crate::delivery::{self, Delivery, Told};
use crate::journal::{self, Journal, Recovered};
use crate::messages::language::Languages;
use crate::salesforce::{Client, ClientOptions};
use crate::web::Desk;
use crate::{messages, phone};
use herald::Herald;
use lines::Lines;
use missing::Missing;
use recorder::Recorder;
use searcher::Searcher;
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The configuration file, in Asterisk's configuration directory.
const FILE: &str = "salesforce.conf";

/// How often channels whose end was missed are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// The Salesforce interface of one PBX.
pub struct Interface<H: Host> {
    host: H,
    running: Option<Running>,
    desk: Desk,
}

/// Everything there is once the configuration was good.
struct Running {
    configuration: Arc<Configuration>,
    rules: Rules,
    lines: Lines,
    tracker: Tracker,
    /// References of running calls that the journal has.
    open: HashSet<String>,
    journal: Arc<Journal>,
    delivery: Delivery,
    herald: Herald,
    searcher: Searcher,
    recorder: Option<Recorder>,
    /// Calls are recorded and sent; `salesforce stop` says no.
    started: bool,
    next_sweep: Instant,
    missing: Missing,
    panics: u64,
}

impl<H: Host> Interface<H> {
    /// An interface that does nothing until it is loaded.
    pub fn new(host: H) -> Interface<H> {
        Interface {
            host,
            running: None,
            desk: Desk::default(),
        }
    }

    /// Reads the configuration, opens the journal and starts the delivery. `false`: what is
    /// wrong is in the log, nothing is left running.
    pub fn load(&mut self) -> bool {
        let Some(configuration) = self.read_configuration(None) else {
            return false;
        };
        match Running::start(&self.host, configuration) {
            Ok(running) => {
                self.running = Some(running);
                true
            }
            Err(problem) => {
                log::error!("The Salesforce interface is not started: {problem}");
                false
            }
        }
    }

    /// Events flow from here on, if the interface is to be started.
    pub fn listening(&mut self) {
        if let Some(running) = &self.running {
            self.host.listen(running.started);
            self.host.serve(running.configuration.settings.web);
        }
    }

    /// Reads the configuration again. `false`: it is bad and the old one stays.
    pub fn reload(&mut self) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let Some(configuration) = self.read_configuration(Some(&running.configuration)) else {
            log::error!("{FILE}: the running configuration stays as it is");
            return false;
        };
        let host = &self.host;
        self.running
            .as_mut()
            .is_some_and(|running| running.reconfigure(host, configuration))
    }

    /// Something happened to a channel.
    pub fn event(&mut self, event: &Event) {
        let host = &self.host;
        if let Some(running) = self.running.as_mut().filter(|running| running.started) {
            running.event(host, event);
        }
    }

    /// Called after each look into the mailbox.
    pub fn tick(&mut self) {
        let host = &self.host;
        if let Some(running) = &mut self.running {
            running.tick(host);
        }
    }

    /// A command of the CLI, word by word; `reply` gets the answer, as a rule at once.
    pub fn command(&mut self, words: &[String], reply: impl FnOnce(Answer) + Send + 'static) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [_, "start"] => reply(self.switch(true, "the CLI")),
            [_, "stop"] => reply(self.switch(false, "the CLI")),
            words => match &mut self.running {
                Some(running) => {
                    running.follow_hints(&self.host);
                    let view = running.view(&self.host);
                    match words {
                        [_, "test", "user", name] => control::test(name, &view, reply),
                        words => reply(control::command(&words[1..], &view)),
                    }
                }
                None => reply(not_loaded()),
            },
        }
    }

    /// An action of the manager interface; `reply` gets the answer, as a rule at once.
    pub fn manage(&mut self, request: &Request, reply: impl FnOnce(Reply) + Send + 'static) {
        match (request.action.as_str(), &mut self.running) {
            ("SalesforceStart", _) => reply(self.switch(true, "a manager action").into()),
            ("SalesforceStop", _) => reply(self.switch(false, "a manager action").into()),
            (_, Some(running)) => {
                running.follow_hints(&self.host);
                manager::manage(request, &running.view(&self.host), reply);
            }
            (_, None) => reply(not_loaded().into()),
        }
    }

    /// The dialplan function is read; `reply` gets the answer, perhaps later and from another
    /// thread.
    pub fn question(&mut self, question: &Question, reply: impl FnOnce(Told) + Send + 'static) {
        match self.running.as_ref().filter(|running| running.started) {
            Some(running) => {
                let inquiry = question.inquiry(running.lines.directory(), Box::new(reply));
                running.delivery.inquire(inquiry);
            }
            None => reply(Told::Stopped),
        }
    }

    /// Candidates for the word that begins with `word`, after the words `before`.
    pub fn complete(&mut self, before: &[String], word: &str) -> Vec<String> {
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        match &self.running {
            Some(running) => control::complete(&before, word, &running.view(&self.host)),
            None => Vec::new(),
        }
    }

    /// A panic ended at the top of the thread; the state it may have left half done goes.
    pub fn panicked(&mut self) {
        if let Some(running) = &mut self.running {
            running.panics += 1;
            running.tracker = Tracker::new();
            running.open.clear();
            running.record_setup(&self.host, true);
        }
    }

    /// Stops everything; every call that has ended is on disk when this returns.
    pub fn stop(&mut self) {
        self.host.listen(false);
        if let Some(mut running) = self.running.take() {
            running.flush_recorder();
            running.delivery.stop();
            running.herald.join();
            running.searcher.join();
            running.journal.stop();
        }
        // What libraries keep for the whole process goes with the module, also when the
        // configuration was all that there was.
        phone::release();
        messages::release();
    }

    fn switch(&mut self, on: bool, by: &str) -> Answer {
        let Some(running) = &mut self.running else {
            return not_loaded();
        };
        let (now, already) = if on {
            ("started", "already started")
        } else {
            ("stopped", "already stopped")
        };
        if running.started == on {
            return Answer::Done(format!("The Salesforce interface is {already}.\n"));
        }
        running.started = on;
        self.host.listen(on);
        if on {
            running.record_setup(&self.host, true);
            running.delivery.resume();
        } else {
            running.forget_calls();
            running.delivery.pause();
        }
        log::info!("The Salesforce interface was {now} by {by}");
        Answer::Done(format!("The Salesforce interface is {now}.\n"))
    }

    /// The languages there are, with the administrator's own; what is wrong with those is logged.
    fn languages(&self) -> Languages {
        let directory = self.host.facts().data_dir.join("salesforce");
        let found = messages::files::read(&directory);
        for warning in &found.warnings {
            log::warn!("{warning}");
        }
        for error in &found.errors {
            log::error!("{error}");
        }
        found.languages
    }

    /// Reads and checks the file; every error is logged. A user whose section is bad keeps its
    /// `former` configuration, if it had one.
    fn read_configuration(&self, former: Option<&Configuration>) -> Option<Configuration> {
        let sections = match self.host.read_config(FILE) {
            Ok(sections) if sections.is_empty() => {
                log::error!(
                    "{FILE} holds no section: salesforce.conf.sample shows what belongs there"
                );
                return None;
            }
            Ok(sections) => sections,
            Err(FileError::Missing) => {
                log::error!(
                    "{FILE} was not found in {}: copy salesforce.conf.sample there and fill it in",
                    self.host.facts().config_dir.display()
                );
                return None;
            }
            Err(FileError::Invalid) => {
                log::error!("{FILE} cannot be read: the messages above say where");
                return None;
            }
        };
        let Reading {
            configuration,
            errors,
            warnings,
        } = config::read_with(&sections, &self.languages());
        let exposed = config::exposed_files(&sections, &self.host.facts().config_dir);
        for warning in warnings.iter().chain(&exposed) {
            log::warn!("{warning}");
        }
        for error in &errors {
            log::error!("{error}");
        }
        let mut configuration = configuration?;
        let known = configuration.users.len();
        for user in former.into_iter().flat_map(|former| &former.users) {
            let is_bad = errors.iter().any(|error| error.section == user.name);
            let is_there = |other: &User| other.name == user.name;
            if is_bad && !configuration.users.iter().any(is_there) {
                log::warn!(
                    "User {}: its former configuration stays in force",
                    user.name
                );
                let mut user = user.clone();
                give_up_taken(&mut user, &configuration.users[..known]);
                configuration.users.push(user);
            }
        }
        Some(configuration)
    }
}

/// Takes from a former user the extensions that are somebody else's by now, for a call is to make
/// one Case.
fn give_up_taken(user: &mut User, others: &[User]) {
    let active = others.iter().filter(|other| other.enabled);
    let taken: Vec<&Extension> = active.flat_map(|other| &other.extensions).collect();
    let name = &user.name;
    user.extensions.retain(|mine| {
        let is_taken = taken.iter().any(|theirs| mine.meets(theirs));
        if is_taken {
            log::warn!(
                "User {name}: extension {} is another user's now",
                mine.exten
            );
        }
        !is_taken
    });
}

impl Running {
    fn start(host: &impl Host, configuration: Configuration) -> Result<Running, String> {
        let facts = host.facts();
        let settings = &configuration.settings;
        let client = client(settings)?;
        let (journal, recovered) =
            Journal::open(&journal_path(settings, facts)).map_err(|e| e.to_string())?;
        tell_recovered(&recovered);
        let configuration = Arc::new(configuration);
        let journal = Arc::new(journal);
        let started = configuration.settings.enabled;
        let delivery = Delivery::start(&configuration, journal.clone(), Arc::new(client), started)
            .map_err(|e| e.to_string())?;
        let herald = Herald::start(delivery.listen(), journal.clone(), host.publisher())
            .map_err(|e| e.to_string())?;
        let searcher = Searcher::start().map_err(|e| e.to_string())?;
        let mut running = Running {
            rules: rules(&configuration.settings, facts),
            lines: Lines::new(&configuration, host),
            recorder: recorder(&configuration.settings),
            configuration,
            tracker: Tracker::new(),
            open: HashSet::new(),
            journal,
            delivery,
            herald,
            searcher,
            started,
            next_sweep: Instant::now() + SWEEP,
            missing: Missing::default(),
            panics: 0,
        };
        host.dialplan_timeout(running.configuration.settings.dialplan_timeout);
        running.record_setup(host, true);
        Ok(running)
    }

    fn reconfigure(&mut self, host: &impl Host, configuration: Configuration) -> bool {
        let settings = &configuration.settings;
        let client = match client(settings) {
            Ok(client) => Arc::new(client),
            Err(problem) => {
                log::error!("{FILE}: {problem}; the running configuration stays as it is");
                return false;
            }
        };
        let path = journal_path(settings, host.facts());
        if path != self.journal.path() {
            log::warn!(
                "The journal stays {} until the module is loaded again",
                self.journal.path().display()
            );
        }
        let configuration = Arc::new(configuration);
        self.rules = rules(&configuration.settings, host.facts());
        self.lines = Lines::new(&configuration, host);
        let recorded = self.recorder.as_ref().map(Recorder::path);
        if recorded != configuration.settings.record_events.as_deref() {
            self.flush_recorder();
            self.recorder = recorder(&configuration.settings);
        }
        host.dialplan_timeout(configuration.settings.dialplan_timeout);
        self.delivery.reload(configuration.clone(), client);
        host.serve(configuration.settings.web);
        self.configuration = configuration;
        self.record_setup(host, false);
        true
    }

    fn event(&mut self, host: &impl Host, event: &Event) {
        if matches!(event.kind, EventKind::Channel(_) | EventKind::Dial { .. }) {
            self.follow_hints(host);
        }
        self.on_recorder(|recorder| recorder.add(event));
        let updates = self
            .tracker
            .handle(event, self.lines.directory(), &self.rules);
        self.record(updates);
        for ringing in self.tracker.ringing() {
            self.delivery.ringing(&ringing.user, &ringing.number);
        }
    }

    fn follow_hints(&mut self, host: &impl Host) {
        if self.lines.follow(&self.configuration, host) {
            self.record_setup(host, false);
        }
    }

    /// Passes on what is to become a Case. For an answered call that is settled at its answer:
    /// whatever is configured since, what the journal knows as running also ends there.
    fn record(&mut self, updates: Vec<Update>) {
        let users = &self.configuration.users;
        let is_wanted = |record: &CallRecord| {
            let mut users = users.iter();
            users.any(|user| user.name == record.user && delivery::wanted(record, user))
        };
        let open = &mut self.open;
        let mut is_taken = |update: &Update| match update {
            Update::Open(record) => {
                is_wanted(record) && {
                    open.insert(record.reference.clone());
                    true
                }
            }
            Update::Closed(record) => open.remove(&record.reference) || is_wanted(record),
        };
        let wanted: Vec<Update> = updates.into_iter().filter(|u| is_taken(u)).collect();
        if !wanted.is_empty() {
            self.journal.record(wanted);
        }
    }

    fn tick(&mut self, host: &impl Host) {
        self.flush_recorder();
        let now = Instant::now();
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP;
        let updates = self.tracker.sweep(
            self.missing.alive(|uniqueid| host.channel_exists(uniqueid)),
            journal::now(),
            self.lines.directory(),
            &self.rules,
        );
        self.record(updates);
    }

    /// Calls in progress are forgotten, for nobody will follow them; but who answered before has
    /// answered, and when that ended is unknown.
    fn forget_calls(&mut self) {
        let nobody_is_left = |_: &str| false;
        let mut updates = self.tracker.sweep(
            nobody_is_left,
            journal::now(),
            self.lines.directory(),
            &self.rules,
        );
        updates.retain(|update| {
            matches!(update, Update::Closed(record) if record.outcome == Outcome::Answered)
        });
        self.record(updates);
        self.tracker = Tracker::new();
        self.open.clear();
    }

    fn flush_recorder(&mut self) {
        self.on_recorder(Recorder::flush);
    }

    fn on_recorder(&mut self, act: impl FnOnce(&mut Recorder) -> io::Result<()>) {
        if let Some(Err(problem)) = self.recorder.as_mut().map(act) {
            log::error!("record_events: {problem}; recording ends");
            self.recorder = None;
        }
    }

    /// Records what decides about the events that follow; `fresh`: no channel is known.
    fn record_setup(&mut self, host: &impl Host, fresh: bool) {
        if self.recorder.is_some() {
            let setup = Setup {
                fresh,
                module: env!("CARGO_PKG_VERSION").to_owned(),
                asterisk: host.facts().asterisk_version.clone(),
                rules: self.rules.clone(),
                extensions: self.lines.extensions().to_vec(),
                hints: self.lines.hints(),
            };
            self.on_recorder(|recorder| recorder.setup(setup));
        }
    }

    /// What reports may look at.
    fn view<'a>(&'a self, host: &'a impl Host) -> control::View<'a> {
        control::View {
            started: self.started,
            configuration: &self.configuration,
            journal: &self.journal,
            delivery: &self.delivery,
            counters: host.counters(),
            channels: self.tracker.channels(),
            calls: self.tracker.calls_in_progress(),
            panics: self.panics,
            asterisk_version: &host.facts().asterisk_version,
            devices: Box::new(|extension| self.lines.devices(extension)),
        }
    }
}

fn not_loaded() -> Answer {
    Answer::Failed("The Salesforce interface is not loaded.\n".to_owned())
}

fn client(settings: &Settings) -> Result<Client, String> {
    Client::new(ClientOptions {
        api_version: settings.api_version.clone(),
        trusted_domains: settings.trusted_domains.clone(),
        ca_file: settings.ca_file.clone(),
        connect_timeout: settings.connect_timeout,
        request_timeout: settings.request_timeout,
    })
    .map_err(|e| e.to_string())
}

fn journal_path(settings: &Settings, facts: &Facts) -> PathBuf {
    settings.journal.clone().unwrap_or_else(|| {
        facts
            .spool_dir
            .join("salesforce")
            .join("salesforce.sqlite3")
    })
}

fn rules(settings: &Settings, facts: &Facts) -> Rules {
    Rules {
        internal_callers: settings
            .internal_callers
            .iter()
            .map(|pattern| Pattern::new(pattern))
            .collect(),
        unanswered_group: settings.unanswered_group,
        answered_elsewhere: settings.answered_elsewhere,
        system_name: reference_prefix(facts),
    }
}

/// What makes references unique among the PBXs that write into one org: Asterisk's unique ids
/// begin with the system name already, if there is one; else the host's name goes before them.
fn reference_prefix(facts: &Facts) -> String {
    if !facts.system_name.is_empty() {
        return String::new();
    }
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

fn recorder(settings: &Settings) -> Option<Recorder> {
    let path = settings.record_events.as_deref()?;
    match Recorder::open(path) {
        Ok(recorder) => {
            log::info!("The event stream is recorded to {}", path.display());
            Some(recorder)
        }
        Err(problem) => {
            log::error!("record_events: {}: {problem}", path.display());
            None
        }
    }
}

fn tell_recovered(recovered: &Recovered) {
    if let Some(aside) = &recovered.set_aside {
        log::error!(
            "The journal was corrupt: it is kept as {}, a new one is begun",
            aside.display()
        );
    }
    if recovered.pending > 0 {
        log::info!(
            "{} calls of before are taken up again ({} perhaps sent already, {} cut off)",
            recovered.pending,
            recovered.in_doubt,
            recovered.cut_off
        );
    }
}
