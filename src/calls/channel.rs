//! The channels that exist: what was last said about each, and how they hang together.

use super::dialplan::number_behind_trunk;
use super::directory::Line;
use super::event::{Snapshot, state};
use super::record::Timestamp;
use super::stands::Stands;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// A channel, numbered in the order of appearance. A call has its caller's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ChannelId(u64);

/// The caller's channel stands for the call.
pub(super) type CallId = ChannelId;

/// Some channels: as a rule so few that they need no memory of their own.
pub(super) type Few = SmallVec<[ChannelId; 8]>;

/// What a channel leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A phone, a trunk: somebody may be there.
    Phone,
    /// One half of a Local channel: 0 or 1.
    Local(usize),
    /// Helpers of Asterisk and media of robots: nobody is there.
    Nobody,
}

/// The latest dial that created or reached the channel.
#[derive(Debug, Default)]
pub(super) struct Leg {
    /// First ring.
    pub rang: Option<Timestamp>,
    /// The dial was answered, and the call for which it had been made.
    pub answered: Option<(Timestamp, Option<CallId>)>,
    /// The dial is over.
    pub ended: bool,
    /// It ended without a hangup cause: a later one counts.
    pub vague: bool,
    /// Whoever is there had hung up before the dial was answered: nobody hears the caller.
    pub deaf: bool,
    /// It has met the caller who dialled it.
    pub met: bool,
    /// The attempt on a user that this leg is part of.
    pub joined: Option<(CallId, usize, Arc<str>)>,
}

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub uniqueid: Arc<str>,
    pub linkedid: Arc<str>,
    pub name: String,
    pub kind: Kind,
    pub state: u32,
    pub cause: i32,
    pub context: String,
    pub exten: String,
    pub application: String,
    pub data: String,
    pub bridge: Option<Arc<str>>,
    pub dialled_by: Option<ChannelId>,
    /// What was dialled, without the technology.
    pub dialstring: String,
    /// The call it was dialled for, as far as known.
    pub call: Option<CallId>,
    /// It takes the place of this line's phone, which forwarded.
    pub forwarded_for: Option<Line>,
    /// It was the extension's dialplan that forwarded, not the phone: in this attempt.
    pub by_dialplan: Option<(CallId, usize, Arc<str>)>,
    /// Sequence number of the event since which a Local channel works for its call.
    pub since: u64,
    /// Its present extension was counted as reached.
    pub visited: bool,
    /// It still is where it was dialled to.
    pub arrived: bool,
    /// Its dialplan is over: it is at `h`, or came from there.
    pub over: bool,
    /// The extension at which its dialplan is or was before it went into subroutines.
    pub number: String,
    /// For whom its dialplan acts.
    pub stands: Stands,
    pub leg: Leg,
    /// The call in which it took part in the conversation, and for which user.
    pub talked: Option<(CallId, Option<Arc<str>>)>,
}

/// What a snapshot changed.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Changes {
    pub new: bool,
    pub linkedid: bool,
    pub place: bool,
    pub application: bool,
    pub ringing: bool,
}

impl Channel {
    fn new(snapshot: &Snapshot, sequence: u64) -> Channel {
        let uniqueid: Arc<str> = snapshot.uniqueid.as_str().into();
        let starts = snapshot.linkedid == snapshot.uniqueid;
        Channel {
            linkedid: if starts {
                uniqueid.clone()
            } else {
                snapshot.linkedid.as_str().into()
            },
            uniqueid,
            name: snapshot.name.clone(),
            kind: kind(&snapshot.name),
            state: snapshot.state,
            cause: snapshot.cause,
            context: snapshot.context.clone(),
            exten: snapshot.exten.clone(),
            application: snapshot.application.clone(),
            data: snapshot.data.clone(),
            bridge: None,
            dialled_by: None,
            dialstring: String::new(),
            call: None,
            forwarded_for: None,
            by_dialplan: None,
            since: sequence,
            visited: false,
            arrived: true,
            over: snapshot.exten == "h",
            number: String::new(),
            stands: Stands::default(),
            leg: Leg::default(),
            talked: None,
        }
    }

    fn update(&mut self, snapshot: &Snapshot) -> Changes {
        let runs = !self.application.is_empty() || !snapshot.application.is_empty();
        let changes = Changes {
            new: false,
            linkedid: *self.linkedid != *snapshot.linkedid,
            place: replace(&mut self.context, &snapshot.context)
                | replace(&mut self.exten, &snapshot.exten),
            application: replace(&mut self.application, &snapshot.application)
                | replace(&mut self.data, &snapshot.data),
            ringing: snapshot.state == state::RINGING && self.state != state::RINGING,
        };
        if changes.linkedid {
            self.linkedid = snapshot.linkedid.as_str().into();
        }
        replace(&mut self.name, &snapshot.name);
        self.state = snapshot.state;
        if snapshot.cause != 0 {
            self.cause = snapshot.cause;
        }
        self.visited &= !changes.place;
        self.arrived &= !(changes.place && runs);
        self.over |= snapshot.exten == "h";
        changes
    }

    /// `PJSIP/100` of `PJSIP/100-00000001`.
    pub fn device(&self) -> &str {
        device(&self.name)
    }

    /// `100` of `Local/100@office-00000001;1`.
    pub fn endpoint(&self) -> &str {
        endpoint(&self.name)
    }

    /// The number outside the house that was dialled for this leg.
    pub fn outside_number(&self) -> Option<&str> {
        number_behind_trunk(&self.dialstring).filter(|_| self.kind == Kind::Phone)
    }

    /// Is somebody there who hears what is said?
    pub fn is_person(&self) -> bool {
        self.kind == Kind::Phone && !self.leg.deaf
    }

