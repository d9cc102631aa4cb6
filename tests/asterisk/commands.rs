//! The CLI.

use crate::scene::{A, B, ORG, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Phone, Reaction, eventually};
use salesforce_simulator::{Certificate, ValidationRule};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn answering(scene: &Scene) -> Phone {
    scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT))
}

fn ring(scene: &Scene, count: usize) {
    for _ in 0..count {
        scene.ring(A.1).wait_ended(PATIENCE).unwrap();
    }
}

/// Cells of a table's line: columns are two spaces or more apart.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

#[test]
fn show_users() {
    let scene = Plan::default()
        .a("language = en\ncase_on_lost = no")
        .start();
    let _a = answering(&scene);
    ring(&scene, 2);
    scene.settle();
    let text = scene.cli("salesforce show users");
    let domain = format!("localhost:{}", scene.sim.login_port());
    let expected = [
        vec![
            "Name",
            "Username",
            "Domain",
            "Extensions",
            "Language",
            "Actions",
            "Status",
            "Cases",
            "Pending",
            "Failed",
            "Last error",
        ],
        vec![
            A.0,
            A.2,
            &domain,
            "100",
            "en",
            "answered,account",
            "ok",
            "2",
            "0",
            "0",
            "-",
        ],
        vec![
            B.0,
            B.2,
            &domain,
            "101",
            "de",
            "answered,lost,account",
            "not logged in yet",
            "0",
            "0",
            "0",
            "-",
        ],
        vec!["2 users"],
    ];
    assert_eq!(
        text.lines().map(cells).collect::<Vec<_>>(),
        expected,
        "{text}"
    );
    // Aligned: each heading begins where its column does.
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0].find("Cases"),
        lines[1].rfind("  2  ").map(|at| at + 2)
    );
}

#[test]
fn show_user_knows_names() {
    let scene = Plan::default().start();
    let anna = scene.cli("salesforce show user anna");
    assert!(anna.contains("PJSIP/100") && anna.contains(A.2), "{anna}");
    assert!(!anna.contains("secret"), "{anna}");
    let nobody = scene.cli("salesforce show user nobody");
    assert!(
        nobody.starts_with("There is no Salesforce user 'nobody'"),
        "{nobody}"
    );
    assert!(
        scene
            .cli("salesforce show user")
            .contains("Usage: salesforce show user <name>")
    );
}

