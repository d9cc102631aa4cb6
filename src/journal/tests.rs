//! Transitions, recovery, and what goes wrong with files and disks.

mod keeping;
mod logins;
mod others;
mod running;
mod searching;

use super::writer::Message;
use super::*;
use crate::calls::record::{CallRecord, Caller, Outcome, Reason};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One settlement each.
impl Journal {
    fn delivered(&self, id: i64, org: &str, case_id: &str, account_id: Option<&str>) {
        self.settle(vec![Settlement::Delivered {
            id,
            org: org.to_owned(),
            written: Records {
                case_id: Some(case_id.to_owned()),
                account_id: account_id.map(str::to_owned),
                ..Records::default()
            },
        }]);
    }

    fn completed(&self, id: i64, note: Option<&str>) {
        let note = note.map(str::to_owned);
        let task_id = None;
        self.settle(vec![Settlement::Completed { id, task_id, note }]);
    }

    fn failed(&self, id: i64, words: &str) {
        let words = words.to_owned();
        self.settle(vec![Settlement::Failed { id, words }]);
    }

    fn put_back(&self, id: i64, next_due: Timestamp, in_doubt: bool, error: Option<&str>) {
        self.settle(vec![Settlement::PutBack {
            id,
            next_due,
            in_doubt,
            error: error.map(str::to_owned),
        }]);
    }
}

struct Bench {
    directory: TempDir,
    journal: Journal,
}

fn bench() -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory);
    Bench { directory, journal }
}

fn path(directory: &TempDir) -> PathBuf {
    directory.path().join("spool").join("salesforce.sqlite3")
}

fn open(directory: &TempDir) -> Journal {
    Journal::open(&path(directory)).unwrap().0
}

fn record(reference: &str, user: &str) -> CallRecord {
    CallRecord {
        reference: reference.into(),
        user: user.into(),
        extension: "100".into(),
        outcome: Outcome::Answered,
        reason: Reason::Answered,
        caller: Caller {
            number: Some("+49301234567".into()),
            name: None,
            withheld: false,
        },
        dialled: None,
        queue: None,
        started: Timestamp(1_000_000),
        rang: None,
        rang_until: None,
        answered: Some(Timestamp(2_000_000)),
        ended: None,
        steps: Vec::new(),
    }
}

fn ended(reference: &str, user: &str, at: i64) -> CallRecord {
    CallRecord {
        ended: Some(Timestamp(at)),
        ..record(reference, user)
    }
}

impl Bench {
    /// Everything sent before is on disk.
    fn flush(&self) {
        self.journal.discard(-1).unwrap();
    }

    fn only(&self) -> Call {
        self.flush();
        let calls = self.journal.newest(10, None).unwrap();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.into_iter().next().unwrap()
    }

    /// A journal with one call in the given state.
    fn with(state: State) -> (Bench, i64) {
        let bench = bench();
        let journal = &bench.journal;
        if state == State::Open {
            journal.record(vec![Update::Open(record("r", "a"))]);
        } else {
            journal.record(vec![Update::Closed(ended("r", "a", 5))]);
        }
        let id = bench.only().id;
        match state {
            State::Open | State::Pending => {}
            State::Sending => assert!(begin(journal, id, Some("+4930"))),
            State::Delivered => journal.delivered(id, "org", "500", None),
            State::Failed => journal.failed(id, "refused"),
            State::Discarded => assert!(journal.discard(id).unwrap()),
        }
        assert_eq!(bench.only().state, state);
        (bench, id)
    }

    fn reopened(self) -> (Bench, Recovered) {
        let Bench { directory, journal } = self;
        drop(journal);
        let (journal, recovered) = Journal::open(&path(&directory)).unwrap();
        (Bench { directory, journal }, recovered)
    }
}

fn intent(id: i64, phone: Option<&str>) -> Intent {
    Intent {
        calls: vec![Begun {
            id,
            sent_phone: phone.map(str::to_owned),
            matched: None,
        }],
        account: None,
        sent: None,
    }
}

fn viewer() -> Viewer {
    Viewer::new("00D", "005")
}

fn begin(journal: &Journal, id: i64, phone: Option<&str>) -> bool {
    let begun = journal.begin(&viewer(), vec![intent(id, phone)]).unwrap();
    begun[0][0].is_some()
}

