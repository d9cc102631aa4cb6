//! `record_events`: the event stream as JSON lines, for support.

use crate::calls::event::Event;
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
        serde_json::to_writer(&mut self.file, event)?;
        self.file.write_all(b"\n")
    }

    /// Hands what has gathered to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
