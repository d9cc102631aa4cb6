//! Single records: create, read, change, delete, upsert, describe.

mod common;

use common::{Client, finish, org, start};
use salesforce_simulator::{CustomField, DuplicateRule, ValidationRule};
use serde_json::{Value, json};

#[test]
fn a_case_is_created_as_salesforce_does_it() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let account = client.create(
        "Account",
        json!({"Name": "Acme", "Phone": "+49 30 1234567"}),
    );
    let answer = client.post(
        "sobjects/Case",
        &json!({"Subject": "Anruf", "Origin": "Phone", "SuppliedPhone": "+49301234567",
                "AccountId": account, "description": "Zeile 1\nZeile 2"}),
    );
    assert_eq!(answer.status, 201);
    let id = answer.id();
    assert!(id.starts_with("500") && id.len() == 18, "{id}");
    assert_eq!(
        answer.json(),
        json!({"id": id, "success": true, "errors": []})
    );
    assert_eq!(
        answer.header("location"),
        Some(format!("/services/data/v64.0/sobjects/Case/{id}").as_str())
    );
    let case = &simulator.records("Case")[0];
    assert_eq!(case["Status"], "New");
    assert_eq!(case["CaseNumber"], "00001001");
    assert_eq!(case["IsClosed"], false);
    assert_eq!(case["Description"], "Zeile 1\nZeile 2");
    assert_eq!(case["OwnerId"], case["CreatedById"]);
    assert!(case["OwnerId"].as_str().unwrap().starts_with("005"));
    assert!(case["CreatedDate"].as_str().unwrap().ends_with("+0000"));
    let read = client
        .get(&format!(
            "sobjects/Case/{}?fields=Subject,AccountId",
            &id[..15]
        ))
        .json();
    assert_eq!(read["Subject"], "Anruf");
    assert_eq!(read["AccountId"], account);
    assert_eq!(read.get("Origin"), None);
}

#[test]
fn auto_assign_is_on_unless_switched_off() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let create = |header: Option<&str>| {
        let mut request = client
            .agent
            .post(client.full("sobjects/Case"))
            .header("Authorization", client.bearer())
            .header("Content-Type", "application/json");
        if let Some(value) = header {
            request = request.header("Sforce-Auto-Assign", value);
        }
        let id = finish(request.send("{\"Subject\":\"x\"}")).unwrap().id();
        let cases = simulator.records("Case");
        let case = cases.iter().find(|c| c["Id"] == id.as_str()).unwrap();
        case["OwnerId"].as_str().unwrap()[..3].to_owned()
    };
    assert_eq!(create(None), "00G");
    assert_eq!(create(Some("TRUE")), "00G");
    assert_eq!(create(Some("FALSE")), "005");
    assert_eq!(create(Some("false")), "005");
}

#[test]
fn bad_records_are_refused_with_the_documented_errors() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let refused = |object: &str, body: Value| {
        let answer = client.post(&format!("sobjects/{object}"), &body);
        let (status, code) = answer.error();
        let fields = answer.json()[0]["fields"].clone();
        (status, code, fields)
    };
    let told = |code: &str, fields: Value| (400, code.to_owned(), fields);
    assert_eq!(
        refused("Account", json!({})),
        told("REQUIRED_FIELD_MISSING", json!(["Name"]))
    );
    assert_eq!(
        refused("Account", json!({"Name": "  "})),
        told("REQUIRED_FIELD_MISSING", json!(["Name"]))
    );
    assert_eq!(
        refused("Case", json!({"Colour": "red"})),
        told("INVALID_FIELD", Value::Null)
    );
    assert_eq!(
        refused("Case", json!({"CreatedDate": "2026-01-01T00:00:00Z"})),
        told("INVALID_FIELD_FOR_INSERT_UPDATE", json!(["CreatedDate"]))
    );
    assert_eq!(
        refused("Case", json!({"Subject": "ä".repeat(256)})),
        told("STRING_TOO_LONG", json!(["Subject"]))
    );
    assert_eq!(
        refused("Case", json!({"SuppliedPhone": "1".repeat(41)})),
        told("STRING_TOO_LONG", json!(["SuppliedPhone"]))
    );
    assert_eq!(
        refused("Case", json!({"AccountId": "500000000000001AAA"})),
        told("MALFORMED_ID", json!(["AccountId"]))
    );
    assert_eq!(
        refused("Case", json!({"AccountId": "001000000000001AAA"})),
        told("INVALID_CROSS_REFERENCE_KEY", json!(["AccountId"]))
    );
    assert_eq!(
        refused("Case", json!({"Subject": 7})),
        told("JSON_PARSER_ERROR", Value::Null)
    );
    assert_eq!(
        refused("Case", json!([])),
        told("JSON_PARSER_ERROR", Value::Null)
    );
    assert_eq!(refused("Nothing", json!({})).0, 404);
    assert_eq!(
        client
            .post("sobjects/Case", &json!({"Subject": "ä".repeat(255)}))
            .status,
        201
    );
}

