//! One call's RTP: a quiet tone out, a count of what comes in, DTMF on demand.
//!
//! Asterisk joins and optimises channels only while frames flow.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::sdp::EVENTS;

const FRAME: Duration = Duration::from_millis(20);
/// Samples per frame at 8 kHz.
const SAMPLES: u32 = 160;
/// Frames that a key is held, and the pause after it.
const KEY_FRAMES: u16 = 5;
const PAUSE_FRAMES: u16 = 5;

/// A call's RTP socket and the task that serves it.
#[derive(Debug)]
pub(super) struct Media {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    target: Mutex<Option<SocketAddr>>,
    keys: Mutex<VecDeque<u8>>,
    received: AtomicU64,
}

impl Media {
    /// Opens a socket; sends nothing until [`Media::send_to`].
    pub(super) async fn open() -> std::io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(serve(socket, shared.clone()));
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts sending to `target`, or stops.
    pub(super) fn send_to(&self, target: Option<SocketAddr>) {
        *lock(&self.shared.target) = target;
    }

    /// Presses keys, one after the other (`0`-`9`, `*`, `#`, `A`-`D`).
    pub(super) fn press(&self, keys: &str) {
        let codes = keys.chars().filter_map(|key| "0123456789*#ABCD".find(key));
        lock(&self.shared.keys).extend(codes.map(|code| code as u8));
    }

    /// Whether keys are still to be sent.
    pub(super) fn is_pressing(&self) -> bool {
        !lock(&self.shared.keys).is_empty()
    }

    /// Packets received so far.
    pub(super) fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn serve(socket: UdpSocket, shared: Arc<Shared>) {
    let mut ticks = interval(FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut sender = Sender::default();
    let mut buffer = [0; 1500];
    loop {
        tokio::select! {
            got = socket.recv(&mut buffer) => {
                if got.is_ok() {
                    shared.received.fetch_add(1, Ordering::Relaxed);
                }
            }
            _ = ticks.tick() => {
                let target = *lock(&shared.target);
                if let Some(target) = target {
                    for packet in sender.frame(&shared) {
                        // A port that has just closed is not worth a word.
                        let _ = socket.send_to(&packet, target).await;
                    }
                }
            }
        }
    }
}

/// Numbers the packets and remembers the key being held.
#[derive(Debug, Default)]
struct Sender {
    sequence: u16,
    time: u32,
    /// Frames since the key at the front of the queue went down.
    held: u16,
    /// Time at which it did.
    since: u32,
}

impl Sender {
    /// What to send in the next 20 ms.
    fn frame(&mut self, shared: &Shared) -> Vec<Vec<u8>> {
        self.time = self.time.wrapping_add(SAMPLES);
        let mut keys = lock(&shared.keys);
        let Some(key) = keys.front().copied() else {
            let mut packet = self.header(0, false, self.time);
            packet.extend((0..SAMPLES).map(|n| if n % 16 < 8 { 0xf0 } else { 0x70 }));
            return vec![packet];
        };
        if self.held == 0 {
            self.since = self.time;
        }
        self.held += 1;
        if self.held <= KEY_FRAMES {
            return vec![self.event(key, false)];
        }
        if self.held == KEY_FRAMES + 1 {
            return (0..3).map(|_| self.event(key, true)).collect();
        }
        if self.held > KEY_FRAMES + PAUSE_FRAMES {
            keys.pop_front();
            self.held = 0;
        }
        Vec::new()
    }

    /// RFC 4733: event, end flag and volume, duration in samples.
    fn event(&mut self, key: u8, end: bool) -> Vec<u8> {
        let frames = self.held.min(KEY_FRAMES);
        let mut packet = self.header(EVENTS, self.held == 1, self.since);
        packet.extend([key, if end { 0x8a } else { 0x0a }]);
        packet.extend((frames * SAMPLES as u16).to_be_bytes());
        packet
    }

    fn header(&mut self, payload: u8, marker: bool, time: u32) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, payload | if marker { 0x80 } else { 0 }];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(time.to_be_bytes());
        packet.extend(0x7068_6f6e_u32.to_be_bytes());
        packet
    }
}
