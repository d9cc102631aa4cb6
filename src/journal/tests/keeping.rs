//! What is kept for how long, how large the file is, and what other programs read in it.

use super::*;

const DAY: i64 = 24 * 3600 * 1_000_000;

/// Settled calls, put into the file behind the writer's back: they would take long one by one.
fn fill(bench: &Bench, state: &str, count: usize) {
    let mut connection = Connection::open(path(&bench.directory)).unwrap();
    let transaction = connection.transaction().unwrap();
    let record = serde_json::to_string(&ended("r", "a", 61_000_000)).unwrap();
    transaction
        .prepare(
            "INSERT INTO calls (reference, user, state, record, started, ended, created, updated)
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?3)
             SELECT 'r' || n, 'a', ?1, ?2, 1, 1, 1, 1 FROM n",
        )
        .unwrap()
        .execute(rusqlite::params![state, record, count])
        .unwrap();
    transaction.commit().unwrap();
}

fn count(connection: &Connection, table: &str) -> i64 {
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::yield_now();
    }
}

/// What `sqlite3 -readonly` sees.
fn reader(bench: &Bench) -> Connection {
    file::open_reader(&bench.journal.place).unwrap()
}

#[test]
fn the_file_shrinks_by_what_is_trimmed_while_calls_come_and_somebody_reads() {
    let bench = bench();
    fill(&bench, "delivered", 100_000);
    bench.flush();
    let full = bench.journal.size();
    assert!(full > 30_000_000, "{full}");
    // Somebody has the file open, in the middle of reading.
    let other = reader(&bench);
    other.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&other, "all_calls"), 100_000);
    bench.journal.trim(Timestamp(2));
    let call = Update::Closed(ended("new", "a", 5));
    bench.journal.record(vec![call]);
    eventually("the old ones gone", || {
        bench.journal.newest(2, None).unwrap().len() == 1
    });
    assert_eq!(bench.only().state, State::Pending);
    assert_eq!(count(&other, "all_calls"), 100_000, "as it was");
    drop(other);
    // The next trim has nobody in its way.
    bench.journal.trim(Timestamp(2));
    bench.flush();
    eventually("the space given back", || bench.journal.size() < full / 100);
}

#[test]
fn what_is_kept() {
    let bench = bench();
    for state in [
        "open",
        "pending",
        "sending",
        "failed",
        "delivered",
        "discarded",
    ] {
        let mut call = ended(state, "a", 5);
        call.reference = state.into();
        bench.journal.record(vec![Update::Closed(call)]);
        bench.flush();
        let file = Connection::open(path(&bench.directory)).unwrap();
        file.execute("UPDATE calls SET state = ?1 WHERE reference = ?1", [state])
            .unwrap();
    }
    bench.journal.trim(Timestamp(i64::MAX));
    bench.flush();
    let calls = bench.journal.newest(10, None).unwrap();
    let left: Vec<_> = calls.iter().map(|c| c.record.reference.as_str()).collect();
    assert_eq!(left, ["failed", "sending", "pending", "open"]);
}

#[test]
fn accounts_that_nobody_asks_for_are_forgotten() {
    let bench = bench();
    let change = |change| {
        bench
            .journal
            .change_numbers(&viewer(), vec![change])
            .unwrap()
    };
    let numbers = ["+491", "+492", "+493", "+494"];
    for number in numbers {
        change(NumberChange::remember(
            number,
            Match::account("001", "Acme"),
            number == "+494",
        ));
    }
    let file = Connection::open(path(&bench.directory)).unwrap();
    for (number, days) in [("+492", 89), ("+493", 91), ("+494", 91)] {
        file.execute(
            "UPDATE accounts SET at = at - ?2 WHERE number = ?1",
            rusqlite::params![number, days * DAY],
        )
        .unwrap();
    }
    let remembered = || {
        bench.flush();
        let is_there = |number: &&&str| bench.journal.number(&viewer(), number).unwrap().is_some();
        numbers.iter().filter(is_there).copied().collect::<Vec<_>>()
    };
    // Longer when calls are kept longer.
    bench.journal.trim(Timestamp(now().0 - 92 * DAY));
    assert_eq!(remembered(), numbers);
    bench.journal.trim(now());
    assert_eq!(remembered(), ["+491", "+492"]);
}

