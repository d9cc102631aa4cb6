//! Looking at the page has no side effects: nothing is read that has not changed, no program runs.

use super::changer::Changer;
use super::office::{ADMIN, Office, plan};
use crate::scene::PATIENCE;
use private_pbx::eventually;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// How often it is looked, by three of them.
const LOOKS: usize = 5;

fn look(changers: &[Changer<'_>]) {
    for _ in 0..LOOKS {
        for changer in changers {
            for path in ["users", "settings", "user?name=anna", "user", "status"] {
                let (status, answer) = changer.get(path);
                assert_eq!(status, 200, "{path}: {answer}");
            }
        }
    }
}

#[test]
fn lookers_run_no_program() {
    let mut plan = plan();
    plan.builder = plan.builder.option("execincludes=yes");
    let office = Office::of(plan.start());
    let pbx = &office.scene.pbx;
    let (script, runs) = (pbx.path("etc/users.sh"), pbx.path("log/runs"));
    let lines = "printf '[emil](user)\\nusername=emil@acme.example\\nextension=106\\n'";
    let text = format!(
        "#!/bin/sh\necho >>{}\n{lines}\n",
        pbx.inner_path("log/runs").display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let inner = pbx.inner_path("etc/users.sh");
    let conf = format!("{}\n#exec {}\n", office.conf(), inner.display());
    pbx.write_etc("salesforce.conf", &conf).unwrap();
    office.scene.reload();
    let count = || fs::read(&runs).unwrap().len();
    assert_eq!(count(), 1);

    let changers = [(); 3].map(|()| Changer::enter(&office, ADMIN));
    look(&changers);
    let (_, users) = changers[0].get("users");
    assert!(users.contains("emil@acme.example"), "{users}");
    assert_eq!(count(), 1);
    // Neither when the file has changed: that is somebody's business who loads it.
    pbx.write_etc("salesforce.conf", &format!("{conf}; more\n"))
        .unwrap();
    look(&changers);
    assert_eq!(count(), 1);
    office.scene.reload();
    assert_eq!(count(), 2);

    // What is saved is seen, with what the program says.
    let (status, answer) = changers[0].save("anna", false, &json!({"country": "AT"}), &Value::Null);
    assert_eq!(status, 200, "{answer}");
    let saved = count();
    look(&changers);
    let (_, form) = changers[0].get("user?name=anna");
    assert!(form.contains(r#""country":"AT""#), "{form}");
    assert_eq!(count(), saved);
}

#[test]
fn files_are_read_again_when_they_have_changed() {
    let mut plan = plan();
    plan.builder = plan.builder.option("debug=2");
    let office = Office::of(plan.start());
    let pbx = &office.scene.pbx;
    fs::create_dir_all(pbx.path("etc/salesforce.d")).unwrap();
    pbx.write_etc("salesforce.d/first.conf", "; nobody yet\n")
        .unwrap();
    let conf = office
        .conf()
        .replace("[bert](user)", "#include salesforce.d/*.conf\n[bert](user)");
    pbx.write_etc("salesforce.conf", &conf).unwrap();
    office.scene.reload();
    let parsed = || {
        // What was logged so far is in the file when this is.
        let log = office.scene.log();
        log.lines()
            .filter(|line| line.contains("Parsing ") && line.contains("salesforce.conf"))
            .count()
    };
    let changers = [(); 2].map(|()| Changer::enter(&office, ADMIN));
    let tells = |what: &str| {
        eventually(what, PATIENCE, || changers[0].get("users").1.contains(what)).unwrap();
    };
    look(&changers);
    let before = parsed();
    look(&changers);
    assert_eq!(parsed(), before);
    // Somebody edits it.
    pbx.write_etc(
        "salesforce.conf",
        &conf.replace("extension = 100", "extension = 100\nlanguage = klingon"),
    )
    .unwrap();
    tells("a language without texts");
    // A file comes that a pattern names, then a language.
    pbx.write_etc("salesforce.d/emil.conf", "[emil](user)\nextension = 106\n")
        .unwrap();
    tells("emil");
    fs::create_dir_all(pbx.path("data/salesforce")).unwrap();
    let text = "subject-answered = { $name }\n";
    fs::write(pbx.path("data/salesforce/tlh.ftl"), text).unwrap();
    pbx.write_etc(
        "salesforce.conf",
        &conf.replace("extension = 100", "extension = 100\nlanguage = tlh"),
    )
    .unwrap();
    eventually("no problem with it", PATIENCE, || {
        !changers[0].get("users").1.contains("without texts")
    })
    .unwrap();
}

#[test]
fn a_bad_language_file_is_told_of_once() {
    let office = Office::start();
    let folder = office.scene.pbx.path("data/salesforce");
    fs::create_dir_all(&folder).unwrap();
    let bad = "subject-lost = { $nummer }\n";
    fs::write(folder.join("nl.ftl"), bad).unwrap();
    let changers = [Changer::enter(&office, ADMIN)];
    let told = |count: usize| {
        look(&changers);
        let lines = office.scene.await_logged("ERROR", "nl.ftl", count);
        assert_eq!(lines.len(), count, "{lines:#?}");
    };
    told(1);
    // A save does not tell it again, an explicit reload does.
    let (status, answer) = changers[0].save("anna", false, &json!({"country": "AT"}), &Value::Null);
    assert_eq!(status, 200, "{answer}");
    told(1);
    office.scene.reload();
    told(2);
    // Another mistake.
    fs::write(
        folder.join("nl.ftl"),
        format!("{bad}subject-answered = {{ $x }}\n"),
    )
    .unwrap();
    told(3);
}

/// Sections in a database (extconfig.conf) cannot be changed here, and looking does not ask it.
#[test]
fn lookers_ask_no_database() {
    let scene = plan().prepare();
    let pbx = &scene.pbx;
    let database = rusqlite::Connection::open(pbx.path("etc/office.sqlite3")).unwrap();
    let columns = "id INTEGER PRIMARY KEY, cat_metric INT, var_metric INT, commented INT, \
                   filename TEXT, category TEXT, var_name TEXT, var_val TEXT";
    database
        .execute_batch(&format!("CREATE TABLE configuration ({columns})"))
        .unwrap();
    let domain = format!("localhost:{}", scene.sim.login_port());
    for (at, (section, name, value)) in [
        ("general", "web", "yes"),
        ("general", "trusted_domains", "localhost"),
        ("anna", "type", "user"),
        ("anna", "username", "anna@acme.example"),
        ("anna", "password", "secret"),
        ("anna", "domain", domain.as_str()),
        ("anna", "extension", "100"),
    ]
    .iter()
    .enumerate()
    {
        let row = "INSERT INTO configuration (cat_metric, var_metric, commented, filename, \
                   category, var_name, var_val) VALUES (?1, ?2, 0, 'salesforce.conf', ?3, ?4, ?5)";
        let metric = usize::from(*section == "anna");
        let values = rusqlite::params![metric, at, section, name, value];
        database.execute(row, values).unwrap();
    }
    let file = pbx.inner_path("etc/office.sqlite3");
    // Without a transaction that Asterisk's driver keeps open between questions.
    let conf = format!("[office]\ndbfile => {}\nbatch => 0\n", file.display());
    pbx.write_etc("res_config_sqlite3.conf", &conf).unwrap();
    let map = "[settings]\nsalesforce.conf => sqlite3,office,configuration\n";
    pbx.write_etc("extconfig.conf", map).unwrap();
    scene.cli("module load res_config_sqlite3.so");
    scene.cli("module reload extconfig");
    scene.load();
    let office = Office::of(scene);
    let changer = Changer::enter(&office, ADMIN);
    let form = || {
        let (status, form) = changer.get("user?name=anna");
        assert_eq!(status, 200, "{form}");
        form
    };
    assert!(form().contains(r#""fingerprint":null"#), "{}", form());
    let more = "INSERT INTO configuration (cat_metric, var_metric, commented, filename, category, \
                var_name, var_val) VALUES (1, 9, 0, 'salesforce.conf', 'anna', 'country', 'AT')";
    database.execute(more, []).unwrap();
    look(std::slice::from_ref(&changer));
    assert!(!form().contains(r#""country":"AT""#));
    office.scene.reload();
    assert!(form().contains(r#""country":"AT""#), "{}", form());
}
