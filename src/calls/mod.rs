//! Which call becomes what: channel events in, call records out. Pure: no clock, no I/O.

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
