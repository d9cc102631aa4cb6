//! An Asterisk with phones that answer, the module, and the org of its two users.

use crate::Failure;
use private_pbx::{Caller, Load, Pbx, Phone, Plan, Reaction, eventually};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name under which the module is loaded.
pub const MODULE: &str = "res_ansitel_salesforce.so";

const PATIENCE: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(5);
const RINGS: Duration = Duration::from_millis(100);
const TALKS: Duration = Duration::from_millis(300);

/// So many callers call again and again, so that their Accounts are known.
const CALLERS: usize = 20;

/// One machine is Asterisk, both phones, the caller and Salesforce.
pub const CALLS_PER_SECOND: u32 = 25;

/// Calls end in a Case each.
pub struct Scene {
    pub pbx: Pbx,
    sim: Simulator,
    _phones: Vec<Phone>,
    cases: usize,
}

/// The module as cargo has built it beside this program.
pub fn module() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?.with_file_name("libres_ansitel_salesforce.so"))
}

impl Scene {
    /// Everything but loading the module, which is the file `module`.
    pub fn prepare(module: &Path) -> Result<Scene, Failure> {
        let users = ["anna", "bert"]
            .map(|name| UserSetup::new(&format!("{name}@acme.example"), "secret", "token"));
        let sim = Simulator::start(Setup::of([OrgSetup::new("acme", users)]));
        let pbx = Pbx::builder()
            .etc("salesforce-ca.pem", sim.ca_pem())
            .start()?;
        let ca = pbx.inner_path("etc/salesforce-ca.pem");
        let conf = format!(
            "[general]\ntrusted_domains = localhost\nca_file = {}\n\
             [user](!)\ntype = user\npassword = secret\ntoken = token\ndomain = localhost:{}\n\
             create_account = yes\n\
             [anna](user)\nusername = anna@acme.example\nextension = 100\n\
             [bert](user)\nusername = bert@acme.example\nextension = 101\n",
            ca.display(),
            sim.login_port(),
        );
        pbx.write_etc("salesforce.conf", &conf)?;
        pbx.install_module(MODULE, module)?;
        let phones = ["100", "101"].map(|extension| {
            let phone = pbx.phone(extension)?;
            phone.react(Reaction::answer().after(RINGS).hangup_after(TALKS));
            Ok::<Phone, private_pbx::Error>(phone)
        });
        Ok(Scene {
            _phones: phones.into_iter().collect::<Result<_, _>>()?,
            pbx,
            sim,
            cases: 0,
        })
    }

    /// `module load` or `unload`, and that Asterisk agrees.
    pub fn module(&self, command: &str, name: &str) -> Result<(), Failure> {
        let said = self.pbx.cli(&format!("module {command} {name}"))?;
        let expected = if command == "load" {
            "Loaded"
        } else {
            "Unloaded"
        };
        match said.contains(expected) {
            true => Ok(()),
            false => Err(said.into()),
        }
    }

    /// So many answered calls, until they are all over.
    pub fn call(&self, calls: usize) -> Result<(), Failure> {
        let load = Load {
            calls,
            per_second: CALLS_PER_SECOND,
            at_once: calls,
            patience: PATIENCE,
        };
        let report = self.pbx.trunk().load(&load, |n| Plan {
            number: (100 + n % 2).to_string(),
            caller: Caller::number(&format!("+4930{:07}", 2_000_000 + n % CALLERS)),
            hangup_after: None,
            cancel_after: None,
        });
        // Stuck: the trunk has missed the end of an answered call; Asterisk has not.
        if report.answered + report.stuck < calls {
            return Err(format!("calls went wrong: {report:?}").into());
        }
        // A phone that has missed the answer's end, on a busy machine, never hangs up.
        self.wait_for_no_channels(SHORT).or_else(|_| {
            self.pbx.cli("channel request hangup all")?;
            self.wait_for_no_channels(PATIENCE)
        })
    }

    fn wait_for_no_channels(&self, patience: Duration) -> Result<(), Failure> {
        Ok(eventually("no channels", patience, || {
            let count = self.pbx.cli("core show channels count");
            count.is_ok_and(|count| count.contains("0 active channels"))
        })?)
    }

    /// Waits until Salesforce has so many Cases more than at the last time.
    pub fn wait_for_cases(&mut self, more: usize) -> Result<(), Failure> {
        self.cases += more;
        let cases = self.sim.wait_for_records("Case", self.cases, PATIENCE);
        match cases.len() == self.cases {
            true => Ok(()),
            false => Err(format!("{} Cases instead of {}", cases.len(), self.cases).into()),
        }
    }
}
