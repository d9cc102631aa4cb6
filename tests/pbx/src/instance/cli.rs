//! Asterisk's command line, spoken over its control socket.
//!
//! `asterisk -rx` does the same but takes a process and 50 ms each time.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Makes the server close the connection after the command's output.
const QUIT_AFTER: &str = "cli quit after ";

/// Runs one command and returns what it printed.
///
/// `run` is the folder that holds `asterisk.ctl`. A command that prints nothing
/// for `patience` fails with [`io::ErrorKind::WouldBlock`].
pub(super) fn command(run: &Path, line: &str, patience: Duration) -> io::Result<String> {
    // A socket's path must be shorter than 108 bytes; the cache's may not be.
    let folder = File::open(run)?;
    let mut socket =
        UnixStream::connect(format!("/proc/self/fd/{}/asterisk.ctl", folder.as_raw_fd()))?;
    socket.set_read_timeout(Some(patience))?;
    read_greeting(&mut socket)?;
    socket.write_all(format!("{QUIT_AFTER}{line}\0").as_bytes())?;
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        // `core stop now` ends the server before it ends the connection.
        Err(e) if e.kind() == io::ErrorKind::ConnectionReset => {}
        other => drop(other?),
    }
    Ok(without_verbose(&bytes))
}

/// `host/pid/version`, one line.
fn read_greeting(socket: &mut UnixStream) -> io::Result<()> {
    let mut byte = [0];
    loop {
        socket.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            return Ok(());
        }
    }
}

/// Verbose lines of other threads come in between, marked by a first byte that
/// no UTF-8 text has.
fn without_verbose(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if line.first().is_some_and(|b| *b < 0xf5) {
            text += &String::from_utf8_lossy(line);
        }
    }
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbose_lines_are_left_out() {
        assert_eq!(
            without_verbose(b"one\n\xfc    -- Called 100\ntw\xc3\xb6\n"),
            "one\ntwö\n"
        );
    }
}
