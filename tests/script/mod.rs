//! A call told in a few words, turned into the events that Asterisk sends for it.
//!
//! Users: A has extension 100, B has 101, C has 102; each has a phone of that name.

use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::event::{Bridge, Event, EventKind, Snapshot, state};
use res_ansitel_salesforce::calls::pattern::Pattern;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Timestamp, Update};
use res_ansitel_salesforce::calls::tracker::{Rules, Tracker};
use res_ansitel_salesforce::config::settings::{AnsweredElsewhere, UnansweredGroup};
use std::collections::BTreeMap;

pub const OUTSIDE: &str = "+4930123456";
const START: i64 = 1_700_000_000_000_000;

#[derive(Clone)]
pub struct Script {
    pub directory: Directory,
    pub rules: Rules,
    pub events: Vec<Event>,
    channels: BTreeMap<String, Snapshot>,
    clock: i64,
    serial: u32,
}

#[allow(dead_code, reason = "each test binary uses a part of it")]
impl Script {
    pub fn new() -> Script {
        let mut directory = Directory::new();
        directory.add("A", "100", None, None);
        directory.add("B", "101", None, None);
        directory.add("C", "102", None, None);
        Script {
            directory,
            rules: Rules {
                internal_callers: ["_X", "_XX", "_XXX", "_XXXX"].map(Pattern::new).into(),
                unanswered_group: UnansweredGroup::All,
                answered_elsewhere: AnsweredElsewhere::Ignore,
                system_name: "pbx".into(),
            },
            events: Vec::new(),
            channels: BTreeMap::new(),
            clock: START,
            serial: 0,
        }
    }

    // ---- what happens ----

    pub fn wait(&mut self, seconds: i64) -> &mut Self {
        self.clock += seconds * 1_000_000;
        self
    }

    /// An outside call arrives for `exten`.
    pub fn trunk(&mut self, id: &str, number: &str, exten: &str) -> &mut Self {
        self.channel(id, "PJSIP/trunk", "", |c| {
            c.state = state::RING;
            c.caller_number = number.into();
            c.caller_name = "Customer".into();
            c.dnid = exten.into();
            c.context = "from-trunk".into();
            c.exten = exten.into();
        })
    }

    /// A phone of the house calls `exten`.
    pub fn phone(&mut self, id: &str, device: &str, exten: &str) -> &mut Self {
        self.channel(id, device, "", |c| {
            c.state = state::RING;
            c.caller_number = device.rsplit('/').next().unwrap_or_default().into();
            c.dnid = exten.into();
            c.context = "internal".into();
            c.exten = exten.into();
        })
    }

    /// Both halves of a Local channel, created for the call of `of`.
    pub fn local(&mut self, id: &str, target: &str, of: &str) -> &mut Self {
        let (exten, context) = target.split_once('@').expect("exten@context");
        self.serial += 1;
        let name = format!("Local/{target}-{:08x}", self.serial);
        for half in [1, 2] {
            let name = format!("{name};{half}");
            self.named(&format!("{id};{half}"), &name, of, |c| {
                c.state = if half == 1 { state::DOWN } else { state::RING };
                c.context = context.into();
                c.exten = exten.into();
                c.outgoing = half == 1;
            });
        }
        self
    }

    pub fn channel(
        &mut self,
        id: &str,
        device: &str,
        of: &str,
        set: impl FnOnce(&mut Snapshot),
    ) -> &mut Self {
        self.serial += 1;
        let name = format!("{device}-{:08x}", self.serial);
        self.named(id, &name, of, set)
    }

    fn named(
        &mut self,
        id: &str,
        name: &str,
        of: &str,
        set: impl FnOnce(&mut Snapshot),
    ) -> &mut Self {
        let uniqueid = format!("{}.{id}", START / 1_000_000);
        let linkedid = match self.channels.get(of) {
            Some(of) => of.linkedid.clone(),
            None => uniqueid.clone(),
        };
        let mut snapshot = Snapshot {
            uniqueid,
            linkedid,
            name: name.into(),
            ..Snapshot::default()
        };
        set(&mut snapshot);
        let seen =
            |e: &Event| matches!(&e.kind, EventKind::Gone(c) if c.uniqueid == snapshot.uniqueid);
        assert!(!self.events.iter().any(seen), "{id} was there before");
        self.channels.insert(id.into(), snapshot);
        self.changed(id)
    }

    /// Changes a channel and says so.
    pub fn set(&mut self, id: &str, set: impl FnOnce(&mut Snapshot)) -> &mut Self {
        self.quietly(id, set).changed(id)
    }

    pub fn quietly(&mut self, id: &str, set: impl FnOnce(&mut Snapshot)) -> &mut Self {
        set(self.channels.get_mut(id).expect("a channel"));
        self
    }

    fn changed(&mut self, id: &str) -> &mut Self {
        let channel = self.get(id);
        self.tell(EventKind::Channel(channel))
    }