#[test]
fn the_views_say_it_in_words() {
    let bench = bench();
    let journal = &bench.journal;
    let mut call = ended("r0", "a", 62_000_000);
    call.caller.name = Some("Erika".into());
    journal.record(vec![Update::Closed(call)]);
    for n in 1..4 {
        journal.record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    journal.record(vec![Update::Open(record("r4", "b"))]);
    bench.flush();
    let due = journal.due("a", Timestamp(1), 10, |_| false).unwrap();
    let ids: Vec<_> = due.iter().map(|call| call.id).collect();
    assert!(begin(journal, ids[0], Some("+49301234567")));
    journal.delivered(ids[0], "00D", "500A", Some("001A"));
    journal.failed(ids[1], "Priority is missing");
    journal.put_back(ids[2], Timestamp(3_000_000), true, Some("cut off"));
    journal
        .change_numbers(&viewer(), vec![begin_account()])
        .unwrap();
    journal.org_is_at("00D", "https://acme.my.salesforce.com/".into());
    bench.flush();
    assert_eq!(
        journal.org_url("00D").unwrap().as_deref(),
        Some("https://acme.my.salesforce.com/")
    );
    assert_eq!(journal.org_url("00E").unwrap(), None);
    let file = reader(&bench);
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = file.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(
        rows("SELECT what_became_of_it FROM all_calls ORDER BY call"),
        [
            "delivered",
            "refused by Salesforce",
            "perhaps sent, to be looked for",
            "to be sent",
            "in progress"
        ]
    );
    assert_eq!(
        rows(
            "SELECT concat_ws('|', user, extension, caller, caller_name, outcome, reason,
                    talk_seconds, case_link, account_link, started) FROM all_calls WHERE call = 1"
        ),
        [format!(
            "a|100|+49301234567|Erika|answered|answered|60|\
             https://acme.my.salesforce.com/500A|https://acme.my.salesforce.com/001A|{}",
            local(1_000_000)
        )]
    );
    assert_eq!(
        rows(
            "SELECT call || ' ' || problem || ' ' || not_before FROM undelivered_calls WHERE problem NOT NULL"
        ),
        [format!("3 cut off {}", local(3_000_000))]
    );
    assert_eq!(
        rows("SELECT call || ' ' || problem FROM failed_calls"),
        ["2 Priority is missing"]
    );
    assert_eq!(
        rows("SELECT concat_ws('|', user, cases, in_progress, pending, failed) FROM users"),
        ["a|1|0|2|1", "b|0|1|0|0"]
    );
    assert_eq!(
        rows("SELECT concat_ws('|', number, name, origin, org) FROM remembered_accounts"),
        ["+49|Anrufer|perhaps created|00D"]
    );
}

fn local(micros: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(micros).unwrap();
    let zoned = moment.to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Every version's file, with a call in it as that version left it.
#[test]
fn every_older_schema_is_brought_up_to_date() {
    for version in 1..schema::STEPS.len() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(path(&directory).parent().unwrap()).unwrap();
        let old = Connection::open(path(&directory)).unwrap();
        old.execute_batch(&schema::STEPS[..version].concat())
            .unwrap();
        old.pragma_update(None, "user_version", version as i64)
            .unwrap();
        let record = serde_json::to_string(&ended("r", "a", 7)).unwrap();
        old.execute(
            "INSERT INTO calls (reference, user, state, record, case_id, org, started, ended,
                                created, updated)
             VALUES ('r', 'a', 'delivered', ?1, '500', '00D', 1, 7, 1, 9)",
            [record],
        )
        .unwrap();
        if version < 6 {
            old.execute_batch(
                "INSERT INTO accounts (org, number, account_id, name, created_by_us, at)
                 VALUES ('00D', '+491', '001', 'Made', 1, 1), ('00D', '+492', '002', 'Found', 0, 1)",
            )
            .unwrap();
        }
        if version >= 3 {
            old.execute("UPDATE calls SET over = 7", []).unwrap();
        }
        drop(old);
        let (journal, recovered) = Journal::open(&path(&directory)).unwrap();
        assert_eq!(recovered, Recovered::default(), "{version}");
        let calls = journal.newest(10, None).unwrap();
        assert_eq!(calls[0].case_id.as_deref(), Some("500"), "{version}");
        assert_eq!(calls[0].over, Some(Timestamp(7)), "{version}");
        assert_eq!(journal.login_key().unwrap().len(), 32, "{version}");
        // Who saw what is not known; what we made is there, whoever sees it.
        if version < 6 {
            let made = |number| journal.number_made_by_others(&viewer(), number).unwrap();
            let account = made("+491").and_then(|known| known.matched);
            assert_eq!(account, Some(Match::account("001", "Made")), "{version}");
            assert_eq!(made("+492"), None, "{version}");
            assert_eq!(journal.number(&viewer(), "+492").unwrap(), None);
        }
        journal.stop();
        let file = Connection::open(path(&directory)).unwrap();
        assert_eq!(schema::version(&file).unwrap(), schema::VERSION);
        let mark = file.query_row("PRAGMA application_id", [], |row| row.get(0));
        assert_eq!(mark, Ok(whose::APPLICATION_ID), "{version}");
        for view in ["all_calls", "undelivered_calls", "failed_calls", "users"] {
            let expected = i64::from(view == "all_calls" || view == "users");
            assert_eq!(count(&file, view), expected, "{version}: {view}");
        }
    }
}

