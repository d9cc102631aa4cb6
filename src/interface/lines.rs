//! Whose device is it: the users' extensions, resolved by the dialplan and its hints.

use super::host::{Dialplan, Hint, Host};
use super::places::Places;
use crate::calls::directory::Directory;
use crate::calls::pattern::Pattern;
use crate::calls::recording::{self, KnownHint, UserExtension};
use crate::config::settings::{Configuration, Extension};
use std::time::{Duration, Instant};

/// The dialplan is walked again at the earliest after this many times what the last walk took: at
/// most one percent of one core, and still at once by a human's measure.
const PAUSE_FACTOR: u32 = 100;
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// The directory of lines, kept up with the dialplan.
#[derive(Clone)]
pub struct Lines {
    extensions: Vec<UserExtension>,
    directory: Directory,
    dialplan: Dialplan,
    next_look: Instant,
}

impl Lines {
    /// Resolves the users' extensions by the dialplan there is now.
    pub fn new(configuration: &Configuration, host: &impl Host) -> Lines {
        let mut lines = Lines {
            extensions: Vec::new(),
            directory: Directory::new(),
            dialplan: look(configuration, host),
            next_look: Instant::now(),
        };
        lines.resolve(configuration);
        lines
    }

    fn resolve(&mut self, configuration: &Configuration) {
        self.extensions = extensions(configuration, &self.dialplan);
        self.directory = recording::directory(&self.extensions, &self.hints());
    }

    /// The users' extensions as they were resolved.
    pub fn extensions(&self) -> &[UserExtension] {
        &self.extensions
    }

    /// All hints, of colleagues, too.
    pub fn hints(&self) -> Vec<KnownHint> {
        let known = |hint: &Hint| KnownHint {
            extension: hint.exten.clone(),
            devices: hint.devices.clone(),
        };
        self.dialplan.hints.iter().map(known).collect()
    }

    /// The directory as it was at the last look.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Looks at the dialplan again, unless that was done just now. Asterisk does not tell when it
    /// is reloaded, so this is called as calls come in. `true`: something has changed.
    pub fn follow(&mut self, configuration: &Configuration, host: &impl Host) -> bool {
        let begun = Instant::now();
        if begun < self.next_look {
            return false;
        }
        let dialplan = look(configuration, host);
        let changed = dialplan != self.dialplan;
        if changed {
            self.dialplan = dialplan;
            self.resolve(configuration);
        }
        self.next_look = begun + (begun.elapsed() * PAUSE_FACTOR).max(SHORTEST_PAUSE);
        changed
    }

    /// The devices of an extension, as the hints say; empty where there is no hint.
    pub fn devices(&self, extension: &Extension) -> String {
        let same = |of: &&UserExtension| {
            of.extension == extension.exten && of.context == extension.context
        };
        if let Some(of) = self.extensions.iter().find(same) {
            return of.hint.clone().unwrap_or_default();
        }
        // Of a user that is parked.
        let places = Places::new(&self.dialplan);
        devices(extension, &self.dialplan.hints, &places).unwrap_or_default()
    }
}

/// The dialplan, with what patterns' hints say for the users' extensions. As Asterisk does it
/// itself for who watches such an extension.
fn look(configuration: &Configuration, host: &impl Host) -> Dialplan {
    let mut dialplan = host.dialplan();
    let mut resolved = Vec::new();
    for hint in &dialplan.hints {
        if !hint.exten.starts_with('_') || !hint.devices.contains("${") {
            continue;
        }
        let pattern = Pattern::new(&hint.exten);
        let users = configuration.users.iter().flat_map(|user| &user.extensions);
        for exten in users.map(|of| &of.exten).filter(|e| pattern.matches(e)) {
            let known = |of: &Hint| of.context == hint.context && of.exten == *exten;
            if !dialplan.hints.iter().chain(&resolved).any(known) {
                resolved.push(Hint {
                    context: hint.context.clone(),
                    exten: exten.clone(),
                    devices: host.resolve_hint(hint, exten),
                });
            }
        }
    }
    dialplan.hints.append(&mut resolved);
    dialplan
}

fn extensions(configuration: &Configuration, dialplan: &Dialplan) -> Vec<UserExtension> {
    let places = Places::new(dialplan);
    let enabled = configuration.users.iter().filter(|user| user.enabled);
    enabled
        .flat_map(|user| user.extensions.iter().map(move |of| (user, of)))
        .map(|(user, of)| UserExtension {
            user: user.name.clone(),
            extension: of.exten.clone(),
            context: of.context.clone(),
            hint: devices(of, &dialplan.hints, &places),
            places: places.of(&of.exten, of.context.as_deref()),
        })
        .collect()
}

/// What the hints for the extension name, joined by `&`: with a context the one that Asterisk
/// finds from there. A hint for exactly this extension goes before a pattern's.
fn devices(extension: &Extension, hints: &[Hint], places: &Places) -> Option<String> {
    let exten = &extension.exten;
    let matching: Vec<&Hint> = match &extension.context {
        Some(context) => places.hint(context, exten).into_iter().collect(),
        None => {
            let exact: Vec<&Hint> = hints.iter().filter(|hint| hint.exten == *exten).collect();
            if exact.is_empty() {
                let patterns = hints.iter().filter(|hint| hint.exten.starts_with('_'));
                patterns
                    .filter(|hint| Pattern::new(&hint.exten).matches(exten))
                    .collect()
            } else {
                exact
            }
        }
    };
    let devices: Vec<String> = matching
        .iter()
        // What follows a comma is presence.
        .filter_map(|hint| hint.devices.split(',').next())
        .filter(|devices| !devices.is_empty())
        .map(|devices| devices.replace("${EXTEN}", exten))
        .collect();
    (!devices.is_empty()).then(|| devices.join("&"))
}
