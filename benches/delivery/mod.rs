//! From the journal to a simulated Salesforce, which runs in threads of this process: what a
//! call costs in requests, how fast a backlog drains, how long a Case takes, what waiting calls
//! take in memory.

mod drain;
mod journal;
mod latency;
mod line;
mod requests;
mod resident;
mod stage;

pub use drain::run as drain;
pub use journal::run as journal;
pub use latency::run as latency;
pub use requests::run as requests;
pub use resident::{ASIDE as RESIDENT_ASIDE, aside as resident_aside, run as resident};
