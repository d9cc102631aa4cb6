//! What options name: only files are opened, nobody is waited for, and what is another program's
//! stays as it is.

use crate::process::Process;
use crate::scene::{A, B, MODULE, PATIENCE, Plan, Scene, module};
use private_pbx::{Reaction, eventually};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The scene's configuration, with a line more in `[general]`.
fn with(scene: &Scene, line: &str) {
    let file = scene.pbx.path("etc/salesforce.conf");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replacen("[general]\n", &format!("[general]\n{line}\n"), 1);
    // The last line counts, and the scene names a recording of its own.
    let text: String = text
        .lines()
        .filter(|other| {
            !line.starts_with("record_events")
                || !other.starts_with("record_events")
                || *other == line
        })
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(file, text).unwrap();
}

fn is_declined(scene: &Scene) -> bool {
    !scene
        .cli(&format!("module load {MODULE}"))
        .contains("Loaded")
}

/// `module show` answers; is the module running?
fn is_running(scene: &Scene) -> bool {
    let shown = scene.cli("module show like salesforce");
    assert!(shown.contains("modules loaded"), "{shown}");
    shown.contains("Running") && !shown.contains("Not Running")
}

#[test]
fn a_pipe_for_the_recording_is_told_and_not_waited_for() {
    let scene = Plan::default().prepare();
    let path = scene.pbx.inner_path("log/pipe");
    pipe(&scene.pbx.path("log/pipe"));
    with(&scene, &format!("record_events = {}", path.display()));
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let told = format!(
        "record_events: {} is a named pipe, not a file. Nothing is recorded",
        path.display()
    );
    let is_told = |times| assert_eq!(scene.await_logged("ERROR", &told, times).len(), times);
    for time in 1..=2 {
        scene.load();
        is_told(2 * time - 1);
        assert!(is_running(&scene));
        scene.reload();
        is_told(2 * time);
        // Calls are followed all the same.
        scene.ring("100").wait_ended(PATIENCE).unwrap();
        assert_eq!(scene.cases().len(), time);
        scene.unload();
    }
}

/// A small disk that can be frozen; nobody who writes to it comes back before it thaws.
struct Disk(PathBuf);

impl Disk {
    fn mount(scene: &Scene, below: &str) -> Disk {
        let (image, at) = (scene.pbx.path("log/image"), scene.pbx.path(below));
        fs::create_dir(&at).unwrap();
        let file = fs::File::create(&image).unwrap();
        file.set_len(16 * 1024 * 1024).unwrap();
        run("mkfs.ext4", &["-q".as_ref(), image.as_ref()]);
        run(
            "mount",
            &["-o".as_ref(), "loop".as_ref(), image.as_ref(), at.as_ref()],
        );
        Disk(at)
    }

    fn freeze(&self) {
        run("fsfreeze", &["-f".as_ref(), self.0.as_ref()]);
    }

