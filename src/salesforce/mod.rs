//! Salesforce: logging in, looking numbers up, writing Cases and Accounts, and what is to be
//! done about each error.
//!
//! Everything here blocks, and is called from the worker threads. No function repeats a write
//! by itself; every error says what to do ([`Error::action`]) and whether a write may have
//! happened nevertheless ([`Error::in_doubt`]).

mod client;
mod error;
mod session;

pub use client::{AccountHit, ApiUsage, Client, ClientOptions, SetupError};
pub use error::{Action, Error};
pub use session::Session;
