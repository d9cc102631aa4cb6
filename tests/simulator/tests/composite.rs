//! Many requests in one: composite, graphs, collections, batches, and what
//! they count as.

mod common;

use common::{Client, org, start};
use salesforce_simulator::{Action, CustomField, Fault};
use serde_json::{Value, json};

fn sub(method: &str, path: &str, reference: &str, body: Value) -> Value {
    json!({"method": method, "url": format!("/services/data/v64.0/{path}"), "referenceId": reference,
           "httpHeaders": {"Sforce-Auto-Assign": "FALSE"}, "body": body})
}

fn account_and_case(n: usize, subject: Value) -> Value {
    json!([
        sub(
            "POST",
            "sobjects/Account",
            &format!("a{n}"),
            json!({"Name": format!("A{n}"), "Phone": "123"})
        ),
        sub(
            "POST",
            "sobjects/Case",
            &format!("c{n}"),
            json!({"Subject": subject, "AccountId": format!("@{{a{n}.id}}")})
        ),
    ])
}

fn codes(response: &Value) -> Vec<String> {
    let list = response.as_array().unwrap();
    list.iter()
        .map(|r| {
            r["body"][0]["errorCode"]
                .as_str()
                .unwrap_or("ok")
                .to_owned()
        })
        .collect()
}

#[test]
fn composite_requests_refer_to_each_other() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let mut requests = account_and_case(1, json!("s"));
    requests
        .as_array_mut()
        .unwrap()
        .push(json!({"method": "GET", "referenceId": "q",
        "url": "/services/data/v64.0/query?q=SELECT+Id,Subject+FROM+Case+WHERE+Id='@{c1.id}'"}));
    requests.as_array_mut().unwrap().push(sub(
        "PATCH",
        "sobjects/Case/@{q.records[0].Id}",
        "u",
        json!({"Subject": "Re: @{q.records[0].Subject}!"}),
    ));
    let answer = client.post(
        "composite",
        &json!({"allOrNone": true, "compositeRequest": requests}),
    );
    assert_eq!(answer.status, 200);
    let responses = answer.json()["compositeResponse"].clone();
    assert_eq!(codes(&responses), ["ok"; 4]);
    assert_eq!(responses[0]["httpStatusCode"], 201);
    assert_eq!(responses[0]["referenceId"], "a1");
    assert!(
        responses[0]["httpHeaders"]["Location"]
            .as_str()
            .unwrap()
            .contains("/sobjects/Account/001")
    );
    assert_eq!(
        (&responses[3]["httpStatusCode"], &responses[3]["body"]),
        (&json!(204), &Value::Null)
    );
    let case = &simulator.records("Case")[0];
    assert_eq!(case["Subject"], "Re: s!");
    assert_eq!(case["AccountId"], simulator.records("Account")[0]["Id"]);
    assert_eq!(case["OwnerId"], case["CreatedById"]);
    assert_eq!(simulator.api_usage("acme"), 1);
}

#[test]
fn all_or_none_undoes_everything() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let requests = account_and_case(1, json!("x".repeat(256)));
    let with = |all: bool| {
        let body = json!({"allOrNone": all, "compositeRequest": requests});
        codes(&client.post("composite", &body).json()["compositeResponse"])
    };
    assert_eq!(with(true), ["PROCESSING_HALTED", "STRING_TOO_LONG"]);
    assert!(simulator.records("Account").is_empty());
    assert_eq!(with(false), ["ok", "STRING_TOO_LONG"]);
    assert_eq!(simulator.records("Account").len(), 1);
    let dependent = json!([
        sub("POST", "sobjects/Account", "a", json!({})),
        sub(
            "POST",
            "sobjects/Case",
            "c",
            json!({"AccountId": "@{a.id}"})
        ),
    ]);
    let answer = client
        .post("composite", &json!({"compositeRequest": dependent}))
        .json();
    assert_eq!(
        codes(&answer["compositeResponse"]),
        ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    );
}

#[test]
fn subrequests_inherit_headers_only_where_the_org_says_so() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let request = json!({"method": "POST", "url": "/services/data/v64.0/sobjects/Case", "referenceId": "c", "body": {}});
    let body = json!({"compositeRequest": [request]});
    let owner = || {
        simulator.records("Case").last().unwrap()["OwnerId"]
            .as_str()
            .unwrap()[..3]
            .to_owned()
    };
    client.post("composite", &body);
    assert_eq!(owner(), "00G");
    simulator.update_org("acme", |o| o.composite_inherits_headers = true);
    client.post("composite", &body);
    assert_eq!(owner(), "005");
}

