//! What `record_events` writes, and reads back as: one JSON line for each event, and one for what
//! decided about them wherever that begins or changes.

use super::directory::Directory;
use super::event::Event;
use super::tracker::Rules;
use serde::{Deserialize, Serialize};

/// A line of a recording.
#[expect(clippy::large_enum_variant, reason = "lines are read one by one")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// What decides about the events that follow.
    Setup {
        /// The setup.
        setup: Setup,
    },
    /// Something happened to channels.
    Event(Event),
}

/// Whose calls are followed and by which rules: nothing of Salesforce, no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Following begins here: of no channel is anything known. Else only the setup changed.
    pub fresh: bool,
    /// The module's version.
    pub module: String,
    /// Asterisk's version.
    pub asterisk: String,
    /// The settings that decide.
    pub rules: Rules,
    /// The users' extensions.
    pub extensions: Vec<UserExtension>,
    /// The hints of the dialplan, which tell who is a colleague.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<KnownHint>,
}

/// A hint of the dialplan, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownHint {
    /// Its extension, or a pattern.
    pub extension: String,
    /// What it names.
    pub devices: String,
}

/// An extension of a user, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserExtension {
    /// The user's section in `salesforce.conf`.
    pub user: String,
    /// The extension.
    pub extension: String,
    /// The context that confines it.
    pub context: Option<String>,
    /// What the dialplan's hint names; `None`: there is no hint.
    pub hint: Option<String>,
    /// The contexts in which it is to be found; `None`: the dialplan does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<String>>,
}

impl Setup {
    /// Whose is which device and extension.
    pub fn directory(&self) -> Directory {
        directory(&self.extensions, &self.hints)
    }
}

/// Whose is which device and extension.
pub fn directory(extensions: &[UserExtension], hints: &[KnownHint]) -> Directory {
    let mut directory = Directory::new();
    for of in extensions {
        let (context, hint) = (of.context.as_deref(), of.hint.as_deref());
        directory.add(&of.user, &of.extension, context, hint);
        if let Some(places) = &of.places {
            directory.places(&of.extension, places.iter().map(String::as_str));
        }
    }
    for hint in hints {
        directory.hint(&hint.extension, &hint.devices);
    }
    directory
}
