//! What is known about an Asterisk that ended by itself.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::root::Root;

/// Text about an end that nobody asked for: how, the end of the log, and, with a
/// core file and gdb on this machine, where each thread was.
pub(super) fn report(root: &Root, cwd: &Path, status: ExitStatus, log: &str) -> String {
    let how = match status.signal() {
        Some(signal) => format!("Asterisk was killed by signal {signal}"),
        None => format!("Asterisk ended by itself ({status})"),
    };
    let mut text = format!("{how}\nend of its log:\n{log}\n");
    if status.signal().is_some() {
        text += &match core_file(cwd) {
            Some(core) => backtrace(root, &core),
            None => "no core file (ulimit -Hc, /proc/sys/kernel/core_pattern)\n".into(),
        };
    }
    text
}

fn core_file(cwd: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(cwd).ok()?.flatten().map(|e| e.path());
    files.into_iter().find(|p| {
        p.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("core"))
    })
}

fn backtrace(root: &Root, core: &Path) -> String {
    let output = Command::new("gdb")
        .args(["-batch", "-nx", "-ex"])
        .arg(format!("set sysroot {}", root.dir().display()))
        .args(["-ex", "set auto-load off", "-ex"])
        .arg(format!(
            "file {}",
            root.host_path("/usr/sbin/asterisk").display()
        ))
        .arg("-ex")
        .arg(format!("core-file {}", core.display()))
        .args(["-ex", "bt", "-ex", "thread apply all bt 12"])
        .output();
    match output {
        Ok(output) => format!("{}\n", String::from_utf8_lossy(&output.stdout)),
        Err(_) => format!("core file: {} (no gdb on this machine)\n", core.display()),
    }
}
