//! A Salesforce that runs here, for tests and the demo: HTTPS with its own
//! certificate authority, SOAP and OAuth logins, the part of the REST API that
//! a telephony connector uses, and faults on demand. See this crate's README.
//!
//! - [`setup`](Setup) says what there is, [`Simulator`] runs it;
//! - `net`, `tls`, `exchange`, `handle`: from a connection to an answer;
//! - `login`: the ways in; `rest`: the API; `soql`, `sosl`: its languages;
//! - `dml`, `draft`, `fields`, `persons`, `record_types`, `rules`, `sharing`: writing records; `store`, `phones`, `schema`: keeping them;
//! - `strain`: the time that work takes, row locks, what an org does not bear;
//! - `faults`, `log`, `admin`: what tests do to it and ask of it.

#![forbid(unsafe_code)]

mod admin;
mod clock;
mod dml;
mod draft;
mod error;
mod exchange;
mod faults;
mod fields;
mod handle;
mod headers;
mod ids;
mod log;
mod login;
mod net;
mod persons;
mod phones;
mod record_types;
mod rest;
mod rules;
mod schema;
mod setup;
mod sharing;
mod simulator;
mod soql;
mod sosl;
mod store;
mod strain;
mod tls;
mod value;
mod world;

pub use faults::{Action, Fault};
pub use log::{LoginAttempt, RequestEntry};
pub use net::Mode;
pub use setup::{
    AppSetup, Automation, CustomField, DefaultAccess, DuplicateRule, Maintenance, NodeHeaders,
    OrgSetup, PhoneSearch, Picklist, RecordTime, RecordType, Secret, Setup, Sharing, Strain,
    UserSetup, ValidationRule, Wildcards,
};
pub use simulator::{Simulator, StartError};
pub use tls::Certificate;
