//! What an instance is to be like, before it starts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::Pbx;
use crate::conf::{Dialplan, Shape};
use crate::error::Result;
use crate::root::Kind;

/// Settings of a private Asterisk; made by [`Pbx::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    pub(super) kind: Kind,
    pub(super) phones: RangeInclusive<u16>,
    pub(super) dialplan: DialplanText,
    pub(super) shape: Shape,
    pub(super) etc: BTreeMap<String, String>,
    pub(super) modules: Vec<(String, Option<PathBuf>)>,
    pub(super) documentation: Vec<PathBuf>,
    pub(super) http: bool,
    pub(super) ami: bool,
    pub(super) options: String,
    pub(super) env: Vec<(String, String)>,
    pub(super) wrapper: Vec<String>,
    pub(super) patience: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum DialplanText {
    Standard(Dialplan),
    Own(String),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            kind: Kind::Plain,
            phones: 100..=109,
            dialplan: DialplanText::Standard(Dialplan::default()),
            shape: Shape::default(),
            etc: BTreeMap::new(),
            modules: Vec::new(),
            documentation: Vec::new(),
            http: false,
            ami: false,
            options: String::new(),
            env: Vec::new(),
            wrapper: Vec::new(),
            patience: Duration::from_secs(30),
        }
    }
}

impl Builder {
    /// Which phones have an account and a hint; default 100 to 109.
    #[must_use]
    pub fn phones(mut self, phones: RangeInclusive<u16>) -> Self {
        self.phones = phones;
        self
    }

    /// The standard dialplan, adapted.
    #[must_use]
    pub fn dialplan(mut self, dialplan: Dialplan) -> Self {
        self.dialplan = DialplanText::Standard(dialplan);
        self
    }

    /// The standard dialplan's numbers in a dialplan as FreePBX generates it.
    #[must_use]
    pub fn freepbx(mut self) -> Self {
        self.shape = Shape::FreePbx;
        self
    }

    /// A whole `extensions.conf` instead of the standard one.
    #[must_use]
    pub fn extensions_conf(mut self, text: &str) -> Self {
        self.dialplan = DialplanText::Own(text.into());
        self.shape = Shape::Plain;
        self
    }

    /// A further configuration file, or another text for one that is generated.
    #[must_use]
    pub fn etc(mut self, name: &str, text: &str) -> Self {
        self.etc.insert(name.into(), text.into());
        self
    }

    /// Installs the shared object `file` as module `name` and loads it at start.
    #[must_use]
    pub fn module(mut self, name: &str, file: impl Into<PathBuf>) -> Self {
        self.modules.push((name.into(), Some(file.into())));
        self
    }

    /// Loads another of Asterisk's own modules at start.
    #[must_use]
    pub fn stock_module(mut self, name: &str) -> Self {
        self.modules.push((name.into(), None));
        self
    }

    /// Installs a documentation file where `core show …` looks for it.
    #[must_use]
    pub fn documentation(mut self, xml: impl Into<PathBuf>) -> Self {
        self.documentation.push(xml.into());
        self
    }

    /// Starts Asterisk's HTTP server; see [`Pbx::http`].
    #[must_use]
    pub fn http(mut self) -> Self {
        self.http = true;
        self
    }

    /// Starts the manager interface; see [`Pbx::ami`] and [`crate::AMI_USER`].
    #[must_use]
    pub fn ami(mut self) -> Self {
        self.ami = true;
        self
    }

    /// A line for `[options]` of `asterisk.conf`, such as `debug=3`.
    #[must_use]
    pub fn option(mut self, line: &str) -> Self {
        self.options += line;
        self.options.push('\n');
        self
    }

    /// An environment variable of Asterisk's, such as `ASAN_OPTIONS`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs Asterisk under `command`, for example
    /// `["valgrind", "--leak-check=full", "--log-file=valgrind.log"]`, in a root
    /// that has valgrind and gdb (made on first use). Its working directory is
    /// the instance's `log/`. Waits ten times longer for everything.
    #[must_use]
    pub fn wrapper(mut self, command: &[&str]) -> Self {
        self.kind = Kind::Debug;
        self.wrapper = command.iter().map(|word| (*word).into()).collect();
        self.patience *= 10;
        self
    }

    /// Prepares the root if need be, starts Asterisk, and waits until it has
    /// fully booted.
    ///
    /// # Errors
    /// What [`crate::Root::prepare`] says, or the end of Asterisk's log when it
    /// does not come up.
    pub fn start(self) -> Result<Pbx> {
        Pbx::create(self)
    }
}
