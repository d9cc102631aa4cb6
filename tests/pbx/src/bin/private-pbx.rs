//! Prepares the private Asterisk and runs one by hand.

use std::process::ExitCode;

use private_pbx::{Kind, Root, include_dir};

const USAGE: &str = "usage: private-pbx COMMAND

  prepare [--debug]   build the Debian root with Asterisk 22, unless this machine has it
                      (--debug: a second one that also has valgrind and gdb)
  include-dir         prepare, then print the folder with Asterisk's headers
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["prepare"] => Root::prepare(Kind::Plain).map(drop),
        ["prepare", "--debug"] => Root::prepare(Kind::Debug).map(drop),
        ["include-dir"] => {
            Root::prepare(Kind::Plain).map(|_| println!("{}", include_dir().display()))
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("private-pbx: {e}");
            ExitCode::FAILURE
        }
    }
}
