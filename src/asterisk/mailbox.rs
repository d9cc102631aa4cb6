//! Messages of Asterisk's threads, as Rust values.

use super::{secret_text, shim, text};
use crate::calls::event::{Bridge, Event, EventKind, Snapshot};
use crate::calls::record::Timestamp;
use crate::control::manager;
use crate::interface::Question;
use crate::web::{Request, Rights};
use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

/// Which mailbox.
#[derive(Clone, Copy)]
pub enum Mailbox {
    /// Channel events, and orders among them.
    Events,
    /// Everything that is answered.
    Questions,
}

/// What a look into a mailbox brought.
pub enum Taken {
    /// Messages in their order; none: time was up.
    Messages {
        /// The messages.
        messages: Messages,
        /// So many events that came behind them are lost: there was no room.
        lost: u64,
    },
    /// The module is being unloaded and every message has been handed out.
    Closed,
}

/// What a message says.
pub enum Message {
    /// Something happened to a channel.
    Event(Box<Event>),
    /// The place of an order among the events.
    Order,
    /// Read the configuration and start.
    Load,
    /// Events flow from here on.
    Listening,
    /// Read the configuration again.
    Reload,
    /// A CLI command.
    Cli(Vec<String>),
    /// Completion of a CLI command.
    Complete {
        /// The word so far.
        word: String,
        /// The words before it.
        before: Vec<String>,
    },
    /// A request for the web page.
    Web(Box<Request>),
    /// An action of the manager interface.
    Manager(manager::Request),
    /// The dialplan function is read.
    Function(Box<Question>),
    /// A kind this build does not know.
    Unknown(u32),
}

/// Waits up to `timeout` and takes all messages there are.
pub fn take(from: Mailbox, timeout: Duration) -> Taken {
    let mut first = ptr::null_mut();
    let mut lost = 0;
    let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    let from = match from {
        Mailbox::Events => shim::ANSITEL_EVENTS,
        Mailbox::Questions => shim::ANSITEL_QUESTIONS,
    };
    // SAFETY: `first` is a valid place for the list, which is ours from then on, and `lost` one for
    // a number.
    let result = unsafe { shim::ansitel_mailbox_take(from, milliseconds, &mut first, &mut lost) };
    if result == shim::ANSITEL_TAKE_CLOSED {
        return Taken::Closed;
    }
    Taken::Messages {
        messages: Messages { next: first },
        lost,
    }
}

/// A list of messages; what is not consumed is freed.
pub struct Messages {
    next: *mut shim::ansitel_message,
}

impl Iterator for Messages {
    type Item = Posted;

