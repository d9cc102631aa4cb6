//! Saving where the system does not let Asterisk, which does not run as root as a rule.

use super::office::{ADMIN, Office, fingerprint_of, plan, status};
use crate::scene::PATIENCE;
use private_pbx::eventually;
use res_ansitel_salesforce::config::{RawOption, RawSection};
use res_ansitel_salesforce::web::conf::Wanted;
use res_ansitel_salesforce::web::conf::files::{Change, Files, SaveError};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An Asterisk that runs as its own user, to whom everything belongs; that user's id.
fn office_of_asterisk() -> (Office, u32) {
    let scene = plan().prepare();
    let pbx = &scene.pbx;
    let users = fs::read_to_string(pbx.root().host_path("/etc/passwd")).unwrap();
    let user = users
        .lines()
        .find_map(|line| line.strip_prefix("asterisk:x:"));
    let user: u32 = user.unwrap().split(':').next().unwrap().parse().unwrap();
    pbx.stop().unwrap();
    let conf = fs::read_to_string(pbx.path("etc/asterisk.conf")).unwrap();
    let conf = format!("{conf}\nrunuser=asterisk\nrungroup=asterisk\n");
    pbx.write_etc("asterisk.conf", &conf).unwrap();
    let chown = Command::new("chown")
        .args(["-hR", &format!("{user}:{user}")])
        .arg(pbx.path(""))
        .status();
    assert!(chown.unwrap().success());
    pbx.start().unwrap();
    scene.load();
    (Office::of(scene), user)
}

fn listed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn what_keeps_asterisk_from_saving_is_said() {
    let (office, user) = office_of_asterisk();
    let pbx = &office.scene.pbx;
    let (folder, file) = (pbx.path("etc"), pbx.path("etc/salesforce.conf"));
    let (inner_folder, inner_file) = (pbx.inner_path("etc"), pbx.inner_path("etc/salesforce.conf"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let (cookie, token) = office.session(ADMIN);
    let headers = format!("{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n");
    let save = || {
        let users = office.ask("GET", "/salesforce/api/users", &cookie);
        let fingerprint = fingerprint_of(&users).unwrap();
        let body =
            format!(r#"{{"name":"anna","fingerprint":"{fingerprint}","set":{{"country":"AT"}}}}"#);
        office.post("/salesforce/api/save", &headers, &body)
    };
    let (before, names) = (office.conf(), listed(&folder));

    chown(&file, Some(0), Some(user)).unwrap();
    let answer = save();
    assert_eq!(status(&answer), 500, "{answer}");
    let owner = format!("{} belongs to root:asterisk", inner_file.display());
    let mends = format!("chown asterisk: {}\"", inner_file.display());
    assert!(
        answer.contains(&owner) && answer.contains(&mends),
        "{answer}"
    );
    assert_eq!(
        (office.conf(), listed(&folder)),
        (before.clone(), names.clone())
    );

    chown(&file, Some(user), Some(user)).unwrap();
    chown(&folder, Some(0), Some(0)).unwrap();
    let answer = save();
    assert_eq!(status(&answer), 500, "{answer}");
    let mends = format!("chown asterisk: {}\"", inner_folder.display());
    assert!(answer.contains(&mends), "{answer}");
    assert_eq!((office.conf(), listed(&folder)), (before, names));
    let said = office.scene.await_logged("ERROR", "From the web page", 2);
    assert_eq!(said.len(), 2, "{said:#?}");

    // What was said does mend it.
    chown(&folder, Some(user), Some(user)).unwrap();
    let answer = save();
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(office.conf().contains("country = AT"));
    let saved = fs::metadata(&file).unwrap();
    assert_eq!(
        (saved.uid(), saved.gid(), saved.mode() & 0o7777),
        (user, user, 0o640)
    );
    eventually("in force", PATIENCE, || {
        let user = office.scene.cli("salesforce show user anna");
        user.contains("AT")
    })
    .unwrap();
}

/// Where the test runs again, on a disk of its own.
const DISK: &str = "FULL_DISK";

#[test]
fn a_full_disk_leaves_all_files_as_they_were() {
    if let Some(folder) = std::env::var_os(DISK) {
        return save_on_a_full_disk(&PathBuf::from(folder));
    }
    let folder = tempfile::tempdir().unwrap();
    // The mount goes with the last process that sees it.
    let again = Command::new("unshare")
        .args(["--mount", "--", "sh", "-c"])
        .arg("mount -t tmpfs -o size=128k tmpfs \"$FULL_DISK\" && exec \"$0\" \"$@\"")
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "web::ownership::a_full_disk_leaves_all_files_as_they_were",
        ])
        .args(["--nocapture"])
        .env(DISK, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(
        again.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn save_on_a_full_disk(folder: &Path) {
    let (main, other) = (folder.join("salesforce.conf"), folder.join("users.conf"));
    // Each needs room for five blocks more than it says.
    let comment = format!("; {}\n", "x".repeat(100)).repeat(200);
    let texts = [
        (
            &main,
            format!("{comment}[general]\nlanguage = de\n#include users.conf\n"),
        ),
        (&other, format!("{comment}[anna]\nusername = a@b.example\n")),
    ];
    for (path, text) in &texts {
        fs::write(path, text).unwrap();
    }
    let section = |name: &str, option: &str, value: &str, file: &str| RawSection {
        name: name.to_owned(),
        file: file.to_owned(),
        line: 1,
        options: vec![RawOption {
            name: option.to_owned(),
            value: value.to_owned(),
            file: file.to_owned(),
            line: 2,
        }],
    };
    let sections = [
        section("general", "language", "de", "salesforce.conf"),
        section("anna", "username", "a@b.example", "users.conf"),
    ];
    let (mut filler, block) = (
        fs::File::create(folder.join("filler")).unwrap(),
        [b'x'; 4096],
    );
    while filler.write_all(&block).is_ok() {}
    let full = filler.metadata().unwrap().len();
    let names = listed(folder);
    let save = |name: &str, option: &str, blocks: u64| {
        filler.set_len(full - 4096 * blocks).unwrap();
        let set = BTreeMap::from([(option.to_owned(), Wanted::One("en".to_owned()))]);
        let files = Files::read(&main, &sections).unwrap();
        let change = Change::Options(name, &set);
        let problem = files
            .save(&change, &sections, |_| None, |_| Ok(()))
            .unwrap_err();
        for (path, text) in &texts {
            assert_eq!(&fs::read_to_string(path).unwrap(), text, "{problem}");
        }
        assert_eq!(listed(folder), names, "{problem}");
        problem
    };
    // In an included file, room for the way back is not enough: seven blocks.
    for (name, option, blocks) in [
        ("general", "language", 0),
        ("general", "language", 3),
        ("anna", "username", 0),
        ("anna", "username", 3),
        ("anna", "username", 7),
    ] {
        let problem = save(name, option, blocks);
        assert!(
            matches!(problem, SaveError::Replace(_)),
            "{name}, {blocks}: {problem}"
        );
        let said = problem.to_string();
        assert!(said.starts_with("there is no room left in"), "{said}");
    }
    // With room for both it goes there and back, for Asterisk reads nothing of the kind.
    for (name, option) in [("general", "language"), ("anna", "username")] {
        assert!(matches!(save(name, option, 14), SaveError::Misread));
    }
}
