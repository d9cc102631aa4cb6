//! Which call becomes what: channel events in, call records out. Pure: no clock, no I/O.

pub mod record;
