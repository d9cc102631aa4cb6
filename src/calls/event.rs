//! What the tracker is told: plain channel events, one JSON line each in a recording.

use super::record::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened to channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, by the PBX's clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A channel is new or something that matters about it changed.
    Channel(Snapshot),
    /// The channel was destroyed.
    Gone(Snapshot),
    /// The far end of this channel hung up.
    HangupRequest(Snapshot),
    /// A dial begins, goes on or ends.
    Dial {
        /// Who dials; absent when Asterisk itself originates.
        caller: Option<Snapshot>,
        /// The dialled leg.
        peer: Snapshot,
        /// The leg that takes the peer's place when it forwarded.
        forwarded: Option<Box<Snapshot>>,
        /// Asterisk's `dialstatus`; empty is the beginning.
        #[serde(default)]
        status: String,
        /// Where the peer forwards to.
        #[serde(default)]
        forward: String,
        /// The dialled string without its technology.
        #[serde(default)]
        dialstring: String,
    },
    /// A channel entered a bridge.
    Enter {
        /// The bridge.
        bridge: Bridge,
        /// The channel.
        channel: Snapshot,
    },
    /// A channel left a bridge.
    Leave {
        /// The bridge.
        bridge: Bridge,
        /// The channel.
        channel: Snapshot,
    },
    /// A ringing call was picked up at another phone.
    Pickup {
        /// The phone that picks up.
        channel: Snapshot,
        /// The leg that rang.
        target: Snapshot,
    },
    /// A party sent the other one on without announcing it.
    BlindTransfer {
        /// The leg of the party that transfers.
        transferer: Snapshot,
        /// The leg that is transferred, where there is just one.
        transferee: Option<Snapshot>,
        /// The dialplan context it goes to.
        context: String,
        /// The extension it goes to.
        exten: String,
    },
    /// A party connected its two calls and left.
    AttendedTransfer {
        /// Its leg to the transferee.
        transferer: Snapshot,
        /// Its leg to the target.
        second: Snapshot,
        /// The leg that is transferred, where known.
        transferee: Option<Box<Snapshot>>,
        /// The leg it is transferred to, where known.
        target: Option<Box<Snapshot>>,
    },
}

/// A channel as it was at the moment of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    /// Asterisk's unique id of the channel.
    pub uniqueid: String,
    /// The unique id of the channel that started this group of channels; may change.
    pub linkedid: String,
    /// Such as `PJSIP/100-00000001`; may change on masquerades.
    pub name: String,
    /// `AST_STATE_*`: see [`state`].
    pub state: u32,
    /// Caller id number as sent.
    pub caller_number: String,
    /// Caller id name as sent.
    pub caller_name: String,
    /// The number dialled by the channel's own caller (DID).
    pub dnid: String,
    /// `AST_PRES_*` of the caller id.
    pub presentation: i32,
    /// Dialplan context the channel is in.
    pub context: String,
    /// Dialplan extension the channel is at.
    pub exten: String,
    /// Dialplan application it runs.
    pub application: String,
    /// That application's arguments.
    pub data: String,
    /// ISDN hangup cause (`AST_CAUSE_*`), 0 while unknown.
    pub cause: i32,
    /// The PBX created the leg (`AST_FLAG_OUTGOING`).
    pub outgoing: bool,
    /// Id of the bridge it is in; empty: none.
    pub bridge: String,
}

/// Values of [`Snapshot::state`].
pub mod state {
    /// Exists only.
    pub const DOWN: u32 = 0;
    /// An incoming leg asks for an answer.
    pub const RING: u32 = 4;
    /// An outgoing leg rings.
    pub const RINGING: u32 = 5;
    /// Answered.
    pub const UP: u32 = 6;
}

/// A bridge, where channels meet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bridge {
    /// Its id.
    pub id: String,
    /// Such as `simple_bridge` or `holding_bridge`.
    pub technology: String,
    /// Such as `basic`, `base` or `stasis`.
    pub class: String,
    /// Who made it, such as `ConfBridge` or `Parking`; often empty.
    pub creator: String,
    /// The creator's name for it.
    pub name: String,
}
