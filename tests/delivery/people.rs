//! Contacts and Person Accounts: whose Case it is, however the number was stored.

use super::*;
use salesforce_simulator::Simulator;
use std::sync::Arc;

const PHONES: [&str; 5] = [
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
];

fn seed(sim: &Simulator, sobject: &str, mut fields: serde_json::Value) -> String {
    fields["attributes"] = json!({"type": sobject});
    sim.seed("acme", fields)
}

fn stage(sim: Arc<Simulator>, more: &[(&str, &str)]) -> Stage {
    start(sim, |port| vec![section("a", port, more)])
}

/// The Case of the only call so far of the number.
fn case_of(stage: &Stage, reference: &str, number: &str) -> serde_json::Value {
    let count = stage.calls().len();
    stage.record([call("a", reference, Some(number))]);
    stage.all_delivered(count + 1);
    let id = stage.call(reference).case_id;
    let mut cases = stage.cases().into_iter();
    let case = cases.find(|case| case["Id"].as_str() == id.as_deref());
    case.expect("a Case")
}

#[test]
fn any_phone_of_a_contact_brings_its_account() {
    for lookup in ["sosl", "soql"] {
        let sim = simulator([acme()]);
        let account = seed(&sim, "Account", json!({"Name": "Acme", "Phone": "030 111"}));
        let contacts = PHONES.iter().enumerate().map(|(n, field)| {
            let mut contact = json!({"LastName": format!("C{n}"), "AccountId": account});
            contact[*field] = json!(format!("(0171) 555-000{n}"));
            seed(&sim, "Contact", contact)
        });
        let contacts: Vec<_> = contacts.collect();
        let stage = stage(sim, &[("lookup", lookup)]);
        for (n, contact) in contacts.iter().enumerate() {
            let case = case_of(&stage, &format!("r{n}"), &format!("+49171555000{n}"));
            assert_eq!(
                case["ContactId"],
                contact.as_str(),
                "{lookup} {}",
                PHONES[n]
            );
            assert_eq!(
                case["AccountId"],
                account.as_str(),
                "{lookup} {}",
                PHONES[n]
            );
        }
        assert_eq!(
            stage.accounts().len(),
            1,
            "no Account is made for a Contact"
        );
    }
}

#[test]
fn of_several_one_is_taken_and_the_others_are_named() {
    let sim = simulator([acme()]);
    let first = seed(
        &sim,
        "Account",
        json!({"Name": "Erste", "Phone": "030 1234567"}),
    );
    let second = seed(
        &sim,
        "Account",
        json!({"Name": "Zweite", "Phone": "+49 30 1234567"}),
    );
    let contact = seed(
        &sim,
        "Contact",
        json!({"LastName": "Huber", "AccountId": second, "HomePhone": "030/1234567"}),
    );
    let stage = stage(sim, &[("language", "en")]);
    // Asked, and remembered.
    for reference in ["r1", "r2"] {
        let case = case_of(&stage, reference, "0301234567");
        assert_eq!(case["AccountId"], first.as_str());
        assert_eq!(case["ContactId"], serde_json::Value::Null);
        let description = case["Description"].as_str().unwrap();
        let line = format!("Others with this number: Zweite ({second}), Huber ({contact})");
        assert!(description.contains(&line), "{description}");
        assert!(description.ends_with(reference));
    }
    let call = stage.call("r2");
    let matched = call.matched.unwrap();
    assert_eq!(matched.account_id.as_deref(), Some(first.as_str()));
    assert_eq!(matched.others.len(), 2);
}

#[test]
fn the_others_stay_named_when_the_case_is_completed() {
    let mut org = with_known_account();
    org.records.push(org.records[0].clone());
    let stage = stage(simulator([org]), &[("create_on", "answer")]);
    let mut over = call("a", "r1", Some(KNOWN));
    over.outcome = Outcome::Answered;
    over.reason = Reason::Answered;
    over.answered = over.rang;
    let running = CallRecord {
        ended: None,
        ..over.clone()
    };
    let named = |stage: &Stage| {
        let case = &stage.cases()[0];
        let text = case["Description"].as_str().unwrap().to_owned();
        assert!(
            text.contains("Diese Nummer haben auch: Bekannt GmbH ("),
            "{text}"
        );
        text
    };
    stage.journal.record(vec![Update::Open(running)]);
    eventually("the Case", || stage.cases().len() == 1);
    let then = named(&stage);
    stage.journal.record(vec![Update::Closed(over)]);
    stage.all_delivered(1);
    assert_ne!(named(&stage), then);
}

#[test]
fn a_contact_without_account_is_somebody() {
    let sim = simulator([acme()]);
    let contact = seed(
        &sim,
        "Contact",
        json!({"LastName": "Huber", "Phone": "030 1234567"}),
    );
    let stage = stage(sim, &[]);
    for reference in ["r1", "r2"] {
        let case = case_of(&stage, reference, "0301234567");
        assert_eq!(case["ContactId"], contact.as_str());
        assert_eq!(case["AccountId"], serde_json::Value::Null);
    }
    assert_eq!(stage.accounts().len(), 0);
    // It is gone: the number is nobody's now, and gets an Account.
    stage.sim.delete("acme", &contact);
    let case = case_of(&stage, "r3", "0301234567");
    assert_eq!(case["AccountId"], stage.accounts()[0]["Id"]);
    assert_eq!(case["ContactId"], serde_json::Value::Null);
}

#[test]
fn a_user_who_may_not_see_contacts_finds_accounts_all_the_same() {
    for lookup in ["sosl", "soql"] {
        let mut org = with_known_account();
        org.users[0].hidden_objects = vec!["Contact".into()];
        let stage = stage(simulator([org]), &[("lookup", lookup)]);
        let case = case_of(&stage, "r1", "0301234567");
        assert_eq!(case["AccountId"], stage.accounts()[0]["Id"], "{lookup}");
        let described = stage.requests("describe");
        case_of(&stage, "r2", "0307777777");
        assert_eq!(stage.requests("describe"), described, "learned once");
        assert_eq!(stage.accounts().len(), 3);
    }
}

