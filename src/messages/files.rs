//! Files of an administrator that change the texts of a language or add a language.
//!
//! `de.ftl` replaces messages of German, `pl.ftl` adds Polish, `de-AT.ftl` adds an Austrian
//! variety of German. What such a file lacks is said as the nearest language says it, English
//! where there is none.

use super::check::{self, LARGEST};
use super::language::{Language, Languages, canonical, is_built_in, normalised};
use super::text::single_line;
use crate::files;
use fluent_bundle::FluentResource;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What came of reading.
pub struct Found {
    /// All languages there are now.
    pub languages: Languages,
    /// Why a file is not used, one line each.
    pub errors: Vec<String>,
    /// What is right but probably not meant, one line each.
    pub warnings: Vec<String>,
}

/// Reads all files `<tag>.ftl` of a directory, which need not exist. A file with an error in it
/// is left out as a whole: its language then says what it would say without it.
pub fn read(directory: &Path) -> Found {
    let mut found = Found {
        languages: Languages::in_directory(directory),
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let files = match list(directory) {
        Ok(files) => files,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return found,
        Err(e) => {
            found.error(directory, &e.to_string());
            return found;
        }
    };
    let mut tagged: Vec<(String, PathBuf)> = Vec::new();
    for path in files {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        match stem.and_then(normalised) {
            Some(tag) => tagged.push((tag, path)),
            None => found.warn(&path, "is not called like a language; not used"),
        }
    }
    // Salesforce's come first, for others build upon them.
    tagged.sort_by_key(|(tag, _)| !is_built_in(tag));
    let mut before: Option<String> = None;
    for (tag, path) in tagged {
        if before.as_ref() == Some(&tag) {
            found.error(&path, &format!("there is another file for {tag}; not used"));
        } else {
            found.take(&tag, &path);
        }
        before = Some(tag);
    }
    found
}

/// The files that hold texts, by name; hidden ones belong to editors.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "ftl") && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Found {
    /// Adds the language of a file, or what there is instead of it.
    fn take(&mut self, tag: &str, path: &Path) {
        let nearest = canonical(tag);
        let base = self.languages.named(nearest.unwrap_or("en"));
        let language = match usable(path, tag, &base) {
            Ok((own, language)) => {
                let names = check::names(&own);
                if !names.unknown.is_empty() {
                    let unknown = check::tell(&names.unknown, ", ");
                    self.warn(path, &format!("no message is called {unknown}"));
                }
                if nearest.is_none() && !names.missing.is_empty() {
                    let missing = names.missing.join(", ");
                    self.warn(
                        path,
                        &format!("written in English, for it lacks: {missing}"),
                    );
                }
                language
            }
            Err(problems) => {
                let instead = if is_built_in(tag) {
                    "the built-in texts are".to_owned()
                } else {
                    format!("{} is", base.tag())
                };
                let told = check::tell(&problems, "; ");
                self.error(path, &format!("{told}. Instead of it, {instead} used"));
                base.varied(tag, None)
            }
        };
        self.languages.add(language);
    }

    fn error(&mut self, path: &Path, problem: &str) {
        self.errors.push(told(path, problem));
    }

    fn warn(&mut self, path: &Path, what: &str) {
        self.warnings.push(told(path, what));
    }
}

/// Names and pieces of files may hold anything, a log line may not.
fn told(path: &Path, what: &str) -> String {
    single_line(&format!("{}: {what}", path.display()))
}

/// The texts of a file, and the language that they make of `base`.
fn usable(
    path: &Path,
    tag: &str,
    base: &Language,
) -> Result<(Arc<FluentResource>, Language), Vec<String>> {
    let bytes = files::read(path, LARGEST).map_err(|e| vec![e.why.to_string()])?;
    let own = check::parse(&bytes)?;
    let language = base.varied(tag, Some(own.clone()));
    let problems = check::problems(&own, &language);
    if problems.is_empty() {
        Ok((own, language))
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests;
