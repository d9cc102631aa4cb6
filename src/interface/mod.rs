//! The wiring: events go in, call records come out into the journal, and the delivery takes
//! them from there.
//!
//! Two threads, one for each mailbox: the [`Follower`] turns events into call records, the
//! [`Interface`] answers questions (commands, manager actions, the page, the dialplan, reload).
//! What the second wants of the first is an order, which has its place among the events; what it
//! wants to know of it, it reads in the first one's gauges. So the follower waits for nobody who
//! asks, for no configuration that is being read, and for no disk.

mod follower;
mod herald;
mod host;
mod lines;
mod missing;
mod page;
mod places;
mod question;
mod recorder;
mod searcher;
mod written;

pub use follower::Follower;
pub use host::{Dialplan, DialplanExtension, Facts, FileError, Hint, Host, Leads};
pub use question::Question;

use crate::calls::pattern::Pattern;
use crate::calls::tracker::Rules;
use crate::config::settings::{Configuration, Extension, Settings, User};
use crate::config::{self, Reading};
use crate::control::manager::{self, Reply, Request};
use crate::control::{self, Answer};
use crate::delivery::{Delivery, Told};
use crate::files::{self, Why};
use crate::journal::{Journal, Recovered};
use crate::salesforce::{Client, ClientOptions};
use crate::web::Desk;
use crate::{messages, phone};
use crossbeam_channel::{Sender, unbounded};
use follower::{Changed, Following, Gauges, Order};
use herald::Herald;
use lines::Lines;
use recorder::Recordings;
use searcher::Searcher;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use written::Keeper;

/// The configuration file, in Asterisk's configuration directory.
const FILE: &str = "salesforce.conf";

/// How much of it is read at most, in bytes, to say what is wrong with it.
const LARGEST: usize = 16 * 1024 * 1024;

/// Tells the delivery of a new configuration, and so why there is one.
type HandOver = fn(&Delivery, Arc<Configuration>, Arc<Client>);

/// The Salesforce interface of one PBX.
pub struct Interface<H: Host> {
    host: H,
    orders: Sender<Order>,
    gauges: Arc<Gauges>,
    running: Option<Running>,
    desk: Desk,
    written: Keeper,
}

/// Everything there is once the configuration was good.
struct Running {
    configuration: Arc<Configuration>,
    lines: Lines,
    journal: Arc<Journal>,
    delivery: Arc<Delivery>,
    herald: Herald,
    searcher: Searcher,
    recordings: Recordings,
    /// Calls are recorded and sent; `salesforce stop` says no.
    started: bool,
}

impl<H: Host> Interface<H> {
    /// An interface that does nothing until it is loaded, and who follows the events for it, on
    /// another thread and with a `host` of its own.
    pub fn new(host: H, events: H) -> (Interface<H>, Follower<H>) {
        let (orders, inbox) = unbounded();
        let gauges = Arc::new(Gauges::default());
        let follower = Follower::new(events, inbox, gauges.clone());
        let interface = Interface {
            host,
            orders,
            gauges,
            running: None,
            desk: Desk::default(),
            written: Keeper::default(),
        };
        (interface, follower)
    }

    /// Has an order carried out after the events that have come up to now. `false`: nobody is
    /// there to do it.
    fn order(&self, order: Order) -> bool {
        // The order first: at its place it has to be there.
        self.orders.send(order).is_ok() && self.host.order()
    }

