//! `salesforce test user` is green only where a new caller's call would pass, and says what to do
//! where it would not.

use super::*;
use res_ansitel_salesforce::config::RawSection;
use res_ansitel_salesforce::delivery::Step;
use salesforce_simulator::{
    AppSetup, DefaultAccess, DuplicateRule, NodeHeaders, Picklist, Sharing,
};

type Options = &'static [(&'static str, &'static str)];

fn tested(stage: &Stage) -> Vec<Step> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let reply = move |steps| drop(sender.send(steps));
    stage.delivery.test("a", Box::new(reply));
    receiver.recv_timeout(PATIENCE).expect("an answer")
}

/// What failed: the steps and their words.
fn failed(steps: &[Step]) -> Vec<(&str, &str)> {
    let steps = steps.iter().filter(|step| step.result.is_err());
    steps
        .map(|step| {
            let words = step.result.as_ref().expect_err("a failed step");
            (step.what.as_str(), words.as_str())
        })
        .collect()
}

fn stage(org: OrgSetup, options: &[(&str, &str)]) -> Stage {
    start(simulator([org]), |port| vec![section("a", port, options)])
}

fn required(object: &str) -> CustomField {
    CustomField {
        object: object.into(),
        name: "Region__c".into(),
        kind: "picklist".into(),
        required: true,
        restricted: true,
        values: vec!["North".into(), "South".into()],
        ..CustomField::default()
    }
}

fn picklist(object: &str, field: &str, value: &str) -> Picklist {
    Picklist {
        object: object.into(),
        field: field.into(),
        values: vec![value.into()],
        restricted: true,
    }
}

/// An org, options with which calls fail, the step that says so, its words, and options that mend
/// it.
type Strict = (
    OrgSetup,
    Options,
    &'static str,
    &'static [&'static str],
    Options,
);

fn strict_orgs() -> Vec<Strict> {
    let with_field = |object| OrgSetup {
        custom_fields: vec![required(object)],
        ..acme()
    };
    let with_picklist = |object, field, value| OrgSetup {
        picklists: vec![picklist(object, field, value)],
        ..acme()
    };
    vec![
        (
            with_field("Case"),
            &[],
            "required fields of Case",
            &["Region__c", "case_field"],
            &[("case_field", "Region__c=North")],
        ),
        (
            with_field("Case"),
            &[("case_field", "Region__c=West")],
            "values of Case",
            &[
                "Region__c = West",
                "North, South",
                "case_field = Region__c=",
            ],
            &[("case_field", "Region__c=South")],
        ),
        (
            with_picklist("Case", "Origin", "Telefon"),
            &[],
            "values of Case",
            &["Origin = Phone", "Telefon", "case_origin"],
            &[("case_origin", "Telefon")],
        ),
        (
            with_picklist("Case", "Origin", "Telefon"),
            &[("case_field", "Origin=Web")],
            "values of Case",
            &["Origin = Web", "case_field = Origin="],
            &[("case_origin", "")],
        ),
        (
            with_field("Account"),
            &[],
            "required fields of Account",
            &["Region__c", "account_field"],
            &[("account_field", "Region__c=North")],
        ),
        (
            with_picklist("Account", "Type", "Interessent"),
            &[("account_field", "Type=Prospect")],
            "values of Account",
            &["Type = Prospect", "Interessent"],
            &[("account_field", "Type=Interessent")],
        ),
        (
            with_picklist("Task", "Status", "Erledigt"),
            &[("task_on_lost", "yes")],
            "values of Task",
            &["Status = Completed", "Erledigt", "task_status"],
            &[("task_on_lost", "yes"), ("task_status", "Erledigt")],
        ),
    ]
}

#[test]
fn what_the_org_requires_and_offers_is_said_before_a_call_fails() {
    for (org, ill, step, words, well) in strict_orgs() {
        let stage = self::stage(org.clone(), ill);
        let steps = tested(&stage);
        let failed = failed(&steps);
        assert_eq!(failed.len(), 1, "{ill:?}: {failed:?}");
        assert_eq!(failed[0].0, step);
        for word in words {
            assert!(failed[0].1.contains(word), "{word}: {failed:?}");
        }
        stage.record([call("a", "r", Some("+4930111"))]);
        stage.state("r", State::Failed);
        // It does what it says.
        let stage = self::stage(org, well);
        let steps = tested(&stage);
        assert_eq!(self::failed(&steps), [], "{well:?}");
        stage.record([call("a", "r", Some("+4930111"))]);
        stage.all_delivered(1);
    }
}

