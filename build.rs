//! Finds Asterisk's headers, compiles the C shim against them and makes Rust declarations of
//! `include/shim.h`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

/// Where the private test Asterisk keeps its headers, see tests/pbx/README.md.
const SANDBOX: &str = "/var/cache/ansitel-private-pbx/current/include";

fn main() {
    println!("cargo::rerun-if-env-changed=ASTERISK_INCLUDE_DIR");
    println!("cargo::rerun-if-env-changed=ANSITEL_PBX_CACHE");
    println!("cargo::rerun-if-changed=include/shim.h");
    println!("cargo::rerun-if-changed=src/asterisk");
    let headers = find_headers();
    println!(
        "cargo::rerun-if-changed={}",
        headers.join("asterisk.h").display()
    );
    compile_shim(&headers);
    declare_shim();
}

/// The folder that holds `asterisk.h` and `asterisk/`.
fn find_headers() -> PathBuf {
    if let Some(named) = env::var_os("ASTERISK_INCLUDE_DIR").filter(|named| !named.is_empty()) {
        let folder = PathBuf::from(named);
        if !has_headers(&folder) {
            fail(&format!(
                "ASTERISK_INCLUDE_DIR is {}, but there is no asterisk.h and asterisk/module.h in it.",
                folder.display()
            ));
        }
        return folder;
    }
    let sandbox = env::var_os("ANSITEL_PBX_CACHE").map_or_else(
        || PathBuf::from(SANDBOX),
        |cache| Path::new(&cache).join("current/include"),
    );
    let candidates = [
        PathBuf::from("/usr/include"),
        PathBuf::from("/usr/local/include"),
        sandbox,
    ];
    candidates.iter().find(|folder| has_headers(folder)).cloned().unwrap_or_else(|| {
        fail(
            "Asterisk's headers were not found. Install them (Debian: apt-get install asterisk-dev; \
             built from source: make install there), or set ASTERISK_INCLUDE_DIR to the folder that \
             holds asterisk.h, or run scripts/prepare for the private test Asterisk.",
        )
    })
}

fn has_headers(folder: &Path) -> bool {
    folder.join("asterisk.h").is_file() && folder.join("asterisk/module.h").is_file()
}

fn compile_shim(headers: &Path) {
    let mut build = cc::Build::new();
    for file in [
        "shim",
        "mailbox",
        "events",
        "cli",
        "host",
        "ami",
        "http",
        "function",
        "quiescence",
        "managers",
    ] {
        build.file(format!("src/asterisk/{file}.c"));
    }
    build
        .include("include")
        // Asterisk's headers are a system's: their own warnings are not ours to mend.
        .flag("-isystem")
        .flag(
            headers
                .to_str()
                .unwrap_or_else(|| fail("the headers' path is not UTF-8")),
        )
        .std("gnu11")
        .warnings(true)
        .extra_warnings(true)
        .flag("-Wno-unused-parameter")
        .flag("-Wno-missing-field-initializers")
        .flag("-Werror=format-security")
        // As distributions harden what they build; fortifying needs an optimised build.
        .opt_level(2)
        .flag("-fstack-protector-strong")
        .flag_if_supported("-fstack-clash-protection")
        .flag_if_supported("-fcf-protection")
        .flag("-U_FORTIFY_SOURCE")
        .define("_FORTIFY_SOURCE", "2")
        .define("AST_MODULE", "\"res_ansitel_salesforce\"")
        .define(
            "AST_MODULE_SELF_SYM",
            "__internal_res_ansitel_salesforce_self",
        )
        .cargo_metadata(false)
        .compile("ansitel_shim");
    // Only the module itself holds the shim: tests of the other rooms run without an Asterisk.
    // Whole: the module registers itself from a constructor that nothing refers to.
    let archive = PathBuf::from(env::var("OUT_DIR").unwrap()).join("libansitel_shim.a");
    for argument in [
        "-Wl,--whole-archive",
        archive.to_str().unwrap(),
        "-Wl,--no-whole-archive",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}

fn declare_shim() {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap()).join("shim.rs");
    bindgen::Builder::default()
        .header("include/shim.h")
        .allowlist_file("include/shim.h")
        .blocklist_function("ansitel_module_run")
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .generate()
        .unwrap_or_else(|e| fail(&format!("include/shim.h: {e}")))
        .write_to_file(&out)
        .unwrap_or_else(|e| fail(&format!("{}: {e}", out.display())));
}

fn fail(problem: &str) -> ! {
    println!("cargo::error={problem}");
    exit(1);
}
