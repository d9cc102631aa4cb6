//! The manager interface under load, and while the module comes and goes.

use super::{READING, answering};
use crate::manager::{Manager, check_list, text, with_name};
use crate::scene::{A, MODULE, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Plan as LoadPlan, eventually};
use salesforce_simulator::{Action, Fault};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

/// The action's handler is ours: it must have returned before the module goes, also when somebody
/// insists.
#[test]
fn nobody_is_in_an_action_when_the_module_goes() {
    let scene = Plan::default().managed(&[]);
    let scene = scene.general("request_timeout = 5").start();
    let frozen = Action::Freeze {
        after_commit: false,
    };
    scene.sim.add_fault(Fault::every("login soap", frozen));
    let waiting = Manager::of(&scene);
    thread::scope(|scope| {
        let test = scope.spawn(move || {
            let action = with_name("SalesforceTestUser", json!({"User": A.0}));
            waiting.ask_all(&[action], 6 * PATIENCE)
        });
        eventually("the use", PATIENCE, || uses(&scene) == Some(1)).unwrap();
        let said = scene.cli(&format!("module unload {MODULE}"));
        assert!(!said.contains("Unloaded"), "{said}");
        let unload = scope.spawn(|| scene.cli(&format!("module unload -f {MODULE}")));
        eventually("no actions", PATIENCE, || {
            !scene.cli("manager show commands").contains("Salesforce")
        })
        .unwrap();
        assert!(!test.is_finished() && !unload.is_finished());
        let answer = test.join().unwrap();
        check_list("SalesforceTestUser", &answer[0]);
        // Not cut short by the unload: the module was still all there.
        let login = &answer[0][answer[0].len() - 2];
        assert!(
            text(login, "Message").contains("within the time limit"),
            "{login}"
        );
        let said = unload.join().unwrap();
        assert!(said.contains("Unloaded"), "{said}");
    });
}

#[test]
fn it_comes_and_goes_under_requests() {
    const ENOUGH: usize = 100;
    const CYCLES: usize = 30;
    let scene = Plan::default().managed(&[]).start();
    let (done, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    let mut cycles = 0;
    thread::scope(|scope| {
        let _over = End(&over);
        scope.spawn(|| {
            let manager = Manager::of(&scene);
            while !over.load(Ordering::Relaxed) {
                for messages in
                    manager.ask_all(&vec![with_name("SalesforceStatus", json!({})); 5], PATIENCE)
                {
                    let count = if messages[0]["Response"] == "Error" {
                        &refused
                    } else {
                        check_list("SalesforceStatus", &messages);
                        &done
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let counts = || [&done, &refused].map(|count| count.load(Ordering::Relaxed));
        eventually("enough answers", 3 * PATIENCE, || {
            scene.unload();
            scene.load();
            cycles += 1;
            cycles >= CYCLES && counts().iter().all(|count| *count > ENOUGH)
        })
        .unwrap_or_else(|e| panic!("{e}: {:?}", counts()));
    });
    println!("{cycles} cycles, {done:?} answered, {refused:?} refused");
    scene.unload();
    let actions = scene.cli("manager show commands");
    assert!(!actions.contains("Salesforce"), "{actions}");
}

/// Sets a flag at the end of a scope, also when a test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How often the module is in use.
fn uses(scene: &Scene) -> Option<u32> {
    let table = scene.cli(&format!("module show like {MODULE}"));
    let row = table.lines().find(|line| line.starts_with(MODULE))?;
    // Name, description (of two words), uses, state.
    row.split_whitespace().nth(3)?.parse().ok()
}
