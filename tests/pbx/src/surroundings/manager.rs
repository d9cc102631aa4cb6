//! A client of the manager interface that reads everything.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Reader, Seen, failed};
use crate::error::{At, Result};
use crate::instance::{Builder, Pbx};

const CEL: &str = "\
[general]
enable=yes
apps=all
events=ALL
[manager]
enabled=yes
";

pub(super) fn around(builder: Builder) -> Builder {
    builder
        .ami()
        .etc("cel.conf", CEL)
        .etc("cdr_manager.conf", "[general]\nenabled=yes\n")
        .stock_module("cdr_manager")
        .stock_module("cel_manager")
}

pub(super) fn connect(pbx: &Pbx, seen: &Arc<Seen>) -> Result<Reader> {
    const WHERE: &str = "the manager interface";
    let address = pbx
        .ami()
        .ok_or_else(|| failed("finding it", "not switched on"))?;
    let mut socket = TcpStream::connect(address).at(WHERE)?;
    let (name, secret) = crate::AMI_USER;
    let login =
        format!("Action: Login\r\nUsername: {name}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n");
    socket.write_all(login.as_bytes()).at(WHERE)?;
    let mut lines = BufReader::new(socket.try_clone().at(WHERE)?).split(b'\n');
    let answer = lines.find_map(|line| {
        let line = line.unwrap_or_default();
        line.starts_with(b"Response: ").then_some(line)
    });
    let answer = answer.unwrap_or_default();
    if answer.trim_ascii() != b"Response: Success" {
        return Err(failed(
            "the manager's login",
            String::from_utf8_lossy(&answer),
        ));
    }
    let seen = seen.clone();
    std::thread::spawn(move || {
        for line in lines.map_while(std::result::Result::ok) {
            let count = match line.trim_ascii() {
                b"Event: Newchannel" => &seen.manager_channels,
                b"Event: CEL" => &seen.manager_cel,
                _ => continue,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(socket)
}
