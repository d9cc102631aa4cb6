//! What is written to Salesforce, in the user's language.
//!
//! [`compose()`] says everything about a call that goes into a Case and a new Account. Texts of
//! the [`language`]s are in `languages/*.ftl`. An administrator's own are [`template::Template`]s
//! of a user, and [`files`] that change or add a language.
//! Whatever a caller sends ends up as one line of harmless text within the field's limit.

#[cfg(test)]
mod all_languages;
mod catalogue;
mod check;
mod compose;
pub mod files;
pub mod language;
pub mod template;
pub mod text;
mod words;

pub use compose::{DESCRIPTION, Texts, compose, compose_running, has_reference, tells_of};
pub use text::{cut, length, single_line};
pub use words::time_zone;

/// Gives back the memory of the time zone caches, for the module's unload.
pub fn release() {
    jiff::tz::db().reset();
    jiff::tz::TimeZoneDatabase::bundled().reset();
}
