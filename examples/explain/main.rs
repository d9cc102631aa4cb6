//! `scripts/explain`: says in words what a recording holds and why each call was decided so.

mod anonymise;
mod replay;
mod report;
mod story;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: scripts/explain [--expect | --anonymise] RECORDING

A recording is the file that record_events names in salesforce.conf.

  RECORDING              tells each call and why it became what it became
  --expect RECORDING     prints the line for tests/recordings/decisions.txt
  --anonymise RECORDING  prints the recording with other numbers and names, once it is
                         certain that it is decided as before
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mode, path) = match arguments.as_slice() {
        [mode @ ("--expect" | "--anonymise"), path] => (*mode, *path),
        [path] if !path.starts_with('-') => ("", *path),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(mode, Path::new(path)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{path}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(mode: &str, path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let entries = replay::read(&text)?;
    match mode {
        "--expect" => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let decisions = replay::replay(&entries)?.decisions();
            Ok(format!("{name}: {decisions}").trim_end().to_owned() + "\n")
        }
        "--anonymise" => anonymise::anonymise(&entries),
        _ => Ok(report::report(&replay::replay(&entries)?)),
    }
}
