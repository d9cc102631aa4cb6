//! What the kernel says about Asterisk's process.

use crate::scene::{MODULE, Scene};
use std::fs;
use std::path::PathBuf;

/// A look at Asterisk's process; empty or 0 where it has ended.
pub struct Process(PathBuf);

impl Process {
    pub fn of(scene: &Scene) -> Process {
        let pid = scene.pbx.pid().expect("Asterisk runs");
        Process(PathBuf::from(format!("/proc/{pid}")))
    }

    /// Lines of `maps` that name the module.
    pub fn mappings(&self) -> Vec<String> {
        let maps = fs::read_to_string(self.0.join("maps")).unwrap_or_default();
        let ours = maps.lines().filter(|line| line.contains(MODULE));
        ours.map(str::to_owned).collect()
    }

    /// Names of all threads, sorted.
    pub fn threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(self.0.join("task")).into_iter().flatten();
        let names = tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        let mut names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
        names.sort();
        names
    }

    /// What is open, sorted: paths, `socket:[…]` without its number.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("fd")).into_iter().flatten();
        let targets = entries
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok());
        let mut targets: Vec<String> = targets
            .map(|target| {
                let target = target.to_string_lossy().into_owned();
                match target.split_once(":[") {
                    Some((kind, _)) => kind.to_owned(),
                    None => target,
                }
            })
            .collect();
        targets.sort();
        targets
    }

    /// A line of `status` in kB, such as `VmRSS` or `RssAnon`.
    pub fn memory(&self, what: &str) -> u64 {
        let status = fs::read_to_string(self.0.join("status")).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        number.unwrap_or_default()
    }
}