    pub fn get(&self, id: &str) -> Snapshot {
        self.channels.get(id).expect("a channel").clone()
    }

    pub fn tell(&mut self, kind: EventKind) -> &mut Self {
        self.clock += 1_000;
        self.events.push(Event {
            at: Timestamp(self.clock),
            kind,
        });
        self
    }

    /// The channel goes on at another extension.
    pub fn goes_to(&mut self, id: &str, exten: &str) -> &mut Self {
        self.set(id, |c| {
            c.context = "internal".into();
            c.exten = exten.into();
        })
    }

    /// The channel goes on at a place of another context.
    pub fn at(&mut self, id: &str, context: &str, exten: &str) -> &mut Self {
        self.set(id, |c| {
            c.context = context.into();
            c.exten = exten.into();
            // No place is told of before something runs there.
            if c.application.is_empty() {
                c.application = "NoOp".into();
            }
        })
    }

    /// The dialplan sets the caller's number, name and presentation.
    pub fn sets_caller(&mut self, id: &str, number: &str, name: &str, pres: i32) -> &mut Self {
        self.set(id, |c| {
            c.application = "Set".into();
            c.data = "CALLERID(all)=...".into();
            c.caller_number = number.into();
            c.caller_name = name.into();
            c.presentation = pres;
        })
    }

    /// A leg to an outside number through the trunk, and its dial's beginning.
    pub fn dial_out(&mut self, caller: &str, leg: &str, number: &str) -> &mut Self {
        self.channel(leg, "PJSIP/trunk", caller, |c| c.outgoing = true);
        self.dial_event(caller, leg, "", &format!("{number}@trunk"))
    }

    /// Both halves of a Local channel that `caller` dials, and that dial's beginning.
    pub fn dial_local(&mut self, caller: &str, id: &str, target: &str) -> &mut Self {
        self.local(id, target, caller);
        self.dial_event(caller, &format!("{id};1"), "", target)
    }

    pub fn runs(&mut self, id: &str, application: &str, data: &str) -> &mut Self {
        self.set(id, |c| {
            c.application = application.into();
            c.data = data.into();
        })
    }

    pub fn up(&mut self, id: &str) -> &mut Self {
        self.set(id, |c| c.state = state::UP)
    }

    /// A new leg to a device, and its dial's beginning.
    pub fn dial(&mut self, caller: &str, leg: &str, device: &str) -> &mut Self {
        self.channel(leg, device, caller, |c| c.outgoing = true);
        let string = device.rsplit('/').next().unwrap_or_default().to_owned();
        self.dial_event(caller, leg, "", &string)
    }

    pub fn dial_event(&mut self, caller: &str, leg: &str, status: &str, string: &str) -> &mut Self {
        let caller = (!caller.is_empty()).then(|| self.get(caller));
        let peer = self.get(leg);
        self.tell(EventKind::Dial {
            caller,
            peer,
            forwarded: None,
            status: status.into(),
            forward: String::new(),
            dialstring: string.into(),
        })
    }

    pub fn ring(&mut self, caller: &str, leg: &str) -> &mut Self {
        self.set(leg, |c| c.state = state::RINGING)
            .dial_event(caller, leg, "RINGING", "")
    }

    pub fn answer(&mut self, caller: &str, leg: &str) -> &mut Self {
        self.up(leg).dial_event(caller, leg, "ANSWER", "")
    }

    /// The dial of a leg ends.
    pub fn ends(&mut self, caller: &str, leg: &str, status: &str, cause: i32) -> &mut Self {
        self.quietly(leg, |c| c.cause = cause)
            .dial_event(caller, leg, status, "")
    }

    pub fn forwards(
        &mut self,
        caller: &str,
        leg: &str,
        to: &str,
        target: Option<&str>,
    ) -> &mut Self {
        let (caller, peer) = (self.get(caller), self.get(leg));
        let forwarded = target.map(|target| self.get(target).into());
        self.tell(EventKind::Dial {
            caller: Some(caller),
            peer,
            forwarded,
            status: "CANCEL".into(),
            forward: to.into(),
            dialstring: String::new(),
        })
    }

    pub fn enter(&mut self, bridge: &str, id: &str) -> &mut Self {
        self.quietly(id, |c| c.bridge = bridge.into());
        let channel = self.get(id);
        self.tell(EventKind::Enter {
            bridge: bridge_of(bridge),
            channel,
        })
    }

    pub fn leave(&mut self, bridge: &str, id: &str) -> &mut Self {
        self.quietly(id, |c| c.bridge.clear());
        let channel = self.get(id);
        self.tell(EventKind::Leave {
            bridge: bridge_of(bridge),
            channel,
        })
    }

    /// Both enter.
    pub fn meet(&mut self, bridge: &str, one: &str, other: &str) -> &mut Self {
        self.enter(bridge, one).enter(bridge, other)
    }

