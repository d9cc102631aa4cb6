//! Files of others, and what others do to ours.

use super::*;
use crate::test_log;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Names, bytes and modes of everything in a folder, and the folder's own mode.
fn all(folder: &Path) -> (u32, BTreeMap<PathBuf, (Vec<u8>, u32)>) {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let read = |path: PathBuf| (path.clone(), (fs::read(&path).unwrap(), mode(&path)));
    (mode(folder), files.map(read).collect())
}

fn database(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Why the journal is not opened.
fn refused(path: &Path) -> String {
    let at_home = Journal::open_at_home(path).err().unwrap().to_string();
    let told = Journal::open(path).err().unwrap().to_string();
    assert_eq!(told, at_home);
    told
}

/// Files that somebody might name by mistake, each with whose it seems to be.
fn others(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let at = |name: &str| folder.join(name);
    let mut binary: Vec<u8> = (0..=255).cycle().take(9000).collect();
    binary[0] = 0x7f;
    let texts: [(&str, &[u8], _); 5] = [
        (
            "extensions.conf",
            b"[general]\nstatic = yes\n",
            "a text file",
        ),
        (
            "latin",
            b"; f\xfcr das B\xfcro\r\n[general]\r\n",
            "a text file",
        ),
        ("byte", b"x", "a text file"),
        ("module.so", &binary, "neither empty nor an SQLite database"),
        (
            "cut",
            b"SQLite format 3\0",
            "an SQLite database that cannot be read",
        ),
    ];
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for (name, bytes, whose) in texts {
        fs::write(at(name), bytes).unwrap();
        files.push((at(name), whose));
    }
    for (name, sql, whose) in [
        (
            "astdb.sqlite3",
            "CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key));
             INSERT INTO astdb VALUES ('/a', 'b')",
            "Asterisk's own database (astdb)",
        ),
        (
            "cdr.db",
            "PRAGMA journal_mode = WAL; CREATE TABLE cdr(a); CREATE TABLE calls(id)",
            "an SQLite database of another program (tables calls, cdr)",
        ),
        (
            "many",
            "CREATE TABLE d(x); CREATE TABLE b(x); CREATE TABLE a(x); CREATE TABLE c(x)",
            "an SQLite database of another program (tables a, b, c and more)",
        ),
        (
            "marked",
            "PRAGMA application_id = 252006674; CREATE TABLE calls(id)",
            "an SQLite database of another program (application id 252006674)",
        ),
        (
            "vacant",
            "CREATE TABLE x(y); DROP TABLE x",
            "an SQLite database without tables",
        ),
    ] {
        database(&at(name), sql);
        files.push((at(name), whose));
    }
    files
}

#[test]
fn files_of_others_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let files = others(folder.path());
    set(folder.path(), 0o755);
    for (path, _) in &files {
        set(path, 0o644);
    }
    let before = all(folder.path());
    for (path, whose) in &files {
        let told = refused(path);
        let expected = format!(
            "the journal {} is not used, for it is {whose}",
            path.display()
        );
        assert!(told.starts_with(&expected), "{told}");
        assert_eq!(all(folder.path()), before, "{told}");
    }
    // The folder is its owner's, even where the journal in it is ours.
    drop(Journal::open(&folder.path().join("journal")).unwrap());
    assert_eq!(mode(folder.path()), 0o755);
}

#[test]
fn what_asterisk_has_open_is_not_even_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queues");
    let open = Connection::open(&path).unwrap();
    open.execute_batch("CREATE TABLE a(b); BEGIN IMMEDIATE")
        .unwrap();
    let told = refused(&path);
    assert!(
        told.contains("for it is a file that Asterisk itself has open"),
        "{told}"
    );
    // Its lock would be gone, had the file been opened and closed.
    let other = Connection::open(&path).unwrap();
    assert!(other.execute_batch("BEGIN IMMEDIATE").is_err());
}

#[test]
fn text_is_no_damaged_journal_whatever_lies_beside_it() {
    let Bench { directory, journal } = bench();
    drop(journal);
    let path = path(&directory);
    for name in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{name}", path.display()));
    }
    fs::write(&path, "[general]\n").unwrap();
    let told = refused(&path);
    assert!(told.contains("a text file"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), b"[general]\n");
    // All that a damaged disk may leave is ours by its lock: wrong marks, too.
    let broken = [
        vec![0; 9000],
        vec![0xff; 9000],
        b"SQLite format 3\0".repeat(9),
    ];
    for bytes in broken {
        fs::write(&path, &bytes).unwrap();
        let (journal, recovered) = Journal::open(&path).unwrap();
        assert_eq!(fs::read(recovered.set_aside.unwrap()).unwrap(), bytes);
        drop(journal);
    }
}

#[test]
fn the_mark_is_in_the_file_before_anything_else() {
    let bench = bench();
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 5))]);
    bench.flush();
    let bytes = fs::read(path(&bench.directory)).unwrap();
    assert_eq!(bytes[68..72], whose::APPLICATION_ID.to_be_bytes());
}

/// As a kill left it: everything is in the log, and the file says nothing.
#[test]
fn an_unmarked_journal_that_is_all_in_its_log_is_known_by_its_lock() {
    let directory = tempfile::tempdir().unwrap();
    let (running, left) = (directory.path().join("running"), path(&directory));
    fs::create_dir(left.parent().unwrap()).unwrap();
    let old = Connection::open(&running).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute_batch(&schema::STEPS.concat()).unwrap();
    old.pragma_update(None, "user_version", schema::VERSION)
        .unwrap();
    let names = |path: &Path| ["", "-wal"].map(|name| format!("{}{name}", path.display()));
    for (from, to) in names(&running).iter().zip(names(&left)) {
        fs::copy(from, to).unwrap();
    }
    let before = all(left.parent().unwrap());
    assert!(refused(&left).contains("an SQLite database without tables"));
    assert_eq!(all(left.parent().unwrap()), before);

    fs::write(format!("{}.lock", left.display()), "4711\n").unwrap();
    let (journal, recovered) = Journal::open(&left).unwrap();
    assert_eq!(recovered, Recovered::default());
    journal.record(vec![Update::Closed(ended("r", "a", 5))]);
    journal.stop();
    assert_eq!(
        fs::read(&left).unwrap()[68..72],
        whose::APPLICATION_ID.to_be_bytes()
    );
}