    /// Reads the configuration, opens the journal and starts the delivery. `false`: what is
    /// wrong is in the log, nothing is left running.
    pub fn load(&mut self) -> bool {
        let Some(configuration) = self.read_configuration(None) else {
            return false;
        };
        match Running::start(&self.host, configuration) {
            Ok((running, following)) => {
                // Also when nobody can follow: then it is stopped in good order.
                self.running = Some(running);
                self.order(Order::Begin(Box::new(following)))
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

    /// Reads the configuration again because somebody asks for that. `false`: it is bad and the
    /// old one stays.
    pub fn reload(&mut self) -> bool {
        self.written.forget_languages();
        self.read_again(Delivery::reload)
    }

    /// The same, with `hand_over` giving it to the delivery.
    fn read_again(&mut self, hand_over: HandOver) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let Some(configuration) = self.read_configuration(Some(&running.configuration)) else {
            log::error!("{FILE}: the running configuration stays as it is");
            return false;
        };
        let changed = self
            .running
            .as_mut()
            .and_then(|running| running.reconfigure(&self.host, configuration, hand_over));
        changed.is_some_and(|changed| self.order(Order::Configure(Box::new(changed))))
    }

    /// A command of the CLI, word by word; `reply` gets the answer, as a rule at once.
    pub fn command(&mut self, words: &[String], reply: impl FnOnce(Answer) + Send + 'static) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [_, "start"] => reply(self.switch(true, "the CLI")),
            [_, "stop"] => reply(self.switch(false, "the CLI")),
            words => match &mut self.running {
                Some(running) => {
                    running.lines.follow(&running.configuration, &self.host);
                    let view = running.view(&self.host, &self.gauges);
                    match words {
                        [_, "test", "user", name] => control::test(name, &view, reply),
                        words => control::command(&words[1..], &view, reply),
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
                running.lines.follow(&running.configuration, &self.host);
                manager::manage(request, &running.view(&self.host, &self.gauges), reply);
            }
            (_, None) => reply(not_loaded().into()),
        }
    }

    /// The dialplan function is read; `reply` gets the answer, perhaps later and from another
    /// thread.
    pub fn question(&mut self, question: &Question, reply: impl FnOnce(Told) + Send + 'static) {
        match self.running.as_mut().filter(|running| running.started) {
            Some(running) => {
                running.lines.follow(&running.configuration, &self.host);
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
            Some(running) => {
                control::complete(&before, word, &running.view(&self.host, &self.gauges))
            }
            None => Vec::new(),
        }
    }

    /// A panic ended at the top of the thread; whoever asked gets no answer.
    pub fn panicked(&mut self) {
        self.gauges.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Stops everything; to be called when nobody follows events any more. Every call that has
    /// ended is on disk when this returns.
    pub fn stop(&mut self) {
        self.host.listen(false);
        if let Some(mut running) = self.running.take() {
            running.delivery.stop();
            running.herald.join();
            running.searcher.join();
            running.journal.stop();
            if !running.recordings.stop() && !self.host.stay() {
                running.recordings.wait();
            }
        }
        // What libraries keep for the whole process goes with the module, also when the
        // configuration was all that there was.
        phone::release();
        messages::release();
    }

    fn switch(&mut self, on: bool, by: &str) -> Answer {
        let Some(running) = &self.running else {
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
        // Before the first event that counts, and behind the last one.
        let is_ordered = if on {
            let is_ordered = self.order(Order::Start);
            self.host.listen(is_ordered);
            is_ordered
        } else {
            self.host.listen(false);
            self.order(Order::Stop)
        };
        if !is_ordered {
            return Answer::Failed("The Salesforce interface is out of memory.\n".to_owned());
        }
        if let Some(running) = &mut self.running {
            running.started = on;
            if on {
                running.delivery.resume();
            } else {
                running.delivery.pause();
            }
        }
        log::info!("The Salesforce interface was {now} by {by}");
        Answer::Done(format!("The Salesforce interface is {now}.\n"))
    }

    /// Says why Asterisk reads nothing in the file. What it makes of UTF-16 is not worth telling.
    fn tell_unreadable(&self, otherwise: &str) {
        let file = self.host.facts().config_dir.join(FILE);
        match files::read_text(&file, LARGEST).err() {
            Some(error) if matches!(error.why, Why::NotUtf8 { .. }) => {
                log::error!("{error}: it has to be saved as UTF-8");
            }
            _ => log::error!("{FILE} {otherwise}"),
        }
    }

    /// Reads and checks the file; every error is logged. A user whose section is bad keeps its
    /// `former` configuration, if it had one.
    fn read_configuration(&self, former: Option<&Configuration>) -> Option<Configuration> {
        let (written, reading) = self.written.read(&self.host);
        let sections = match &written.sections {
            Ok(sections) if sections.is_empty() => {
                self.tell_unreadable(
                    "holds no section: salesforce.conf.sample shows what belongs there",
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
                self.tell_unreadable("cannot be read: the messages above say where");
                return None;
            }
        };
        let Reading {
            configuration,
            errors,
            warnings,
        } = reading;
        let exposed = config::exposed_files(sections, &self.host.facts().config_dir);
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
    fn start(
        host: &impl Host,
        configuration: Configuration,
    ) -> Result<(Running, Following), String> {
        let facts = host.facts();
        let settings = &configuration.settings;
        let client = client(settings)?;
        let path = journal_path(settings, facts);
        let opened = if path.parent() == Some(&home(facts)) {
            Journal::open_at_home(&path)
        } else {
            Journal::open(&path)
        };
        let (journal, recovered) = opened.map_err(|e| e.to_string())?;
        tell_recovered(&recovered);
        let configuration = Arc::new(configuration);
        let journal = Arc::new(journal);
        let started = configuration.settings.enabled;
        let delivery = Delivery::start(&configuration, journal.clone(), Arc::new(client), started)
            .map_err(|e| e.to_string())?;
        let delivery = Arc::new(delivery);
        let herald = Herald::start(delivery.listen(), journal.clone(), host.publisher())
            .map_err(|e| e.to_string())?;
        let searcher = Searcher::start().map_err(|e| e.to_string())?;
        host.dialplan_timeout(configuration.settings.dialplan_timeout);
        let mut recordings = Recordings::default();
        let lines = Lines::new(&configuration, host);
        let for_events = Changed {
            rules: rules(&configuration.settings, facts),
            lines: lines.clone(),
            recorder: recordings.switch(configuration.settings.record_events.as_deref()),
            configuration: configuration.clone(),
        };
        let following = Following::new(for_events, journal.clone(), delivery.clone(), started);
        let running = Running {
            lines,
            configuration,
            journal,
            delivery,
            herald,
            searcher,
            recordings,
            started,
        };
        Ok((running, following))
    }

    /// Takes a new configuration; what changes for who follows the events. `None`: the old one
    /// stays.
    fn reconfigure(
        &mut self,
        host: &impl Host,
        configuration: Configuration,
        hand_over: HandOver,
    ) -> Option<Changed> {
        let settings = &configuration.settings;
        let client = match client(settings) {
            Ok(client) => Arc::new(client),
            Err(problem) => {
                log::error!("{FILE}: {problem}; the running configuration stays as it is");
                return None;
            }
        };
        let path = journal_path(settings, host.facts());
        if path != self.journal.path() {
            log::warn!(
                "The journal stays {} until the module is loaded again",
                self.journal.path().display()
            );
        }
        let recorder = self.recordings.switch(settings.record_events.as_deref());
        let configuration = Arc::new(configuration);
        self.lines = Lines::new(&configuration, host);
        host.dialplan_timeout(configuration.settings.dialplan_timeout);
        hand_over(&self.delivery, configuration.clone(), client);
        host.serve(configuration.settings.web);
        self.configuration = configuration.clone();
        Some(Changed {
            rules: rules(&configuration.settings, host.facts()),
            lines: self.lines.clone(),
            recorder,
            configuration,
        })
    }

    /// What reports may look at.
    fn view<'a>(&'a self, host: &'a impl Host, gauges: &Gauges) -> control::View<'a> {
        control::View {
            started: self.started,
            configuration: &self.configuration,
            journal: &self.journal,
            delivery: &self.delivery,
            counters: host.counters(),
            channels: gauges.channels.load(Ordering::Relaxed),
            calls: gauges.calls.load(Ordering::Relaxed),
            panics: gauges.panics.load(Ordering::Relaxed),
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
    let path = settings.journal.clone();
    path.unwrap_or_else(|| home(facts).join("salesforce.sqlite3"))
}

/// The module's own folder.
fn home(facts: &Facts) -> PathBuf {
    facts.spool_dir.join("salesforce")
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
