//! Many calls with few requests, none of them at its neighbours' cost.

use super::*;
use salesforce_simulator::{DuplicateRule, PhoneSearch};

/// Stopped while the calls are recorded, so that they go together.
fn together(stage: &Stage, calls: impl IntoIterator<Item = CallRecord>) {
    stage.delivery.pause();
    stage.record(calls);
    // Answered when all before it is on disk.
    stage.journal.discard(-1).unwrap();
    stage.delivery.resume();
}

/// User `a` of an org, alone, and logged in.
fn logged_in(org: OrgSetup, more: &[(&str, &str)]) -> Stage {
    let stage = start(simulator([org]), |port| vec![section("a", port, more)]);
    stage.record([call("a", "first", None)]);
    stage.all_delivered(1);
    stage
}

fn new_number(n: usize) -> String {
    format!("+493055{n:05}")
}

fn forbidding(object: &str, field: &str, contains: &str) -> ValidationRule {
    ValidationRule {
        object: object.into(),
        field: field.into(),
        contains: contains.into(),
        message: "So nicht".into(),
    }
}

/// The case of a call, by its reference.
fn case_of(stage: &Stage, reference: &str) -> serde_json::Value {
    let cases = stage.cases();
    let id = stage.call(reference).case_id;
    let case = cases
        .into_iter()
        .find(|case| case["Id"].as_str() == id.as_deref());
    case.unwrap_or_else(|| panic!("no Case of {reference}"))
}

#[test]
fn a_call_costs_one_request_or_two() {
    let stage = logged_in(with_known_account(), &[]);
    let cost = |reference: &str, number: Option<&str>| {
        let before = stage.sim.api_usage("acme");
        let count = stage.calls().len();
        stage.record([call("a", reference, number)]);
        stage.all_delivered(count + 1);
        stage.sim.api_usage("acme") - before
    };
    assert_eq!(cost("no number", None), 1);
    assert_eq!(cost("known to Salesforce", Some(KNOWN)), 2);
    assert_eq!(cost("known to us", Some(KNOWN)), 1);
    assert_eq!(cost("new", Some("+493099999")), 2);
    assert_eq!(cost("ours", Some("+493099999")), 1);
}

#[test]
fn a_backlog_costs_next_to_nothing() {
    let stage = logged_in(acme(), &[]);
    let before = stage.sim.api_usage("acme");
    let backlog = (0..750).map(|n| call("a", &format!("r{n}"), Some(&new_number(n % 500))));
    together(&stage, backlog);
    stage.all_delivered(751);
    stage.assert_once(751, 500);
    let requests = stage.sim.api_usage("acme") - before;
    assert!(requests * 20 < 750, "{requests} requests for 750 calls");
}

#[test]
fn who_rings_is_looked_up_before_the_call_is_over() {
    let stage = logged_in(with_known_account(), &[]);
    stage.delivery.ringing("a", "anonymous");
    stage.delivery.ringing("nobody", "0301234567");
    for (number, searches) in [("0301234567", 1), ("0307777777", 2), ("0301234567", 2)] {
        stage.delivery.ringing("a", number);
        eventually("the look-up", || {
            stage.requests("search") == searches && stage.status().workers_busy == 0
        });
    }
    let before = stage.sim.api_usage("acme");
    stage.record([
        call("a", "known", Some(KNOWN)),
        call("a", "new", Some("+49307777777")),
    ]);
    stage.all_delivered(3);
    assert!(stage.sim.api_usage("acme") - before <= 2);
    assert_eq!(stage.requests("search"), 2);
    assert_eq!(
        case_of(&stage, "known")["AccountId"],
        stage.accounts()[0]["Id"]
    );
    assert_eq!(stage.accounts().len(), 3);
}

