//! Salesforce: logging in, looking numbers up, writing Cases and Accounts, and what is to be
//! done about each error.
//!
//! Everything here blocks, and is called from the worker threads. No write is ever repeated
//! once it may have been acted upon; every error says what to do ([`Error::action`]) and
//! whether a write may have happened nevertheless ([`Error::in_doubt`]).

mod client;
mod describe;
mod dialect;
mod error;
mod explain;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod graph;
mod http;
mod limits;
mod lookup;
mod oauth;
mod org;
mod query;
mod refusal;
mod resolve;
mod rest;
mod session;
mod soap;
mod tls;
mod traffic;
mod transport;
mod trust;

pub use client::{CaseHit, CaseNow, Client, ClientOptions, SetupError};
pub use describe::{Described, Field};
pub use error::{Action, Counted, Error, Kind};
pub use graph::{Graph, MOST_GRAPHS, Record, Seen, Target, Written};
pub use limits::ApiUsage;
pub use lookup::{AccountHit, ContactHit, Hits};
pub(crate) use oauth::read_key;
pub use org::{OrgDefault, Permission, Permissions};
pub use rest::{is_field_path, is_record_id};
pub use session::Session;
pub use traffic::{RequestCounts, Traffic};
