//! What one user may see is not everybody's: Accounts, numbers and values, under private sharing.

use super::inquiries::inquire;
use super::*;
use res_ansitel_salesforce::delivery::Told;
use salesforce_simulator::{Sharing, Simulator};
use serde_json::Value;

/// Users `a` and `b` of an org in which everybody sees only what is its own.
fn private() -> OrgSetup {
    OrgSetup {
        sharing: Sharing::private(),
        ..acme()
    }
}

fn id_of(sim: &Simulator, name: &str) -> Value {
    let username = format!("{name}@acme.example");
    let users = sim.records("User");
    let user = users
        .iter()
        .find(|user| user["Username"] == username.as_str());
    user.expect("a user")["Id"].clone()
}

/// An Account with [`KNOWN`], owned by a user.
fn account_of(sim: &Simulator, owner: &str) -> String {
    let account = json!({"attributes": {"type": "Account"}, "Name": "Bekannt GmbH",
                         "Phone": "(030) 1234567", "OwnerId": id_of(sim, owner)});
    sim.seed("acme", account)
}

fn both(sim: std::sync::Arc<Simulator>, more: &[(&str, &str)]) -> Stage {
    start(sim, |port| {
        vec![section("a", port, more), section("b", port, more)]
    })
}

/// Delivers a call of a user's from [`KNOWN`]; its Case.
fn case_of(stage: &Stage, user: &str, reference: &str) -> Value {
    stage.record([call(user, reference, Some(KNOWN))]);
    stage.state(reference, State::Delivered);
    let id = stage.call(reference).case_id;
    let mut cases = stage.cases().into_iter();
    cases
        .find(|case| case["Id"].as_str() == id.as_deref())
        .expect("a Case")
}

fn ask(stage: &Stage, user: &str, field: &str) -> Told {
    let answer = inquire(stage, Some(user), field, KNOWN);
    answer.recv_timeout(PATIENCE).unwrap()
}

fn no_access() -> Action {
    Action::Error {
        status: Some(400),
        code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY".into(),
        message: "insufficient access rights on cross-reference id".into(),
        fields: Vec::new(),
    }
}

#[test]
fn what_one_user_found_says_nothing_for_another() {
    for lookup in ["sosl", "soql"] {
        let sim = simulator([private()]);
        let account = account_of(&sim, "a");
        let stage = both(sim, &[("create_account", "no"), ("lookup", lookup)]);
        // Nobody's for `b`, whoever is asked first.
        assert_eq!(case_of(&stage, "b", "b1")["AccountId"], Value::Null);
        assert_eq!(case_of(&stage, "a", "a1")["AccountId"], account.as_str());
        assert_eq!(case_of(&stage, "b", "b2")["AccountId"], Value::Null);
        let used = stage.requests("");
        assert_eq!(case_of(&stage, "a", "a2")["AccountId"], account.as_str());
        assert_eq!(case_of(&stage, "b", "b3")["AccountId"], Value::Null);
        assert_eq!(stage.requests("") - used, 2, "each knows its own");
    }
}

#[test]
fn each_user_s_new_account_is_its_own_where_the_other_s_is_out_of_sight() {
    let sim = simulator([private()]);
    let account = account_of(&sim, "a");
    let stage = both(sim, &[]);
    assert_eq!(case_of(&stage, "a", "a1")["AccountId"], account.as_str());
    let of_b = case_of(&stage, "b", "b1")["AccountId"].clone();
    assert_ne!(of_b, account.as_str());
    assert_eq!(stage.accounts().len(), 2);
    assert_eq!(stage.accounts()[1]["OwnerId"], id_of(&stage.sim, "b"));
}

#[test]
fn the_dialplan_is_told_what_its_user_may_see() {
    let sim = simulator([private()]);
    account_of(&sim, "a");
    let stage = both(sim, &[]);
    for field in ["name", "Phone"] {
        assert!(matches!(ask(&stage, "a", field), Told::Found(_)));
        assert_eq!(ask(&stage, "b", field), Told::NotFound);
        assert!(matches!(ask(&stage, "a", field), Told::Found(_)));
    }
}

#[test]
fn an_account_that_we_made_is_not_made_again_by_who_does_not_see_it() {
    for is_private in [true, false] {
        let mut org = private();
        org.index_lag_ms = 600_000;
        if !is_private {
            org.sharing = Sharing::default();
        }
        let stage = both(simulator([org]), &[]);
        let made = case_of(&stage, "a", "a1")["AccountId"].clone();
        assert!(made.is_string());
        for reference in ["b1", "b2"] {
            let used = stage.requests("");
            let case = case_of(&stage, "b", reference);
            let used = stage.requests("") - used;
            if is_private {
                assert_eq!(case["AccountId"], Value::Null, "{reference}");
                assert!(reference == "b1" || used == 1, "{reference}: {used}");
            } else {
                assert_eq!(case["AccountId"], made, "{reference}");
            }
        }
        stage.assert_once(3, 1);
    }
}

