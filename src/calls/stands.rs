//! For whom the dialplan of a channel acts, and so the legs that it dials.
//!
//! What an extension's own dialplan dials stands for that extension, in subroutines, too. Once the
//! dialplan has gone on to another destination, that stands for itself: another user, a colleague,
//! a group, a queue, a menu, a mailbox. An outside number to which it goes on with no such
//! destination between still stands for the extension.

use super::call::Call;
use super::channel::{Channel, ChannelId, Kind};
use super::dialplan::{dial_arguments, is_dialable, only_outside_number, outside_number};
use super::directory::{Directory, Line, Place};
use super::event::Snapshot;
use super::record::{Reason, Step};
use super::tracker::{Now, Tracker};

/// For whom the dialplan acts that a channel runs.
#[derive(Debug, Default, Clone)]
pub(super) enum Stands {
    /// It has been at no destination; behind a Local channel, for whom the dialler acts.
    #[default]
    Nowhere,
    /// It is at an extension of a user, or in one of its subroutines.
    At(Line),
    /// It has gone on from there to what may be an outside number.
    Beyond(Line),
    /// For a destination that is no user's.
    Elsewhere,
}

/// Who answers a leg that is nobody's own phone.
#[derive(Debug)]
pub(super) struct Acting {
    pub line: Line,
    pub reason: Reason,
}

impl Acting {
    /// Does the user act no longer, having answered the call itself before?
    pub fn is_transfer(&self, call: &Call) -> bool {
        let mut answers = call.answers.iter();
        self.reason == Reason::Forwarded
            && answers.any(|a| a.line.user == self.line.user && a.reason != Reason::Forwarded)
    }
}

/// Applications that are a destination of their own: menus, mailboxes, conferences.
const DESTINATIONS: [&str; 16] = [
    "Queue",
    "VoiceMail",
    "VoiceMailMain",
    "MinivmRecord",
    "Background",
    "BackGround",
    "WaitExten",
    "Read",
    "ReadExten",
    "Directory",
    "ConfBridge",
    "MeetMe",
    "Page",
    "SLATrunk",
    "AgentRequest",
    "Park",
];

impl Channel {
    /// The channel's place in the dialplan or its application changed.
    pub fn stand(&mut self, place: bool, application: bool, directory: &Directory) {
        if self.over {
            return;
        }
        let found = directory.place(&self.context, &self.exten, self.arrived);
        if place {
            if is_dialable(&self.exten) {
                self.number.clone_from(&self.exten);
            }
            self.go(&found);
        }
        if !application {
            return;
        }
        let is_destination = DESTINATIONS.contains(&self.application.as_str());
        let dials = dial_arguments(&self.application, &self.data);
        match (&found, &self.stands) {
            // A queue stands for itself, also if its number is a user's. Other applications are
            // part of the extension's own dialplan.
            (Place::User(_), _) if self.application == "Queue" => self.stands = Stands::Elsewhere,
            (Place::User(line), Stands::Elsewhere) if dials.is_some() => {
                self.stands = Stands::At((*line).clone());
            }
            (Place::User(_), _) => {}
            (_, Stands::At(_) | Stands::Beyond(_)) if is_destination => {
                self.stands = Stands::Elsewhere;
            }
            // A group, if it dials anything else than the outside number.
            (_, Stands::Beyond(_)) if dials.is_some_and(|data| !only_outside_number(data)) => {
                self.stands = Stands::Elsewhere;
            }
            (_, Stands::Nowhere) if application && self.application == "Queue" => {
                self.stands = Stands::Elsewhere;
            }
            _ => {}
        }
    }

    /// It is at another place.
    fn go(&mut self, place: &Place<'_>) {
        self.stands = match (place, std::mem::take(&mut self.stands)) {
            (Place::User(line), _) => Stands::At((*line).clone()),
            (Place::Colleague, _) => Stands::Elsewhere,
            (Place::Other, Stands::At(line)) if is_dialable(&self.exten) => Stands::Beyond(line),
            // What somebody dialled through a Local channel and is no outside number is a group,
            // a queue, a menu.
            (Place::Other, Stands::Nowhere)
                if self.is_local()
                    && self.arrived
                    && is_dialable(&self.exten)
                    && outside_number(&self.exten).is_none() =>
            {
                Stands::Elsewhere
            }
            (_, stands) => stands,
        };
    }
}

