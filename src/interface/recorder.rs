//! `record_events`: the event stream as JSON lines, for support.
//!
//! The file is opened, looked at and written by a thread of its own, for a disk may be slow and a
//! network's file system may not answer at all: whoever records only puts lines into a queue.
//! The queue is bounded. When it is full, the recording ends, loudly: with a gap in it, it would
//! tell of calls that never were.

use crate::calls::event::Event;
use crate::calls::recording::{Entry, Setup};
use crate::files::{self, FileError, OWN};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many bytes may wait for the disk: some ten thousand events.
const MAX_WAITING: usize = 16 * 1024 * 1024;

/// How long the end of a recording is waited for while nothing of it gets to the disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the file's mode is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// How every recording begins.
const BEGINNING: &[u8] = br#"{"setup":"#;

/// What is between who records and who writes.
#[derive(Default)]
struct Queue {
    bytes: AtomicUsize,
    lines: AtomicUsize,
    /// Nothing more is taken; that is in the log.
    ended: AtomicBool,
    /// Nothing more is written, either.
    gave_up: AtomicBool,
}

impl Queue {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn give_up(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.gave_up.store(true, Ordering::Relaxed);
    }

    fn waiting(&self) -> usize {
        self.lines.load(Ordering::Relaxed)
    }
}

/// Who records. Dropped, what waits is still written.
pub struct Recorder {
    path: PathBuf,
    lines: Sender<Vec<u8>>,
    queue: Arc<Queue>,
}

impl Recorder {
    /// Adds an event. `false`: the recording has ended.
    pub fn add(&mut self, event: &Event) -> bool {
        self.write(event)
    }

    /// Adds what decides about the events that follow. `false`: the recording has ended.
    pub fn setup(&mut self, setup: Setup) -> bool {
        self.write(&Entry::Setup { setup })
    }

    fn write(&mut self, line: &impl Serialize) -> bool {
        if self.queue.has_ended() {
            return false;
        }
        let mut text = match serde_json::to_vec(line) {
            Ok(text) => text,
            Err(problem) => {
                self.queue.ended.store(true, Ordering::Relaxed);
                log::error!("record_events: {problem}; the recording ends");
                return false;
            }
        };
        text.push(b'\n');
        let length = text.len();
        if self.queue.bytes.load(Ordering::Relaxed) + length > MAX_WAITING {
            self.queue.ended.store(true, Ordering::Relaxed);
            log::error!(
                "record_events: {} is not written as fast as events come, or not at all: the \
                 recording ends with the {} events that wait for the disk. module reload begins \
                 another one",
                self.path.display(),
                self.queue.waiting()
            );
            return false;
        }
        self.queue.bytes.fetch_add(length, Ordering::Relaxed);
        self.queue.lines.fetch_add(1, Ordering::Relaxed);
        // Fails when the thread has ended, and has said why.
        self.lines.send(text).is_ok()
    }
}

/// Who writes.
struct Writing {
    path: PathBuf,
    queue: Arc<Queue>,
    /// Nothing comes out of it; it is disconnected when the thread has ended.
    over: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Writing {
    /// Begins a recording to the file; whether that can be, is in the log.
    fn start(path: &Path) -> io::Result<(Writing, Recorder)> {
        let file = path.to_owned();
        Writing::to(path, move || Recording::open(file))
    }

    fn to<W: Target + 'static>(
        path: &Path,
        open: impl FnOnce() -> Result<W, Unusable> + Send + 'static,
    ) -> io::Result<(Writing, Recorder)> {
        let (sender, lines) = unbounded();
        let (ends, over) = bounded(0);
        let queue = Arc::new(Queue::default());
        let (own_path, own_queue) = (path.to_owned(), queue.clone());
        let thread = thread::Builder::new()
            .name("sf-recorder".into())
            .spawn(move || {
                let write = || record(&own_path, open, &lines, &own_queue);
                if catch_unwind(AssertUnwindSafe(write)).is_err() {
                    own_queue.give_up();
                    log::error!("record_events: the recording broke off");
                }
                drop(lines);
                drop::<Sender<()>>(ends);
            })?;
        let writing = Writing {
            path: path.to_owned(),
            queue: queue.clone(),
            over,
            thread,
        };
        let recorder = Recorder {
            path: path.to_owned(),
            lines: sender,
            queue,
        };
        Ok((writing, recorder))
    }

    /// Waits for the end as long as there is progress within `patience`; whoever recorded is gone.
    /// `Err`: the disk does not answer, and the thread is still there.
    fn stop(self, patience: Duration) -> Result<(), Writing> {
        let mut left = self.queue.waiting();
        while let Err(RecvTimeoutError::Timeout) = self.over.recv_timeout(patience) {
            let now = self.queue.waiting();
            if now == left {
                return Err(self);
            }
            left = now;
        }
        let _ = self.thread.join();
        Ok(())
    }
}

/// The recordings of an interface: at most one that goes on, and others that are being written
/// to their end.
#[derive(Default)]
pub struct Recordings {
    current: Option<Writing>,
    former: Vec<Writing>,
}

impl Recordings {
    /// Records to this file from now on, or to none: by whom, unless nothing changes.
    pub fn switch(&mut self, path: Option<&Path>) -> Option<Option<Recorder>> {
        let is_over = |former: &mut Writing| former.thread.is_finished();
        for over in self.former.extract_if(.., is_over) {
            let _ = over.thread.join();
        }
        let current = self.current.as_ref().filter(|c| !c.queue.has_ended());
        if current.map(|current| &*current.path) == path {
            return None;
        }
        self.former.extend(self.current.take());
        Some(path.and_then(|path| self.begin(path)))
    }

