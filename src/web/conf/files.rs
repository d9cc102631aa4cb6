//! The files of the configuration: read, changed, proved and replaced.

use super::replace::{Candidate, ReplaceError, Suffix};
use super::{Document, Refusal, Wanted};
use crate::config::{RawOption, RawSection};
use crate::files::{self, FileError, Why};
use crate::web::hex;
use ring::digest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The largest file that is read, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why nothing was saved.
#[derive(Debug, Error)]
pub enum SaveError {
    /// An option's value cannot be written.
    #[error("{0}: {1}")]
    Value(String, Refusal),
    /// The section cannot be changed here.
    #[error("{0}")]
    Section(Refusal),
    /// There is a section of this name already.
    #[error("there is a user of this name already")]
    Taken,
    /// It cannot be a section's name.
    #[error("letters, digits and - _ . @ only, at most 79")]
    Name,
    /// Somebody else changed the files since the form was filled.
    #[error("somebody else has changed the configuration meanwhile")]
    Conflict,
    /// It is not there, cannot be read, or is not UTF-8.
    #[error("{0}; changes can be made in the file itself only")]
    File(FileError),
    /// Writing failed.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// What Asterisk reads there is something else than what was meant.
    #[error("Asterisk would read this change differently; make it in the file itself")]
    Misread,
    /// What was meant is wrong, or would make something else wrong.
    #[error("the configuration would not be valid")]
    Invalid(Vec<crate::config::ConfigError>),
    /// Secrets would go, or come from, somewhere new.
    #[error("secrets would go somewhere new: enter them again")]
    Again(Vec<crate::config::ConfigError>),
}

/// The files as they are.
#[derive(Clone)]
pub struct Files {
    /// In the order in which Asterisk came across them; `salesforce.conf` itself first.
    files: Vec<(PathBuf, String, Document)>,
}

