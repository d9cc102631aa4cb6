//! Forwards, and Local channels that stand for a phone: who acts for whom.

use super::channel::ChannelId;
use super::dialplan::is_outside;
use super::directory::Line;
use super::event::Snapshot;
use super::reach::CHAIN;
use super::record::Step;
use super::tracker::{Now, Tracker};

impl Tracker {
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
            }
        }
        if let Some((target, _)) = target
            && let Some(channel) = self.channels.get_mut(target)
        {
            channel.forwarded_for = Some(line);
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
