//! What happened in a call, event by event, in words.

use res_ansitel_salesforce::calls::event::{Bridge, Event, EventKind, Snapshot, state};
use res_ansitel_salesforce::calls::record::Timestamp;
use std::collections::BTreeMap;

/// Channels that had to do with each other: as a rule one call.
pub struct Story {
    /// The channel seen first.
    pub first: Snapshot,
    /// When that was.
    pub began: Timestamp,
    /// Unique ids of all channels.
    pub channels: Vec<String>,
    /// Some other channel was told to ring this one first.
    pub first_was_dialled: bool,
    /// What happened when.
    pub lines: Vec<(Timestamp, String)>,
}

/// All stories of a recording, in the order of their beginning.
pub fn stories(events: &[Event]) -> Vec<Story> {
    let groups = Groups::new(events);
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut stories: Vec<Story> = Vec::new();
    let mut teller = Teller::default();
    for event in events {
        for snapshot in snapshots(&event.kind) {
            let at = *known
                .entry(groups.of(&snapshot.uniqueid))
                .or_insert(stories.len());
            if at == stories.len() {
                stories.push(Story::new(snapshot, event.at));
            }
            if !stories[at].channels.contains(&snapshot.uniqueid) {
                stories[at].channels.push(snapshot.uniqueid.clone());
            }
        }
        let main = main_channel(&event.kind);
        if let Some(at) = known.get(&groups.of(&main.uniqueid)) {
            let story = &mut stories[*at];
            let first = &story.first.uniqueid;
            story.first_was_dialled |= matches!(
                &event.kind, EventKind::Dial { peer, .. } if peer.uniqueid == *first);
            for line in teller.tell(&event.kind) {
                story.lines.push((event.at, line));
            }
        }
    }
    stories
}

impl Story {
    fn new(first: &Snapshot, began: Timestamp) -> Story {
        Story {
            first: first.clone(),
            began,
            channels: Vec::new(),
            first_was_dialled: false,
            lines: Vec::new(),
        }
    }
}

/// Which channels belong together: those that ever had the same linkedid.
struct Groups(BTreeMap<String, String>);

impl Groups {
    fn new(events: &[Event]) -> Groups {
        let mut groups = Groups(BTreeMap::new());
        for snapshot in events.iter().flat_map(|event| snapshots(&event.kind)) {
            let (one, other) = (groups.of(&snapshot.uniqueid), groups.of(&snapshot.linkedid));
            if one != other {
                groups.0.insert(other, one);
            }
        }
        groups
    }

    fn of(&self, id: &str) -> String {
        let mut at = id;
        while let Some(next) = self.0.get(at) {
            at = next;
        }
        at.to_owned()
    }
}

fn main_channel(kind: &EventKind) -> &Snapshot {
    match kind {
        EventKind::Channel(channel)
        | EventKind::Gone(channel)
        | EventKind::HangupRequest(channel)
        | EventKind::Enter { channel, .. }
        | EventKind::Leave { channel, .. }
        | EventKind::Pickup { channel, .. } => channel,
        EventKind::Dial { peer, .. } => peer,
        EventKind::BlindTransfer { transferer, .. }
        | EventKind::AttendedTransfer { transferer, .. } => transferer,
    }
}

fn snapshots(kind: &EventKind) -> Vec<&Snapshot> {
    let mut all = vec![main_channel(kind)];
    match kind {
        EventKind::Dial {
            caller, forwarded, ..
        } => {
            all.extend(caller);
            all.extend(forwarded.as_deref());
        }
        EventKind::Pickup { target, .. } => all.push(target),
        EventKind::BlindTransfer { transferee, .. } => all.extend(transferee),
        EventKind::AttendedTransfer {
            second,
            transferee,
            target,
            ..
        } => {
            all.push(second);
            all.extend(transferee.as_deref());
            all.extend(target.as_deref());
        }
        _ => {}
    }
    all
}

/// Tells what is new in each event.
#[derive(Default)]
struct Teller {
    channels: BTreeMap<String, Known>,
    bridges: BTreeMap<String, Vec<String>>,
}

/// What was told of a channel.
#[derive(Default)]
struct Known {
    place: (String, String),
    application: (String, String),
    rang: bool,
    dialled: bool,
    over: bool,
    hung_up: bool,
}

