//! A private, real Asterisk to test in, and SIP phones to ring it with.

mod conf;
mod error;
mod instance;
mod process;
mod root;
mod sip;
mod surroundings;
mod wait;

pub use conf::Dialplan;
pub use error::{Error, Result};
pub use instance::{Builder, Cdr, Pbx};
pub use root::{Kind, Root, cache_dir, include_dir, is_root};
pub use sip::{Call, Caller, End, Load, LoadReport, Phone, Plan, Reaction, Side, State, Trunk};
pub use surroundings::{Consumers, Surroundings};
pub use wait::eventually;

/// Name and secret of the manager interface's user.
pub const AMI_USER: (&str, &str) = ("tester", "tester");