#[test]
fn bad_requests_are_refused() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let send = |content_type: &str, body: &str| {
        let request = client
            .agent
            .post(client.full("sobjects/Case"))
            .header("Authorization", client.bearer())
            .header("Content-Type", content_type);
        finish(request.send(body)).unwrap().error()
    };
    assert_eq!(
        send("application/json", "{\"Subject\":"),
        (400, "JSON_PARSER_ERROR".into())
    );
    assert_eq!(
        send("text/plain", "{}"),
        (415, "UNSUPPORTED_MEDIA_TYPE".into())
    );
    assert_eq!(client.get("nothing").error(), (404, "NOT_FOUND".into()));
    assert_eq!(
        client.get("/services/data/v99.0/limits").error(),
        (404, "NOT_FOUND".into())
    );
    assert_eq!(
        client.get("/services/data/v64/limits").error(),
        (404, "NOT_FOUND".into())
    );
    assert_eq!(client.get("/services/data/v30.0/limits").error().0, 410);
    assert_eq!(client.get("/services/data/v68.0/limits").status, 200);
    assert_eq!(
        client.delete("sobjects/Case").error(),
        (405, "METHOD_NOT_ALLOWED".into())
    );
    let url = client.full("limits");
    let without = |header: &str| {
        finish(
            client
                .agent
                .get(&url)
                .header("Authorization", header)
                .call(),
        )
        .unwrap()
        .error()
    };
    assert_eq!(
        without("Bearer nonsense"),
        (401, "INVALID_SESSION_ID".into())
    );
    assert_eq!(without("Basic abc"), (401, "INVALID_AUTH_HEADER".into()));
    let long = "x".repeat(17_000);
    assert_eq!(
        client.try_get("query", &[("q", &long)]).unwrap().status,
        414
    );
}

#[test]
fn records_are_changed_and_deleted() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let id = client.create("Case", json!({"Subject": "a", "SuppliedPhone": "1"}));
    let path = format!("sobjects/Case/{id}");
    let answer = client.patch(&path, &json!({"Status": "Closed", "Subject": null}));
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let case = &simulator.records("Case")[0];
    assert_eq!(
        (&case["IsClosed"], &case["Subject"]),
        (&json!(true), &Value::Null)
    );
    assert!(case["ClosedDate"].is_string());
    assert_eq!(
        client.patch(&path, &json!({"SuppliedPhone": "2"})).error(),
        (400, "INVALID_FIELD_FOR_INSERT_UPDATE".into())
    );
    assert_eq!(client.delete(&path).status, 204);
    assert_eq!(client.get(&path).error(), (404, "ENTITY_IS_DELETED".into()));
    assert_eq!(
        client
            .patch("sobjects/Case/500000000000001AAA", &json!({}))
            .error()
            .0,
        404
    );
    assert!(simulator.records("Case").is_empty());
}

#[test]
fn upserts_create_change_or_find_several() {
    let mut setup = org();
    setup.custom_fields = vec![
        CustomField::external_id("Case", "Ref__c"),
        CustomField {
            unique: false,
            ..CustomField::external_id("Case", "Loose__c")
        },
    ];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let path = "sobjects/Case/Ref__c/pbx-1%2F100";
    let first = client.patch(path, &json!({"Subject": "a"}));
    assert_eq!(
        (first.status, &first.json()["created"]),
        (201, &json!(true))
    );
    let second = client.patch(path, &json!({"Subject": "b"}));
    assert_eq!(
        (second.status, &second.json()["created"]),
        (200, &json!(false))
    );
    assert_eq!(first.id(), second.id());
    let cases = simulator.records("Case");
    assert_eq!((cases.len(), &cases[0]["Ref__c"]), (1, &json!("pbx-1/100")));
    assert_eq!(
        client.patch(path, &json!({"Ref__c": "x"})).error(),
        (400, "INVALID_FIELD".into())
    );
    assert_eq!(
        client
            .patch("sobjects/Case/Subject/x", &json!({}))
            .error()
            .0,
        404
    );
    assert_eq!(
        client
            .post("sobjects/Case", &json!({"Ref__c": "PBX-1/100"}))
            .error(),
        (400, "DUPLICATE_VALUE".into())
    );
    for _ in 0..2 {
        client.create("Case", json!({"Loose__c": "x"}));
    }
    let several = client.patch("sobjects/Case/Loose__c/x", &json!({}));
    assert_eq!(
        (several.status, several.json().as_array().unwrap().len()),
        (300, 2)
    );
}

