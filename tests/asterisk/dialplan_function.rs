//! `${SALESFORCE()}` in the dialplan, while real phones ring.

use crate::process::Process;
use crate::scene::{MODULE, ORG, PATIENCE, Plan, Scene, line, outside, text};
use private_pbx::{Caller, Dialplan, Phone, Reaction, eventually};
use salesforce_simulator::{Action, Fault};
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// `610`: the caller's name as Salesforce has it is shown at 100. `611`: what is said of the
/// caller stands in the log, then the announcement answers.
const NUMBERS: &str = "\
[from-trunk](+)
exten => 610,1,Set(WHO=${SALESFORCE(name)})
 same => n,GotoIf($[\"${SALESFORCE_STATUS}\" != \"FOUND\"]?ring)
 same => n,Set(CALLERID(name)=${WHO})
 same => n(ring),Log(NOTICE,asked ${SALESFORCE_STATUS} for ${CALLERID(num)})
 same => n,Goto(100,1)
exten => 611,1,Set(WHO=${SALESFORCE(name)})
 same => n,Log(NOTICE,asked ${SALESFORCE_STATUS} for ${CALLERID(num)})
 same => n,Set(WHO=${SALESFORCE(name,,nobody)})
 same => n,Log(NOTICE,as nobody ${SALESFORCE_STATUS})
 same => n,Set(WHO=${SALESFORCE(id,030 7777777,bert)})
 same => n,Log(NOTICE,as bert ${SALESFORCE_STATUS} ${WHO})
 same => n,Set(WHO=${SALESFORCE(Nonsense__c,030 7777777)})
 same => n,Log(NOTICE,no field ${SALESFORCE_STATUS} <${WHO}>)
 same => n,Hangup(17)
exten => 612,1,Goto(from-trunk-example,100,1)
exten => 613,1,Goto(from-trunk-example,200,1)
";

/// What administrators are shown.
const SAMPLE: &str = include_str!("../../conf/extensions.conf.sample");

fn plan(general: &str) -> Plan {
    Plan {
        general: general.to_owned(),
        dialplan: Dialplan::default().ring(20).more(NUMBERS).more(SAMPLE),
        ..Plan::default()
    }
}

fn seed(scene: &Scene, record: Value) -> String {
    scene.sim.seed(ORG, record)
}

fn account(name: &str, phone: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": name, "Phone": phone, "Industry": "Energy"})
}

/// A call to 610: the name at the phone, and the status.
fn shown(scene: &Scene, phone: &Phone, caller: &Caller) -> (String, String) {
    let before = scene.logged("NOTICE", "asked ").len();
    let call = scene.ring_as("610", caller);
    let ringing = phone.next_call(PATIENCE).unwrap();
    let from = ringing.from().to_owned();
    call.hangup().unwrap();
    call.wait_ended(PATIENCE).unwrap();
    scene.wait_quiet();
    let said = scene.await_logged("NOTICE", "asked ", before + 1);
    (from, status(said.last().unwrap()))
}

/// What follows `asked` in a line of the log.
fn status(line: &str) -> String {
    let (_, rest) = line.split_once("asked ").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

/// The function's value without a call.
fn value(scene: &Scene, arguments: &str) -> String {
    let said = scene.cli(&format!(
        "dialplan eval function \"SALESFORCE({arguments})\""
    ));
    let result = line(&said, "Result:");
    assert!(!result.is_empty(), "{said}");
    result.trim_start_matches("Result:").trim().to_owned()
}

/// The same, when there is one: the first question comes before the first login.
fn some_value(scene: &Scene, arguments: &str) -> String {
    let mut found = String::new();
    eventually("a value", PATIENCE, || {
        found = value(scene, arguments);
        !found.is_empty()
    })
    .unwrap();
    found
}

#[test]
fn whose_number_it_is_is_shown_at_the_phone() {
    let scene = plan("dialplan_timeout = 20000").start();
    let phone = scene.phone("100", Reaction::ring());
    let acme = seed(&scene, account("Acme, \"Söhne\" (Berlin)", "030 7777777"));
    let other = seed(&scene, account("Acme Archiv", "+49 (30) 777 7777"));
    let contact = seed(
        &scene,
        json!({"attributes": {"type": "Contact"}, "LastName": "Muster", "FirstName": "Erika",
               "AccountId": other, "MobilePhone": "0171 2345678", "Title": "Head"}),
    );

    let (from, status) = shown(
        &scene,
        &phone,
        &Caller::number("+49307777777").named("Network"),
    );
    assert!(
        from.contains("Söhne") && from.contains("(Berlin)"),
        "{from}"
    );
    assert_eq!(status, "FOUND");
    let (from, status) = shown(&scene, &phone, &Caller::number("+491712345678"));
    assert!(from.contains("Erika Muster"), "{from}");
    assert_eq!(status, "FOUND");
    let (from, status) = shown(&scene, &phone, &outside());
    assert!(from.contains("Erika") && !from.contains("Muster"), "{from}");
    assert_eq!(status, "NOTFOUND");
    for withheld in [
        Caller::withheld(),
        Caller::withheld_but_known("+49307777777"),
    ] {
        let (from, status) = shown(&scene, &phone, &withheld);
        assert!(!from.contains("Acme"), "{from}");
        assert_eq!(status, "NOTFOUND");
    }

    // Every field, of the Account and of the Contact.
    let origin = value(&scene, "link,030 7777777");
    let origin = origin.strip_suffix(&acme).unwrap();
    assert!(origin.starts_with("https://localhost:"), "{origin}");
    for (arguments, expected) in [
        ("name,030 7777777", "Acme, \"Söhne\" (Berlin)"),
        ("id,0049 30 7777777", &*acme),
        ("account_id,030 7777777,bert", &acme),
        ("contact_id,030 7777777", ""),
        ("account,030 7777777", "Acme, \"Söhne\" (Berlin)"),
        ("others,030 7777777", "1"),
        ("Industry,030 7777777", "Energy"),
        ("account.industry,030 7777777", "Energy"),
        ("name,0171 2345678", "Erika Muster"),
        ("id,0171 2345678", &contact),
        ("account_id,0171 2345678", &other),
        ("account,0171 2345678", "Acme Archiv"),
        ("Title,0171 2345678", "Head"),
        ("Account.Industry,0171 2345678", "Energy"),
        ("link,0171 2345678", &format!("{origin}{contact}")),
        ("others,0171 2345678", "0"),
        ("name,040 9999999", ""),
        ("name", ""),
    ] {
        assert_eq!(value(&scene, arguments), expected, "{arguments}");
    }
    // Asked once, known from then on.
    let before = scene.sim.requests().len();
    assert_eq!(value(&scene, "Industry,030 7777777"), "Energy");
    assert_eq!(value(&scene, "name,040 9999999"), "");
    assert_eq!(scene.sim.requests().len(), before);

    // As whom, and what for.
    let call = scene.ring_as("611", &Caller::number("+49307777777"));
    call.wait_ended(PATIENCE).unwrap();
    let said = |text: &str| scene.await_logged("NOTICE", text, 1).len();
    assert_eq!(said("as nobody NOUSER"), 1);
    assert_eq!(said(&format!("as bert FOUND {acme}")), 1);
    assert_eq!(said("no field ERROR <>"), 1);
    let warned = scene.await_logged("WARNING", "Nonsense__c", 1);
    assert_eq!(value(&scene, "Nonsense__c,030 7777777"), "");
    assert_eq!(scene.logged("WARNING", "Nonsense__c"), warned);

    // One Case for each call that reached 100, as without the function.
    assert_eq!(scene.cases().len(), 5);
    let linked = scene.cases();
    let of = |number: &str| {
        let mut cases = linked.iter();
        let (_, case) = cases.find(|(_, case)| text(case, "SuppliedPhone") == number)?;
        Some(text(case, "AccountId").to_owned())
    };
    assert_eq!(of("+49307777777"), Some(acme));
    assert_eq!(of("+491712345678"), Some(other));
}

#[test]
fn the_sample_s_dialplan_works() {
    let scene = plan("dialplan_timeout = 20000").start();
    let phone = scene.phone("100", Reaction::ring());
    seed(&scene, account("Acme: \"A, B\" (x?)", "030 7777777"));
    for (number, name) in [("+49307777777", "Acme: "), ("+493012345678", "Network")] {
        let call = scene.ring_as("612", &Caller::number(number).named("Network"));
        let ringing = phone.next_call(PATIENCE).unwrap();
        assert!(ringing.from().contains(name), "{}", ringing.from());
        call.hangup().unwrap();
        call.wait_ended(PATIENCE).unwrap();
    }
    for (number, queue) in [("+49307777777", "energy"), ("+493012345678", "everybody")] {
        let call = scene.ring_as("613", &Caller::number(number));
        call.wait_ended(PATIENCE).unwrap();
        // There is no such queue, which Asterisk says.
        let tried = scene.await_logged("WARNING", &format!("'{queue}'"), 1);
        assert_eq!(tried.len(), 1, "{queue}");
    }
}

#[test]
fn hostile_arguments_are_no_queries() {
    let scene = plan("dialplan_timeout = 20000").start();
    seed(&scene, account("Acme", "030 7777777"));
    assert_eq!(some_value(&scene, "name,030 7777777"), "Acme");
    let long = "9".repeat(10_000);
    for arguments in [
        "",
        ",",
        ",,,,",
        "name,' OR Name LIKE '%",
        "name,{*} OR ?*",
        "name,100%",
        "name,${CALLERID(num)}",
        "name,030 7777777,' OR",
        "Name FROM User,030 7777777",
        "COUNT(),030 7777777",
        "Id FROM Account WHERE Name != '',030 7777777",
        "Account.,030 7777777",
        "%n%s%99999d,030 7777777",
        &format!("name,{long}"),
        &format!("{long},030 7777777"),
        &format!("name,030 7777777,{long}"),
    ] {
        let said = scene.cli(&format!(
            "dialplan eval function \"SALESFORCE({arguments})\""
        ));
        let result = line(&said, "Result:");
        assert_eq!(
            result.trim_start_matches("Result:").trim(),
            "",
            "{arguments}: {said}"
        );
    }
    assert_eq!(value(&scene, "name,030 7777777"), "Acme");
    for request in scene.sim.requests() {
        assert_eq!(request.status, 200, "{request:?}");
    }
    let log = scene.log();
    let ours = log.lines().filter(|line| line.contains(" src/"));
    for line in ours {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn a_frozen_salesforce_lets_calls_go_on() {
    let scene = plan("dialplan_timeout = 200\nrequest_timeout = 5").start();
    let phone = scene.phone("100", Reaction::ring());
    seed(&scene, account("Acme", "030 7777777"));
    seed(&scene, account("Other", "030 1111111"));
    // There is a session that can freeze.
    some_value(&scene, "name,030 1111111");
    let frozen = Action::Freeze {
        after_commit: false,
    };
    scene.sim.add_fault(Fault::every("any", frozen));
    let caller = Caller::number("+49307777777").named("Network");
    let (from, status) = shown(&scene, &phone, &caller);
    assert!(from.contains("Network"), "{from}");
    assert_eq!(status, "TIMEOUT");
    scene.sim.clear_faults();
    eventually("found", PATIENCE, || {
        value(&scene, "name,030 7777777") == "Acme"
    })
    .unwrap();
    let (from, status) = shown(&scene, &phone, &caller);
    assert!(from.contains("Acme"), "{from}");
    assert_eq!(status, "FOUND");
    scene.settle();
}

#[test]
fn many_calls_in_front_of_a_frozen_salesforce() {
    const CALLS: usize = 200;
    const AT_ONCE: usize = 20;
    let scene = plan("dialplan_timeout = 300\nrequest_timeout = 600").start();
    let process = Process::of(&scene);
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let frozen = Action::Freeze {
        after_commit: false,
    };
    scene.sim.add_fault(Fault::every("any", frozen));
    let number = |n: usize| format!("+4930{:07}", 2_000_000 + n);
    thread::scope(|scope| {
        for first in 0..AT_ONCE {
            let (scene, number) = (&scene, &number);
            scope.spawn(move || {
                for n in (first..CALLS).step_by(AT_ONCE) {
                    let call = scene.ring_as("610", &Caller::number(&number(n)));
                    call.wait_ended(PATIENCE).unwrap();
                }
            });
        }
    });
    scene.wait_quiet();
    let said = scene.await_logged("NOTICE", "asked ", CALLS);
    let statuses: Vec<String> = said.iter().map(|line| status(line)).collect();
    assert_eq!(statuses, vec!["TIMEOUT"; CALLS]);
    let threads = process.threads();
    let asking = threads.iter().filter(|name| *name == "sf-inquiry").count();
    assert!((1..=4).contains(&asking), "{threads:?}");
    // Whatever is frozen is left at once, and then every call has its Case.
    scene.unload();
    assert_eq!(process.mappings(), [""; 0]);
    scene.sim.clear_faults();
    scene.load();
    assert_eq!(scene.cases().len(), CALLS);
}

#[test]
fn a_stopped_interface_says_so() {
    let scene = plan("").start();
    let phone = scene.phone("100", Reaction::ring());
    seed(&scene, account("Acme", "030 7777777"));
    some_value(&scene, "name,030 7777777");
    scene.cli("salesforce stop");
    let (_, status) = shown(&scene, &phone, &Caller::number("+49307777777"));
    assert_eq!(status, "STOPPED");
    scene.cli("salesforce start");
    let (from, status) = shown(&scene, &phone, &Caller::number("+49307777777"));
    assert!(from.contains("Acme"), "{from}");
    assert_eq!(status, "FOUND");
}

#[test]
fn the_module_goes_when_nobody_waits_any_more() {
    let scene = plan("dialplan_timeout = 5000\nrequest_timeout = 600").start();
    let process = Process::of(&scene);
    let frozen = Action::Freeze {
        after_commit: false,
    };
    scene.sim.add_fault(Fault::every("any", frozen));
    let call = scene.ring_as("611", &outside());
    let is_waiting = || process.threads().iter().any(|name| name == "sf-inquiry");
    eventually("somebody waits", PATIENCE, is_waiting).unwrap();
    let said = scene.cli(&format!("module unload {MODULE}"));
    assert!(!said.contains("Unloaded"), "{said}");
    let said = scene.reload();
    assert!(said.contains("reloaded"), "{said}");
    // The one who waits keeps its deadline.
    call.wait_ended(PATIENCE).unwrap();
    let said = scene.await_logged("NOTICE", "asked ", 1);
    assert_eq!(status(&said[0]), "TIMEOUT");
    scene.wait_quiet();
    scene.unload();
    assert_eq!(process.mappings(), [""; 0]);
    let threads = process.threads();
    assert!(
        !threads.iter().any(|name| name.starts_with("sf-")),
        "{threads:?}"
    );
    // Loaded again, it answers again; forced out, it waits for who is inside.
    scene.load();
    let waiting = scene.ring_as("611", &outside());
    eventually("somebody waits", PATIENCE, is_waiting).unwrap();
    scene.cli(&format!("module unload -f {MODULE}"));
    assert_eq!(process.mappings(), [""; 0]);
    waiting.wait_ended(PATIENCE).unwrap();
    assert!(scene.pbx.is_running());
}
