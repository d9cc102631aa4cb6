//! Which call becomes what: channel events in, call records out. Pure: no clock, no I/O.
//!
//! # The model
//!
//! A **call** is what an outside caller's channel starts: one that arrives from a trunk, not made
//! by the PBX, of no user's device. It lives as long as that channel. Everything else is done *for*
//! it by other channels, which are tied to it by the `chain` of dials and Local pairs that leads
//! from each of them to the caller, or, weaker, by Asterisk's linkedid.
//!
//! A **leg** is a channel that was dialled. What is known of it is what its latest dial said: it
//! rang, was answered, ended, and why.
//!
//! A call **reaches** a user when the dialplan comes to the user's extension (of the caller's
//! channel or of a Local channel that works for the call), when an application is told to dial one
//! of the user's devices, or when a leg to such a device appears. Only an extension of a phone
//! counts, not every place that is called like it: `directory` knows which contexts those are, and
//! what somebody dialled (the number with which a channel begins, the target of a transfer) is
//! never only called so.
//!
//! An **attempt** is one user in one **stretch**. A stretch is the part of a call that ends with
//! an answer; whoever is reached by something that began after that answer (a transfer, a dialplan
//! that goes on) is in the next stretch, and is judged by that alone.
//!
//! Two channels are **connected** when they can hear each other: reachability through bridges and
//! the two halves of Local channels. In a holding bridge (parking, agents that wait) nobody hears
//! anybody; announcers, recorders and the like are nobody; in a conference only those count who
//! were called for the call, except on a shared line, where everybody is a station.
//!
//! A person has **answered** the call when there was a moment at which the person's leg and the
//! caller were connected, or when the caller's own dial was answered, what it reached was already
//! in the bridge, and the caller, who had not hung up, was about to come there. A phone that was
//! picked up for a question, an announcement or a mailbox is connected with that, not with the
//! caller; a phone that was put down before its dial counted as answered hears nobody.
//!
//! A leg **acts for** a user when it is one of the user's devices. Otherwise it acts for the user
//! whose phone forwarded to it, or, if it is an outside number, for the extension in whose own
//! dialplan it was dialled: see `stands`.
//!
//! | what is settled | when | by what |
//! |---|---|---|
//! | caller's number | the first user is reached | what the dialplan has made of it by then (`identity`) |
//! | caller's name, withheld | the same | what the network sent, late news included |
//! | colleague | the call begins | a hint of the dialplan for the device; else by the number, at the end |
//! | answered | caller and person are connected | from the moment at which the leg's dial was answered |
//! | left | they are not any more | the bridges |
//! | who is lost | the caller's channel ends | the attempts of the last stretch, if nobody answered it |
//! | why | the same | mailbox; the caller's hang-up while something still rang or before anything was tried; how the user's legs ended, weightiest first; the `Busy()`, `Congestion()` or `Hangup()` with which the dialplan turned the caller away; else that nothing could ring |
//!
//! Events may be missing, doubled or late; each rule uses the fact that survives that best, and
//! [`explain`] tells which one decided.

mod call;
mod chain;
mod channel;
mod conversation;
mod decide;
mod dialplan;
pub mod directory;
pub mod event;
pub mod explain;
mod identity;
mod legs;
pub mod pattern;
mod reach;
pub mod record;
pub mod recording;
pub mod ringing;
mod stands;
mod talk;
pub mod tracker;

pub use identity::is_withheld;
