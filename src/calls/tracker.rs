//! The tracker: events in, call records out.
//!
//! What the words mean stands in the module above.

use super::call::Call;
use super::channel::{CallId, ChannelId, Channels, Few, Kind};
use super::conversation::Bridges;
use super::decide;
use super::dialplan::ends_call;
use super::directory::Directory;
use super::event::{Event, EventKind, Snapshot, state};
use super::explain::{self, Explanation};
use super::pattern::Pattern;
use super::record::{Timestamp, Update};
use super::ringing::{Ringing, Rings};
use crate::config::settings::{AnsweredElsewhere, UnansweredGroup};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The settings that decide what a call becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Callers that are colleagues.
    pub internal_callers: Vec<Pattern>,
    /// Whose lost call is it when a whole group stays unanswered.
    pub unanswered_group: UnansweredGroup,
    /// A user whose phone rang in vain while somebody else answered.
    pub answered_elsewhere: AnsweredElsewhere,
    /// Asterisk's system name, the first part of references; may be empty.
    pub system_name: String,
}

/// Follows all channels and says which calls became what.
///
/// Events may be missing, doubled or late. Memory is bounded by the channels that exist,
/// and a fixed number of names of channels that ended.
#[derive(Debug, Default)]
pub struct Tracker {
    pub(super) channels: Channels,
    pub(super) bridges: Bridges,
    /// Boxed, for a table that grows moves what is in it.
    pub(super) calls: FxHashMap<CallId, Box<Call>>,
    /// The callers' linkedids.
    pub(super) linked: FxHashMap<Arc<str>, CallId>,
    pub(super) rings: Rings,
    sequence: u64,
    /// Of the calls that ended, if anybody wants to know.
    explanations: Option<Vec<Explanation>>,
}

/// What handling an event has at hand.
pub(super) struct Now<'a> {
    pub at: Timestamp,
    pub sequence: u64,
    pub directory: &'a Directory,
    pub rules: &'a Rules,
    pub updates: Vec<Update>,
}

impl Tracker {
    /// A tracker that knows of no channel.
    pub fn new() -> Tracker {
        Tracker::default()
    }

    /// A tracker that can also say why: see [`Tracker::explanations`].
    pub fn explaining() -> Tracker {
        Tracker {
            explanations: Some(Vec::new()),
            ..Tracker::default()
        }
    }

