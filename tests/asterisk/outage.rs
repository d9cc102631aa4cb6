//! Salesforce is away, and then Asterisk is killed.

use crate::scene::{A, ORG, PATIENCE, Plan, Scene};
use private_pbx::{Caller, Reaction};
use salesforce_simulator::{Action, Fault, Mode};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// How many Cases a number has, and with which Accounts.
fn by_number(scene: &Scene) -> BTreeMap<String, Vec<String>> {
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (user, case) in scene.cases() {
        assert_eq!(user, A.0);
        let number = case["SuppliedPhone"].as_str().unwrap().to_owned();
        let account = case["AccountId"].as_str().unwrap().to_owned();
        numbers.entry(number).or_default().push(account);
    }
    numbers
}

#[test]
fn ten_calls_survive_an_outage_and_a_kill() {
    let scene = Plan::default().start();
    let known = scene.sim.seed(
        ORG,
        json!({"attributes": {"type": "Account"}, "Name": "Known", "Phone": "(030) 200 0000"}),
    );
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    scene.sim.set_all_modes(Mode::Down);
    for n in 0..10 {
        // Five numbers, each twice.
        let number = format!("+4930200000{}", n % 5);
        let call = scene.ring_as("100", &Caller::number(&number));
        call.wait_ended(PATIENCE).unwrap();
    }
    scene.settle_but(10);
    scene.pbx.kill();
    scene.sim.set_all_modes(Mode::Up);
    scene.pbx.start().unwrap();
    scene.load();

    let numbers = by_number(&scene);
    assert_eq!(numbers.len(), 5, "{numbers:?}");
    for (number, accounts) in &numbers {
        assert_eq!(accounts.len(), 2, "{number}: {accounts:?}");
        assert_eq!(accounts[0], accounts[1], "{number}");
        assert_eq!(number == "+49302000000", accounts[0] == known, "{number}");
    }
    // The known one and a new one for each other number.
    assert_eq!(scene.sim.records("Account").len(), 5);
}

#[test]
fn a_kill_while_salesforce_is_at_it_makes_nothing_twice() {
    let scene = Plan::default().start();
    let _a = scene.phone("100", Reaction::answer().after(SHORT).hangup_after(SHORT));
    // With this one the org is known, and gets more than one worker.
    let call = scene.ring_as("100", &Caller::number("+49302000009"));
    call.wait_ended(PATIENCE).unwrap();
    scene.settle();
    // Salesforce does it, but never says so.
    let frozen = Action::Freeze { after_commit: true };
    scene.sim.add_fault(Fault::every("create Case", frozen));
    let numbers = ["+49302000000", "+49302000001", "+49302000009"];
    for number in &numbers[..2] {
        let call = scene.ring_as("100", &Caller::number(number));
        call.wait_ended(PATIENCE).unwrap();
    }
    let created = scene.sim.wait_for_records("Case", 3, PATIENCE);
    assert_eq!(created.len(), 3);
    scene.pbx.kill();
    scene.sim.clear_faults();
    scene.pbx.start().unwrap();
    scene.load();

    let found = by_number(&scene);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        numbers.iter().collect::<Vec<_>>()
    );
    assert!(found.values().all(|cases| cases.len() == 1), "{found:?}");
    assert_eq!(scene.sim.records("Account").len(), 3);
}
