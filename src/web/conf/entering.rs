//! Secrets that a change would send somewhere new: whoever makes it enters them in the same save,
//! or it is not made. So the page, which never shows a stored secret, cannot be used to have one
//! sent to a place of one's own either.
//!
//! A secret that stands in the file is entered by giving it its option again, equal or not: what
//! was stored is not sent in either case. One that is read from a file of its own is typed, and
//! compared with what is in there. The key of a JWT is named again, which only `web_files = yes`
//! allows.

use super::Wanted;
use super::files::{Change, Files, SaveError};
use super::permitted::error;
use crate::config::secrets::{self, Moved};
use crate::config::{ConfigError, RawSection};
use std::collections::BTreeMap;

/// Options by name.
type Options = BTreeMap<String, Wanted>;

/// What was entered, and what is to be written of it.
pub struct Entered<'a> {
    /// By section and option, as they were typed.
    typed: BTreeMap<(&'a str, &'a str), &'a str>,
    /// Options to write, by section: the one that is changed is always among them.
    pub written: BTreeMap<String, Options>,
}

impl<'a> Entered<'a> {
    /// Sorts what the page sends: options `set` of `section`, and secrets of others that are
    /// entered again, by section. `is_new`: the section is to be added.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn sort(
        section: &'a str,
        is_new: bool,
        set: &'a Options,
        again: &'a BTreeMap<String, Options>,
        files: &Files,
        before: &[RawSection],
    ) -> Result<Entered<'a>, SaveError> {
        let change = if is_new {
            Change::Add(section, set)
        } else {
            Change::Options(section, set)
        };
        let foreseen = files.foresee(&change, before)?;
        let moved = secrets::moved(before, &foreseen);
        let mut entered = Entered {
            typed: BTreeMap::new(),
            written: BTreeMap::from([(section.to_owned(), set.clone())]),
        };
        let all = again.iter().map(|(name, set)| (name.as_str(), set));
        for (name, options) in all.chain([(section, set)]) {
            for (option, wanted) in options {
                // An empty one takes it out of force.
                if let (true, Wanted::One(value)) = (secrets::is_secret(option), wanted)
                    && !value.is_empty()
                {
                    entered.typed.insert((name, option), value);
                }
            }
        }
        // What is compared with a file is not written beside it.
        let is_of = |moved: &&Moved, name: &str| moved.section.eq_ignore_ascii_case(name);
        if let Some(own) = entered.written.get_mut(section) {
            for moved in moved.iter().filter(|moved| is_of(moved, section)) {
                let is_typed = entered.typed.contains_key(&(section, moved.option));
                let is_emptied = own.get(moved.option) == Some(&Wanted::One(String::new()));
                if moved.file().is_some() && is_typed && !is_emptied {
                    own.remove(moved.option);
                }
            }
        }
        for (name, options) in again.iter().filter(|(name, _)| *name != section) {
            let found = foreseen
                .iter()
                .find(|raw| raw.name.eq_ignore_ascii_case(name));
            let raw = found.filter(|raw| !raw.is_general());
            let raw = raw.ok_or(SaveError::Section(super::Refusal::NoSection))?;
            let is_new = |(option, wanted): &(&String, &Wanted)| match wanted {
                Wanted::One(value) => {
                    secrets::file_of(raw, option).is_none()
                        && raw.value(option) != Some(value.as_str())
                }
                _ => false,
            };
            let to_write = options.iter().filter(is_new);
            let to_write: Options = to_write.map(|(o, w)| (o.clone(), w.clone())).collect();
            if !to_write.is_empty() {
                entered.written.insert(raw.name.clone(), to_write);
            }
        }
        Ok(entered)
    }

    /// Secrets that would go somewhere new if `after` took the place of `before`, and were not
    /// entered.
    pub fn missing(&self, before: &[RawSection], after: &[RawSection]) -> Vec<ConfigError> {
        let is_entered = |moved: &Moved| {
            let mut typed = self.typed.iter();
            typed.any(|((section, option), value)| {
                moved.section.eq_ignore_ascii_case(section)
                    && moved.option == *option
                    && moved.is(value)
            })
        };
        let moved = secrets::moved(before, after);
        let missing = moved.iter().filter(|moved| !is_entered(moved));
        missing.map(tell).collect()
    }
}

/// The secret, beside the field in which it is entered.
fn tell(moved: &Moved) -> ConfigError {
    let problem = match (moved.option, moved.file()) {
        (_, Some(_)) => "would go somewhere new: type what is in its file",
        ("private_key", _) => "would be used somewhere new: name it again",
        _ => "would go somewhere new: enter it again",
    };
    error(&moved.section, moved.option, problem)
}

#[cfg(test)]
mod tests;