#[test]
fn refused_calls_do_not_take_their_neighbours_along() {
    let mut org = acme();
    org.validation_rules = vec![forbidding("Case", "SuppliedName", "böse")];
    let stage = logged_in(org, &[]);
    let mut calls: Vec<_> = (0..75)
        .map(|n| call("a", &format!("r{n}"), Some(&new_number(n))))
        .collect();
    // More than the fourteen after which Salesforce tries no further graph.
    for call in calls.iter_mut().take(40) {
        call.caller.name = Some("böse".into());
    }
    together(&stage, calls);
    eventually("all", || {
        let counts = stage.user("a").counts;
        (counts.delivered, counts.failed) == (36, 40)
    });
    stage.assert_once(36, 35);
    assert!(stage.call("r0").last_error.unwrap().contains("So nicht"));
}

#[test]
fn calls_of_one_new_number_share_its_account_but_not_their_refusals() {
    let mut org = acme();
    org.validation_rules = vec![forbidding("Case", "SuppliedName", "böse")];
    let stage = logged_in(org, &[]);
    let mut calls: Vec<_> = (0..4)
        .map(|n| call("a", &format!("r{n}"), Some(&new_number(1))))
        .collect();
    calls[0].caller.name = Some("böse".into());
    together(&stage, calls);
    stage.state("r0", State::Failed);
    eventually("the others", || stage.user("a").counts.delivered == 4);
    stage.assert_once(4, 1);
    let account = stage.accounts()[0]["Id"].clone();
    for reference in ["r1", "r2", "r3"] {
        assert_eq!(case_of(&stage, reference)["AccountId"], account);
    }
}

