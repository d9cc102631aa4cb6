//! Waiting for something to become true.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Checks `condition` every 10 ms until it holds, for at most `patience`.
///
/// # Errors
/// [`Error::Timeout`] naming `what`.
pub fn eventually(
    what: &str,
    patience: Duration,
    mut condition: impl FnMut() -> bool,
) -> Result<()> {
    let deadline = Instant::now() + patience;
    while !condition() {
        if Instant::now() > deadline {
            return Err(Error::timeout(what, patience, ""));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