fn begin_account() -> NumberChange {
    NumberChange::Begin {
        number: "+49".to_owned(),
        name: "Anrufer".to_owned(),
        at: Moment::now(),
    }
}

#[test]
fn who_may_not_wait_is_answered_when_it_is_on_disk() {
    let (bench, id) = Bench::with(State::Failed);
    let other = Connection::open(path(&bench.directory)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (told, answers) = unbounded();
    bench
        .journal
        .discard_then(id, move |answer| told.send(answer.ok()).unwrap());
    assert!(answers.is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    let discarded = Discarded { case_id: None };
    assert_eq!(answers.recv().unwrap(), Some(Some(discarded)));
    // Also when nothing can be written any more.
    bench.journal.stop();
    let (told, answers) = unbounded();
    bench
        .journal
        .retry_then(None, move |answer| told.send(answer.ok()).unwrap());
    assert_eq!(answers.recv().unwrap(), None);
}

/// The table in the module's documentation, row by row and column by column.
#[test]
fn transitions_are_those_of_the_table() {
    use State::{
        Delivered as D, Discarded as X, Failed as F, Open as O, Pending as P, Sending as S,
    };
    type Act = fn(&Journal, i64);
    let columns: [(&str, Act); 8] = [
        ("open", |j, _| {
            j.record(vec![Update::Open(record("r", "a"))])
        }),
        ("closed", |j, _| {
            j.record(vec![Update::Closed(ended("r", "a", 9))])
        }),
        ("begin", |j, id| {
            begin(j, id, None);
        }),
        ("delivered", |j, id| j.delivered(id, "org", "500", None)),
        ("failed", |j, id| j.failed(id, "no")),
        ("put back", |j, id| {
            j.put_back(id, Timestamp(7), true, Some("later"))
        }),
        ("retry", |j, id| assert!(j.retry(Some(id)).is_ok())),
        ("discard", |j, id| assert!(j.discard(id).is_ok())),
    ];
    let table = [
        (O, [O, P, S, O, F, O, O, O]),
        (P, [P, P, S, D, F, P, P, X]),
        (S, [S, S, S, D, F, P, S, S]),
        (D, [D, D, D, D, D, D, D, D]),
        (F, [F, F, F, F, F, F, P, X]),
        (X, [X, X, X, X, X, X, X, X]),
    ];
    for (state, expected) in table {
        for ((name, act), expected) in columns.iter().zip(expected) {
            let (bench, id) = Bench::with(state);
            act(&bench.journal, id);
            assert_eq!(bench.only().state, expected, "{name} on {state}");
        }
        let (bench, _) = Bench::with(state).0.reopened();
        let expected = match state {
            O | S => P,
            other => other,
        };
        assert_eq!(bench.only().state, expected, "new process on {state}");
    }
}

#[test]
fn the_newest_record_counts_until_it_is_being_written() {
    for (state, newest) in [
        (State::Open, 9),
        (State::Pending, 9),
        (State::Sending, 5),
        (State::Delivered, 5),
        (State::Failed, 9),
        (State::Discarded, 5),
    ] {
        let (bench, _) = Bench::with(state);
        bench
            .journal
            .record(vec![Update::Closed(ended("r", "a", 9))]);
        assert_eq!(
            bench.only().record.ended,
            Some(Timestamp(newest)),
            "{state}"
        );
    }
    let (bench, _) = Bench::with(State::Pending);
    bench.journal.record(vec![Update::Open(record("r", "a"))]);
    assert_eq!(
        bench.only().record.ended,
        Some(Timestamp(5)),
        "a running one over one that ended"
    );
}

#[test]
fn what_a_former_process_left_is_taken_up() {
    let bench = bench();
    let journal = &bench.journal;
    for (reference, user) in [("sending", "a"), ("later", "a"), ("done", "b")] {
        journal.record(vec![Update::Closed(ended(reference, user, 5))]);
    }
    journal.record(vec![Update::Open(record("running", "b"))]);
    bench.flush();
    let id = |reference: &str| {
        let calls = journal.newest(10, None).unwrap();
        calls
            .iter()
            .find(|c| c.record.reference == reference)
            .unwrap()
            .id
    };
    assert!(begin(journal, id("sending"), Some("+49301234567")));
    journal.put_back(id("later"), Timestamp(i64::MAX), false, Some("outage"));
    journal.delivered(id("done"), "00D", "500", Some("001"));
    let (bench, recovered) = bench.reopened();
    assert_eq!(
        (recovered.in_doubt, recovered.cut_off, recovered.pending),
        (1, 1, 3)
    );
    let due = |user: &str| {
        let calls = bench
            .journal
            .due(user, Timestamp(1), 10, |_| false)
            .unwrap();
        calls
            .into_iter()
            .map(|c| (c.record.reference, c.in_doubt))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        due("a"),
        [("sending".to_owned(), true), ("later".to_owned(), false)]
    );
    assert_eq!(due("b"), [("running".to_owned(), false)]);
    let sending = &bench.journal.due("a", Timestamp(1), 1, |_| false).unwrap()[0];
    assert_eq!(sending.sent_phone.as_deref(), Some("+49301234567"));
    let running = &bench.journal.due("b", Timestamp(1), 1, |_| false).unwrap()[0];
    assert_eq!(
        (running.record.answered, running.record.ended),
        (Some(Timestamp(2_000_000)), None)
    );
}

#[test]
fn due_calls_come_in_order_and_not_before_their_time() {
    let bench = bench();
    for n in 0..5 {
        bench
            .journal
            .record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    bench
        .journal
        .record(vec![Update::Closed(ended("other", "b", 5))]);
    bench.flush();
    let ids: Vec<_> = bench
        .journal
        .due("a", Timestamp(1), 10, |_| false)
        .unwrap()
        .iter()
        .map(|c| c.id)
        .collect();
    assert_eq!(ids.len(), 5);
    bench
        .journal
        .put_back(ids[0], Timestamp(100), false, Some("outage"));
    bench.journal.put_back(ids[1], Timestamp(50), true, None);
    bench.flush();
    let due = |now| {
        let calls = bench
            .journal
            .due("a", Timestamp(now), 10, |_| false)
            .unwrap();
        calls.iter().map(|c| c.id).collect::<Vec<_>>()
    };
    assert_eq!(due(49), ids[2..]);
    assert_eq!(due(100), [&ids[2..], &[ids[1], ids[0]]].concat());
    assert_eq!(
        bench.journal.next_due("a", Timestamp(49)).unwrap(),
        Some(Timestamp(50))
    );
    assert_eq!(
        bench.journal.next_due("a", Timestamp(50)).unwrap(),
        Some(Timestamp(100))
    );
    assert_eq!(bench.journal.next_due("a", Timestamp(100)).unwrap(), None);
    let put_back = bench.journal.call(ids[0]).unwrap().unwrap();
    assert_eq!(
        (put_back.attempts, put_back.last_error.as_deref()),
        (1, Some("outage"))
    );
    assert_eq!(bench.journal.call(ids[1]).unwrap().unwrap().attempts, 0);
}

#[test]
fn calls_that_are_taken_are_passed_over() {
    let bench = bench();
    for n in 0..5 {
        let call = ended(&format!("r{n}"), "a", 5);
        bench.journal.record(vec![Update::Closed(call)]);
    }
    bench.flush();
    let due = |limit, taken: &[i64]| {
        let is_taken = |id| taken.contains(&id);
        let calls = bench.journal.due("a", Timestamp(1), limit, is_taken);
        calls.unwrap().iter().map(|c| c.id).collect::<Vec<_>>()
    };
    let all = due(5, &[]);
    assert_eq!(all.len(), 5);
    assert_eq!(due(2, &[]), all[..2]);
    // As many as are wanted, however many in front of them are taken.
    assert_eq!(due(2, &[all[0], all[1], all[3]]), [all[2], all[4]]);
    assert_eq!(due(5, &all[1..]), all[..1]);
}

#[test]
fn listeners_hear_after_the_commit() {
    let bench = bench();
    let notices = bench.journal.listen();
    let hear = || notices.recv_timeout(Duration::from_secs(10)).unwrap();
    bench.journal.record(vec![Update::Open(record("r", "a"))]);
    assert_eq!(hear(), Notice::Due { user: "a".into() });
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 5))]);
    assert_eq!(hear(), Notice::Due { user: "a".into() });
    let id = bench.journal.due("a", Timestamp(1), 1, |_| false).unwrap()[0].id;
    bench.journal.failed(id, "no");
    assert_eq!(
        hear(),
        Notice::Settled {
            id,
            user: "a".into()
        }
    );
    assert_eq!(
        bench.journal.call(id).unwrap().unwrap().state,
        State::Failed
    );
    bench.journal.retry(None).unwrap();
    assert_eq!(hear(), Notice::Due { user: "a".into() });
}