#[test]
fn what_may_not_be_referred_to_any_more_costs_the_link_and_not_the_case() {
    let mut org = private();
    org.users[0].role = "Boss".into();
    org.users[1].role = "Boss/Agent".into();
    let sim = simulator([org]);
    let account = account_of(&sim, "b");
    let stage = both(sim, &[("create_account", "no")]);
    assert_eq!(case_of(&stage, "a", "a1")["AccountId"], account.as_str());
    // Its Case would show the Account.
    for case in stage.cases() {
        stage.sim.delete("acme", case["Id"].as_str().unwrap());
    }
    stage
        .sim
        .update_user("a@acme.example", |user| user.role.clear());
    assert_eq!(case_of(&stage, "a", "a2")["AccountId"], Value::Null);
    assert_eq!(case_of(&stage, "b", "b1")["AccountId"], account.as_str());
}

#[test]
fn what_is_found_and_may_not_be_referred_to_is_named() {
    let sim = simulator([acme()]);
    let account = account_of(&sim, "a");
    sim.add_fault(Fault::every("create Case", no_access()));
    let stage = both(sim, &[]);
    stage.record([call("a", "r", Some(KNOWN))]);
    stage.state("r", State::Failed);
    stage.sim.clear_faults();
    let before = stage.requests("graph");
    stage.sim.add_fault(Fault::once("create Case", no_access()));
    let case = case_of(&stage, "b", "r2");
    assert_eq!(case["AccountId"], Value::Null);
    let text = case["Description"].as_str().unwrap();
    assert!(
        text.contains(&format!("Bekannt GmbH ({account})")),
        "{text}"
    );
    assert_eq!(stage.requests("graph") - before, 2);
}

#[test]
fn records_of_another_owner_that_are_out_of_sight_come_all_the_same() {
    for task in ["no", "yes"] {
        let options = [("owner", "b@acme.example"), ("task_on_lost", task)];
        let stage = start(simulator([private()]), |port| {
            vec![section("a", port, &options)]
        });
        let mut costs = Vec::new();
        for reference in ["r1", "r2"] {
            let used = stage.requests("");
            let case = case_of(&stage, "a", reference);
            costs.push(stage.requests("") - used);
            assert_eq!(case["OwnerId"], id_of(&stage.sim, "b"));
            assert_eq!(case["AccountId"], Value::Null);
        }
        stage.assert_once(2, 0);
        assert_eq!(costs[1], 1 + u64::from(task == "yes"), "{costs:?}");
    }
}

#[test]
fn who_sees_all_gives_everything_to_another_owner() {
    let mut org = private();
    org.users[0].view_all = vec!["Account".into(), "Contact".into(), "Case".into()];
    let options = [("owner", "b@acme.example"), ("task_on_lost", "yes")];
    let stage = start(simulator([org]), |port| vec![section("a", port, &options)]);
    let case = case_of(&stage, "a", "r1");
    let account = &stage.accounts()[0];
    assert_eq!(case["AccountId"], account["Id"]);
    assert_eq!(account["OwnerId"], id_of(&stage.sim, "b"));
    assert_eq!(stage.sim.records("Task")[0]["WhatId"], case["Id"]);
    let used = stage.requests("");
    assert_eq!(case_of(&stage, "a", "r2")["AccountId"], account["Id"]);
    assert_eq!(stage.requests("") - used, 1);
}

#[test]
fn what_cannot_be_looked_for_is_not_written_twice() {
    let owner = [("owner", "b@acme.example")];
    let stage = start(simulator([private()]), |port| {
        vec![section("a", port, &owner)]
    });
    stage.record([call("a", "seen", None)]);
    stage.all_delivered(1);
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    stage.record([call("a", "cut", None)]);
    stage.state("cut", State::Failed);
    let said = stage.call("cut").last_error.unwrap();
    assert!(said.contains("may have been written"), "{said}");
    assert!(said.contains("View All"), "{said}");
    stage.assert_once(2, 0);
    // The administrator has looked, and knows better.
    stage.delivery.retry(None).unwrap();
    stage.all_delivered(2);
    assert_eq!(stage.cases().len(), 3);
}

#[test]
fn a_case_that_is_out_of_sight_is_not_completed_and_says_so() {
    let options = [("owner", "b@acme.example"), ("create_on", "answer")];
    let stage = start(simulator([private()]), |port| {
        vec![section("a", port, &options)]
    });
    let mut over = call("a", "r", None);
    over.outcome = Outcome::Answered;
    over.reason = Reason::Answered;
    over.answered = over.rang;
    let running = CallRecord {
        ended: None,
        ..over.clone()
    };
    stage.journal.record(vec![Update::Open(running)]);
    eventually("the Case", || stage.cases().len() == 1);
    eventually("known", || stage.call("r").case_id.is_some());
    stage.journal.record(vec![Update::Closed(over)]);
    stage.all_delivered(1);
    let note = stage.call("r").last_error.unwrap();
    assert!(note.contains("out of the user's sight"), "{note}");
}
