//! What else runs in an Asterisk and might get in the way of what is tested.

mod ari;
mod manager;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::instance::{Builder, Pbx};
use crate::wait::eventually;

/// The environment variable that names the surroundings.
const VARIABLE: &str = "SURROUNDINGS";

/// How long events may take to arrive at their readers.
const PATIENCE: Duration = Duration::from_secs(10);

/// What Asterisk is like around what is tested: other consumers of what happens in it, another
/// dialplan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// Call records to a file, no other consumer.
    Plain,
    /// Asterisk's call records are switched off.
    NoCdr,
    /// Call records and channel event logging, both also to the manager interface; a client of
    /// the manager interface who reads all events; an application of the REST interface that is
    /// subscribed to all channels, bridges, endpoints and device states.
    Consumers,
    /// A dialplan in the shape of those that FreePBX generates.
    FreePbx,
}

impl Surroundings {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plain, Self::NoCdr, Self::Consumers, Self::FreePbx];

    /// Its name in `SURROUNDINGS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::NoCdr => "no-cdr",
            Self::Consumers => "consumers",
            Self::FreePbx => "freepbx",
        }
    }

    /// What the environment variable `SURROUNDINGS` asks for, if it is set.
    ///
    /// # Panics
    /// When it has a value that is none of the names.
    pub fn wanted() -> Option<Self> {
        let wanted = std::env::var(VARIABLE).ok()?;
        let found = Self::ALL.into_iter().find(|s| s.name() == wanted);
        Some(found.unwrap_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            panic!("{VARIABLE} is {wanted:?}, but should be one of {names}")
        }))
    }

    /// Adds what these surroundings need to an Asterisk's settings.
    #[must_use]
    pub fn around(self, builder: Builder) -> Builder {
        match self {
            Self::Plain => builder,
            Self::NoCdr => builder.etc("cdr.conf", "[general]\nenable=no\n"),
            Self::Consumers => ari::around(manager::around(builder)),
            Self::FreePbx => builder.freepbx(),
        }
    }

    /// Checks that Asterisk is as these surroundings want it, and connects their clients.
    ///
    /// # Errors
    /// When it is not, or a client is refused.
    pub fn enter(self, pbx: &Pbx) -> Result<Consumers> {
        let status = pbx.cli("cdr show status")?;
        let wanted = match self {
            Self::NoCdr => "Disabled",
            _ => "Enabled",
        };
        let is = status.lines().find(|line| line.contains("Logging:"));
        if !is.is_some_and(|line| line.ends_with(wanted)) {
            return Err(failed("switching call records", status));
        }
        let seen = Arc::new(Seen::default());
        let readers = match self {
            Self::Consumers => vec![manager::connect(pbx, &seen)?, ari::connect(pbx, &seen)?],
            _ => Vec::new(),
        };
        Ok(Consumers { readers, seen })
    }
}

/// The clients of one Asterisk; none in most surroundings. Each reads until Asterisk ends or
/// this is dropped.
#[derive(Debug)]
pub struct Consumers {
    readers: Vec<Reader>,
    seen: Arc<Seen>,
}

/// A client's socket; its thread ends when the socket does.
type Reader = std::net::TcpStream;

/// Events that arrived of each kind that every call makes.
#[derive(Debug, Default)]
struct Seen {
    manager_channels: AtomicU64,
    manager_cel: AtomicU64,
    ari_channels: AtomicU64,
}

impl Seen {
    fn counts(&self) -> [u64; 3] {
        [
            &self.manager_channels,
            &self.manager_cel,
            &self.ari_channels,
        ]
        .map(|count| count.load(Ordering::Relaxed))
    }
}

impl Consumers {
    /// After calls: waits until every client has been told of channels.
    ///
    /// # Errors
    /// [`Error::Timeout`] with what each has seen.
    pub fn check(&self) -> Result<()> {
        let all = || self.seen.counts().iter().all(|count| *count > 0);
        if self.readers.is_empty() || eventually("events", PATIENCE, all).is_ok() {
            return Ok(());
        }
        Err(Error::timeout(
            "events at every client",
            PATIENCE,
            format!(": {self}"),
        ))
    }
}

impl std::fmt::Display for Consumers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [channels, cel, ari] = self.seen.counts();
        write!(
            f,
            "new channels: {channels} at the manager interface, {ari} at the REST interface; \
             {cel} channel events logged"
        )
    }
}

impl Drop for Consumers {
    fn drop(&mut self) {
        for reader in &self.readers {
            // It is closed already where Asterisk has ended.
            let _ = reader.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn failed(what: &str, output: impl Into<String>) -> Error {
    Error::Failed {
        what: what.into(),
        status: "unexpected answer".into(),
        output: output.into(),
    }
}
