//! What the interface asks of Asterisk: configuration, dialplan, paths, channels, events.

use super::{managers, path, shim, text};
use crate::config::raw::{RawOption, RawSection};
use crate::control::EventCounters;
use crate::control::manager::{Class, Event};
use crate::interface::{Dialplan, DialplanExtension, Facts, FileError, Hint, Host, Leads};
use crate::web::sessions::Managers;
use once_cell::unsync::OnceCell;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

/// Longer hints than Asterisk has.
const HINT: usize = 8192;

/// The Asterisk we are in.
#[derive(Default)]
pub struct AsteriskHost {
    facts: OnceCell<Facts>,
}

impl Host for AsteriskHost {
    fn read_config(&self, file: &str) -> Result<Vec<RawSection>, FileError> {
        let name = CString::new(file).map_err(|_| FileError::Invalid)?;
        let mut config = ptr::null_mut();
        // SAFETY: the name ends with a zero byte; `config` is a valid place, ours to close.
        match unsafe { shim::ansitel_config_open(name.as_ptr(), &mut config) } {
            shim::ANSITEL_CONFIG_OK => {}
            shim::ANSITEL_CONFIG_MISSING => return Err(FileError::Missing),
            _ => return Err(FileError::Invalid),
        }
        let mut sections: Vec<RawSection> = Vec::new();
        let mut entry = MaybeUninit::uninit();
        // SAFETY: `config` is open; the shim fills the entry whenever it returns non-zero.
        while unsafe { shim::ansitel_config_next(config, entry.as_mut_ptr()) } != 0 {
            // SAFETY: filled just now.
            let entry: &shim::ansitel_config_entry = unsafe { entry.assume_init_ref() };
            if entry.first != 0 {
                sections.push(RawSection {
                    name: text(entry.section),
                    file: text(entry.section_file),
                    line: entry.section_line.cast_unsigned(),
                    options: Vec::new(),
                });
            }
            if let (Some(section), false) = (sections.last_mut(), entry.option.is_null()) {
                section.options.push(RawOption {
                    name: text(entry.option),
                    value: text(entry.value),
                    file: text(entry.file),
                    line: entry.line.cast_unsigned(),
                });
            }
        }
        // SAFETY: opened above, not used again.
        unsafe { shim::ansitel_config_close(config) };
        Ok(sections)
    }

    fn dialplan(&self) -> Dialplan {
        let mut dialplan = Dialplan::default();
        // SAFETY: the list is ours until closed below; the shim accepts NULL.
        let list = unsafe { shim::ansitel_dialplan_open() };
        let mut place = MaybeUninit::uninit();
        // SAFETY: the shim fills the place whenever it returns non-zero.
        while unsafe { shim::ansitel_dialplan_next(list, place.as_mut_ptr()) } != 0 {
            // SAFETY: filled just now; its texts live until the list is closed, we copy them.
            let place: &shim::ansitel_place = unsafe { place.assume_init_ref() };
            let (context, name) = (text(place.context), text(place.name));
            let mut extension = |leads| {
                let context = context.clone();
                let exten = name.clone();
                dialplan.extensions.push(DialplanExtension {
                    context,
                    exten,
                    leads,
                });
            };
            match place.kind.cast_unsigned() {
                shim::ANSITEL_PLACE_HINT => dialplan.hints.push(Hint {
                    context,
                    exten: name,
                    devices: text(place.devices),
                }),
                shim::ANSITEL_PLACE_INCLUDE => dialplan.includes.push((context, name)),
                shim::ANSITEL_PLACE_DIALS => extension(Leads::Dials),
                shim::ANSITEL_PLACE_CALLS => extension(Leads::Calls),
                _ => extension(Leads::Nowhere),
            }
        }
        // SAFETY: opened above, not used again.
        unsafe { shim::ansitel_dialplan_close(list) };
        dialplan
    }

    fn resolve_hint(&self, hint: &Hint, exten: &str) -> String {
        let text_of = |text: &str| CString::new(text).ok();
        let texts = (
            text_of(&hint.context),
            text_of(exten),
            text_of(&hint.devices),
        );
        let (Some(context), Some(exten), Some(devices)) = texts else {
            return String::new();
        };
        let mut buffer = [0; HINT];
        // SAFETY: the texts end with a zero byte and outlive the call, and so does the buffer, of
        // whose size the shim is told and in which it leaves a text with a zero byte.
        unsafe {
            shim::ansitel_hint_resolve(
                context.as_ptr(),
                exten.as_ptr(),
                devices.as_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
            );
        }
        text(buffer.as_ptr())
    }

    fn managers(&self) -> Option<Managers> {
        managers::read(&self.facts().config_dir)
    }

    fn facts(&self) -> &Facts {
        // SAFETY: texts of Asterisk that stay as they are while it runs; we copy them.
        self.facts.get_or_init(|| unsafe {
            Facts {
                asterisk_version: text(shim::ansitel_asterisk_version()),
                system_name: text(shim::ansitel_system_name()),
                spool_dir: path(shim::ansitel_spool_dir()),
                data_dir: path(shim::ansitel_data_dir()),
                config_dir: path(shim::ansitel_config_dir()),
            }
        })
    }

    fn channel_exists(&self, uniqueid: &str) -> bool {
        let Ok(uniqueid) = CString::new(uniqueid) else {
            return false;
        };
        // SAFETY: the text ends with a zero byte and outlives the call.
        unsafe { shim::ansitel_channel_exists(uniqueid.as_ptr()) != 0 }
    }

    fn listen(&self, on: bool) {
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_events(i32::from(on)) };
    }

    fn listen_again(&self) {
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_events_again() };
    }

    fn order(&self) -> bool {
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_order() == 0 }
    }

    fn serve(&self, on: bool) {
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_web(i32::from(on)) };
    }

    fn stay(&self) -> bool {
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_stay() == 0 }
    }

    fn dialplan_timeout(&self, timeout: Duration) {
        let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: may be called from any thread of ours.
        unsafe { shim::ansitel_function_timeout(milliseconds) };
    }

    fn counters(&self) -> EventCounters {
        let mut counters = MaybeUninit::uninit();
        // SAFETY: the shim fills all of it.
        let counters: shim::ansitel_counters = unsafe {
            shim::ansitel_counters(counters.as_mut_ptr());
            counters.assume_init()
        };
        EventCounters {
            seen: counters.seen,
            taken: counters.taken,
            dropped: counters.dropped,
            waiting: counters.waiting,
        }
    }

    fn publisher(&self) -> Box<dyn FnMut(&Event) + Send> {
        Box::new(|event| {
            let Ok(headers) = CString::new(event.headers.as_str()) else {
                return;
            };
            let Ok(name) = CString::new(event.name) else {
                return;
            };
            let class = match event.class {
                Class::Call => shim::ANSITEL_MANAGER_OF_CALL,
                Class::System => shim::ANSITEL_MANAGER_OF_SYSTEM,
            };
            // SAFETY: both texts end with a zero byte and outlive the call.
            unsafe { shim::ansitel_manager_event(class, name.as_ptr(), headers.as_ptr()) };
        })
    }
}
