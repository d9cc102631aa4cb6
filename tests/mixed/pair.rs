//! Two users with their phones, who take part in one call after the other.

use crate::draw::Job;
use crate::gauge::Gauge;
use crate::scene::{PATIENCE, Scene};
use fastrand::Rng;
use private_pbx::{Call, Caller, Phone, Reaction, Result};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;

/// Two users: A has two more devices, B one phone.
pub struct Pair<'a> {
    scene: &'a Scene,
    number: usize,
    a: Phone,
    b: Phone,
    desk: Phone,
    mobile: Phone,
}

impl<'a> Pair<'a> {
    pub fn new(scene: &'a Scene, number: usize) -> Pair<'a> {
        let phone = |which| scene.pbx.phone(&format!("1{number:02}{which}")).unwrap();
        Pair {
            scene,
            number,
            a: phone(0),
            b: phone(1),
            desk: phone(2),
            mobile: phone(3),
        }
    }

    /// Makes the call, from its beginning until nothing of it is left at the phones.
    pub fn play(&self, job: &Job, gauge: &Gauge) -> Result<()> {
        job.pair.get_or_init(|| self.number);
        let stage = Stage {
            pair: self,
            job,
            gauge,
            begun: Cell::new(false),
            calls: RefCell::default(),
            rng: RefCell::new(Rng::with_seed(job.seed)),
        };
        for phone in self.phones() {
            phone.react(Reaction::ring());
        }
        let played = (job.way.play)(&stage);
        if stage.begun.get() {
            gauge.end();
        }
        played.and(stage.clear())
    }

    fn phones(&self) -> [&Phone; 4] {
        [&self.a, &self.b, &self.desk, &self.mobile]
    }
}

/// One call and those who take part in it.
pub struct Stage<'a> {
    pair: &'a Pair<'a>,
    job: &'a Job,
    gauge: &'a Gauge,
    begun: Cell<bool>,
    calls: RefCell<Vec<Call>>,
    rng: RefCell<Rng>,
}

impl Stage<'_> {
    pub fn a(&self) -> &Phone {
        &self.pair.a
    }

    pub fn b(&self) -> &Phone {
        &self.pair.b
    }

    pub fn desk(&self) -> &Phone {
        &self.pair.desk
    }

    pub fn mobile(&self) -> &Phone {
        &self.pair.mobile
    }

    /// A number of this pair's: `#` stands for its two digits.
    pub fn number(&self, pattern: &str) -> String {
        pattern.replace('#', &format!("{:02}", self.pair.number))
    }

    /// The caller rings a number of this pair's.
    pub fn ring(&self, pattern: &str) -> Result<Call> {
        let caller = Caller::number(&self.job.phone).named(&self.job.name());
        self.ring_as(pattern, &caller)
    }

    pub fn ring_as(&self, pattern: &str, caller: &Caller) -> Result<Call> {
        self.begin();
        let trunk = self.pair.scene.pbx.trunk();
        self.keep(trunk.call(&self.number(pattern), caller)?)
    }

    /// The caller's number.
    pub fn callers_number(&self) -> &str {
        &self.job.phone
    }

    /// One of the phones dials.
    pub fn dial(&self, phone: &Phone, pattern: &str) -> Result<Call> {
        self.begin();
        self.keep(phone.dial(&self.number(pattern))?)
    }

    /// Asterisk dials both, without anybody calling.
    pub fn originate(&self, channel: &str, extension: &str) -> Result<()> {
        self.begin();
        let (channel, extension) = (self.number(channel), self.number(extension));
        let command = format!("channel originate {channel} extension {extension}@internal");
        self.pair.scene.pbx.cli(&command).map(drop)
    }

    fn begin(&self) {
        if !self.begun.replace(true) {
            self.gauge.begin();
        }
    }

    /// The next call at a phone.
    pub fn next(&self, phone: &Phone) -> Result<Call> {
        self.keep(phone.next_call(PATIENCE)?)
    }

    /// The same, once both sides can talk.
    pub fn talking(&self, phone: &Phone) -> Result<Call> {
        let call = self.next(phone)?;
        call.wait_talking(PATIENCE)?;
        Ok(call)
    }

    fn keep(&self, call: Call) -> Result<Call> {
        self.calls.borrow_mut().push(call.clone());
        Ok(call)
    }

    /// Talks for one to four seconds.
    pub fn talk(&self, call: &Call) -> Result<()> {
        let packets = self.draw(50..200);
        call.wait_media(packets, PATIENCE)
    }

    /// The caller's patience: up to two seconds.
    pub fn let_it_ring(&self) {
        std::thread::sleep(Duration::from_millis(self.draw(0..2000)));
    }

    /// A phone that rings for up to two seconds, then answers.
    pub fn answers(&self) -> Reaction {
        let ring = self.draw(0..2000);
        Reaction::answer().after(Duration::from_millis(ring))
    }

    /// A number of this call's own.
    pub fn draw(&self, range: Range<u64>) -> u64 {
        self.rng.borrow_mut().u64(range)
    }

    /// All channels of Asterisk.
    pub fn channels(&self) -> Result<String> {
        self.pair.scene.pbx.cli("core show channels concise")
    }

    /// Waits until the caller's call is parked in the pair's lot.
    pub fn await_parked(&self) -> Result<()> {
        let command = self.number("parking show lot-#");
        private_pbx::eventually("the parked call", PATIENCE, || {
            let lot = self.pair.scene.pbx.cli(&command);
            lot.is_ok_and(|lot| lot.contains("PJSIP/trunk"))
        })
    }

    /// Waits until all calls are over, and ends those that are not if something went wrong.
    fn clear(&self) -> Result<()> {
        let mut calls = self.calls.take();
        for phone in self.pair.phones() {
            while let Ok(call) = phone.next_call(Duration::ZERO) {
                calls.push(call);
            }
        }
        let mut cleared = Ok(());
        for call in calls {
            if let Err(e) = call.wait_ended(PATIENCE) {
                cleared = Err(e);
                // It may be gone by now.
                let _ = call.hangup();
            }
        }
        cleared
    }
}

/// Ends a call from this side.
pub fn hang_up(call: &Call) -> Result<()> {
    call.hangup()?;
    call.wait_ended(PATIENCE).map(drop)
}
