//! Which call becomes what: channel events in, call records out. Pure: no clock, no I/O.

pub mod directory;
pub mod event;
pub mod pattern;
pub mod record;
pub mod tracker;
