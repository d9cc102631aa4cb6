//! Who calls: what the network said, and what the dialplan has written over it.
//!
//! A dialplan puts numbers into shape before anybody is reached, but also prefixes before names,
//! and the company's own number on the caller's channel as soon as the call leaves the house
//! again. So the name, and whether the caller withholds the number, are what the network sent; the
//! number is what it is when the call first reaches a user. Whose a change is tells the
//! application that runs meanwhile, for Asterisk tells of each change at once.

use super::event::Snapshot;
use super::record::Caller;
use crate::phone;

/// The caller of a call.
#[derive(Debug, Default)]
pub(super) struct Identity {
    /// What the caller's channel showed last.
    shown: Shown,
    /// What of it the network had sent.
    sent: Shown,
    /// The number with which the call came to the first user.
    number: String,
    /// The call has reached a user: from now on the dialplan changes nothing.
    reached: bool,
    /// A user's phone was dialled: nobody changes anything any more.
    settled: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Shown {
    number: String,
    name: String,
    presentation: i32,
}

/// Applications that wait for something, or that somebody listens to: the caller's identity
/// changes meanwhile only because the network has more to tell.
const IDLE: [&str; 14] = [
    "",
    "Wait",
    "Answer",
    "Ringing",
    "Progress",
    "Proceeding",
    "Playback",
    "Background",
    "BackGround",
    "WaitExten",
    "MusicOnHold",
    "Dial",
    "Queue",
    "RetryDial",
];

/// Applications that hide the caller while they announce somebody, and show it again.
const HIDING: [&str; 3] = ["ConfBridge", "MeetMe", "SLATrunk"];

impl Identity {
    /// As a new channel shows it.
    pub fn new(snapshot: &Snapshot) -> Identity {
        let mut identity = Identity::default();
        identity.learn(snapshot);
        identity
    }

    /// Takes what the caller's channel shows now.
    pub fn learn(&mut self, snapshot: &Snapshot) {
        let before = &self.shown;
        let number = before.number != snapshot.caller_number;
        let name = before.name != snapshot.caller_name;
        let presentation = before.presentation != snapshot.presentation;
        if self.settled || !(number || name || presentation) {
            return;
        }
        set(&mut self.shown.number, &snapshot.caller_number);
        set(&mut self.shown.name, &snapshot.caller_name);
        self.shown.presentation = snapshot.presentation;
        let application = snapshot.application.as_str();
        let by_network = IDLE.contains(&application);
        let by_dialplan = !self.reached && !HIDING.contains(&application);
        if number && (by_network || by_dialplan) {
            self.number.clone_from(&self.shown.number);
        }
        if by_network {
            if number {
                self.sent.number.clone_from(&self.shown.number);
            }
            if name {
                self.sent.name.clone_from(&self.shown.name);
            }
            if presentation {
                self.sent.presentation = self.shown.presentation;
            }
        }
    }

    /// The call reaches a user.
    pub fn reach(&mut self) {
        self.reached = true;
    }

    /// A phone is dialled for a user.
    pub fn settle(&mut self) {
        self.settled = true;
    }

    /// The number, be it withheld or not.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The number as the network sent it, which is also what a phone of the house shows.
    pub fn sent_number(&self) -> &str {
        &self.sent.number
    }

    /// Does the caller not want to be known?
    pub fn is_withheld(&self) -> bool {
        is_withheld(self.sent.presentation, &self.sent.number)
            || phone::is_withheld_word(&self.number)
    }

    /// Who calls, with what is not meant to be read as a number taken out.
    pub fn caller(&self) -> Caller {
        let withheld = self.is_withheld();
        let known = !withheld && !self.sent.number.trim().is_empty();
        let text = |text: &str| {
            let text: String = text.chars().take(80).collect();
            (known && !text.trim().is_empty()).then_some(text)
        };
        Caller {
            number: text(&self.number),
            name: text(&self.sent.name),
            withheld,
        }
    }
}

fn set(old: &mut String, new: &str) {
    if old != new {
        new.clone_into(old);
    }
}

/// Is the caller not to be known, by presentation (`AST_PRES_*`) or by what stands in the place
/// of the number?
pub fn is_withheld(presentation: i32, number: &str) -> bool {
    presentation & 0x60 == 0x20 || phone::is_withheld_word(number)
}
