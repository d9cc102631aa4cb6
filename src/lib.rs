//! Asterisk module that turns incoming calls into Salesforce Cases.

pub mod calls;
pub mod config;
pub mod delivery;
pub mod journal;
pub mod messages;
pub mod phone;
pub mod salesforce;
