//! Whose is a device, whose an extension.

use rustc_hash::FxHashMap;
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
    /// Extension → its lines, each with the context it is confined to.
    extensions: FxHashMap<String, Vec<(Option<String>, Line)>>,
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
        self.extensions
            .entry(exten.to_owned())
            .or_default()
            .push((context.map(str::to_owned), line));
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
        lines
            .iter()
            .find(|(c, _)| c.as_deref() == Some(context))
            .or_else(|| lines.iter().find(|(c, _)| c.is_none()))
            .map(|(_, line)| line)
    }
}

/// The devices in a hint; `None`-like states, custom devices and presence are not devices
/// that ring.
fn hint_devices(hint: &str) -> impl Iterator<Item = (&str, &str)> {
    let states = hint.split(',').next().unwrap_or_default();
    states.split('&').filter_map(|device| {
        let (technology, endpoint) = device.trim().split_once('/')?;
        (!technology.contains(':')).then_some((technology, endpoint))
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