/// The tracker's word counts, not what happens to the call afterwards.
#[test]
fn a_call_is_over_once() {
    let (bench, id) = Bench::with(State::Open);
    assert_eq!(bench.only().over, None);
    let before = now();
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 9))]);
    let over = bench.only().over.unwrap();
    assert!(before <= over && over <= now());
    bench
        .journal
        .put_back(id, Timestamp(0), false, Some("later"));
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 10))]);
    assert_eq!(bench.only().over, Some(over));
}

/// A large file is not looked at completely when it is opened, but for damage that was met.
#[test]
fn damage_met_in_use_is_set_aside_and_no_call_with_it() {
    let bench = bench();
    // More than SQLite keeps in memory.
    fill(&bench, "delivered", 20_000);
    bench.flush();
    let Bench { directory, journal } = bench;
    journal.stop();
    drop(journal);
    let journal = open(&directory);
    // The pages of all calls, but not the file's first ones.
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(path(&directory));
    let (file, length) = (
        file.unwrap(),
        std::fs::metadata(path(&directory)).unwrap().len(),
    );
    let rubbish = vec![0xff; usize::try_from(length).unwrap() - 200_000];
    std::os::unix::fs::FileExt::write_all_at(&file, &rubbish, 200_000).unwrap();
    for n in 0..50 {
        journal.record(vec![Update::Closed(ended(&format!("r{n}"), "a", 5))]);
    }
    let suspected = PathBuf::from(format!("{}.suspect", path(&directory).display()));
    eventually("the damage met", || suspected.exists());
    assert!(journal.depth() > 0);
    // What is kept in memory goes into the new file.
    journal.stop();
    drop(journal);
    let (_journal, recovered) = Journal::open(&path(&directory)).unwrap();
    assert_eq!((recovered.pending, recovered.set_aside), (50, None));
    let files = std::fs::read_dir(path(&directory).parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().file_name());
    let aside = names.filter(|name| name.to_string_lossy().contains(".corrupt-"));
    assert!(aside.count() > 0);
    assert!(!suspected.exists());
}

#[test]
fn a_full_disk_is_two_lines_also_when_there_is_room_now_and_then() {
    crate::test_log::listen();
    let bench = bench();
    for n in 0..5 {
        bench.journal.writer.send(Message::LimitPages(1)).unwrap();
        let mut big = ended(&format!("r{n}"), "a", 5);
        big.caller.name = Some("x".repeat(200_000));
        bench.journal.record(vec![Update::Closed(big)]);
        assert!(bench.journal.retry(None).is_err());
        let room = Message::LimitPages(1_000_000);
        bench.journal.writer.send(room).unwrap();
        eventually("written", || bench.journal.depth() == 0);
    }
    bench.flush();
    let path = path(&bench.directory).display().to_string();
    let lines = crate::test_log::heard_of(&path);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("cannot be written") && lines[1].contains("can be written again"));
}
