//! The web page, in a real browser in front of the real Asterisk.

mod addresses;
mod browser;
mod calls;
mod cross_site;
mod crowds;
mod elsewhere;
mod forms;
mod lockout;
mod logins;
mod looks;
mod malformed;
pub mod office;
mod ownership;
mod requests;
mod sessions;
mod site;
mod traces;
