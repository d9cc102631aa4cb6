//! SIP phones and a SIP provider, on a real SIP stack (rsipstack), in this
//! process: no program to install, no process to start per phone, and every
//! step of a call is an event that can be awaited.
//!
//! The public side blocks; the stack runs on one runtime of its own.

mod agent;
mod call;
mod load;
mod media;
mod phone;
mod reaction;
mod sdp;
mod trunk;

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

pub use call::{Call, End, Side, State};
pub use load::{Load, LoadReport, Plan};
pub use phone::Phone;
pub use reaction::Reaction;
pub use trunk::{Caller, Trunk};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sip")
        .enable_all()
        .build()
        .expect("threads can be started")
});

/// Waits for `future` on the stack's runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}
