//! One call as the phone sees it.

mod actions;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver, TerminatedReason};
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, HeadersExt, Response, StatusCode, StatusCodeKind};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::watch;

use super::agent::Core;
use super::block_on;
use super::media::Media;
use super::reaction::{Reaction, Then};
use super::sdp;
use crate::error::{Error, Result};

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sent or received; nothing rings yet.
    Begun,
    /// The called side rings.
    Ringing,
    /// Answered and acknowledged.
    Established,
    /// Over.
    Ended(End),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Which side ended it.
    pub by: Side,
    /// SIP status of the refusal, for a call that was never established.
    pub status: Option<u16>,
}

/// The two sides of a call, seen from the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This phone.
    Local,
    /// Asterisk.
    Remote,
}

/// A call in progress or past; clones are the same call.
#[derive(Clone, Debug)]
pub struct Call {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    dialog: InviteDialog,
    /// Known with both tags once the other side has answered in any way.
    id: Mutex<DialogId>,
    media: Media,
    from: String,
    state: watch::Sender<State>,
    transfer: watch::Sender<Option<u16>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "call of {:?} ({}): {:?}",
            self.core,
            self.from,
            *self.state.borrow()
        )
    }
}

impl Call {
    fn new(core: &Arc<Core>, dialog: InviteDialog, media: Media, from: String) -> Self {
        let inner = Inner {
            core: core.clone(),
            id: Mutex::new(dialog.id()),
            dialog,
            media,
            from,
            state: watch::Sender::new(State::Begun),
            transfer: watch::Sender::new(None),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Sends an INVITE.
    pub(super) async fn place(core: &Arc<Core>, mut invitation: InviteOption) -> Result<Self> {
        let media = Media::open().await.map_err(|e| Error::Sip(e.to_string()))?;
        invitation.offer = Some(sdp::describe(media.address(), 1, "sendrecv"));
        let from = invitation.caller.to_string();
        let (sender, events) = core.layer.new_dialog_state_channel();
        let (dialog, answer) = core.layer.do_invite_async(invitation, sender)?;
        let call = Self::new(core, dialog, media, from);
        tokio::spawn(call.clone().follow(events));
        let waiting = call.clone();
        tokio::spawn(async move {
            let status = match answer.await {
                Ok(Ok((_, Some(answer))))
                    if answer.status_code.kind() == StatusCodeKind::Successful =>
                {
                    return;
                }
                Ok(Ok((_, Some(answer)))) => Some(u16::from(answer.status_code)),
                _ => None,
            };
            // 487 is the answer to our own CANCEL.
            let by = if status == Some(487) {
                Side::Local
            } else {
                Side::Remote
            };
            waiting.end(End { by, status });
        });
        Ok(call)
    }

    /// Takes an INVITE in.
    pub(super) async fn incoming(core: &Arc<Core>, tx: &Transaction) -> Result<Self> {
        let media = Media::open().await.map_err(|e| Error::Sip(e.to_string()))?;
        let from = tx
            .original
            .from_header()
            .map(|h| h.value().to_string())
            .unwrap_or_default();
        let (sender, events) = core.layer.new_dialog_state_channel();
        let dialog =
            core.layer
                .get_or_create_server_invite(tx, sender, None, Some(core.contact()))?;
        let call = Self::new(core, dialog, media, from);
        tokio::spawn(call.clone().follow(events));
        Ok(call)
    }

    /// Drives an incoming call's INVITE to its end.
    pub(super) async fn serve(self, mut tx: Transaction) {
        let mut dialog = self.inner.dialog.clone();
        // Errors end the dialog, which its events tell.
        let _ = dialog.handle(&mut tx).await;
    }

    pub(super) async fn react(self, reaction: Reaction) {
        if reaction.after.is_some() || matches!(reaction.then, Then::Nothing) {
            let body = reaction.early_media.then(|| self.description("sendrecv"));
            let headers = vec![Header::ContentType("application/sdp".into())];
            let headers = body.is_some().then_some(headers);
            let _ = self.inner.dialog.ringing(headers, body);
        }
        if let Some(delay) = reaction.after {
            tokio::time::sleep(delay).await;
        }
        if let Some(delay) = reaction.hangup_after {
            tokio::spawn(self.clone().hang_up_later(delay));
        }
        match reaction.then {
            Then::Answer => drop(self.accept()),
            Then::Refuse(status) => drop(self.refuse_with(status)),
            // Redirection and silence make no dialog.
            Then::Nothing | Then::Redirect(_) | Then::Silence => {}
        }
    }

    pub(super) async fn hang_up_later(self, delay: Duration) {
        if self.until(|s| matches!(s, State::Established)).await == Some(State::Established) {
            tokio::time::sleep(delay).await;
            let _ = self.end_it().await;
        }
    }

    /// A phone that has transferred the other side hangs up.
    async fn leave(self) {
        let _ = self.end_it().await;
    }

    /// Follows the dialog's events until it has ended.
    async fn follow(self, mut events: DialogStateReceiver) {
        while let Some(event) = events.recv().await {
            match event {
                DialogState::Early(id, answer) => {
                    self.know(id, &answer);
                    self.go(State::Ringing);
                }
                DialogState::WaitAck(id, _) => self.know(id, &Response::default()),
                DialogState::Confirmed(id, answer) => {
                    self.know(id, &answer);
                    self.go(State::Established);
                }
                DialogState::Updated(_, offer, handle) => {
                    let direction = sdp::answer_direction(&offer.body);
                    let headers = Some(vec![Header::ContentType("application/sdp".into())]);
                    let body = (!offer.body.is_empty()).then(|| self.description(direction));
                    if let Some(target) = sdp::target(&offer.body) {
                        self.inner.media.send_to(Some(target));
                    }
                    let _ = handle
                        .respond(StatusCode::OK, headers.filter(|_| body.is_some()), body)
                        .await;
                }
                DialogState::Notify(_, request, handle) => {
                    let _ = handle.reply(StatusCode::OK).await;
                    if let Some(status) = sipfrag_status(&request.body) {
                        self.inner.transfer.send_replace(Some(status));
                        if (200..300).contains(&status) {
                            tokio::spawn(self.clone().leave());
                        }
                    }
                }
                DialogState::Info(_, _, handle)
                | DialogState::Options(_, _, handle)
                | DialogState::Message(_, _, handle)
                | DialogState::Publish(_, _, handle)
                | DialogState::Refer(_, _, handle) => {
                    let _ = handle.reply(StatusCode::OK).await;
                }
                DialogState::Terminated(id, reason) => {
                    self.inner.core.layer.remove_dialog(&id);
                    if let Some(end) = self.end_of(&reason) {
                        self.end(end);
                        return;
                    }
                }
                DialogState::Calling(_) | DialogState::Trying(_) => {}
            }
        }
    }

    /// `None` for a call of ours that never came to be: its last answer tells.
    fn end_of(&self, reason: &TerminatedReason) -> Option<End> {
        let is_ours = !self.is_incoming();
        if is_ours && self.state() != State::Established {
            return None;
        }
        let by = match reason {
            TerminatedReason::UacBye | TerminatedReason::UacCancel if is_ours => Side::Local,
            TerminatedReason::UacBye | TerminatedReason::UacCancel => Side::Remote,
            TerminatedReason::UasBye if is_ours => Side::Remote,
            TerminatedReason::UasBye | TerminatedReason::UasDecline | TerminatedReason::UasBusy => {
                Side::Local
            }
            _ => Side::Remote,
        };
        Some(End { by, status: None })
    }

    fn is_incoming(&self) -> bool {
        use rsipstack::transaction::key::TransactionRole;
        self.inner.dialog.role() == TransactionRole::Server
    }

    fn know(&self, mut id: DialogId, answer: &Response) {
        if id.remote_tag.is_empty()
            && let Some(tag) = answer
                .to_header()
                .ok()
                .and_then(|to| to.tag().ok().flatten())
        {
            id.remote_tag = tag.to_string();
        }
        *lock(&self.inner.id) = id;
        // An incoming call's "answer" is our own; the offer tells where to send.
        let body = if self.is_incoming() {
            self.inner.dialog.initial_request().body
        } else {
            answer.body.clone()
        };
        if let Some(target) = sdp::target(&body) {
            self.inner.media.send_to(Some(target));
        }
    }

    fn go(&self, to: State) {
        self.inner.state.send_if_modified(|state| {
            let forward = match (*state, to) {
                (State::Ended(_), _) => false,
                (State::Established, State::Ended(_)) => true,
                (State::Established, _) => false,
                (now, to) => now != to,
            };
            if forward {
                *state = to;
            }
            forward
        });
    }

    fn end(&self, end: End) {
        self.inner.media.send_to(None);
        self.go(State::Ended(end));
    }

    fn description(&self, direction: &str) -> Vec<u8> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static VERSION: AtomicU64 = AtomicU64::new(2);
        sdp::describe(
            self.inner.media.address(),
            VERSION.fetch_add(1, Ordering::Relaxed),
            direction,
        )
    }

    /// Waits until `done`, or the end; `None` cannot happen while `self` lives.
    pub(super) async fn until(&self, done: impl Fn(&State) -> bool) -> Option<State> {
        let mut states = self.inner.state.subscribe();
        states
            .wait_for(|s| done(s) || matches!(s, State::Ended(_)))
            .await
            .ok()
            .map(|s| *s)
    }

    fn wait(&self, what: &str, patience: Duration, done: impl Fn(&State) -> bool) -> Result<State> {
        let waited = block_on(async { tokio::time::timeout(patience, self.until(&done)).await });
        match waited {
            Ok(Some(state)) if done(&state) => Ok(state),
            _ => Err(Error::timeout(
                what,
                patience,
                format!(": {:?}", self.inner),
            )),
        }
    }

    fn accept(&self) -> Result<()> {
        let headers = vec![Header::ContentType("application/sdp".into())];
        Ok(self
            .inner
            .dialog
            .accept(Some(headers), Some(self.description("sendrecv")))?)
    }

    fn refuse_with(&self, status: u16) -> Result<()> {
        Ok(self
            .inner
            .dialog
            .reject(Some(StatusCode::from(status)), None)?)
    }

    pub(super) async fn end_it(&self) -> Result<()> {
        match self.state() {
            State::Begun | State::Ringing if self.is_incoming() => self.refuse_with(603),
            // A CANCEL that crosses the answer is refused; the stack then
            // acknowledges the answer and says BYE.
            State::Begun | State::Ringing => {
                let _ = self.inner.dialog.cancel().await;
                Ok(())
            }
            _ => Ok(self.inner.dialog.hangup().await?),
        }
    }
}

/// The status in a NOTIFY's `SIP/2.0 200 OK`.
fn sipfrag_status(body: &[u8]) -> Option<u16> {
    std::str::from_utf8(body)
        .ok()?
        .strip_prefix("SIP/2.0 ")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
