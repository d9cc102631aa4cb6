//! The shim is built as distributions harden what they build.

use crate::scene::module;
use std::process::Command;

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn overruns_in_the_shim_are_caught() {
    let archive = concat!(env!("OUT_DIR"), "/libansitel_shim.a");
    let listed = run(
        "nm",
        &["--undefined-only", "--format=just-symbols", archive],
    );
    let wants = |name: &str| listed.lines().any(|line| line == name);
    // The stack's guard, and library functions that know how long their target is.
    assert!(wants("__stack_chk_fail"), "{listed}");
    assert!(wants("__snprintf_chk") && !wants("snprintf"), "{listed}");
}

#[test]
fn nothing_in_the_module_can_be_rewritten_that_need_not_be() {
    let module = module();
    let module = module.to_str().unwrap();
    let dynamic = run("readelf", &["--dynamic", "--wide", module]);
    assert!(dynamic.contains("BIND_NOW"), "{dynamic}");
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
    let segments = run("readelf", &["--segments", "--wide", module]);
    assert!(segments.contains("GNU_RELRO"), "{segments}");
    let stack = segments.lines().find(|line| line.contains("GNU_STACK"));
    assert!(stack.is_some_and(|line| !line.contains('E')), "{segments}");
}
