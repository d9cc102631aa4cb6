//! What the figures were measured on.

use private_pbx::{Kind, Root};
use serde::Serialize;
use std::fmt;
use std::fs::read_to_string;
use std::process::Command;

/// The machine, what ran on it, and when.
#[derive(Serialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    /// The private Asterisk's version.
    asterisk: String,
    commit: String,
    /// UTC, RFC 3339, to the second.
    date: String,
    /// How many threads wanted to run at the beginning, by the last minute's average: more than
    /// a few tenths, and others had their share of the figures.
    load: String,
}

impl Machine {
    /// What is unknown stays empty.
    pub fn look() -> Machine {
        Machine {
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            asterisk: asterisk(),
            commit: said(Command::new("git").args(["describe", "--always", "--dirty"])),
            date: jiff::Timestamp::now().strftime("%FT%TZ").to_string(),
            load: first_word("/proc/loadavg"),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, Linux {}, {}\ncommit {}, {}, load at the beginning {}",
            self.cpu, self.cores, self.kernel, self.asterisk, self.commit, self.date, self.load
        )
    }
}

fn cpu() -> String {
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or("", |(_, model)| model.trim()).to_owned()
}

fn first_word(path: &str) -> String {
    let text = read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn asterisk() -> String {
    Root::prepare(Kind::Plain).map_or_else(
        |_| String::new(),
        |root| {
            said(
                Command::new("chroot")
                    .arg(root.dir())
                    .args(["asterisk", "-V"]),
            )
        },
    )
}

fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout);
    String::from_utf8_lossy(&output.unwrap_or_default())
        .trim()
        .to_owned()
}
