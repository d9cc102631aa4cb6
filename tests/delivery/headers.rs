//! Whether Cases stay their users', whatever Salesforce makes of the headers of a graph's nodes.

use super::*;
use res_ansitel_salesforce::config::RawSection;
use salesforce_simulator::{DuplicateRule, NodeHeaders, Simulator};
use serde_json::Value;

/// All ways.
const WAYS: [(NodeHeaders, bool); 6] = [
    (NodeHeaders::Obeyed, false),
    (NodeHeaders::Obeyed, true),
    (NodeHeaders::Ignored, false),
    (NodeHeaders::Ignored, true),
    (NodeHeaders::Refused, false),
    (NodeHeaders::Refused, true),
];

/// Can headers reach the records at all?
fn reaches((nodes, inherits): (NodeHeaders, bool)) -> bool {
    nodes == NodeHeaders::Obeyed || inherits
}

fn org((nodes, inherits): (NodeHeaders, bool)) -> OrgSetup {
    OrgSetup {
        node_headers: nodes,
        composite_inherits_headers: inherits,
        ..acme()
    }
}

/// A section that logs in as `a`.
fn as_a(name: &str, port: u16, more: &[(&str, &str)]) -> RawSection {
    let own = [
        ("username", "a@acme.example"),
        ("password", "pw-a"),
        ("case_field", "Type=Other"),
    ];
    section(name, port, &[&own[..], more].concat())
}

fn id_of(sim: &Simulator, username: &str) -> Value {
    let users = sim.records("User");
    let user = users.iter().find(|user| user["Username"] == username);
    user.expect("a user")["Id"].clone()
}

fn owner_of(stage: &Stage, reference: &str) -> Value {
    let id = stage.call(reference).case_id;
    let cases = stage.cases();
    let case = cases.iter().find(|c| c["Id"].as_str() == id.as_deref());
    case.expect("a Case")["OwnerId"].clone()
}

#[test]
fn a_case_is_its_user_s_wherever_headers_reach_it() {
    for way in WAYS {
        let stage = start(simulator([org(way)]), |port| vec![section("a", port, &[])]);
        let mut costs = Vec::new();
        for (n, number) in ["+4930111", "+4930222", "+4930222"].iter().enumerate() {
            let used = stage.requests("");
            let reference = format!("r{n}");
            stage.record([call("a", &reference, Some(number))]);
            stage.all_delivered(n + 1);
            costs.push(stage.requests("") - used);
            let is_own = owner_of(&stage, &reference) == id_of(&stage.sim, "a@acme.example");
            assert_eq!(is_own, reaches(way), "{way:?}");
        }
        stage.assert_once(3, 2);
        // The login, and where the member is refused that refusal; then as ever.
        let refusal = u64::from(way.0 == NodeHeaders::Refused);
        assert_eq!(costs, [3 + refusal, 2, 1], "{way:?}");
    }
}

#[test]
fn a_rule_that_only_warns_hinders_nobody_wherever_headers_reach_it() {
    for way in WAYS.into_iter().filter(|way| reaches(*way)) {
        let mut org = org(way);
        org.duplicate_rules = vec![DuplicateRule {
            field: "Name".into(),
            blocks: false,
            fuzzy: true,
            ..DuplicateRule::default()
        }];
        let stage = start(simulator([org]), |port| vec![section("a", port, &[])]);
        for (n, number) in ["+4930111", "+4930222"].iter().enumerate() {
            stage.record([call("a", &format!("r{n}"), Some(number))]);
            stage.all_delivered(n + 1);
        }
        stage.assert_once(2, 2);
    }
}

#[test]
fn a_wrong_owner_is_told_once_with_what_to_do() {
    test_log::listen();
    let stage = start(simulator([org((NodeHeaders::Ignored, false))]), |port| {
        vec![as_a("wrongly-owned", port, &[])]
    });
    let told = || test_log::heard_of("[wrongly-owned]");
    for n in 0..3 {
        stage.record([call("wrongly-owned", &format!("r{n}"), None)]);
        stage.all_delivered(n + 1);
    }
    let told = told();
    assert_eq!(told.len(), 1, "{told:?}");
    let queue = owner_of(&stage, "r0");
    for words in [
        queue.as_str().unwrap(),
        "Sforce-Auto-Assign",
        "api_version",
        "auto_assign",
    ] {
        assert!(told[0].contains(words), "{words}: {told:?}");
    }
    // The check is a part of the request.
    assert_eq!(stage.requests("graph"), 3);
}

#[test]
fn a_right_owner_is_looked_at_once_and_nothing_is_told() {
    test_log::listen();
    let stage = start(simulator([acme()]), |port| {
        let owner = [("owner", "b@acme.example")];
        vec![
            as_a("rightly-owned", port, &[]),
            as_a("for-another", port, &owner),
        ]
    });
    for n in 0..2 {
        for user in ["rightly-owned", "for-another"] {
            let reference = format!("{user}{n}");
            stage.record([call(user, &reference, None)]);
            stage.state(&reference, State::Delivered);
        }
    }
    stage.all_delivered(4);
    assert_eq!(
        owner_of(&stage, "for-another0"),
        id_of(&stage.sim, "b@acme.example")
    );
    for user in ["[rightly-owned]", "[for-another]"] {
        assert_eq!(test_log::heard_of(user), [""; 0]);
    }
    assert_eq!(stage.parts("get Case"), 2);
}

#[test]
fn assignment_rules_run_for_those_who_want_them_and_for_nobody_else() {
    for way in WAYS {
        let mut org = org(way);
        org.custom_fields = vec![CustomField {
            object: "Account".into(),
            name: "Territory__c".into(),
            ..CustomField::default()
        }];
        org.territory_field = "Territory__c".into();
        let stage = start(simulator([org]), |port| {
            let assigned = [("auto_assign", "yes")];
            vec![as_a("own", port, &[]), as_a("assigned", port, &assigned)]
        });
        stage.delivery.pause();
        stage.record((0..4).map(|n| {
            let user = ["own", "assigned"][n % 2];
            call(user, &format!("{user}{n}"), Some(&format!("+493011{n}")))
        }));
        stage.journal.discard(-1).unwrap();
        stage.delivery.resume();
        stage.all_delivered(4);
        stage.assert_once(4, 4);
        let me = id_of(&stage.sim, "a@acme.example");
        let queue = stage.sim.records("Group")[0]["Id"].clone();
        for reference in ["own0", "own2", "assigned1", "assigned3"] {
            let is_assigned = reference.starts_with("assigned") || !reaches(way);
            let expected = if is_assigned { &queue } else { &me };
            assert_eq!(
                owner_of(&stage, reference),
                *expected,
                "{reference} {way:?}"
            );
            let account = stage.call(reference).account_id;
            let accounts = stage.accounts();
            let account = accounts
                .iter()
                .find(|a| a["Id"].as_str() == account.as_deref())
                .unwrap();
            let territory = account.get("Territory__c").is_some();
            assert_eq!(territory, is_assigned, "{reference} {way:?}");
        }
    }
}
