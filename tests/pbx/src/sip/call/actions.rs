//! What a test can see of a call and do with it.

use std::time::Duration;

use rsipstack::sip::{Header, Response, StatusCodeKind};

use super::{Call, End, State, lock};
use crate::error::{Error, Result};
use crate::sip::{RUNTIME, block_on};

impl Call {
    /// How far the call has come.
    pub fn state(&self) -> State {
        *self.inner.state.borrow()
    }

    /// The caller as Asterisk shows it: the whole `From` header.
    pub fn from(&self) -> &str {
        &self.inner.from
    }

    /// Waits until the called side rings (or, having rung, has answered).
    ///
    /// # Errors
    /// [`Error::Timeout`], also at once when the call ends before.
    pub fn wait_ringing(&self, patience: Duration) -> Result<()> {
        self.wait("ringing", patience, |s| {
            matches!(s, State::Ringing | State::Established)
        })
        .map(drop)
    }

    /// Waits until the call is answered and acknowledged.
    ///
    /// # Errors
    /// [`Error::Timeout`], also at once when the call ends before.
    pub fn wait_established(&self, patience: Duration) -> Result<()> {
        self.wait("an answer", patience, |s| *s == State::Established)
            .map(drop)
    }

    /// Waits until the call is answered and voice from the other side arrives.
    ///
    /// An answer is acknowledged a moment before Asterisk has joined the two
    /// sides; a transfer or hold in that moment comes to nothing.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_talking(&self, patience: Duration) -> Result<()> {
        self.wait_established(patience)?;
        self.wait_media(3, patience)
    }

    /// Waits until the call is over.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_ended(&self, patience: Duration) -> Result<End> {
        match self.wait("the call's end", patience, |s| matches!(s, State::Ended(_)))? {
            State::Ended(end) => Ok(end),
            other => Err(Error::Sip(format!("not ended but {other:?}"))),
        }
    }

    /// Waits until `packets` of the other side's voice have arrived.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_media(&self, packets: u64, patience: Duration) -> Result<()> {
        let goal = self.inner.media.received() + packets;
        crate::wait::eventually("voice", patience, || self.inner.media.received() >= goal)
    }

    /// Answers an incoming call.
    ///
    /// # Errors
    /// When it is no longer there to be answered.
    pub fn answer(&self) -> Result<()> {
        self.accept()
    }

    /// Refuses an incoming call with a SIP status.
    ///
    /// # Errors
    /// When it is no longer there to be refused.
    pub fn refuse(&self, status: u16) -> Result<()> {
        self.refuse_with(status)
    }

    /// Ends the call as its state asks: BYE, CANCEL, or 603.
    ///
    /// # Errors
    /// When Asterisk does not agree.
    pub fn hangup(&self) -> Result<()> {
        block_on(self.end_it())
    }

    /// Hangs up `delay` after the call was established, if it ever is.
    pub fn hangup_after(&self, delay: Duration) {
        RUNTIME.spawn(self.clone().hang_up_later(delay));
    }

    /// Gives up if the call is not established `delay` from now.
    pub fn cancel_after(&self, delay: Duration) {
        let call = self.clone();
        RUNTIME.spawn(async move {
            let answered =
                tokio::time::timeout(delay, call.until(|s| *s == State::Established)).await;
            if answered.is_err() {
                let _ = call.end_it().await;
            }
        });
    }

    /// Puts the other side on hold.
    ///
    /// # Errors
    /// When Asterisk refuses the re-INVITE.
    pub fn hold(&self) -> Result<()> {
        self.reinvite("sendonly")
    }

    /// Takes the other side back from hold.
    ///
    /// # Errors
    /// When Asterisk refuses the re-INVITE.
    pub fn resume(&self) -> Result<()> {
        self.reinvite("sendrecv")
    }

    fn reinvite(&self, direction: &str) -> Result<()> {
        let headers = vec![Header::ContentType("application/sdp".into())];
        let offer = self.description(direction);
        let answer = block_on(self.inner.dialog.reinvite(Some(headers), Some(offer)))?;
        expect_success("re-INVITE", answer)
    }

    /// Transfers the other side blind to `number`; hangs up by itself once
    /// Asterisk says that it went well.
    ///
    /// # Errors
    /// When Asterisk refuses the REFER.
    pub fn transfer(&self, number: &str) -> Result<()> {
        let target = format!("<{}>", self.inner.core.number(number));
        self.refer(target)
    }

    /// Transfers the other side of this call to the other side of `other`
    /// (attended transfer), which may still be ringing; hangs up by itself once
    /// Asterisk says that it went well.
    ///
    /// # Errors
    /// When Asterisk refuses the REFER.
    pub fn transfer_to(&self, other: &Call) -> Result<()> {
        let id = lock(&other.inner.id).clone();
        let replaces = format!(
            "{};to-tag={};from-tag={}",
            id.call_id, id.remote_tag, id.local_tag
        );
        let replaces = replaces
            .replace('@', "%40")
            .replace(';', "%3B")
            .replace('=', "%3D");
        let target = format!(
            "<{}?Replaces={replaces}>",
            other.inner.dialog.initial_request().uri
        );
        self.refer(target)
    }

    fn refer(&self, target: String) -> Result<()> {
        let by = Header::ReferredBy(format!("<{}>", self.inner.core.contact()).into());
        let answer = block_on(self.inner.dialog.refer(target, Some(vec![by]), None))?;
        expect_success("REFER", answer)
    }

    /// Waits for Asterisk's final word (NOTIFY) on a transfer: its SIP status.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_transferred(&self, patience: Duration) -> Result<u16> {
        let mut word = self.inner.transfer.subscribe();
        let last = async {
            word.wait_for(|w| w.is_some_and(|s| s >= 200))
                .await
                .ok()
                .and_then(|w| *w)
        };
        block_on(async { tokio::time::timeout(patience, last).await })
            .ok()
            .flatten()
            .ok_or_else(|| {
                Error::timeout(
                    "word on the transfer",
                    patience,
                    format!(": {:?}", self.inner),
                )
            })
    }

    /// Presses keys (`0`-`9`, `*`, `#`, `A`-`D`) and waits until they are sent,
    /// 0.2 s each, or the call has ended by what they do.
    ///
    /// # Errors
    /// [`Error::Timeout`] when no voice flows to send them in.
    pub fn dtmf(&self, keys: &str) -> Result<()> {
        self.inner.media.press(keys);
        let patience = Duration::from_secs(5);
        let done = || !self.inner.media.is_pressing() || matches!(self.state(), State::Ended(_));
        crate::wait::eventually("the keys to be sent", patience, done)
    }
}

fn expect_success(what: &str, answer: Option<Response>) -> Result<()> {
    match answer {
        Some(answer) if answer.status_code.kind() == StatusCodeKind::Successful => Ok(()),
        Some(answer) => Err(Error::Sip(format!(
            "{what} refused: {}",
            answer.status_code
        ))),
        None => Err(Error::Sip(format!("{what} not possible or not answered"))),
    }
}
