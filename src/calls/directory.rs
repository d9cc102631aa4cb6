//! Whose is a device, whose an extension.

use super::dialplan::{is_dialable, outside_number};
use super::pattern::Pattern;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// An extension of a Salesforce user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// The user's section name.
    pub user: Arc<str>,
    /// The extension, without its context.
    pub extension: Arc<str>,
}

/// The lines of all users and the devices on which they ring.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Endpoint name → its technologies, each with the lines that ring there, in
    /// the order of configuration.
    devices: FxHashMap<String, Vec<(String, Vec<Line>)>>,
    /// Endpoint name → lines without a hint.
    endpoints: FxHashMap<String, Vec<Line>>,
    /// Extension → its lines, each with the places where it is.
    extensions: FxHashMap<String, Vec<(Places, Line)>>,
    /// Extension → the devices that its hints name.
    hints: FxHashMap<String, Vec<String>>,
    /// The same for hints of patterns, with `${EXTEN}` in the devices.
    patterns: Vec<(Pattern, String)>,
}

/// Where an extension is what the configuration means.
#[derive(Debug, Clone)]
struct Places {
    /// The context that the configuration names.
    context: Option<Box<str>>,
    /// All contexts in which Asterisk finds it, if the dialplan is known.
    known: Option<FxHashSet<Box<str>>>,
}

impl Places {
    fn contain(&self, context: &str) -> bool {
        match (&self.known, &self.context) {
            (Some(known), _) => known.contains(context),
            (None, Some(only)) => **only == *context,
            // Without the prefix, `Macro` runs nothing: such an extension is part of a macro.
            (None, None) => !context.starts_with("macro-"),
        }
    }
}

/// What a place in the dialplan is.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// An extension of a user.
    User(&'a Line),
    /// An extension of somebody else in the house.
    Colleague,
    /// Something else.
    Other,
}

impl Directory {
    /// An empty directory, to be filled by [`Directory::add`].
    pub fn new() -> Directory {
        Directory::default()
    }

    /// Adds an extension of a user. `context` confines it; `hint` is what Asterisk's hint
    /// says, such as `PJSIP/desk&PJSIP/mobile&Custom:DND100,CustomPresence:100`. Without
    /// devices in the hint, the endpoints called like the extension are the user's.
    pub fn add(&mut self, user: &str, exten: &str, context: Option<&str>, hint: Option<&str>) {
        let line = Line {
            user: user.into(),
            extension: exten.into(),
        };
        let mut hinted = false;
        for (technology, endpoint) in hint.map(hint_devices).into_iter().flatten() {
            hinted = true;
            let technologies = self.devices.entry(endpoint.to_owned()).or_default();
            let known = technologies
                .iter_mut()
                .find(|(known, _)| known.eq_ignore_ascii_case(technology));
            match known {
                Some((_, lines)) => push_new(lines, &line),
                None => technologies.push((technology.to_owned(), vec![line.clone()])),
            }
        }
        if !hinted {
            push_new(self.endpoints.entry(exten.to_owned()).or_default(), &line);
        }
        let places = Places {
            context: context.map(Into::into),
            known: None,
        };
        let lines = self.extensions.entry(exten.to_owned()).or_default();
        lines.push((places, line));
    }

