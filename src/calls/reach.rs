//! Whom a call reaches by the dialplan: extensions it visits, devices it is told to dial.

use super::channel::{CallId, Channel, ChannelId};
use super::dialplan::{
    dial_arguments, dialled_devices, first_argument, only_outside_number, outside_number,
    turns_away,
};
use super::directory::Place;
use super::record::Reason;
use super::stands::Stands;
use super::tracker::{Now, Tracker};

impl Tracker {
    /// Since when (sequence number) a channel's doings for its call began.
    pub(super) fn since(&self, id: ChannelId, now: &Now) -> u64 {
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
        if channel.over || !is_caller && !channel.is_local() {
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
        let dials = dial_arguments(app, &channel.data).filter(|_| application);
        let works = dials.is_some() || (application && app == "Queue");
        if is_caller && works {
            // It was no hang-up: the caller was redirected.
            call.hung_up = None;
        }
        if call.hung_up.is_some() {
            return;
        }
        if works {
            let queue = match dials {
                None => Some(first_argument(&channel.data).to_owned()),
                Some(data) => ring_group(data, channel, now),
            };
            if queue.is_some() {
                call.queue = queue;
                call.queued = now.sequence;
            }
        }
        self.visit(id, call_id, since, now);
        let (Some(channel), Some(call)) = (self.channels.get(id), self.calls.get_mut(&call_id))
        else {
            return;
        };
        let dials = dial_arguments(&channel.application, &channel.data);
        if let Some(data) = dials.filter(|_| application) {
            for device in dialled_devices(data) {
                if let Some(line) = call.pick(now.directory.lines_of_device(device)) {
                    let stretch = call.reach(line, since, now.at);
                    if let Some(attempt) = call.attempt(stretch, &line.user) {
                        attempt.dialled = true;
                    }
                }
            }
        } else if application && channel.application.eq_ignore_ascii_case("VoiceMail") {
            let current = call.current();
            call.stretches[current].voicemail = true;
        } else if let Some(reason) = turns_away(&channel.application, &channel.data)
            && application
        {
            self.turn_away(id, call_id, reason, now);
        }
    }

    /// The dialplan ends the call, with a reason: the caller's, for all whom it has reached, or
    /// behind a Local channel, for the extension at which that is.
    fn turn_away(&mut self, id: ChannelId, call_id: CallId, reason: Reason, now: &Now) {
        let (Some(channel), Some(call)) = (self.channels.get(id), self.calls.get_mut(&call_id))
        else {
            return;
        };
        if id == call_id {
            let current = call.current();
            call.stretches[current].turned_away = Some(reason);
        } else if let Stands::At(line) = &channel.stands
            && let Some(attempt) = call.latest_attempt(&line.user)
            && attempt.is_open()
        {
            attempt.end_elsewhere(reason, now.sequence);
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
        let dialled = channel.arrived || expected;
        let place = now
            .directory
            .place(&channel.context, &channel.exten, dialled);
        let Place::User(line) = place else {
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
        call.reach(line, since, now.at);
    }
}

/// The extension of a ring group: `Dial` with several devices that are not all one user's. A
/// subroutine dials for the group that called it; what it dials for a user's extension is no group,
/// nor is that extension with the number to which it forwards.
fn ring_group(data: &str, channel: &Channel, now: &Now) -> Option<String> {
    let users = |device| {
        let lines = now.directory.lines_of_device(device);
        lines.first().map(|line| line.user.clone())
    };
    let is_user = matches!(channel.stands, Stands::At(_));
    let counts = |device: &&str| !is_user || !only_outside_number(device);
    let mut devices = dialled_devices(data).filter(counts).map(users);
    let first = devices.next()?;
    if !devices.any(|user| user.is_none() || user != first) {
        return None;
    }
    let number = match channel.exten.as_str() {
        "" | "s" => Some(&channel.number)
            .filter(|number| !is_user && !number.is_empty() && outside_number(number).is_none())?,
        exten => exten,
    };
    Some(number.to_owned())
}
