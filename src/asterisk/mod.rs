//! The boundary with Asterisk: the only `unsafe` Rust, and the C shim it talks to.
//!
//! Threads of Asterisk run C only; they put messages into the shim's mailbox. Rust is entered
//! in one place, [`ansitel_module_run`], on a thread that C made for it and joins on unload.
//! Were Rust to run on a thread of Asterisk, its thread-local destructors would be called at
//! that thread's exit, after the module has been unmapped.

mod host;
mod log;
mod mailbox;

/// `include/shim.h`.
#[allow(missing_docs, non_camel_case_types, dead_code, clippy::all)]
mod shim {
    include!(concat!(env!("OUT_DIR"), "/shim.rs"));
}

use crate::control::Answer;
use crate::control::manager::Reply;
use crate::delivery::Told;
use crate::interface::Interface;
use mailbox::{Message, Taken};
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long the thread sleeps when nothing happens; then the interface may tidy up.
const IDLE: Duration = Duration::from_secs(1);

/// The one entry into Rust: drains the mailbox until C closes it, then stops everything.
#[unsafe(no_mangle)]
pub extern "C" fn ansitel_module_run() {
    log::install();
    let mut interface = Interface::new(host::AsteriskHost::default());
    loop {
        let outcome = catch_unwind(AssertUnwindSafe(|| drain(&mut interface)));
        match outcome {
            Ok(()) => break,
            // The panic itself is in the log already, by the hook.
            Err(_) => interface.panicked(),
        }
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

/// Handles messages until the mailbox is closed.
fn drain(interface: &mut Interface<host::AsteriskHost>) {
    loop {
        match mailbox::take(IDLE) {
            Taken::Messages(messages) => {
                for message in messages {
                    handle(interface, message);
                }
                interface.tick();
            }
            Taken::Closed => return,
        }
    }
}

fn handle(interface: &mut Interface<host::AsteriskHost>, message: mailbox::Posted) {
    match message.read() {
        Message::Event(event) => interface.event(&event),
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
        Message::Web(request) => {
            interface.page(&request, move |response| {
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
        Message::Unknown(kind) => ::log::error!("Message of unknown kind {kind} in the mailbox"),
    }
}

/// A text that C handed out, copied; what is not UTF-8 is replaced.
fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: every text the shim hands out ends with a zero byte and is valid while it is read.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}
