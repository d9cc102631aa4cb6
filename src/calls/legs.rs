//! Dials and extensions: which users a call reaches, and what becomes of their legs.

use super::channel::{CallId, ChannelId};
use super::decide;
use super::dialplan::{dialled_devices, first_argument, is_outside};
use super::directory::Line;
use super::event::Snapshot;
use super::record::{Reason, Step};
use super::tracker::{Now, Tracker};
use std::sync::Arc;

/// How long a chain of dials and Local channels may be; longer ones are loops.
const CHAIN: usize = 64;

impl Tracker {
    /// The call for which a channel works, and whether a chain of dials says so. A linkedid
    /// alone is weaker: consultations of those who talk with the caller have it, too.
    pub(super) fn call_of(&mut self, id: ChannelId) -> Option<(CallId, bool)> {
        let mut at = id;
        let mut came_from = None;
        for _ in 0..CHAIN {
            if self.calls.contains_key(&at) {
                return self.tie(id, at);
            }
            let channel = self.channels.get(at)?;
            if let Some(call) = channel.call.filter(|call| self.calls.contains_key(call)) {
                return self.tie(id, call);
            }
            let pair = self
                .channels
                .pair(at)
                .filter(|pair| came_from != Some(*pair));
            let Some(next) = channel.dialled_by.or(pair) else {
                break;
            };
            if self.channels.get(next).is_none() {
                break;
            }
            came_from = Some(at);
            at = next;
        }
        let linkedid = &self.channels.get(id)?.linkedid;
        Some((*self.linked.get(linkedid)?, false))
    }

    fn tie(&mut self, id: ChannelId, call: CallId) -> Option<(CallId, bool)> {
        self.channels.get_mut(id)?.call = Some(call);
        Some((call, true))
    }

    /// The call that a channel's doings count for: a weak tie counts only while the caller
    /// is not in a bridge, where it would be somebody else's doing.
    fn counts_for(&mut self, id: ChannelId) -> Option<CallId> {
        let (call, firm) = self.call_of(id)?;
        let caller = self.channels.get(call)?;
        (firm || caller.bridge.is_none()).then_some(call)
    }

    /// Since when (sequence number) a channel's doings for its call began.
    fn since(&self, id: ChannelId, now: &Now) -> u64 {
        let Some(channel) = self.channels.get(id).filter(|c| c.is_local()) else {
            return now.sequence;
        };
        let pair = self
            .channels
            .pair(id)
            .and_then(|pair| self.channels.get(pair));
        pair.map_or(channel.since, |pair| pair.since.max(channel.since))
    }

    /// A caller's or Local channel's place in the dialplan changed, or its application.
    pub(super) fn moved(&mut self, id: ChannelId, application: bool, now: &mut Now) {
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        let is_caller = self.calls.contains_key(&id);
        if !is_caller && !channel.is_local() {
            return;
        }
        let Some(call_id) = self.counts_for(id) else {
            return;
        };
        let since = self.since(id, now);
        let (Some(channel), Some(call)) = (self.channels.get(id), self.calls.get_mut(&call_id))
        else {
            return;
        };
        let app = channel.application.as_str();
        let works = application && matches!(app, "Dial" | "Queue");
        if is_caller && works && channel.exten != "h" {
            // It was no hang-up: the caller was redirected.
            call.hung_up = None;
        }
        if call.hung_up.is_some() {
            return;
        }
        if works {
            call.queue = match app {
                "Queue" => Some(first_argument(&channel.data).to_owned()),
                _ => ring_group(&channel.data, &channel.exten, now).or(call.queue.take()),
            };
        }
        self.visit(id, call_id, since, now);
        let (Some(channel), Some(call)) = (self.channels.get(id), self.calls.get_mut(&call_id))
        else {
            return;
        };
        if works && channel.application == "Dial" {
            for device in dialled_devices(&channel.data) {
                if let Some(line) = call.pick(now.directory.lines_of_device(device)) {
                    let stretch = call.reach(line, since);
                    if let Some(attempt) = call.attempt(stretch, &line.user) {
                        attempt.dialled = true;
                    }
                }
            }
        } else if application && channel.application.eq_ignore_ascii_case("VoiceMail") {
            let current = call.current();
            call.stretches[current].voicemail = true;
        }
    }

