//! `salesforce.conf`: sections and options in, settings and users or a list of errors out.
//!
//! [`read`] is pure but for the files that options name: it checks that they are there and
//! reads the secrets out of them. A bad user is left out and does not stop the good ones.

mod auth;
pub mod error;
mod exposure;
mod general;
pub mod host;
pub mod pattern;
pub mod raw;
#[cfg(test)]
mod sample_test;
pub mod secrets;
pub mod section;
pub mod settings;
#[cfg(test)]
mod tests;
mod user;
mod value;

pub use error::ConfigError;
pub(crate) use error::is_unseen;
pub use exposure::of_configuration as exposed_files;
pub use raw::{RawOption, RawSection};

use crate::messages::language::Languages;
use section::{GENERAL_OPTIONS, NOT_UTF8, Section, USER_OPTIONS, UTF8, Wrong};
use settings::{Configuration, User};

/// Does the file itself say that the page may change options that name files, or say whom to
/// trust?
pub fn may_name_files(sections: &[RawSection]) -> bool {
    let mut general = sections.iter().filter(|raw| raw.is_general());
    let said = general.next().and_then(|raw| raw.value("web_files"));
    said.is_some_and(|said| value::boolean(said).unwrap_or(false))
}

/// What came of reading.
#[derive(Debug)]
pub struct Reading {
    /// What can be used: without the bad users. `None` when `[general]` is bad, when there is
    /// no section at all, or when every user is bad.
    pub configuration: Option<Configuration>,
    /// Everything that is wrong.
    pub errors: Vec<ConfigError>,
    /// What is right but probably not meant, one line each.
    pub warnings: Vec<String>,
}

/// Reads a whole configuration with the languages that come with the module, see
/// [`read_with`].
pub fn read(sections: &[RawSection]) -> Reading {
    read_with(sections, &Languages::built_in())
}

/// Reads a whole configuration: every section and option of it, so that all errors are told
/// at once. `languages` are those that can be chosen.
pub fn read_with(sections: &[RawSection], languages: &Languages) -> Reading {
    let mut reading = Reading {
        configuration: None,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let no_general = RawSection {
        name: "general".to_owned(),
        file: String::new(),
        line: 0,
        options: Vec::new(),
    };
    let mut generals = sections.iter().filter(|raw| raw.is_general());
    let raw_general = generals.next().unwrap_or(&no_general);
    let mut section = Section::new(raw_general, GENERAL_OPTIONS);
    let (settings, defaults) = general::read(&mut section, languages);
    reading.take(section);
    let mut general_is_good = reading.errors.is_empty();
    // Where this list itself is wrong, that is told, and not every host besides.
    let in_doubt = reading
        .errors
        .iter()
        .any(|error| error.is_about("trusted_domains"));
    let trusted = (!in_doubt).then_some(&settings.trusted_domains[..]);

    let mut users: Vec<(&RawSection, User)> = Vec::new();
    let mut bad_users = false;
    for (at, raw) in sections.iter().enumerate() {
        if !raw.is_utf8() {
            // Two different names may look the same now.
            reading.errors.push(ConfigError {
                file: raw.file.clone(),
                line: raw.line,
                section: raw.name.clone(),
                option: None,
                value: None,
                problem: format!("its name {NOT_UTF8}"),
                allowed: Some(UTF8.to_owned()),
            });
            bad_users = true;
            continue;
        }
        let twin = sections[..at]
            .iter()
            .find(|other| other.name.eq_ignore_ascii_case(&raw.name));
        if let Some(twin) = twin {
            reading.errors.push(defined_twice(raw, twin));
            general_is_good &= !raw.is_general();
            bad_users |= !raw.is_general();
            continue;
        }
        if raw.is_general() {
            continue;
        }
        let mut section = Section::new(raw, USER_OPTIONS);
        let user = if check_type(raw, &mut section) {
            let user = user::read(&raw.name, &mut section, &defaults, trusted, languages);
            user.filter(|user| refuse_taken(&mut section, user, &users))
        } else {
            None
        };
        reading.take(section);
        match user {
            Some(user) => users.push((raw, user)),
            None => bad_users = true,
        }
    }
    let users: Vec<User> = users.into_iter().map(|(_, user)| user).collect();
    if general_is_good && !sections.is_empty() && (!users.is_empty() || !bad_users) {
        reading.configuration = Some(Configuration { settings, users });
    }
    reading
}

impl Reading {
    fn take(&mut self, section: Section) {
        self.errors.extend(section.errors);
        self.warnings.extend(section.warnings);
    }
}

/// Is the section one of type `user`? Anything else is noted; the options of a section of an
/// unknown type are nobody's, so only the type is told.
fn check_type(raw: &RawSection, section: &mut Section) -> bool {
    if raw.name.trim().is_empty() || raw.name.chars().any(is_unseen) {
        section.errors.push(ConfigError {
            file: raw.file.clone(),
            line: raw.line,
            section: raw.name.clone(),
            option: None,
            value: None,
            problem: "the section has no name that could be typed".to_owned(),
            allowed: None,
        });
        return false;
    }
    match section.last("type") {
        Some(option) if option.value.trim().eq_ignore_ascii_case("user") => true,
        // That is noted already.
        Some(option) if !option.is_utf8() => false,
        Some(option) => {
            section.errors.clear();
            section.wrong(option, Wrong::new("unknown section type", "user"));
            false
        }
        None => {
            section.errors.clear();
            section.missing("type", "user; a template is written [name](!)");
            false
        }
    }
}

/// A call to an extension is one user's. A parked user takes nobody's.
fn refuse_taken(section: &mut Section, user: &User, others: &[(&RawSection, User)]) -> bool {
    let active = others
        .iter()
        .filter(|(_, other)| other.enabled && user.enabled);
    for (_, other) in active {
        let mut mine = user.extensions.iter();
        let clash = mine.find(|mine| other.extensions.iter().any(|theirs| mine.meets(theirs)));
        if let (Some(clash), Some(option)) = (clash, section.last("extension")) {
            let problem = format!("extension {} is user {}'s already", clash.exten, other.name);
            let allowed = "an extension of one user only, or in different contexts: 100@context";
            section.wrong(option, Wrong::new(problem, allowed));
        }
    }
    section.errors.is_empty()
}

fn defined_twice(raw: &RawSection, twin: &RawSection) -> ConfigError {
    ConfigError {
        file: raw.file.clone(),
        line: raw.line,
        section: raw.name.clone(),
        option: None,
        value: None,
        problem: format!(
            "the section is defined twice, first at {}:{}",
            twin.file, twin.line
        ),
        allowed: Some(format!(
            "one section of this name; [{}](+) adds to it",
            raw.name
        )),
    }
}