    fn begin(&mut self, path: &Path) -> Option<Recorder> {
        let mut former = self.former.iter();
        let is_stuck = |former: &&Writing| {
            former.path == path
                && former.queue.has_ended()
                && !former.queue.gave_up.load(Ordering::Relaxed)
                && !former.thread.is_finished()
        };
        if let Some(stuck) = former.find(is_stuck) {
            log::error!(
                "record_events: {} is still being written, {} events wait: no other recording \
                 is begun",
                path.display(),
                stuck.queue.waiting()
            );
            return None;
        }
        match Writing::start(path) {
            Ok((writing, recorder)) => {
                self.current = Some(writing);
                Some(recorder)
            }
            Err(problem) => {
                log::error!("record_events: {}: {problem}", path.display());
                None
            }
        }
    }

    /// Waits until everything is written; whoever recorded is gone. `false`: a disk does not
    /// answer, and a thread of ours still waits for it; that is in the log.
    pub fn stop(&mut self) -> bool {
        self.stop_within(PATIENCE)
    }

    fn stop_within(&mut self, mut patience: Duration) -> bool {
        self.former.extend(self.current.take());
        let mut stuck = Vec::new();
        for writing in self.former.drain(..) {
            if let Err(writing) = writing.stop(patience) {
                log::error!(
                    "record_events: {} does not answer: {} events are not on disk. The module's \
                     code stays in memory for them; another build of it needs a restart of \
                     Asterisk",
                    writing.path.display(),
                    writing.queue.waiting()
                );
                // For all of them together.
                patience = Duration::ZERO;
                stuck.push(writing);
            }
        }
        self.former = stuck;
        self.former.is_empty()
    }

    /// Waits for those that [`stop`](Self::stop) has not waited for.
    pub fn wait(&mut self) {
        for writing in self.former.drain(..) {
            let _ = writing.thread.join();
        }
    }
}

/// Why nothing is recorded.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} holds something else than a recording of this module, and stays as it is", .0.display()
    )]
    NotOurs(PathBuf),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Where lines go.
trait Target {
    fn write(&mut self, line: &[u8]) -> io::Result<()>;
    /// Hands what has gathered to the system.
    fn flush(&mut self) -> io::Result<()>;
}

/// What the thread does.
fn record<W: Target>(
    path: &Path,
    open: impl FnOnce() -> Result<W, Unusable>,
    lines: &Receiver<Vec<u8>>,
    queue: &Queue,
) {
    let mut target = match open() {
        Ok(target) => target,
        Err(problem) => {
            queue.give_up();
            log::error!("record_events: {problem}. Nothing is recorded");
            return;
        }
    };
    log::info!("The event stream is recorded to {}", path.display());
    while let Ok(first) = lines.recv() {
        let mut all = [first].into_iter().chain(lines.try_iter());
        let written = all.try_for_each(|line| {
            target.write(&line)?;
            queue.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            queue.lines.fetch_sub(1, Ordering::Relaxed);
            Ok(())
        });
        if let Err(problem) = written.and_then(|()| target.flush()) {
            queue.give_up();
            log::error!(
                "record_events: {}: {problem}; the recording ends",
                path.display()
            );
            return;
        }
    }
}

/// A recording's file.
struct Recording {
    path: PathBuf,
    file: BufWriter<File>,
    looked: Instant,
    told: bool,
}

impl Recording {
    /// Opens the file, for its owner only: it holds callers' numbers.
    fn open(path: PathBuf) -> Result<Recording, Unusable> {
        let file = files::append_to_own(&path)?;
        let error = |source| Unusable::Io {
            path: path.clone(),
            source,
        };
        let length = file.metadata().map_err(error)?.len();
        let mut recording = Recording {
            path: path.clone(),
            file: BufWriter::new(file),
            looked: Instant::now(),
            told: false,
        };
        if length > 0 {
            let file = recording.file.get_ref();
            let mut beginning = [0; BEGINNING.len()];
            let mut last = [0];
            let is_ours = file.read_exact_at(&mut beginning, 0).is_ok() && beginning == BEGINNING;
            if !is_ours {
                return Err(Unusable::NotOurs(path));
            }
            file.read_exact_at(&mut last, length - 1).map_err(error)?;
            if last != *b"\n" {
                // The disk was full, or the power failed.
                recording.file.write_all(b"\n").map_err(error)?;
            }
        }
        recording.close_to_others();
        Ok(recording)
    }

    /// Somebody may have set another mode: a start script that sets one for all of a folder.
    fn close_to_others(&mut self) {
        self.looked = Instant::now();
        let file = self.file.get_ref();
        let Ok(found) = file.metadata() else { return };
        let mode = found.permissions().mode() & 0o7777;
        if mode == OWN {
            return;
        }
        let put = file.set_permissions(PermissionsExt::from_mode(OWN));
        if !std::mem::replace(&mut self.told, true) {
            let path = self.path.display();
            match put {
                Ok(()) => {
                    log::warn!("record_events: {path} had the mode {mode:04o}; now {OWN:04o}")
                }
                Err(problem) => log::warn!(
                    "record_events: {path} has the mode {mode:04o}, which cannot be changed \
                     ({problem}); it holds callers' numbers"
                ),
            }
        }
    }
}

impl Target for Recording {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.looked.elapsed() >= LOOK_AGAIN {
            self.close_to_others();
        }
        self.file.flush()
    }
}

#[cfg(test)]
mod tests;
