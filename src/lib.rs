//! `res_ansitel_salesforce`: an Asterisk module that turns incoming calls into Salesforce Cases.
//!
//! Asterisk's event bus tells what happened, a pure state machine turns it into calls, a journal
//! makes them durable, workers turn them into Cases. Data flows one way:
//!
//! | room | its job |
//! |---|---|
//! | [`asterisk`] | the boundary: the C shim, its mailbox, log; the only `unsafe` |
//! | [`interface`] | the wiring: load, reload, start, stop; events in, records out |
//! | [`config`] | `salesforce.conf` → settings and users, or errors |
//! | [`calls`] | channel events → call records |
//! | [`phone`] | numbers: reading, comparing, forms to look up |
//! | [`messages`] | what is written to Salesforce, a file per language |
//! | [`journal`] | SQLite: calls, their state, known Accounts |
//! | [`salesforce`] | logging in, REST, lookup, errors by what to do about them |
//! | [`delivery`] | who is due, retries, limits |
//! | [`control`] | commands and reports |
//! | [`web`] | the page in Asterisk's HTTP server |
//! | `files` | whatever is opened by a name: regular files only |
//!
//! Only `asterisk` knows Asterisk; the other rooms run in plain tests.

pub mod asterisk;
pub mod calls;
pub mod config;
pub mod control;
pub mod delivery;
mod files;
pub mod interface;
pub mod journal;
pub mod messages;
pub mod phone;
pub mod salesforce;
#[cfg(test)]
mod test_log;
pub mod web;
