//! `salesforce.conf` and hints, as the real Asterisk reads them.

use crate::scene::{A, MODULE, PATIENCE, Plan, Scene};
use private_pbx::{Dialplan, Reaction, eventually};
use salesforce_simulator::{OrgSetup, UserSetup};
use std::fs;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);
const SECRET: &str = "S3cr3tOfAnna";

/// `[general]` as this scene needs it.
fn general(scene: &Scene) -> String {
    let ca = scene.pbx.inner_path("etc/salesforce-ca.pem");
    format!(
        "[general]\ntrusted_domains = localhost\nca_file = {}\n",
        ca.display()
    )
}

fn user(scene: &Scene, name: &str, extension: &str) -> String {
    format!(
        "[{name}]\ntype = user\nusername = {name}@acme.example\npassword = secret\n\
         token = token\ndomain = localhost:{}\nextension = {extension}\n",
        scene.sim.login_port()
    )
}

fn write(scene: &Scene, text: &str) {
    scene.pbx.write_etc("salesforce.conf", text).unwrap();
}

fn try_load(scene: &Scene) -> bool {
    scene
        .cli(&format!("module load {MODULE}"))
        .contains("Loaded")
}

/// The module declines, says why in one line, and Asterisk runs on; also the second time.
fn assert_declined(scene: &Scene, problem: &str) {
    for time in 1..=2 {
        assert!(!try_load(scene));
        let lines = scene.await_logged("ERROR", "salesforce.conf", time);
        assert_eq!(lines.len(), time, "{lines:#?}");
        assert!(lines[time - 1].contains(problem), "{lines:#?}");
    }
    assert!(scene.cli("core show version").starts_with("Asterisk 22"));
    assert!(
        scene
            .cli("salesforce show users")
            .contains("No such command")
    );
    write(scene, &(general(scene) + &user(scene, "anna", "100")));
    scene.load();
    scene.unload();
}

#[test]
fn no_file() {
    let scene = Plan::default().prepare();
    fs::remove_file(scene.pbx.path("etc/salesforce.conf")).unwrap();
    assert_declined(&scene, "salesforce.conf was not found in /srv/pbx/");
}

#[test]
fn an_empty_file() {
    let scene = Plan::default().prepare();
    write(&scene, "; nothing but comments\n");
    assert_declined(&scene, "salesforce.conf holds no section");
}

