//! An outside caller's call: who was reached, who answered, in which stretch.

use super::channel::ChannelId;
use super::directory::Line;
use super::event::Snapshot;
use super::explain::Fact;
use super::identity::Identity;
use super::record::{Reason, Step, Timestamp};
use std::sync::Arc;

/// A user that a stretch of the call reached.
#[derive(Debug)]
pub(super) struct Attempt {
    pub line: Line,
    pub queue: Option<String>,
    /// When the call reached the user.
    pub reached: Timestamp,
    /// First ring of one of the user's devices.
    pub rang: Option<Timestamp>,
    /// Order of the first ring, by sequence number.
    pub rang_order: Option<u64>,
    /// A device was dialled, even if no channel came of it.
    pub dialled: bool,
    /// The phone sent the caller elsewhere.
    pub forwarded: bool,
    /// Legs that have not ended.
    pub live: u32,
    /// The weightiest reason among the legs that ended.
    pub reason: Option<Reason>,
    /// Sequence number of the last end of a leg.
    pub ended: u64,
    /// When that was.
    pub silent: Option<Timestamp>,
}

impl Attempt {
    fn new(line: &Line, queue: Option<String>, reached: Timestamp) -> Attempt {
        Attempt {
            line: line.clone(),
            queue,
            reached,
            rang: None,
            rang_order: None,
            dialled: false,
            forwarded: false,
            live: 0,
            reason: None,
            ended: 0,
            silent: None,
        }
    }

    /// A device of the user rings.
    pub fn ring(&mut self, at: Timestamp, sequence: u64) {
        if self.rang.is_none_or(|rang| at < rang) {
            self.rang = Some(at);
        }
        self.rang_order.get_or_insert(sequence);
    }

    /// A leg ended, for this reason.
    pub fn end(&mut self, reason: Reason, at: Timestamp, sequence: u64) {
        self.note(reason);
        self.ended = sequence;
        self.silent = Some(at);
    }

    /// A leg ended that was none of the user's phones, so nothing of the user's rang with it.
    pub fn end_elsewhere(&mut self, reason: Reason, sequence: u64) {
        self.note(reason);
        self.ended = sequence;
    }

    /// Nothing has said yet why the user did not get the call.
    pub fn is_open(&self) -> bool {
        self.live == 0 && self.reason.is_none() && self.rang.is_none()
    }

    /// The weightier reason stays.
    pub fn note(&mut self, reason: Reason) {
        if self.reason.is_none_or(|old| weight(reason) > weight(old)) {
            self.reason = Some(reason);
        }
    }
}

/// With several legs, what the user did says more than what the network did.
fn weight(reason: Reason) -> u8 {
    match reason {
        Reason::GaveUp => 5,
        Reason::Rejected => 4,
        Reason::NotAnswered => 3,
        Reason::Busy => 2,
        _ => 1,
    }
}

/// The part of a call that ends with an answer or with the call: a transfer, or a dialplan
/// that goes on after an answer, opens the next one.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Sequence number of the first answer.
    pub answered: Option<u64>,
    /// The caller listened to voicemail after everything else.
    pub voicemail: bool,
    /// The dialplan turned the caller away, with this for a reason.
    pub turned_away: Option<Reason>,
    /// The extension that transferred the call into this stretch.
    pub from: Option<String>,
    /// In the order of being reached.
    pub attempts: Vec<Attempt>,
}

/// A user that answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub line: Line,
    pub reason: Reason,
    pub queue: Option<String>,
    pub rang: Option<Timestamp>,
    pub at: Timestamp,
    /// When the user left the conversation, unless it is still there.
    pub left: Option<Timestamp>,
    /// The extension that transferred the call to this user.
    pub from: Option<String>,
    /// What says that it answered.
    pub fact: Fact,
}

/// Somebody in conversation with the caller.
#[derive(Debug)]
pub(super) struct Talker {
    pub channel: ChannelId,
    /// For whom it answered, if for one of ours.
    pub user: Option<Arc<str>>,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub uniqueid: String,
    pub started: Timestamp,
    pub last_event: Timestamp,
    pub caller: Identity,
    /// The caller is a colleague, by device.
    pub is_colleague: bool,
    pub dnid: String,
    pub first_exten: String,
    /// The queue or ring group the caller last went through.
    pub queue: Option<String>,
    /// Sequence number of its coming there.
    pub queued: u64,
    /// Extensions of users at which the caller has been.
    pub visited: Vec<(String, String)>,
    /// Where a blind transfer sends the caller.
    pub expected: Option<(String, String)>,
    /// Who transferred it, until somebody is reached.
    pub from: Option<String>,
    /// Sequence number of the caller's hang-up.
    pub hung_up: Option<u64>,
    /// The caller hung up while waiting in a queue.
    pub left_queue: bool,
    /// Sequence number of a dial of the caller's that was cancelled, until the caller does
    /// something else: it may be the hang-up's first sign.
    pub cancelled: Option<u64>,
    pub stretches: Vec<Stretch>,
    pub answers: Vec<Answer>,
    pub talkers: Vec<Talker>,
    /// Who forwarded or transferred.
    pub steps: Vec<(Arc<str>, Step)>,
    /// Keys of this call among the tracker's linkedids.
    pub linkedids: Vec<Arc<str>>,
    /// A record was handed out already.
    pub told: bool,
}

