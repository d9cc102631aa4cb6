//! `create_on = answer`: the Case is there while the two still talk.

use crate::scene::{A, PATIENCE, Plan, Scene, line};
use private_pbx::{Reaction, eventually};
use serde_json::Value;

fn description(case: &Value) -> &str {
    case["Description"].as_str().unwrap()
}

/// A talks with the caller, whose Case has come: in Salesforce and in the module's report.
fn in_a_call_with_its_case(scene: &Scene, during: impl FnOnce(&Value)) {
    let _a = scene.phone(A.1, Reaction::answer());
    let call = scene.ring(A.1);
    let cases = scene.sim.wait_for_records("Case", 1, PATIENCE);
    let case = &cases[0];
    assert!(description(case).contains("Result: answered"));
    assert_eq!(line(description(case), "End:"), "");
    assert_eq!(line(description(case), "Talk time:"), "");
    eventually("in the report", PATIENCE, || {
        let shown = scene.cli("salesforce show calls");
        shown.contains("in progress") && shown.contains(case["Id"].as_str().unwrap())
    })
    .unwrap();
    during(case);
    // After a kill nobody is there to be told.
    let _ = call.hangup();
}

fn only_case(scene: &Scene) -> Value {
    let mut cases = scene.cases();
    assert_eq!(cases.len(), 1, "{cases:?}");
    let (user, case) = cases.remove(0);
    assert_eq!(user, A.0);
    case
}

fn plan() -> Plan {
    Plan::default().general("create_on = answer\nlanguage = en")
}

#[test]
fn the_case_comes_at_the_answer_and_is_completed_at_the_end() {
    let scene = plan().start();
    let mut id = Value::Null;
    in_a_call_with_its_case(&scene, |case| id = case["Id"].clone());
    let case = only_case(&scene);
    assert_eq!(case["Id"], id);
    for beginning in ["End: ", "Talk time: "] {
        let found = line(description(&case), beginning);
        assert!(!found.is_empty() && !found.contains("unknown"), "{found}");
    }
    assert_eq!(case["SuppliedPhone"], "+493012345678");
    assert_eq!(scene.sim.records("Account").len(), 1);
    let shown = scene.cli("salesforce show calls");
    assert!(shown.contains("delivered"), "{shown}");
}

#[test]
fn a_kill_during_the_call_leaves_one_case_with_an_unknown_end() {
    let scene = plan().start();
    in_a_call_with_its_case(&scene, |_| scene.pbx.kill());
    scene.pbx.start().unwrap();
    scene.load();
    let case = only_case(&scene);
    assert_eq!(line(description(&case), "End:"), "End: unknown");
    assert_eq!(scene.sim.records("Account").len(), 1);
}

#[test]
fn a_reload_during_the_call_makes_no_second_case() {
    let scene = plan().start();
    in_a_call_with_its_case(&scene, |_| drop(scene.reload()));
    let case = only_case(&scene);
    let talk = line(description(&case), "Talk time: ");
    assert!(!talk.is_empty() && !talk.contains("unknown"), "{talk}");
}

#[test]
fn an_interface_stopped_during_the_call_makes_no_second_case() {
    let scene = plan().start();
    in_a_call_with_its_case(&scene, |_| {
        scene.cli("salesforce stop");
        scene.cli("salesforce start");
    });
    // Followed until it was stopped.
    assert_ne!(line(description(&only_case(&scene)), "End:"), "");
}

#[test]
fn a_module_unloaded_during_the_call_makes_no_second_case() {
    let scene = plan().start();
    in_a_call_with_its_case(&scene, |_| {
        scene.unload();
        scene.load();
    });
    assert_ne!(line(description(&only_case(&scene)), "End:"), "");
    assert_eq!(scene.sim.records("Account").len(), 1);
}

#[test]
fn what_counts_for_an_answered_call_is_what_was_configured_at_its_answer() {
    for create_on in ["answer", "hangup"] {
        let plan = Plan::default().general(&format!("create_on = {create_on}\nlanguage = en"));
        let scene = plan.start();
        let _a = scene.phone(A.1, Reaction::answer());
        let call = scene.ring(A.1);
        eventually("it is answered", PATIENCE, || {
            scene.cli("salesforce show calls").contains("in progress")
        })
        .unwrap();
        let conf = std::fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
        let now = conf.replace("[user](!)\n", "[user](!)\ncase_on_answered = no\n");
        scene.pbx.write_etc("salesforce.conf", &now).unwrap();
        scene.reload();
        call.hangup().unwrap();
        let case = only_case(&scene);
        assert!(
            !line(description(&case), "Talk time: ").is_empty(),
            "{case}"
        );
    }
}
