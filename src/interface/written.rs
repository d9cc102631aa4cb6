//! The configuration as it stands in its files, kept for whoever looks at it.
//!
//! Reading it is Asterisk's business and may take long: it runs the programs of `#exec` and asks
//! databases. So it is read when the module is loaded, reloaded, or something is saved; whoever
//! only looks has it read again if its files have changed, which the file system tells, and never
//! where reading would run a program or ask a database.

use super::{FILE, FileError, Host};
use crate::config::{self, ConfigError, RawSection, Reading};
use crate::messages;
use crate::messages::language::Languages;
use crate::web::conf::files::{Files, SaveError};
use crate::web::conf::sources::Sources;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The configuration as it stood when it was read.
pub struct Written {
    /// All sections; why there are none.
    pub sections: Result<Vec<RawSection>, FileError>,
    /// What is wrong.
    pub errors: Vec<ConfigError>,
    /// `None`: not in files, or in none that can be changed.
    pub files: Option<Files>,
    /// Why the files cannot be changed.
    pub unreadable: Option<Arc<SaveError>>,
    /// Tells the files from what they were.
    pub fingerprint: Option<String>,
    /// The languages there were.
    pub languages: Arc<Languages>,
    /// The files it was read from; `None`: reading does more than read files.
    sources: Option<Sources>,
    /// The files that its options name.
    named: Sources,
}

impl Written {
    /// All sections.
    pub fn sections(&self) -> &[RawSection] {
        self.sections.as_deref().unwrap_or_default()
    }
}

struct Texts {
    languages: Arc<Languages>,
    sources: Sources,
    /// Warnings and errors.
    told: [Vec<String>; 2],
}

/// Has what was read last.
#[derive(Default)]
pub struct Keeper {
    written: Mutex<Option<Arc<Written>>>,
    texts: Mutex<Option<Texts>>,
}

impl Keeper {
    /// The configuration for somebody who looks. Has no effect but on what is kept.
    pub fn look(&self, host: &impl Host) -> Arc<Written> {
        let languages = self.languages(host);
        let kept = guard(&self.written).clone();
        let Some(kept) = kept else {
            return self.read(host).0;
        };
        if kept.is_outdated(host) {
            return self.read(host).0;
        }
        let is_same = Arc::ptr_eq(&languages, &kept.languages);
        if is_same && kept.named.are_unchanged() {
            return kept;
        }
        // The same text, which may mean something else now.
        let written = Written {
            sections: kept.sections.clone(),
            errors: config::read_with(kept.sections(), &languages).errors,
            files: kept.files.clone(),
            unreadable: kept.unreadable.clone(),
            fingerprint: kept.fingerprint.clone(),
            languages,
            sources: kept.sources.clone(),
            named: named(kept.sections()),
        };
        self.keep(written)
    }

    /// Reads the configuration, whatever that does.
    pub fn read(&self, host: &impl Host) -> (Arc<Written>, Reading) {
        let languages = self.languages(host);
        let main = host.facts().config_dir.join(FILE);
        // Before it is read: what changes meanwhile is read again.
        let sources = Sources::of_configuration(&main);
        let sections = host.read_config(FILE);
        let found = sections.as_deref().unwrap_or_default();
        let named = named(found);
        let reading = config::read_with(found, &languages);
        // A database tells of no lines.
        let options = found.iter().flat_map(|section| &section.options);
        let is_in_file = options.map(|option| option.line > 0);
        let (some, all) = (
            is_in_file.clone().any(|is| is),
            is_in_file.clone().all(|is| is),
        );
        let is_whole_elsewhere = !some && is_in_file.count() > 0;
        let is_in_files = sections.is_ok() && !is_whole_elsewhere;
        let read = is_in_files.then(|| Files::read(&main, found));
        let (files, unreadable) = match read.transpose() {
            Ok(files) => (files, None),
            Err(problem) => (None, Some(Arc::new(problem))),
        };
        let written = Written {
            fingerprint: files.as_ref().map(Files::fingerprint),
            files,
            unreadable,
            errors: reading.errors.clone(),
            sources: (all && !sources.run_programs()).then_some(sources),
            named,
            languages,
            sections,
        };
        (self.keep(written), reading)
    }

    /// The languages there are, with the administrator's own; what is wrong with those is logged
    /// when their files have changed.
    pub fn languages(&self, host: &impl Host) -> Arc<Languages> {
        let mut texts = guard(&self.texts);
        if let Some(texts) = texts.as_ref().filter(|texts| texts.sources.are_unchanged()) {
            return texts.languages.clone();
        }
        let directory = host.facts().data_dir.join("salesforce");
        let sources = Sources::of([directory.clone()]);
        let found = messages::files::read(&directory);
        let told = [found.warnings, found.errors];
        let is_told = texts
            .as_ref()
            .is_some_and(|former| former.sources.are_those_of(&sources) && former.told == told);
        if !is_told {
            let [warnings, errors] = &told;
            warnings.iter().for_each(|warning| log::warn!("{warning}"));
            errors.iter().for_each(|error| log::error!("{error}"));
        }
        let languages = Arc::new(found.languages);
        *texts = Some(Texts {
            languages: languages.clone(),
            sources,
            told,
        });
        languages
    }

    /// What is wrong with the languages is to be logged once more, the next time.
    pub fn forget_languages(&self) {
        *guard(&self.texts) = None;
    }

    fn keep(&self, written: Written) -> Arc<Written> {
        let written = Arc::new(written);
        *guard(&self.written) = Some(written.clone());
        written
    }
}

impl Written {
    /// Have its files changed, and can they be read without an effect?
    fn is_outdated(&self, host: &impl Host) -> bool {
        let Some(sources) = &self.sources else {
            return false;
        };
        if sources.are_unchanged() {
            return false;
        }
        // They may name a program by now.
        let main = host.facts().config_dir.join(FILE);
        !Sources::of_configuration(&main).run_programs()
    }
}

/// The files that options name and that have to be there.
fn named(sections: &[RawSection]) -> Sources {
    let options = sections.iter().flat_map(|section| &section.options);
    let files = options.filter(|option| {
        let name = option.name.to_ascii_lowercase();
        (name.ends_with("_file") || name == "private_key") && option.value.starts_with('/')
    });
    Sources::of(files.map(|option| PathBuf::from(option.value.trim())))
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