#[test]
fn a_file_in_utf_16() {
    let scene = Plan::default().prepare();
    let text = general(&scene) + &user(&scene, "anna", "100");
    let bytes: Vec<u8> = ["\u{feff}", &text]
        .iter()
        .flat_map(|part| part.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(scene.pbx.path("etc/salesforce.conf"), bytes).unwrap();
    assert_declined(
        &scene,
        "salesforce.conf is not UTF-8 in line 1: it has to be saved as UTF-8",
    );
}

#[test]
fn a_bad_general_section() {
    let scene = Plan::default().prepare();
    let text = general(&scene) + "workers = many\n" + &user(&scene, "anna", "100");
    write(&scene, &text);
    assert_declined(&scene, "salesforce.conf:4: [general] workers = many: ");
}

#[test]
fn only_general() {
    let scene = Plan::default().prepare();
    write(&scene, "[general]\n");
    scene.load();
    assert!(scene.cli("salesforce show users").ends_with("\n0 users\n"));
}

#[test]
fn every_error_at_once_and_no_secret() {
    let plan = Plan::default();
    let builder = plan.builder.clone().option("debug=5").option("verbose=5");
    let scene = Plan { builder, ..plan }.prepare();
    let port = scene.sim.login_port();
    let text = general(&scene)
        + &user(&scene, "good", "105")
        + &format!(
            "[anna]\ntype = user\nusername = anna@acme.example\npassword = {SECRET}\n\
             token = {SECRET}Token\ndomain = localhost:{port}\nextension = 100\n\
             language = klingon\ncase_on_lost = perhaps\nsubject_lost = {{nonsense}}\n\
             [bert]\ntype = robot\n\
             [carl]\ntype = user\npassword = {SECRET}\nextension = 102\ncolour = red\n\
             [dora]\ntype = user\nusername = dora@acme.example\npasword = {SECRET}\n\
             password = {SECRET}\ndomain = evil.example\nextension = 103\n"
        );
    write(&scene, &text);
    scene.load();
    let lines = scene.await_logged("ERROR", "salesforce.conf:", 9);
    for expected in [
        "[anna] language = klingon: ",
        "[anna] case_on_lost = perhaps: ",
        "[anna] subject_lost = {nonsense}: ",
        "[bert] type = robot: unknown section type; allowed: user",
        "[carl] colour",
        "[carl] username",
        "[carl] domain: is missing; allowed: hosts within localhost",
        "[dora] domain = evil.example: ",
        "[dora] pasword",
    ] {
        let found: Vec<_> = lines
            .iter()
            .filter(|line| line.contains(expected))
            .collect();
        assert_eq!(found.len(), 1, "{expected}: {lines:#?}");
    }
    // What is allowed is told wherever a value was wrong.
    let told = lines.iter().filter(|line| line.contains(" = "));
    for line in told {
        assert!(line.contains("; allowed: "), "{line}");
    }
    assert_eq!(lines.len(), 9, "{lines:#?}");
    let users = scene.cli("salesforce show users");
    assert!(
        users.contains("good") && users.ends_with("\n1 users\n"),
        "{users}"
    );
    for shown in [scene.log(), scene.cli("salesforce show user good")] {
        assert!(!shown.contains(SECRET));
    }
}

#[test]
fn a_bad_reload_changes_nothing_and_a_good_one_everything() {
    let scene = Plan::default().prepare();
    let (head, anna) = (general(&scene), user(&scene, "anna", "100"));
    write(&scene, &(head.clone() + &anna));
    scene.load();
    let users = scene.cli("salesforce show users");
    assert!(users.ends_with("\n1 users\n"), "{users}");

    for bad in [
        String::new(),
        "[general]\nworkers = none\n".to_owned() + &anna,
        "[general\n".to_owned(),
        head.clone() + "[anna]\ntype = user\n",
    ] {
        write(&scene, &bad);
        let before = scene.logged("ERROR", "salesforce.conf").len();
        let said = scene.reload();
        assert!(!said.contains("reloaded successfully"), "{bad}: {said}");
        let after = scene
            .await_logged("ERROR", "salesforce.conf", before + 1)
            .len();
        assert!(after > before, "{bad}");
        assert_eq!(scene.cli("salesforce show users"), users, "{bad}");
    }

    // Another extension for anna, and bert is new.
    write(
        &scene,
        &(head.clone() + &user(&scene, "anna", "105") + &user(&scene, "bert", "101")),
    );
    scene.reload();
    let users = scene.cli("salesforce show users");
    assert!(
        users.ends_with("\n2 users\n") && users.contains(" 105 "),
        "{users}"
    );
    let _b = scene.phone("101", Reaction::answer().after(SHORT).hangup_after(SHORT));
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    for number in ["101", "100"] {
        scene.ring(number).wait_ended(PATIENCE).unwrap();
    }
    let cases = scene.cases();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].0, "bert");

    // Anna has bert's extension, and bert is bad: he keeps what is left to him.
    let bad_bert = "[bert]\ntype = user\n";
    write(
        &scene,
        &(head.clone() + &user(&scene, "anna", "100,101") + bad_bert),
    );
    scene.reload();
    scene.ring("101").wait_ended(PATIENCE).unwrap();
    let names: Vec<_> = scene.cases().into_iter().map(|case| case.0).collect();
    assert_eq!(names, ["anna", "bert"]);
    let users = scene.cli("salesforce show users");
    let row = users.lines().find(|line| line.starts_with("bert")).unwrap();
    assert!(!row.contains(" 101 "), "{users}");

    // Anna is gone; a bad bert stays as he was, and carl comes.
    write(&scene, &(head + bad_bert + &user(&scene, "carl", "102")));
    scene.reload();
    let users = scene.cli("salesforce show users");
    assert!(
        users.ends_with("\n2 users\n") && !users.contains("anna"),
        "{users}"
    );
    assert!(users.contains("bert") && users.contains("carl"), "{users}");
}

#[test]
fn templates_includes_and_a_semicolon_in_a_password() {
    let password = "pa;ss=w\"ö <&rd>";
    let org = OrgSetup::new("acme", [UserSetup::new(A.2, password, "token")]);
    let scene = Plan {
        org,
        ..Plan::default()
    }
    .prepare();
    let port = scene.sim.login_port();
    let text = general(&scene)
        + "[acme](!)\ntype = user\ntoken = wrong\nlanguage = de\n#include salesforce.d/anna.conf\n";
    write(&scene, &text);
    fs::create_dir(scene.pbx.path("etc/salesforce.d")).unwrap();
    let anna = format!(
        "[anna](acme)\nusername => {}\npassword = {} ; a comment\ntoken = token\n\
         domain = localhost:{port}\nextension = 100\n[anna](+)\nlanguage = en\n",
        A.2,
        password.replace(';', "\\;")
    );
    scene
        .pbx
        .write_etc("salesforce.d/anna.conf", &anna)
        .unwrap();
    scene.load();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    assert_eq!(scene.cases().len(), 1);
    assert!(scene.cli("salesforce show user anna").contains("Language:"));
    // An error in the included file names that file.
    scene
        .pbx
        .write_etc("salesforce.d/anna.conf", &(anna + "colour = red\n"))
        .unwrap();
    scene.reload();
    let lines = scene.await_logged("ERROR", "[anna] colour", 1);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("salesforce.d/anna.conf:9: "),
        "{lines:#?}"
    );
    // What is missing is missing in the section, not in the template it was made of.
    scene
        .pbx
        .write_etc(
            "salesforce.d/anna.conf",
            "[anna](acme)\nextension = 100\npassword = x\n",
        )
        .unwrap();
    scene.reload();
    let lines = scene.await_logged("ERROR", "[anna] username: is missing", 1);
    assert!(
        lines[0].contains("salesforce.d/anna.conf:2: "),
        "{lines:#?}"
    );
}

