//! The Salesforce client over real TLS connections: what it sends, what it makes of the
//! answers, and what it does when there is none.

mod login;
mod numbers;
mod oauth;
mod server;
mod simulated;
mod support;
mod wire;
