//! `make demo`: real SIP calls through a real Asterisk become Cases in a simulated Salesforce.

mod cases;

use private_pbx::{Call, Caller, Dialplan, Error, Pbx, Phone, Reaction, eventually};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::time::{Duration, Instant};

const MODULE: &str = "res_ansitel_salesforce.so";
const PATIENCE: Duration = Duration::from_secs(30);

/// Long enough to see in the Case, short enough to watch.
const MOMENT: Duration = Duration::from_millis(1200);

fn main() -> Result<(), Error> {
    let begun = Instant::now();
    let Some(module) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: demo MODULE.so");
        exit(2);
    };
    title("A Salesforce, simulated");
    let sim = salesforce();
    println!(
        "org acme at {}, login at {}",
        sim.url("acme"),
        sim.login_url()
    );
    if let Some(admin) = sim.admin_url() {
        println!("what it holds: {admin}/records/Case");
    }

    title("An Asterisk, real");
    let pbx = asterisk(&sim, &module)?;
    println!(
        "pid {}, SIP at {}",
        pbx.pid().unwrap_or_default(),
        pbx.sip()
    );
    println!(
        "{}",
        pbx.cli(&format!("module show like {MODULE}"))?.trim_end()
    );

    let support = pbx.phone("100")?;
    let sales = pbx.phone("101")?;
    for (before, scene) in [answered, lost, unknown, group].into_iter().enumerate() {
        scene(&pbx, &support, &sales)?;
        // Each of them makes one Case.
        sim.wait_for_records("Case", before + 1, PATIENCE);
        delivered(&pbx)?;
    }

    title("What came of it");
    cases::show(&sim);
    println!("\nasterisk*CLI> salesforce show users");
    print!("{}", pbx.cli("salesforce show users")?);
    println!("\nTook {:.1} s.", begun.elapsed().as_secs_f64());

    if std::env::var_os("KEEP").is_some_and(|keep| !keep.is_empty() && keep != "0") {
        keep(&sim, &pbx);
    }
    Ok(())
}

/// One org with two users and a customer whose number somebody typed with brackets.
fn salesforce() -> Simulator {
    let users = [
        UserSetup::new("support@acme.example", "demo", "token"),
        UserSetup::new("sales@acme.example", "demo", "token"),
    ];
    let sim = Simulator::start(Setup {
        print: true,
        admin_port: Some(0),
        ..Setup::of([OrgSetup::new("acme", users)])
    });
    sim.seed(
        "acme",
        json!({"attributes": {"type": "Account"}, "Name": "Muster GmbH", "Phone": "(030) 1234-567"}),
    );
    sim
}

fn asterisk(sim: &Simulator, module: &Path) -> Result<Pbx, Error> {
    let conf = format!(
        "[general]\nlanguage = de\ncountry = DE\ntrusted_domains = localhost\n\
         ca_file = /etc/asterisk-demo-ca.pem\n\n\
         [user](!)\ntype = user\npassword = demo\ntoken = token\ndomain = localhost:{}\n\
         create_account = yes\n\n\
         [support](user)\nusername = support@acme.example\nextension = 100\n\n\
         [sales](user)\nusername = sales@acme.example\nextension = 101\nlanguage = en\n",
        sim.login_port(),
    );
    let pbx = Pbx::builder()
        .dialplan(Dialplan::default().ring(3))
        .start()?;
    pbx.write_etc("salesforce-ca.pem", sim.ca_pem())?;
    let ca = pbx.inner_path("etc/salesforce-ca.pem");
    let conf = conf.replace("/etc/asterisk-demo-ca.pem", &ca.display().to_string());
    pbx.write_etc("salesforce.conf", &conf)?;
    pbx.install_module(MODULE, module)?;
    pbx.cli(&format!("module load {MODULE}"))?;
    Ok(pbx)
}

fn answered(pbx: &Pbx, support: &Phone, _: &Phone) -> Result<(), Error> {
    title("+49 30 1234567, a customer, rings 100; support answers");
    support.react(Reaction::answer().after(MOMENT).hangup_after(MOMENT));
    ring(
        pbx,
        "100",
        &Caller::number("+49301234567").named("Muster GmbH"),
    )?;
    Ok(())
}

fn lost(pbx: &Pbx, support: &Phone, _: &Phone) -> Result<(), Error> {
    title("the same customer rings 100 again; nobody answers");
    support.react(Reaction::ring());
    ring(pbx, "100", &Caller::number("030 1234567"))?;
    Ok(())
}

fn unknown(pbx: &Pbx, support: &Phone, _: &Phone) -> Result<(), Error> {
    title("+49 89 9876543, whom nobody knows, rings 100; support answers");
    support.react(Reaction::answer().after(MOMENT).hangup_after(MOMENT));
    ring(pbx, "100", &Caller::number("+49899876543"))?;
    Ok(())
}

fn group(pbx: &Pbx, support: &Phone, sales: &Phone) -> Result<(), Error> {
    title("the customer rings the group of 100 and 101; sales answers: one Case, in English");
    support.react(Reaction::ring());
    sales.react(Reaction::answer().after(MOMENT).hangup_after(MOMENT));
    ring(pbx, "200", &Caller::number("+49301234567"))?;
    Ok(())
}

/// Calls and waits for the call's end.
fn ring(pbx: &Pbx, number: &str, caller: &Caller) -> Result<Call, Error> {
    let call = pbx.trunk().call(number, caller)?;
    call.wait_ended(PATIENCE)?;
    Ok(call)
}

/// Waits until every call is over for the module too, and in Salesforce.
fn delivered(pbx: &Pbx) -> Result<(), Error> {
    eventually("the calls in Salesforce", PATIENCE, || {
        pbx.cli("salesforce show status").is_ok_and(|status| {
            [
                "Calls in progress:     0 (0 channels)",
                "waiting 0,",
                "Journal depth:         0 ",
                "Pending calls:         0\n",
            ]
            .iter()
            .all(|line| status.contains(line))
        })
    })
}

fn keep(sim: &Simulator, pbx: &Pbx) {
    title("Left running until Ctrl-C");
    println!("CLI:        {}", pbx.cli_command());
    println!("            then: salesforce show users");
    println!(
        "SIP:        {} (phones 100 to 109, secret as in {})",
        pbx.sip(),
        pbx.path("etc/pjsip.conf").display()
    );
    println!(
        "simulator:  {}/records/Case and /requests",
        sim.admin_url().unwrap_or_default()
    );
    println!("web page:   comes with a later version");
    if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) {
        signals.forever().next();
    }
    println!("\nStopping.");
}

fn title(text: &str) {
    println!("\n== {text}");
}
