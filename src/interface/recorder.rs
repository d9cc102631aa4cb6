//! `record_events`: the event stream as JSON lines, for support.

use crate::calls::event::Event;
use crate::calls::recording::{Entry, Setup};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Appends events to a file.
pub struct Recorder {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Recorder {
    /// Opens the file, for its owner only: it holds callers' numbers.
    pub fn open(path: &Path) -> io::Result<Recorder> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        Ok(Recorder {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an event.
    pub fn add(&mut self, event: &Event) -> io::Result<()> {
        self.write(event)
    }

    /// Adds what decides about the events that follow.
    pub fn setup(&mut self, setup: Setup) -> io::Result<()> {
        self.write(&Entry::Setup { setup })
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")
    }

    /// Hands what has gathered to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::event::{EventKind, Snapshot};
    use crate::calls::record::Timestamp;
    use crate::calls::recording::{KnownHint, UserExtension};
    use crate::calls::tracker::Rules;
    use crate::config::settings::{AnsweredElsewhere, UnansweredGroup};

    #[test]
    fn what_is_recorded_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let setup = Setup {
            fresh: true,
            module: "1".to_owned(),
            asterisk: "22".to_owned(),
            rules: Rules {
                internal_callers: Vec::new(),
                unanswered_group: UnansweredGroup::First,
                answered_elsewhere: AnsweredElsewhere::Lost,
                system_name: "pbx".to_owned(),
            },
            extensions: vec![UserExtension {
                user: "anna".to_owned(),
                extension: "100".to_owned(),
                context: Some("office".to_owned()),
                hint: None,
                places: Some(vec!["office".to_owned()]),
            }],
            hints: vec![KnownHint {
                extension: "105".to_owned(),
                devices: "PJSIP/105".to_owned(),
            }],
        };
        let event = Event {
            at: Timestamp(5),
            kind: EventKind::Gone(Snapshot::default()),
        };
        let mut recorder = Recorder::open(&path).unwrap();
        recorder.setup(setup.clone()).unwrap();
        recorder.add(&event).unwrap();
        recorder.flush().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let entries: Vec<Entry> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(matches!(&entries[0], Entry::Setup { setup: read } if *read == setup));
        assert!(matches!(&entries[1], Entry::Event(read) if *read == event));
        assert_eq!(entries.len(), 2);
    }
}
