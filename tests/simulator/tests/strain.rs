//! How an org bears work: time, row locks, triggers, limits, maintenance, wildcards.

mod common;

use common::{Client, SOON, account, agent, org, start};
use salesforce_simulator::{Automation, Maintenance, OrgSetup, RecordTime, Simulator, Wildcards};
use serde_json::{Value, json};
use std::time::Duration;

fn case_graph(number: usize, fields: &Value) -> Value {
    json!({"graphId": format!("g{number}"), "compositeRequest": [
        {"method": "POST", "url": "/services/data/v64.0/sobjects/Case", "referenceId": "c",
         "httpHeaders": {"Sforce-Auto-Assign": "FALSE"}, "body": fields}]})
}

fn graphs(count: usize) -> Value {
    let graphs = (0..count).map(|n| case_graph(n, &json!({"Subject": format!("s{n}")})));
    json!({"graphs": graphs.collect::<Vec<_>>()})
}

/// A client that waits no longer than so many milliseconds.
fn impatient(simulator: &Simulator, ms: u64) -> Client {
    let usual = agent(simulator.ca_pem());
    let tls = usual.config().tls_config().clone();
    let config = ureq::Agent::config_builder().tls_config(tls);
    let config = config.timeout_global(Some(Duration::from_millis(ms)));
    Client {
        agent: config.build().into(),
        ..Client::login(simulator)
    }
}

fn slow(on: &str, ms: u64) -> OrgSetup {
    let mut org = org();
    org.strain.records = vec![RecordTime::of(on, ms)];
    org
}

#[test]
fn what_was_accepted_is_finished_although_the_client_has_hung_up() {
    let simulator = start(slow("create Case", 1000));
    let client = impatient(&simulator, 200);
    let answer = client.try_post("composite/graph", &graphs(4));
    assert!(answer.is_err(), "{answer:?}");
    // One graph after the other, each when its time is over.
    assert!(simulator.records("Case").len() < 4);
    let cases = simulator.wait_for_records("Case", 4, SOON);
    assert_eq!(cases.len(), 4);
    let times: Vec<_> = cases.iter().map(|case| &case["CreatedDate"]).collect();
    assert_ne!(times[0], times[3]);
    assert_eq!(simulator.api_usage("acme"), 1, "one request all the same");
    assert!(client.try_post("sobjects/Case", &json!({})).is_err());
    assert_eq!(simulator.wait_for_records("Case", 5, SOON).len(), 5);
}

#[test]
fn a_request_in_good_time_is_answered_as_a_whole() {
    let simulator = start(slow("create Case", 1));
    let client = Client::login(&simulator);
    let mut body = graphs(20);
    for graph in 2..18 {
        body["graphs"][graph]["compositeRequest"][0]["body"] = json!({"Nonsense": 1});
    }
    let answer = client.post("composite/graph", &body).json();
    let graphs = answer["graphs"].as_array().unwrap();
    let of = |n: usize| {
        let node = &graphs[n]["graphResponse"]["compositeResponse"][0];
        (
            graphs[n]["graphId"].clone(),
            node["body"][0]["errorCode"]
                .as_str()
                .unwrap_or("ok")
                .to_owned(),
        )
    };
    assert_eq!(graphs.len(), 20);
    assert_eq!(of(1), (json!("g1"), "ok".to_owned()));
    assert_eq!(of(2).1, "INVALID_FIELD");
    // After 14 failures the others are not tried.
    assert_eq!(of(19), (json!("g19"), "PROCESSING_HALTED".to_owned()));
    assert_eq!(simulator.records("Case").len(), 2);
}

#[test]
fn an_account_s_row_is_waited_for_and_not_for_ever() {
    let mut org = slow("create Case", 2000);
    org.strain.lock_accounts = true;
    org.strain.lock_wait_ms = 100;
    org.records = vec![account("Acme", "1"), account("Other", "2")];
    let simulator = start(org);
    let ids: Vec<_> = simulator.records("Account");
    let id = |n: usize| ids[n]["Id"].clone();
    let client = Client::login(&simulator);
    let post = |n: usize| client.post("sobjects/Case", &json!({"AccountId": id(n)}));
    let errors: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = [0, 0, 1].map(|n| scope.spawn(move || post(n))).into();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.map(|answer| answer.status).collect()
    });
    // One of the two at the same Account, and nobody at the other.
    assert_eq!(errors.iter().filter(|status| **status == 201).count(), 2);
    assert_eq!(errors[2], 201);
    assert_eq!(post(0).status, 201, "it is free again");
    simulator.update_org("acme", |org| org.strain.lock_wait_ms = 20_000);
    std::thread::scope(|scope| {
        let threads: Vec<_> = [0, 0].map(|n| scope.spawn(move || post(n))).into();
        for thread in threads {
            assert_eq!(thread.join().unwrap().status, 201);
        }
    });
}

