//! The recorded calls of `tests/recordings`, as often as one likes, each time under fresh names.

use crate::Failure;
use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::event::{Event, EventKind};
use res_ansitel_salesforce::calls::pattern::Pattern;
use res_ansitel_salesforce::calls::tracker::{Rules, Tracker};
use res_ansitel_salesforce::config::settings::{AnsweredElsewhere, UnansweredGroup};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// More channels than any recording has.
const APART: u64 = 1000;

/// Users beside the two whom the recordings ring.
const USERS: usize = 1000;

/// The event stream of a call.
pub struct Recording(Vec<Value>);

/// All recordings that end with the call, in the order of their names.
pub fn all() -> Result<Vec<Recording>, Failure> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
    paths.sort();
    let recordings: Vec<Recording> = paths
        .iter()
        .map(|path| read(path))
        .collect::<Result<_, _>>()?;
    Ok(recordings.into_iter().filter(Recording::ends).collect())
}

/// The recording of this name.
pub fn named(name: &str) -> Result<Recording, Failure> {
    read(&folder().join(name).with_extension("jsonl"))
}

impl Recording {
    /// The call as number `n`: its channels and bridges are no other number's.
    pub fn fresh(&self, n: u64) -> Vec<Event> {
        let events = self.0.iter().map(|line| {
            let mut line = line.clone();
            rename(&mut line, "", n);
            serde_json::from_value(line).expect("a renamed event is an event")
        });
        events.collect()
    }

    /// The same until somebody hangs up.
    pub fn fresh_in_progress(&self, n: u64) -> Vec<Event> {
        let mut events = self.fresh(n);
        let end = |event: &Event| matches!(event.kind, EventKind::HangupRequest(_));
        let length = events.iter().position(end).unwrap_or(events.len());
        events.truncate(length);
        events
    }

    /// Are all channels gone at its end?
    fn ends(&self) -> bool {
        let (directory, rules) = (directory(), rules());
        let mut tracker = Tracker::new();
        for event in self.fresh(0) {
            tracker.handle(&event, &directory, &rules);
        }
        tracker.channels() == 0
    }
}

/// The users whom the recordings ring, among many others.
pub fn directory() -> Directory {
    let mut directory = Directory::new();
    for n in 0..USERS {
        let exten = (2000 + n).to_string();
        directory.add(
            &format!("user{n}"),
            &exten,
            None,
            Some(&format!("PJSIP/{exten}")),
        );
    }
    directory.add("anna", "100", None, Some("PJSIP/100"));
    directory.add("bert", "101", None, Some("PJSIP/101"));
    directory
}

/// The default rules.
pub fn rules() -> Rules {
    Rules {
        internal_callers: ["_X", "_XX", "_XXX", "_XXXX"].map(Pattern::new).into(),
        unanswered_group: UnansweredGroup::All,
        answered_elsewhere: AnsweredElsewhere::Ignore,
        system_name: String::new(),
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

fn read(path: &Path) -> Result<Recording, Failure> {
    let text = std::fs::read_to_string(path)?;
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    // Whom it was made for is left out: `directory` has more users.
    let events = lines?
        .into_iter()
        .filter(|line| line.get("setup").is_none());
    Ok(Recording(events.collect()))
}

/// Gives channels and bridges in a line names that look as before.
fn rename(value: &mut Value, key: &str, n: u64) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                rename(value, key, n);
            }
        }
        Value::String(text) => {
            let renamed = match key {
                "uniqueid" | "linkedid" => renumber(text, '.', text.len(), 10, n),
                "name" => renumber(text, '-', text.find(';').unwrap_or(text.len()), 16, n),
                "bridge" | "id" => text
                    .rfind('-')
                    .map(|dash| format!("{}-{n:012x}", &text[..dash])),
                _ => None,
            };
            if let Some(renamed) = renamed {
                *text = renamed;
            }
        }
        _ => {}
    }
}

/// Replaces the number between the last `mark` and `end` by the `n`th of its kind.
fn renumber(text: &str, mark: char, end: usize, radix: u32, n: u64) -> Option<String> {
    let begin = text[..end].rfind(mark)? + 1;
    let number = u64::from_str_radix(&text[begin..end], radix).ok()? + n * APART;
    let number = match radix {
        16 => format!("{number:08x}"),
        _ => number.to_string(),
    };
    Some(format!("{}{number}{}", &text[..begin], &text[end..]))
}
