//! The journal's file as somebody else left it: damaged bytes, or rows with anything in them. It
//! opens (or is set aside), and what it gives is right or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::journal::{Journal, Viewer};
use res_ansitel_salesforce_fuzz::{number, texts};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::OnceLock;

const RECORD: &str = r#"{"reference":"pbx-1.1-100","user":"support","extension":"100","outcome":"lost",
"reason":"busy","caller":{"number":"+49301234567","name":null,"withheld":false},"dialled":null,"queue":null,
"started":1,"rang":null,"answered":null,"ended":2,"steps":[]}"#;

fn insert(file: &Path, reference: &str, values: &[String; 6]) {
    let [record, user, state, written, phone, numbers] = values;
    let mut numbers = numbers
        .split(' ')
        .map(|number| number.parse::<i64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let connection = Connection::open(file).expect("the file");
    connection
        .execute_batch("PRAGMA synchronous = OFF")
        .expect("a pragma");
    // A state that the schema forbids is refused; all the rest goes in.
    let _ = connection.execute(
        "INSERT INTO calls (reference, user, state, record, written, sent_phone, started, ended,
                            created, updated, next_due, attempts, in_doubt, running, over)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            reference,
            user,
            state,
            record,
            Some(written).filter(|w| !w.is_empty()),
            phone,
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next()
        ],
    );
}

/// A sound journal with a few calls.
fn sound() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("journal");
        drop(Journal::open(&path).expect("a new journal"));
        for (number, state) in ["open", "pending", "sending", "delivered", "failed"]
            .iter()
            .enumerate()
        {
            let values = [RECORD, "support", state, "", "+49301234567", "1 2 3 4"];
            insert(
                &path,
                &format!("pbx-1.{number}-100"),
                &values.map(str::to_owned),
            );
        }
        let connection = Connection::open(&path).expect("the file");
        connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
            .expect("one file");
        drop(connection);
        std::fs::read(&path).expect("the file")
    })
}

fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::tempdir_in(base).expect("a folder")
}

fn use_all(path: &Path) {
    let Ok((journal, recovered)) = Journal::open(path) else {
        return;
    };
    let all = Timestamp(i64::MAX);
    for calls in [
        journal.due("support", all, 10, |_| false),
        journal.due_running("support", all, 10, |_| false),
        journal.newest(10, None),
    ] {
        for call in calls.into_iter().flatten() {
            let _ = (call.record.ring_seconds(), call.record.talk_seconds());
            let _ = journal.calls_before(&call, Timestamp(0));
            if let Ok(again) = journal.call(call.id) {
                assert_eq!(again.as_ref(), Some(&call));
            }
        }
    }
    let _ = journal.next_due("support", Timestamp(0));
    let _ = journal.pending("support");
    let _ = journal.counts();
    let _ = journal.number(&Viewer::new("00D", "005"), "+49301234567");
    let _ = (journal.failed_ids(), journal.oldest_undelivered());
    let _ = journal.retry(None);
    journal.trim(all);
    journal.stop();
    // A file that was set aside left a sound one.
    if recovered.set_aside.is_some() {
        drop(journal);
        let (_, again) = Journal::open(path).expect("the new journal");
        assert_eq!(again.set_aside, None);
    }
}

fuzz_target!(|data: &[u8]| {
    let folder = folder();
    let path = folder.path().join("journal");
    let mut file = sound().to_vec();
    let (mode, data) = number(data);
    if mode % 2 == 0 {
        // Triples: where, and what stands there.
        for change in data.chunks_exact(4) {
            let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize;
            let length = file.len();
            file[at % length] = change[3];
        }
        if mode % 8 == 0 {
            file.truncate(data.len() * 97);
        }
        std::fs::write(&path, &file).expect("the file");
    } else {
        std::fs::write(&path, &file).expect("the file");
        let (values, _) = texts::<6>(data);
        insert(&path, "pbx-2.1-100", &values);
    }
    use_all(&path);
});
