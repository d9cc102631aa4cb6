//! Prepares the private Asterisk and runs one by hand.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use private_pbx::{Kind, Pbx, Result, Root, include_dir};

const USAGE: &str = "usage: private-pbx COMMAND

  prepare [--debug]   build the Debian root with Asterisk 22, unless this machine has it
                      (--debug: a second one that also has valgrind and gdb)
  include-dir         prepare, then print the folder with Asterisk's headers
  run [MODULE.so]     start an Asterisk with phones 100 to 109, until standard input ends
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
        ["run"] => run(None),
        ["run", module] => run(Some(Path::new(module))),
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

fn run(module: Option<&Path>) -> Result<()> {
    let mut builder = Pbx::builder();
    if let Some(name) = module.and_then(Path::file_name) {
        builder = builder.module(&name.to_string_lossy(), module.unwrap_or(Path::new("")));
    }
    let pbx = builder.start()?;
    println!("pid     {}", pbx.pid().unwrap_or_default());
    println!("SIP     {}", pbx.sip());
    println!("folder  {}", pbx.path("").display());
    println!("CLI     {}", pbx.cli_command());
    // Until Ctrl-D; Ctrl-C kills Asterisk with this process.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    pbx.stop()
}