/// What is to be changed.
pub enum Change<'a> {
    /// Options of a section that is there. `[general]` is made where there is none.
    Options(&'a str, &'a BTreeMap<String, Wanted>),
    /// Options of several sections, each as above.
    Several(&'a BTreeMap<String, BTreeMap<String, Wanted>>),
    /// A new user.
    Add(&'a str, &'a BTreeMap<String, Wanted>),
    /// A user goes.
    Remove(&'a str),
}

impl<'a> Change<'a> {
    /// The sections that change, with the options that do.
    fn sections(&self) -> Vec<(&'a str, Option<&'a BTreeMap<String, Wanted>>)> {
        match *self {
            Change::Options(section, options) | Change::Add(section, options) => {
                vec![(section, Some(options))]
            }
            Change::Several(all) => all.iter().map(|(s, o)| (s.as_str(), Some(o))).collect(),
            Change::Remove(section) => vec![(section, None)],
        }
    }
}

impl Files {
    /// Reads `main` and every file that one of the sections' options stands in. Files that are
    /// not there any more, such as what a program printed, are left out.
    ///
    /// # Errors
    /// `main` is not there, or one of them is not UTF-8: what was written back would not be what
    /// was read.
    pub fn read(main: &Path, sections: &[RawSection]) -> Result<Files, SaveError> {
        let directory = main.parent().unwrap_or(Path::new("/"));
        let mut paths = vec![main.to_owned()];
        for option in sections.iter().flat_map(|section| &section.options) {
            let path = directory.join(&option.file);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let mut files = Vec::new();
        for path in paths {
            match files::read_text(&path, LARGEST) {
                Ok(text) => {
                    let document = Document::read(&text);
                    files.push((path, text.to_string(), document));
                }
                Err(FileError {
                    why: Why::Missing | Why::Dangling,
                    ..
                }) if !files.is_empty() => {}
                Err(error) => return Err(SaveError::File(error)),
            }
        }
        Ok(Files { files })
    }

    /// Tells whether the files are still what they were.
    pub fn fingerprint(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        for (path, text, _) in &self.files {
            for part in [path.as_os_str().as_encoded_bytes(), text.as_bytes()] {
                context.update(&part.len().to_le_bytes());
                context.update(part);
            }
        }
        hex(&context.finish().as_ref()[..16])
    }

    /// The file in which the section is, if it can be changed there.
    pub fn file_of(&self, section: &str) -> Option<&Path> {
        let (path, ..) = self.files.iter().find(|(.., d)| d.has(section))?;
        Some(path)
    }

    /// The names of options that lines of the section itself give.
    pub fn own_options(&self, section: &str) -> Vec<String> {
        let documents = self.files.iter().map(|(.., document)| document);
        let mut names: Vec<String> = documents.flat_map(|d| d.own_options(section)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The values that lines of the section itself give an option.
    pub fn own(&self, section: &str, option: &str) -> Vec<String> {
        let documents = self.files.iter().map(|(.., document)| document);
        documents.flat_map(|d| d.own(section, option)).collect()
    }

    /// Writes a change to disk, if what comes of it is what was meant. `read` is Asterisk's own
    /// reader, `judge` says what is wrong with sections; `before`: the sections as they are.
    ///
    /// # Errors
    /// The files are as they were.
    pub fn save(
        self,
        change: &Change<'_>,
        before: &[RawSection],
        read: impl Fn(&Path) -> Option<Vec<RawSection>>,
        judge: impl Fn(&[RawSection]) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        let former = self.clone();
        let mut new = self;
        new.apply(change, before)?;
        let main = new.files[0].0.clone();
        let mut changed: Vec<(PathBuf, String, String)> = Vec::new();
        for ((path, old, was), (.., is)) in former.files.into_iter().zip(new.files) {
            let text = is.text();
            if text != old {
                // Before Asterisk reads it, for it does what it reads.
                if !Document::read(&text).does_as(&was) {
                    return Err(SaveError::Misread);
                }
                changed.push((path, old, text));
            }
        }
        let prove = |at: &Path| {
            let after = read(at).ok_or(SaveError::Misread)?;
            if is_meant(change, before, &after) {
                judge(&after)
            } else {
                judge(&after).and(Err(SaveError::Misread))
            }
        };
        match changed.as_slice() {
            [] => judge(before),
            [(path, _, new)] if *path == main => {
                let candidate = Candidate::write(path, new, Suffix::New)?;
                prove(candidate.path())?;
                Ok(candidate.take_place()?)
            }
            // What an included file says is seen in the main file only, from its own place. The
            // way back is on disk before anything is changed: it needs no room then.
            changed => {
                let write = |suffix| {
                    let texts = changed.iter().map(|(path, old, new)| match suffix {
                        Suffix::New => Candidate::write(path, new, suffix),
                        Suffix::Old => Candidate::write(path, old, suffix),
                    });
                    texts.collect::<Result<Vec<_>, _>>()
                };
                let (old, new) = (write(Suffix::Old)?, write(Suffix::New)?);
                let result = take_places(new).and_then(|()| prove(&main));
                if result.is_err() {
                    take_places(old)?;
                }
                result
            }
        }
    }

    /// The sections as they will be, as far as that can be told without Asterisk.
    ///
    /// # Errors
    /// The change cannot be written.
    pub fn foresee(
        &self,
        change: &Change<'_>,
        before: &[RawSection],
    ) -> Result<Vec<RawSection>, SaveError> {
        self.clone().apply(change, before)?;
        let mut after = before.to_vec();
        for (section, options) in change.sections() {
            let place = after
                .iter()
                .position(|raw| raw.name.eq_ignore_ascii_case(section));
            let Some(options) = options else {
                after.retain(|raw| !raw.name.eq_ignore_ascii_case(section));
                continue;
            };
            let at = place.unwrap_or_else(|| {
                after.push(self.new_section(section, matches!(change, Change::Add(..))));
                after.len() - 1
            });
            for (option, wanted) in options {
                self.foresee_option(&mut after[at], option, wanted);
            }
        }
        Ok(after)
    }

    fn new_section(&self, name: &str, is_user: bool) -> RawSection {
        let file = self.files[0].0.display().to_string();
        let kind = RawOption {
            name: "type".to_owned(),
            value: "user".to_owned(),
            file: file.clone(),
            line: 1,
        };
        RawSection {
            name: name.to_owned(),
            file,
            line: 1,
            options: is_user.then_some(kind).into_iter().collect(),
        }
    }

    /// Lines of the section's own are replaced; they stand behind what it has from templates.
    fn foresee_option(&self, raw: &mut RawSection, option: &str, wanted: &Wanted) {
        let mut own = self.own(&raw.name, option).len();
        for at in (0..raw.options.len()).rev() {
            if own > 0 && raw.options[at].name.eq_ignore_ascii_case(option) {
                raw.options.remove(at);
                own -= 1;
            }
        }
        let values = wanted.values().iter();
        raw.options.extend(values.map(|value| RawOption {
            name: option.to_owned(),
            value: value.clone(),
            file: raw.file.clone(),
            line: raw.line,
        }));
    }

    fn apply(&mut self, change: &Change<'_>, before: &[RawSection]) -> Result<(), SaveError> {
        let exists = |section: &str| {
            let mut all = before.iter();
            all.any(|raw| raw.name.eq_ignore_ascii_case(section))
        };
        match change {
            Change::Add(section, options) => {
                let is_fine = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
                if section.is_empty() || section.len() > 79 || !section.chars().all(is_fine) {
                    return Err(SaveError::Name);
                }
                let is_general = section.eq_ignore_ascii_case("general");
                if exists(section) || self.file_of(section).is_some() || is_general {
                    return Err(SaveError::Taken);
                }
                let (.., document) = &mut self.files[0];
                let user = Wanted::One("user".to_owned());
                document
                    .add(section, &[("type", user)])
                    .map_err(SaveError::Section)?;
                self.set(section, options)
            }
            Change::Options(..) | Change::Several(_) => {
                for (section, options) in change.sections() {
                    if section.eq_ignore_ascii_case("general") && !exists(section) {
                        let (.., document) = &mut self.files[0];
                        document.add("general", &[]).map_err(SaveError::Section)?;
                    }
                    options.map_or(Ok(()), |options| self.set(section, options))?;
                }
                Ok(())
            }
            Change::Remove(section) => {
                let mut is_there = false;
                // What all users share is no user.
                let is_general = section.eq_ignore_ascii_case("general");
                for (.., document) in self.files.iter_mut().filter(|_| !is_general) {
                    if document.has(section) {
                        document.remove(section).map_err(SaveError::Section)?;
                        is_there = true;
                    }
                }
                if is_there {
                    Ok(())
                } else {
                    Err(SaveError::Section(Refusal::NoSection))
                }
            }
        }
    }

    fn set(&mut self, section: &str, options: &BTreeMap<String, Wanted>) -> Result<(), SaveError> {
        for (option, wanted) in options {
            // Where the option is already, else where the section is.
            let mut files = self.files.iter_mut();
            let document = match files.find(|(.., d)| !d.own(section, option).is_empty()) {
                Some((.., document)) => document,
                None => {
                    let of_section = self.files.iter_mut().find(|(.., d)| d.has(section));
                    let (.., document) =
                        of_section.ok_or(SaveError::Section(Refusal::NoSection))?;
                    document
                }
            };
            document
                .change(section, option, wanted)
                .map_err(|refusal| match refusal {
                    Refusal::NoSection | Refusal::Includes => SaveError::Section(refusal),
                    refusal => SaveError::Value(option.clone(), refusal),
                })?;
        }
        Ok(())
    }
}

/// All of them, also where one fails.
fn take_places(candidates: Vec<Candidate>) -> Result<(), SaveError> {
    let taken: Vec<_> = candidates.into_iter().map(Candidate::take_place).collect();
    taken.into_iter().collect::<Result<(), _>>()?;
    Ok(())
}

/// Does Asterisk read what was meant there, and everything else as before?
fn is_meant(change: &Change<'_>, before: &[RawSection], after: &[RawSection]) -> bool {
    let changed = change.sections();
    let is_changed = |raw: &&RawSection| {
        let mut changed = changed.iter();
        changed.any(|(section, _)| raw.name.eq_ignore_ascii_case(section))
    };
    let others = |sections: &[RawSection]| -> Vec<(String, Vec<(String, String)>)> {
        let others = sections.iter().filter(|raw| !is_changed(raw));
        others
            .map(|raw| (raw.name.clone(), said(raw, |_| true)))
            .collect()
    };
    others(before) == others(after)
        && changed.iter().all(|(section, options)| {
            let is_it = |raw: &&RawSection| raw.name.eq_ignore_ascii_case(section);
            let (was, now) = (before.iter().find(is_it), after.iter().find(is_it));
            match (options, now) {
                (Some(options), Some(now)) => says(options, was, now, change),
                (None, None) => true,
                _ => false,
            }
        })
}

/// Does a section say what it said before, but for these options?
fn says(
    options: &BTreeMap<String, Wanted>,
    was: Option<&RawSection>,
    now: &RawSection,
    change: &Change<'_>,
) -> bool {
    let is_untouched = |name: &str| {
        !options
            .keys()
            .any(|option| option.eq_ignore_ascii_case(name))
    };
    let was = was.map(|raw| said(raw, is_untouched));
    let was = was.unwrap_or_else(|| match change {
        Change::Add(..) => vec![("type".to_owned(), "user".to_owned())],
        _ => Vec::new(),
    });
    said(now, is_untouched) == was
        && options.iter().all(|(name, wanted)| {
            let values = said(now, |option| option.eq_ignore_ascii_case(name));
            let values: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
            match wanted {
                Wanted::One(value) => values.last() == Some(&value.as_str()),
                Wanted::Many(wanted) => {
                    values.len() >= wanted.len() && values[values.len() - wanted.len()..] == *wanted
                }
                Wanted::Unset => true,
            }
        })
}

fn said(section: &RawSection, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let options = section.options.iter().filter(|option| wanted(&option.name));
    options
        .map(|option| (option.name.to_ascii_lowercase(), option.value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawOption;

    #[test]
    fn files_that_are_not_utf_8_are_not_changed_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (main, more) = (
            folder.path().join("salesforce.conf"),
            folder.path().join("more"),
        );
        let section = |file: &str| RawSection {
            name: "anna".to_owned(),
            file: file.to_owned(),
            line: 1,
            options: vec![RawOption {
                name: "language".to_owned(),
                value: "de".to_owned(),
                file: file.to_owned(),
                line: 2,
            }],
        };
        let latin = b"[anna]\nlanguage = de ; f\xfcr Anna\n";
        let sections = [section("salesforce.conf"), section("more"), section("gone")];
        for (in_main, in_more, named) in [
            (&latin[..], &b"[anna](+)\n"[..], &main),
            (b"[anna]\n", latin, &more),
        ] {
            std::fs::write(&main, in_main).unwrap();
            std::fs::write(&more, in_more).unwrap();
            let told = Files::read(&main, &sections).err().unwrap().to_string();
            let line = format!("{} is not UTF-8 in line 2; ", named.display());
            assert!(told.starts_with(&line), "{told}");
        }
        std::fs::write(&more, "[anna](+)\n").unwrap();
        assert_eq!(Files::read(&main, &sections).unwrap().files.len(), 2);
    }
}
