//! The files that a configuration is read from, and whether they are still what they were: asked
//! of the file system alone, so that looking at the configuration has no effect and costs nothing.

use super::{Directive, Document};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As deep as Asterisk follows files that include files.
const DEEPEST: usize = 10;

/// A file that was written within this time before it was looked at may be written again without
/// a trace: clocks of file systems are coarse.
const COARSE: Duration = Duration::from_millis(100);

/// What tells a file from what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Stamp {
        Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// Files and folders, as they were at one moment.
#[derive(Debug, Clone)]
pub struct Sources {
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    since: SystemTime,
    runs_programs: bool,
}

impl Sources {
    /// These files, which need not be there, and for folders which files are in them.
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Sources {
        let mut sources = Sources {
            stamps: Vec::new(),
            since: SystemTime::now(),
            runs_programs: false,
        };
        for path in paths {
            sources.stamp(&path);
            for file in files_of(&path) {
                sources.stamp(&file);
            }
        }
        sources
    }

    /// A configuration file, with all that it includes and that these include.
    pub fn of_configuration(main: &Path) -> Sources {
        let mut sources = Sources::of([]);
        sources.follow(main, main.parent().unwrap_or(Path::new("/")), 0);
        sources
    }

    /// Does reading them run programs?
    pub fn run_programs(&self) -> bool {
        self.runs_programs
    }

    /// Are they what they were?
    pub fn are_unchanged(&self) -> bool {
        let mut stamps = self.stamps.iter();
        stamps.all(|(path, stamp)| stamp_of(path) == *stamp && !self.is_young(stamp.as_ref()))
    }

    /// Are these the same files, and were they then what they are now?
    pub fn are_those_of(&self, other: &Sources) -> bool {
        self.stamps == other.stamps
    }

    /// Might it have been written again within the same tick of the clock?
    fn is_young(&self, stamp: Option<&Stamp>) -> bool {
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        let certain = since.saturating_sub(COARSE);
        let certain = (
            i64::try_from(certain.as_secs()).unwrap_or(i64::MAX),
            i64::from(certain.subsec_nanos()),
        );
        stamp.is_some_and(|stamp| stamp.modified.max(stamp.changed) > certain)
    }

    /// `true`: it was not known yet.
    fn stamp(&mut self, path: &Path) -> bool {
        let is_new = !self.stamps.iter().any(|(known, _)| known == path);
        if is_new {
            self.stamps.push((path.to_owned(), stamp_of(path)));
        }
        is_new
    }

    fn follow(&mut self, file: &Path, folder: &Path, depth: usize) {
        let is_regular = fs::metadata(file).is_ok_and(|meta| meta.is_file());
        if !self.stamp(file) || !is_regular || depth > DEEPEST {
            return;
        }
        let bytes = fs::read(file).unwrap_or_default();
        for directive in Document::read(&String::from_utf8_lossy(&bytes)).directives() {
            match directive {
                Directive::Include(pattern) => {
                    for file in self.expand(&folder.join(pattern)) {
                        self.follow(&file, folder, depth + 1);
                    }
                }
                Directive::Exec(_) => self.runs_programs = true,
                Directive::Unknown(_) => {}
            }
        }
    }

    /// The files that a pattern names now. The folders in which more may appear are watched.
    fn expand(&mut self, pattern: &Path) -> Vec<PathBuf> {
        let mut found = vec![PathBuf::new()];
        for part in pattern.iter() {
            let is_pattern = part.to_string_lossy().contains(['*', '?', '[', '{', '\\']);
            if !is_pattern {
                found.iter_mut().for_each(|path| path.push(part));
                continue;
            }
            let folders = std::mem::take(&mut found);
            for folder in folders {
                self.stamp(&folder);
                let files = files_of(&folder).into_iter();
                found.extend(
                    files.filter(|file| file.file_name().is_some_and(|name| matches(part, name))),
                );
            }
        }
        found
    }
}

fn stamp_of(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|meta| Stamp::of(&meta))
}

/// What is in a folder.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Might a shell's pattern mean this name? A class is taken for any character, and whatever is in
/// braces or behind a backslash for any text: a file watched in vain does no harm.
fn matches(pattern: &OsStr, name: &OsStr) -> bool {
    let (pattern, name) = (pattern.to_string_lossy(), name.to_string_lossy());
    if pattern.contains(['{', '\\']) {
        return true;
    }
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    is_like(pattern.as_bytes(), name.as_bytes())
}

fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], name) => name.is_empty(),
        ([b'*', rest @ ..], name) => (0..=name.len()).any(|at| is_like(rest, &name[at..])),
        ([b'[', rest @ ..], [_, name @ ..]) => {
            let end = rest.iter().skip(1).position(|byte| *byte == b']');
            end.is_none_or(|end| is_like(&rest[end + 2..], name))
        }
        ([b'?', rest @ ..], [_, name @ ..]) => is_like(rest, name),
        ([one, rest @ ..], [other, name @ ..]) => one == other && is_like(rest, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::FileTimes;

    /// Old enough to be certain.
    fn write(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
    }

    /// Looked at a while after the last change.
    fn later(mut sources: Sources) -> Sources {
        sources.since += Duration::from_secs(60);
        sources
    }

    #[test]
    fn every_file_that_is_included_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("users.d")).unwrap();
        write(
            &at("main.conf"),
            ";--\n#include never.conf\n--;\n#include <one.conf>\n#tryinclude none.conf\n\
             [a]\n#include users.d/*.conf ; users\n",
        );
        write(&at("one.conf"), "#include two.conf\n");
        // It has no option, so Asterisk tells nothing of it.
        write(&at("two.conf"), "; empty\n");
        write(&at("users.d/a.conf"), "x=1\n#include main.conf\n");
        write(&at("users.d/b.txt"), "#exec /bin/false\n");
        write(&at("never.conf"), "");
        let unchanged_after = |change: &dyn Fn()| {
            let sources = later(Sources::of_configuration(&at("main.conf")));
            assert!(sources.are_unchanged() && !sources.run_programs());
            change();
            sources.are_unchanged()
        };
        assert!(!unchanged_after(&|| write(
            &at("main.conf"),
            "#include one.conf\n#include users.d/*.conf\n#tryinclude none.conf"
        )));
        assert!(!unchanged_after(&|| write(
            &at("one.conf"),
            "#include two.conf\n;"
        )));
        assert!(!unchanged_after(&|| write(&at("two.conf"), "; other\n")));
        assert!(!unchanged_after(&|| write(&at("none.conf"), "")));
        assert!(!unchanged_after(&|| write(&at("users.d/c.conf"), "")));
        assert!(!unchanged_after(&|| write(&at("users.d/c.conf"), "y=2")));
        assert!(!unchanged_after(
            &|| fs::remove_file(at("users.d/c.conf")).unwrap()
        ));
        assert!(unchanged_after(&|| write(&at("users.d/b.txt"), "other")));
        assert!(unchanged_after(&|| write(&at("never.conf"), "other")));
        // Another file of the same size and time.
        assert!(!unchanged_after(&|| {
            let times = fs::metadata(at("two.conf")).unwrap().modified().unwrap();
            write(&at("new"), "; other\n");
            let new = fs::File::options().write(true).open(at("new")).unwrap();
            new.set_times(FileTimes::new().set_modified(times)).unwrap();
            fs::rename(at("new"), at("two.conf")).unwrap();
        }));
        // What has just been written may be written once more.
        write(&at("two.conf"), ";");
        assert!(!Sources::of_configuration(&at("main.conf")).are_unchanged());
    }

    #[test]
    fn programs_are_seen_and_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let (main, ran) = (folder.path().join("main.conf"), folder.path().join("ran"));
        for (line, runs) in [
            (format!("#exec \"touch {}\"", ran.display()), true),
            ("  #EXEC x".to_owned(), true),
            ("; #exec x".to_owned(), false),
            ("a = #exec x".to_owned(), false),
            (";--\n#exec x\n--;".to_owned(), false),
            (";--\n--;#exec x".to_owned(), true),
        ] {
            write(&main, &line);
            let sources = Sources::of_configuration(&main);
            assert_eq!(sources.run_programs(), runs, "{line}");
        }
        assert!(!ran.exists());
    }

    #[test]
    fn patterns_as_of_a_shell() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".a.conf", false),
            ("*.conf", "a.conf.old", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[ab]x", "ax", true),
            ("[]a]x", "]x", true),
            ("x[", "xy", true),
            ("{a,b}.conf", "b.conf", true),
            ("a*b*c", "a-b-b-c", true),
        ] {
            let found = matches(OsStr::new(pattern), OsStr::new(name));
            assert_eq!(found, expected, "{pattern} {name}");
        }
    }
}