#[test]
fn a_journal_has_one_process() {
    let bench = bench();
    let error = Journal::open(&path(&bench.directory)).err().unwrap();
    assert!(matches!(error, JournalError::InUse { .. }), "{error}");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    bench.journal.stop();
    Journal::open(&path(&bench.directory)).unwrap();
}

#[test]
fn only_the_owner_reads_it() {
    let bench = bench();
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 5))]);
    bench.flush();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let directory = path(&bench.directory);
    let directory = directory.parent().unwrap();
    assert_eq!(mode(directory), 0o700);
    let files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 4, "journal, -wal, -shm, .lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn a_corrupt_file_is_set_aside() {
    let (bench, _) = Bench::with(State::Pending);
    let Bench { directory, journal } = bench;
    drop(journal);
    for damage in [
        &b"this is no database, whatever it is called"[..],
        &[0xff; 5000],
    ] {
        let mut bytes = std::fs::read(path(&directory)).unwrap();
        // A wrong header; then, with the header intact, wrong pages.
        let at = if damage.len() < 1000 { 0 } else { 4096 };
        bytes[at..at + damage.len()].copy_from_slice(damage);
        std::fs::write(path(&directory), &bytes).unwrap();
        let (journal, recovered) = Journal::open(&path(&directory)).unwrap();
        let aside = recovered.set_aside.expect("set aside");
        let kept = std::fs::read(&aside).unwrap();
        assert!(kept.windows(damage.len()).any(|bytes| bytes == damage));
        assert_eq!(journal.newest(10, None).unwrap(), []);
        journal.record(vec![Update::Closed(ended("new", "a", 5))]);
        journal.stop();
        let (journal, recovered) = Journal::open(&path(&directory)).unwrap();
        assert_eq!((recovered.pending, recovered.set_aside), (1, None));
        journal.stop();
    }
}

