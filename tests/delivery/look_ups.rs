//! Look-ups that fail: no Case waits for them for long, and nobody else at all.

use crate::stage::*;
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::delivery::Condition;
use res_ansitel_salesforce::journal::State;
use salesforce_simulator::{Action, Fault, OrgSetup, Wildcards};
use serde_json::{Value, json};

const KNOWN: &str = "+49301234567";

fn with_account() -> OrgSetup {
    let mut org = acme();
    org.records =
        vec![json!({"attributes": {"type": "Account"}, "Name": "Acme", "Phone": "(030) 1234567"})];
    org
}

fn error(code: &str, status: u16) -> Action {
    Action::Error {
        code: code.into(),
        message: "in Salesforce's words".into(),
        status: Some(status),
        fields: Vec::new(),
    }
}

fn says_so(case: &Value) -> bool {
    let description = case["Description"].as_str().unwrap();
    description.contains("konnte in Salesforce nicht nachgeschlagen werden")
}

#[test]
fn a_look_up_that_fails_costs_the_account_and_not_the_case() {
    for action in [
        error("INVALID_SEARCH", 400),
        error("QUERY_TIMEOUT", 400),
        error("UNKNOWN_EXCEPTION", 500),
        error("INSUFFICIENT_ACCESS", 403),
        Action::Freeze {
            after_commit: false,
        },
    ] {
        let sim = simulator([with_account()]);
        let stage = start_with(sim.clone(), &[("request_timeout", "1")], |port| {
            vec![section("a", port, &[]), section("b", port, &[])]
        });
        stage.record([call("b", "first", None)]);
        stage.all_delivered(1);
        sim.add_fault(Fault::every("search", action.clone()).for_user("a@acme.example"));
        stage.record([call("a", "r", Some(KNOWN))]);
        stage.record([
            call("a", "none", None),
            call("b", "other", Some("+49307654321")),
        ]);
        stage.all_delivered(4);
        assert_eq!(stage.user("a").condition, Condition::Ok, "{action:?}");
        assert_eq!(stage.user("b").condition, Condition::Ok, "{action:?}");
        assert!(stage.requests("search") >= 3, "{action:?}");
        stage.assert_once(4, 2);
        let cases = stage.cases();
        let without: Vec<_> = cases.iter().filter(|case| says_so(case)).collect();
        assert_eq!(without.len(), 1, "{action:?}");
        assert_eq!(without[0]["AccountId"], Value::Null);
    }
}

#[test]
fn a_case_without_a_look_up_is_linked_when_that_works_again() {
    let sim = simulator([with_account()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    sim.add_fault(Fault::every("search", error("QUERY_TIMEOUT", 400)));
    stage.record([
        call("a", "linked", Some(KNOWN)),
        call("a", "nobody", Some("+49309999999")),
        call("a", "by hand", Some(KNOWN)),
    ]);
    stage.all_delivered(3);
    let account = stage.accounts()[0]["Id"].clone();
    let id_of = |reference: &str| stage.call(reference).case_id.unwrap();
    let account_of = |reference: &str| {
        let cases = stage.cases();
        let mut cases = cases.into_iter();
        let case = cases.find(|case| case["Id"] == id_of(reference).as_str());
        case.unwrap()["AccountId"].clone()
    };
    let own = json!({"attributes": {"type": "Account"}, "Name": "Chosen by somebody"});
    let own = sim.seed("acme", own);
    sim.update("acme", &id_of("by hand"), json!({"AccountId": own}));
    assert_eq!(account_of("linked"), Value::Null);
    let graphs = stage.requests("graph");
    sim.clear_faults();
    eventually("linked", || account_of("linked") == account);
    eventually("noted", || {
        stage.call("linked").account_id.as_deref() == account.as_str()
    });
    assert_eq!(stage.requests("graph") - graphs, 1, "one request for it");
    assert_eq!(account_of("by hand"), own.as_str());
    assert_eq!(account_of("nobody"), Value::Null);
    assert_eq!(stage.accounts().len(), 2);
    assert_eq!(stage.user("a").counts.delivered, 3);
}

#[test]
fn what_may_not_be_edited_is_left_as_it_is() {
    let mut org = with_account();
    org.users[0].may_edit_case = false;
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    sim.add_fault(Fault::every("search", error("QUERY_TIMEOUT", 400)));
    stage.record([call("a", "r1", Some(KNOWN))]);
    stage.all_delivered(1);
    let graphs = stage.requests("graph");
    sim.clear_faults();
    eventually("tried", || stage.requests("graph") > graphs);
    let links_due = || {
        let far = Timestamp(res_ansitel_salesforce::journal::now().0 + 3_600_000_000);
        stage.journal.links_due("a", far, 10).unwrap().len()
    };
    eventually("left", || links_due() == 0);
    assert_eq!(stage.cases()[0]["AccountId"], Value::Null);
    let user = stage.user("a");
    assert_eq!((user.condition, user.counts.failed), (Condition::Ok, 0));
    assert_eq!(stage.call("r1").state, State::Delivered);
}

#[test]
fn what_is_older_than_a_day_is_left_as_it_is() {
    let sim = simulator([with_account()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    sim.add_fault(Fault::every("search", error("QUERY_TIMEOUT", 400)));
    stage.record([call("a", "old", Some(KNOWN))]);
    stage.all_delivered(1);
    stage
        .delivery
        .advance_clock(std::time::Duration::from_secs(25 * 3600));
    // Answered when that is heard; and nothing that began before goes on.
    eventually("idle", || stage.status().workers_busy == 0);
    sim.clear_faults();
    let graphs = stage.requests("graph");
    stage.record([call("a", "new", Some(KNOWN))]);
    stage.all_delivered(2);
    assert_eq!(stage.requests("graph") - graphs, 1);
    let cases = stage.cases();
    assert_eq!(
        cases
            .iter()
            .filter(|case| case["AccountId"].is_null())
            .count(),
        1
    );
}

#[test]
fn a_search_that_is_too_expensive_is_asked_in_halves() {
    for lookup in ["sosl", "soql"] {
        let mut org = with_account();
        org.strain.wildcards = Some(Wildcards {
            most: 12,
            refuses: true,
        });
        org.strain.most_likes = Some(60);
        let sim = simulator([org]);
        let stage = start(sim.clone(), |port| {
            vec![section("a", port, &[("lookup", lookup)])]
        });
        stage.delivery.pause();
        let number = |n: usize| match n {
            0 => KNOWN.to_owned(),
            n => format!("+493077777{n:02}"),
        };
        stage.record((0..40).map(|n| call("a", &format!("r{n}"), Some(&number(n)))));
        stage.journal.discard(-1).unwrap();
        stage.delivery.resume();
        stage.all_delivered(40);
        stage.assert_once(40, 40);
        assert!(!stage.cases().iter().any(says_so), "{lookup}");
    }
}
