//! What is opened, and what is not.

use super::*;
use rustix::fs::CWD;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

/// Everything that is no file, each with what is said of it.
fn no_files(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let at = |name: &str| folder.join(name);
    let mode = Mode::from_raw_mode(0o666);
    rustix::fs::mknodat(CWD, at("pipe"), FileType::Fifo, mode, 0).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    fs::create_dir(at("folder")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    symlink(at("pipe"), at("link to a pipe")).unwrap();
    symlink(at("circle"), at("circle")).unwrap();
    vec![
        (at("pipe"), "is a named pipe, not a file"),
        (at("socket"), "is a socket, not a file"),
        (at("folder"), "is a folder, not a file"),
        (PathBuf::from("/dev/zero"), "is a device, not a file"),
        (at("link to a pipe"), "is a named pipe, not a file"),
        (at("dangling"), "is a link to something that does not exist"),
        (at("circle"), "cannot be used: "),
        (at("nothing"), "does not exist"),
        (at("file").join("x"), "cannot be used: "),
    ]
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn only_files_are_read_and_nobody_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "some text").unwrap();
    for (path, words) in no_files(folder.path()) {
        let error = read(&path, 100).err().unwrap();
        let told = error.to_string();
        assert!(
            told.starts_with(&format!("{} {words}", path.display())),
            "{told}"
        );
        assert_eq!(told.contains("os error"), words.ends_with(": "), "{told}");
    }
    assert_eq!(*read(&file, 9).unwrap(), b"some text");
    let told = read(&file, 8).err().unwrap().why.to_string();
    assert!(told.starts_with("is larger than "), "{told}");
    // Says that it is empty.
    assert!(
        read_text(Path::new("/proc/self/stat"), 4096)
            .unwrap()
            .contains(' ')
    );
}

#[test]
fn secrets_are_read_through_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // As Kubernetes does it: the secret is a link to a link.
    fs::create_dir(at("..2026")).unwrap();
    fs::write(at("..2026").join("password"), "secret").unwrap();
    symlink("..2026", at("..data")).unwrap();
    symlink("..data/password", at("password")).unwrap();
    assert_eq!(*read_text(&at("password"), 100).unwrap(), "secret");
}

#[test]
fn nothing_is_written_but_to_files_and_not_through_links() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "somebody's").unwrap();
    symlink(&file, folder.path().join("link")).unwrap();
    let link = (folder.path().join("link"), "is a link");
    for (path, words) in no_files(folder.path()).into_iter().chain([link]) {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        let words = match words {
            "does not exist" => continue,
            _ if is_link => "is a link, and nothing is written through a link",
            words => words,
        };
        for opened in [open_own(&path), append_to_own(&path)] {
            let told = opened.err().unwrap().why.to_string();
            assert!(told.starts_with(words), "{}: {told}", path.display());
        }
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "somebody's");
    assert!(!folder.path().join("nothing").exists());

    let own = folder.path().join("own");
    open_own(&own).unwrap().write_all(b"ab").unwrap();
    append_to_own(&own).unwrap().write_all(b"c").unwrap();
    assert_eq!(
        (fs::read_to_string(&own).unwrap().as_str(), mode(&own)),
        ("abc", 0o600)
    );
    assert_eq!(look(&own).unwrap(), Some(3));
    assert_eq!(look(&folder.path().join("none")).unwrap(), None);
    // Folders on the way may be links.
    symlink(folder.path(), folder.path().join("way")).unwrap();
    open_own(&folder.path().join("way").join("own")).unwrap();
}

#[test]
fn text_is_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for (bytes, expected) in [
        (&b"Geheimnis"[..], Ok("Geheimnis")),
        ("\u{feff}Geh\u{fc}te".as_bytes(), Ok("\u{feff}Geh\u{fc}te")),
        (b"one\ntwo\nGeh\xfcte\n", Err("is not UTF-8 in line 3")),
        (b"\xff\xfeG\0e\0", Err("is not UTF-8 in line 1")),
    ] {
        fs::write(&file, bytes).unwrap();
        let read = read_text(&file, 100).map_err(|error| error.why.to_string());
        assert_eq!(
            read.as_ref()
                .map(|text| text.as_str())
                .map_err(String::as_str),
            expected
        );
    }
}

#[test]
fn the_mark_before_a_text_is_no_part_of_it() {
    assert_eq!(without_mark("\u{feff}[general]"), "[general]");
    assert_eq!(without_mark("a\u{feff}"), "a\u{feff}");
}

#[test]
fn modes_are_put_right_but_not_through_links() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "").unwrap();
    symlink(&file, &link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        put_right(&link, OWN).err().unwrap().why,
        Why::Link
    ));
    assert_eq!(mode(&file), 0o644);
    assert_eq!(put_right(&file, OWN).unwrap(), Some(0o644));
    assert_eq!(put_right(&file, OWN).unwrap(), None);
    assert_eq!(mode(&file), 0o600);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(put_right(folder.path(), OWN_FOLDER).unwrap(), Some(0o755));
    let none = put_right(&folder.path().join("none"), OWN).err().unwrap();
    assert!(matches!(none.why, Why::Missing), "{none}");
}
