//! Who can hear whom: channels that meet in bridges, directly or across Local channels.

use super::channel::{CallId, Channel, ChannelId, Channels, Few};
use super::event::Bridge;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The bridges with somebody in them.
#[derive(Debug, Default)]
pub(super) struct Bridges(FxHashMap<Arc<str>, Members>);

#[derive(Debug, Default)]
struct Members {
    channels: Vec<ChannelId>,
    /// Channels wait here (parking, hold): they do not hear each other.
    holding: bool,
    /// Anybody may be here; only those who were called for the call count.
    conference: bool,
    /// A trunk and its stations meet here: whoever is here took the line.
    shared_line: bool,
}

impl Bridges {
    /// A channel enters; it leaves the one it was in.
    pub fn enter(&mut self, bridge: &Bridge, id: ChannelId, channels: &mut Channels) {
        let Some(channel) = channels.get_mut(id) else {
            return;
        };
        if channel.bridge.as_deref() != Some(&bridge.id) {
            let name = self.name(&bridge.id);
            if let Some(old) = channel.bridge.replace(name) {
                self.remove(&old, id);
            }
        }
        let Some(name) = &channel.bridge else {
            return;
        };
        let members = self.0.entry(name.clone()).or_default();
        if !members.channels.contains(&id) {
            members.channels.push(id);
        }
        members.holding = bridge.technology.starts_with("holding");
        let conference = bridge.creator.eq_ignore_ascii_case("ConfBridge");
        members.shared_line = conference && bridge.name.starts_with("SLA_");
        members.conference = conference && !members.shared_line;
    }

    /// A channel was in a bridge before we saw it; of what kind is known if others entered.
    pub fn join(&mut self, bridge: &str, id: ChannelId, channels: &mut Channels) {
        let Some(channel) = channels.get_mut(id) else {
            return;
        };
        if channel.bridge.is_none() {
            let name = self.name(bridge);
            channel.bridge = Some(name.clone());
            self.0.entry(name).or_default().channels.push(id);
        }
    }

    /// The id of a bridge, shared by all who are in it.
    fn name(&self, bridge: &str) -> Arc<str> {
        let known = self.0.get_key_value(bridge);
        known.map_or_else(|| bridge.into(), |(name, _)| name.clone())
    }

    /// A channel leaves the bridge it is in; a straggler of an earlier one changes nothing.
    pub fn leave(&mut self, bridge: Option<&str>, id: ChannelId, channels: &mut Channels) {
        let Some(channel) = channels.get_mut(id) else {
            return;
        };
        if bridge.is_some() && channel.bridge.as_deref() != bridge {
            return;
        }
        if let Some(old) = channel.bridge.take() {
            self.remove(&old, id);
        }
    }

    fn remove(&mut self, bridge: &str, id: ChannelId) {
        if let Some(members) = self.0.get_mut(bridge) {
            members.channels.retain(|member| *member != id);
            if members.channels.is_empty() {
                self.0.remove(bridge);
            }
        }
    }

    /// Is this where the trunk and the stations of a shared line meet?
    pub fn is_shared_line(&self, bridge: &str) -> bool {
        self.0
            .get(bridge)
            .is_some_and(|members| members.shared_line)
    }

    /// Does anybody hear who is in this bridge?
    pub fn is_open(&self, bridge: &str) -> bool {
        self.0.get(bridge).is_some_and(|members| !members.holding)
    }

    /// All channels that `from` can hear, without `from`. In conferences only those that
    /// `called` accepts.
    pub fn reach(
        &self,
        from: ChannelId,
        channels: &Channels,
        called: impl Fn(&Channel) -> bool,
    ) -> Few {
        let mut reached = Few::from_iter([from]);
        let mut next = 0;
        while let Some(&id) = reached.get(next) {
            next += 1;
            let Some(channel) = channels.get(id) else {
                continue;
            };
            if next > 1 && channel.leg.deaf {
                continue;
            }
            if next > 1
                && let Some(pair) = channels.pair(id)
                && !reached.contains(&pair)
            {
                reached.push(pair);
            }
            let Some(members) = channel.bridge.as_ref().and_then(|id| self.0.get(id)) else {
                continue;
            };
            if members.holding {
                continue;
            }
            for &member in &members.channels {
                let known = !members.conference
                    || channels
                        .get(member)
                        .is_some_and(|member| member.is_local() || called(member));
                if known && !reached.contains(&member) {
                    reached.push(member);
                }
            }
        }
        reached.swap_remove(0);
        reached
    }

    /// The persons in conversation with a call's caller.
    pub fn persons(&self, call: CallId, channels: &Channels) -> Few {
        let mut persons = self.reach(call, channels, |member| {
            // Page dials on nobody's behalf.
            let answered = member.leg.answered.and_then(|(_, call)| call);
            member.call == Some(call) || answered == Some(call)
        });
        persons.retain(|id| channels.get(*id).is_some_and(Channel::is_person));
        persons.sort_unstable();
        persons
    }
}
