//! An administrator's own texts, out of Asterisk's data directory.

use crate::scene::{PATIENCE, Plan, Scene, line, text};
use private_pbx::Reaction;
use std::fs;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

fn write(scene: &Scene, name: &str, text: &str) {
    let directory = scene.pbx.path("data/salesforce");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(name), text).unwrap();
}

/// Both are called; the Cases that came of it since the last time, in order of their users.
fn calls(scene: &Scene) -> [String; 2] {
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.ring("101").wait_ended(PATIENCE).unwrap();
    let cases = scene.cases();
    let newest = |user: &str| {
        let own = cases.iter().filter(|(owner, _)| *owner == user);
        let newest = own.max_by_key(|(_, case)| text(case, "CaseNumber").to_owned());
        let case = &newest.unwrap().1;
        let result = line(text(case, "Description"), "Wynik");
        format!("{} {result}", text(case, "Subject"))
            .trim()
            .to_owned()
    };
    [newest("anna"), newest("bert")]
}

#[test]
fn texts_of_ones_own() {
    let plan = Plan::default().a("language = de_DE").b("language = pl");
    let scene = plan.prepare();
    write(
        &scene,
        "de.ftl",
        "subject-answered = Telefonat mit { $name }",
    );
    write(
        &scene,
        "nl.ftl",
        "reason-busy = bezet\nsubject-lost = { $nummer }",
    );
    let polish = "subject-answered = Połączenie od { $name }\nline-result = Wynik: { $reason }\n";
    write(&scene, "pl.ftl", polish);
    scene.load();
    let at = scene.pbx.inner_path("data/salesforce");
    let at = at.display();
    let errors = scene.await_logged("ERROR", ".ftl", 1);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let told = format!("{at}/nl.ftl: line 2: subject-lost has no variable $nummer; there is: ");
    assert!(errors[0].contains(&told), "{errors:#?}");
    let warnings = scene.await_logged("WARNING", ".ftl", 1);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    let told = format!("{at}/pl.ftl: written in English, for it lacks: ");
    assert!(warnings[0].contains(&told), "{warnings:#?}");

    let answer = || Reaction::answer().after(SHORT).hangup_after(SHORT);
    let _phones = ["100", "101"].map(|phone| scene.phone(phone, answer()));
    let told = ["Telefonat mit Erika", "Połączenie od Erika Wynik: answered"];
    assert_eq!(calls(&scene), told);

    // A mistake in one, a further message in the other.
    write(&scene, "de.ftl", "subject-answered = Telefonat mit { $name");
    write(
        &scene,
        "pl.ftl",
        &format!("{polish}reason-answered = odebrane\n"),
    );
    assert!(scene.reload().contains("reloaded successfully"));
    let told = [
        "Anruf von Erika (+49 30 12345678)",
        "Połączenie od Erika Wynik: odebrane",
    ];
    assert_eq!(calls(&scene), told);
    let errors = scene.await_logged("ERROR", "/de.ftl: line ", 1);
    assert_eq!(errors.len(), 1, "{errors:#?}");

    // A language that is not there: where to put it is told.
    let conf = fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    let conf = conf.replace("language = pl", "language = cs_CZ");
    scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
    scene.reload();
    let errors = scene.await_logged("ERROR", "[bert] language = cs_CZ: ", 1);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let told = format!("or one whose texts are in {at}/cs-CZ.ftl");
    assert!(errors[0].contains(&told), "{errors:#?}");
}
