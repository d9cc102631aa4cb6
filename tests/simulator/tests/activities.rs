//! Tasks, and Cases that change after they were made.

mod common;

use common::{Client, finish, org, start};
use salesforce_simulator::{OrgSetup, Simulator, UserSetup};
use serde_json::{Value, json};

fn begin(setup: OrgSetup) -> (Simulator, Client) {
    let simulator = start(setup);
    let client = Client::login(&simulator);
    (simulator, client)
}

#[test]
fn a_task_tells_of_a_call() {
    let (simulator, client) = begin(org());
    let account = client.create("Account", json!({"Name": "Acme"}));
    let huber = client.create(
        "Contact",
        json!({"LastName": "Huber", "AccountId": account}),
    );
    let case = client.create("Case", json!({"ContactId": huber}));
    client.create(
        "Task",
        json!({"Subject": "Call", "Status": "Completed", "Priority": "High", "TaskSubtype": "Call",
               "CallType": "Inbound", "CallDurationInSeconds": 75, "CallDisposition": "answered",
               "CallObject": "pbx1-1700000000.12", "WhoId": huber, "WhatId": case,
               "ActivityDate": "2026-11-22", "Description": "talked"}),
    );
    let task = &simulator.records("Task")[0];
    assert_eq!(
        (
            &task["IsClosed"],
            &task["AccountId"],
            &task["CallDurationInSeconds"]
        ),
        (&json!(true), &json!(account), &json!(75))
    );
    assert_eq!(task["CompletedDateTime"], task["CreatedDate"]);
    client.create("Task", json!({"WhatId": account}));
    let task = &simulator.records("Task")[1];
    assert_eq!(
        (
            &task["Status"],
            &task["Priority"],
            &task["TaskSubtype"],
            &task["IsClosed"]
        ),
        (
            &json!("Not Started"),
            &json!("Normal"),
            &json!("Task"),
            &json!(false)
        )
    );
    assert_eq!(task["OwnerId"], task["CreatedById"]);
    let soql = format!("SELECT Who.Name, What.Id FROM Task WHERE WhatId = '{case}'");
    let found = client.query(&soql).json()["records"][0].clone();
    assert_eq!(found["Who"]["Name"], "Huber");
    let lead = client.create("Lead", json!({"LastName": "New", "Company": "N"}));
    client.create("Task", json!({"WhoId": lead}));
}