    fn next(&mut self) -> Option<Posted> {
        let message = ptr::NonNull::new(self.next)?;
        // SAFETY: a message of the list taken, valid until we free it.
        self.next = unsafe { message.as_ref().next };
        Some(Posted { message })
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// One message; freed when dropped, and answered as failed if nobody answered.
pub struct Posted {
    message: ptr::NonNull<shim::ansitel_message>,
}

// SAFETY: nobody else has the message; who waits for its answer shares with it only what the
// shim guards by a lock.
unsafe impl Send for Posted {}

impl Posted {
    /// Does anybody wait for the answer? Then who stops waiting is told that it was begun; else it
    /// must not be begun.
    pub fn begin(&self) -> bool {
        // SAFETY: the message is valid.
        unsafe { shim::ansitel_message_begin(self.message.as_ptr()) != 0 }
    }

    /// What it says.
    pub fn read(&self) -> Message {
        // SAFETY: valid until our drop.
        let message = unsafe { self.message.as_ref() };
        let kind = message.kind.cast_unsigned();
        match kind {
            shim::ANSITEL_ORDER => Message::Order,
            shim::ANSITEL_LOAD => Message::Load,
            shim::ANSITEL_LISTENING => Message::Listening,
            shim::ANSITEL_RELOAD => Message::Reload,
            shim::ANSITEL_CLI => Message::Cli(texts(message)),
            shim::ANSITEL_COMPLETE => {
                let mut words = texts(message);
                let word = if words.is_empty() {
                    String::new()
                } else {
                    words.remove(0)
                };
                Message::Complete {
                    word,
                    before: words,
                }
            }
            shim::ANSITEL_WEB => Message::Web(Box::new(request(message))),
            shim::ANSITEL_MANAGER => {
                let header =
                    |index: shim::ansitel_manager_text| text(message.texts[index as usize]);
                Message::Manager(manager::Request {
                    action: header(shim::ANSITEL_MANAGER_ACTION),
                    action_id: header(shim::ANSITEL_MANAGER_ACTION_ID),
                    user: header(shim::ANSITEL_MANAGER_USER),
                    call: header(shim::ANSITEL_MANAGER_CALL),
                    count: header(shim::ANSITEL_MANAGER_COUNT),
                })
            }
            shim::ANSITEL_FUNCTION => Message::Function(Box::new(Question {
                field: text(message.texts[0]),
                number: text(message.texts[1]),
                user: text(message.texts[2]),
                channel: snapshot(&message.channels[0]),
            })),
            _ => match event_kind(kind, message) {
                Some(kind) => Message::Event(Box::new(Event {
                    at: Timestamp(message.at),
                    kind,
                })),
                None => Message::Unknown(kind),
            },
        }
    }

    /// Answers whoever waits for it.
    pub fn answer(&self, code: i32, text: &str) {
        // SAFETY: the message is valid; the text is copied before the call returns.
        unsafe {
            shim::ansitel_message_answer(
                self.message.as_ptr(),
                code,
                text.as_ptr().cast::<c_char>(),
                text.len(),
            );
        }
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        // SAFETY: taken from the mailbox, freed here only.
        unsafe { shim::ansitel_message_free(self.message.as_ptr()) };
    }
}

fn event_kind(kind: u32, message: &shim::ansitel_message) -> Option<EventKind> {
    let channel = |index: usize| snapshot(&message.channels[index]);
    let rare = |index: usize| channel(index).map(Box::new);
    let some = |index: usize| channel(index).unwrap_or_default();
    Some(match kind {
        shim::ANSITEL_CHANNEL => EventKind::Channel(some(0)),
        shim::ANSITEL_GONE => EventKind::Gone(some(0)),
        shim::ANSITEL_HANGUP_REQUEST => EventKind::HangupRequest(some(0)),
        shim::ANSITEL_DIAL => EventKind::Dial {
            caller: channel(0),
            peer: some(1),
            forwarded: rare(2),
            status: text(message.texts[0]),
            forward: text(message.texts[1]),
            dialstring: text(message.texts[2]),
        },
        shim::ANSITEL_ENTER => EventKind::Enter {
            bridge: bridge(message),
            channel: some(0),
        },
        shim::ANSITEL_LEAVE => EventKind::Leave {
            bridge: bridge(message),
            channel: some(0),
        },
        shim::ANSITEL_PICKUP => EventKind::Pickup {
            channel: some(0),
            target: some(1),
        },
        shim::ANSITEL_BLIND_TRANSFER => EventKind::BlindTransfer {
            transferer: some(0),
            transferee: channel(1),
            context: text(message.texts[0]),
            exten: text(message.texts[1]),
        },
        shim::ANSITEL_ATTENDED_TRANSFER => EventKind::AttendedTransfer {
            transferer: some(0),
            second: some(1),
            transferee: rare(2),
            target: rare(3),
        },
        _ => return None,
    })
}

fn snapshot(channel: &shim::ansitel_channel) -> Option<Snapshot> {
    if channel.uniqueid.is_null() {
        return None;
    }
    Some(Snapshot {
        uniqueid: text(channel.uniqueid),
        linkedid: text(channel.linkedid),
        name: text(channel.name),
        state: channel.state.cast_unsigned(),
        caller_number: text(channel.caller_number),
        caller_name: text(channel.caller_name),
        dnid: text(channel.dnid),
        presentation: channel.presentation,
        context: text(channel.context),
        exten: text(channel.exten),
        application: text(channel.application),
        data: text(channel.data),
        cause: channel.cause,
        outgoing: channel.outgoing != 0,
        bridge: text(channel.bridge),
    })
}

fn bridge(message: &shim::ansitel_message) -> Bridge {
    let part = |index: shim::ansitel_bridge_text| text(message.texts[index as usize]);
    Bridge {
        id: part(shim::ANSITEL_BRIDGE_ID),
        technology: part(shim::ANSITEL_BRIDGE_TECHNOLOGY),
        class: part(shim::ANSITEL_BRIDGE_CLASS),
        creator: part(shim::ANSITEL_BRIDGE_CREATOR),
        name: part(shim::ANSITEL_BRIDGE_NAME),
    }
}

fn request(message: &shim::ansitel_message) -> Request {
    let part = |index: shim::ansitel_web_text| text(message.texts[index as usize]);
    Request {
        method: part(shim::ANSITEL_WEB_METHOD),
        path: part(shim::ANSITEL_WEB_PATH),
        query: part(shim::ANSITEL_WEB_QUERY),
        headers: part(shim::ANSITEL_WEB_HEADERS).into(),
        peer: part(shim::ANSITEL_WEB_PEER),
        is_encrypted: !part(shim::ANSITEL_WEB_SECURE).is_empty(),
        root: part(shim::ANSITEL_WEB_ROOT),
        is_head: part(shim::ANSITEL_WEB_STAGE) == "head",
        rights: Rights::None,
        session: String::new(),
        body: secret_text(message.texts[shim::ANSITEL_WEB_BODY as usize]),
    }
}

fn texts(message: &shim::ansitel_message) -> Vec<String> {
    let count = usize::try_from(message.text_count).unwrap_or(0);
    message.texts.iter().take(count).map(|&t| text(t)).collect()
}
