//! Conversations: who answers, who leaves, who sends the caller on.

use super::call::{Answer, Talker};
use super::channel::{CallId, Channel, ChannelId, Few, device, endpoint};
use super::decide;
use super::directory::Line;
use super::event::Snapshot;
use super::explain::Fact;
use super::record::{Reason, Step, Timestamp, Update};
use super::stands::Stands;
use super::tracker::{Now, Tracker, is_internal};
use std::sync::Arc;

impl Tracker {
    /// The channels whose conversation a channel is in, or could come into.
    fn around(&self, id: ChannelId) -> Few {
        let mut around = self.bridges.reach(id, &self.channels, |_| true);
        around.push(id);
        if let Some(pair) = self.channels.pair(id) {
            around.push(pair);
            around.extend(self.bridges.reach(pair, &self.channels, |_| true));
        }
        around
    }

    /// The calls among these.
    pub(super) fn callers_near(&self, id: ChannelId) -> Few {
        let mut near = self.around(id);
        near.retain(|id| self.calls.contains_key(id));
        near
    }

    /// A channel leaves its bridge (or the named one, if it is in that).
    pub(super) fn leave(&mut self, id: ChannelId, bridge: Option<&str>, now: &mut Now) {
        if self.channels.get(id).is_some_and(|c| c.bridge.is_some()) {
            let before = self.callers_near(id);
            self.answered_alone(id, now);
            self.bridges.leave(bridge, id, &mut self.channels);
            self.refresh(id, before, now);
        }
        if self.calls.get(&id).is_some_and(|c| c.expected.is_some()) {
            self.moved(id, false, now);
        }
    }

    /// The caller's own dial was answered, and what it had reached waits in a bridge for the caller.
    /// Whoever is there and leaves now has answered all the same, unless the caller was quicker to
    /// hang up.
    fn answered_alone(&mut self, id: ChannelId, now: &mut Now) {
        let around = self.around(id);
        let awaits = |id: &ChannelId| {
            let channel = self.channels.get(*id)?;
            let (_, call) = channel.leg.answered?;
            let (call, dialler) = (call?, channel.dialled_by?);
            let waits = call == dialler
                && !channel.leg.met
                && !channel.leg.deaf
                && self.bridges.is_open(channel.bridge.as_deref()?)
                && self.calls.get(&call)?.hung_up.is_none();
            waits.then_some(call)
        };
        let Some(call) = around.iter().find_map(awaits) else {
            return;
        };
        let persons = around.into_iter().filter(|person| {
            let channel = self.channels.get(*person);
            let answers = |channel: &Channel| channel.is_person() && channel.talked.is_none();
            channel.is_some_and(answers) && !self.calls.contains_key(person)
        });
        for person in persons.collect::<Few>() {
            self.answer(call, person, Fact::DialAnswered, now);
        }
    }

    /// After a change at `id`: who of the calls near by talks with whom now.
    pub(super) fn refresh(&mut self, id: ChannelId, before: Few, now: &mut Now) {
        let mut calls = self.callers_near(id);
        calls.extend(before);
        calls.sort_unstable();
        calls.dedup();
        for call in calls {
            self.refresh_call(call, now);
        }
    }

    fn refresh_call(&mut self, id: CallId, now: &mut Now) {
        self.meet(id);
        let persons = self.bridges.persons(id, &self.channels);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.last_event = now.at;
        let mut left = Vec::new();
        call.talkers.retain_mut(|talker| {
            let stays = persons.contains(&talker.channel);
            if !stays {
                left.extend(talker.user.take());
            }
            stays
        });
        for user in left {
            let still = |talker: &Talker| talker.user.as_ref() == Some(&user);
            if !call.talkers.iter().any(still)
                && let Some(answer) = call.answer(&user)
            {
                answer.left = Some(now.at);
            }
        }
        let joined: Few = persons
            .into_iter()
            .filter(|person| call.talkers.iter().all(|talker| talker.channel != *person))
            .collect();
        for person in joined {
            self.answer(id, person, Fact::Connected, now);
        }
    }

