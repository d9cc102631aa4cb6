//! Calls whose Case is made while they run.

use super::*;

/// How far such a call is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Its Case is being made.
    Making,
    /// The same, and it was closed meanwhile.
    MakingOver,
    /// It has its Case, and runs.
    Made,
    /// It was closed since.
    MadeOver,
    /// Its Case is being completed.
    Completing,
    /// Completed.
    Done,
    /// The Case was refused, and the call runs.
    Refused,
}

fn at(stage: Stage) -> (Bench, i64) {
    let (bench, id) = Bench::with(State::Open);
    let journal = &bench.journal;
    let close = || journal.record(vec![Update::Closed(ended("r", "a", 9))]);
    assert!(begin(journal, id, Some("+4930")));
    if stage == Stage::MakingOver {
        close();
    }
    if stage == Stage::Refused {
        journal.failed(id, "no");
    }
    if let Stage::Made | Stage::MadeOver | Stage::Completing | Stage::Done = stage {
        journal.delivered(id, "org", "500", Some("001"));
    }
    if let Stage::MadeOver | Stage::Completing | Stage::Done = stage {
        close();
    }
    if let Stage::Completing | Stage::Done = stage {
        bench.flush();
        assert!(begin(journal, id, Some("+4930")));
    }
    if stage == Stage::Done {
        journal.completed(id, None);
    }
    bench.flush();
    (bench, id)
}

#[test]
fn transitions_of_a_running_call() {
    use State::{
        Delivered as D, Discarded as X, Failed as F, Open as O, Pending as P, Sending as S,
    };
    type Act = fn(&Journal, i64);
    let columns: [(&str, Act); 9] = [
        ("open", |j, _| {
            j.record(vec![Update::Open(record("r", "a"))])
        }),
        ("closed", |j, _| {
            j.record(vec![Update::Closed(ended("r", "a", 10))])
        }),
        ("begin", |j, id| {
            begin(j, id, None);
        }),
        ("delivered", |j, id| j.delivered(id, "org", "500", None)),
        ("completed", |j, id| j.completed(id, None)),
        ("failed", |j, id| j.failed(id, "no")),
        ("put back", |j, id| {
            j.put_back(id, Timestamp(7), true, Some("later"))
        }),
        ("retry", |j, id| assert!(j.retry(Some(id)).is_ok())),
        ("discard", |j, id| assert!(j.discard(id).is_ok())),
    ];
    let table = [
        (Stage::Making, [S, S, S, O, S, F, O, S, S], P),
        (Stage::MakingOver, [S, S, S, P, S, P, P, S, S], P),
        (Stage::Made, [O, P, O, O, O, F, O, O, O], P),
        (Stage::MadeOver, [P, P, S, P, D, F, P, P, X], P),
        (Stage::Completing, [S, S, S, S, D, F, P, S, S], P),
        (Stage::Done, [D; 9], D),
        (Stage::Refused, [F, P, F, F, F, F, F, O, X], P),
    ];
    for (stage, expected, restarted) in table {
        for ((name, act), expected) in columns.iter().zip(expected) {
            let (bench, id) = at(stage);
            act(&bench.journal, id);
            assert_eq!(bench.only().state, expected, "{name} on {stage:?}");
        }
        let (bench, _) = at(stage).0.reopened();
        let call = bench.only();
        assert_eq!(
            (call.state, call.running),
            (restarted, false),
            "new process on {stage:?}"
        );
    }
}

#[test]
fn the_case_is_made_of_what_was_known_and_the_newest_record_completes_it() {
    let (bench, id) = at(Stage::MakingOver);
    let call = bench.only();
    assert_eq!(call.record, ended("r", "a", 9));
    assert_eq!(call.written, Some(record("r", "a")));
    bench.journal.delivered(id, "org", "500", Some("001"));
    bench.flush();
    let due = bench.journal.due("a", Timestamp(1), 10, |_| false).unwrap();
    assert_eq!(due.len(), 1, "to be completed");
    assert_eq!(
        (due[0].case_id.as_deref(), &due[0].written),
        (Some("500"), &Some(record("r", "a")))
    );
    // Begun in vain, it is still the same that completes it.
    assert!(begin(&bench.journal, id, None));
    bench.journal.put_back(id, Timestamp(0), true, Some("cut"));
    let call = bench.only();
    assert_eq!(
        (call.written, call.in_doubt),
        (Some(record("r", "a")), true)
    );
    assert!(begin(&bench.journal, id, None));
    bench.journal.completed(id, Some("gone"));
    let call = bench.only();
    assert_eq!(
        (call.written, call.last_error.as_deref()),
        (None, Some("gone"))
    );
    let counts = bench.journal.counts().unwrap();
    assert_eq!((counts[0].delivered, &counts[0].last_error), (1, &None));
}

