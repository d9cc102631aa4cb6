//! The web page under `/salesforce` of Asterisk's HTTP server.
//!
//! A [`Request`] comes out of the mailbox, a [`Response`] goes back. [`route`] decides whether it
//! may be carried out and what it asks for; the interface does that (`interface/page.rs`), for it
//! alone can. The page itself is a few files that come with the module; everything that changes is
//! JSON below `api/`.

pub mod answers;
mod assets;
pub mod conf;
mod json;
mod request;
mod response;
mod routes;
pub mod sessions;
mod tests_of_users;
mod token;

pub use assets::Assets;
pub use request::{Request, Rights};
pub use response::Response;
pub use routes::{CallFilter, Remove, Save, Task, route};
pub use tests_of_users::Tests;
pub use token::Tokens;

/// Bytes as digits, two each.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the page needs to have at hand between two requests.
#[derive(Default)]
pub struct Desk {
    /// Its files.
    pub assets: Assets,
    /// Who is logged in.
    pub sessions: sessions::Sessions,
    /// Against forged requests.
    pub tokens: Tokens,
    /// Tests of users.
    pub tests: Tests,
}
