//! Whose device is it: the users' extensions, resolved by the dialplan's hints.

use super::host::{Hint, Host};
use crate::calls::directory::Directory;
use crate::calls::pattern::Pattern;
use crate::config::settings::{Configuration, Extension};
use std::time::{Duration, Instant};

/// Hints are walked again at the earliest after this many times what the last walk took: at
/// most one percent of one core, and still at once by a human's measure.
const PAUSE_FACTOR: u32 = 100;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// The directory of lines, kept up with the dialplan.
pub struct Lines {
    directory: Directory,
    hints: Vec<Hint>,
    next_look: Instant,
}

impl Lines {
    /// Resolves the users' extensions by the hints there are now.
    pub fn new(configuration: &Configuration, host: &impl Host) -> Lines {
        let mut lines = Lines {
            directory: Directory::new(),
            hints: Vec::new(),
            next_look: Instant::now(),
        };
        lines.hints = host.hints();
        lines.directory = directory(configuration, &lines.hints);
        lines
    }

    /// The directory as it was at the last look.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Looks at the hints again, unless that was done just now. Asterisk does not tell when a
    /// dialplan is reloaded, so this is called as calls come in.
    pub fn follow(&mut self, configuration: &Configuration, host: &impl Host) {
        let begun = Instant::now();
        if begun < self.next_look {
            return;
        }
        let hints = host.hints();
        if hints != self.hints {
            self.directory = directory(configuration, &hints);
            self.hints = hints;
        }
        self.next_look = begun + (begun.elapsed() * PAUSE_FACTOR).max(SHORTEST_PAUSE);
    }

    /// The devices of an extension, as the hints say; empty where there is no hint.
    pub fn devices(&self, extension: &Extension) -> String {
        devices(extension, &self.hints).unwrap_or_default()
    }
}

fn directory(configuration: &Configuration, hints: &[Hint]) -> Directory {
    let mut directory = Directory::new();
    for user in configuration.users.iter().filter(|user| user.enabled) {
        for extension in &user.extensions {
            directory.add(
                &user.name,
                &extension.exten,
                extension.context.as_deref(),
                devices(extension, hints).as_deref(),
            );
        }
    }
    directory
}

/// What the hints for the extension name, joined by `&`; those of its own context only, if it
/// has one. A hint for exactly this extension goes before a pattern's.
fn devices(extension: &Extension, hints: &[Hint]) -> Option<String> {
    let in_context = |hint: &&Hint| {
        extension
            .context
            .as_ref()
            .is_none_or(|context| *context == hint.context)
    };
    let exact: Vec<&Hint> = hints
        .iter()
        .filter(in_context)
        .filter(|hint| hint.exten == extension.exten)
        .collect();
    let matching = if exact.is_empty() {
        hints
            .iter()
            .filter(in_context)
            .filter(|hint| {
                hint.exten.starts_with('_') && Pattern::new(&hint.exten).matches(&extension.exten)
            })
            .collect()
    } else {
        exact
    };
    let devices: Vec<String> = matching
        .iter()
        // What follows a comma is presence.
        .filter_map(|hint| hint.devices.split(',').next())
        .filter(|devices| !devices.is_empty())
        .map(|devices| devices.replace("${EXTEN}", &extension.exten))
        .collect();
    (!devices.is_empty()).then(|| devices.join("&"))
}
