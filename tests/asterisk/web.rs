//! The web page, in a real browser in front of the real Asterisk.

mod browser;
mod calls;
mod forms;
mod looks;
mod office;
mod requests;
mod sessions;