impl Teller {
    fn tell(&mut self, kind: &EventKind) -> Vec<String> {
        match kind {
            EventKind::Channel(channel) => self.channel(channel),
            EventKind::Gone(channel) => {
                self.channels.remove(&channel.uniqueid);
                vec![format!("{} is gone{}", channel.name, cause(channel.cause))]
            }
            EventKind::HangupRequest(channel) => {
                let known = self.known(&channel.uniqueid);
                let again = std::mem::replace(&mut known.hung_up, true);
                let line = (!again).then(|| format!("{} hangs up", channel.name));
                line.into_iter().collect()
            }
            EventKind::Dial {
                caller,
                peer,
                status,
                forward,
                forwarded,
                ..
            } => {
                let by = caller.as_ref().map_or("Asterisk", |caller| &*caller.name);
                let mut said: Vec<String> =
                    self.dial(by, peer, status, forward).into_iter().collect();
                if let Some(target) = forwarded {
                    self.known(&target.uniqueid).dialled = true;
                    said.push(format!("{} takes its place", target.name));
                }
                said
            }
            EventKind::Enter { bridge, channel } => vec![self.enter(bridge, channel)],
            EventKind::Leave { bridge, channel } => {
                if let Some(members) = self.bridges.get_mut(&bridge.id) {
                    members.retain(|member| *member != channel.name);
                }
                let from = if waits(bridge) {
                    "no longer waits"
                } else {
                    "leaves the conversation"
                };
                vec![format!("{} {from}", channel.name)]
            }
            EventKind::Pickup { channel, target } => {
                vec![format!(
                    "{} picks up what rings at {}",
                    channel.name, target.name
                )]
            }
            EventKind::BlindTransfer {
                transferer,
                transferee,
                context,
                exten,
            } => {
                let whom = transferee
                    .as_ref()
                    .map_or("everybody", |channel| &*channel.name);
                vec![format!(
                    "{} transfers {whom} blind to {exten} ({context})",
                    transferer.name
                )]
            }
            EventKind::AttendedTransfer {
                transferer,
                transferee,
                target,
                ..
            } => {
                let name = |channel: &Option<Box<Snapshot>>, other: &'static str| {
                    channel
                        .as_ref()
                        .map_or(other.to_owned(), |channel| channel.name.clone())
                };
                let (whom, to) = (name(transferee, "one party"), name(target, "the other"));
                vec![format!(
                    "{} transfers {whom} to {to}, announced",
                    transferer.name
                )]
            }
        }
    }

    fn known(&mut self, uniqueid: &str) -> &mut Known {
        self.channels.entry(uniqueid.to_owned()).or_default()
    }

    fn channel(&mut self, channel: &Snapshot) -> Vec<String> {
        let is_new = !self.channels.contains_key(&channel.uniqueid);
        let known = self.known(&channel.uniqueid);
        let mut said = Vec::new();
        let place = (channel.context.clone(), channel.exten.clone());
        let moved = std::mem::replace(&mut known.place, place.clone()) != place;
        let (context, exten) = (&channel.context, &channel.exten);
        let is_local = channel.name.starts_with("Local/");
        let is_leg = known.dialled
            || channel.outgoing
            || channel.application.starts_with("AppDial")
            || channel.application == "AppQueue"
            || (channel.state == state::DOWN && !is_local);
        if is_new && channel.state == state::RING && !is_local {
            said.push(format!("{} calls {exten} ({context})", channel.name));
        } else if is_new && channel.state == state::UP {
            said.push(format!("{} is talking when it is first seen", channel.name));
        } else if moved && !is_leg && !matches!(exten.as_str(), "" | "h") {
            said.push(format!("{} is at {exten} ({context})", channel.name));
        }
        let application = (channel.application.clone(), channel.data.clone());
        let runs = std::mem::replace(&mut known.application, application.clone()) != application;
        let tells = ["Dial", "RetryDial", "Queue", "FollowMe", "VoiceMail"];
        if runs && tells.contains(&channel.application.as_str()) {
            said.push(format!(
                "{} runs {}({})",
                channel.name, channel.application, channel.data
            ));
        }
        if channel.state == state::RINGING && !std::mem::replace(&mut known.rang, true) {
            said.push(format!("{} rings", channel.name));
        }
        said
    }

    fn dial(&mut self, by: &str, peer: &Snapshot, status: &str, forward: &str) -> Option<String> {
        let name = &peer.name;
        let known = self.known(&peer.uniqueid);
        known.dialled = true;
        Some(match status {
            "" => {
                known.over = false;
                format!("{by} dials {name}")
            }
            "RINGING" if std::mem::replace(&mut known.rang, true) => return None,
            "RINGING" => format!("{name} rings"),
            "PROCEEDING" | "PROGRESS" => return None,
            _ if !forward.is_empty() => {
                known.over = true;
                format!("{name} forwards to {forward}")
            }
            "ANSWER" => {
                known.over = true;
                format!("{name} answers")
            }
            // Asterisk may report several ends; the first one tells.
            _ if std::mem::replace(&mut known.over, true) => return None,
            "BUSY" => format!("{name} is busy{}", cause(peer.cause)),
            "NOANSWER" => format!("{name} does not answer{}", cause(peer.cause)),
            "CANCEL" => format!("{name} is no longer dialled{}", cause(peer.cause)),
            "CONGESTION" | "CHANUNAVAIL" => {
                format!("{name} cannot be reached{}", cause(peer.cause))
            }
            status => format!("{name}: dialling ends, {status}{}", cause(peer.cause)),
        })
    }

    fn enter(&mut self, bridge: &Bridge, channel: &Snapshot) -> String {
        let members = self.bridges.entry(bridge.id.clone()).or_default();
        members.retain(|member| *member != channel.name);
        let others = members.join(" and ");
        members.push(channel.name.clone());
        let name = &channel.name;
        if waits(bridge) {
            format!("{name} is parked or waits")
        } else if bridge.creator.eq_ignore_ascii_case("ConfBridge") {
            format!("{name} enters the conference {}", bridge.name)
        } else if others.is_empty() {
            format!("{name} waits to be connected")
        } else {
            format!("{name} is connected with {others}")
        }
    }
}

fn waits(bridge: &Bridge) -> bool {
    bridge.technology.starts_with("holding")
}

/// The ISDN hangup cause, where one is known.
fn cause(cause: i32) -> String {
    let words = match cause {
        0 => return String::new(),
        1 => "no such number",
        3 => "no route, not registered",
        16 => "normal end",
        17 => "busy",
        18 => "no reaction",
        19 => "no answer",
        20 => "not registered",
        21 => "rejected",
        23 => "redirected",
        26 => "answered elsewhere",
        27 => "out of order",
        34 => "no line free",
        127 => "unspecified",
        _ => return format!(" (cause {cause})"),
    };
    format!(" (cause {cause}: {words})")
}
