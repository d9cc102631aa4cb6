//! The manager interface under load, and while the module comes and goes.

use super::{READING, answering};
use crate::manager::{Manager, check_list, text, with_name};
use crate::scene::{A, MODULE, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Plan as LoadPlan, eventually};
use salesforce_simulator::{Action, Fault};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn a_thousand_requests_during_calls() {
    const CALLS: usize = 60;
    const REQUESTS: usize = 1000;
    let scene = Plan::default()
        .managed(&[])
        .a("create_account = no")
        .start();
    let _a = answering(&scene);
    let manager = Manager::of(&scene);
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let load = private_pbx::Load {
                calls: CALLS,
                per_second: 10,
                at_once: 10,
                patience: PATIENCE,
            };
            scene.pbx.trunk().load(&load, |n| LoadPlan {
                number: "100".into(),
                caller: Caller::number(&format!("+4930{:07}", 2_000_000 + n)),
                hangup_after: None,
                cancel_after: None,
            })
        });
        let mut asked = 0;
        while asked < REQUESTS || !calls.is_finished() {
            let actions: Vec<Value> = (0..50)
                .map(|n| {
                    with_name(
                        READING[n % READING.len()],
                        json!({"User": A.0, "ActionID": format!("{asked}/{n}")}),
                    )
                })
                .collect();
            let answers = manager.ask_all(&actions, 3 * PATIENCE);
            for (action, messages) in actions.iter().zip(&answers) {
                check_list(&text(action, "Action"), messages);
                assert_eq!(messages[0]["ActionID"], action["ActionID"]);
            }
            asked += actions.len();
        }
        let report = calls.join().unwrap();
        println!("{asked} requests during {CALLS} calls: {report:?}");
        assert_eq!(report.answered, CALLS, "{report:?}");
    });
    assert_eq!(scene.cases().len(), CALLS);
    let status = scene.cli("salesforce show status");
    assert!(status.contains("dropped = 0"), "{status}");
}

/// The action's handler is ours: it must have returned before the module goes.
#[test]
fn nobody_is_in_an_action_when_the_module_goes() {
    let scene = Plan::default().managed(&[]).start();
    scene.sim.add_fault(Fault::every(
        "login",
        Action::Freeze {
            after_commit: false,
        },
    ));
    let waiting = Manager::of(&scene);
    thread::scope(|scope| {
        let test = scope.spawn(move || {
            waiting.ask_all(
                &[with_name("SalesforceTestUser", json!({"User": A.0}))],
                6 * PATIENCE,
            )
        });
        eventually("the use", PATIENCE, || uses(&scene) == Some(1)).unwrap();
        let said = scene.cli(&format!("module unload {MODULE}"));
        assert!(!said.contains("Unloaded"), "{said}");
        scene.sim.clear_faults();
        let answer = test.join().unwrap();
        check_list("SalesforceTestUser", &answer[0]);
    });

    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asker = scope.spawn(|| {
            let manager = Manager::of(&scene);
            let mut answers = [0, 0];
            while !over.load(Ordering::Relaxed) {
                let actions = vec![with_name("SalesforceStatus", json!({})); 20];
                for messages in manager.ask_all(&actions, PATIENCE) {
                    let is_error = messages[0]["Response"] == "Error";
                    answers[usize::from(is_error)] += 1;
                }
            }
            answers
        });
        for _ in 0..20 {
            scene.unload();
            scene.load();
        }
        over.store(true, Ordering::Relaxed);
        let [done, refused] = asker.join().unwrap();
        println!("{done} answered, {refused} refused while the module was away");
        assert!(done > 0 && refused > 0, "{done} {refused}");
    });
    scene.unload();
    let actions = scene.cli("manager show commands");
    assert!(!actions.contains("Salesforce"), "{actions}");
}

/// How often the module is in use.
fn uses(scene: &Scene) -> Option<u32> {
    let table = scene.cli(&format!("module show like {MODULE}"));
    let row = table.lines().find(|line| line.starts_with(MODULE))?;
    // Name, description (of two words), uses, state.
    row.split_whitespace().nth(3)?.parse().ok()
}
