//! Salesforce's place taken by somebody who means harm, or is broken: answers that are endless,
//! twisted, misdirected or late. Each ends in a clear error within bounded memory and time, tells
//! no secret, and the next request to a good server works.
//!
//! A program of its own, for it measures memory: its tests run one after the other.

mod bodies;
mod hosts;
mod inflating;
mod scene;
#[path = "../salesforce_client/server.rs"]
#[allow(dead_code, reason = "shared with the tests of good answers")]
mod server;
#[path = "../salesforce_client/support.rs"]
#[allow(dead_code, reason = "shared with the tests of good answers")]
mod support;
mod wire;

use cap::Cap;
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);