#[test]
fn a_running_call_is_due_until_it_has_its_case() {
    let due = |bench: &Bench| {
        bench
            .journal
            .due_running("a", Timestamp(5), 10, |_| false)
            .unwrap()
            .len()
    };
    let (bench, id) = Bench::with(State::Open);
    assert_eq!(due(&bench), 1);
    bench.journal.put_back(id, Timestamp(6), false, None);
    bench.flush();
    assert_eq!(due(&bench), 0);
    assert_eq!(
        bench.journal.next_due("a", Timestamp(5)).unwrap(),
        Some(Timestamp(6))
    );
    assert_eq!(due(&at(Stage::Made).0), 0);
    // Nor is anything due before it is over.
    let (bench, _) = at(Stage::Made);
    assert_eq!(
        bench.journal.due("a", Timestamp(5), 10, |_| false).unwrap(),
        []
    );
    assert_eq!(bench.journal.next_due("a", Timestamp(-1)).unwrap(), None);
}

#[test]
fn a_case_in_doubt_is_completed_once_it_is_found() {
    for (over, state) in [(false, State::Open), (true, State::Pending)] {
        let (bench, id) = at(if over {
            Stage::MakingOver
        } else {
            Stage::Making
        });
        bench.journal.put_back(id, Timestamp(0), true, Some("cut"));
        bench.journal.delivered(id, "org", "500", None);
        let call = bench.only();
        assert_eq!((call.state, call.running), (state, !over));
        assert!(call.written.is_some());
    }
    // It was not found, and is made again of all: nothing is left to complete.
    let (bench, id) = at(Stage::MakingOver);
    bench.journal.put_back(id, Timestamp(0), true, Some("cut"));
    assert!(begin(&bench.journal, id, None));
    bench.journal.delivered(id, "org", "500", None);
    assert_eq!(bench.only().state, State::Delivered);
}

#[test]
fn a_kill_leaves_in_doubt_only_what_may_be_made_twice() {
    let doubt = |stage| at(stage).0.reopened().0.only().in_doubt;
    assert!(doubt(Stage::Making) && doubt(Stage::MakingOver));
    // It may have had a Task.
    assert!(doubt(Stage::Completing));
    assert!(!doubt(Stage::Made) && !doubt(Stage::MadeOver));
}

#[test]
fn the_first_version_s_file_is_brought_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(path(&directory).parent().unwrap()).unwrap();
    let old = Connection::open(path(&directory)).unwrap();
    old.execute_batch(schema::STEPS[0]).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    for (state, case_id) in [
        ("open", None),
        ("sending", None),
        ("delivered", Some("500")),
    ] {
        let record = serde_json::to_string(&record(state, "a")).unwrap();
        old.execute(
            "INSERT INTO calls (reference, user, state, record, case_id, started, created, updated)
             VALUES (?1, 'a', ?1, ?2, ?3, 1, 1, 1)",
            rusqlite::params![state, record, case_id],
        )
        .unwrap();
    }
    schema::migrate(&mut Connection::open(path(&directory)).unwrap()).unwrap();
    let running: Vec<bool> = old
        .prepare("SELECT running FROM calls ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(running, [true, false, false]);
    drop(old);
    let (journal, recovered) = Journal::open(&path(&directory)).unwrap();
    assert_eq!((recovered.cut_off, recovered.in_doubt), (1, 1));
    let calls = journal.newest(10, None).unwrap();
    let states: Vec<_> = calls.iter().map(|c| (c.state, c.running)).collect();
    assert_eq!(
        states,
        [
            (State::Delivered, false),
            (State::Pending, false),
            (State::Pending, false)
        ]
    );
    let version = |c: &Connection| schema::version(c).unwrap();
    assert_eq!(
        version(&Connection::open(path(&directory)).unwrap()),
        schema::VERSION
    );
}
