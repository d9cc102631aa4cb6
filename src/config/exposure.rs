//! Who but Asterisk can get at files that hold secrets.

use super::error::OneLine;
use super::raw::RawSection;
use super::section::SECRETS;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Read and write permission of everybody, and the bit by which everybody may remove only what
/// is one's own.
const READ: u32 = 0o004;
const WRITE: u32 = 0o002;
const PASS: u32 = 0o001;
const STICKY: u32 = 0o1000;

/// How everybody on this machine can get at the file, with the command that ends it; `None`:
/// not everybody can, or there is no such file.
pub(super) fn of_file(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let meta = path.metadata().ok()?;
    let mut directories: Vec<_> = path.ancestors().skip(1).collect();
    directories.reverse();
    for directory in directories {
        let mode = directory.metadata().ok()?.permissions().mode();
        if mode & PASS == 0 {
            // Nobody gets any further.
            return None;
        }
        if mode & WRITE != 0 && mode & STICKY == 0 {
            let directory = directory.display().to_string();
            return Some(format!(
                "everybody on this machine can put another file in its place; chmod o-w {}",
                OneLine(&directory)
            ));
        }
    }
    let can = match meta.permissions().mode() & (READ | WRITE) {
        0 => return None,
        READ => "read",
        WRITE => "change",
        _ => "read and change",
    };
    let file = path.display().to_string();
    let file = OneLine(&file);
    let asterisk = rustix::process::geteuid().as_raw();
    // Without the first command the second one would keep Asterisk out.
    let owned = if meta.uid() == asterisk {
        String::new()
    } else {
        format!("chown {asterisk} {file}; ")
    };
    Some(format!(
        "everybody on this machine can {can} the file; {owned}chmod 600 {file}"
    ))
}

/// A warning for each file of the configuration that holds secrets and that everybody can get
/// at. `directory`: where files without a path are.
pub fn of_configuration(sections: &[RawSection], directory: &Path) -> Vec<String> {
    let options = sections.iter().flat_map(|section| &section.options);
    let mut files: Vec<&str> = options
        .filter(|option| {
            let mut names = SECRETS.iter();
            names.any(|name| option.name.eq_ignore_ascii_case(name)) && !option.value.is_empty()
        })
        .map(|option| option.file.as_str())
        .collect();
    files.sort_unstable();
    files.dedup();
    let warning = |file: &str| {
        let path: PathBuf = directory.join(file);
        let exposed = of_file(&path)?;
        Some(format!("{} holds secrets: {exposed}", OneLine(file)))
    };
    files.into_iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawOption;
    use std::fs::{self, Permissions};

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn everybody_is_who_is_warned_of() {
        let top = tempfile::tempdir().unwrap();
        let inner = top.path().join("keys");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("app.pem");
        fs::write(&file, "").unwrap();
        let with = |top_mode, inner_mode, file_mode| {
            set(top.path(), top_mode);
            set(&inner, inner_mode);
            set(&file, file_mode);
            of_file(&file).map(|said| said.replace(&top.path().display().to_string(), "TOP"))
        };
        let said = |words: &str| Some(format!("everybody on this machine can {words}"));
        let chmod = "the file; chmod 600 TOP/keys/app.pem";
        for (top_mode, inner_mode, file_mode, expected) in [
            (0o755, 0o755, 0o600, None),
            (0o755, 0o755, 0o640, None),
            (0o755, 0o755, 0o644, said(&format!("read {chmod}"))),
            (0o755, 0o755, 0o602, said(&format!("change {chmod}"))),
            (
                0o755,
                0o755,
                0o666,
                said(&format!("read and change {chmod}")),
            ),
            (0o755, 0o750, 0o666, None),
            (0o750, 0o777, 0o666, None),
            (0o755, 0o1777, 0o600, None),
            (
                0o755,
                0o777,
                0o600,
                said("put another file in its place; chmod o-w TOP/keys"),
            ),
        ] {
            let modes = format!("{top_mode:o} {inner_mode:o} {file_mode:o}");
            assert_eq!(with(top_mode, inner_mode, file_mode), expected, "{modes}");
        }
        let link = top.path().join("link.pem");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        set(&inner, 0o700);
        assert_eq!(of_file(&link), None);
        assert_eq!(of_file(&inner.join("none")), None);
    }

    #[test]
    fn only_files_with_secrets_in_them_are_told_of() {
        let top = tempfile::tempdir().unwrap();
        set(top.path(), 0o755);
        for name in ["salesforce.conf", "more.conf", "plain.conf"] {
            fs::write(top.path().join(name), "").unwrap();
            set(&top.path().join(name), 0o644);
        }
        let option = |name: &str, value: &str, file: &str| RawOption {
            name: name.to_owned(),
            value: value.to_owned(),
            file: file.to_owned(),
            line: 1,
        };
        let more = top.path().join("more.conf").display().to_string();
        let sections = [RawSection {
            name: "a".to_owned(),
            file: "salesforce.conf".to_owned(),
            line: 1,
            options: vec![
                option("username", "u", "plain.conf"),
                option("password", "", "plain.conf"),
                option("password_file", "/x", "plain.conf"),
                option("Password", "p", "salesforce.conf"),
                option("token", "t", "salesforce.conf"),
                option("client_secret", "s", &more),
                option("client_secret", "s", "none.conf"),
            ],
        }];
        let warnings = of_configuration(&sections, top.path());
        assert_eq!(warnings.len(), 2, "{warnings:#?}");
        let mut beginnings = [more.as_str(), "salesforce.conf"];
        beginnings.sort_unstable();
        for (warning, file) in warnings.iter().zip(beginnings) {
            let beginning = format!("{file} holds secrets: everybody on this machine can read");
            assert!(warning.starts_with(&beginning), "{warning}");
        }
    }
}
