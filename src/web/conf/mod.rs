//! Changing `salesforce.conf` in place: comments, templates, includes and order stay, for only
//! the lines are touched that say what is to change.
//!
//! Asterisk's own way of writing a configuration rewrites every included file as well, in place,
//! puts a heading over each and drops what it does not keep in memory. So [`Document`] changes
//! lines; whether the result says what was meant is then read back through Asterisk's own reader
//! ([`files::Files::save`]), before it takes the old file's place.

mod document;
pub mod entering;
pub mod files;
pub mod permitted;
mod replace;
pub mod sources;
mod wanted;

pub use document::{Directive, Document, Refusal};
pub use wanted::Wanted;