#[test]
fn what_is_no_file_is_told_and_not_waited_for() {
    for name in ["", ".lock", "-wal", "-shm", "-journal", ".suspect"] {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal");
        let path = PathBuf::from(format!("{}{name}", journal.display()));
        let expect = |words: &str| {
            let told = refused(&journal);
            let expected = format!("the journal cannot be opened: {} {words}", path.display());
            assert!(told.starts_with(&expected), "{told}");
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "{told}");
        };
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        expect("is a named pipe, not a file");
        fs::remove_file(&path).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        expect("is a socket, not a file");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        expect("is a folder, not a file");
        fs::remove_dir(&path).unwrap();
        symlink(directory.path().join("elsewhere"), &path).unwrap();
        expect("is a link, and nothing is written through a link");
    }
    let told = refused(Path::new("/dev/full"));
    assert!(
        told.ends_with("/dev/full is a device, not a file"),
        "{told}"
    );
}

#[test]
fn another_program_s_lock_is_not_ours() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    for content in ["locked by me\n", "12 me\n", "12\nme\n", " \n"] {
        fs::write(directory.path().join("journal.lock"), content).unwrap();
        let before = all(directory.path());
        let told = refused(&path);
        assert!(told.contains("journal.lock is not used"), "{told}");
        assert_eq!(all(directory.path()), before);
    }
    // As a former version left it.
    fs::write(directory.path().join("journal.lock"), "123\n").unwrap();
    drop(Journal::open(&path).unwrap());
}

#[test]
fn a_folder_of_links_is_the_administrator_s() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("real")).unwrap();
    set(&directory.path().join("real"), 0o755);
    symlink("real", directory.path().join("way")).unwrap();
    let path = directory.path().join("way").join("journal");
    let (journal, _) = Journal::open_at_home(&path).unwrap();
    journal.record(vec![Update::Closed(ended("r", "a", 5))]);
    journal.stop();
    assert_eq!(journal.path(), path);
    assert!(journal.size() > 0);
    assert_eq!(mode(&directory.path().join("real")), 0o755);
}

#[test]
fn modes_are_put_right_when_it_is_opened() {
    test_log::listen();
    let directory = tempfile::tempdir().unwrap();
    let path = path(&directory);
    let folder = path.parent().unwrap();
    let name = path.display().to_string();
    let told = || {
        let told = test_log::heard_of(&name);
        let told = told.iter().filter(|line| line.contains("let others at it"));
        told.cloned().collect::<Vec<_>>()
    };
    // Made for it; in later processes, too, the folder is its own.
    drop(Journal::open(&path).unwrap());
    let aside = folder.join("salesforce.sqlite3.corrupt-20260101T000000Z");
    let foreign = folder.join("notes");
    for file in [&aside, &foreign] {
        fs::write(file, "").unwrap();
    }
    let open = |files: u32, folders: u32| {
        for file in fs::read_dir(folder).unwrap() {
            set(&file.unwrap().path(), files);
        }
        set(folder, folders);
        drop(Journal::open(&path).unwrap());
    };
    for (files, folders) in [(0o644, 0o755), (0o666, 0o777), (0o640, 0o700)] {
        let before = told().len();
        open(files, folders);
        assert_eq!(mode(folder), 0o700);
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            let expected = if file == foreign { files } else { 0o600 };
            assert_eq!(mode(&file), expected, "{}", file.display());
        }
        let told = told();
        assert_eq!(told.len(), before + 1, "{told:#?}");
        let last = told.last().unwrap();
        assert!(last.contains(&format!("{name} had {files:04o}")), "{last}");
        let of_folder = format!("{} had {folders:04o}", folder.display());
        assert_eq!(last.contains(&of_folder), folders != 0o700, "{last}");
    }
    open(0o600, 0o700);
    assert_eq!(told().len(), 3);
}

#[test]
fn modes_are_put_right_while_calls_are_written() {
    test_log::listen();
    let bench = bench();
    let path = path(&bench.directory);
    bench
        .journal
        .record(vec![Update::Closed(ended("r", "a", 5))]);
    bench.flush();
    // By hand, since it is not looked at so often.
    let mut modes = super::super::modes::Modes::of(&bench.journal.place);
    for file in bench.journal.place.files().filter(|file| file.exists()) {
        set(&file, 0o644);
    }
    set(path.parent().unwrap(), 0o755);
    modes.put_right(false);
    only_ours(&path);
    // It is said once.
    set(&path, 0o604);
    modes.put_right(false);
    only_ours(&path);
    let told = test_log::heard_of(&path.display().to_string());
    let told: Vec<_> = told
        .iter()
        .filter(|line| line.contains("let others at it"))
        .collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    // The writer does it whenever it tidies up, and SQLite's locks have not suffered.
    set(&path, 0o644);
    bench.journal.trim(Timestamp(0));
    bench.flush();
    only_ours(&path);
    drop(bench.reopened());
}

fn only_ours(path: &Path) {
    let folder = path.parent().unwrap();
    assert_eq!(mode(folder), 0o700);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
