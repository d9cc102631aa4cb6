//! Dialled legs: which attempt they belong to, how they ring and end.

use super::channel::{CallId, ChannelId};
use super::decide;
use super::event::{Snapshot, state};
use super::record::Reason;
use super::tracker::{Now, Tracker};
use std::sync::Arc;

impl Tracker {
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
            self.connect(id, caller, status.is_empty(), now);
        }
        if let Some(channel) = self.channels.get_mut(id)
            && !dialstring.is_empty()
        {
            dialstring.clone_into(&mut channel.dialstring);
        }
        self.inherit_forward(id);
        let for_call = self.join(id, now);
        if !is_end {
            self.forward_by_dialplan(id, now);
        }
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
    pub(super) fn dialled_channel(
        &mut self,
        peer: &Snapshot,
        now: &mut Now,
    ) -> Option<(ChannelId, bool)> {
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
        let rings = peer.state == state::RINGING && channel.state != peer.state;
        channel.state = peer.state;
        if peer.cause != 0 {
            channel.cause = peer.cause;
        }
        Some((id, rings))
    }

    /// `caller` dials the channel.
    pub(super) fn connect(
        &mut self,
        id: ChannelId,
        caller: ChannelId,
        begins: bool,
        now: &mut Now,
    ) {
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
        // What a dialplan had forwarded is whose dial takes it over.
        let forwarded = channel.by_dialplan.take();
        if forwarded.is_some() {
            channel.forwarded_for = None;
        }
        self.unjoin(before);
        self.unjoin(forwarded);
        if begins && let Some(call) = self.calls.get_mut(&caller) {
            call.hung_up = None;
        }
        if let Some(pair) = self.channels.pair(id) {
            self.moved(pair, true, now);
        }
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
        let Some(line) = call.pick(lines).filter(|_| !talking) else {
            return Some(call_id);
        };
        if channel.leg.joined.as_ref().map(|(call, ..)| *call) != Some(call_id) {
            let stretch = call.reach(line, since, now.at);
            call.caller.settle();
            let attempt = call.attempt(stretch, &line.user)?;
            attempt.dialled = true;
            attempt.live += 1;
            if let Some(rang) = channel.leg.rang {
                attempt.ring(rang, now.sequence);
                self.rings.note(call, &line.user, now.rules);
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
        if let Some((id, stretch, user)) = &channel.leg.joined
            && let Some(call) = self.calls.get_mut(id)
            && let Some(attempt) = call.attempt(*stretch, user)
        {
            attempt.ring(now.at, now.sequence);
            self.rings.note(call, user, now.rules);
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

    /// Books a leg's end on the attempt it belongs to, and on that of the user whose phone or
    /// extension forwarded to it.
    fn settle(&mut self, id: ChannelId, reason: Reason, now: &Now) {
        let forwarder_call = self.call_of(id).map(|(call, _)| call);
        let Some(channel) = self.channels.get(id) else {
            return;
        };
        let joined = channel.leg.joined.is_some();
        if let Some((call, stretch, user)) = &channel.leg.joined
            && let Some(attempt) = self
                .calls
                .get_mut(call)
                .and_then(|call| call.attempt(*stretch, user))
        {
            attempt.live = attempt.live.saturating_sub(1);
            attempt.end(reason, now.at, now.sequence);
        }
        if let Some((call, stretch, user)) = &channel.by_dialplan {
            if let Some(call) = self.calls.get_mut(call)
                && let Some(attempt) = call.attempt(*stretch, user)
            {
                attempt.live = attempt.live.saturating_sub(1);
                attempt.end_elsewhere(reason, now.sequence);
            }
        } else if let Some(line) = &channel.forwarded_for {
            if let Some(call) = forwarder_call.and_then(|call| self.calls.get_mut(&call))
                && let Some(attempt) = call.latest_attempt(&line.user)
            {
                attempt.end(reason, now.at, now.sequence);
            }
        } else if channel.is_local() && !joined {
            self.settle_inner(id, reason, now);
        }
    }
}
