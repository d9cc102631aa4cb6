//! The simulator as a program: `salesforce-simulator --config FILE.json`, or
//! `--demo` for one made-up org.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use salesforce_simulator::{Setup, Simulator};

const DEMO: &str = include_str!("demo.json");
const USAGE: &str = "\
usage: salesforce-simulator --config FILE.json
       salesforce-simulator --demo

Runs a simulated Salesforce on the loopback interface until it is stopped.
The README beside its source says what the file may hold.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let setup = match arguments.as_slice() {
        ["--demo"] => read(DEMO),
        ["--config", file] => std::fs::read_to_string(Path::new(file))
            .map_err(|e| format!("{file}: {e}"))
            .and_then(|text| read(&text).map_err(|e| format!("{file}: {e}"))),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => Err(USAGE.to_owned()),
    };
    let started = setup.and_then(|setup| {
        let names = setup
            .orgs
            .iter()
            .map(|o| o.name.clone())
            .collect::<Vec<_>>();
        let ca_file = setup.ca_file.clone();
        let simulator = Simulator::try_start(setup).map_err(|e| e.to_string())?;
        announce(&simulator, &names, ca_file.as_deref());
        Ok(simulator)
    });
    match started {
        Ok(_simulator) => loop {
            std::thread::park();
        },
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn read(text: &str) -> Result<Setup, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// Says where everything is; the last line tells scripts that it serves.
fn announce(simulator: &Simulator, orgs: &[String], ca_file: Option<&Path>) {
    println!("login     {}", simulator.login_url());
    for org in orgs {
        println!("org       {org}  {}", simulator.url(org));
    }
    if let Some(url) = simulator.admin_url() {
        println!("admin     {url}");
    }
    if let Some(file) = ca_file {
        println!("ca file   {}", file.display());
    }
    println!("ready");
    let _ = std::io::stdout().flush();
}