#[test]
fn composite_limits_hold() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let many = |n: usize, method: &str, path: &str| -> Value {
        let list: Vec<Value> = (0..n)
            .map(|i| sub(method, path, &format!("r{i}"), json!({"Name": "x"})))
            .collect();
        client
            .post("composite", &json!({"compositeRequest": list}))
            .json()["compositeResponse"]
            .clone()
    };
    assert_eq!(
        many(25, "POST", "sobjects/Account")
            .as_array()
            .unwrap()
            .len(),
        25
    );
    assert_eq!(
        codes(&many(26, "POST", "sobjects/Account")),
        ["LIMIT_EXCEEDED"]
    );
    assert_eq!(
        codes(&many(6, "GET", "query?q=SELECT+Id+FROM+Case")),
        ["LIMIT_EXCEEDED"]
    );
    assert_eq!(
        codes(&many(5, "GET", "query?q=SELECT+Id+FROM+Case")),
        ["ok"; 5]
    );
    assert_eq!(simulator.records("Account").len(), 25);
    let twice = json!({"compositeRequest": [sub("GET", "limits", "r", json!({})), sub("GET", "limits", "r", json!({}))]});
    assert_eq!(
        client.post("composite", &twice).error(),
        (400, "JSON_PARSER_ERROR".into())
    );
}

fn graphs(list: Vec<Value>) -> Value {
    let list: Vec<Value> = list
        .into_iter()
        .enumerate()
        .map(|(n, requests)| json!({"graphId": format!("g{n}"), "compositeRequest": requests}))
        .collect();
    json!({"graphs": list})
}

#[test]
fn each_graph_is_written_whole_or_not_at_all() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let body = graphs(vec![
        account_and_case(0, json!("a")),
        account_and_case(1, json!("x".repeat(256))),
        account_and_case(2, json!("c")),
    ]);
    let answer = client.post("composite/graph", &body);
    assert_eq!(answer.status, 200);
    let answered = answer.json()["graphs"].clone();
    let good: Vec<bool> = answered
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["isSuccessful"].as_bool().unwrap())
        .collect();
    assert_eq!(good, [true, false, true]);
    assert_eq!(answered[1]["graphId"], "g1");
    assert_eq!(
        codes(&answered[1]["graphResponse"]["compositeResponse"]),
        ["PROCESSING_HALTED", "STRING_TOO_LONG"]
    );
    assert_eq!(
        (
            simulator.records("Account").len(),
            simulator.records("Case").len()
        ),
        (2, 2)
    );
    assert_eq!(simulator.api_usage("acme"), 1);
}

#[test]
fn fourteen_failed_graphs_stop_the_rest() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let mut list: Vec<Value> = (0..14)
        .map(|n| account_and_case(n, json!("x".repeat(256))))
        .collect();
    list.push(account_and_case(14, json!("good")));
    let answered = client.post("composite/graph", &graphs(list.clone())).json()["graphs"].clone();
    assert_eq!(answered[14]["isSuccessful"], false);
    assert_eq!(
        codes(&answered[14]["graphResponse"]["compositeResponse"]),
        ["PROCESSING_HALTED"; 2]
    );
    assert!(simulator.records("Case").is_empty());
    list.remove(0);
    let answered = client.post("composite/graph", &graphs(list)).json()["graphs"].clone();
    assert_eq!(answered[13]["isSuccessful"], true);
    assert_eq!(simulator.records("Case").len(), 1);
}

#[test]
fn graph_limits_hold() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let status = |body: Value| client.post("composite/graph", &body).status;
    let account = |n: usize| {
        sub(
            "POST",
            "sobjects/Account",
            &format!("r{n}"),
            json!({"Name": "x"}),
        )
    };
    let one = |n: usize| json!([account(n)]);
    assert_eq!(status(graphs((0..75).map(one).collect())), 200);
    assert_eq!(status(graphs((0..76).map(one).collect())), 400);
    let nodes = |n: usize| json!((0..n).map(account).collect::<Vec<Value>>());
    assert_eq!(status(graphs(vec![nodes(500)])), 200);
    assert_eq!(status(graphs(vec![nodes(500), one(0)])), 400);
    let chain = |n: usize| {
        let step = |i: usize| {
            let parent = if i == 0 {
                json!({"Name": "x"})
            } else {
                json!({"Name": "x", "ParentId": format!("@{{r{}.id}}", i - 1)})
            };
            sub("POST", "sobjects/Account", &format!("r{i}"), parent)
        };
        json!((0..n).map(step).collect::<Vec<Value>>())
    };
    assert_eq!(status(graphs(vec![chain(15)])), 200);
    assert_eq!(status(graphs(vec![chain(16)])), 400);
    let query = json!([{"method": "GET", "url": "/services/data/v64.0/query?q=SELECT+Id+FROM+Case", "referenceId": "q"}]);
    let answer = client.post("composite/graph", &graphs(vec![query])).json();
    assert_eq!(answer["graphs"][0]["isSuccessful"], false);
}

