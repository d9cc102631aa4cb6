//! A line with a long way: what is written at one end arrives at the other half a round trip
//! later, and a connection takes a round trip to be made, as between continents. So TLS
//! handshakes cost what they cost there, which a server that answers late would not show.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// The near end; its threads end with the process and, each, with its connection.
pub struct Line {
    /// Connections to this port of the loopback interface arrive at the far end.
    pub port: u16,
    /// How many were made.
    pub connections: Arc<AtomicUsize>,
}

impl Line {
    /// A line of so long a round trip to a port of the loopback interface that is known later.
    pub fn lay(round_trip: Duration) -> std::io::Result<(Line, Sender<u16>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (end, far) = channel();
        let connections = Arc::<AtomicUsize>::default();
        let made = connections.clone();
        thread::spawn(move || {
            let Ok(far) = far.recv() else { return };
            for near in listener.incoming().flatten() {
                made.fetch_add(1, Ordering::Relaxed);
                // Who is refused at the far end sees the line cut.
                let _ = carry(near, far, round_trip);
            }
        });
        Ok((Line { port, connections }, end))
    }
}

fn carry(near: TcpStream, far: u16, round_trip: Duration) -> std::io::Result<()> {
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, far))?;
    let established = Instant::now() + round_trip;
    for (from, to) in [(&near, &far), (&far, &near)] {
        to.set_nodelay(true)?;
        let (from, to) = (from.try_clone()?, to.try_clone()?);
        let (pieces, arriving) = channel();
        thread::spawn(move || take(from, established, round_trip / 2, &pieces));
        thread::spawn(move || deliver(to, &arriving));
    }
    Ok(())
}

/// When it arrives, and what; nothing is the end.
type Piece = (Instant, Vec<u8>);

fn take(mut from: TcpStream, established: Instant, way: Duration, pieces: &Sender<Piece>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        let arrives = Instant::now().max(established) + way;
        if pieces.send((arrives, buffer[..count].to_vec())).is_err() || count == 0 {
            return;
        }
    }
}

fn deliver(mut to: TcpStream, arriving: &Receiver<Piece>) {
    for (arrives, bytes) in arriving {
        thread::sleep(arrives.saturating_duration_since(Instant::now()));
        if bytes.is_empty() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        if to.write_all(&bytes).is_err() {
            return;
        }
    }
}
