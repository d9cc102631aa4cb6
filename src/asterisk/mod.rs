//! The boundary with Asterisk: the only `unsafe` Rust, and the C shim it talks to.
//!
//! Threads of Asterisk run C only; they put messages into the shim's two mailboxes, one for channel
//! events and one for questions. Rust is entered in one place, [`ansitel_module_run`], on a thread
//! that C made for it and joins on unload; that one answers the questions and starts, and joins,
//! the thread that follows the events.
//! Were Rust to run on a thread of Asterisk, its thread-local destructors would be called at
//! that thread's exit, after the module has been unmapped.

mod host;
mod log;
mod mailbox;
mod managers;

/// `include/shim.h`.
#[allow(missing_docs, non_camel_case_types, dead_code, clippy::all)]
mod shim {
    include!(concat!(env!("OUT_DIR"), "/shim.rs"));
}

use crate::control::Answer;
use crate::control::manager::Reply;
use crate::delivery::Told;
use crate::interface::{Follower, Interface};
use host::AsteriskHost;
use mailbox::{Mailbox, Message, Taken};
use std::ffi::{CStr, OsStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a thread sleeps when nothing happens; then there may be something to tidy up.
const IDLE: Duration = Duration::from_secs(1);

/// The one entry into Rust: drains the mailboxes until C closes them, then stops everything.
#[unsafe(no_mangle)]
pub extern "C" fn ansitel_module_run() {
    log::install();
    let (mut interface, follower) =
        Interface::new(AsteriskHost::default(), AsteriskHost::default());
    // Without it, loading fails for want of somebody who takes orders.
    let events = follow(follower)
        .inspect_err(|error| ::log::error!("Unable to start the thread of events: {error}"))
        .ok();
    while catch_unwind(AssertUnwindSafe(|| answer_all(&mut interface))).is_err() {
        // The panic itself is in the log already, by the hook.
        interface.panicked();
    }
    // What has happened up to now is the journal's before that is closed.
    if events.is_some_and(|events| events.join().is_err()) {
        ::log::error!("The thread of events did not stop cleanly");
    }
    if catch_unwind(AssertUnwindSafe(|| interface.stop())).is_err() {
        ::log::error!("The Salesforce interface did not stop cleanly");
    }
    log::uninstall();
    give_memory_back();
}

/// Each of our threads had a heap of glibc's to itself; what they freed goes back to the system,
/// or every load would leave some megabytes that nobody uses.
fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Starts the thread of events, which ends when their mailbox is closed.
fn follow(mut follower: Follower<AsteriskHost>) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name("sf-events".into());
    thread.spawn(move || {
        while catch_unwind(AssertUnwindSafe(|| follow_all(&mut follower))).is_err() {
            follower.panicked();
        }
    })
}

/// Handles events until the mailbox is closed.
fn follow_all(follower: &mut Follower<AsteriskHost>) {
    while let Taken::Messages { messages, lost } = mailbox::take(Mailbox::Events, IDLE) {
        for message in messages {
            match message.read() {
                Message::Event(event) => follower.event(&event),
                Message::Order => follower.order(),
                _ => ::log::error!("Something else than an event in the mailbox of events"),
            }
        }
        if lost > 0 {
            follower.lost();
        }
        follower.tick();
    }
}

/// Answers questions until the mailbox is closed.
fn answer_all(interface: &mut Interface<AsteriskHost>) {
    while let Taken::Messages { messages, .. } = mailbox::take(Mailbox::Questions, IDLE) {
        for message in messages {
            if message.begin() {
                answer(interface, message);
            }
        }
    }
}

fn answer(interface: &mut Interface<AsteriskHost>, message: mailbox::Posted) {
    match message.read() {
        Message::Load => {
            let loaded = interface.load();
            message.answer(i32::from(!loaded), "");
        }
        Message::Listening => {
            interface.listening();
            message.answer(0, "");
        }
        Message::Reload => {
            let reloaded = interface.reload();
            message.answer(i32::from(!reloaded), "");
        }
        Message::Cli(words) => interface.command(&words, move |answer| {
            let (code, text) = match answer {
                Answer::Done(text) => (shim::ANSITEL_CLI_OK, text),
                Answer::Usage => (shim::ANSITEL_CLI_USAGE, String::new()),
                Answer::Failed(text) => (shim::ANSITEL_CLI_FAILED, text),
            };
            message.answer(i32::try_from(code).unwrap_or(-1), &text);
        }),
        Message::Complete { word, before } => {
            let candidates = interface.complete(&before, &word);
            message.answer(0, &candidates.join("\n"));
        }
        Message::Web(mut request) => {
            interface.page(&mut request, move |response| {
                message.answer(i32::from(response.status), &response.render());
            });
        }
        Message::Manager(request) => interface.manage(&request, move |reply| match reply {
            Reply::Done(text) => message.answer(shim::ANSITEL_MANAGER_DONE, &text),
            Reply::List { count, headers } => {
                message.answer(i32::try_from(count).unwrap_or(i32::MAX), &headers);
            }
            Reply::Failed(text) => message.answer(shim::ANSITEL_MANAGER_FAILED, &text),
        }),
        Message::Function(question) => interface.question(&question, move |told| {
            let (code, value) = match told {
                Told::Found(value) => (shim::ANSITEL_FUNCTION_FOUND, value),
                Told::NotFound => (shim::ANSITEL_FUNCTION_NOTFOUND, String::new()),
                Told::TooLate => (shim::ANSITEL_FUNCTION_TIMEOUT, String::new()),
                Told::Error => (shim::ANSITEL_FUNCTION_ERROR, String::new()),
                Told::Stopped => (shim::ANSITEL_FUNCTION_STOPPED, String::new()),
                Told::NoUser => (shim::ANSITEL_FUNCTION_NOUSER, String::new()),
            };
            message.answer(i32::try_from(code).unwrap_or(-1), &value);
        }),
        Message::Event(_) | Message::Order => {
            ::log::error!("An event in the mailbox of questions");
        }
        Message::Unknown(kind) => ::log::error!("Message of unknown kind {kind} in the mailbox"),
    }
}

/// A text that C handed out, copied; U+FFFD stands where it is not UTF-8.
fn text(text: *const c_char) -> String {
    String::from_utf8_lossy(bytes(&text)).into_owned()
}

/// A path that C handed out, copied; its bytes need not be text.
fn path(path: *const c_char) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes(&path)))
}

/// Its bytes, as long as they can be looked at.
fn bytes(text: &*const c_char) -> &[u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: every text the shim hands out ends with a zero byte and is valid while it is read.
    unsafe { CStr::from_ptr(*text) }.to_bytes()
}

/// The same of a text that may hold a secret: in one piece, never moved, wiped in the end. Empty
/// where it is not UTF-8.
fn secret_text(text: *const c_char) -> Zeroizing<String> {
    if text.is_null() {
        return Zeroizing::default();
    }
    // SAFETY: as above.
    let text = unsafe { CStr::from_ptr(text) }.to_str();
    text.unwrap_or_default().to_owned().into()
}