#[test]
fn a_trigger_fails_for_batches_and_not_for_single_records() {
    let mut org = org();
    org.strain.automations = vec![Automation {
        object: "Case".into(),
        most: 2,
        code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY".into(),
        message: "CaseTrigger: System.LimitException: Too many SOQL queries: 101".into(),
    }];
    let simulator = start(org);
    let client = Client::login(&simulator);
    let good = |count: usize| {
        let answer = client.post("composite/graph", &graphs(count)).json();
        let graphs = answer["graphs"].as_array().unwrap().clone();
        let good = graphs.iter().filter(|graph| graph["isSuccessful"] == true);
        good.count()
    };
    assert_eq!([good(1), good(2), good(3)], [1, 2, 0]);
    client.create("Case", json!({"Subject": "alone"}));
}

#[test]
fn planned_maintenance_refuses_writes_and_nothing_else() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    const CODE: &str = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE";
    for status in [400, 403, 503] {
        simulator.update_org("acme", |org| {
            org.strain.maintenance = Some(Maintenance {
                status,
                whole: true,
            });
        });
        let refused = (status, CODE.to_owned());
        assert_eq!(client.post("sobjects/Case", &json!({})).error(), refused);
        assert_eq!(client.post("composite/graph", &graphs(2)).error(), refused);
        simulator.update_org("acme", |org| {
            org.strain.maintenance = Some(Maintenance {
                status,
                whole: false,
            });
        });
        assert_eq!(client.post("sobjects/Case", &json!({})).error(), refused);
        let answer = client.post("composite/graph", &graphs(1));
        assert_eq!(answer.status, 200);
        let node = &answer.json()["graphs"][0]["graphResponse"]["compositeResponse"][0];
        assert_eq!(node["body"][0]["errorCode"], CODE);
        assert_eq!(client.query("SELECT Id FROM Case").status, 200);
        assert_eq!(Client::login(&simulator).get("limits").status, 200);
    }
    assert!(simulator.records("Case").is_empty());
}

#[test]
fn long_requests_have_their_limits() {
    for (transactions, message) in [
        (
            None,
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        ),
        (Some(1), "ConcurrentPerOrgLongTxn Limit exceeded."),
    ] {
        let mut org = slow("create Case", 3000);
        org.strain.long_transactions = transactions;
        org.strain.transaction_ms = 10;
        org.strain.long_ms = 10;
        org.concurrent_limit = if transactions.is_some() { 25 } else { 1 };
        let simulator = start(org);
        let client = Client::login(&simulator);
        let hurried = impatient(&simulator, 100);
        assert!(hurried.try_post("sobjects/Case", &json!({})).is_err());
        // It runs on, and counts although nobody waits for it.
        let answer = client.post("sobjects/Case", &json!({}));
        let error = &answer.json()[0];
        assert_eq!(
            (answer.status, &error["errorCode"], &error["message"]),
            (403, &json!("REQUEST_LIMIT_EXCEEDED"), &json!(message))
        );
        let query = client.query("SELECT Id FROM Case").status;
        assert_eq!(query, if transactions.is_some() { 200 } else { 403 });
        simulator.wait_for_records("Case", 1, SOON);
        assert_eq!(client.post("sobjects/Case", &json!({})).status, 201);
    }
}

#[test]
fn searches_with_many_wildcards_are_refused_or_silently_short() {
    let mut org = org();
    org.records = vec![account("First", "4930111"), account("Second", "4930222")];
    org.strain.wildcards = Some(Wildcards {
        most: 1,
        refuses: true,
    });
    org.strain.most_likes = Some(1);
    let simulator = start(org);
    let client = Client::login(&simulator);
    let sosl = "FIND {4930111* OR 4930222*} IN PHONE FIELDS RETURNING Account(Id)";
    assert_eq!(client.search(sosl).error(), (400, "INVALID_SEARCH".into()));
    simulator.update_org("acme", |org| {
        org.strain.wildcards = Some(Wildcards {
            most: 1,
            refuses: false,
        });
    });
    assert_eq!(client.found(sosl).len(), 1);
    let plain = "FIND {4930111 OR 4930222} IN PHONE FIELDS RETURNING Account(Id)";
    assert_eq!(client.found(plain).len(), 2);
    let soql = "SELECT Id FROM Account WHERE Phone LIKE '%1%' OR Phone LIKE '%2%'";
    assert_eq!(client.query(soql).error(), (400, "QUERY_TIMEOUT".into()));
    assert_eq!(
        client
            .query("SELECT Id FROM Account WHERE Phone LIKE '%1%'")
            .status,
        200
    );
}
