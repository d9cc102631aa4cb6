//! What the page sends is never a command to Asterisk's reader.

use super::changer::Changer;
use super::office::{ADMIN, Office, plan};
use serde_json::{Value, json};
use std::fs;

/// An Asterisk that runs the programs of `#exec`.
fn office() -> Office {
    let mut plan = plan();
    plan.builder = plan.builder.option("execincludes=yes");
    Office::of(plan.start())
}

#[test]
fn no_name_and_no_value_runs_a_program() {
    let office = office();
    let pbx = &office.scene.pbx;
    let (ran, inner) = (pbx.path("log/ran"), pbx.inner_path("log/ran"));
    let touch = format!("/bin/touch {}", inner.display());
    // It does run programs.
    let conf = office.conf();
    pbx.write_etc("salesforce.conf", &format!("{conf}\n#exec \"{touch}\"\n"))
        .unwrap();
    office.scene.reload();
    assert!(ran.exists());
    pbx.write_etc("salesforce.conf", &conf).unwrap();
    office.scene.reload();
    fs::remove_file(&ran).unwrap();

    let changer = Changer::enter(&office, ADMIN);
    let exec = format!("#exec \"{touch}\"");
    let sets = |name: String, value: String| json!({name: value});
    for set in [
        sets(format!("{exec} ;"), "x".to_owned()),
        sets(exec.clone(), "x".to_owned()),
        sets(exec.clone(), String::new()),
        sets(format!("#exec {touch}"), "x".to_owned()),
        sets(format!("owner\n{exec}\nowner"), "x".to_owned()),
        sets(format!("\t{exec} ;"), "x".to_owned()),
        sets(format!("owner ;--\n--;{exec} ;"), "x".to_owned()),
        sets(format!("#include {} ;", inner.display()), "x".to_owned()),
        sets("owner".to_owned(), format!("a@b\n{exec}")),
        sets("owner".to_owned(), format!("a@b\r{exec}")),
        sets("owner".to_owned(), format!("a@b\0\n{exec}")),
        json!({"case_field": [format!("A=1\n{exec}")]}),
        json!({format!("{exec} ;"): ["x"]}),
        json!({format!("{exec} ;"): null}),
    ] {
        for (name, is_new) in [("anna", false), ("general", false), ("emil", true)] {
            let (status, answer) = changer.save(name, is_new, &set, &Value::Null);
            // A zero byte gets no further than Asterisk's own server.
            assert!([400, 422].contains(&status), "{name} {set}: {answer}");
            assert!(!ran.exists(), "{name} {set}");
        }
    }
    for name in [
        exec.as_str(),
        &format!("x]\n{exec}\n[y"),
        "x](!)",
        "General",
    ] {
        let (status, answer) = changer.save(name, true, &json!({"extension": "9"}), &Value::Null);
        assert_eq!(status, 422, "{name}: {answer}");
    }
    assert!(!ran.exists());
    assert_eq!(office.conf(), conf);
    // As values they are values.
    let set = json!({"subject_lost": exec.replace('"', "'"), "description": "; [x](!) \\"});
    let (status, answer) = changer.save("anna", false, &set, &Value::Null);
    assert_eq!(status, 200, "{answer}");
    assert!(!ran.exists());
}
