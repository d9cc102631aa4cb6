//! Asterisk's own threads execute no Rust.
//!
//! Shown on the objects themselves: the C shim, which is all that Asterisk's threads run,
//! refers to one Rust symbol only, and that from the function only that the module's own thread
//! begins with. That it is so at run time too is seen in `loading.rs`: glibc keeps a library
//! mapped as long as a living thread has thread-local destructors in it, which Rust registers
//! on any thread that it does anything worth mentioning on.

use crate::scene::module;
use std::collections::BTreeSet;
use std::process::Command;

/// The one entry into Rust.
const ENTRY: &str = "ansitel_module_run";
/// The function that the module's own thread begins with.
const START: &str = ".text.run_rust";

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Names that `nm` lists: the last word of each line of three words, or of two with `U`.
fn symbols(arguments: &[&str]) -> BTreeSet<String> {
    let listed = run("nm", arguments);
    let named = listed
        .lines()
        .filter(|line| line.split_whitespace().count() > 1);
    named
        .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
        .collect()
}

#[test]
fn the_shim_enters_rust_in_one_place() {
    let archive = concat!(env!("OUT_DIR"), "/libansitel_shim.a");
    let module = module();
    let wanted = symbols(&["--undefined-only", archive]);
    let own = symbols(&["--defined-only", archive]);
    let all = symbols(&["--defined-only", module.to_str().unwrap()]);
    assert!(own.contains("ansitel_mailbox_take") && all.contains(ENTRY));
    let rust: Vec<&String> = wanted
        .iter()
        .filter(|name| all.contains(*name) && !own.contains(*name))
        // Made by the linker, not by Rust.
        .filter(|name| name.as_str() != "_GLOBAL_OFFSET_TABLE_")
        .collect();
    assert_eq!(rust, [ENTRY]);

    let mut section = "";
    let mut places = BTreeSet::new();
    let relocations = run("objdump", &["--reloc", archive]);
    for line in relocations.lines() {
        if let Some((_, rest)) = line.split_once("RELOCATION RECORDS FOR [") {
            section = rest.trim_end_matches("]:");
        } else if line.contains(ENTRY) {
            places.insert(section);
        }
    }
    assert_eq!(places.into_iter().collect::<Vec<_>>(), [START]);
}

/// C gets no function of Rust's to call: the boundary has no pointers to functions.
#[test]
fn the_boundary_has_no_callbacks() {
    let header = include_str!("../../include/shim.h");
    assert!(header.contains("void ansitel_module_run(void);"));
    assert!(!header.contains("(*"));
}
