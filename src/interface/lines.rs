//! Whose device is it: the users' extensions, resolved by the dialplan's hints.

use super::host::{Hint, Host};
use crate::calls::directory::Directory;
use crate::calls::pattern::Pattern;
use crate::calls::recording::{self, UserExtension};
use crate::config::settings::{Configuration, Extension};
use std::time::{Duration, Instant};

/// Hints are walked again at the earliest after this many times what the last walk took: at
/// most one percent of one core, and still at once by a human's measure.
const PAUSE_FACTOR: u32 = 100;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// The directory of lines, kept up with the dialplan.
pub struct Lines {
    extensions: Vec<UserExtension>,
    directory: Directory,
    hints: Vec<Hint>,
    next_look: Instant,
}

impl Lines {
    /// Resolves the users' extensions by the hints there are now.
    pub fn new(configuration: &Configuration, host: &impl Host) -> Lines {
        let mut lines = Lines {
            extensions: Vec::new(),
            directory: Directory::new(),
            hints: host.hints(),
            next_look: Instant::now(),
        };
        lines.resolve(configuration);
        lines
    }

    fn resolve(&mut self, configuration: &Configuration) {
        self.extensions = extensions(configuration, &self.hints);
        self.directory = recording::directory(&self.extensions);
    }

    /// The users' extensions as they were resolved.
    pub fn extensions(&self) -> &[UserExtension] {
        &self.extensions
    }

    /// The directory as it was at the last look.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Looks at the hints again, unless that was done just now. Asterisk does not tell when a
    /// dialplan is reloaded, so this is called as calls come in. `true`: they have changed.
    pub fn follow(&mut self, configuration: &Configuration, host: &impl Host) -> bool {
        let begun = Instant::now();
        if begun < self.next_look {
            return false;
        }
        let hints = host.hints();
        let changed = hints != self.hints;
        if changed {
            self.hints = hints;
            self.resolve(configuration);
        }
        self.next_look = begun + (begun.elapsed() * PAUSE_FACTOR).max(SHORTEST_PAUSE);
        changed
    }

    /// The devices of an extension, as the hints say; empty where there is no hint.
    pub fn devices(&self, extension: &Extension) -> String {
        devices(extension, &self.hints).unwrap_or_default()
    }
}

fn extensions(configuration: &Configuration, hints: &[Hint]) -> Vec<UserExtension> {
    let enabled = configuration.users.iter().filter(|user| user.enabled);
    enabled
        .flat_map(|user| user.extensions.iter().map(move |of| (user, of)))
        .map(|(user, of)| UserExtension {
            user: user.name.clone(),
            extension: of.exten.clone(),
            context: of.context.clone(),
            hint: devices(of, hints),
        })
        .collect()
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