    /// Counts the extension at which a channel is, if it is a user's.
    fn visit(&mut self, id: ChannelId, call_id: CallId, since: u64, now: &mut Now) {
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return;
        };
        let place = (&channel.context, &channel.exten);
        let expected = id == call_id
            && channel.bridge.is_none()
            && call.expected.as_ref().map(|(c, e)| (c, e)) == Some(place);
        if expected {
            call.expected = None;
        } else if std::mem::replace(&mut channel.visited, true) {
            return;
        }
        channel.visited = true;
        let Some(line) = now
            .directory
            .line_of_extension(&channel.context, &channel.exten)
        else {
            return;
        };
        if id == call_id {
            let been = call
                .visited
                .iter()
                .any(|(c, e)| (c, e) == (&channel.context, &channel.exten));
            if !been {
                call.visited
                    .push((channel.context.clone(), channel.exten.clone()));
            } else if !expected && !call.is_unanswered() {
                // After an answer, a return from a subroutine is no new arrival.
                return;
            }
        }
        call.reach(line, since);
    }

    /// A dial begins, goes on or ends.
    pub(super) fn dial(
        &mut self,
        caller: Option<ChannelId>,
        peer: &Snapshot,
        status: &str,
        dialstring: &str,
        forwards: bool,
        now: &mut Now,
    ) {
        let Some((id, changes)) = self.dialled_channel(peer, now) else {
            return;
        };
        let is_end = !matches!(
            status,
            "" | "RINGING" | "PROCEEDING" | "PROGRESS" | "ANSWER"
        );
        if let Some(caller) = caller {
            if is_end && !self.is_dialled_by(id, caller) && self.works_for_another(id, caller) {
                return;
            }
            self.connect(id, caller, status.is_empty(), now);
        }
        if let Some(channel) = self.channels.get_mut(id)
            && !dialstring.is_empty()
        {
            dialstring.clone_into(&mut channel.dialstring);
        }
        self.inherit_forward(id);
        let for_call = self.join(id, now);
        if let Some(call) = for_call.and_then(|call| self.calls.get_mut(&call)) {
            call.last_event = now.at;
        }
        if changes || matches!(status, "RINGING" | "PROGRESS") {
            self.ring(id, now);
        }
        if let Some(channel) = self.channels.get_mut(id)
            && status == "ANSWER"
            && channel.leg.answered.is_none()
        {
            channel.leg.answered = Some((now.at, for_call));
        }
        if is_end {
            let first_end = self.channels.get(id).is_some_and(|c| !c.leg.ended);
            if let Some(call) = caller.and_then(|caller| self.calls.get_mut(&caller))
                && status == "CANCEL"
                && first_end
                && !forwards
                && call.is_unanswered()
            {
                call.cancelled.get_or_insert(now.sequence);
            }
            self.leg_ended(id, status, now);
        }
    }

    /// The channel of a dialled peer, and whether it just began to ring.
    fn dialled_channel(&mut self, peer: &Snapshot, now: &mut Now) -> Option<(ChannelId, bool)> {
        let id = match self.channels.find(&peer.uniqueid) {
            Some(id) => {
                self.no_caller(id);
                id
            }
            None => {
                let (id, _) = self.channels.update(peer, now.sequence)?;
                self.appear(id, peer, false, now);
                id
            }
        };
        let channel = self.channels.get_mut(id)?;
        let rings = peer.state == super::event::state::RINGING && channel.state != peer.state;
        channel.state = peer.state;
        if peer.cause != 0 {
            channel.cause = peer.cause;
        }
        Some((id, rings))
    }

    fn is_dialled_by(&self, id: ChannelId, caller: ChannelId) -> bool {
        self.channels.get(id).and_then(|c| c.dialled_by) == Some(caller)
    }

    /// The leg is tied to a call, and `caller` has none.
    fn works_for_another(&mut self, id: ChannelId, caller: ChannelId) -> bool {
        let firm = |found: Option<(CallId, bool)>| found.is_some_and(|(_, firm)| firm);
        let tied = self.call_of(id);
        let other = self.call_of(caller);
        firm(tied) && !firm(other)
    }

    /// `caller` dials the channel.
    fn connect(&mut self, id: ChannelId, caller: ChannelId, begins: bool, now: &mut Now) {
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        if channel.dialled_by == Some(caller) || id == caller {
            return;
        }
        channel.dialled_by = Some(caller);
        channel.call = None;
        channel.since = now.sequence;
        channel.leg.ended = false;
        let before = channel.leg.joined.take();
        self.unjoin(before);
        if begins && let Some(call) = self.calls.get_mut(&caller) {
            call.hung_up = None;
        }
        if let Some(pair) = self.channels.pair(id) {
            self.moved(pair, true, now);
        }
        self.moved(id, true, now);
    }

    /// Makes a leg to a user's device part of an attempt. Returns the call it counts for.
    pub(super) fn join(&mut self, id: ChannelId, now: &mut Now) -> Option<CallId> {
        let call_id = self.counts_for(id)?;
        let channel = self.channels.get(id)?;
        let from = channel.dialled_by.unwrap_or(id);
        let since = self.since(from, now);
        let channel = self.channels.get_mut(id)?;
        let call = self.calls.get_mut(&call_id)?;
        let lines = now.directory.lines_of_device(channel.device());
        let talking = call.talkers.iter().any(|talker| talker.channel == id);
        let Some(line) = call.pick(lines).filter(|_| !talking && !channel.leg.ended) else {
            return Some(call_id);
        };
        if channel.leg.joined.as_ref().map(|(call, ..)| *call) != Some(call_id) {
            let stretch = call.reach(line, since);
            let attempt = call.attempt(stretch, &line.user)?;
            attempt.dialled = true;
            attempt.live += 1;
            if let Some(rang) = channel.leg.rang {
                attempt.ring(rang, now.sequence);
            }
            let joined = (call_id, stretch, line.user.clone());
            let before = channel.leg.joined.replace(joined);
            self.unjoin(before);
        }
        Some(call_id)
    }

    /// A leg is no longer part of an attempt.
    fn unjoin(&mut self, joined: Option<(CallId, usize, Arc<str>)>) {
        if let Some((call, stretch, user)) = joined
            && let Some(call) = self.calls.get_mut(&call)
            && let Some(attempt) = call.attempt(stretch, &user)
        {
            attempt.live = attempt.live.saturating_sub(1);
        }
    }

    /// A leg rings.
    pub(super) fn ring(&mut self, id: ChannelId, now: &mut Now) {
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        if channel.leg.rang.is_some() {
            return;
        }
        channel.leg.rang = Some(now.at);
        if let Some((call, stretch, user)) = &channel.leg.joined
            && let Some(attempt) = self
                .calls
                .get_mut(call)
                .and_then(|call| call.attempt(*stretch, user))
        {
            attempt.ring(now.at, now.sequence);
        }
    }

    /// The first end of a leg tells why; Asterisk may report more.
    fn leg_ended(&mut self, id: ChannelId, status: &str, now: &mut Now) {
        let Some(channel) = self.channels.get_mut(id) else {
            return;
        };
        if channel.leg.ended {
            return;
        }
        channel.leg.ended = true;
        channel.leg.vague = channel.cause == 0 && status == "NOANSWER";
        let reason = decide::why(status, channel);
        self.settle(id, reason, now);
    }

    /// The channel of a leg is gone: its end, if none was seen.
    pub(super) fn leg_gone(&mut self, id: ChannelId, now: &mut Now) {
        self.leg_ended(id, "", now);
        let Some(channel) = self.channels.get(id).filter(|c| c.leg.vague) else {
            return;
        };
        let reason = decide::why("NOANSWER", channel);
        let Some((call, stretch, user)) = &channel.leg.joined else {
            return;
        };
        if matches!(reason, Reason::Rejected | Reason::Busy)
            && let Some(attempt) = self
                .calls
                .get_mut(call)
                .and_then(|call| call.attempt(*stretch, user))
        {
            attempt.note(reason);
        }
    }

    /// Books a leg's end on the attempt it belongs to, and on that of the user whose phone
    /// forwarded to it.
    fn settle(&mut self, id: ChannelId, reason: Reason, now: &Now) {
        let forwarder_call = self.call_of(id).map(|(call, _)| call);
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        if let Some((call, stretch, user)) = &channel.leg.joined
            && let Some(attempt) = self
                .calls
                .get_mut(call)
                .and_then(|call| call.attempt(*stretch, user))
        {
            attempt.live = attempt.live.saturating_sub(1);
            attempt.end(reason, now.sequence);
        }
        if let Some(line) = &channel.forwarded_for
            && let Some(call) = forwarder_call.and_then(|call| self.calls.get_mut(&call))
            && let Some(attempt) = call.latest_attempt(&line.user)
        {
            if channel.is_target {
                attempt.live = attempt.live.saturating_sub(1);
            }
            attempt.end(reason, now.sequence);
        }
    }

    /// A phone forwards: what comes in its place acts for it.
    pub(super) fn forward(
        &mut self,
        caller: Option<ChannelId>,
        peer: &Snapshot,
        target: Option<&Snapshot>,
        to: &str,
        now: &mut Now,
    ) {
        let Some(id) = self.channels.find(&peer.uniqueid) else {
            return;
        };
        let target = target.and_then(|target| self.dialled_channel(target, now));
        if let Some((target, _)) = target
            && let Some(caller) = caller
        {
            self.connect(target, caller, false, now);
        }
        let call = self.counts_for(id);
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        let lines = now.directory.lines_of_device(channel.device());
        let call = call.and_then(|call| self.calls.get_mut(&call));
        let line = call
            .as_ref()
            .and_then(|call| call.pick(lines))
            .or(channel.forwarded_for.as_ref())
            .cloned();
        let Some(line) = line else {
            return;
        };
        if let Some(call) = call {
            call.step(&line.user, Step::ForwardedTo { to: to.into() });
            if let Some(attempt) = call.latest_attempt(&line.user) {
                attempt.forwarded = true;
                attempt.live += u32::from(target.is_some());
            }
        }
        if let Some((target, _)) = target {
            self.act_for(target, &line);
        }
    }

    /// The target of a forward, and what it dialled already, act for a line.
    fn act_for(&mut self, target: ChannelId, line: &Line) {
        if let Some(channel) = self.channels.get_mut(target) {
            channel.forwarded_for = Some(line.clone());
            channel.is_target = true;
        }
        let below: Vec<ChannelId> = self
            .channels
            .pair(target)
            .into_iter()
            .chain(
                self.channels
                    .iter()
                    .filter(|(_, c)| c.dialled_by.is_some())
                    .map(|(id, _)| id),
            )
            .collect();
        for id in below {
            self.inherit_forward(id);
        }
    }

    /// The line for which a Local channel on the way to a leg stands: one that a hint names,
    /// or that is called like the extension and leads to an outside number.
    pub(super) fn acts_for(&self, id: ChannelId, now: &Now) -> Option<Line> {
        let outside = is_outside(&self.channels.get(id)?.dialstring);
        let mut at = id;
        let mut came_from = None;
        for _ in 0..CHAIN {
            let channel = self.channels.get(at)?;
            if channel.is_local() {
                let (lines, hinted) = now.directory.lines_of_local(channel.device());
                if let Some(line) = lines.first().filter(|_| hinted || outside) {
                    return Some(line.clone());
                }
            }
            let pair = self
                .channels
                .pair(at)
                .filter(|pair| came_from != Some(*pair));
            let next = channel.dialled_by.or(pair)?;
            came_from = Some(at);
            at = next;
        }
        None
    }

    /// Finds out whether a leg descends from a forward.
    pub(super) fn inherit_forward(&mut self, id: ChannelId) {
        let mut at = id;
        let mut came_from = None;
        for _ in 0..CHAIN {
            let Some(channel) = self.channels.get(at) else {
                return;
            };
            if let Some(line) = &channel.forwarded_for {
                let line = line.clone();
                if let Some(channel) = self.channels.get_mut(id) {
                    channel.forwarded_for = Some(line);
                }
                return;
            }
            let pair = self
                .channels
                .pair(at)
                .filter(|pair| came_from != Some(*pair));
            let Some(next) = channel.dialled_by.or(pair) else {
                return;
            };
            came_from = Some(at);
            at = next;
        }
    }
}

/// The extension of a ring group: `Dial` with several devices that are not all one user's.
fn ring_group(data: &str, exten: &str, now: &Now) -> Option<String> {
    let users = |device| {
        let lines = now.directory.lines_of_device(device);
        lines.first().map(|line| line.user.clone())
    };
    let mut devices = dialled_devices(data).map(users);
    let first = devices.next()?;
    let group = devices.any(|user| user.is_none() || user != first);
    (group && !matches!(exten, "" | "s")).then(|| exten.to_owned())
}