#[test]
fn bad_tasks_are_refused() {
    let (_simulator, client) = begin(org());
    let account = client.create("Account", json!({"Name": "Acme"}));
    let contact = client.create("Contact", json!({"LastName": "Huber"}));
    let picklist = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
    for (body, code) in [
        (json!({"WhoId": account}), "MALFORMED_ID"),
        (json!({"WhatId": contact}), "MALFORMED_ID"),
        (
            json!({"WhoId": "003000000000001AAA"}),
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        (json!({"TaskSubtype": "Fax"}), picklist),
        (json!({"CallType": "Missed"}), picklist),
        (json!({"CallDurationInSeconds": 1.5}), "JSON_PARSER_ERROR"),
        (json!({"ActivityDate": "22.11.2026"}), "JSON_PARSER_ERROR"),
        (
            json!({"CallDisposition": "x".repeat(256)}),
            "STRING_TOO_LONG",
        ),
        (json!({"IsClosed": true}), "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ] {
        let answer = client.post("sobjects/Task", &body);
        assert_eq!(answer.error(), (400, code.into()), "{body}");
    }
    let described = client.get("sobjects/Task/describe").json();
    let fields = described["fields"].as_array().expect("fields");
    let who = fields.iter().find(|f| f["name"] == "WhoId").expect("WhoId");
    assert_eq!(who["referenceTo"], json!(["Contact", "Lead"]));
    let kind = fields.iter().find(|f| f["name"] == "CallType").expect("it");
    assert_eq!(
        (
            &kind["restrictedPicklist"],
            &kind["picklistValues"][1]["value"]
        ),
        (&json!(true), &json!("Inbound"))
    );
}

#[test]
fn open_cases_are_told_from_closed_and_deleted_ones() {
    let (_simulator, client) = begin(org());
    let open = client.create("Case", json!({"SuppliedPhone": "+49301"}));
    let closed = client.create(
        "Case",
        json!({"SuppliedPhone": "+49301", "Status": "Closed"}),
    );
    let deleted = client.create("Case", json!({"SuppliedPhone": "+49301"}));
    client.delete(&format!("sobjects/Case/{deleted}"));
    let soql = "SELECT Id FROM Case WHERE SuppliedPhone = '+49301' AND IsClosed = false \
                ORDER BY CreatedDate DESC LIMIT 1";
    assert_eq!(client.column(soql, "Id"), [open.as_str()]);
    let change = |id: &str| {
        client.patch(
            &format!("sobjects/Case/{id}"),
            &json!({"Description": "again"}),
        )
    };
    assert_eq!(change(&open).status, 204);
    assert_eq!(change(&closed).status, 204);
    assert_eq!(change(&deleted).error(), (404, "ENTITY_IS_DELETED".into()));
    let both = client.patch(
        "composite/sobjects",
        &json!({"records": [
            {"attributes": {"type": "Case"}, "id": open, "Status": "Working"},
            {"attributes": {"type": "Case"}, "id": deleted, "Status": "Working"}]}),
    );
    assert_eq!(both.json()[0]["success"], true);
    assert_eq!(
        both.json()[1]["errors"][0]["statusCode"],
        "ENTITY_IS_DELETED"
    );
    client.patch(
        &format!("sobjects/Case/{open}"),
        &json!({"Status": "Closed"}),
    );
    assert!(client.column(soql, "Id").is_empty());
}

#[test]
fn each_part_of_a_request_says_whether_assignment_rules_run() {
    let mut setup = org();
    let queue = "queue@acme.example";
    setup.users.push(UserSetup::new(queue, "pw", ""));
    setup.default_case_owner = queue.into();
    let (simulator, client) = begin(setup);
    let part = |name: &str, headers: Value| {
        json!({"method": "POST", "url": "/services/data/v64.0/sobjects/Case",
               "referenceId": name, "httpHeaders": headers, "body": {"Subject": name}})
    };
    let body = json!({"graphs": [{"graphId": "g", "compositeRequest": [
        part("on", json!({"Sforce-Auto-Assign": "TRUE"})),
        part("off", json!({"Sforce-Auto-Assign": "FALSE"})),
        part("unsaid", json!({}))]}]});
    let answer = client.post("composite/graph", &body).json();
    assert_eq!(answer["graphs"][0]["isSuccessful"], true);
    let soql = "SELECT Subject, Owner.Username FROM Case ORDER BY Subject";
    let owners: Vec<Value> = client.column(soql, "Owner");
    let owners: Vec<&Value> = owners.iter().map(|o| &o["Username"]).collect();
    assert_eq!(owners, ["support@acme.example", queue, queue]);
    // A collection has one header for all its records, Tasks know no such rules.
    let records = json!({"records": [
        {"attributes": {"type": "Case"}, "Subject": "row"},
        {"attributes": {"type": "Task"}, "Subject": "row"}]});
    let request = client
        .agent
        .post(client.full("composite/sobjects"))
        .header("Authorization", client.bearer())
        .header("Content-Type", "application/json")
        .header("Sforce-Auto-Assign", "TRUE");
    assert_eq!(
        finish(request.send(records.to_string()))
            .expect("an answer")
            .status,
        200
    );
    let task = &simulator.records("Task")[0];
    assert_eq!(task["OwnerId"], task["CreatedById"]);
    let soql = "SELECT Owner.Username FROM Case WHERE Subject = 'row'";
    assert_eq!(client.column(soql, "Owner")[0]["Username"], queue);
}
