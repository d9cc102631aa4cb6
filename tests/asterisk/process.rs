//! What the kernel says about Asterisk's process.

use crate::scene::{MODULE, Scene};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
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

    /// Where in its memory these bytes are, freed memory and stacks included.
    pub fn places_of(&self, bytes: &[u8]) -> Vec<String> {
        let maps = fs::read_to_string(self.0.join("maps")).unwrap_or_default();
        let Ok(memory) = File::open(self.0.join("mem")) else {
            return Vec::new();
        };
        let written = maps.lines().filter(|line| line.contains(" rw"));
        written
            .filter_map(|line| {
                let (begin, end) = line.split(' ').next()?.split_once('-')?;
                let [begin, end] = [begin, end].map(|at| u64::from_str_radix(at, 16).ok());
                let mut part = vec![0; usize::try_from(end? - begin?).ok()?];
                // What has been unmapped meanwhile is not there.
                memory.read_exact_at(&mut part, begin?).ok()?;
                let at = memmem(&part, bytes)?;
                let from = at.saturating_sub(40);
                let around = part.get(from..at + 80).unwrap_or_default();
                let around = String::from_utf8_lossy(around).escape_debug().to_string();
                Some(format!("{line}: {around}"))
            })
            .collect()
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

fn memmem(whole: &[u8], part: &[u8]) -> Option<usize> {
    let begins = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == part[0]);
    let mut begins = begins.map(|(at, _)| at);
    begins.find(|at| whole[*at..].starts_with(part))
}
