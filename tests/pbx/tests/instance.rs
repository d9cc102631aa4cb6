//! Instances start, talk, stop, crash, are killed and come back.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use private_pbx::{Caller, Error, Pbx, Reaction, eventually};

const PATIENCE: Duration = Duration::from_secs(10);

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[test]
fn starts_talks_and_stops_without_a_warning() {
    let pbx = Pbx::builder().start().unwrap();
    let pid = pbx.pid().unwrap();
    assert!(
        pbx.cli("core show version")
            .unwrap()
            .starts_with("Asterisk 22.")
    );
    assert!(pbx.cli("core show hints").unwrap().contains("100@internal"));
    assert!(
        pbx.cli("no such command")
            .unwrap()
            .contains("No such command")
    );
    pbx.stop().unwrap();
    assert!(!is_alive(pid));
    assert_eq!(pbx.pid(), None);
    assert_eq!(pbx.crashed(), None);
    let log = pbx.log();
    let loud: Vec<_> = log
        .lines()
        .filter(|l| l.contains("ERROR[") || l.contains("WARNING["))
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
    let dir = pbx.path("");
    drop(pbx);
    assert!(!dir.exists());
}

#[test]
fn comes_back_after_a_power_cut_with_what_it_had() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    pbx.cli("database put family key value").unwrap();
    // On disk and committed: a journal that is still there would be rolled back.
    let (database, journal) = (
        pbx.path("db/astdb.sqlite3"),
        pbx.path("db/astdb.sqlite3-journal"),
    );
    eventually("the database on disk", PATIENCE, || {
        let bytes = std::fs::read(&database).unwrap();
        bytes.windows(11).any(|w| w == b"/family/key") && !journal.exists()
    })
    .unwrap();
    let pid = pbx.pid().unwrap();
    pbx.kill();
    assert!(!is_alive(pid));
    assert_eq!(pbx.crashed(), None, "a kill of ours is no crash");
    assert!(matches!(pbx.cli("core show version"), Err(Error::Gone(_))));
    pbx.start().unwrap();
    assert_ne!(pbx.pid().unwrap(), pid);
    assert!(
        pbx.cli("database get family key")
            .unwrap()
            .contains("value")
    );
    // The registrations are in the database too.
    phone.react(Reaction::answer());
    let call = pbx.trunk().call("100", &Caller::number("123")).unwrap();
    call.wait_talking(PATIENCE).unwrap();
}

#[test]
fn a_crash_is_told_with_a_backtrace() {
    let pbx = Pbx::builder().start().unwrap();
    let pid = pbx.pid().unwrap();
    Command::new("kill")
        .args(["-SEGV", &pid.to_string()])
        .status()
        .unwrap();
    eventually("the crash", PATIENCE, || pbx.crashed().is_some()).unwrap();
    let crash = pbx.crashed().unwrap();
    assert!(crash.contains("killed by signal 11"), "{crash}");
    let has_gdb = Command::new("gdb").arg("--version").output().is_ok();
    let cores_are_files = std::fs::read_to_string("/proc/sys/kernel/core_pattern")
        .unwrap()
        .starts_with("core");
    if has_gdb && cores_are_files {
        assert!(crash.contains("Thread 1 "), "{crash}");
    }
    let error = pbx.cli("core show version").unwrap_err().to_string();
    assert!(error.contains("killed by signal 11"), "{error}");
}

#[test]
fn several_run_side_by_side_and_none_outlives_its_owner() {
    let pbxs: Vec<_> = (0..3)
        .map(|_| Pbx::builder().http().ami().start().unwrap())
        .collect();
    let pids: Vec<_> = pbxs.iter().map(|pbx| pbx.pid().unwrap()).collect();
    for pbx in &pbxs {
        let phone = pbx.phone("100").unwrap();
        phone.react(Reaction::answer());
        pbx.trunk()
            .call("100", &Caller::number("1"))
            .unwrap()
            .wait_talking(PATIENCE)
            .unwrap();
        std::net::TcpStream::connect(pbx.http().unwrap()).unwrap();
        std::net::TcpStream::connect(pbx.ami().unwrap()).unwrap();
        assert_eq!(pbx.cdrs(0, PATIENCE).unwrap().len(), 0);
    }
    drop(pbxs);
    assert!(!pids.into_iter().any(is_alive));
}

#[test]
fn configuration_and_modules_change_while_it_runs() {
    let pbx = Pbx::builder().stock_module("func_rand").start().unwrap();
    assert!(
        pbx.cli("module show like func_rand")
            .unwrap()
            .contains("1 modules loaded")
    );
    pbx.write_etc("extensions.conf", "[other]\nexten => 1,1,NoOp()\n")
        .unwrap();
    pbx.cli("dialplan reload").unwrap();
    eventually("the new dialplan", PATIENCE, || {
        pbx.cli("dialplan show 1@other").unwrap().contains("NoOp")
    })
    .unwrap();
    let stock = pbx
        .root()
        .host_path(pbx.root().module_dir().unwrap().join("func_sha1.so"));
    pbx.install_module("func_copy.so", &stock).unwrap();
    assert!(
        pbx.cli("module load func_copy.so")
            .unwrap()
            .contains("Loaded")
    );
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", pbx.pid().unwrap())).unwrap();
    assert!(maps.contains("func_copy.so"));
    pbx.cli("module unload func_copy.so").unwrap();
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", pbx.pid().unwrap())).unwrap();
    assert!(!maps.contains("func_copy.so"));
}

#[test]
fn one_that_cannot_start_says_why() {
    let broken = Pbx::builder()
        .etc(
            "modules.conf",
            "[modules]\nautoload=no\nrequire=nonsense.so\n",
        )
        .start();
    let error = broken.unwrap_err().to_string();
    assert!(error.contains("nonsense.so"), "{error}");
}

#[test]
fn only_root_may() {
    // /proc shows who a process is; the test itself must be root.
    let tool = env!("CARGO_BIN_EXE_private-pbx");
    let copy = std::env::temp_dir().join(format!("private-pbx-{}", std::process::id()));
    std::fs::copy(tool, &copy).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&copy)
        .arg("prepare")
        .output()
        .unwrap();
    std::fs::remove_file(&copy).unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("as root or with sudo"), "{words}");
}

#[test]
fn none_outlives_a_process_that_is_killed() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_private-pbx"))
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let pid = line.trim_start_matches("pid").trim().parse().unwrap();
    assert!(is_alive(pid));
    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("the end of its Asterisk", PATIENCE, || !is_alive(pid)).unwrap();
    // The next instance clears away what it could not.
    let pbx = Pbx::builder().start().unwrap();
    let all = pbx.root().host_path("/srv/pbx");
    let left = std::fs::read_dir(all).unwrap().flatten().any(|e| {
        e.file_name()
            .to_string_lossy()
            .starts_with(&format!("{}-", owner.id()))
    });
    assert!(!left);
}