impl Call {
    pub fn new(snapshot: &Snapshot, at: Timestamp) -> Call {
        let mut call = Call {
            uniqueid: snapshot.uniqueid.clone(),
            started: at,
            last_event: at,
            caller: Identity::new(snapshot),
            is_colleague: false,
            dnid: String::new(),
            first_exten: String::new(),
            queue: None,
            queued: 0,
            visited: Vec::new(),
            expected: None,
            from: None,
            hung_up: None,
            left_queue: false,
            cancelled: None,
            stretches: vec![Stretch::default()],
            answers: Vec::new(),
            talkers: Vec::new(),
            steps: Vec::new(),
            linkedids: Vec::new(),
            told: false,
        };
        call.learn(snapshot);
        call
    }

    /// Takes what the caller's channel says about the caller, which may come late.
    pub fn learn(&mut self, snapshot: &Snapshot) {
        self.caller.learn(snapshot);
        if self.dnid.is_empty() {
            set(&mut self.dnid, &snapshot.dnid);
        }
        if matches!(self.first_exten.as_str(), "" | "s") {
            set(&mut self.first_exten, &snapshot.exten);
        }
    }

    /// The number the caller dialled.
    pub fn dialled(&self) -> Option<String> {
        [&self.dnid, &self.first_exten]
            .into_iter()
            .find(|number| !matches!(number.as_str(), "" | "s"))
            .cloned()
    }

    /// The stretch that is going on, by number. There is always one.
    pub fn current(&self) -> usize {
        self.stretches.len() - 1
    }

    /// Nobody has answered in the stretch that is going on.
    pub fn is_unanswered(&self) -> bool {
        self.stretches[self.current()].answered.is_none()
    }

    /// The call reaches a user by something that began at `since`. After an answer that is
    /// a new stretch, unless it began before the answer. Returns the stretch's number.
    pub fn reach(&mut self, line: &Line, since: u64, at: Timestamp) -> usize {
        if let Some(answered) = self.stretches[self.current()].answered
            && since > answered
        {
            if self.queued <= answered {
                // Left behind with the answer.
                self.queue = None;
            }
            self.stretches.push(Stretch {
                from: self.from.take(),
                ..Stretch::default()
            });
        }
        self.caller.reach();
        let current = self.current();
        let queue = &self.queue;
        let stretch = &mut self.stretches[current];
        stretch.voicemail = false;
        match stretch
            .attempts
            .iter_mut()
            .find(|a| a.line.user == line.user)
        {
            Some(attempt) => {
                if attempt.queue.is_none() {
                    attempt.queue.clone_from(queue);
                }
            }
            None => stretch.attempts.push(Attempt::new(line, queue.clone(), at)),
        }
        current
    }

    /// The attempt on a user in a stretch.
    pub fn attempt(&mut self, stretch: usize, user: &str) -> Option<&mut Attempt> {
        self.stretches
            .get_mut(stretch)?
            .attempts
            .iter_mut()
            .find(|attempt| &*attempt.line.user == user)
    }

    /// The latest stretch with an attempt on a user.
    pub fn latest(&self, user: &str) -> Option<usize> {
        let reached = |stretch: &Stretch| stretch.attempts.iter().any(|a| &*a.line.user == user);
        self.stretches.iter().rposition(reached)
    }

    /// The latest attempt on a user.
    pub fn latest_attempt(&mut self, user: &str) -> Option<&mut Attempt> {
        self.attempt(self.latest(user)?, user)
    }

    /// Among the lines of a device, the one this call is about.
    pub fn pick<'a>(&self, lines: &'a [Line]) -> Option<&'a Line> {
        let reached = |line: &Line| {
            self.stretches
                .iter()
                .rev()
                .flat_map(|stretch| &stretch.attempts)
                .any(|attempt| attempt.line == *line)
        };
        lines
            .iter()
            .find(|line| reached(line))
            .or_else(|| lines.first())
    }

    /// A user's answer, if it answered.
    pub fn answer(&mut self, user: &str) -> Option<&mut Answer> {
        self.answers.iter_mut().find(|a| &*a.line.user == user)
    }

    /// Adds a step, once.
    pub fn step(&mut self, user: &Arc<str>, step: Step) {
        let entry = (user.clone(), step);
        if !self.steps.contains(&entry) {
            self.steps.push(entry);
        }
    }

    /// The caller hung up, perhaps as the cancelled dial already told.
    pub fn hang_up(&mut self, sequence: u64) {
        let since = self.cancelled.unwrap_or(sequence);
        self.hung_up.get_or_insert(since);
    }
}

fn set(old: &mut String, new: &str) {
    if old != new {
        new.clone_into(old);
    }
}
