//! The web page, in a real browser in front of the real Asterisk.

mod addresses;
mod browser;
mod calls;
mod changer;
mod cross_site;
mod crowds;
mod directives;
mod elsewhere;
mod forms;
mod lockout;
mod logins;
mod looking;
mod looks;
mod malformed;
pub mod office;
mod ownership;
mod reading;
mod requests;
mod secrets;
mod sessions;
mod site;
mod traces;
