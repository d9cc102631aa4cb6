//! Duplicate rules that block: who only resembles the caller is not taken for the caller.

use super::*;
use salesforce_simulator::{DuplicateRule, PhoneSearch};
use serde_json::Value;

/// A caller whose number differs from [`KNOWN`] in the last four digits.
const SIMILAR: &str = "+49301239999";

fn rule(field: &str) -> DuplicateRule {
    DuplicateRule {
        field: field.into(),
        fuzzy: true,
        ..DuplicateRule::default()
    }
}

fn with_rules(rules: Vec<DuplicateRule>) -> OrgSetup {
    OrgSetup {
        duplicate_rules: rules,
        ..with_known_account()
    }
}

fn stage(org: OrgSetup) -> Stage {
    let stage = start(simulator([org]), |port| vec![section("a", port, &[])]);
    // Logged in.
    stage.record([call("a", "first", None)]);
    stage.all_delivered(1);
    stage
}

fn case_of(stage: &Stage, reference: &str) -> Value {
    let id = stage.call(reference).case_id;
    let mut cases = stage.cases().into_iter();
    cases
        .find(|case| case["Id"].as_str() == id.as_deref())
        .expect("a Case")
}

fn text(case: &Value) -> &str {
    case["Description"].as_str().unwrap()
}

#[test]
fn who_resembles_the_caller_is_named_and_not_linked() {
    let stage = stage(with_rules(vec![rule("Phone")]));
    let before = stage.accounts();
    let known = before[0]["Id"].as_str().unwrap();
    let mut costs = Vec::new();
    for reference in ["r1", "r2"] {
        let used = stage.requests("");
        stage.record([call("a", reference, Some(SIMILAR))]);
        stage.state(reference, State::Delivered);
        costs.push(stage.requests("") - used);
        let case = case_of(&stage, reference);
        assert_eq!(case["AccountId"], Value::Null);
        assert_eq!(stage.call(reference).account_id, None);
        let line = format!("keine mit dieser Nummer: Bekannt GmbH ({known})");
        assert!(text(&case).contains(&line), "{case}");
        assert!(text(&case).ends_with(reference), "{case}");
    }
    assert_eq!(stage.accounts(), before);
    // Looked for, refused, read, written; then known.
    assert_eq!(costs, [4, 1]);
}

#[test]
fn without_ids_the_case_comes_without_account() {
    for forget in [
        |org: &mut OrgSetup| org.duplicate_rules[0].names_records = false,
        |org: &mut OrgSetup| org.duplicate_result_name.clear(),
    ] {
        let mut org = with_rules(vec![rule("Phone")]);
        forget(&mut org);
        let stage = stage(org);
        stage.record([call("a", "r", Some(SIMILAR))]);
        stage.state("r", State::Delivered);
        assert_eq!(case_of(&stage, "r")["AccountId"], Value::Null);
        assert_eq!(stage.accounts().len(), 2);
    }
}

#[test]
fn who_has_the_number_after_all_is_the_caller() {
    let mut org = with_rules(vec![DuplicateRule::default(), rule("Name")]);
    // So written that no search finds it.
    org.phone_search = PhoneSearch::Tokens;
    let stored = "+4-9-3-0-5-5-5-1-2-3-4-5";
    for (name, phone) in [("Anrufer eins", "030 5550000"), ("Anrufer zwei", stored)] {
        org.records
            .push(json!({"attributes": {"type": "Account"}, "Name": name, "Phone": phone}));
    }
    let stage = stage(org);
    let account = stage.accounts()[3]["Id"].clone();
    for reference in ["r1", "r2"] {
        stage.record([call("a", reference, Some("+493055512345"))]);
        stage.state(reference, State::Delivered);
        assert_eq!(case_of(&stage, reference)["AccountId"], account);
    }
    assert_eq!(stage.accounts().len(), 4);
}

#[test]
fn our_own_accounts_resemble_each_other() {
    let stage = stage(with_rules(vec![rule("Name")]));
    let number = |n: usize| format!("+49307770{n:03}");
    stage.record([call("a", "founder", Some(&number(0)))]);
    stage.all_delivered(2);
    assert_eq!(stage.accounts().len(), 3);
    let used = stage.requests("");
    stage.delivery.pause();
    stage.record((1..=40).flat_map(|n| {
        // Two of each number.
        ["x", "y"].map(|half| call("a", &format!("{half}{n}"), Some(&number(n))))
    }));
    stage.journal.discard(-1).unwrap();
    stage.delivery.resume();
    stage.all_delivered(82);
    stage.assert_once(82, 3);
    let founder = case_of(&stage, "founder")["AccountId"].clone();
    let linked = stage.cases();
    let linked = linked.iter().filter(|case| case["AccountId"] == founder);
    assert_eq!(linked.count(), 1, "the founder's alone");
    println!("80 calls took {} requests", stage.requests("") - used);
}
