//! How bytes reach Salesforce: name look-up, TCP and TLS beneath `ureq`.
//!
//! `ureq`'s own connector would do, but for four things:
//!
//! - its resolver starts a detached thread whenever a time limit applies, and is asked before
//!   every request, even one that goes over a connection at hand. Ours answers nothing, and
//!   the look-up is made here, only when a connection is really to be opened;
//! - a connection that is still being established must end at once when the module is
//!   unloaded, so the socket is registered before it connects;
//! - a failure before the request was completely handed to the kernel cannot have written
//!   anything, since Salesforce acts on complete requests only: [`Phase`] tells it apart;
//! - a kept connection that the other side has closed in the meantime is no outage.

use super::resolve;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::{self as ureq_time};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, RustlsConnector,
    ShutdownHandle, Transport,
};
use ureq::{Error, Timeout};

/// How far a request came before its connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The host's name was not found.
    Resolving,
    /// No connection: nothing was sent.
    Connecting,
    /// The request was not sent completely.
    Sending,
    /// The whole request was sent, and not one byte came back.
    Waiting,
}

/// A connection that failed before the answer began; travels inside [`Error::Other`].
#[derive(Debug)]
pub(super) struct Broken {
    /// How far it came.
    pub phase: Phase,
    /// The connection had served an earlier request.
    pub reused: bool,
    /// What happened.
    pub source: Error,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for Broken {}

fn broken(phase: Phase, reused: bool, source: Error) -> Error {
    Error::Other(Box::new(Broken {
        phase,
        reused,
        source,
    }))
}

/// Looks nothing up: [`Dialler`] does, when it opens a connection.
#[derive(Debug)]
pub(super) struct Deferred;

impl Resolver for Deferred {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Opens connections: name look-up, TCP, TLS.
#[derive(Debug, Clone, Default)]
pub(super) struct Dialler {
    tls: Arc<RustlsConnector>,
    /// Gives no connection away: each ends in the error [`Reached`], and nothing is ever sent.
    only_knocks: bool,
}

impl Dialler {
    /// One that opens connections on the same terms, and closes them at once.
    pub(super) fn knocker(&self) -> Dialler {
        let mut knocker = self.clone();
        knocker.only_knocks = true;
        knocker
    }
}

/// A connection could be opened, and was closed again; travels inside [`Error::Other`].
#[derive(Debug, thiserror::Error)]
#[error("reached")]
pub(super) struct Reached;

type Secured = <RustlsConnector as Connector<Tcp>>::Out;

impl Connector for Dialler {
    type Out = Watched;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Watched>, Error> {
        let failed = |error| broken(Phase::Connecting, false, error);
        let deadline = deadline(details);
        let host = details.uri.host().unwrap_or_default();
        let addresses = resolve::addresses(host, details.uri.port_u16().unwrap_or(443))
            .map_err(|error| broken(Phase::Resolving, false, io::Error::other(error).into()))?;
        let tcp = open(&addresses, deadline, details).map_err(failed)?;
        let cut_while_sending = tcp.cut_while_sending.clone();
        let secured = self.tls.connect(details, Some(tcp)).map_err(failed)?;
        if self.only_knocks {
            return Err(Error::Other(Box::new(Reached)));
        }
        Ok(secured.map(|inner| Watched {
            inner,
            cut_while_sending,
            requests: 0,
            answered: true,
        }))
    }
}

fn deadline(details: &ConnectionDetails) -> Option<Instant> {
    match (details.now, details.timeout.after) {
        (ureq_time::Instant::Exact(now), ureq_time::Duration::Exact(limit)) => {
            now.checked_add(limit)
        }
        _ => None,
    }
}

/// Tries the addresses in turn; each may take half of what time is left, the last one all.
fn open(
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
    details: &ConnectionDetails,
) -> Result<Tcp, Error> {
    let mut last = Error::Timeout(Timeout::Connect);
    for (index, address) in addresses.iter().enumerate() {
        let limit =
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return Err(last),
                Some(left) if index + 1 < addresses.len() => Some(left / 2),
                left => left,
            };
        match open_one(*address, limit, details) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn open_one(
    address: SocketAddr,
    limit: Option<Duration>,
    details: &ConnectionDetails,
) -> Result<Tcp, Error> {
    let family = if address.is_ipv6() {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)
        .map_err(io::Error::from)?;
    let socket = Arc::new(Socket {
        stream: TcpStream::from(socket),
        closed: AtomicBool::new(false),
    });
    (details.register_shutdown)(Arc::downgrade(&socket) as Weak<dyn ShutdownHandle>)?;
    match rustix::net::connect(&socket.stream, &address) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS | rustix::io::Errno::INTR) => {}
        Err(error) => return Err(io::Error::from(error).into()),
    }
    // A shutdown before connect() has no effect on the socket; one after it ends the waiting.
    if socket.closed.load(Ordering::SeqCst) {
        return Err(io::Error::from(io::ErrorKind::NotConnected).into());
    }
    wait_connected(&socket.stream, limit)?;
    if let Some(error) = socket.stream.take_error()? {
        return Err(error.into());
    }
    socket.stream.peer_addr()?;
    socket.stream.set_nonblocking(false)?;
    socket.stream.set_nodelay(true)?;
    let config = details.config;
    Ok(Tcp {
        socket,
        buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        cut_while_sending: Arc::default(),
    })
}

fn wait_connected(stream: &TcpStream, limit: Option<Duration>) -> Result<(), Error> {
    let until = limit.map(|limit| Instant::now() + limit);
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(stream, PollFlags::OUT)], left.as_ref()) {
            Ok(0) => return Err(Error::Timeout(Timeout::Connect)),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
}

