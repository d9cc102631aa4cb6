//! Asterisk module that turns incoming calls into Salesforce Cases.

pub mod calls;
pub mod config;
pub mod messages;
pub mod salesforce;
