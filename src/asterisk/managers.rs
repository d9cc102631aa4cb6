//! Who may log in to the manager interface, by `manager.conf`.

use super::{shim, text};
use crate::web::Rights;
use crate::web::sessions::{Gate, Manager, Managers};
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::NonNull;

/// Reads it; `None`: it cannot be read.
pub fn read(config_dir: &Path) -> Option<Managers> {
    // SAFETY: ours from here on, closed when it is dropped.
    let list = List(NonNull::new(unsafe { shim::ansitel_managers_open() })?);
    let users = (0..).map_while(|index| list.user(index)).collect();
    // SAFETY: the list is open.
    let is_enabled = unsafe { shim::ansitel_managers_enabled(list.0.as_ptr()) } != 0;
    let files = (0..).map_while(|index| list.file(index));
    let files = files.map(|file| config_dir.join(file)).collect();
    // SAFETY: the list is open; no text of a user is used any more.
    unsafe { shim::ansitel_managers_wipe(list.0.as_ptr()) };
    Some(Managers {
        is_enabled,
        users,
        gate: Box::new(list),
        files,
    })
}

struct List(NonNull<shim::ansitel_managers>);

// SAFETY: nobody else has it, and the shim does not care which thread comes.
unsafe impl Send for List {}

impl List {
    fn user(&self, index: usize) -> Option<Manager> {
        let mut user = MaybeUninit::uninit();
        // SAFETY: the list is open; the shim fills all of the user.
        let user: shim::ansitel_manager_user = unsafe {
            if shim::ansitel_managers_user(self.0.as_ptr(), index, user.as_mut_ptr()) == 0 {
                return None;
            }
            user.assume_init()
        };
        Some(Manager {
            name: text(user.name),
            secret: text(user.secret).into(),
            rights: match (user.can_look != 0, user.can_change != 0) {
                (_, true) => Rights::Change,
                (true, false) => Rights::Look,
                (false, false) => Rights::None,
            },
        })
    }

    fn file(&self, index: usize) -> Option<String> {
        // SAFETY: the list is open; the text is copied at once.
        let file = unsafe { shim::ansitel_managers_file(self.0.as_ptr(), index) };
        (!file.is_null()).then(|| text(file))
    }
}

impl Gate for List {
    fn admits(&self, index: usize, address: &str) -> bool {
        let Ok(address) = CString::new(address) else {
            return false;
        };
        // SAFETY: the list is open; the text ends with a zero byte and outlives the call.
        unsafe { shim::ansitel_managers_admit(self.0.as_ptr(), index, address.as_ptr()) != 0 }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: open until now, not used again.
        unsafe { shim::ansitel_managers_close(self.0.as_ptr()) };
    }
}
