//! What can go wrong while preparing, running or ringing a private Asterisk.

use std::path::PathBuf;
use std::time::Duration;

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can fail here, in words a tester can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A Debian root can only be built and entered by root.
    #[error(
        "a private Asterisk runs in a Debian root of its own, which only root can enter: run this as root or with sudo"
    )]
    NotRoot,
    /// A program needed on this machine is missing.
    #[error("{program} is not installed: run scripts/packages")]
    MissingProgram {
        /// Name of the program.
        program: String,
    },
    /// A program ran and failed.
    #[error("{what} failed ({status})\n{output}")]
    Failed {
        /// What was being done.
        what: String,
        /// How the program ended.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The machine's apt sources name no Debian mirror.
    #[error("no Debian mirror found in /etc/apt/sources.list, *.list or *.sources")]
    NoMirror,
    /// Asterisk ended before it was ready, or while it was being talked to.
    #[error("Asterisk is gone: {0}")]
    Gone(String),
    /// Something awaited did not happen.
    #[error("waited {waited:?} in vain for {what}{detail}")]
    Timeout {
        /// What was awaited.
        what: String,
        /// How long.
        waited: Duration,
        /// What happened instead, if known.
        detail: String,
    },
    /// The SIP stack refused or failed.
    #[error("SIP: {0}")]
    Sip(String),
}

impl Error {
    pub(crate) fn timeout(
        what: impl Into<String>,
        waited: Duration,
        detail: impl Into<String>,
    ) -> Self {
        Self::Timeout {
            what: what.into(),
            waited,
            detail: detail.into(),
        }
    }
}

impl From<rsipstack::Error> for Error {
    fn from(e: rsipstack::Error) -> Self {
        Self::Sip(e.to_string())
    }
}

/// Attaches the path to an I/O error.
pub(crate) trait At<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::File {
            path: path.into(),
            source,
        })
    }
}
