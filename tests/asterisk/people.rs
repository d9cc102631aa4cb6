//! Whose number it is, and who calls again: from the phone to the records.

use crate::scene::{A, ORG, PATIENCE, Plan};
use private_pbx::Reaction;
use serde_json::json;

/// The number of the scene's outside caller, as somebody typed it.
const TYPED: &str = "+49 (0)30 / 123 456-78";

#[test]
fn a_contact_s_call_is_a_case_and_a_task_of_the_contact() {
    let scene = Plan::default().a("task_on_answered = yes").start();

    let account = json!({"attributes": {"type": "Account"}, "Name": "Acme", "Phone": "089 1"});
    let account = scene.sim.seed(ORG, account);
    let contact = json!({"attributes": {"type": "Contact"}, "LastName": "Huber",
        "AccountId": account, "OtherPhone": TYPED});
    let contact = scene.sim.seed(ORG, contact);
    let _a = scene.phone(A.1, Reaction::answer());
    let call = scene.ring(A.1);
    call.wait_established(PATIENCE).unwrap();
    call.hangup().unwrap();
    let cases = scene.cases();
    assert_eq!(cases.len(), 1);
    let case = &cases[0].1;
    assert_eq!(case["ContactId"], contact.as_str());
    assert_eq!(case["AccountId"], account.as_str());
    assert_eq!(scene.sim.records("Account").len(), 1);
    let tasks = scene.sim.records("Task");
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0]["WhatId"], case["Id"]);
    assert_eq!(tasks[0]["WhoId"], contact.as_str());
}

#[test]
fn who_calls_again_in_vain_adds_to_the_case() {
    let scene = Plan::default().a("repeat_window = 5").ring(1).start();
    for _ in 0..3 {
        let _a = scene.phone(A.1, Reaction::refuse(486));
        let call = scene.ring(A.1);
        call.wait_ended(PATIENCE).unwrap();
        scene.settle();
    }
    let cases = scene.sim.records("Case");
    assert_eq!(cases.len(), 1);
    let text = cases[0]["Description"].as_str().unwrap();
    let shown = scene.cli("salesforce show calls");
    assert_eq!(shown.matches("delivered").count(), 3, "{shown}");
    let beginnings = text.lines().filter(|line| line.contains("+49 30 12345678"));
    assert_eq!(beginnings.count(), 3, "{text}");
    assert_eq!(scene.sim.records("Account").len(), 1);
}
