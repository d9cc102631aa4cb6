//! An Asterisk with the module, two Salesforce users and their org.

use private_pbx::{
    Builder, Call, Caller, Consumers, Dialplan, Pbx, Phone, Reaction, Surroundings, eventually,
};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The name under which the module is loaded.
pub const MODULE: &str = "res_ansitel_salesforce.so";

/// Where the module records its events, below the instance's folder: kept when a test fails.
const EVENTS: &str = "log/events.jsonl";

/// The org of both users.
pub const ORG: &str = "acme";

const CA: &str = "salesforce-ca.pem";

/// The module that was built with these tests, or the one that `MODULE` names.
pub fn module() -> PathBuf {
    if let Some(named) = std::env::var_os("MODULE") {
        return PathBuf::from(named);
    }
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.join("libres_ansitel_salesforce.so")
}

/// A user of the scene: section, extension, username.
pub const A: (&str, &str, &str) = ("anna", "100", "anna@acme.example");
/// The other one.
pub const B: (&str, &str, &str) = ("bert", "101", "bert@acme.example");

/// An outside caller whose number no Account has at first.
pub fn outside() -> Caller {
    Caller::number("+493012345678").named("Erika")
}

/// What the scene is to be like.
pub struct Plan {
    pub general: String,
    pub a: String,
    pub b: String,
    pub dialplan: Dialplan,
    /// A whole `extensions.conf` in its place.
    pub dialplan_text: Option<String>,
    pub org: OrgSetup,
    pub builder: Builder,
    pub surroundings: Surroundings,
}

impl Default for Plan {
    fn default() -> Plan {
        let users = [A, B].map(|(_, _, username)| UserSetup::new(username, "secret", "token"));
        Plan {
            general: String::new(),
            a: String::new(),
            b: String::new(),
            dialplan: Dialplan::default(),
            dialplan_text: None,
            org: OrgSetup::new(ORG, users),
            builder: Pbx::builder(),
            surroundings: Surroundings::wanted().unwrap_or(Surroundings::Plain),
        }
    }
}

impl Plan {
    /// With lines for `[general]`.
    pub fn general(mut self, lines: &str) -> Plan {
        self.general = lines.to_owned();
        self
    }

    /// With lines for user A.
    pub fn a(mut self, lines: &str) -> Plan {
        self.a = lines.to_owned();
        self
    }

    /// With lines for user B; they count where they repeat an option.
    pub fn b(mut self, lines: &str) -> Plan {
        self.b = lines.to_owned();
        self
    }

    /// How long phones ring, in seconds.
    pub fn ring(mut self, seconds: u32) -> Plan {
        self.dialplan = self.dialplan.ring(seconds);
        self
    }

    /// The file for the simulator's address.
    pub fn conf(&self, sim: &Simulator, ca: &str) -> String {
        let users: String = [(A, &self.a), (B, &self.b)]
            .iter()
            .map(|((section, extension, username), lines)| {
                format!(
                    "[{section}](user)\nusername = {username}\nextension = {extension}\n{lines}\n"
                )
            })
            .collect();
        format!(
            "[general]\ntrusted_domains = localhost\nca_file = {ca}\n{}\n\
             [user](!)\ntype = user\npassword = secret\ntoken = token\ndomain = localhost:{}\n\
             create_account = yes\n{users}",
            self.general,
            sim.login_port(),
        )
    }

    pub fn start(self) -> Scene {
        let scene = self.prepare();
        scene.load();
        scene
    }

    /// Everything but loading the module.
    pub fn prepare(mut self) -> Scene {
        let sim = Simulator::start(Setup::of([self.org.clone()]));
        let builder = self.surroundings.around(self.builder.clone());
        let builder = builder.etc(CA, sim.ca_pem());
        let pbx = match &self.dialplan_text {
            Some(text) => builder.extensions_conf(text),
            None => builder.dialplan(self.dialplan.clone()),
        };
        let pbx = pbx.start().unwrap();
        let consumers = self.surroundings.enter(&pbx).unwrap();
        let record = pbx.inner_path(EVENTS);
        self.general += &format!("\nrecord_events = {}\n", record.display());
        let conf = self.conf(&sim, pbx.inner_path(&format!("etc/{CA}")).to_str().unwrap());
        pbx.write_etc("salesforce.conf", &conf).unwrap();
        pbx.install_module(MODULE, &module()).unwrap();
        Scene {
            pbx,
            sim,
            consumers,
        }
    }
}

/// The scene, running.
pub struct Scene {
    pub pbx: Pbx,
    pub sim: Simulator,
    /// Who else listens to this Asterisk.
    pub consumers: Consumers,
}

impl Scene {
    pub fn load(&self) {
        let said = self.cli(&format!("module load {MODULE}"));
        assert!(said.contains("Loaded"), "{said}");
        // It listens a moment later; commands are answered after that.
        self.cli("salesforce show status");
    }

    pub fn cli(&self, command: &str) -> String {
        self.pbx.cli(command).unwrap()
    }

    /// The phone of an extension, with what it does when it is called.
    pub fn phone(&self, extension: &str, reaction: Reaction) -> Phone {
        let phone = self.pbx.phone(extension).unwrap();
        phone.react(reaction);
        phone
    }

