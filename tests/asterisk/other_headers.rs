//! A module that was built with the headers of another Asterisk: harmless where it fits, refused in
//! words where it does not.
//!
//! The shim is compiled against headers of other sizes, with a stand-in for Rust behind it.

use private_pbx::{Dialplan, Pbx, eventually};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const MODULE: &str = "res_ansitel_salesforce.so";
const PATIENCE: Duration = Duration::from_secs(20);

/// Room that each object has which Asterisk writes into, or reads to its own length.
const ROOM: u64 = 1024;

/// A file of the headers, and a text in it with what stands in its place.
type Change = (&'static str, &'static str, &'static str);

/// Members at the end that other releases do not have yet: their objects are shorter.
const SHORTER: &[Change] = &[
    ("asterisk/pbx.h", "AST_STRING_FIELD_EXTENDED(since);", ""),
    (
        "asterisk/pbx.h",
        "AST_STRING_FIELD_EXTENDED(provided_by);",
        "",
    ),
    ("asterisk/cli.h", "AST_LIST_ENTRY(ast_cli_entry) list;", ""),
];

/// The module as it would be with other headers.
struct Build(TempDir);

impl Build {
    fn with(changes: &[Change]) -> Build {
        let folder = TempDir::new().unwrap();
        let include = folder.path().join("include");
        copy(&private_pbx::include_dir(), &include);
        for (file, from, to) in changes {
            let path = include.join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file} has no {from}");
            fs::write(path, text.replace(from, to)).unwrap();
        }
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shim = fs::read_dir(top.join("src/asterisk")).unwrap();
        let sources = shim
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "c"));
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-std=gnu11", "-D_GNU_SOURCE"])
            .arg("-DAST_MODULE=\"res_ansitel_salesforce\"")
            .arg("-DAST_MODULE_SELF_SYM=__internal_res_ansitel_salesforce_self")
            .arg("-I")
            .arg(top.join("include"))
            .arg("-isystem")
            .arg(&include)
            .args(sources)
            .arg(top.join("tests/asterisk/stand_in.c"))
            .arg("-o")
            .arg(folder.path().join(MODULE))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        Build(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(MODULE)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn pbx(build: &Build) -> Pbx {
    let asks = "[ask]\nexten => s,1,Set(GLOBAL(GOT)=${SALESFORCE(name,0301234567)})\n";
    let dialplan = Dialplan::default().more(asks);
    let pbx = Pbx::builder().dialplan(dialplan).start().unwrap();
    pbx.install_module(MODULE, &build.file()).unwrap();
    pbx
}

fn load(pbx: &Pbx) -> String {
    pbx.cli(&format!("module load {MODULE}")).unwrap()
}

#[test]
fn whatever_asterisk_writes_into_has_room() {
    let build = Build::with(&[]);
    let output = Command::new("nm")
        .args(["--print-size", "--radix=d"])
        .arg(build.file())
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let size = |name: &str| -> u64 {
        let line = listed.lines().find(|line| {
            let mut words = line.split(' ');
            words.next_back() == Some(name)
        });
        let size = line.and_then(|line| line.split(' ').nth(1));
        size.unwrap_or_else(|| panic!("no {name}:\n{listed}"))
            .parse()
            .unwrap()
    };
    for (name, count) in [
        ("function", 1),
        ("page", 1),
        ("module_info", 1),
        ("mark_vtable", 1),
        ("entries", 9),
    ] {
        assert!(size(name) >= count * ROOM, "{name}: {}", size(name));
    }
}

#[test]
fn longer_objects_of_the_asterisk_at_hand_hurt_nobody() {
    let build = Build::with(SHORTER);
    let pbx = pbx(&build);
    for _ in 0..5 {
        let said = load(&pbx);
        assert!(said.contains("Loaded"), "{said}");
        let shown = pbx.cli("core show function SALESFORCE").unwrap();
        assert!(shown.contains("SALESFORCE"), "{shown}");
        pbx.cli("channel originate Local/s@ask/n application Wait 0")
            .unwrap();
        eventually("the value of the function", PATIENCE, || {
            let globals = pbx.cli("dialplan show globals").unwrap();
            globals.contains("GOT=from the stand-in")
        })
        .unwrap();
        pbx.cli("dialplan set global GOT none").unwrap();
        for command in ["show users", "show status", "start", "stop", "discard 1"] {
            let said = pbx.cli(&format!("salesforce {command}")).unwrap();
            assert!(said.contains("from the stand-in"), "{said}");
        }
        eventually("nobody uses the module", PATIENCE, || {
            let said = pbx.cli(&format!("module unload {MODULE}")).unwrap();
            said.contains("Unloaded")
        })
        .unwrap();
        let shown = pbx.cli("core show function SALESFORCE").unwrap();
        assert!(shown.contains("No function"), "{shown}");
    }
    assert!(pbx.crashed().is_none());
}

/// Sources are released as "trunk" and "certified/20.7", too.
#[test]
fn a_version_that_is_no_number_does_not_matter() {
    let named: Change = (
        "asterisk/autoconfig.h",
        "#define PACKAGE_VERSION \"",
        "#define PACKAGE_VERSION \"trunk-",
    );
    let pbx = pbx(&Build::with(&[named]));
    let said = load(&pbx);
    assert!(said.contains("Loaded"), "{said}");
}

#[test]
fn another_layout_of_snapshots_is_refused_in_words() {
    let without: Change = (
        "asterisk/stasis_channels.h",
        "AST_STRING_FIELD(tenantid);",
        "",
    );
    let build = Build::with(&[without]);
    let pbx = pbx(&build);
    load(&pbx);
    let mut told = String::new();
    eventually("the refusal", PATIENCE, || {
        told = pbx.log();
        told.contains("does not fit this Asterisk (22.")
    })
    .unwrap();
    assert!(
        told.contains("whose channels do not have a tenant id. Install the module")
            && told.contains("asterisk-dev")
            && told.contains("make install-headers"),
        "{told}"
    );
    let listed = pbx.cli("module show like ansitel").unwrap();
    assert!(
        !listed.contains("Running") || listed.contains("Not Running"),
        "{listed}"
    );
    assert!(pbx.cli("core show version").unwrap().contains("22."));
}