#[test]
fn collections_answer_row_by_row() {
    let mut setup = org();
    setup.custom_fields = vec![CustomField::external_id("Case", "Ref__c")];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let case = |subject: &str| json!({"attributes": {"type": "Case"}, "Subject": subject});
    let body =
        |all: bool| json!({"allOrNone": all, "records": [case("a"), case(&"x".repeat(256))]});
    let rows = client.post("composite/sobjects", &body(false)).json();
    assert_eq!(
        (&rows[0]["success"], &rows[1]["success"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(rows[1].get("id"), None);
    assert_eq!(rows[1]["errors"][0]["statusCode"], "STRING_TOO_LONG");
    assert_eq!(simulator.records("Case").len(), 1);
    let rows = client.post("composite/sobjects", &body(true)).json();
    assert_eq!(
        rows[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
    assert_eq!(simulator.records("Case").len(), 1);
    let many = |n: usize| json!({"records": vec![case("m"); n]});
    assert_eq!(
        client.post("composite/sobjects", &many(201)).error(),
        (400, "EXCEEDED_ID_LIMIT".into())
    );
    assert_eq!(
        client
            .post("composite/sobjects", &many(200))
            .json()
            .as_array()
            .unwrap()
            .len(),
        200
    );
    let upserted =
        json!({"records": [{"attributes": {"type": "Case"}, "Ref__c": "r1", "Subject": "u"}]});
    let path = "composite/sobjects/Case/Ref__c";
    assert_eq!(client.patch(path, &upserted).json()[0]["created"], true);
    let again = client.patch(path, &upserted).json();
    assert_eq!(again[0]["created"], false);
    let id = again[0]["id"].as_str().unwrap();
    let changed = client.patch(
        "composite/sobjects",
        &json!({"records": [{"attributes": {"type": "Case"}, "id": id, "Subject": "v"}]}),
    );
    assert_eq!(changed.json()[0]["success"], true);
    let read = client
        .get(&format!(
            "composite/sobjects/Case?ids={id},500000000000001AAA&fields=Subject"
        ))
        .json();
    assert_eq!((&read[0]["Subject"], &read[1]), (&json!("v"), &Value::Null));
    let gone = client
        .delete(&format!("composite/sobjects?ids={id}"))
        .json();
    assert_eq!(gone[0]["success"], true);
}

#[test]
fn every_part_of_a_batch_counts() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let body = json!({"batchRequests": [
        {"method": "GET", "url": "v64.0/limits"},
        {"method": "POST", "url": "v64.0/sobjects/Account", "richInput": {}},
        {"method": "GET", "url": "v64.0/query?q=SELECT+Id+FROM+Account"}]});
    let answer = client.post("composite/batch", &body).json();
    assert_eq!(answer["hasErrors"], true);
    let statuses: Vec<&Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["statusCode"])
        .collect();
    assert_eq!(statuses, [200, 400, 200]);
    assert_eq!(simulator.api_usage("acme"), 3);
}

#[test]
fn the_daily_limit_is_announced_and_holds() {
    let mut setup = org();
    setup.api_daily_limit = 20;
    setup.api_used = 17;
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let answer = client.get("limits");
    assert_eq!(answer.header("sforce-limit-info"), Some("api-usage=18/20"));
    assert_eq!(
        answer.json()["DailyApiRequests"],
        json!({"Max": 20, "Remaining": 2})
    );
    assert_eq!(
        client
            .get("sobjects/Nothing/describe")
            .header("sforce-limit-info"),
        Some("api-usage=19/20")
    );
    client.get("limits");
    let over = client.get("limits");
    assert_eq!(over.error(), (403, "REQUEST_LIMIT_EXCEEDED".into()));
    assert_eq!(over.header("sforce-limit-info"), Some("api-usage=20/20"));
    assert_eq!(over.header("retry-after"), None);
    simulator.advance_clock(std::time::Duration::from_secs(25 * 3_600));
    let client = Client::login(&simulator);
    assert_eq!(client.get("limits").status, 200);
}

#[test]
fn a_fault_strikes_one_part_of_a_composite_request() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let error = Action::Error {
        code: "UNABLE_TO_LOCK_ROW".into(),
        message: "unable to obtain exclusive access".into(),
        status: None,
        fields: vec![],
    };
    simulator.add_fault(Fault::once("create Case", error));
    let body = graphs(vec![
        account_and_case(0, json!("a")),
        account_and_case(1, json!("b")),
    ]);
    let answered = client.post("composite/graph", &body).json()["graphs"].clone();
    assert_eq!(
        codes(&answered[0]["graphResponse"]["compositeResponse"]),
        ["PROCESSING_HALTED", "UNABLE_TO_LOCK_ROW"]
    );
    assert_eq!(answered[1]["isSuccessful"], true);
}
