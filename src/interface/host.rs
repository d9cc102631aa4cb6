//! What the interface needs of the PBX it is in; `src/asterisk` provides it.

use crate::config::raw::RawSection;
use crate::control::EventCounters;
use crate::control::manager::Event;
use crate::web::sessions::Managers;
use std::path::PathBuf;
use std::time::Duration;

/// The PBX.
pub trait Host {
    /// Reads a configuration file, templates and includes resolved.
    fn read_config(&self, file: &str) -> Result<Vec<RawSection>, FileError>;
    /// The dialplan as it is now.
    fn dialplan(&self) -> Dialplan;
    /// All hints of the dialplan.
    fn hints(&self) -> Vec<Hint> {
        self.dialplan().hints
    }
    /// The devices of a pattern's hint for one of its extensions, variables resolved.
    fn resolve_hint(&self, hint: &Hint, exten: &str) -> String;
    /// Who may log in to the PBX's manager interface; `None`: that cannot be read.
    fn managers(&self) -> Option<Managers>;
    /// What does not change while it runs.
    fn facts(&self) -> &Facts;
    /// Is there a channel with this uniqueid?
    fn channel_exists(&self, uniqueid: &str) -> bool;
    /// Switches channel events on or off; on: existing channels come first; off: what happened
    /// before still comes.
    fn listen(&self, on: bool);
    /// Has the channels that exist told once more.
    fn listen_again(&self);
    /// Puts the place of an order among the events. `false`: that cannot be, for want of memory.
    fn order(&self) -> bool;
    /// Puts the web page into the PBX's HTTP server, or takes it out.
    fn serve(&self, on: bool);
    /// How long a call waits for the dialplan function, from now on.
    fn dialplan_timeout(&self, timeout: Duration);
    /// What the event callback has counted since the module was loaded.
    fn counters(&self) -> EventCounters;
    /// Keeps the module's code in memory when it is unloaded, for a thread of ours is held up
    /// where nothing but the system can end it. `false`: that cannot be.
    fn stay(&self) -> bool;
    /// Who tells the PBX's listeners of events; called from a thread of its own.
    fn publisher(&self) -> Box<dyn FnMut(&Event) + Send>;
}

/// Why there is no configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileError {
    /// No such file.
    Missing,
    /// The PBX's own reader cannot read it, and has said why in its log.
    Invalid,
}

/// A dialplan hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its context.
    pub context: String,
    /// Its extension, or a pattern.
    pub exten: String,
    /// `PJSIP/desk&PJSIP/mobile`; of a pattern perhaps with `${EXTEN}`.
    pub devices: String,
}

/// What of the dialplan says where extensions are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialplan {
    /// Its hints.
    pub hints: Vec<Hint>,
    /// Its extensions.
    pub extensions: Vec<DialplanExtension>,
    /// Which context includes which, in order.
    pub includes: Vec<(String, String)>,
}

/// An extension of the dialplan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialplanExtension {
    /// Its context.
    pub context: String,
    /// Its name, or a pattern.
    pub exten: String,
    /// What it does.
    pub leads: Leads,
}

/// Does an extension's dialplan make a phone ring?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// No application of it does.
    Nowhere,
    /// It calls subroutines, which may.
    Calls,
    /// It does.
    Dials,
}

/// Facts about the PBX.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Such as `22.10.1`.
    pub asterisk_version: String,
    /// `systemname` of asterisk.conf; empty where there is none.
    pub system_name: String,
    /// Where spools are.
    pub spool_dir: PathBuf,
    /// Where sounds and documentation are.
    pub data_dir: PathBuf,
    /// Where configuration files are.
    pub config_dir: PathBuf,
}