#[test]
fn a_request_that_is_refused_as_a_whole_is_taken_apart() {
    let stage = logged_in(acme(), &[]);
    let error = Action::Status {
        status: 400,
        body: Some(r#"[{"errorCode":"JSON_PARSER_ERROR","message":"not so"}]"#.into()),
        content_type: Some("application/json".into()),
        after_commit: false,
    };
    stage.sim.add_fault(Fault::once("graph", error));
    let calls = (0..5).map(|n| call("a", &format!("r{n}"), Some(&new_number(n))));
    together(&stage, calls);
    stage.all_delivered(6);
    stage.assert_once(6, 5);
}

#[test]
fn an_account_that_a_duplicate_rule_names_is_the_callers() {
    let mut org = acme();
    org.phone_search = PhoneSearch::Tokens;
    org.duplicate_rules = vec![DuplicateRule {
        field: "Name".into(),
        blocks: true,
        ..DuplicateRule::default()
    }];
    let stage = logged_in(org, &[("account_name", "Anrufer {number}")]);
    // So written that no search finds it.
    let known = json!({"attributes": {"type": "Account"}, "Name": "Anrufer +493055512345",
                       "Phone": "+4-9-3-0-5-5-5-1-2-3-4-5"});
    let id = stage.sim.seed("acme", known);
    together(&stage, [call("a", "r", Some("+493055512345"))]);
    stage.all_delivered(2);
    assert_eq!(case_of(&stage, "r")["AccountId"], id);
    assert_eq!(stage.accounts().len(), 1);
    assert_eq!(stage.call("r").account_id, Some(id));
}

#[test]
fn an_account_that_is_refused_fails_its_call_and_leaves_nothing_behind() {
    let mut org = acme();
    org.validation_rules = vec![forbidding("Account", "Phone", "666")];
    let stage = logged_in(org, &[]);
    let bad = "+493066600000";
    together(
        &stage,
        [
            call("a", "bad", Some(bad)),
            call("a", "good", Some(&new_number(1))),
        ],
    );
    stage.state("bad", State::Failed);
    stage.state("good", State::Delivered);
    stage.assert_once(2, 1);
    stage
        .sim
        .update_org("acme", |org| org.validation_rules.clear());
    stage.delivery.retry(None).unwrap();
    stage.all_delivered(3);
    stage.assert_once(3, 2);
}

#[test]
fn a_name_that_looks_like_a_reference_is_a_name() {
    let stage = logged_in(acme(), &[]);
    let mut hostile = call("a", "r", Some(&new_number(1)));
    hostile.caller.name = Some("@{r0.id} @{r9.Name}".into());
    together(&stage, [hostile]);
    stage.all_delivered(2);
    assert_eq!(
        case_of(&stage, "r")["SuppliedName"],
        "@ {r0.id} @ {r9.Name}"
    );
}

#[test]
fn with_an_external_id_a_case_is_upserted() {
    let mut org = acme();
    org.custom_fields = vec![CustomField {
        name: "Call__c".into(),
        external_id: true,
        unique: true,
        ..CustomField::default()
    }];
    let stage = logged_in(org, &[("external_id_field", "Call__c")]);
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    together(&stage, [call("a", "pbx/1-100", Some(&new_number(1)))]);
    stage.all_delivered(2);
    stage.assert_once(2, 1);
    assert_eq!(case_of(&stage, "pbx/1-100")["Call__c"], "pbx/1-100");
    assert_eq!(stage.requests("graph"), 2, "found, not written again");
}

#[test]
fn a_backlog_in_doubt_is_cleared_up_with_one_question() {
    let stage = logged_in(acme(), &[]);
    stage
        .sim
        .add_fault(Fault::once("graph", Action::CutAfterCommit));
    let calls = (0..60).map(|n| call("a", &format!("r{n}"), Some(&new_number(n))));
    together(&stage, calls);
    stage.all_delivered(61);
    stage.assert_once(61, 60);
    assert_eq!(stage.requests("query"), 1);
    assert_eq!(stage.requests("graph"), 2);
    // Whose Account was found with the Case is known as well.
    let before = stage.sim.api_usage("acme");
    stage.record([call("a", "again", Some(&new_number(3)))]);
    stage.all_delivered(62);
    assert_eq!(stage.sim.api_usage("acme") - before, 1);
}

#[test]
fn who_creates_no_accounts_shares_the_one_that_a_neighbour_creates() {
    let stage = start(simulator([acme()]), |port| {
        let [first, second] =
            [("a", "100", "yes"), ("b", "101", "no")].map(|(name, extension, creates)| {
                let login = [("username", "a@acme.example"), ("password", "pw-a")];
                let own = [("extension", extension), ("create_account", creates)];
                section(name, port, &[login, own].concat())
            });
        vec![first, second]
    });
    let number = new_number(1);
    together(
        &stage,
        [
            call("a", "ra", Some(&number)),
            call("b", "rb", Some(&number)),
        ],
    );
    stage.all_delivered(2);
    stage.assert_once(2, 1);
    assert_eq!(
        case_of(&stage, "rb")["AccountId"],
        stage.accounts()[0]["Id"]
    );
    assert_eq!(stage.requests("graph"), 1, "one login, one request");
}

#[test]
fn records_belong_to_their_owner() {
    let sim = simulator([acme()]);
    let owner_id = {
        let users = sim.records("User");
        let user = users
            .iter()
            .find(|user| user["Username"] == "b@acme.example");
        user.expect("user b")["Id"].as_str().unwrap().to_owned()
    };
    let stage = start(sim, |port| {
        let owned = |name: &str, owner: &str| {
            let login = [("username", "a@acme.example"), ("password", "pw-a")];
            section(name, port, &[&login[..], &[("owner", owner)]].concat())
        };
        vec![
            owned("name", "B@acme.example"),
            owned("id", &owner_id),
            owned("none", "nobody@acme.example"),
            owned("queue", "00G000000000001AAA"),
        ]
    });
    for (user, number) in [("name", 1), ("id", 2), ("none", 3)] {
        stage.record([call(user, user, Some(&new_number(number)))]);
    }
    stage.state("name", State::Delivered);
    stage.state("id", State::Delivered);
    stage.state("none", State::Failed);
    for record in stage.cases().into_iter().chain(stage.accounts()) {
        assert_eq!(record["OwnerId"], owner_id.as_str());
    }
    assert_eq!((stage.cases().len(), stage.accounts().len()), (2, 2));
    let words = stage.call("none").last_error.unwrap();
    assert!(words.contains("nobody@acme.example"), "{words}");
    // Asked for once.
    let before = stage.requests("query");
    stage.record([call("name", "again", Some(&new_number(1)))]);
    stage.state("again", State::Delivered);
    assert_eq!(stage.requests("query"), before);
}