/// A socket that can be shut down from another thread.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    closed: AtomicBool,
}

impl ShutdownHandle for Socket {
    fn shutdown(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // An error means that it is closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Plain TCP, beneath TLS.
#[derive(Debug)]
pub(super) struct Tcp {
    socket: Arc<Socket>,
    buffers: LazyBuffers,
    /// Not everything could be written. Kept apart because rustls postpones write errors.
    cut_while_sending: Arc<AtomicBool>,
}

/// What is left of a limit; an error once it is over. A socket's limit must not be zero.
fn left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    match timeout.after {
        ureq_time::Duration::NotHappening => Ok(None),
        ureq_time::Duration::Exact(Duration::ZERO) => Err(Error::Timeout(timeout.reason)),
        ureq_time::Duration::Exact(left) => Ok(Some(left)),
    }
}

fn timed(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}

impl Tcp {
    fn write(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let mut stream = &self.socket.stream;
        stream.set_write_timeout(left(timeout)?)?;
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        stream
            .write_all(output)
            .map_err(|error| timed(error, timeout))
    }
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.write(amount, timeout)
            .inspect_err(|_| self.cut_while_sending.store(true, Ordering::SeqCst))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let mut stream = &self.socket.stream;
        loop {
            stream.set_read_timeout(left(timeout)?)?;
            match stream.read(self.buffers.input_append_buf()) {
                Ok(amount) => {
                    self.buffers.input_appended(amount);
                    return Ok(amount > 0);
                }
                // Signals are blocked in the module's threads: this does not go round.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed(error, timeout)),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // Between requests nothing is to be read: bytes are a farewell, as is the end.
        let stream = &self.socket.stream;
        let quiet = stream.set_nonblocking(true).is_ok()
            && matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        quiet && stream.set_nonblocking(false).is_ok()
    }
}

/// The connection as `ureq` sees it: notes how far each request came.
#[derive(Debug)]
pub(super) struct Watched {
    inner: Secured,
    cut_while_sending: Arc<AtomicBool>,
    requests: u32,
    /// The newest request's answer has begun (or there is no request yet).
    answered: bool,
}

impl Watched {
    fn broken(&self, phase: Phase, error: Error) -> Error {
        broken(phase, self.requests > 1, error)
    }
}

impl Transport for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.answered {
            self.answered = false;
            self.requests += 1;
        }
        self.inner
            .transmit_output(amount, timeout)
            .map_err(|error| self.broken(Phase::Sending, error))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let result = self.inner.await_input(timeout);
        if self.answered {
            return result;
        }
        let error = match result {
            Ok(true) => {
                self.answered = true;
                return Ok(true);
            }
            Ok(false) => io::Error::from(io::ErrorKind::UnexpectedEof).into(),
            Err(error) => error,
        };
        let cut_while_sending = self.cut_while_sending.load(Ordering::SeqCst);
        let phase = if cut_while_sending {
            Phase::Sending
        } else {
            Phase::Waiting
        };
        Err(self.broken(phase, error))
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        match &self.inner {
            Either::A(plain) => plain.is_tls(),
            Either::B(secured) => secured.is_tls(),
        }
    }
}
