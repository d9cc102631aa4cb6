//! What is recorded, where to, and what becomes of it when the disk does not answer.

use super::*;
use crate::calls::event::{EventKind, Snapshot};
use crate::calls::record::Timestamp;
use crate::calls::recording::{KnownHint, UserExtension};
use crate::calls::tracker::Rules;
use crate::config::settings::{AnsweredElsewhere, UnansweredGroup};
use crate::test_log;
use std::fs;
use std::os::unix::fs::symlink;

fn setup() -> Setup {
    Setup {
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
    }
}

fn event() -> Event {
    Event {
        at: Timestamp(5),
        kind: EventKind::Gone(Snapshot::default()),
    }
}

/// One setup and one event go there, whatever comes of it.
fn record_to(path: &Path) {
    let mut recordings = Recordings::default();
    let mut recorder = recordings.switch(Some(path)).unwrap().unwrap();
    recorder.setup(setup());
    recorder.add(&event());
    drop(recorder);
    assert!(recordings.stop());
}

fn entries(path: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn what_is_recorded_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    record_to(&path);
    let once = entries(&path);
    assert!(matches!(&once[0], Entry::Setup { setup: read } if *read == setup()));
    assert!(matches!(&once[1], Entry::Event(read) if *read == event()));
    assert_eq!(once.len(), 2);
    record_to(&path);
    assert_eq!(entries(&path).len(), 4);
}

#[test]
fn a_line_that_was_cut_off_stays_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    record_to(&path);
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    record_to(&path);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.ends_with(&whole));
}

#[test]
fn another_program_s_file_is_left_alone() {
    test_log::listen();
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("extensions.conf", "[general]\n"),
        ("short", "{"),
        ("other.jsonl", "{\"event\": 1}\n{\"event\": 2}\n"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        record_to(&path);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
        let told = test_log::heard_of(&path.display().to_string());
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(
            told[0].contains("holds something else than a recording"),
            "{told:#?}"
        );
    }
    let own = folder.path().join("own");
    fs::write(&own, "").unwrap();
    symlink(&own, folder.path().join("link")).unwrap();
    record_to(&folder.path().join("link"));
    assert_eq!(fs::read(&own).unwrap(), b"");
}

#[test]
fn others_do_not_read_it() {
    test_log::listen();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mode.jsonl");
    record_to(&path);
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    record_to(&path);
    assert_eq!(mode(), 0o600);
    let mut recording = Recording::open(path.clone()).unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
    recording.looked -= LOOK_AGAIN;
    recording.flush().unwrap();
    assert_eq!(mode(), 0o600);
    let told = test_log::heard_of("had the mode");
    let told: Vec<_> = told
        .iter()
        .filter(|line| line.contains("mode.jsonl"))
        .collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].contains("mode.jsonl had the mode 0644; now 0600"),
        "{told:#?}"
    );
}

/// A disk that does not answer, until `answers` is dropped.
struct Hung {
    asked: Sender<()>,
    answers: Receiver<()>,
    written: Arc<AtomicUsize>,
}

impl Target for Hung {
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        let _ = self.asked.try_send(());
        let _ = self.answers.recv();
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_does_not_answer_holds_up_nobody() {
    test_log::listen();
    let path = Path::new("/hung/events.jsonl");
    let (asked, is_asked) = bounded(1);
    let (disk, answers) = bounded(0);
    let written = Arc::new(AtomicUsize::new(0));
    let hung = Hung {
        asked,
        answers,
        written: written.clone(),
    };
    let (writing, mut recorder) = Writing::to(path, move || Ok(hung)).unwrap();
    let mut recordings = Recordings {
        current: Some(writing),
        former: Vec::new(),
    };
    // Far more than may wait: were anybody to wait for the disk, this would never end.
    let mut waiting = 0;
    let mut long = setup();
    long.module = "x".repeat(MAX_WAITING / 100);
    while recorder.setup(long.clone()) {
        waiting += 1;
        assert!(waiting < 1000, "the queue has no end");
    }
    is_asked.recv().unwrap();
    let told = test_log::heard_of("/hung/events.jsonl is not written");
    assert_eq!(told.len(), 1, "{told:#?}");
    let count = format!("with the {waiting} events that wait");
    assert!(told[0].contains(&count), "{told:#?}");
    // Nothing more is taken, and nothing more is said.
    assert!(!recorder.add(&event()));
    drop(recorder);
    let told = test_log::heard_of("/hung/events.jsonl");
    assert_eq!(told.len(), 2, "begun, ended: {told:#?}");
    // Nor is another one begun beside it.
    assert!(recordings.switch(Some(path)).unwrap().is_none());

    assert!(!recordings.stop_within(Duration::from_millis(20)));
    let told = test_log::heard_of("/hung/events.jsonl does not answer");
    assert_eq!(told.len(), 1, "{told:#?}");
    let count = format!("{waiting} events are not on disk");
    assert!(told[0].contains(&count), "{told:#?}");
    // It answers after all.
    drop(disk);
    recordings.wait();
    assert_eq!(written.load(Ordering::Relaxed), waiting);
}

#[test]
fn another_file_or_none_ends_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    let mut recordings = Recordings::default();
    assert!(recordings.switch(None).is_none(), "nothing changes");
    let mut recorder = None;
    for path in [Some(&paths[0]), Some(&paths[1]), Some(&paths[0]), None] {
        let path = path.map(PathBuf::as_path);
        recorder = recordings.switch(path).unwrap();
        assert_eq!(recorder.is_some(), path.is_some());
        if let Some(recorder) = &mut recorder {
            assert!(recorder.setup(setup()));
        }
        assert!(recordings.switch(path).is_none(), "nothing changes");
    }
    drop(recorder);
    assert!(recordings.stop());
    assert_eq!(paths.map(|path| entries(&path).len()), [2, 1]);
}

#[test]
fn a_full_disk_ends_a_recording() {
    test_log::listen();
    let path = Path::new("/dev/full.jsonl");
    struct Full;
    impl Target for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let (writing, mut recorder) = Writing::to(path, || Ok(Full)).unwrap();
    let over = writing.over.clone();
    let mut recordings = Recordings {
        current: Some(writing),
        former: Vec::new(),
    };
    recorder.add(&event());
    assert!(over.recv().is_err());
    assert!(!recorder.add(&event()));
    assert!(recordings.stop());
    let told = test_log::heard_of("/dev/full.jsonl: ");
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].ends_with("; the recording ends"), "{told:#?}");
}
