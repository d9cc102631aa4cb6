//! The thread that decides: it hears of new calls, results and commands, and hands out jobs.

use super::announce::Announcer;
use super::check::{Check, Reply, Watch};
use super::clock::Clock;
use super::figures::{Counters, Figures, Measured};
use super::inquiry::Inquiry;
use super::item;
use super::look_ups;
use super::matching;
use super::news::{Listener, News, Now};
use super::policy::{after, until};
use super::schedule::{
    Ended, Identity, JobId, Member, Occasion, Place, Schedule, Standing, Trouble,
};
use super::worker::{self, Job, Order, Report, Shared, Verdict, Wait};
use super::{gate, policy};
use crate::calls::record::{Outcome, Timestamp};
use crate::config::settings::{Configuration, CreateOn, Settings, User};
use crate::journal::{Call, JournalError, LoginKey, Notice, Settlement, now as wall_now};
use crate::phone::{self, Number};
use crate::salesforce::{ApiUsage, Client, MOST_GRAPHS};
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Numbers of calls that ring that are looked up with one job.
const MOST_RINGING: usize = 75;
/// What the log says of a call that made a worker panic; such a call goes alone.
const PANICKED: &str = "internal error: see the log, and please report it";
/// How often old calls are dropped from the journal.
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// A call that makes a worker panic so often is given up.
const MOST_PANICS: u32 = 3;

/// So that a panic that comes again and again does not fill the log.
const AFTER_PANIC: Duration = Duration::from_secs(1);

mod inquiries;
mod jobs;
mod logins;
mod results;
mod testing;

use inquiries::{Inquiries, Progress};
use testing::Tested;

/// What the scheduler is told from outside.
pub enum Command {
    Reload(Arc<Configuration>, Arc<Client>, Occasion),
    /// A user's phone rings; the caller's number as it was sent.
    Ringing(String, String),
    Test(String, Watch, Reply),
    /// The dialplan wants to know.
    Inquire(Inquiry),
    Pause,
    Resume,
    Report(Sender<Snapshot>),
    Listen(Sender<News>),
    /// The clock goes forwards.
    Advance(Duration),
    Stop,
}

/// What the scheduler knows for the reports.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub busy: usize,
    pub workers: usize,
    pub users: Vec<UserSnapshot>,
    pub places: Vec<(Place, Option<gate::Pause>, Option<ApiUsage>)>,
    pub measured: Measured,
}

#[derive(Debug)]
pub struct UserSnapshot {
    pub name: String,
    pub enabled: bool,
    pub standing: Standing,
    pub org: Option<String>,
    pub has_session: bool,
    pub usage: Option<ApiUsage>,
    pub counters: Counters,
}

struct Seat {
    user: Arc<User>,
    identity: Identity,
    /// Its credentials as the journal knows them; `None`: it cannot be read.
    key: Option<LoginKey>,
    /// Numbers of calls that ring.
    ringing: Vec<Number>,
}

pub struct Scheduler {
    shared: Arc<Shared>,
    clock: Arc<Clock>,
    schedule: Schedule,
    announcer: Announcer,
    seats: HashMap<String, Seat>,
    /// Section names in the file's order.
    order: Vec<String>,
    settings: Arc<Settings>,
    client: Arc<Client>,
    commands: Receiver<Command>,
    notices: Receiver<Notice>,
    orders: Sender<Order>,
    orders_out: Receiver<Order>,
    reports: Receiver<Report>,
    reports_in: Sender<Report>,
    /// Tests that have ended.
    tested: Receiver<Tested>,
    tested_in: Sender<Tested>,
    tests: Vec<JoinHandle<()>>,
    inquiries: Inquiries,
    /// What comes of them.
    told: Receiver<Progress>,
    told_in: Sender<Progress>,
    threads: Vec<JoinHandle<()>>,
    /// Workers that were not sent away.
    staff: usize,
    /// Those without a job; negative while some that were sent away still have one.
    idle: isize,
    /// Calls in a job.
    in_hand: HashSet<i64>,
    /// Results that are not on disk yet, with what is told then: these calls are nobody's until
    /// they are.
    settling: HashMap<i64, Option<News>>,
    listener: Listener,
    last_job: JobId,
    figures: Figures,
    /// When the interface was started.
    started: Timestamp,
    next_trim: Timestamp,
    stopping: bool,
}

