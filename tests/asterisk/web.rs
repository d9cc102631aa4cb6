//! The web page, in a real browser in front of the real Asterisk.

mod browser;
mod calls;
mod crowds;
mod elsewhere;
mod forms;
mod looks;
mod malformed;
pub mod office;
mod ownership;
mod requests;
mod sessions;