    /// Takes the explanations of the calls that have ended since the last time; none unless made
    /// by [`Tracker::explaining`].
    pub fn explanations(&mut self) -> Vec<Explanation> {
        self.explanations
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Takes whose phones have begun to ring since the last time.
    pub fn ringing(&mut self) -> Vec<Ringing> {
        self.rings.take()
    }

    /// Takes the next event; returns what it decides.
    pub fn handle(&mut self, event: &Event, directory: &Directory, rules: &Rules) -> Vec<Update> {
        let mut now = self.now(event.at, directory, rules);
        match &event.kind {
            EventKind::Channel(snapshot) => {
                self.see(snapshot, &mut now);
            }
            EventKind::Gone(snapshot) => self.gone(snapshot, &mut now),
            EventKind::HangupRequest(snapshot) => {
                // The dialplan's own end asks for it too, when all has been tried.
                let by_dialplan = ends_call(&snapshot.application);
                let Some(id) = self.see(snapshot, &mut now) else {
                    return now.updates;
                };
                if let Some(channel) = self.channels.get_mut(id)
                    && channel.dialled_by.is_some()
                    && channel.leg.answered.is_none()
                {
                    channel.leg.deaf = true;
                }
                if !by_dialplan && let Some(call) = self.calls.get_mut(&id) {
                    call.left_queue = snapshot.application == "Queue";
                    call.hang_up(now.sequence);
                }
            }
            EventKind::Dial {
                caller,
                peer,
                forwarded,
                status,
                forward,
                dialstring,
            } => {
                let caller = caller
                    .as_ref()
                    .and_then(|caller| self.know(caller, &mut now));
                let forwards = !forward.is_empty();
                self.dial(caller, peer, status, dialstring, forwards, &mut now);
                if forwards {
                    self.forward(caller, peer, forwarded.as_deref(), forward, &mut now);
                }
            }
            EventKind::Enter { bridge, channel } => {
                if let Some(id) = self.know(channel, &mut now) {
                    let before = self.callers_near(id);
                    self.bridges.enter(bridge, id, &mut self.channels);
                    self.refresh(id, before, &mut now);
                }
            }
            EventKind::Leave { bridge, channel } => {
                if let Some(id) = self.channels.find(&channel.uniqueid) {
                    self.leave(id, Some(&bridge.id), &mut now);
                }
            }
            // The answered dial and the meeting of the two say it all.
            EventKind::Pickup { .. } => {}
            EventKind::BlindTransfer {
                transferer,
                transferee,
                context,
                exten,
            } => self.blind_transfer(transferer, transferee.as_ref(), context, exten, &mut now),
            EventKind::AttendedTransfer {
                transferer,
                second,
                transferee,
                target,
            } => self.attended_transfer(
                transferer,
                second,
                transferee.as_deref(),
                target.as_deref(),
                &mut now,
            ),
        }
        now.updates
    }

    /// Ends every channel that no longer exists: for calls whose end event was missed.
    /// `is_alive` is asked with the uniqueid. Such a call's answers end when the user was
    /// seen to leave, or at no known time.
    pub fn sweep(
        &mut self,
        mut is_alive: impl FnMut(&str) -> bool,
        now: Timestamp,
        directory: &Directory,
        rules: &Rules,
    ) -> Vec<Update> {
        let mut dead: Vec<(ChannelId, Arc<str>)> = self
            .channels
            .iter()
            .filter(|(_, channel)| !is_alive(&channel.uniqueid))
            .map(|(id, channel)| (id, channel.uniqueid.clone()))
            .collect();
        dead.sort_unstable();
        let mut now = self.now(now, directory, rules);
        // Callers first: that their colleagues' legs are found dead is no sign of when they
        // left.
        dead.sort_by_key(|(id, _)| !self.calls.contains_key(id));
        for (id, uniqueid) in dead {
            self.leg_gone(id, &mut now);
            self.close(id, None, &mut now);
            self.forget(id, &uniqueid, &mut now);
        }
        now.updates
    }

    /// Channels it remembers; zero when all are gone.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Outside calls in progress.
    pub fn calls_in_progress(&self) -> usize {
        self.calls.len()
    }

    fn now<'a>(&mut self, at: Timestamp, directory: &'a Directory, rules: &'a Rules) -> Now<'a> {
        self.sequence += 1;
        Now {
            at,
            sequence: self.sequence,
            directory,
            rules,
            updates: Vec::new(),
        }
    }

    /// Takes a snapshot as the channel's present state. `None`: it is gone already.
    fn see(&mut self, snapshot: &Snapshot, now: &mut Now) -> Option<ChannelId> {
        let (id, changes) = self.channels.update(snapshot, now.sequence)?;
        if changes.new {
            self.appear(id, snapshot, true, now);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.last_event = now.at;
            call.learn(snapshot);
            if changes.linkedid {
                let linkedid = self.channels.get(id)?.linkedid.clone();
                if !call.linkedids.contains(&linkedid) {
                    call.linkedids.push(linkedid.clone());
                }
                self.linked.insert(linkedid, id);
            }
        }
        if let Some(channel) = self.channels.get_mut(id)
            && !channel.over
            && (changes.place || changes.application)
        {
            if let Some(call) = self.calls.get_mut(&id) {
                call.cancelled = None;
            }
            if self.calls.contains_key(&id) || channel.is_local() {
                channel.stand(changes.place, changes.application, now.directory);
            }
        }
        if changes.ringing {
            self.ring(id, now);
        }
        let was_there = changes.new && snapshot.state == state::UP;
        if (changes.place || changes.application) && !was_there {
            self.moved(id, changes.application, now);
        }
        Some(id)
    }

    /// The channel of a snapshot that may be older than what we know: it counts only if the
    /// channel is new to us. `None`: it is gone already.
    pub(super) fn know(&mut self, snapshot: &Snapshot, now: &mut Now) -> Option<ChannelId> {
        match self.channels.find(&snapshot.uniqueid) {
            Some(id) => Some(id),
            None => self.see(snapshot, now),
        }
    }

    /// A channel is new to us. `may_call`: nothing says that somebody dialled it.
    pub(super) fn appear(
        &mut self,
        id: ChannelId,
        snapshot: &Snapshot,
        may_call: bool,
        now: &mut Now,
    ) {
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        // A channel that is talking when we first see it was there before us; its linkedid
        // may have changed since it began.
        let was_there = !snapshot.bridge.is_empty() && snapshot.state == state::UP;
        let started_it = snapshot.uniqueid == snapshot.linkedid || was_there;
        let is_ours = !now.directory.lines_of_device(channel.device()).is_empty();
        if may_call && channel.kind == Kind::Phone && started_it && !snapshot.outgoing && !is_ours {
            let uniqueid = channel.uniqueid.clone();
            let mut call = Box::new(Call::new(snapshot, now.at));
            let device = channel.device();
            call.is_colleague = now
                .directory
                .is_colleague(device, call.caller.sent_number());
            call.linkedids.push(uniqueid.clone());
            self.linked.insert(uniqueid, id);
            self.calls.insert(id, call);
            if snapshot.state == state::UP
                && let Some(channel) = self.channels.get_mut(id)
            {
                // Nobody knows what was before: where it is now may be where it was answered.
                channel.visited = true;
            }
        }
        if !snapshot.bridge.is_empty() {
            self.bridges.join(&snapshot.bridge, id, &mut self.channels);
            self.refresh(id, Few::new(), now);
        }
    }

    /// What looked like a caller was dialled: no call of its own, unless somebody answered.
    pub(super) fn no_caller(&mut self, id: ChannelId) {
        if self.calls.get(&id).is_some_and(|c| c.answers.is_empty()) {
            self.end(id);
        }
    }

    fn gone(&mut self, snapshot: &Snapshot, now: &mut Now) {
        if let Some(id) = self.channels.find(&snapshot.uniqueid) {
            if let Some(channel) = self.channels.get_mut(id)
                && snapshot.cause != 0
            {
                channel.cause = snapshot.cause;
            }
            if let Some(call) = self.calls.get_mut(&id) {
                call.last_event = now.at;
                if let Some(cancelled) = call.cancelled {
                    call.hang_up(cancelled);
                }
            }
            self.leg_gone(id, now);
            self.close(id, Some(now.at), now);
            self.forget(id, &snapshot.uniqueid, now);
        } else {
            self.channels.remove(&snapshot.uniqueid);
        }
    }

    /// Removes a channel whose events are all handled.
    fn forget(&mut self, id: ChannelId, uniqueid: &str, now: &mut Now) {
        self.leave(id, None, now);
        self.channels.remove(uniqueid);
        if self.channels.len() == 0 {
            // Tables keep the size of the busiest hour otherwise.
            self.channels.release();
            self.bridges = Bridges::default();
            self.calls = FxHashMap::default();
            self.linked = FxHashMap::default();
        }
    }

    fn end(&mut self, id: CallId) -> Option<Box<Call>> {
        let call = self.calls.remove(&id)?;
        for linkedid in &call.linkedids {
            if self.linked.get(linkedid) == Some(&id) {
                self.linked.remove(linkedid);
            }
        }
        Some(call)
    }

    /// Ends the call whose caller a channel is.
    fn close(&mut self, id: CallId, end: Option<Timestamp>, now: &mut Now) {
        let Some(call) = self.end(id) else {
            return;
        };
        // What was told as begun must end, even if the caller turns out to be a colleague.
        let records = if call.told || !is_internal(&call, now.rules) {
            decide::records(&call, end, now.rules)
        } else {
            Vec::new()
        };
        if let Some(explanations) = &mut self.explanations {
            explanations.push(explain::explain(&call, &records, now.rules));
        }
        now.updates.extend(records.into_iter().map(Update::Closed));
    }
}

/// Is the caller a colleague? Who withholds the number is none by a number.
pub(super) fn is_internal(call: &Call, rules: &Rules) -> bool {
    let number = call.caller.number();
    let mut patterns = rules.internal_callers.iter();
    call.is_colleague
        || !call.caller.is_withheld() && patterns.any(|pattern| pattern.matches(number))
}
