//! Follows the channel events: on a thread that does nothing else and waits for nothing else, so
//! that neither a question nor the disk ever delays an event.

use super::Host;
use super::lines::Lines;
use super::missing::Missing;
use super::recorder::Recorder;
use crate::calls::event::{Event, EventKind};
use crate::calls::record::{CallRecord, Outcome, Update};
use crate::calls::recording::Setup;
use crate::calls::tracker::{Rules, Tracker};
use crate::config::settings::Configuration;
use crate::delivery::{self, Delivery};
use crate::journal::{self, Journal};
use crossbeam_channel::Receiver;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often channels whose end was missed are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// The same after events were lost: a channel counts as gone when it is missing twice.
const SWEEP_SOON: Duration = Duration::from_secs(1);

/// What the follower has at hand, for whoever asks.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Channels that are followed.
    pub channels: AtomicUsize,
    /// Outside calls in progress.
    pub calls: AtomicUsize,
    /// Internal errors since the module was loaded.
    pub panics: AtomicU64,
}

/// What the follower is told to do, at a certain place among the events.
pub enum Order {
    /// The interface was loaded.
    Begin(Box<Following>),
    /// The configuration was read again.
    Configure(Box<Changed>),
    /// Calls that begin now are recorded.
    Start,
    /// Nothing further is recorded.
    Stop,
}

/// A new configuration, with what follows from it.
pub struct Changed {
    pub configuration: Arc<Configuration>,
    pub rules: Rules,
    pub lines: Lines,
    /// Another file to record to, or none any more; outer `None`: that has not changed.
    pub recorder: Option<Option<Recorder>>,
}

/// Lives on the thread of events.
pub struct Follower<H: Host> {
    host: H,
    orders: Receiver<Order>,
    gauges: Arc<Gauges>,
    following: Option<Following>,
}

/// Everything there is once the configuration was good.
pub struct Following {
    configuration: Arc<Configuration>,
    rules: Rules,
    lines: Lines,
    tracker: Tracker,
    /// References of running calls that the journal has.
    open: HashSet<String>,
    journal: Arc<Journal>,
    delivery: Arc<Delivery>,
    recorder: Option<Recorder>,
    started: bool,
    next_sweep: Instant,
    missing: Missing,
}

impl<H: Host> Follower<H> {
    /// One that does nothing until it is told to.
    pub fn new(host: H, orders: Receiver<Order>, gauges: Arc<Gauges>) -> Follower<H> {
        Follower {
            host,
            orders,
            gauges,
            following: None,
        }
    }

    /// Something happened to a channel.
    pub fn event(&mut self, event: &Event) {
        let host = &self.host;
        if let Some(following) = self.following.as_mut().filter(|f| f.started) {
            following.event(host, event);
        }
    }

    /// Carries out the oldest order.
    pub fn order(&mut self) {
        let Ok(order) = self.orders.try_recv() else {
            return;
        };
        let host = &self.host;
        match (order, &mut self.following) {
            (Order::Begin(following), _) => {
                let following = self.following.insert(*following);
                following.record_setup(host, true);
            }
            (_, None) => {}
            (Order::Configure(changed), Some(following)) => following.reconfigure(host, *changed),
            (Order::Start, Some(following)) => {
                following.started = true;
                following.record_setup(host, true);
            }
            (Order::Stop, Some(following)) => {
                following.started = false;
                following.forget_calls();
            }
        }
    }

    /// Events were lost: what can be made right by looking at what is there, is.
    pub fn lost(&mut self) {
        if let Some(following) = self.following.as_mut().filter(|f| f.started) {
            self.host.listen_again();
            following.next_sweep = Instant::now();
            following.missing.hurry();
        }
    }

    /// Called after each look into the mailbox.
    pub fn tick(&mut self) {
        if let Some(following) = &mut self.following {
            following.tick(&self.host);
            let gauges = &self.gauges;
            let channels = following.tracker.channels();
            gauges.channels.store(channels, Ordering::Relaxed);
            let calls = following.tracker.calls_in_progress();
            gauges.calls.store(calls, Ordering::Relaxed);
        }
    }

    /// A panic ended at the top of the thread; the state it may have left half done goes.
    pub fn panicked(&mut self) {
        self.gauges.panics.fetch_add(1, Ordering::Relaxed);
        if let Some(following) = &mut self.following {
            following.tracker = Tracker::new();
            following.open.clear();
            following.record_setup(&self.host, true);
        }
    }
}

impl Following {
    /// Follows calls for a configuration; `started`: from now on, else when it is told to.
    pub fn new(
        with: Changed,
        journal: Arc<Journal>,
        delivery: Arc<Delivery>,
        started: bool,
    ) -> Following {
        Following {
            configuration: with.configuration,
            rules: with.rules,
            lines: with.lines,
            tracker: Tracker::new(),
            open: HashSet::new(),
            journal,
            delivery,
            recorder: with.recorder.flatten(),
            started,
            next_sweep: Instant::now() + SWEEP,
            missing: Missing::default(),
        }
    }

    fn reconfigure(&mut self, host: &impl Host, changed: Changed) {
        self.configuration = changed.configuration;
        self.rules = changed.rules;
        self.lines = changed.lines;
        if let Some(recorder) = changed.recorder {
            self.recorder = recorder;
        }
        self.record_setup(host, false);
    }

    fn event(&mut self, host: &impl Host, event: &Event) {
        if matches!(event.kind, EventKind::Channel(_) | EventKind::Dial { .. })
            && self.lines.follow(&self.configuration, host)
        {
            self.record_setup(host, false);
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
        let now = Instant::now();
        if now < self.next_sweep {
            return;
        }
        let pause = if self.missing.is_hurried() {
            SWEEP_SOON
        } else {
            SWEEP
        };
        self.next_sweep = now + pause;
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

    fn on_recorder(&mut self, act: impl FnOnce(&mut Recorder) -> bool) {
        if self
            .recorder
            .as_mut()
            .is_some_and(|recorder| !act(recorder))
        {
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
}