    pub fn is_local(&self) -> bool {
        matches!(self.kind, Kind::Local(_))
    }
}

fn replace(old: &mut String, new: &str) -> bool {
    let changed = old != new;
    if changed {
        old.clear();
        old.push_str(new);
    }
    changed
}

/// The device of a channel's name: `PJSIP/front-desk-0000001a` → `PJSIP/front-desk`.
pub(super) fn device(name: &str) -> &str {
    let name = name.split('<').next().unwrap_or_default();
    name.rsplit_once('-').map_or(name, |(device, _)| device)
}

/// The endpoint of a channel's name: `Local/100@office-00000001;1` → `100`.
pub(super) fn endpoint(name: &str) -> &str {
    let device = device(name);
    let endpoint = device
        .split_once('/')
        .map_or(device, |(_, endpoint)| endpoint);
    endpoint.split('@').next().unwrap_or_default()
}

fn kind(name: &str) -> Kind {
    let technology = name.split('/').next().unwrap_or_default();
    match technology {
        "Local" => Kind::Local(usize::from(name.ends_with(";2"))),
        "AsyncGoto" | "Surrogate" | "Bridge" | "Announcer" | "Recorder" | "CBAnn" | "CBRec"
        | "Message" | "Snoop" | "UnicastRTP" | "MulticastRTP" | "AudioSocket" | "WebSocket"
        | "Parked" | "Test" => Kind::Nobody,
        _ => Kind::Phone,
    }
}

fn local_base(name: &str) -> &str {
    name.split(';').next().unwrap_or_default()
}

/// How many ended channels are remembered, so that stragglers among their events do not
/// bring them back.
const GRAVES: usize = 1024;

/// All channels.
#[derive(Debug, Default)]
pub(super) struct Channels {
    ids: FxHashMap<Arc<str>, ChannelId>,
    /// Boxed, for a table that grows moves what is in it.
    channels: FxHashMap<ChannelId, Box<Channel>>,
    locals: FxHashMap<String, [Option<ChannelId>; 2]>,
    next: u64,
    gone: FxHashSet<Arc<str>>,
    gone_order: VecDeque<Arc<str>>,
}

impl Channels {
    pub fn len(&self) -> usize {
        self.channels.len()
    }

    pub fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id).map(Box::as_ref)
    }

    pub fn get_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.channels.get_mut(&id).map(Box::as_mut)
    }

    pub fn find(&self, uniqueid: &str) -> Option<ChannelId> {
        self.ids.get(uniqueid).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels
            .iter()
            .map(|(id, channel)| (*id, channel.as_ref()))
    }

    /// Takes what a snapshot says; `None` for a channel that is gone.
    pub fn update(&mut self, snapshot: &Snapshot, seq: u64) -> Option<(ChannelId, Changes)> {
        if let Some(id) = self.find(&snapshot.uniqueid) {
            let changes = self.channels.get_mut(&id)?.update(snapshot);
            return Some((id, changes));
        }
        if self.gone.contains(snapshot.uniqueid.as_str()) || snapshot.uniqueid.is_empty() {
            return None;
        }
        let id = ChannelId(self.next);
        self.next += 1;
        let channel = Box::new(Channel::new(snapshot, seq));
        if let Kind::Local(half) = channel.kind {
            let base = local_base(&channel.name).to_owned();
            self.locals.entry(base).or_default()[half] = Some(id);
        }
        let changes = Changes {
            new: true,
            linkedid: true,
            place: true,
            application: true,
            ringing: channel.state == state::RINGING,
        };
        self.ids.insert(channel.uniqueid.clone(), id);
        self.channels.insert(id, channel);
        Some((id, changes))
    }

    /// The other half of a Local channel.
    pub fn pair(&self, id: ChannelId) -> Option<ChannelId> {
        let channel = self.channels.get(&id)?;
        let Kind::Local(half) = channel.kind else {
            return None;
        };
        self.locals.get(local_base(&channel.name))?[1 - half]
    }

    /// Gives back the memory of tables in which nothing is left.
    pub fn release(&mut self) {
        self.ids = FxHashMap::default();
        self.channels = FxHashMap::default();
        self.locals = FxHashMap::default();
    }

    /// Forgets a channel and remembers that it is gone.
    pub fn remove(&mut self, uniqueid: &str) {
        let known = self.ids.remove_entry(uniqueid);
        if let Some((_, id)) = &known
            && let Some(channel) = self.channels.remove(id)
            && let Kind::Local(half) = channel.kind
        {
            let base = local_base(&channel.name);
            if let Some(halves) = self.locals.get_mut(base) {
                if halves[half] == Some(*id) {
                    halves[half] = None;
                }
                if halves.iter().all(Option::is_none) {
                    self.locals.remove(base);
                }
            }
        }
        let grave = known.map_or_else(|| uniqueid.into(), |(uniqueid, _)| uniqueid);
        if self.gone.insert(grave.clone()) {
            self.gone_order.push_back(grave);
        }
        if self.gone_order.len() > GRAVES
            && let Some(oldest) = self.gone_order.pop_front()
        {
            self.gone.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_the_name_without_its_serial_number() {
        for (name, expected) in [
            ("PJSIP/100-00000001", "PJSIP/100"),
            ("PJSIP/front-desk-0000001a", "PJSIP/front-desk"),
            ("PJSIP/100-00000001<ZOMBIE>", "PJSIP/100"),
            ("Local/100@office-00000003;2", "Local/100@office"),
        ] {
            assert_eq!(device(name), expected);
        }
        assert_eq!(endpoint("Local/100@office-00000003;2"), "100");
        assert_eq!(endpoint("PJSIP/front-desk-0000001a"), "front-desk");
    }
}
