//! One SIP user agent: a UDP socket, its transactions and its dialogs.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::registration::Registration;
use rsipstack::sip::{Auth, Header, Method, Scheme, SipMessage, StatusCode, Uri};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::{TransportLayer, udp::UdpConnection};
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::call::Call;
use super::reaction::{Reaction, Then};
use crate::error::{Error, Result};

/// A user agent that stops when dropped.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) core: Arc<Core>,
    calls: AsyncMutex<UnboundedReceiver<Call>>,
    _stop: DropGuard,
}

/// What the agent's tasks share.
pub(super) struct Core {
    user: String,
    password: Option<String>,
    address: SocketAddr,
    pbx: SocketAddr,
    endpoint: EndpointInnerRef,
    pub(super) layer: Arc<DialogLayer>,
    reaction: Mutex<Reaction>,
    arrived: UnboundedSender<Call>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.user, self.address)
    }
}

impl Agent {
    /// Opens a socket at `ip`. Incoming calls ring until told otherwise.
    pub(super) async fn open(
        ip: IpAddr,
        user: &str,
        password: Option<String>,
        pbx: SocketAddr,
    ) -> Result<Self> {
        let stop = CancellationToken::new();
        let transport = TransportLayer::new(stop.clone());
        let socket = UdpConnection::create_connection(
            SocketAddr::new(ip, 0),
            None,
            Some(stop.child_token()),
        )
        .await?;
        transport.add_transport(socket.into());
        let endpoint = EndpointBuilder::new()
            .with_user_agent("private-pbx phone")
            .with_cancel_token(stop.clone())
            .with_transport_layer(transport)
            .build();
        let bound = endpoint
            .get_addrs()
            .first()
            .cloned()
            .ok_or_else(|| Error::Sip("no socket".into()))?;
        let port = bound.addr.port.map_or(0, |p| p.value());
        let incoming = endpoint.incoming_transactions()?;
        let (arrived, calls) = unbounded_channel();
        let core = Arc::new(Core {
            user: user.into(),
            password,
            address: SocketAddr::new(ip, port),
            pbx,
            endpoint: endpoint.inner.clone(),
            layer: Arc::new(DialogLayer::new(endpoint.inner.clone())),
            reaction: Mutex::new(Reaction::ring()),
            arrived,
        });
        tokio::spawn(async move { endpoint.serve().await });
        tokio::spawn(core.clone().take_in(incoming));
        Ok(Self {
            core,
            calls: AsyncMutex::new(calls),
            _stop: stop.drop_guard(),
        })
    }

    pub(super) fn react(&self, reaction: Reaction) {
        *self
            .core
            .reaction
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = reaction;
    }

    /// The next incoming call not taken yet.
    pub(super) async fn next_call(&self, patience: Duration) -> Result<Call> {
        let next = async { self.calls.lock().await.recv().await };
        match tokio::time::timeout(patience, next).await {
            Ok(Some(call)) => Ok(call),
            _ => Err(Error::timeout(
                format!("a call to {}", self.core.user),
                patience,
                "",
            )),
        }
    }
}

impl Core {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user's own URI at this socket.
    pub(super) fn contact(&self) -> Uri {
        uri(&self.user, self.address)
    }

    /// URI of a number at the Asterisk.
    pub(super) fn number(&self, number: &str) -> Uri {
        uri(number, self.pbx)
    }

    fn credential(&self) -> Option<Credential> {
        let password = self.password.clone()?;
        Some(Credential {
            username: self.user.clone(),
            password,
            realm: None,
            auth_username: None,
        })
    }

    /// Registers for `seconds`, or unregisters with 0.
    pub(super) async fn register(&self, seconds: u32) -> Result<()> {
        let mut registration = Registration::new(self.endpoint.clone(), self.credential());
        let contact = rsipstack::sip::typed::Contact {
            display_name: None,
            uri: self.contact(),
            params: vec![],
        };
        registration.contact = Some(contact);
        let mut registrar = self.number("");
        registrar.auth = None;
        let answer = registration.register(registrar, Some(seconds)).await?;
        match answer.status_code {
            StatusCode::OK => Ok(()),
            status => Err(Error::Sip(format!(
                "{} may not register: {status}",
                self.user
            ))),
        }
    }

    /// An invitation to `number` from this user.
    pub(super) fn invitation(&self, number: &str) -> InviteOption {
        InviteOption {
            caller: uri(&self.user, self.pbx),
            callee: self.number(number),
            destination: Some(self.pbx.into()),
            contact: self.contact(),
            credential: self.credential(),
            ..InviteOption::default()
        }
    }

    async fn take_in(self: Arc<Self>, mut incoming: TransactionReceiver) {
        while let Some(tx) = incoming.recv().await {
            let mut serving = Box::pin(self.clone().serve(tx));
            // The stack drops requests that overtake each other, so each is
            // begun in order of arrival, and only then left to itself.
            tokio::select! {
                biased;
                () = &mut serving => {}
                () = std::future::ready(()) => drop(tokio::spawn(serving)),
            }
        }
    }

    /// One request from Asterisk.
    async fn serve(self: Arc<Self>, mut tx: Transaction) {
        // An error means that the other side or the dialog is gone already.
        let _ = match self.layer.match_dialog(&tx) {
            Some(mut dialog) => dialog.handle(&mut tx).await,
            None => match tx.original.method {
                Method::Invite => {
                    let reaction = self
                        .reaction
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .clone();
                    self.invited(tx, reaction).await;
                    Ok(())
                }
                Method::Ack => Ok(()),
                Method::Options | Method::Notify => tx.reply(StatusCode::OK).await,
                _ => tx.reply(StatusCode::CallTransactionDoesNotExist).await,
            },
        };
    }

    async fn invited(self: Arc<Self>, mut tx: Transaction, reaction: Reaction) {
        match &reaction.then {
            Then::Silence => {
                // Held, not dropped: a dropped transaction would come anew with
                // every repetition of the request.
                while tx.receive().await.is_some() {}
            }
            Then::Redirect(number) => {
                let contact = Header::Contact(format!("<{}>", self.number(number)).into());
                if cancelled_within(&mut tx, reaction.after).await {
                    let _ = tx.reply(StatusCode::RequestTerminated).await;
                } else {
                    let _ = tx
                        .reply_with(StatusCode::MovedTemporarily, vec![contact], None)
                        .await;
                }
                while tx.receive().await.is_some() {}
            }
            _ => {
                let Ok(call) = Call::incoming(&self, &tx).await else {
                    return;
                };
                let _ = self.arrived.send(call.clone());
                tokio::spawn(call.clone().react(reaction));
                call.serve(tx).await;
            }
        }
    }
}

/// Rings for `delay`, if any; whether the caller gave up meanwhile.
async fn cancelled_within(tx: &mut Transaction, delay: Option<Duration>) -> bool {
    let Some(delay) = delay else { return false };
    let _ = tx.reply(StatusCode::Ringing).await;
    let cancel = async {
        while let Some(message) = tx.receive().await {
            if matches!(message, SipMessage::Request(request) if request.method == Method::Cancel) {
                break;
            }
        }
    };
    tokio::time::timeout(delay, cancel).await.is_ok()
}

fn uri(user: &str, at: SocketAddr) -> Uri {
    Uri {
        scheme: Some(Scheme::Sip),
        auth: Some(Auth {
            user: user.into(),
            password: None,
        }),
        host_with_port: at.into(),
        params: vec![],
        headers: vec![],
    }
}
