//! The files of the configuration: read, changed, proved and replaced.

use super::replace::{Candidate, ReplaceError, Suffix};
use super::{Document, Refusal, Wanted};
use crate::config::raw::RawSection;
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
}

/// The files as they are.
pub struct Files {
    /// In the order in which Asterisk came across them; `salesforce.conf` itself first.
    files: Vec<(PathBuf, String, Document)>,
}

/// What is to be changed.
pub enum Change<'a> {
    /// Options of a section that is there. `[general]` is made where there is none.
    Options(&'a str, &'a BTreeMap<String, Wanted>),
    /// A new user.
    Add(&'a str, &'a BTreeMap<String, Wanted>),
    /// A user goes.
    Remove(&'a str),
}

impl Change<'_> {
    fn section(&self) -> &str {
        match self {
            Change::Options(section, _) | Change::Add(section, _) | Change::Remove(section) => {
                section
            }
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
        mut self,
        change: &Change<'_>,
        before: &[RawSection],
        read: impl Fn(&Path) -> Option<Vec<RawSection>>,
        judge: impl Fn(&[RawSection]) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        self.apply(change, before)?;
        let main = self.files[0].0.clone();
        let changed: Vec<(PathBuf, String, String)> = self
            .files
            .into_iter()
            .map(|(path, old, document)| (path, old, document.text()))
            .filter(|(_, old, new)| old != new)
            .collect();
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

    fn apply(&mut self, change: &Change<'_>, before: &[RawSection]) -> Result<(), SaveError> {
        let section = change.section();
        let exists = before
            .iter()
            .any(|raw| raw.name.eq_ignore_ascii_case(section));
        match change {
            Change::Add(_, options) => {
                let is_fine = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
                if section.is_empty() || section.len() > 79 || !section.chars().all(is_fine) {
                    return Err(SaveError::Name);
                }
                if exists || self.file_of(section).is_some() || section == "general" {
                    return Err(SaveError::Taken);
                }
                let (.., document) = &mut self.files[0];
                let user = Wanted::One("user".to_owned());
                document
                    .add(section, &[("type", user)])
                    .map_err(SaveError::Section)?;
                self.set(section, options)
            }
            Change::Options(_, options) => {
                if section.eq_ignore_ascii_case("general") && !exists {
                    let (.., document) = &mut self.files[0];
                    document.add("general", &[]).map_err(SaveError::Section)?;
                }
                self.set(section, options)
            }
            Change::Remove(_) => {
                let mut is_there = false;
                for (.., document) in &mut self.files {
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
    let section = change.section();
    let is_it = |raw: &&RawSection| raw.name.eq_ignore_ascii_case(section);
    let others = |sections: &[RawSection]| -> Vec<(String, Vec<(String, String)>)> {
        let others = sections.iter().filter(|raw| !is_it(raw));
        others
            .map(|raw| (raw.name.clone(), said(raw, |_| true)))
            .collect()
    };
    if others(before) != others(after) {
        return false;
    }
    let now = after.iter().find(is_it);
    let (Change::Options(_, options) | Change::Add(_, options)) = change else {
        return now.is_none();
    };
    let Some(now) = now else {
        return false;
    };
    let is_untouched = |name: &str| {
        !options
            .keys()
            .any(|option| option.eq_ignore_ascii_case(name))
    };
    let was = before.iter().find(is_it).map(|raw| said(raw, is_untouched));
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