#[test]
fn rules_of_the_administrator_are_applied() {
    let mut setup = org();
    setup.validation_rules = vec![ValidationRule {
        object: "Case".into(),
        field: "Subject".into(),
        contains: "forbidden".into(),
        message: "Bitte nicht.".into(),
    }];
    setup.duplicate_rules = vec![DuplicateRule::default()];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let answer = client.post("sobjects/Case", &json!({"Subject": "a Forbidden thing"}));
    assert_eq!(
        answer.error(),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION".into())
    );
    assert_eq!(answer.json()[0]["message"], "Bitte nicht.");
    let id = client.create("Account", json!({"Name": "a", "Phone": "030 12345"}));
    let answer = client.post(
        "sobjects/Account",
        &json!({"Name": "b", "Phone": "(030) 12-345"}),
    );
    assert_eq!(answer.error(), (400, "DUPLICATES_DETECTED".into()));
    let matching = &answer.json()[0]["duplicateResult"]["matchResults"][0]["matchRecords"];
    assert_eq!(matching[0]["record"]["Id"], id.as_str());
    let allow = |simulator: &salesforce_simulator::Simulator| {
        let client = Client::login(simulator);
        finish(
            client
                .agent
                .post(client.full("sobjects/Account"))
                .header("Authorization", client.bearer())
                .header("Content-Type", "application/json")
                .header(
                    "Sforce-Duplicate-Rule-Header",
                    "allowSave=true; includeRecordDetails=false",
                )
                .send("{\"Name\":\"b\",\"Phone\":\"03012345\"}"),
        )
        .unwrap()
        .status
    };
    assert_eq!(allow(&simulator), 400);
    simulator.update_org("acme", |o| o.duplicate_rules[0].blocks = false);
    assert_eq!(
        client
            .post(
                "sobjects/Account",
                &json!({"Name": "b", "Phone": "03012345"})
            )
            .status,
        400
    );
    assert_eq!(allow(&simulator), 201);
}

#[test]
fn rights_decide_what_may_be_created_and_seen() {
    let mut setup = org();
    setup.users[0].may_create_account = false;
    setup.users[0].hidden_fields = vec!["Case.SuppliedName".into()];
    setup.restricted_picklists = true;
    let simulator = start(setup);
    let client = Client::login(&simulator);
    assert_eq!(
        client
            .post("sobjects/Account", &json!({"Name": "a"}))
            .error(),
        (403, "INSUFFICIENT_ACCESS".into())
    );
    assert_eq!(
        client
            .post("sobjects/Case", &json!({"SuppliedName": "a"}))
            .error(),
        (400, "INVALID_FIELD".into())
    );
    assert_eq!(
        client
            .post("sobjects/Case", &json!({"Origin": "Fax"}))
            .error(),
        (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST".into())
    );
    let described = client.get("sobjects/Case/describe").json();
    assert_eq!(described["createable"], true);
    let field = |name: &str| {
        let fields = described["fields"].as_array().unwrap();
        fields.iter().find(|f| f["name"] == name).cloned()
    };
    assert_eq!(field("SuppliedName"), None);
    let phone = field("SuppliedPhone").unwrap();
    assert_eq!(
        (&phone["createable"], &phone["updateable"], &phone["length"]),
        (&json!(true), &json!(false), &json!(40))
    );
    assert_eq!(
        client.get("sobjects/Account/describe").json()["createable"],
        false
    );
}

#[test]
fn changes_within_a_span_of_time_are_listed() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let kept = client.create("Case", json!({"Subject": "kept"}));
    let gone = client.create("Case", json!({"Subject": "gone"}));
    client.delete(&format!("sobjects/Case/{gone}"));
    let list = |what: &str, start: &str, end: &str| {
        let path = format!("sobjects/Case/{what}");
        let answer = client.try_get(&path, &[("start", start), ("end", end)]);
        answer.expect("an answer")
    };
    let (start, end) = ("2020-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00");
    assert_eq!(list("updated", start, end).json()["ids"], json!([kept]));
    let deleted = list("deleted", start, end).json();
    assert_eq!(deleted["deletedRecords"][0]["id"], gone.as_str());
    assert_eq!(deleted["deletedRecords"][1], Value::Null);
    let before = list("updated", start, "2020-01-02T00:00:00+00:00").json();
    assert_eq!(before["ids"], json!([]));
    for (start, end) in [(end, start), ("yesterday", end)] {
        assert_eq!(
            list("updated", start, end).error(),
            (400, "INVALID_REPLICATION_DATE".into())
        );
    }
}