    /// An outside caller rings `number`.
    pub fn ring(&self, number: &str) -> Call {
        self.pbx.trunk().call(number, &outside()).unwrap()
    }

    /// Waits until no call is going on and nothing is left to deliver; then what Salesforce
    /// holds is all that will ever come.
    pub fn settle(&self) {
        self.settle_but(0);
    }

    /// The same, but that so many calls wait for better times.
    pub fn settle_but(&self, pending: usize) {
        self.settle_within(PATIENCE, pending);
    }

    /// The same, when it may take a while.
    pub fn settle_within(&self, patience: Duration, pending: usize) {
        let pending = format!("Pending calls:         {pending}\n");
        let mut status = String::new();
        let mut events = String::new();
        let settled = eventually("everything delivered", patience, || {
            let channels = self.cli("core show channels count");
            let queue = self.cli("core show taskprocessors like stasis/m:ansitel");
            status = self.cli("salesforce show status");
            // What Asterisk told until now has arrived: nothing is queued, nothing more came.
            let before = std::mem::replace(&mut events, line(&status, "Events:"));
            channels.contains("0 active channels")
                && queued(&queue) == Some(0)
                && events == before
                && [
                    "Calls in progress:     0 (0 channels)",
                    "waiting 0,",
                    "Journal depth:         0 ",
                    "Workers:               0 busy ",
                    &pending,
                ]
                .iter()
                .all(|line| status.contains(line))
        });
        if settled.is_err() {
            panic!(
                "not settled:\n{status}\n{}\n{}",
                self.cli("core show channels concise"),
                self.cli("salesforce show calls")
            );
        }
    }

    /// All Cases, when everything has settled: user's section and the Case.
    pub fn cases(&self) -> Vec<(&'static str, Value)> {
        self.settle();
        let users = self.sim.records("User");
        let owner = |case: &Value| {
            let user = users
                .iter()
                .find(|user| user["Id"] == case["OwnerId"])
                .unwrap();
            [A, B]
                .iter()
                .find(|(_, _, username)| user["Username"] == *username)
                .unwrap()
                .0
        };
        let mut cases: Vec<_> = self
            .sim
            .records("Case")
            .into_iter()
            .map(|case| (owner(&case), case))
            .collect();
        cases.sort_by_key(|(user, _)| *user);
        cases
    }

    /// The file of recorded events, complete: the module is unloaded for that.
    pub fn recording(&self) -> PathBuf {
        self.cli(&format!("module unload {MODULE}"));
        self.pbx.path(EVENTS)
    }

    /// Everything that Asterisk has logged.
    pub fn log(&self) -> String {
        self.pbx.log()
    }

    /// The same, once there are `count` of them: Asterisk writes its log on a thread of its own.
    pub fn await_logged(&self, level: &str, text: &str, count: usize) -> Vec<String> {
        // Whoever asks says what is wrong with fewer.
        let _ = eventually("lines in the log", PATIENCE, || {
            self.logged(level, text).len() >= count
        });
        self.logged(level, text)
    }

    /// Lines of the log that are of this level and hold this text.
    pub fn logged(&self, level: &str, text: &str) -> Vec<String> {
        let level = format!("] {level}[");
        let log = self.log();
        let lines = log
            .lines()
            .filter(|line| line.contains(&level) && line.contains(text));
        lines.map(str::to_owned).collect()
    }

    /// Unloads the module; Asterisk refuses that as long as somebody runs one of its commands.
    pub fn unload(&self) {
        eventually("nobody uses the module", PATIENCE, || {
            self.cli(&format!("module unload {MODULE}"))
                .contains("Unloaded")
        })
        .unwrap();
    }

    pub fn reload(&self) -> String {
        self.cli(&format!("module reload {MODULE}"))
    }

    /// Waits until Asterisk has no channel any more.
    pub fn wait_quiet(&self) {
        eventually("no channels", PATIENCE, || {
            self.cli("core show channels count")
                .contains("0 active channels")
        })
        .unwrap();
    }

    /// A caller who is asked for by the test: `+4930` and seven digits.
    pub fn ring_as(&self, number: &str, caller: &Caller) -> Call {
        self.pbx.trunk().call(number, caller).unwrap()
    }
}

/// Events on their way to the module, from Asterisk's table of task processors.
fn queued(table: &str) -> Option<u32> {
    let row = line(table, "stasis/m:ansitel");
    row.split_whitespace().nth(2)?.parse().ok()
}

/// The first line of a text that begins so.
pub fn line(text: &str, beginning: &str) -> String {
    let found = text.lines().find(|line| line.starts_with(beginning));
    found.unwrap_or_default().to_owned()
}

/// A field's text; empty without one.
pub fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// A Case with English texts in a few words: `anna: answered`, `bert: lost, busy`.
pub fn told(user: &str, case: &Value) -> String {
    let subject = text(case, "Subject");
    let outcome = if subject.starts_with("Call ") {
        "answered"
    } else if subject.starts_with("Missed call ") {
        "lost"
    } else {
        subject
    };
    let result = line(text(case, "Description"), "Result: ");
    match result.trim_start_matches("Result: ") {
        result if result == outcome => format!("{user}: {outcome}"),
        result => format!("{user}: {outcome}, {result}"),
    }
}
