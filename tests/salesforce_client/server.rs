//! An HTTPS server that does, request by request, exactly what a test tells it: also what no
//! well-behaved server does.

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the server does with one request.
pub enum Reply {
    /// These bytes, then wait for the next request on the connection.
    Bytes(Vec<u8>),
    /// These bytes, then close the connection.
    BytesThenClose(Vec<u8>),
    /// Nothing, until the client gives up.
    Silence,
    /// Whatever this writes; then the next request on the connection if it says so.
    #[allow(dead_code, reason = "not in every test program with this server")]
    Stream(Box<Writing>),
}

/// Writes an answer; does the connection stay open?
pub type Writing = dyn FnOnce(&mut dyn Write) -> io::Result<bool> + Send;

/// An HTTP answer.
pub fn answer(status: u16, kind: &str, body: &str) -> Vec<u8> {
    answer_with(status, &[("Content-Type", kind)], body)
}

/// An HTTP answer with headers.
pub fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A JSON answer.
pub fn json(status: u16, body: &str) -> Reply {
    Reply::Bytes(answer(status, "application/json;charset=UTF-8", body))
}

/// What arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Number of the connection, from 0.
    pub connection: usize,
    /// Method and address.
    pub line: String,
    /// All headers, as sent.
    pub headers: String,
    /// The body.
    pub body: String,
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    received: Vec<Received>,
    streams: Vec<TcpStream>,
    closed: usize,
    stopped: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The server; stops when dropped.
pub struct Server {
    /// Its port on the loopback.
    pub port: u16,
    /// The certificate (PEM) that makes it trusted.
    pub ca: tempfile::NamedTempFile,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// A server whose certificate is for `name`.
    pub fn start(name: &str, script: Vec<Reply>) -> Server {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let mut ca = tempfile::NamedTempFile::new().unwrap();
        ca.write_all(made.cert.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        shared.state.lock().unwrap().script = script.into();
        let for_acceptor = shared.clone();
        let acceptor = std::thread::spawn(move || accept(&listener, &config, &for_acceptor));
        Server {
            port,
            ca,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// What to do with further requests.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.state.lock().unwrap().script.extend(replies);
    }

    /// Everything that arrived so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().received.clone()
    }

    /// Waits until so many requests have arrived.
    pub fn await_received(&self, count: usize) {
        self.until(|state| state.received.len() >= count);
    }

    /// Closes all connections, and waits until that is done.
    pub fn close_connections(&self) {
        let mut state = self.shared.state.lock().unwrap();
        let count = state.streams.len();
        for stream in &state.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.until(|state| state.closed >= count);
        state = self.shared.state.lock().unwrap();
        state.streams.clear();
        state.closed = 0;
    }

    fn until(&self, condition: impl Fn(&State) -> bool) {
        let state = self.shared.state.lock().unwrap();
        let wait =
            self.shared
                .changed
                .wait_timeout_while(state, Duration::from_secs(20), |state| !condition(state));
        assert!(!wait.unwrap().1.timed_out(), "waited in vain");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state.lock().unwrap();
            state.stopped = true;
            self.shared.changed.notify_all();
            for stream in &state.streams {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.acceptor.take().unwrap().join();
    }
}

fn accept(listener: &TcpListener, config: &Arc<ServerConfig>, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for (number, stream) in listener.incoming().enumerate() {
        let stream = stream.unwrap();
        // What is written in pieces arrives in pieces.
        stream.set_nodelay(true).unwrap();
        let mut state = shared.state.lock().unwrap();
        if state.stopped {
            break;
        }
        state.streams.push(stream.try_clone().unwrap());
        let (config, shared) = (config.clone(), shared.clone());
        threads.push(std::thread::spawn(move || {
            let tls = ServerConnection::new(config).unwrap();
            serve(&mut StreamOwned::new(tls, stream), number, &shared);
            shared.state.lock().unwrap().closed += 1;
            shared.changed.notify_all();
        }));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(stream: &mut StreamOwned<ServerConnection, TcpStream>, number: usize, shared: &Shared) {
    while let Some(mut received) = receive(stream) {
        received.connection = number;
        let reply = {
            let mut state = shared.state.lock().unwrap();
            state.received.push(received);
            shared.changed.notify_all();
            // A request that the test did not expect ends the connection, and shows up in
            // what arrived.
            let unexpected = Reply::BytesThenClose(Vec::new());
            state.script.pop_front().unwrap_or(unexpected)
        };
        let mut close = !matches!(reply, Reply::Bytes(_));
        match reply {
            Reply::Bytes(bytes) | Reply::BytesThenClose(bytes) => {
                if stream
                    .write_all(&bytes)
                    .and_then(|()| stream.flush())
                    .is_err()
                {
                    return;
                }
            }
            Reply::Stream(write) => match write(stream) {
                Ok(stays) => close = !stays,
                Err(_) => return,
            },
            Reply::Silence => {
                let state = shared.state.lock().unwrap();
                drop(shared.changed.wait_while(state, |state| !state.stopped));
            }
        }
        if close {
            let _ = stream.sock.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Bodies longer than this are not read.
const TOO_LONG: usize = 10 << 20;

/// Reads one request; `None` at the connection's end.
fn receive(stream: &mut impl Read) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let length = headers
        .lines()
        .filter_map(|header| header.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().unwrap());
    let mut body = vec![0; if length > TOO_LONG { 0 } else { length }];
    stream.read_exact(&mut body).ok()?;
    Some(Received {
        connection: 0,
        line: line.to_owned(),
        headers: headers.to_owned(),
        body: String::from_utf8(body).unwrap(),
    })
}
