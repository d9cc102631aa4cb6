//! The module's log lines go through Asterisk's logger.

use super::shim;
use crate::control::plain;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::ffi::CString;
use std::panic;

struct AsteriskLog;

static LOG: AsteriskLog = AsteriskLog;

/// Makes Asterisk's logger ours; panics are logged in one line, without a backtrace.
pub fn install() {
    // Refused where the module is loaded again without having been unmapped, as after a
    // declined load: then it is ours already.
    let _ = log::set_logger(&LOG);
    log::set_max_level(LevelFilter::Debug);
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        // Not the panic's own text: it may quote foreign data.
        log::error!("Internal error in the Salesforce interface{place}; it goes on");
    }));
}

/// The hook is code of this module: it must not outlive it.
pub fn uninstall() {
    drop(panic::take_hook());
    log::set_max_level(LevelFilter::Off);
}

impl Log for AsteriskLog {
    /// Libraries' own chatter stays out: some of it shows what is sent.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => shim::ANSITEL_ERROR,
            Level::Warn => shim::ANSITEL_WARNING,
            Level::Info => shim::ANSITEL_NOTICE,
            Level::Debug | Level::Trace => shim::ANSITEL_DEBUG,
        };
        let file = c_text(record.file().unwrap_or_default());
        let function = c_text(record.target());
        let text = c_text(&plain(&record.args().to_string()));
        let line = i32::try_from(record.line().unwrap_or(0)).unwrap_or(0);
        // SAFETY: three texts that end with a zero byte and outlive the call; the shim passes
        // them on as arguments, never as a format.
        unsafe { shim::ansitel_log(level, file.as_ptr(), line, function.as_ptr(), text.as_ptr()) };
    }

    fn flush(&self) {}
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}