#[test]
fn a_newer_version_s_file_is_left_alone() {
    let Bench { directory, journal } = bench();
    drop(journal);
    let connection = Connection::open(path(&directory)).unwrap();
    connection
        .pragma_update(None, "user_version", schema::VERSION + 1)
        .unwrap();
    drop(connection);
    let error = Journal::open(&path(&directory)).err().unwrap();
    assert!(matches!(error, JournalError::Newer { .. }), "{error}");
}

#[test]
fn a_full_disk_loses_nothing_and_blocks_nobody() {
    let bench = bench();
    bench
        .journal
        .record(vec![Update::Closed(ended("before", "a", 5))]);
    bench.flush();
    let id = bench.journal.due("a", Timestamp(1), 1, |_| false).unwrap()[0].id;
    bench.journal.writer.send(Message::LimitPages(1)).unwrap();
    let mut big = ended("filler", "a", 5);
    big.caller.name = Some("x".repeat(200_000));
    bench.journal.record(vec![Update::Closed(big)]);
    for n in 0..100 {
        bench
            .journal
            .record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    assert!(
        bench
            .journal
            .begin(&viewer(), vec![intent(id, None)])
            .is_err(),
        "no intent without disk"
    );
    assert_eq!(bench.journal.depth(), 101);
    assert_eq!(bench.journal.newest(1000, None).unwrap().len(), 1);
    bench
        .journal
        .writer
        .send(Message::LimitPages(1_000_000))
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while bench.journal.depth() > 0 {
        assert!(Instant::now() < deadline, "still not written");
        std::thread::yield_now();
    }
    bench.flush();
    assert_eq!(bench.journal.newest(1000, None).unwrap().len(), 102);
}

#[test]
fn stopping_writes_what_was_taken() {
    let Bench { directory, journal } = bench();
    for n in 0..5000 {
        journal.record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    journal.stop();
    assert!(journal.retry(None).is_err());
    let (_journal, recovered) = Journal::open(&path(&directory)).unwrap();
    assert_eq!(recovered.pending, 5000);
}

#[test]
fn reports_count_and_name_errors() {
    let bench = bench();
    for n in 0..6 {
        bench
            .journal
            .record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    bench
        .journal
        .record(vec![Update::Open(record("running", "b"))]);
    bench.flush();
    let ids: Vec<_> = bench
        .journal
        .due("a", Timestamp(1), 10, |_| false)
        .unwrap()
        .iter()
        .map(|c| c.id)
        .collect();
    bench.journal.delivered(ids[0], "00D", "500", None);
    bench.journal.delivered(ids[1], "00D", "501", None);
    bench
        .journal
        .put_back(ids[2], Timestamp(9), false, Some("outage"));
    bench.journal.failed(ids[3], "refused");
    assert!(begin(&bench.journal, ids[4], None));
    bench.flush();
    let counts = bench.journal.counts().unwrap();
    let words: Vec<_> = counts
        .iter()
        .map(|c| (c.user.as_str(), c.open, c.pending, c.failed, c.delivered))
        .collect();
    assert_eq!(words, [("a", 0, 3, 1, 2), ("b", 1, 0, 0, 0)]);
    assert_eq!(counts[0].last_error.as_ref().unwrap().1, "refused");
    assert_eq!(bench.journal.failed_ids().unwrap(), [ids[3]]);
    assert_eq!(bench.journal.pending("a").unwrap(), 3);
    let newest = bench.journal.newest(2, Some("a")).unwrap();
    assert_eq!(
        newest.iter().map(|c| c.id).collect::<Vec<_>>(),
        [ids[5], ids[4]]
    );
    assert!(bench.journal.oldest_undelivered().unwrap().is_some());
    // Delivered calls leave, their number stays.
    bench.journal.trim(Timestamp(i64::MAX));
    bench.flush();
    assert_eq!(bench.journal.newest(10, None).unwrap().len(), 5);
    assert_eq!(bench.journal.counts().unwrap()[0].delivered, 2);
}

#[test]
fn accounts_are_remembered_with_their_doubt() {
    let bench = bench();
    let journal = &bench.journal;
    assert_eq!(journal.number(&viewer(), "+49").unwrap(), None);
    let change = |change| journal.change_numbers(&viewer(), vec![change]).unwrap();
    change(begin_account());
    let doubt = journal.number(&viewer(), "+49").unwrap().unwrap();
    assert_eq!(
        (doubt.matched, doubt.name.as_str(), doubt.created_by_us),
        (None, "Anrufer", true)
    );
    let matched = Match {
        contact_id: Some("003".to_owned()),
        others: vec!["B (002)".to_owned()],
        not_looked_up: false,
        ..Match::account("001", "Anrufer")
    };
    change(NumberChange::remember("+49", matched.clone(), true));
    let known = journal.number(&viewer(), "+49").unwrap().unwrap();
    assert_eq!(known.matched, Some(matched));
    let contact = Match {
        account_id: None,
        contact_id: Some("003".to_owned()),
        ..Match::default()
    };
    change(NumberChange::remember("+49", contact.clone(), false));
    let known = journal.number(&viewer(), "+49").unwrap().unwrap();
    assert_eq!(known.matched, Some(contact));
    assert_eq!(
        journal.number(&Viewer::new("other", "005"), "+49").unwrap(),
        None
    );
    let (bench, _) = bench.reopened();
    assert!(bench.journal.number(&viewer(), "+49").unwrap().is_some());
    // Another user of the org hears of it only if we made it.
    let other = Viewer::new("00D", "006");
    assert_eq!(bench.journal.number(&other, "+49").unwrap(), None);
    let made = |journal: &Journal| journal.number_made_by_others(&other, "+49").unwrap();
    assert_eq!(made(&bench.journal), None);
    let ours = NumberChange::remember("+49", Match::account("001", "A"), true);
    bench.journal.change_numbers(&viewer(), vec![ours]).unwrap();
    let known = made(&bench.journal).unwrap();
    assert_eq!(known.matched, Some(Match::account("001", "A")));
    let own = bench.journal.number_made_by_others(&viewer(), "+49");
    assert_eq!(own.unwrap(), None);
    let forget = NumberChange::Forget("+49".to_owned());
    let of_other = vec![forget.clone()];
    bench.journal.change_numbers(&other, of_other).unwrap();
    assert!(made(&bench.journal).is_some());
    bench
        .journal
        .change_numbers(&viewer(), vec![forget])
        .unwrap();
    assert_eq!(bench.journal.number(&viewer(), "+49").unwrap(), None);
}

#[test]
fn an_account_is_begun_with_a_call_or_not_at_all() {
    let (bench, id) = Bench::with(State::Pending);
    let intent = |id| Intent {
        account: Some(begin_account()),
        ..intent(id, None)
    };
    let begun = |ids: &[i64]| {
        let intents = ids.iter().map(|id| intent(*id)).collect();
        let begun = bench.journal.begin(&viewer(), intents).unwrap();
        begun
            .iter()
            .map(|calls| calls[0].is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(begun(&[id + 1]), [false]);
    assert_eq!(bench.journal.number(&viewer(), "+49").unwrap(), None);
    assert_eq!(begun(&[id + 1, id]), [false, true]);
    assert!(bench.journal.number(&viewer(), "+49").unwrap().is_some());
}

#[test]
fn when_and_as_whom_something_was_sent_survives_a_kill() {
    let (bench, id) = Bench::with(State::Pending);
    let sent = Sent {
        at: Moment::now(),
        by: "005".to_owned(),
    };
    let intent = Intent {
        sent: Some(sent.clone()),
        account: Some(begin_account()),
        ..intent(id, None)
    };
    bench.journal.begin(&viewer(), vec![intent]).unwrap();
    let (bench, recovered) = bench.reopened();
    assert_eq!(recovered.in_doubt, 1);
    let call = bench.only();
    assert!(call.in_doubt);
    assert_eq!(call.sent.as_ref(), Some(&sent.at));
    assert_eq!(call.sent_by.as_deref(), Some("005"));
    let number = bench.journal.number(&viewer(), "+49").unwrap().unwrap();
    assert!(Moment::now().since(&number.begun).is_some());
}

#[test]
fn what_was_sent_in_the_future_counts_as_sent_at_the_start() {
    let (bench, id) = Bench::with(State::Sending);
    let file = path(&bench.directory);
    drop(bench.journal);
    let outside = rusqlite::Connection::open(&file).unwrap();
    // Before the machine was started anew, with a clock that was ahead.
    outside
        .execute(
            "UPDATE calls SET sent = sent + 3600000000, sent_up = 'other 5'",
            [],
        )
        .unwrap();
    outside
        .execute(
            "INSERT INTO accounts (org, number, viewer, name, created_by_us, at, up)
             VALUES ('00D', '+49', '005', 'Anrufer', 1, ?1, 'other 5')",
            [store::now().0 + 3_600_000_000],
        )
        .unwrap();
    drop(outside);
    let (journal, _) = Journal::open(&file).unwrap();
    let call = journal.call(id).unwrap().unwrap();
    let since = |moment: &Moment| Moment::now().since(moment);
    assert!(since(&call.sent.unwrap()).is_some());
    let number = journal.number(&viewer(), "+49").unwrap().unwrap();
    assert!(since(&number.begun).is_some());
}

#[test]
fn what_an_older_version_left_in_doubt_was_sent_when_it_last_changed() {
    let directory = tempfile::tempdir().unwrap();
    let file = path(&directory);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let old = rusqlite::Connection::open(&file).unwrap();
    for step in &schema::STEPS[..4] {
        old.execute_batch(step).unwrap();
    }
    old.pragma_update(None, "user_version", 4).unwrap();
    let record = serde_json::to_string(&ended("r", "a", 9)).unwrap();
    old.execute(
        "INSERT INTO calls (reference, user, state, record, in_doubt, started, created, updated)
         VALUES ('r', 'a', 'pending', ?1, 1, 1, 2, 3)",
        [record],
    )
    .unwrap();
    old.execute(
        "INSERT INTO accounts (org, number, name, created_by_us, at)
         VALUES ('00D', '+49', 'Anrufer', 1, 3)",
        [],
    )
    .unwrap();
    drop(old);
    let (journal, _) = Journal::open(&file).unwrap();
    let call = journal.newest(1, None).unwrap().remove(0);
    assert_eq!(call.sent.unwrap().wall.0, 3);
    // An Account that was begun is looked for by whoever comes next.
    let begun = journal.number_made_by_others(&viewer(), "+49").unwrap();
    let begun = begun.unwrap();
    assert_eq!((begun.matched, begun.begun.wall.0), (None, 3));
}