impl Scheduler {
    /// Everything but the threads of workers, which come with the first configuration.
    pub fn new(
        shared: Arc<Shared>,
        configuration: &Configuration,
        client: Arc<Client>,
        commands: Receiver<Command>,
    ) -> Scheduler {
        let clock = shared.clock.clone();
        let settled = after(clock.now(), shared.policy.in_doubt_wait);
        if let Err(error) = shared.journal.postpone_in_doubt(settled) {
            log::debug!("Calls in doubt are looked for at once: {error}");
        }
        let notices = shared.journal.listen();
        let (orders, orders_out) = unbounded();
        let (reports_in, reports) = unbounded();
        let (tested_in, tested) = unbounded();
        let (told_in, told) = unbounded();
        let mut scheduler = Scheduler {
            schedule: Schedule::new(shared.policy.clone(), fastrand::Rng::new()),
            announcer: Announcer::default(),
            seats: HashMap::new(),
            order: Vec::new(),
            settings: Arc::new(configuration.settings.clone()),
            client: client.clone(),
            commands,
            notices,
            orders,
            orders_out,
            reports,
            reports_in,
            tested,
            tested_in,
            tests: Vec::new(),
            inquiries: Inquiries::default(),
            told,
            told_in,
            threads: Vec::new(),
            staff: 0,
            idle: 0,
            in_hand: HashSet::new(),
            settling: HashMap::new(),
            listener: Listener::default(),
            last_job: 0,
            figures: Figures::default(),
            started: wall_now(),
            next_trim: clock.now(),
            stopping: false,
            clock,
            shared,
        };
        scheduler.configure(configuration, client, Occasion::Start);
        scheduler
    }

    /// Runs until it is told to stop; then every worker has ended.
    pub fn run(mut self) {
        while !self.stopping {
            if catch_unwind(AssertUnwindSafe(|| self.turn())).is_err() {
                self.figures.panicked();
                log::error!("The delivery's scheduler panicked; it goes on");
                thread::sleep(AFTER_PANIC);
            }
        }
        self.end();
    }

    fn turn(&mut self) {
        self.dispatch();
        self.dispatch_inquiries();
        let now = self.clock.now();
        self.announcer.catch_up(now);
        let wake = self
            .schedule
            .wake_at(now)
            .map_or(self.next_trim, |at| at.min(self.next_trim));
        select! {
            recv(self.commands) -> command => self.obey(command.unwrap_or(Command::Stop)),
            recv(self.notices) -> notice => match notice {
                Ok(notice) => self.heard(notice),
                // The journal has ended before us.
                Err(_) => self.notices = never(),
            },
            recv(self.tested) -> tested => {
                if let Ok(tested) = tested {
                    self.tested(tested);
                }
            }
            recv(self.told) -> progress => {
                if let Ok(progress) = progress {
                    self.progressed(progress);
                }
            }
            recv(self.reports) -> report => {
                if let Ok(report) = report {
                    self.finished(report);
                }
            }
            default(until(now, wake)) => {}
        }
        while let Ok(report) = self.reports.try_recv() {
            self.finished(report);
        }
        while let Ok(notice) = self.notices.try_recv() {
            self.heard(notice);
        }
        let now = self.clock.now();
        if now >= self.next_trim {
            self.next_trim = after(now, TRIM_EVERY);
            let days = u64::from(self.settings.history_days);
            let history = Duration::from_secs(days * 24 * 3600);
            self.shared
                .journal
                .trim(policy::before(wall_now(), history));
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Reload(configuration, client, occasion) => {
                self.configure(&configuration, client, occasion);
            }
            Command::Ringing(user, number) => self.rings(&user, &number),
            Command::Test(user, watch, reply) => self.test(&user, watch, reply),
            Command::Inquire(inquiry) => self.inquire(inquiry),
            Command::Pause => {
                self.shared.halted.store(true, Ordering::Release);
                self.give_up_inquiries();
                self.tell_users();
            }
            Command::Resume => {
                self.started = wall_now();
                self.shared.halted.store(false, Ordering::Release);
                self.tell_users();
            }
            Command::Listen(sender) => {
                self.listener = Listener::new(sender);
                self.tell_users();
            }
            Command::Report(reply) => drop(reply.send(self.snapshot())),
            Command::Advance(by) => {
                self.clock.advance(by);
                self.shared.doubt.advance(by);
            }
            Command::Stop => self.stopping = true,
        }
    }

    fn configure(
        &mut self,
        configuration: &Configuration,
        client: Arc<Client>,
        occasion: Occasion,
    ) {
        let now = self.clock.now();
        self.settings = Arc::new(configuration.settings.clone());
        self.figures.watch(client.traffic());
        self.client = client;
        self.shared.owners.forget();
        self.shared.lengths.forget();
        self.shared.barred.forget();
        self.shared.ownership.forget();
        self.announcer.configured();
        let enabled = configuration.users.iter().filter(|user| user.enabled);
        let mut members = Vec::new();
        self.seats = HashMap::new();
        self.order = configuration
            .users
            .iter()
            .map(|user| user.name.clone())
            .collect();
        for user in enabled {
            let identity = self.shared.sessions.identity(user);
            members.push(Member {
                name: user.name.clone(),
                identity,
                login_host: Place::Host(
                    format!("{}:{}", user.login_host.name, user.login_host.port).into(),
                ),
                configured: configured(user, &configuration.settings),
            });
            let seat = Seat {
                user: Arc::new(user.clone()),
                identity,
                key: self.shared.sessions.login_key(user).ok(),
                ringing: Vec::new(),
            };
            self.seats.insert(user.name.clone(), seat);
        }
        let identities: Vec<_> = members.iter().map(|member| member.identity).collect();
        self.shared.sessions.keep_only(&identities);
        self.shared.viewers.keep_only(&identities);
        let remembered = self.logins(occasion);
        let workers = configuration.settings.workers;
        let events = self
            .schedule
            .configure(members, workers, occasion, &remembered, now);
        for event in &events {
            self.announcer.event(event, &self.shared.journal, now);
        }
        for name in self.seats.keys() {
            self.schedule.set_work(name, Some(now));
        }
        self.man(configuration.settings.workers.max(1));
        self.tell_users();
    }