#[test]
fn the_sample_with_a_user_uncommented() {
    let scene = Plan::default().prepare();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/conf/salesforce.conf.sample");
    let sample = fs::read_to_string(sample).unwrap();
    // As it is: loads, without users.
    write(&scene, &sample);
    scene.load();
    assert!(scene.cli("salesforce show users").ends_with("\n0 users\n"));

    let ca = scene
        .pbx
        .inner_path("etc/salesforce-ca.pem")
        .display()
        .to_string();
    let domain = format!("localhost:{}", scene.sim.login_port());
    let wanted = [
        ("trusted_domains", "localhost"),
        ("ca_file", &ca),
        ("username", A.2),
        ("password", "secret"),
        ("token", "token"),
        ("domain", &domain),
        ("extension", "100"),
    ];
    let mut seen = 0;
    let text: String = sample
        .lines()
        .map(|line| {
            let option = wanted
                .iter()
                .find(|(name, _)| line.starts_with(&format!(";{name} = ")));
            match option {
                Some((name, value)) => {
                    seen += 1;
                    format!("{name} = {value}\n")
                }
                None if line == ";[support]" || line == ";type = user" => {
                    format!("{}\n", &line[1..])
                }
                None => format!("{line}\n"),
            }
        })
        .collect();
    assert_eq!(seen, wanted.len());
    write(&scene, &text);
    assert!(scene.reload().contains("reloaded successfully"));
    assert_eq!(
        scene.logged("ERROR", "").len(),
        0,
        "{:#?}",
        scene.logged("ERROR", "")
    );
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.settle();
    assert_eq!(scene.sim.records("Case").len(), 1);
}

#[test]
fn hints_name_the_devices() {
    let dialplan = Dialplan::default().more(
        "[internal](+)\n\
         exten => 555,hint,PJSIP/102&PJSIP/103,CustomPresence:555\n\
         exten => _56X,hint,PJSIP/104\n\
         [office]\nexten => 555,hint,PJSIP/105\n\
         [numbers](+)\n\
         exten => 555,1,Dial(PJSIP/103,20)\n\
         exten => 561,1,Dial(PJSIP/104,20)\n\
         exten => 777,1,Dial(PJSIP/105,20)\n",
    );
    let scene = Plan {
        dialplan,
        ..Plan::default()
    }
    .prepare();
    let text = general(&scene)
        + &user(&scene, "anna", "555@internal, 561")
        + &user(&scene, "bert", "555@office");
    write(&scene, &text);
    scene.load();
    let shown = |name: &str, line: &str| {
        let text = scene.cli(&format!("salesforce show user {name}"));
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(line), "{text}");
    };
    shown("anna", "Extension 555@internal: PJSIP/102&PJSIP/103 ");
    shown("anna", "Extension 561: PJSIP/104 ");
    shown("bert", "Extension 555@office: PJSIP/105 ");
    let answer = || Reaction::answer().after(SHORT).hangup_after(SHORT);
    let phones = ["103", "104", "105"].map(|phone| scene.phone(phone, answer()));
    let ring = |number: &str| scene.ring(number).wait_ended(PATIENCE).unwrap();
    ring("555");
    ring("561");
    ring("777");
    let owners = |scene: &Scene| {
        scene
            .cases()
            .iter()
            .map(|(user, _)| *user)
            .collect::<Vec<_>>()
    };
    assert_eq!(owners(&scene), ["anna", "anna", "bert"]);

    // The dialplan changes: bert's phone is anna's now.
    let path = scene.pbx.path("etc/extensions.conf");
    let dialplan = fs::read_to_string(&path).unwrap();
    let changed = dialplan
        .replace(
            "555,hint,PJSIP/102&PJSIP/103,CustomPresence:555",
            "555,hint,PJSIP/105",
        )
        .replace(
            "[office]\nexten => 555,hint,PJSIP/105",
            "[office]\nexten => 555,hint,PJSIP/103",
        );
    assert_ne!(changed, dialplan);
    fs::write(&path, changed).unwrap();
    scene.cli("dialplan reload");
    eventually("the new hints", PATIENCE, || {
        scene.cli("salesforce show user bert").contains("PJSIP/103")
    })
    .unwrap();
    ring("777");
    assert_eq!(owners(&scene), ["anna", "anna", "anna", "bert"]);
    drop(phones);
}
