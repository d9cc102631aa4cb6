//! Another text for a file: either all of it is there afterwards, or the old one still is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A text beside the file whose place it is to take, with that file's owner and mode. It is
/// removed unless it has taken that place.
pub struct Candidate {
    target: PathBuf,
    path: PathBuf,
}

impl Candidate {
    /// Writes the text, to the disk.
    ///
    /// # Errors
    /// The system's.
    pub fn write(target: &Path, text: &str) -> io::Result<Candidate> {
        // Through a link, for the link is to stay.
        let target = fs::canonicalize(target)?;
        let old = fs::metadata(&target)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".new");
        let path = target.with_file_name(name);
        // One that was left when the power failed.
        let _ = fs::remove_file(&path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let candidate = Candidate { target, path };
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(candidate)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file's place.
    ///
    /// # Errors
    /// The system's.
    pub fn take_place(self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        match self.target.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        // Gone already when it has taken its place.
        let _ = fs::remove_file(&self.path);
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
        let candidate = Candidate::write(&link, "new").unwrap();
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
        drop(Candidate::write(&file, "new").unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
