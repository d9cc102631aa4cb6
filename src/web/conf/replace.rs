//! Other texts for files: either all of each is there afterwards, or the old one still is.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Why a file was not replaced: what is in the way, and what mends it.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Only root may give a file away.
    #[error(
        "{path} belongs to {owner}; Asterisk runs as {own} and cannot make a new file of that \
         owner. This lets it: chown {own}: {path}",
        path = .path.display()
    )]
    Owner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: Owner,
        /// The user Asterisk runs as.
        own: String,
    },
    /// A new file is made beside the old one.
    #[error(
        "Asterisk runs as {own} and may not make a new file in {folder}. This lets it: \
         chown {own}: {folder}",
        folder = .folder.display()
    )]
    Folder {
        /// Where it would be.
        folder: PathBuf,
        /// The user Asterisk runs as.
        own: String,
    },
    /// The disk or the owner's share of it is full.
    #[error("there is no room left in {folder}; the file is as it was", folder = .folder.display())]
    Full {
        /// Where it would be.
        folder: PathBuf,
    },
    /// Anything else.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Owner and group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    fn of(file: &fs::Metadata) -> Owner {
        Owner {
            uid: file.uid(),
            gid: file.gid(),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, group) = (name("/etc/passwd", self.uid), name("/etc/group", self.gid));
        write!(f, "{user}:{group}")
    }
}

/// The name that a table of the system gives an id; the id itself where there is none, which
/// serves as well wherever names do.
fn name(table: &str, id: u32) -> String {
    let table = fs::read_to_string(table).unwrap_or_default();
    let id = id.to_string();
    let mut lines = table
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let name = lines.find(|line| line.get(2) == Some(&id.as_str()));
    name.map_or(id.clone(), |line| line[0].to_owned())
}

fn own_name() -> String {
    name("/etc/passwd", rustix::process::geteuid().as_raw())
}

/// Texts that are tried one after the other for the same file need different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// What is to be.
    New,
    /// What was, in case that is no good.
    Old,
}

/// A text beside the file whose place it is to take, with that file's owner and mode. It is
/// removed unless it has taken that place.
#[derive(Debug)]
pub struct Candidate {
    target: PathBuf,
    path: PathBuf,
}

impl Candidate {
    /// Writes the text, to the disk.
    ///
    /// # Errors
    /// The file is as it was, and nothing beside it.
    pub fn write(target: &Path, text: &str, suffix: Suffix) -> Result<Candidate, ReplaceError> {
        let failed = |source: io::Error| refused(target, source);
        // Through a link, for the link is to stay.
        let target = fs::canonicalize(target).map_err(failed)?;
        let failed = |source: io::Error| refused(&target, source);
        let old = fs::metadata(&target).map_err(failed)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(match suffix {
            Suffix::New => ".new",
            Suffix::Old => ".old",
        });
        let path = target.with_file_name(name);
        // One that was left when the power failed.
        let _ = fs::remove_file(&path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| match source.kind() {
                ErrorKind::PermissionDenied => ReplaceError::Folder {
                    folder: folder_of(&target),
                    own: own_name(),
                },
                _ => failed(source),
            })?;
        let candidate = Candidate {
            target: target.clone(),
            path,
        };
        let owner = Owner::of(&old);
        if owner != Owner::of(&file.metadata().map_err(failed)?) {
            let given = fchown(&file, Some(owner.uid), Some(owner.gid));
            given.map_err(|source| match source.kind() {
                ErrorKind::PermissionDenied => ReplaceError::Owner {
                    path: target.clone(),
                    owner,
                    own: own_name(),
                },
                _ => failed(source),
            })?;
        }
        let mode = fs::Permissions::from_mode(old.mode() & 0o7777);
        file.set_permissions(mode)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        Ok(candidate)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file's place.
    ///
    /// # Errors
    /// The file is as it was, unless the disk is failing.
    pub fn take_place(self) -> Result<(), ReplaceError> {
        fs::rename(&self.path, &self.target)
            .and_then(|()| File::open(folder_of(&self.target))?.sync_all())
            .map_err(|source| refused(&self.target, source))
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        // Gone already when it has taken its place.
        let _ = fs::remove_file(&self.path);
    }
}

fn folder_of(target: &Path) -> PathBuf {
    target.parent().unwrap_or(Path::new("/")).to_owned()
}

fn refused(target: &Path, source: io::Error) -> ReplaceError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ReplaceError::Full {
            folder: folder_of(target),
        },
        _ => ReplaceError::Io {
            path: target.to_owned(),
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn mode_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.conf");
        let link = folder.path().join("link.conf");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file.conf", &link).unwrap();
        let candidate = Candidate::write(&link, "new", Suffix::New).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_to_string(candidate.path()).unwrap(), "new");
        candidate.take_place().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_not_wanted_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.conf");
        fs::write(&file, "old").unwrap();
        drop(Candidate::write(&file, "new", Suffix::New).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn old_and_new_lie_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.conf");
        fs::write(&file, "old").unwrap();
        let new = Candidate::write(&file, "new", Suffix::New).unwrap();
        let old = Candidate::write(&file, "old", Suffix::Old).unwrap();
        new.take_place().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        old.take_place().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_in_the_way_is_said() {
        let path = PathBuf::from("/etc/asterisk/salesforce.conf");
        let owner = ReplaceError::Owner {
            path: path.clone(),
            owner: Owner { uid: 0, gid: 0 },
            own: "asterisk".to_owned(),
        };
        assert_eq!(
            owner.to_string(),
            "/etc/asterisk/salesforce.conf belongs to root:root; Asterisk runs as asterisk and \
             cannot make a new file of that owner. This lets it: chown asterisk: \
             /etc/asterisk/salesforce.conf"
        );
        for full in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let said = refused(&path, full.into()).to_string();
            assert_eq!(
                said,
                "there is no room left in /etc/asterisk; the file is as it was"
            );
        }
        let other = refused(&path, ErrorKind::ReadOnlyFilesystem.into());
        assert!(
            other
                .to_string()
                .starts_with("/etc/asterisk/salesforce.conf: ")
        );
    }

    #[test]
    fn names_of_owners() {
        assert_eq!(name("/etc/passwd", 0), "root");
        assert_eq!(name("/etc/passwd", 4_000_000_000), "4000000000");
        assert_eq!(name("/nowhere", 7), "7");
    }
}