    fn thaw(&self) {
        run("fsfreeze", &["-u".as_ref(), self.0.as_ref()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Thawed already, unless the test has failed.
        let _ = Command::new("fsfreeze").arg("-u").arg(&self.0).output();
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn run(program: &str, arguments: &[&OsStr]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
}

#[test]
#[ignore = "needs loop devices, which a container seldom has"]
fn a_disk_that_does_not_answer_holds_up_neither_calls_nor_unload() {
    let scene = Plan::default().prepare();
    let process = Process::of(&scene);
    let disk = Disk::mount(&scene, "log/disk");
    let events = scene.pbx.inner_path("log/disk/events.jsonl");
    with(&scene, &format!("record_events = {}", events.display()));
    scene.load();
    let begun = format!("The event stream is recorded to {}", events.display());
    assert_eq!(scene.await_logged("NOTICE", &begun, 1).len(), 1);
    disk.freeze();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    assert_eq!(scene.cases().len(), 1);
    scene.unload();
    let told = format!("record_events: {} does not answer: ", events.display());
    assert_eq!(scene.await_logged("ERROR", &told, 1).len(), 1);
    assert!(process.threads().iter().any(|name| name == "sf-recorder"));
    // What waits is written once it answers; and the module works as before.
    disk.thaw();
    eventually("the thread's end", PATIENCE, || {
        !process.threads().iter().any(|name| name == "sf-recorder")
    })
    .unwrap();
    let recorded = fs::read_to_string(scene.pbx.path("log/disk/events.jsonl")).unwrap();
    assert!(
        recorded.contains("100") && recorded.ends_with('\n'),
        "{recorded}"
    );
    scene.load();
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    assert_eq!(scene.cases().len(), 2);
    scene.unload();
    assert_eq!(scene.logged("ERROR", &told).len(), 1);
}

#[test]
fn what_is_no_file_is_no_journal() {
    let scene = Plan::default().prepare();
    let folder = scene.pbx.path("spool/salesforce");
    fs::create_dir(&folder).unwrap();
    let at = |name: &str| folder.join(name);
    pipe(&at("pipe"));
    pipe(&at("log-wal"));
    fs::create_dir(at("folder")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
    symlink("nothing", at("link")).unwrap();
    let inner = scene.pbx.inner_path("spool/salesforce");
    let conf = fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    for (name, told) in [
        ("pipe", "pipe is a named pipe, not a file"),
        ("log", "log-wal is a named pipe, not a file"),
        ("folder", "folder is a folder, not a file"),
        ("socket", "socket is a socket, not a file"),
        (
            "link",
            "link is a link, and nothing is written through a link",
        ),
    ] {
        scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
        with(&scene, &format!("journal = {}", inner.join(name).display()));
        assert!(is_declined(&scene), "{name}");
        let told = format!("the journal cannot be opened: {}/{told}", inner.display());
        assert_eq!(
            scene.await_logged("ERROR", &told, 1).len(),
            1,
            "{:#?}",
            scene.logged("ERROR", "")
        );
        assert!(!is_running(&scene), "{name}");
    }
    let names = fs::read_dir(&folder).unwrap().count();
    assert_eq!(names, 5, "nothing was made beside them");
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene.load();
}

/// Asterisk boots, whatever the module finds.
#[test]
fn asterisk_boots_with_a_pipe_in_a_file_s_place() {
    let plan = Plan::default();
    let builder = plan.builder.clone().module(MODULE, module());
    let scene = Plan { builder, ..plan }.prepare();
    let (inner, outer) = (scene.pbx.inner_path("log/pipe"), scene.pbx.path("log/pipe"));
    pipe(&outer);
    let conf = fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    for (option, is_loaded) in [
        ("record_events", true),
        ("journal", false),
        ("ca_file", false),
    ] {
        scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
        with(&scene, &format!("{option} = {}", inner.display()));
        if option == "ca_file" {
            let text = fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
            let own = scene.pbx.inner_path("etc/salesforce-ca.pem");
            let text = text.replace(&format!("ca_file = {}\n", own.display()), "");
            scene.pbx.write_etc("salesforce.conf", &text).unwrap();
        }
        scene.pbx.restart().unwrap();
        assert_eq!(is_running(&scene), is_loaded, "{option}");
        let told = scene.await_logged("ERROR", "is a named pipe, not a file", 1);
        assert!(told.iter().any(|line| line.contains(option)), "{told:#?}");
    }
}

/// Names, bytes and modes of everything in a folder.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>, u32)> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let mut all: Vec<_> = files
        .map(|path| (path.clone(), fs::read(&path).unwrap(), mode(&path)))
        .collect();
    all.sort();
    all
}

#[test]
fn another_program_s_file_stays_as_it_is_to_the_byte() {
    let scene = Plan::default().prepare();
    scene.cli("database put a b c");
    let conf = fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    let folders = ["etc", "db"].map(|name| scene.pbx.path(name));
    for folder in &folders {
        set(folder, 0o755);
    }
    for (name, whose) in [
        ("etc/extensions.conf", "a text file"),
        // Where there is a /proc, they are known as Asterisk's before they are opened.
        ("db/astdb.sqlite3", "Asterisk's own database (astdb)"),
        ("log/full", "a text file"),
    ] {
        scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
        let path = scene.pbx.inner_path(name);
        with(&scene, &format!("journal = {}", path.display()));
        let before = folders.each_ref().map(|folder| all(folder));
        assert!(is_declined(&scene), "{name}");
        let told = format!(
            "the journal {} is not used, for it is {whose}",
            path.display()
        );
        assert_eq!(
            scene.await_logged("ERROR", &told, 1).len(),
            1,
            "{:#?}",
            scene.logged("ERROR", "")
        );
        assert!(
            folders.each_ref().map(|folder| all(folder)) == before,
            "{name}"
        );
        assert!(folders.iter().all(|folder| mode(folder) == 0o755));
    }
    assert!(!scene.pbx.path("log/full.lock").exists());
    assert!(scene.cli("database get a b").contains("Value: c"));
    // Nor is a recording added to what is none.
    let text = scene.pbx.path("etc/extensions.conf");
    let before = fs::read(&text).unwrap();
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    let inner = scene.pbx.inner_path("etc/extensions.conf");
    with(&scene, &format!("record_events = {}", inner.display()));
    scene.load();
    let told = "extensions.conf holds something else than a recording";
    assert_eq!(scene.await_logged("ERROR", told, 1).len(), 1);
    scene.unload();
    assert_eq!(fs::read(&text).unwrap(), before);
}

#[test]
fn a_journal_that_everybody_reads_is_put_right() {
    let scene = Plan::default().start();
    let folder = scene.pbx.path("spool/salesforce");
    let recording = scene.pbx.path("log/events.jsonl");
    let files = || {
        let files = fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        files.chain([recording.clone()]).collect::<Vec<_>>()
    };
    // What FreePBX's start script does.
    let open_up = || {
        files().iter().for_each(|file| set(file, 0o644));
        set(&folder, 0o755);
    };
    let is_right = || mode(&folder) == 0o700 && files().iter().all(|file| mode(file) == 0o600);
    let warnings = |count| scene.await_logged("WARNING", "others at it", count);
    assert!(is_right());
    scene.unload();
    open_up();
    scene.load();
    eventually("put right at load", PATIENCE, is_right).unwrap();
    let told = warnings(1);
    assert_eq!(told.len(), 1, "{told:#?}");
    let inner = scene.pbx.inner_path("spool/salesforce");
    assert!(
        told[0].contains(&format!("{} had 0755", inner.display())),
        "{told:#?}"
    );
    assert!(told[0].contains("salesforce.sqlite3 had 0644"), "{told:#?}");
    let of_recording = scene.await_logged("WARNING", "events.jsonl had the mode 0644; now 0600", 1);
    assert_eq!(of_recording.len(), 1);

    // While it runs and calls come.
    open_up();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    eventually("put right while running", PATIENCE * 3, || {
        scene.ring("100").wait_ended(PATIENCE).unwrap();
        is_right()
    })
    .unwrap();
    scene.settle();
    assert_eq!(warnings(1).len(), 1, "said once");
    scene.unload();
    assert!(is_right());
}

#[test]
fn a_journal_in_a_folder_of_others_changes_only_itself() {
    let scene = Plan::default().prepare();
    let (folder, inner) = (scene.pbx.path("lib"), scene.pbx.inner_path("lib"));
    fs::write(folder.join("notes"), "").unwrap();
    with(
        &scene,
        &format!("journal = {}", inner.join("foo.sqlite3").display()),
    );
    scene.load();
    scene.unload();
    set(&folder, 0o755);
    for file in ["foo.sqlite3", "notes"] {
        set(&folder.join(file), 0o644);
    }
    scene.load();
    assert_eq!((mode(&folder), mode(&folder.join("notes"))), (0o755, 0o644));
    assert_eq!(mode(&folder.join("foo.sqlite3")), 0o600);
}

#[test]
fn a_configuration_in_latin_1_is_named_with_file_and_line() {
    let scene = Plan::default().prepare();
    let file = scene.pbx.path("etc/salesforce.conf");
    let text = fs::read_to_string(&file).unwrap();
    let head = format!("[{}](user)\n", A.0);
    let at = text
        .lines()
        .position(|line| line == head.trim_end())
        .unwrap()
        + 2;
    let write = |text: &str| {
        // Latin-1, as an editor of old would save it.
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
        fs::write(&file, bytes).unwrap();
    };
    // A comment may hold anything.
    let text = format!("; für alle\n{text}");
    write(&text.replace(&head, &format!("{head}password = Gehe\u{ef}m\u{e4}\n")));
    scene.load();
    let told = format!(
        "salesforce.conf:{}: [{}] password: is not UTF-8",
        at + 1,
        A.0
    );
    let lines = scene.await_logged("ERROR", "salesforce.conf", 1);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains(&told), "{lines:#?}");
    assert!(!scene.log().contains("Gehe"));
    // The other user's calls become Cases, and nobody has logged in with half a password.
    let _phones = ["100", "101"].map(|extension| {
        scene.phone(
            extension,
            Reaction::answer().after(SHORT).hangup_after(SHORT),
        )
    });
    for number in ["100", "101"] {
        scene.ring(number).wait_ended(PATIENCE).unwrap();
    }
    let cases = scene.cases();
    assert_eq!(
        cases.iter().map(|(user, _)| *user).collect::<Vec<_>>(),
        [B.0]
    );
    assert!(!scene.cli("salesforce show users").contains(A.2));

    // In [general], nothing is changed.
    write(&text.replacen(
        "[general]\n",
        "[general]\njournal = /var/spool/b\u{fc}ro\n",
        1,
    ));
    assert!(!scene.reload().contains("reloaded successfully"));
    let told = "salesforce.conf:3: [general] journal: is not UTF-8";
    assert_eq!(scene.await_logged("ERROR", told, 1).len(), 1);
    // The mark that Windows' editors put before it is passed over.
    fs::write(
        &file,
        format!("\u{feff}{}", text.replace("; für alle\n", "")),
    )
    .unwrap();
    assert!(scene.reload().contains("reloaded successfully"));
    assert!(scene.cli("salesforce show users").contains(A.2));
}
