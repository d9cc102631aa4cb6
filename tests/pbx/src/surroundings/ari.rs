//! An application of the REST interface that is told of everything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Reader, Seen, failed};
use crate::error::{At, Error, Result};
use crate::instance::{Builder, Pbx};

/// In the order in which they depend on each other.
const MODULES: [&str; 15] = [
    "res_http_websocket",
    "res_websocket_client",
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_device_state",
    "res_stasis_recording",
    "res_stasis_playback",
    "res_stasis_snoop",
    "res_ari_model",
    "res_ari",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_endpoints",
    "res_ari_events",
    "app_stasis",
];

const USER: &str = "[general]\nenabled=yes\n[tester]\ntype=user\npassword=tester\n";

pub(super) fn around(builder: Builder) -> Builder {
    MODULES
        .into_iter()
        .fold(builder.http().etc("ari.conf", USER), Builder::stock_module)
}

pub(super) fn connect(pbx: &Pbx, seen: &Arc<Seen>) -> Result<Reader> {
    const WHERE: &str = "the REST interface";
    let address = pbx
        .http()
        .ok_or_else(|| failed("finding it", "not switched on"))?;
    let socket = TcpStream::connect(address).at(WHERE)?;
    let url =
        format!("ws://{address}/ari/events?app=reader&subscribeAll=true&api_key=tester:tester");
    let (mut events, _) = tungstenite::client(url, socket.try_clone().at(WHERE)?)
        .map_err(|e| failed("subscribing to everything", e.to_string()))?;
    let seen = seen.clone();
    std::thread::spawn(move || {
        while let Ok(message) = events.read() {
            let is_new = message
                .to_text()
                .is_ok_and(|text| text.contains("\"type\":\"ChannelCreated\""));
            if is_new {
                seen.ari_channels.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    Ok(socket)
}

impl Pbx {
    /// Asks the REST interface, where [`super::Surroundings::Consumers`] has it, and returns the
    /// answer's body. The application that is there is called `reader`.
    ///
    /// # Errors
    /// When it refuses.
    pub fn ari(&self, method: &str, path: &str) -> Result<String> {
        const WHERE: &str = "the REST interface";
        let address = self
            .http()
            .ok_or_else(|| failed("finding it", "not switched on"))?;
        let mut socket = TcpStream::connect(address).at(WHERE)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let request = format!(
            "{method} /ari/{path}{separator}api_key=tester:tester HTTP/1.1\r\nConnection: close\r\n\
             Host: {address}\r\nContent-Length: 0\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).at(WHERE)?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).at(WHERE)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        match head.split(' ').nth(1) {
            Some(status) if status.starts_with('2') => Ok(body.to_owned()),
            _ => Err(Error::Failed {
                what: format!("{method} {path}"),
                status: head.lines().next().unwrap_or_default().to_owned(),
                output: body.to_owned(),
            }),
        }
    }
}