/// Asks as `asterisk -r` does when Tab is pressed.
fn complete(scene: &Scene, line: &str, word: &str) -> Vec<String> {
    let answer = scene.cli(&format!(r#"_COMMAND MATCHESARRAY "{line}" "{word}""#));
    let words = answer.split_whitespace().filter(|word| *word != "_EOF_");
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}

#[test]
fn names_are_completed() {
    let scene = refusing();
    let _a = answering(&scene);
    ring(&scene, 1);
    scene.settle();
    assert_eq!(
        complete(&scene, "salesforce show user ", ""),
        ["anna", "bert"]
    );
    assert_eq!(complete(&scene, "salesforce show user b", "b"), ["bert"]);
    assert_eq!(complete(&scene, "salesforce show user anna ", ""), [""; 0]);
    assert_eq!(
        complete(&scene, "salesforce show ", ""),
        ["calls", "status", "user", "users"]
    );
    assert_eq!(complete(&scene, "salesforce retry ", ""), ["1", "all"]);
    assert_eq!(complete(&scene, "salesforce discard ", ""), ["1"]);
}

/// As with Asterisk's own commands and sections.
#[test]
fn case_does_not_matter() {
    let scene = refusing();
    let _a = answering(&scene);
    ring(&scene, 1);
    scene.settle();
    assert_eq!(
        scene.cli("Salesforce SHOW Users"),
        scene.cli("salesforce show users")
    );
    let anna = scene.cli("salesforce show USER Anna");
    assert_eq!(anna, scene.cli("salesforce show user anna"));
    // Her calls are there, too.
    assert!(
        value(&anna, "Name") == "anna" && anna.contains("Last calls"),
        "{anna}"
    );
    assert_eq!(complete(&scene, "SALESFORCE Show user A", "A"), ["anna"]);
    assert_eq!(complete(&scene, "salesforce RETRY ", ""), ["1", "all"]);
    assert!(
        scene
            .cli("Salesforce Test User ANNA")
            .contains("User [anna] can deliver calls")
    );
    let said = scene.cli("salesforce Retry ALL");
    assert!(said.contains("1 call is sent again"), "{said}");
    assert!(scene.cli("salesforce STOP").contains("is stopped"));
}

#[test]
fn stopped_means_nothing_is_recorded_and_nothing_sent() {
    let scene = Plan::default().start();
    let _a = answering(&scene);
    ring(&scene, 1);
    scene.settle();
    assert!(scene.cli("salesforce stop").contains("is stopped"));
    let requests = scene.sim.requests().len();
    for _ in 0..2 {
        assert!(scene.cli("salesforce stop").contains("already stopped"));
        assert!(
            scene
                .cli("salesforce show status")
                .starts_with("Interface:             stopped\n")
        );
        ring(&scene, 2);
        scene.wait_quiet();
        // Stays so after a reload.
        scene.reload();
    }
    let calls = scene.cli("salesforce show calls");
    assert!(calls.ends_with("\n1 calls\n"), "{calls}");
    assert_eq!(scene.sim.requests().len(), requests);
    assert!(scene.cli("salesforce start").contains("is started"));
    ring(&scene, 1);
    assert_eq!(scene.cases().len(), 2);

    // Not after a restart.
    scene.cli("salesforce stop");
    scene.unload();
    scene.load();
    assert!(
        scene
            .cli("salesforce show status")
            .starts_with("Interface:             started\n")
    );
}

#[test]
fn show_calls() {
    let scene = Plan::default().start();
    let _a = answering(&scene);
    for n in 0..3 {
        let caller = Caller::number(&format!("+4930200000{n}"));
        scene.ring_as(A.1, &caller).wait_ended(PATIENCE).unwrap();
    }
    let cases = scene.cases();
    let text = scene.cli("salesforce show calls 2");
    assert!(text.ends_with("\n2 calls\n"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    // The newest first, each with its Case.
    for (line, number) in lines[1..3].iter().zip(["+49302000002", "+49302000001"]) {
        let case = cases
            .iter()
            .find(|(_, case)| case["SuppliedPhone"] == number)
            .unwrap();
        let id = case.1["Id"].as_str().unwrap();
        assert!(line.contains(number) && line.contains(id), "{text}");
        assert!(line.contains("  delivered  "), "{text}");
    }
    for wrong in ["0", "-1", "many", "1 2"] {
        let said = scene.cli(&format!("salesforce show calls {wrong}"));
        assert!(
            said.contains("Usage: salesforce show calls"),
            "{wrong}: {said}"
        );
    }
}

/// The names at the beginnings of lines; an empty one for an empty line.
fn names(text: &str) -> Vec<&str> {
    text.lines()
        .map(|line| line.split_once(':').map_or(line, |(name, _)| name))
        .collect()
}

/// The value of a line.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(there, _)| *there == name);
    found
        .unwrap_or_else(|| panic!("no {name}:\n{text}"))
        .1
        .trim()
}

#[test]
fn show_status_is_laid_out_for_eyes_and_scripts() {
    let scene = Plan::default().start();
    let text = scene.cli("salesforce show status");
    for name in ["Requests per Case", "Hang-up to Case", "Without waiting"] {
        assert_eq!(value(&text, name), "none yet", "{text}");
    }
    let _a = answering(&scene);
    ring(&scene, 3);
    scene.settle();
    let text = scene.cli("salesforce show status");
    let (facts, orgs) = text.split_once("\nOrg or host ").unwrap();
    let expected = [
        "Interface",
        "Version",
        "Users",
        "Internal errors",
        "",
        "Events",
        "Calls in progress",
        "",
        "Journal depth",
        "Pending calls",
        "Being sent",
        "Oldest undelivered",
        "Failed calls",
        "Workers",
        "",
        "Delivered since load",
        "Failed since load",
        "Retried since load",
        "Looked up ringing",
        "Requests",
        "Requests per Case",
        "Hang-up to Case",
        "Without waiting",
        "",
        "Journal",
        "Journal size",
    ];
    assert_eq!(names(facts), expected, "{text}");
    // Values begin in one column.
    for line in facts.lines().filter(|line| !line.is_empty()) {
        assert!(
            line[..23].ends_with("  ") && !line[23..].starts_with(' '),
            "{line}"
        );
    }
    let numbers = |name| -> Vec<f64> {
        let words = value(&text, name).split([' ', ',', '(']);
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let [seen, ours, waiting, dropped] = numbers("Events")[..] else {
        panic!("{text}");
    };
    assert!(
        seen > ours && ours > 0.0 && waiting == 0.0 && dropped == 0.0,
        "{text}"
    );
    assert!(value(&text, "Events").ends_with("dropped = 0"), "{text}");
    for (name, expected) in [
        ("Pending calls", "0"),
        ("Being sent", "0"),
        ("Failed calls", "0"),
        ("Delivered since load", "3"),
        ("Failed since load", "0"),
        ("Retried since load", "0"),
    ] {
        assert_eq!(value(&text, name), expected, "{text}");
    }
    // One login; requests are what the org counts.
    let used = scene.sim.api_usage(ORG);
    assert_eq!(value(&text, "Requests"), format!("{used} and 1 logins"));
    assert_eq!(
        value(&text, "Requests per Case"),
        format!("{:.2}", used as f64 / 3.0)
    );
    for name in ["Hang-up to Case", "Without waiting"] {
        assert!(
            value(&text, name).ends_with(" s (newest 3 calls)"),
            "{text}"
        );
    }
    assert!(orgs.contains("org 00D"), "{text}");
    let anna = scene.cli("salesforce show user anna");
    for (name, expected) in [
        ("Cases", "3"),
        ("Delivered since load", "3"),
        ("Being sent", "0"),
    ] {
        assert_eq!(value(&anna, name), expected, "{anna}");
    }
}

/// An org that refuses every Case.
fn refusing() -> Scene {
    let mut plan = Plan::default();
    plan.org.validation_rules.push(ValidationRule {
        object: "Case".into(),
        field: String::new(),
        contains: String::new(),
        message: "Cases need a Priority here".into(),
    });
    plan.start()
}

#[test]
fn refused_calls_are_sent_again_or_given_up() {
    let scene = refusing();
    let _a = answering(&scene);
    ring(&scene, 3);
    scene.settle();
    let calls = scene.cli("salesforce show calls");
    assert_eq!(calls.matches("  failed  ").count(), 3, "{calls}");
    assert_eq!(
        calls.matches("Cases need a Priority here").count(),
        3,
        "{calls}"
    );
    let ids: Vec<&str> = calls
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let (first, second) = (ids[3], ids[2]);
    assert!(
        scene
            .cli(&format!("salesforce discard {first}"))
            .contains("is discarded")
    );
    assert!(
        scene
            .cli(&format!("salesforce discard {first}"))
            .contains("no failed or pending call")
    );
    assert!(
        scene
            .cli(&format!("salesforce retry {first}"))
            .contains("no failed call")
    );
    assert!(
        scene
            .cli("salesforce retry x")
            .contains("Usage: salesforce retry")
    );

    scene
        .sim
        .update_org(ORG, |org| org.validation_rules.clear());
    let said = scene.cli(&format!("salesforce retry {second}"));
    assert!(said.contains("1 call is sent again"), "{said}\n{calls}");
    assert_eq!(scene.cases().len(), 1);
    assert!(
        scene
            .cli("salesforce retry all")
            .contains("1 call is sent again")
    );
    assert_eq!(scene.cases().len(), 2);
    let calls = scene.cli("salesforce show calls");
    assert_eq!(calls.matches("  discarded  ").count(), 1, "{calls}");
    assert_eq!(calls.matches("  delivered  ").count(), 2, "{calls}");
}

#[test]
fn enabled_says_whether_it_is_started() {
    let scene = Plan::default().general("enabled = no").start();
    let _a = answering(&scene);
    assert!(
        scene
            .cli("salesforce show status")
            .starts_with("Interface:             stopped\n")
    );
    ring(&scene, 1);
    scene.wait_quiet();
    assert!(scene.cli("salesforce start").contains("is started"));
    ring(&scene, 1);
    assert_eq!(scene.cases().len(), 1);
}

#[test]
fn answered_before_it_was_stopped_counts() {
    let scene = Plan::default().general("language = en").start();
    let a = scene.phone("100", Reaction::ring());
    let call = scene.ring("100");
    a.next_call(PATIENCE).unwrap().answer().unwrap();
    call.wait_talking(PATIENCE).unwrap();
    // Rings only, when the interface stops.
    let _b = scene.phone("101", Reaction::ring());
    let ringing = scene.ring("101");
    ringing.wait_ringing(PATIENCE).unwrap();
    eventually("the answer in the journal", PATIENCE, || {
        scene.cli("salesforce show calls").contains("in progress")
    })
    .unwrap();
    assert!(scene.cli("salesforce stop").contains("is stopped"));
    call.hangup().unwrap();
    ringing.hangup().unwrap();
    scene.wait_quiet();
    assert!(scene.sim.records("Case").is_empty());
    assert!(scene.cli("salesforce start").contains("is started"));
    let cases = scene.cases();
    let [("anna", case)] = cases.as_slice() else {
        panic!("{cases:#?}");
    };
    let description = case["Description"].as_str().unwrap();
    assert!(description.contains("unknown"), "{description}");
}

/// Another program writes to the journal's file: who gives a call up waits for it, and nobody else.
#[test]
fn a_journal_that_others_write_to_keeps_only_one_waiting() {
    let scene = Plan::default().start();
    scene.sim.set_login_certificate(Certificate::SelfSigned);
    let _a = answering(&scene);
    ring(&scene, 1);
    scene.settle_but(1);
    let path = scene.pbx.path("spool/salesforce/salesforce.sqlite3");
    let other = rusqlite::Connection::open(path).unwrap();
    // A machine so busy that the journal gives up before it is asked tells nothing.
    let is_told = (0..5).any(|_| {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        thread::scope(|scope| {
            let discard = scope.spawn(|| scene.cli("salesforce discard 1"));
            for _ in 0..5 {
                let status = scene.cli("salesforce show status");
                assert!(status.contains("Pending calls:         1\n"), "{status}");
            }
            let is_waiting = !discard.is_finished();
            other.execute_batch("ROLLBACK").unwrap();
            let said = discard.join().unwrap();
            is_waiting && said.contains("Call 1 is discarded")
        })
    });
    assert!(is_told);
    assert!(scene.cli("salesforce show calls").contains("discarded"));
}
