//! Listeners: HTTPS on a loopback port that can go down, come up on the same
//! port, and freeze.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::exchange;
use crate::login::Door;
use crate::tls::{Certificate, Presenter};
use crate::world::{World, lock};

/// How a listener treats those who connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Serves them.
    #[default]
    Up,
    /// Refuses them, and has cut those that were there.
    Down,
    /// Accepts them and never says a word, not even of TLS.
    Frozen,
}

/// What is in force already.
#[derive(Default)]
struct Applied {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Option<Mode>,
    /// Connections being served.
    open: usize,
}

impl Applied {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }
}

/// One connection being served, for as long as this lives.
struct Open(Arc<Applied>);

impl Open {
    fn begin(applied: &Arc<Applied>) -> Self {
        applied.change(|state| state.open += 1);
        Self(applied.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.change(|state| state.open -= 1);
    }
}

pub(crate) struct Listener {
    port: u16,
    presenter: Arc<Presenter>,
    wanted: watch::Sender<Mode>,
    applied: Arc<Applied>,
    /// Keeps the port ours while nobody listens on it.
    _placeholder: TcpSocket,
}

impl Listener {
    /// Takes a port (0: a free one) of the loopback interface; nobody is served yet.
    pub(crate) fn reserve(port: u16, presenter: Arc<Presenter>) -> std::io::Result<Self> {
        let placeholder = socket(port)?;
        Ok(Self {
            port: placeholder.local_addr()?.port(),
            presenter,
            wanted: watch::Sender::new(Mode::Up),
            applied: Arc::default(),
            _placeholder: placeholder,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn present(&self, which: Certificate) {
        self.presenter.choose(which);
    }

    /// Switches the mode, and waits until it is in force.
    pub(crate) fn switch(&self, mode: Mode) {
        self.wanted.send_replace(mode);
        self.wait_for(mode);
    }

    /// Waits until a mode is in force: when down, no connection is left.
    pub(crate) fn wait_for(&self, mode: Mode) {
        let pending =
            |state: &mut State| state.mode != Some(mode) || (mode == Mode::Down && state.open > 0);
        let guard = lock(&self.applied.state);
        let _ = self
            .applied
            .changed
            .wait_timeout_while(guard, Duration::from_secs(10), pending)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
    }

    /// Starts serving: for as long as the runtime lives.
    pub(crate) fn serve(&self, world: &Arc<World>, door: Door) {
        let (port, wanted) = (self.port, self.wanted.subscribe());
        let acceptor = TlsAcceptor::from(Arc::new(self.presenter.config()));
        let applied = self.applied.clone();
        tokio::spawn(listen(port, wanted, applied, acceptor, world.clone(), door));
    }
}

/// A socket of the loopback interface that shares its port with those like it.
fn socket(port: u16) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

async fn listen(
    port: u16,
    mut wanted: watch::Receiver<Mode>,
    applied: Arc<Applied>,
    acceptor: TlsAcceptor,
    world: Arc<World>,
    door: Door,
) {
    loop {
        let mode = *wanted.borrow_and_update();
        let listener = if mode == Mode::Down {
            None
        } else {
            match socket(port).and_then(|s| s.listen(1_024)) {
                Ok(listener) => Some(listener),
                Err(error) => {
                    eprintln!("cannot listen on port {port}: {error}");
                    return;
                }
            }
        };
        applied.change(|state| state.mode = Some(mode));
        let serving = accept(listener, mode, &wanted, &applied, &acceptor, &world, door);
        let mut change = wanted.clone();
        tokio::select! {
            () = serving => {}
            changed = change.changed() => if changed.is_err() { return },
        }
    }
}

async fn accept(
    listener: Option<TcpListener>,
    mode: Mode,
    wanted: &watch::Receiver<Mode>,
    applied: &Arc<Applied>,
    acceptor: &TlsAcceptor,
    world: &Arc<World>,
    door: Door,
) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    let mut held = Vec::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: others may be closed meanwhile.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if mode == Mode::Frozen {
            held.push(stream);
            continue;
        }
        let (acceptor, world) = (acceptor.clone(), world.clone());
        let mut change = wanted.clone();
        let open = Open::begin(applied);
        tokio::spawn(async move {
            let _open = open;
            tokio::select! {
                () = connection(stream, acceptor, world, door) => {}
                // Whatever it was doing: a listener that goes down takes it along.
                _ = change.changed() => {}
            }
        });
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, world: Arc<World>, door: Door) {
    // A failed handshake is the client's business: tests provoke it on purpose.
    let _ = stream.set_nodelay(true);
    let Ok(tls) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |request| exchange::exchange(world.clone(), door, request));
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(tls), service)
        .await;
}