impl Tracker {
    /// For whom a leg acts that is no user's own phone: for the user whose phone forwarded to it;
    /// for the one whose device a Local channel on the way is, as a hint says; for the extension
    /// whose dialplan dialled it, if it is an outside number.
    pub(super) fn acts_for(&self, id: ChannelId, directory: &Directory) -> Option<Acting> {
        let leg = self.channels.get(id)?;
        if let Some(line) = &leg.forwarded_for {
            return Some(Acting {
                line: line.clone(),
                reason: Reason::Forwarded,
            });
        }
        let outside = leg.outside_number().is_some() && !directory.is_phone(leg.device());
        for (hops, at) in self.channels.chain(id).enumerate() {
            let channel = self.channels.get(at)?;
            if channel.is_local() {
                let (lines, hinted) = directory.lines_of_local(channel.device());
                if let Some(line) = lines.first().filter(|_| hinted || outside && hops == 1) {
                    return Some(Acting {
                        line: line.clone(),
                        reason: Reason::Answered,
                    });
                }
            }
            match &channel.stands {
                Stands::Nowhere => {}
                Stands::Elsewhere => return None,
                Stands::At(line) | Stands::Beyond(line) => {
                    return outside.then(|| Acting {
                        line: line.clone(),
                        reason: Reason::Forwarded,
                    });
                }
            }
        }
        None
    }

    /// The extension in whose own dialplan a leg was dialled, or to which the dialplan went on
    /// from there.
    fn dialled_at(&self, id: ChannelId) -> Option<&Line> {
        let dialler = self.channels.get(self.channels.get(id)?.dialled_by?)?;
        match &dialler.stands {
            Stands::At(line) | Stands::Beyond(line) => Some(line),
            Stands::Nowhere | Stands::Elsewhere => None,
        }
    }

    /// The dialplan of an extension dials an outside number: it forwards the extension.
    pub(super) fn forward_by_dialplan(&mut self, id: ChannelId, now: &Now) {
        let Some(leg) = self.channels.get(id) else {
            return;
        };
        let Some(number) = leg.outside_number().map(str::to_owned) else {
            return;
        };
        if leg.kind != Kind::Phone || leg.forwarded_for.is_some() {
            return;
        }
        let Some(acting) = self.acts_for(id, now.directory) else {
            return;
        };
        if acting.reason != Reason::Forwarded {
            return;
        }
        let to = self.dialled_number(id).unwrap_or(number);
        let Some(call_id) = self.counts_for(id) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return;
        };
        let line = acting.line;
        if call.answer(&line.user).is_some() {
            return;
        }
        call.step(&line.user, Step::ForwardedTo { to });
        let Some(stretch) = call.latest(&line.user) else {
            return;
        };
        if let Some(attempt) = call.attempt(stretch, &line.user)
            && let Some(leg) = self.channels.get_mut(id)
            && !leg.leg.ended
        {
            attempt.forwarded = true;
            attempt.dialled = true;
            attempt.live += 1;
            leg.by_dialplan = Some((call_id, stretch, line.user.clone()));
            leg.forwarded_for = Some(line);
        }
    }

    /// The outside number as the extension's dialplan dialled it, before routes and trunks put it
    /// into their own shape.
    fn dialled_number(&self, id: ChannelId) -> Option<String> {
        let mut number = None;
        for at in self.channels.chain(id).skip(1) {
            let channel = self.channels.get(at)?;
            let first = match channel.stands {
                Stands::At(_) => break,
                Stands::Beyond(_) => &channel.exten,
                _ => channel.endpoint(),
            };
            if let Some(found) = outside_number(first) {
                number = Some(found.to_owned());
            }
            if matches!(channel.stands, Stands::Beyond(_)) {
                break;
            }
        }
        number
    }

    /// Books the end of a Local channel that the dialplan of an extension dialled on the attempt
    /// on its user, if nothing else tells why that did not get the call.
    pub(super) fn settle_inner(&mut self, id: ChannelId, reason: Reason, now: &Now) {
        let Some(line) = self.dialled_at(id).cloned() else {
            return;
        };
        let call = self.call_of(id).map(|(call, _)| call);
        if let Some(call) = call.and_then(|call| self.calls.get_mut(&call))
            && let Some(attempt) = call.latest_attempt(&line.user)
            && attempt.is_open()
        {
            attempt.end_elsewhere(reason, now.sequence);
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
            }
        }
        if let Some((target, _)) = target
            && let Some(channel) = self.channels.get_mut(target)
        {
            channel.forwarded_for = Some(line);
        }
    }

    /// A leg that descends from a phone's forward acts for that phone.
    pub(super) fn inherit_forward(&mut self, id: ChannelId) {
        let forwarded = |at: ChannelId| self.channels.get(at)?.forwarded_for.clone();
        let line = self.channels.chain(id).find_map(forwarded);
        if let Some(line) = line
            && let Some(channel) = self.channels.get_mut(id)
        {
            channel.forwarded_for = Some(line);
        }
    }
}