#[test]
fn what_another_owner_hides_is_said() {
    let private = || OrgSetup {
        sharing: Sharing::private(),
        ..acme()
    };
    let all = || vec!["Account".into(), "Contact".into(), "Case".into()];
    let given: Options = &[("owner", "b@acme.example")];
    let completed: Options = &[("owner", "b@acme.example"), ("create_on", "answer")];
    let seen = |mut org: OrgSetup, view_all: Vec<String>, modify_all: Vec<String>| {
        org.users[0].view_all = view_all;
        org.users[0].modify_all = modify_all;
        org
    };
    let readable = || OrgSetup {
        sharing: Sharing {
            case: DefaultAccess::Read,
            ..Sharing::default()
        },
        ..acme()
    };
    let unknown = || {
        let mut org = private();
        org.users[0].view_setup = false;
        org
    };
    // Org, options, is it well, what is said.
    let orgs = [
        (acme(), given, true, "not private"),
        (
            private(),
            &[][..],
            true,
            "\"View All\" on them changes that",
        ),
        (private(), given, false, "\"View All\" on Account, Case"),
        (
            seen(private(), all(), Vec::new()),
            given,
            true,
            "View All on",
        ),
        (unknown(), given, true, "it may not know"),
        (readable(), given, true, "not private"),
        (readable(), completed, false, "\"Modify All\" on Case"),
        (
            seen(private(), all(), Vec::new()),
            completed,
            false,
            "\"Modify All\" on Case",
        ),
        (
            seen(private(), all(), all()),
            completed,
            true,
            "View All on",
        ),
    ];
    for (org, options, is_well, words) in orgs {
        let sharing = org.sharing;
        let stage = stage(org, options);
        let steps = tested(&stage);
        let step = steps.iter().find(|s| s.what == "seeing records of others");
        let result = &step.expect("a step").result;
        let said = result.as_ref().unwrap_or_else(|problem| problem);
        assert_eq!(result.is_ok(), is_well, "{sharing:?} {options:?}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(failed(&steps).is_empty(), is_well);
    }
}

#[test]
fn graphs_and_duplicate_rules_are_looked_at() {
    let mut org = acme();
    org.node_headers = NodeHeaders::Refused;
    org.duplicate_rules = vec![DuplicateRule::default()];
    let stage = stage(org, &[]);
    let said = |steps: Vec<Step>| {
        let lines = steps
            .iter()
            .map(|step| format!("{}: {:?}", step.what, step.result));
        lines.collect::<Vec<_>>().join("\n")
    };
    let first = said(tested(&stage));
    for words in [
        "writing records together: Ok(\"composite graphs; their headers only with the whole",
        "duplicate rules of Account: Ok(\"Account_Phone; where one of them blocks",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(stage.cases().is_empty() && stage.accounts().is_empty());
    // What the test has learned, the calls need not.
    stage.record([call("a", "r", None)]);
    stage.all_delivered(1);
    let graphs = stage.requests("graph");
    assert_eq!(graphs, 3, "two of the test, one of the call");
    stage.sim.add_fault(Fault::once(
        "graph",
        Action::Error {
            code: "NOT_FOUND".into(),
            message: "The requested resource does not exist".into(),
            status: Some(404),
            fields: Vec::new(),
        },
    ));
    let steps = tested(&stage);
    let failed = failed(&steps);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].0, "writing records together");
    assert!(failed[0].1.contains("52.0"), "{failed:?}");
}

const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/simulator/tests/data/jwt-test-key.pem"
);

/// User `a`, who logs in by an assertion at this port.
fn by_assertion(port: u16) -> Vec<RawSection> {
    let options = [
        ("password", ""),
        ("token", ""),
        ("client_id", "APP"),
        ("private_key", KEY),
    ];
    vec![section("a", port, &options)]
}

fn with_app(external: bool) -> OrgSetup {
    OrgSetup {
        apps: vec![AppSetup {
            client_id: "APP".into(),
            public_key: include_str!("../simulator/tests/data/jwt-test-public.pem").into(),
            authorised: vec!["a@acme.example".into()],
            external,
            ..AppSetup::default()
        }],
        ..acme()
    }
}

#[test]
fn an_external_client_app_is_logged_in_at_the_org_s_own_host() {
    for error in ["app_not_found", "invalid_client"] {
        let mut org = with_app(true);
        org.external_app_error = error.into();
        let sim = simulator([org]);
        let stage = start(sim.clone(), by_assertion);
        let steps = tested(&stage);
        let failed = failed(&steps);
        assert!(failed[0].0.starts_with("login at localhost"), "{failed:?}");
        for words in ["External Client App", "My Domain", error] {
            assert!(failed[0].1.contains(words), "{words}: {failed:?}");
        }
        let stage = start(sim.clone(), |_| by_assertion(sim.port("acme")));
        assert_eq!(self::failed(&tested(&stage)), []);
    }
}

#[test]
fn an_assertion_that_is_made_out_to_somebody_else_is_told_of() {
    let mut org = with_app(false);
    org.jwt_audience = "https://test.salesforce.com".into();
    let stage = start(simulator([org]), by_assertion);
    let steps = tested(&stage);
    let said = failed(&steps)[0].1;
    for words in ["audience is invalid", "login_host = test.salesforce.com"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(stage.sim.logins().len(), 1);
}

#[test]
fn a_login_host_that_forbids_logins_is_told_of() {
    let mut org = acme();
    org.login_host_soap = false;
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    let steps = tested(&stage);
    let said = failed(&steps)[0].1.to_owned();
    assert!(
        said.contains("INVALID_LOGIN") && said.contains("My Domain"),
        "{said}"
    );
    let stage = start(sim.clone(), |_| vec![section("a", sim.port("acme"), &[])]);
    assert_eq!(failed(&tested(&stage)), []);
}