    /// Notes which of the legs that the caller dialled are in conversation with it.
    fn meet(&mut self, id: CallId) {
        for leg in self.bridges.reach(id, &self.channels, |_| true) {
            if let Some(leg) = self.channels.get_mut(leg)
                && leg.dialled_by == Some(id)
            {
                leg.leg.met = true;
            }
        }
    }

    /// A person comes into conversation with the caller.
    fn answer(&mut self, id: CallId, person: ChannelId, fact: Fact, now: &mut Now) {
        let Some(channel) = self.channels.get(person) else {
            return;
        };
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let at = match channel.leg.answered {
            Some((at, Some(for_call))) if for_call == id => at,
            _ => now.at,
        };
        let lines = now.directory.lines_of_device(channel.device());
        let (line, reason) = match call.pick(lines) {
            Some(line) => (Some(line.clone()), Reason::Answered),
            None => match self.acts_for(person, now.directory) {
                // Who answered before has sent the caller there, and is no longer part of it.
                Some(it) if channel.forwarded_for.is_some() || !it.is_transfer(call) => {
                    (Some(it.line), it.reason)
                }
                _ => (None, Reason::Answered),
            },
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let current = call.current();
        let stretch = &mut call.stretches[current];
        stretch.answered.get_or_insert(now.sequence);
        call.cancelled = None;
        let user = line.as_ref().map(|line| line.user.clone());
        call.talkers.push(Talker {
            channel: person,
            user: user.clone(),
        });
        let first = line.and_then(|line| self.first_answer(id, line, (reason, fact), at));
        if let (Some(answer), Some(call)) = (first, self.calls.get_mut(&id)) {
            if !is_internal(call, now.rules) {
                call.told = true;
                let record = decide::answered(call, &answer, None, now.rules);
                now.updates.push(Update::Open(record));
            }
            call.answers.push(answer);
        }
        if let Some(channel) = self.channels.get_mut(person) {
            channel.talked = Some((id, user));
        }
        self.outlast(id, now);
    }

    /// The answer of a user that had not answered before; who had, is back.
    fn first_answer(
        &mut self,
        id: CallId,
        line: Line,
        (reason, fact): (Reason, Fact),
        at: Timestamp,
    ) -> Option<Answer> {
        let call = self.calls.get_mut(&id)?;
        if let Some(answer) = call.answer(&line.user) {
            answer.left = None;
            return None;
        }
        let from = call.from.take();
        let current = call.current();
        let from = from.or_else(|| call.stretches[current].from.clone());
        let queue = call.queue.clone();
        let attempt = call.attempt(current, &line.user);
        Some(Answer {
            reason,
            queue: attempt.as_ref().map_or(queue, |a| a.queue.clone()),
            rang: attempt.as_ref().and_then(|a| a.rang),
            line: attempt.map_or(line, |a| a.line.clone()),
            at,
            left: None,
            from,
            fact,
        })
    }

    /// Local channels that carry the conversation start anew when their dialplan goes on.
    fn outlast(&mut self, id: CallId, now: &Now) {
        for id in self.bridges.reach(id, &self.channels, |_| true) {
            if let Some(channel) = self.channels.get_mut(id)
                && channel.is_local()
            {
                channel.since = now.sequence + 1;
            }
        }
    }

    /// A party sends the caller on to an extension.
    pub(super) fn blind_transfer(
        &mut self,
        transferer: &Snapshot,
        transferee: Option<&Snapshot>,
        context: &str,
        exten: &str,
        now: &mut Now,
    ) {
        let Some(id) = self.transferred_call(transferee, transferer) else {
            return;
        };
        self.transferred(id, transferer, exten.to_owned(), now);
        let sent = transferee.and_then(|it| self.channels.find(&it.uniqueid));
        if let Some(channel) = self.channels.get_mut(sent.unwrap_or(id))
            && (channel.context.as_str(), channel.exten.as_str()) != (context, exten)
        {
            // Whoever sends the caller on does not act any more; it has not arrived yet.
            channel.stands = Stands::Elsewhere;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.queue = None;
            call.expected = Some((context.to_owned(), exten.to_owned()));
        }
        self.moved(id, false, now);
    }

    /// A party connects the caller with somebody it called before.
    pub(super) fn attended_transfer(
        &mut self,
        transferer: &Snapshot,
        second: &Snapshot,
        transferee: Option<&Snapshot>,
        target: Option<&Snapshot>,
        now: &mut Now,
    ) {
        let found = self
            .transferred_call(transferee, transferer)
            .map(|id| (id, transferer, second, target))
            .or_else(|| {
                self.transferred_call(target, second)
                    .map(|id| (id, second, transferer, transferee))
            });
        let Some((id, near, far, party)) = found else {
            return;
        };
        let line = party.and_then(|party| {
            let lines = now.directory.lines_of_device(device(&party.name));
            self.calls.get(&id)?.pick(lines).cloned()
        });
        let dialled = (far.uniqueid != near.uniqueid && !far.outgoing)
            .then_some(far.exten.as_str())
            .filter(|exten| !matches!(*exten, "" | "s"));
        let to = match (&line, dialled, party) {
            (_, Some(exten), _) => exten.to_owned(),
            (Some(line), ..) => line.extension.to_string(),
            (None, None, Some(party)) => endpoint(&party.name).to_owned(),
            (None, None, None) => String::new(),
        };
        self.transferred(id, near, to, now);
        let from = self.calls.get_mut(&id).and_then(|call| call.from.clone());
        if let Some(call) = self.calls.get_mut(&id)
            && let Some(line) = line
            && let Some(answer) = call.answer(&line.user)
        {
            answer.from = answer.from.take().or(from);
            call.from = None;
        }
        self.take_over(id, now);
    }

    /// The call that a transfer concerns.
    fn transferred_call(
        &mut self,
        transferee: Option<&Snapshot>,
        transferer: &Snapshot,
    ) -> Option<CallId> {
        let caller = transferee
            .and_then(|transferee| self.channels.find(&transferee.uniqueid))
            .filter(|id| self.calls.contains_key(id));
        if caller.is_some() {
            return caller;
        }
        let channel = self
            .channels
            .get(self.channels.find(&transferer.uniqueid)?)?;
        let (call, _) = channel.talked.as_ref()?;
        self.calls.contains_key(call).then_some(*call)
    }

    /// Notes who transferred the call where.
    fn transferred(&mut self, id: CallId, by: &Snapshot, to: String, now: &Now) {
        let user: Option<Arc<str>> = self
            .channels
            .find(&by.uniqueid)
            .and_then(|by| self.channels.get(by)?.talked.clone())
            .filter(|(call, _)| *call == id)
            .and_then(|(_, user)| user);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let line = user
            .and_then(|user| call.answer(&user).map(|answer| answer.line.clone()))
            .or_else(|| {
                let lines = now.directory.lines_of_device(device(&by.name));
                call.pick(lines).cloned()
            });
        let from = match &line {
            Some(line) => line.extension.to_string(),
            None => endpoint(&by.name).to_owned(),
        };
        let current = call.current();
        let stretch = &mut call.stretches[current];
        if current > 0 && stretch.answered.is_none() && stretch.from.is_none() {
            // The transfer is told after its first effects.
            stretch.from = Some(from.clone());
        }
        call.from = Some(from);
        if let Some(line) = line
            && !to.is_empty()
        {
            call.step(&line.user, Step::TransferredTo { to });
        }
    }

    /// What the transferring party had begun to dial is the call's now.
    fn take_over(&mut self, id: CallId, now: &mut Now) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let mut begun: Vec<ChannelId> = self
            .channels
            .iter()
            .filter(|(_, channel)| call.linkedids.contains(&channel.linkedid))
            .map(|(id, _)| id)
            .collect();
        begun.sort_unstable();
        for channel in begun {
            if self.call_of(channel) != Some((id, false)) {
                continue;
            }
            if let Some(state) = self.channels.get_mut(channel) {
                state.call = Some(id);
                state.since = now.sequence;
            }
            self.moved(channel, true, now);
            self.join(channel, now);
        }
    }
}