    fn now_of<'a>(&'a self, name: &'a str) -> Now<'a> {
        let is_started = !self.shared.halted.load(Ordering::Acquire);
        Now {
            name,
            standing: is_started.then(|| self.schedule.standing(name, self.clock.now())),
            enabled: self.seats.contains_key(name),
            org: self.schedule.login(name).0,
        }
    }

    /// Tells whose state has changed.
    fn tell_users(&mut self) {
        let mut listener = std::mem::take(&mut self.listener);
        listener.users(self.order.iter().map(|name| self.now_of(name)));
        self.listener = listener;
    }

    /// Hires or dismisses workers.
    fn man(&mut self, wanted: usize) {
        while self.staff > wanted {
            // Whoever takes the order leaves.
            let _ = self.orders.send(Order::Leave);
            self.staff -= 1;
            self.idle -= 1;
        }
        let (gone, there) = self.threads.drain(..).partition(JoinHandle::is_finished);
        self.threads = there;
        join(gone);
        while self.staff < wanted {
            let shared = self.shared.clone();
            let (orders, reports) = (self.orders_out.clone(), self.reports_in.clone());
            let worker = thread::Builder::new()
                .name("sf-worker".into())
                .spawn(move || worker::run(&shared, &orders, &reports));
            match worker {
                Ok(handle) => {
                    self.threads.push(handle);
                    self.staff += 1;
                    self.idle += 1;
                }
                Err(error) => {
                    log::error!("No thread for a Salesforce worker: {error}");
                    return;
                }
            }
        }
    }

    fn heard(&mut self, notice: Notice) {
        let user = match notice {
            Notice::Due { user } => user,
            Notice::Settled { id, user } => {
                if let Some(news) = self.settling.remove(&id).flatten() {
                    self.listener.tell(news);
                }
                user
            }
        };
        self.schedule.set_work(&user, Some(Timestamp(0)));
    }

    /// Has the caller's Account looked up, so that it is known when the call is over.
    fn rings(&mut self, user: &str, number: &str) {
        let Some(seat) = self.seats.get_mut(user) else {
            return;
        };
        let viewer = self.shared.viewers.of(seat.identity);
        let is_known = |number: &Number| {
            let known = |viewer| matching::is_known(&self.shared, viewer, &number.e164());
            viewer
                .as_ref()
                .is_some_and(|viewer| known(viewer).unwrap_or(false))
        };
        let outcomes = [Outcome::Answered, Outcome::Lost];
        let user_is_told = outcomes
            .into_iter()
            .any(|outcome| seat.user.wants_case(outcome) || seat.user.wants_task(outcome));
        let number = phone::read(number, &seat.user.country, &self.settings.prefix_strip);
        if let Some(number) = number
            && user_is_told
            && !item::is_our_own(&number, &seat.user, &self.settings)
            && !is_known(&number)
            && seat.ringing.len() < MOST_RINGING
        {
            seat.ringing.push(number);
            self.schedule.set_work(user, Some(Timestamp(0)));
        }
    }

    fn snapshot(&self) -> Snapshot {
        let now = self.clock.now();
        let users = self.order.iter().map(|name| {
            let (org, has_session) = self.schedule.login(name);
            UserSnapshot {
                name: name.clone(),
                enabled: self.seats.contains_key(name),
                standing: self.schedule.standing(name, now),
                org: org.map(str::to_owned),
                has_session,
                usage: org.and_then(|org| self.client.usage(org)),
                counters: self.figures.of(name),
            }
        });
        let places = self
            .schedule
            .places_seen()
            .into_iter()
            .map(|(place, pause)| {
                let usage = match place {
                    Place::Org(org) => self.client.usage(org),
                    Place::Host(_) => None,
                };
                (place.clone(), pause.cloned(), usage)
            });
        Snapshot {
            busy: self.schedule.busy(),
            workers: self.staff,
            users: users.collect(),
            places: places.collect(),
            measured: self.figures.measured(),
        }
    }

    /// Ends every worker; what they have in hand goes back to the journal.
    fn end(mut self) {
        self.shared.halted.store(true, Ordering::Release);
        for _ in 0..self.staff {
            let _ = self.orders.send(Order::Leave);
        }
        let (reports_in, _) = unbounded();
        drop(std::mem::replace(&mut self.reports_in, reports_in));
        while let Ok(report) = self.reports.recv() {
            self.finished(report);
        }
        join(std::mem::take(&mut self.threads));
        join(std::mem::take(&mut self.tests));
        join(self.inquiries.threads());
    }
}

/// A hash of all that is configured and concerns a user.
fn configured(user: &User, settings: &Settings) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Secrets show nothing here; they are in the user's identity.
    format!("{user:?}{settings:?}").hash(&mut hasher);
    hasher.finish()
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        // Its panics were caught.
        let _ = thread.join();
    }
}
