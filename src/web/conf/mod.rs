//! Changing `salesforce.conf` in place: comments, templates, includes and order stay, for only
//! the lines are touched that say what is to change.
//!
//! Asterisk's own way of writing a configuration rewrites every included file as well, in place,
//! puts a heading over each and drops what it does not keep in memory. So [`Document`] changes
//! lines; whether the result says what was meant is then read back through Asterisk's own reader
//! ([`files::Files::save`]), before it takes the old file's place.

mod document;
pub mod files;
mod replace;

pub use document::{Document, Refusal};

use serde::Deserialize;

/// What an option is to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    /// This value.
    One(String),
    /// These values, of an option that may be given several times.
    Many(Vec<String>),
    /// Whatever it is without a line of the section's own.
    Unset,
}
