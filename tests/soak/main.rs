//! Many calls through every kind of trouble, the process killed again and again: in the end
//! Salesforce holds each call once.
//!
//! `CALLS`, `KILLS` and `SEED` say how many and which; `scripts/soak` runs many. The seed draws
//! the calls, the faults and the kills; which request meets which fault is up to the machine.

mod calls;
mod kills;
mod ledger;
mod process;
mod weather;

use calls::{EXTERNAL_ID, KNOWN, ORGS};
use kills::{MOMENTS, Moment};
use ledger::Ledger;
use process::{ORDERS, Orders, PREFIX};
use salesforce_simulator::{CustomField, OrgSetup, Setup, Simulator, UserSetup};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use weather::Weather;

/// How long it may get no further before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many requests are remembered; they are counted more often than so many come.
const REMEMBERED: usize = 300;

fn variable<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number"))
    })
}

fn simulator(seed: u64) -> Simulator {
    let orgs = ORGS.map(|org| {
        let users = ledger::usernames(org).map(|name| UserSetup::new(&name, "secret", "token"));
        OrgSetup {
            api_daily_limit: weather::ENOUGH,
            // A search finds nothing of what this run creates.
            index_lag_ms: 24 * 3600 * 1000,
            custom_fields: vec![CustomField::external_id("Case", EXTERNAL_ID)],
            ..OrgSetup::new(org, users)
        }
    });
    Simulator::start(Setup {
        seed,
        log_limit: REMEMBERED,
        ..Setup::of(orgs)
    })
}

/// A process that lives as long as this.
struct Life {
    child: Child,
    lines: Receiver<String>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Life {
    fn begin(orders: &Orders) -> Life {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "the_process_that_is_killed",
                "--nocapture",
            ])
            .env(ORDERS, serde_json::to_string(orders).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                match line.strip_prefix(PREFIX) {
                    Some(said) => drop(sender.send(said.to_owned())),
                    None => eprintln!("{line}"),
                }
            }
        });
        Life {
            child,
            lines,
            reader: Some(reader),
        }
    }

    /// Says that everything has been mended.
    fn mended(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "mended").unwrap();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // An error: it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// What the processes said.
struct Told {
    /// When it last was further than ever.
    at: Instant,
    made: usize,
    /// Fewest calls that were left to deliver once all were made.
    left: u64,
    in_doubt: u64,
    cut_off: u64,
    done: bool,
    last: String,
}

impl Told {
    fn nothing() -> Told {
        Told {
            at: Instant::now(),
            made: 0,
            left: u64::MAX,
            in_doubt: 0,
            cut_off: 0,
            done: false,
            last: String::new(),
        }
    }

    fn hear(&mut self, line: String) {
        let mut words = line.split_whitespace();
        let first = words.next();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        match first {
            Some("made") => {
                let made = number() as usize;
                if made > self.made {
                    (self.at, self.made) = (Instant::now(), made);
                }
            }
            Some("left") => {
                let left = number();
                if left < self.left {
                    (self.at, self.left) = (Instant::now(), left);
                }
            }
            Some("recovered") => {
                self.in_doubt += number();
                self.cut_off += number();
            }
            Some("done") => self.done = true,
            _ => {}
        }
        self.last = line;
    }
}

/// A soak, as it is planned.
struct Soak {
    seed: u64,
    calls: usize,
    kills: usize,
}

/// What came of it.
struct Report {
    told: Told,
    ledger: Ledger,
    wrongs: BTreeMap<&'static str, u64>,
    killed: BTreeMap<Moment, u64>,
    took: Duration,
}

impl Soak {
    fn run(&self, sim: &Simulator, directory: &Path) -> Report {
        let begun = Instant::now();
        let mut orders = Orders {
            seed: self.seed,
            calls: self.calls,
            directory: directory.to_owned(),
            port: sim.login_port(),
            life: 0,
        };
        let mut weather = Weather::begin(sim, self.seed, self.calls);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut kills = kills::draw(self.seed, self.kills, self.calls)
            .into_iter()
            .peekable();
        let (mut told, mut ledger) = (Told::nothing(), Ledger::default());
        let mut killed = BTreeMap::new();
        let mut life = Life::begin(&orders);
        while told.made < self.calls || kills.peek().is_some() {
            hear(&mut life, &mut told);
            ledger.take_notes(sim);
            weather.turn(told.made);
            if let Some((_, moment)) = kills.next_if(|(at, _)| *at <= told.made) {
                let journal = process::journal_path(directory);
                let came = kills::wait_for(moment, sim, &journal, &mut ledger, &mut random);
                let moment = if came { moment } else { Moment::Any };
                *killed.entry(moment).or_default() += 1;
                drop(life);
                orders.life += 1;
                life = Life::begin(&orders);
            }
        }
        let wrongs = weather.end();
        life.mended();
        while !told.done {
            hear(&mut life, &mut told);
            ledger.take_notes(sim);
        }
        Report {
            told,
            ledger,
            wrongs,
            killed,
            took: begun.elapsed(),
        }
    }

