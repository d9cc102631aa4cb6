//! The way from a leg to the call it is part of: along dials and Local pairs.

use super::channel::{CallId, ChannelId, Channels};
use super::tracker::Tracker;

/// How long a chain of dials and Local channels may be; longer ones are loops.
const LONGEST: usize = 64;

impl Channels {
    /// The channel, who dialled it, who dialled that one, and so on. The halves of a Local channel
    /// follow each other: what the second half does was dialled by whoever dialled the first.
    pub fn chain(&self, id: ChannelId) -> Chain<'_> {
        Chain {
            channels: self,
            next: Some(id),
            before: None,
            left: LONGEST,
        }
    }
}

/// See [`Channels::chain`].
pub(super) struct Chain<'a> {
    channels: &'a Channels,
    next: Option<ChannelId>,
    before: Option<ChannelId>,
    left: usize,
}

impl Iterator for Chain<'_> {
    type Item = ChannelId;

    fn next(&mut self) -> Option<ChannelId> {
        let id = self.next.take()?;
        let channel = self.channels.get(id)?;
        self.left -= 1;
        if self.left > 0 {
            let pair = self.channels.pair(id).filter(|_| channel.is_local());
            let pair = pair.filter(|pair| self.before != Some(*pair));
            self.next = channel.dialled_by.or(pair);
        }
        self.before = Some(id);
        Some(id)
    }
}

impl Tracker {
    /// The call for which a channel works, and whether a chain of dials says so. A linkedid
    /// alone is weaker: consultations of those who talk with the caller have it, too.
    pub(super) fn call_of(&mut self, id: ChannelId) -> Option<(CallId, bool)> {
        let known = |at: ChannelId| {
            if self.calls.contains_key(&at) {
                return Some(at);
            }
            let call = self.channels.get(at)?.call;
            call.filter(|call| self.calls.contains_key(call))
        };
        if let Some(call) = self.channels.chain(id).find_map(known) {
            self.channels.get_mut(id)?.call = Some(call);
            return Some((call, true));
        }
        let linkedid = &self.channels.get(id)?.linkedid;
        Some((*self.linked.get(linkedid)?, false))
    }

    /// The call that a channel's doings count for: a weak tie counts only while the caller is in
    /// no bridge, where it would be somebody else's doing, or waits on a shared line, whose
    /// stations Asterisk dials on nobody's behalf.
    pub(super) fn counts_for(&mut self, id: ChannelId) -> Option<CallId> {
        let (call, firm) = self.call_of(id)?;
        let caller = self.channels.get(call)?;
        let bridge = caller.bridge.as_deref();
        let alone = bridge.is_none_or(|bridge| self.bridges.is_shared_line(bridge));
        (firm || alone).then_some(call)
    }
}
