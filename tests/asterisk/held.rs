//! A thread of the module that hangs: stopped from outside, and only that one.

use crate::scene::{PATIENCE, Scene};
use private_pbx::eventually;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A thread that does not move until this is dropped.
pub struct Held(Child);

impl Held {
    /// Stops the module's thread of this name.
    pub fn new(scene: &Scene, name: &str) -> Held {
        let tasks = format!("/proc/{}/task", scene.pbx.pid().unwrap());
        let mut thread = None;
        eventually("the thread to hold", PATIENCE, || {
            let all = fs::read_dir(&tasks).unwrap();
            let mut ids = all.map(|task| task.unwrap().file_name().into_string().unwrap());
            thread = ids.find(|id| {
                let known = fs::read_to_string(format!("{tasks}/{id}/comm"));
                known.is_ok_and(|known| known.trim() == name)
            });
            thread.is_some()
        })
        .unwrap();
        let mut child = Command::new("python3")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/asterisk/held.py"
            ))
            .arg(thread.unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(said, "held\n");
        Held(child)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