#[test]
fn a_user_who_may_not_see_some_phones_finds_by_the_others() {
    let mut org = acme();
    org.users[0].hidden_fields = vec!["Contact.HomePhone".into(), "Contact.Phone".into()];
    let sim = simulator([org]);
    let phones = json!({"LastName": "Huber", "MobilePhone": "0171 5550001"});
    let contact = seed(&sim, "Contact", phones);
    let stage = stage(sim, &[]);
    let case = case_of(&stage, "r1", "+491715550001");
    assert_eq!(case["ContactId"], contact.as_str());
}

#[test]
fn who_may_not_see_accounts_creates_none() {
    let sim = simulator([with_known_account()]);
    sim.update_user("a@acme.example", |user| {
        user.hidden_fields = vec!["Account.Phone".into()];
    });
    let stage = stage(sim, &[]);
    stage.record([call_of_known("r1")]);
    eventually("an error", || {
        stage.calls().iter().any(|call| call.last_error.is_some())
    });
    assert_eq!((stage.accounts().len(), stage.cases().len()), (2, 0));
}

#[test]
fn a_contact_that_must_not_be_set_is_left_out() {
    for hidden in [true, false] {
        let mut org = acme();
        let field = vec!["Case.ContactId".to_owned()];
        match hidden {
            true => org.users[0].hidden_fields = field,
            false => org.users[0].read_only_fields = field,
        }
        let sim = simulator([org]);
        let account = seed(&sim, "Account", json!({"Name": "Acme"}));
        let contact = json!({"LastName": "Huber", "AccountId": account, "Phone": "030 1234567"});
        seed(&sim, "Contact", contact);
        let stage = stage(sim, &[]);
        let case = case_of(&stage, "r1", "0301234567");
        assert_eq!(case["AccountId"], account.as_str());
    }
}

fn with_persons() -> OrgSetup {
    let mut org = acme();
    org.person_accounts = true;
    org
}

#[test]
fn a_person_account_is_found_by_any_of_its_phones() {
    for lookup in ["sosl", "soql"] {
        let sim = simulator([with_persons()]);
        let types = sim.records("RecordType");
        let person = types.iter().find(|kind| kind["IsPersonType"] == true);
        let person = person.expect("a record type for persons")["Id"].clone();
        let fields = json!({
            "LastName": "Huber", "RecordTypeId": person,
            "Phone": "030 1234567", "PersonMobilePhone": "0171 5550001",
        });
        let account = seed(&sim, "Account", fields);
        let stage = stage(sim, &[("lookup", lookup)]);
        for (reference, number) in [("r1", "0301234567"), ("r2", "+491715550001")] {
            let case = case_of(&stage, reference, number);
            assert_eq!(case["AccountId"], account.as_str(), "{lookup} {number}");
            assert!(case["ContactId"].is_string(), "{lookup} {number}");
            let description = case["Description"].as_str().unwrap();
            assert!(
                !description.contains("Diese Nummer haben auch"),
                "{description}"
            );
        }
        assert_eq!(stage.accounts().len(), 1);
    }
}

#[test]
fn a_new_account_may_be_a_person() {
    let sim = simulator([with_persons()]);
    let types = sim.records("RecordType");
    let person = types.iter().find(|kind| kind["IsPersonType"] == true);
    let person = person.unwrap()["Id"].as_str().unwrap().to_owned();
    let kind = format!("RecordTypeId={person}");
    let fields = [
        ("account_field", kind.as_str()),
        ("account_field", "LastName=Anrufer {number}"),
    ];
    let stage = stage(sim, &fields);
    let case = case_of(&stage, "r1", "0301234567");
    let account = &stage.accounts()[0];
    assert_eq!(account["IsPersonAccount"], true);
    assert_eq!(account["LastName"], "Anrufer +49301234567");
    assert_eq!(case["AccountId"], account["Id"]);
    let again = case_of(&stage, "r2", "0301234567");
    assert_eq!(again["AccountId"], account["Id"]);
}

#[test]
fn too_long_a_text_is_cut_to_what_the_org_s_field_takes() {
    for repeats in [false, true] {
        let mut org = acme();
        org.graph_repeats_error = repeats;
        org.custom_fields = vec![CustomField {
            name: "Short__c".into(),
            length: 5,
            ..CustomField::default()
        }];
        let stage = stage(simulator([org]), &[("case_field", "Short__c=ÄÖÜ {number}")]);
        assert_eq!(case_of(&stage, "r1", "0301234567")["Short__c"], "ÄÖÜ +");
        let before = stage.requests("");
        assert_eq!(case_of(&stage, "r2", "0301234567")["Short__c"], "ÄÖÜ +");
        assert_eq!(stage.requests("") - before, 1, "learned once");
    }
}

#[test]
fn a_refused_case_is_not_taken_for_a_refused_account() {
    let mut org = acme();
    org.graph_repeats_error = true;
    org.validation_rules = vec![ValidationRule {
        object: "Case".into(),
        field: "SuppliedPhone".into(),
        contains: "30".into(),
        message: "So nicht".into(),
    }];
    let stage = stage(simulator([org]), &[]);
    stage.record([call("a", "r1", Some("0301234567"))]);
    stage.state("r1", State::Failed);
    let said = stage.call("r1").last_error.unwrap();
    assert!(
        said.starts_with("writing to localhost") && said.contains("So nicht"),
        "{said}"
    );
    assert_eq!(stage.accounts().len(), 0);
}
