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

pub(crate) struct Listener {
    port: u16,
    presenter: Arc<Presenter>,
    wanted: watch::Sender<Mode>,
    applied: Arc<(Mutex<Option<Mode>>, Condvar)>,
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

    /// Waits until a mode is in force.
    pub(crate) fn wait_for(&self, mode: Mode) {
        let (applied, changed) = &*self.applied;
        let guard = lock(applied);
        let _ = changed
            .wait_timeout_while(guard, Duration::from_secs(10), |now| *now != Some(mode))
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
    applied: Arc<(Mutex<Option<Mode>>, Condvar)>,
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
        *lock(&applied.0) = Some(mode);
        applied.1.notify_all();
        let serving = accept(listener, mode, &wanted, &acceptor, &world, door);
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
        tokio::spawn(async move {
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
