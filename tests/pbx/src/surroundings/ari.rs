//! An application of the REST interface that is told of everything.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Reader, Seen, failed};
use crate::error::{At, Result};
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