    fn print(&self, report: &Report, sim: &Simulator) {
        let counts = sim.request_counts();
        let of = |is_login: bool| -> u64 {
            let kinds = counts
                .iter()
                .filter(|(k, _)| k.starts_with("login") == is_login);
            kinds.map(|(_, count)| count).sum()
        };
        let Report { told, ledger, .. } = report;
        println!("calls                      {}", self.calls);
        println!("Cases                      {}", sim.records("Case").len());
        println!(
            "Accounts                   {}",
            sim.records("Account").len()
        );
        println!(
            "processes killed           {}",
            report.killed.values().sum::<u64>()
        );
        for (moment, words) in MOMENTS {
            let times = report.killed.get(&moment).copied().unwrap_or(0);
            println!("  {words:<32} {times}");
        }
        println!("found in doubt at a start  {}", told.in_doubt);
        println!("found cut off at a start   {}", told.cut_off);
        let more = if ledger.is_complete() {
            ""
        } else {
            " at least"
        };
        println!(
            "looked for Cases           {}{more}",
            ledger.cases_looked_for
        );
        println!(
            "looked for Accounts        {}{more}",
            ledger.accounts_looked_for
        );
        println!(
            "what went wrong            {}",
            report.wrongs.values().sum::<u64>()
        );
        for (words, times) in &report.wrongs {
            println!("  {words:<32} {times}");
        }
        println!("requests                   {}", of(false));
        println!(
            "  per call                         {:.3}",
            of(false) as f64 / self.calls as f64
        );
        println!("logins                     {}", of(true));
        println!(
            "took                       {:.1} s",
            report.took.as_secs_f64()
        );
    }
}

/// Takes what the process says within a moment.
fn hear(life: &mut Life, told: &mut Told) {
    match life.lines.recv_timeout(Duration::from_millis(10)) {
        Ok(line) => told.hear(line),
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => panic!("the process ended: {}", told.last),
    }
    while let Ok(line) = life.lines.try_recv() {
        told.hear(line);
    }
    assert!(told.at.elapsed() < PATIENCE, "stuck: {}", told.last);
}

#[test]
fn every_call_is_there_once_whatever_happens() {
    let soak = Soak {
        seed: variable("SEED", fastrand::u64(..1_000_000)),
        calls: variable("CALLS", 1500),
        kills: variable("KILLS", 5),
    };
    println!(
        "SEED={} CALLS={} KILLS={}",
        soak.seed, soak.calls, soak.kills
    );
    let directory = tempfile::tempdir().unwrap();
    let sim = simulator(soak.seed);
    std::fs::write(process::ca_path(directory.path()), sim.ca_pem()).unwrap();
    let seed_accounts = |org| -> Vec<String> {
        (0..KNOWN)
            .map(|n| sim.seed(org, ledger::known_account(n)))
            .collect()
    };
    let known: HashMap<&str, Vec<String>> =
        ORGS.iter().map(|org| (*org, seed_accounts(org))).collect();
    let report = soak.run(&sim, directory.path());
    soak.print(&report, &sim);
    let wrong = ledger::compare(&sim, &known, directory.path(), soak.seed, soak.calls);
    let few = wrong
        .iter()
        .take(20)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        wrong.is_empty(),
        "{} things are wrong, such as\n{few}",
        wrong.len()
    );
    assert_eq!(sim.records("Case").len(), soak.calls);
    assert_eq!(
        sim.records("Account").len(),
        ledger::accounts_expected(soak.seed, soak.calls)
    );
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn the_process_that_is_killed() {
    let orders = std::env::var(ORDERS).unwrap();
    process::live(&serde_json::from_str(&orders).unwrap());
}