    /// Both leave.
    pub fn part(&mut self, bridge: &str, one: &str, other: &str) -> &mut Self {
        self.leave(bridge, one).leave(bridge, other)
    }

    pub fn hangs_up(&mut self, id: &str) -> &mut Self {
        let channel = self.get(id);
        self.tell(EventKind::HangupRequest(channel))
    }

    pub fn gone(&mut self, ids: &[&str]) -> &mut Self {
        for id in ids {
            let channel = self.channels.remove(*id).expect("a channel");
            self.tell(EventKind::Gone(channel));
        }
        self
    }

    pub fn picks_up(&mut self, id: &str, target: &str) -> &mut Self {
        let (channel, target) = (self.get(id), self.get(target));
        self.tell(EventKind::Pickup { channel, target })
    }

    pub fn transfers_blind(&mut self, by: &str, whom: &str, exten: &str) -> &mut Self {
        let (transferer, transferee) = (self.get(by), Some(self.get(whom)));
        self.tell(EventKind::BlindTransfer {
            transferer,
            transferee,
            context: "internal".into(),
            exten: exten.into(),
        })
    }

    pub fn transfers(&mut self, by: &str, second: &str, whom: &str, to: Option<&str>) -> &mut Self {
        let (transferer, second) = (self.get(by), self.get(second));
        let transferee = Some(self.get(whom).into());
        let target = to.map(|to| self.get(to).into());
        self.tell(EventKind::AttendedTransfer {
            transferer,
            second,
            transferee,
            target,
        })
    }

    // ---- what came of it ----

    /// All updates; checks what must hold for every call.
    pub fn updates(&self) -> Vec<Update> {
        let mut tracker = Tracker::new();
        let mut updates = Vec::new();
        for event in &self.events {
            updates.extend(tracker.handle(event, &self.directory, &self.rules));
        }
        if self.channels.is_empty() {
            assert_eq!(tracker.channels(), 0, "a channel is remembered");
            assert_eq!(tracker.calls_in_progress(), 0, "a call is remembered");
        }
        updates
    }

    /// The records of the calls that are over, in a fixed order.
    pub fn records(&self) -> Vec<CallRecord> {
        let updates = self.updates();
        let mut closed: Vec<CallRecord> = Vec::new();
        let mut open: Vec<String> = Vec::new();
        for update in updates {
            match update {
                Update::Open(record) => {
                    assert_eq!(record.outcome, Outcome::Answered);
                    assert_eq!(record.ended, None);
                    open.push(record.reference);
                }
                Update::Closed(record) => closed.push(record),
            }
        }
        for record in &closed {
            let same = closed.iter().filter(|r| r.reference == record.reference);
            assert_eq!(same.count(), 1, "closed twice: {record:?}");
            assert_eq!(
                open.iter().filter(|o| **o == record.reference).count(),
                usize::from(record.outcome == Outcome::Answered),
                "opened once when answered, else never: {record:?}"
            );
        }
        closed.sort_by(|a, b| (&a.user, &a.reference).cmp(&(&b.user, &b.reference)));
        closed
    }

    /// `A answered`, `B lost: busy`, one per record.
    pub fn verdicts(&self) -> Vec<String> {
        self.records()
            .iter()
            .map(|r| match (r.outcome, word(r.reason)) {
                (Outcome::Answered, reason) if reason == "answered" => {
                    format!("{} answered", r.user)
                }
                (Outcome::Answered, reason) => format!("{} answered: {reason}", r.user),
                (Outcome::Lost, reason) => format!("{} lost: {reason}", r.user),
            })
            .collect()
    }

    /// The one record of a user.
    pub fn record(&self, user: &str) -> CallRecord {
        let mut records = self.records();
        records.retain(|record| record.user == user);
        assert_eq!(records.len(), 1, "records of {user}: {records:?}");
        records.remove(0)
    }

    /// Ring and talk time of a user, in seconds.
    pub fn times(&self, user: &str) -> (u32, Option<u32>) {
        let record = self.record(user);
        (record.ring_seconds(), record.talk_seconds())
    }
}

/// The contract's `reason_code`.
fn word(reason: Reason) -> String {
    let json = serde_json::to_string(&reason).expect("a word");
    json.trim_matches('"').to_owned()
}

/// `hold…` is a holding bridge, `conf…` a conference, called what follows a `-`, all else an
/// ordinary one.
fn bridge_of(id: &str) -> Bridge {
    Bridge {
        id: id.into(),
        technology: if id.starts_with("hold") {
            "holding_bridge".into()
        } else {
            "simple_bridge".into()
        },
        class: "basic".into(),
        creator: if id.starts_with("conf") {
            "ConfBridge".into()
        } else {
            String::new()
        },
        name: id.split_once('-').map_or("", |(_, name)| name).into(),
    }
}
