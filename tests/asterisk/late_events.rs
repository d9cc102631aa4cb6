//! `salesforce start` on a machine that is so busy that Asterisk has not told everything yet.

use crate::scene::{A, PATIENCE, Plan, Scene};
use private_pbx::{Reaction, eventually};
use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// Thread ids of Asterisk.
fn threads(scene: &Scene) -> BTreeSet<u32> {
    let tasks = fs::read_dir(format!("/proc/{}/task", scene.pbx.pid().unwrap())).unwrap();
    let names = tasks.map(|task| task.unwrap().file_name());
    names
        .map(|name| name.to_str().unwrap().parse().unwrap())
        .collect()
}

/// The thread that delivers events. Of those that loading makes it is the one that is called like
/// Asterisk's own; who served a command may be there a moment longer.
fn delivering(scene: &Scene, before: &BTreeSet<u32>) -> u32 {
    let is_asterisks = |thread: &u32| {
        let name = fs::read_to_string(format!("/proc/{thread}/comm")).unwrap_or_default();
        name.trim() == "asterisk"
    };
    let mut found = Vec::new();
    eventually("one thread of Asterisk's", PATIENCE, || {
        let new = threads(scene);
        found = new.difference(before).copied().collect();
        found.retain(is_asterisks);
        found.len() == 1
    })
    .unwrap();
    found[0]
}

/// Keeps a processor busy until dropped.
struct Busy(Vec<Child>);

impl Busy {
    /// The first processor; the thread gets what is left of it, next to nothing.
    fn starving(thread: u32) -> Busy {
        for command in [
            ["taskset", "--cpu-list", "--pid", "0"],
            ["chrt", "--idle", "--pid", "0"],
        ] {
            let [program, arguments @ ..] = command;
            let mut command = Command::new(program);
            let output = command
                .args(arguments)
                .arg(thread.to_string())
                .output()
                .unwrap();
            assert!(output.status.success(), "{program}: {output:?}");
        }
        let busy = || {
            let mut command = Command::new("taskset");
            let forever = ["--cpu-list", "0", "sh", "-c", "while :; do :; done"];
            command.args(forever).spawn().unwrap()
        };
        Busy((0..4).map(|_| busy()).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_call_of_before_the_start_is_not_recorded_late() {
    let scene = Plan::default().general("enabled = no").prepare();
    let before = threads(&scene);
    scene.load();
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    let busy = Busy::starving(delivering(&scene, &before));
    scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    scene.wait_quiet();
    assert!(scene.cli("salesforce start").contains("is started"));
    drop(busy);
    scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    assert_eq!(scene.cases().len(), 1);
}