    /// Says in which contexts the extension that was added last is to be found; without, it is
    /// in every one, or in the one that confines it.
    pub fn places<'a>(&mut self, exten: &str, contexts: impl IntoIterator<Item = &'a str>) {
        if let Some((places, _)) = self.extensions.get_mut(exten).and_then(|l| l.last_mut()) {
            places.known = Some(contexts.into_iter().map(Into::into).collect());
        }
    }

    /// Adds a hint of the dialplan, whosever it is.
    pub fn hint(&mut self, exten: &str, devices: &str) {
        if exten.starts_with('_') {
            self.patterns
                .push((Pattern::new(exten), devices.to_owned()));
        } else {
            let known = self.hints.entry(exten.to_owned()).or_default();
            known.extend(hint_devices(devices).map(|(technology, endpoint)| {
                format!("{}/{endpoint}", technology.to_ascii_lowercase())
            }));
        }
    }

    /// Is a caller on this device, who shows this number, a colleague? So it is if a hint names the
    /// device, for an extension that is the number or the endpoint's name. A name that is no number
    /// may be a trunk's: it counts only if what it shows is none of an outside caller.
    pub(super) fn is_colleague(&self, device: &str, number: &str) -> bool {
        let endpoint = device.split_once('/').map_or("", |(_, endpoint)| endpoint);
        let is_named = is_dialable(endpoint) || outside_number(number).is_none();
        self.is_hinted(device, number) || is_named && self.is_hinted(device, endpoint)
    }

    /// Is this a phone of the house?
    pub(super) fn is_phone(&self, device: &str) -> bool {
        let endpoint = device.split_once('/').map_or("", |(_, endpoint)| endpoint);
        !self.lines_of_device(device).is_empty()
            || is_dialable(endpoint) && self.is_hinted(device, endpoint)
    }

    /// Does a hint for this extension name the device?
    fn is_hinted(&self, device: &str, exten: &str) -> bool {
        let Some((technology, endpoint)) = device.split_once('/') else {
            return false;
        };
        let same = |t: &str, e: &str| t.eq_ignore_ascii_case(technology) && e == endpoint;
        let exact = self.hints.get(exten).into_iter().flatten();
        let mut named = exact.filter_map(|device| device.split_once('/'));
        let mut patterns = self.patterns.iter();
        named.any(|(technology, endpoint)| same(technology, endpoint))
            || patterns.any(|(pattern, devices)| {
                let devices = devices.replace("${EXTEN}", exten);
                pattern.matches(exten) && hint_devices(&devices).any(|(t, e)| same(t, e))
            })
    }

    /// What a place is. `dialled`: somebody dialled this extension, so it is not only called like
    /// one.
    pub(super) fn place(&self, context: &str, exten: &str, dialled: bool) -> Place<'_> {
        let line = match dialled {
            true => self.line_dialled(context, exten),
            false => self.line_of_extension(context, exten),
        };
        match line {
            Some(line) => Place::User(line),
            None if self.hints.contains_key(exten)
                && !self.extensions.contains_key(exten)
                && !context.starts_with("macro-") =>
            {
                Place::Colleague
            }
            None => Place::Other,
        }
    }

    /// The lines that ring on a device (`PJSIP/desk`, technology in any case).
    pub fn lines_of_device(&self, device: &str) -> &[Line] {
        let Some((technology, endpoint)) = device.split_once('/') else {
            return &[];
        };
        let mut hinted = self.devices.get(endpoint).into_iter().flatten();
        if let Some((_, lines)) = hinted.find(|(known, _)| known.eq_ignore_ascii_case(technology)) {
            return lines;
        }
        match self.endpoints.get(endpoint) {
            Some(lines) if !technology.eq_ignore_ascii_case("Local") => lines,
            _ => &[],
        }
    }

    /// The lines for which a Local channel (`Local/100@office`) stands, and whether a hint
    /// says so; else it is called like their extension.
    pub(super) fn lines_of_local(&self, device: &str) -> (&[Line], bool) {
        let hinted = self.lines_of_device(device);
        if !hinted.is_empty() {
            return (hinted, true);
        }
        let exten = device
            .split_once('/')
            .and_then(|(_, rest)| rest.split('@').next());
        let called = exten.and_then(|exten| self.endpoints.get(exten));
        (called.map_or(&[], Vec::as_slice), false)
    }

    /// The line that an extension of the dialplan is.
    pub fn line_of_extension(&self, context: &str, exten: &str) -> Option<&Line> {
        let lines = self.extensions.get(exten)?;
        let confined = lines.iter().filter(|(places, _)| places.context.is_some());
        let others = lines.iter().filter(|(places, _)| places.context.is_none());
        confined
            .chain(others)
            .find(|(places, _)| places.contain(context))
            .map(|(_, line)| line)
    }

    /// The same of an extension that somebody dialled in this context: if no context confines it,
    /// it is meant wherever it can be dialled.
    pub fn line_dialled(&self, context: &str, exten: &str) -> Option<&Line> {
        self.line_of_extension(context, exten).or_else(|| {
            let lines = self.extensions.get(exten)?.iter();
            let mut free = lines.filter(|(places, _)| places.context.is_none());
            free.next().map(|(_, line)| line)
        })
    }
}

/// The devices in a hint; `None`-like states, custom devices and presence are not devices
/// that ring.
fn hint_devices(hint: &str) -> impl Iterator<Item = (&str, &str)> {
    let states = hint.split(',').next().unwrap_or_default();
    states.split('&').filter_map(|device| {
        let (technology, endpoint) = device.trim().split_once('/')?;
        // What Asterisk has not resolved names nothing.
        let is_device = !technology.contains(':') && !device.contains("${");
        is_device.then_some((technology, endpoint))
    })
}

fn push_new(lines: &mut Vec<Line>, line: &Line) {
    if !lines.contains(line) {
        lines.push(line.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| &*line.user).collect()
    }

    #[test]
    fn hints_name_devices_and_other_things() {
        let mut directory = Directory::new();
        let hint = "PJSIP/desk&pjsip/mobile&Custom:DND100,CustomPresence:100";
        directory.add("A", "100", None, Some(hint));
        assert_eq!(users(directory.lines_of_device("PJSIP/desk")), ["A"]);
        assert_eq!(users(directory.lines_of_device("pjsip/mobile")), ["A"]);
        // With a hint, a phone that is called like the extension is somebody else's.
        assert!(directory.lines_of_device("PJSIP/100").is_empty());
        assert!(directory.lines_of_device("Custom/DND100").is_empty());
        assert!(directory.lines_of_device("nonsense").is_empty());
    }

    #[test]
    fn without_devices_in_the_hint_the_extension_names_them() {
        let mut directory = Directory::new();
        directory.add("A", "100", None, None);
        directory.add("B", "101", None, Some("Custom:DND101"));
        for device in ["PJSIP/100", "SIP/100", "IAX2/100"] {
            assert_eq!(users(directory.lines_of_device(device)), ["A"]);
        }
        assert_eq!(users(directory.lines_of_device("PJSIP/101")), ["B"]);
        assert!(directory.lines_of_device("PJSIP/1000").is_empty());
        let (lines, hinted) = directory.lines_of_local("Local/100@anywhere");
        assert_eq!((users(lines), hinted), (vec!["A"], false));
    }

    #[test]
    fn contexts_confine_extensions() {
        let mut directory = Directory::new();
        directory.add("A", "100", Some("berlin"), None);
        directory.add("B", "100", Some("hamburg"), None);
        directory.add("C", "101", None, None);
        let user = |context, exten| {
            let line = directory.line_of_extension(context, exten)?;
            Some(line.user.to_string())
        };
        assert_eq!(user("berlin", "100").as_deref(), Some("A"));
        assert_eq!(user("hamburg", "100").as_deref(), Some("B"));
        assert_eq!(user("bremen", "100"), None);
        assert_eq!(user("bremen", "101").as_deref(), Some("C"));
        assert_eq!(user("bremen", "s"), None);
    }
}
