//! What a phone does when it is called.

use std::time::Duration;

/// What a phone does when it is called; see [`crate::Phone::react`].
#[derive(Clone, Debug)]
pub struct Reaction {
    pub(super) after: Option<Duration>,
    pub(super) then: Then,
    pub(super) hangup_after: Option<Duration>,
    pub(super) early_media: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Then {
    Nothing,
    Silence,
    Answer,
    Refuse(u16),
    Redirect(String),
}

impl Reaction {
    fn of(then: Then) -> Self {
        Self {
            after: None,
            then,
            hangup_after: None,
            early_media: false,
        }
    }

    /// Rings until the test answers, refuses, or the caller gives up.
    pub fn ring() -> Self {
        Self::of(Then::Nothing)
    }

    /// Never reacts, as if the network had swallowed the call.
    pub fn silence() -> Self {
        Self::of(Then::Silence)
    }

    /// Answers; rings before with [`Reaction::after`].
    pub fn answer() -> Self {
        Self::of(Then::Answer)
    }

    /// Refuses with a SIP status such as 486, 603, 480, 404 or 503.
    pub fn refuse(status: u16) -> Self {
        Self::of(Then::Refuse(status))
    }

    /// Forwards (302) to another number at the same Asterisk.
    pub fn redirect(number: &str) -> Self {
        Self::of(Then::Redirect(number.into()))
    }

    /// Rings for `delay` first.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// Hangs up `delay` after the call was established.
    #[must_use]
    pub fn hangup_after(mut self, delay: Duration) -> Self {
        self.hangup_after = Some(delay);
        self
    }

    /// Speaks before anybody answers (183), as networks do that announce something.
    #[must_use]
    pub fn early_media(mut self) -> Self {
        self.early_media = true;
        self
    }
}
