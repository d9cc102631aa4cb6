//! Orgs that are stricter, or other, than one would wish: what graphs make of headers, duplicate
//! rules that resemble, required fields, restricted picklists, hosts that refuse.

mod common;

use common::{Client, PASSWORD, TOKEN, USER, agent, finish, login_body, org, soap, start};
use salesforce_simulator::{
    AppSetup, CustomField, DuplicateRule, NodeHeaders, Picklist, Simulator, UserSetup,
};
use serde_json::{Value, json};

/// Creates a Case by a graph, with the header outside and inside; who owns it: a user, or the
/// queue to which unassigned Cases go.
fn owner(client: &Client, simulator: &Simulator, outside: bool, inside: bool) -> String {
    let mut node = json!({"method": "POST", "url": "/services/data/v64.0/sobjects/Case",
                          "referenceId": "c", "body": {}});
    if inside {
        node["httpHeaders"] = json!({"Sforce-Auto-Assign": "FALSE"});
    }
    let body = json!({"graphs": [{"graphId": "g", "compositeRequest": [node]}]});
    let request = client
        .agent
        .post(client.full("composite/graph"))
        .header("Authorization", client.bearer())
        .header("Content-Type", "application/json");
    let request = if outside {
        request.header("Sforce-Auto-Assign", "FALSE")
    } else {
        request
    };
    let answer = finish(request.send(body.to_string())).expect("an answer");
    if answer.status != 200 {
        return answer.error().1;
    }
    let cases = simulator.records("Case");
    cases.last().unwrap()["OwnerId"].as_str().unwrap()[..3].to_owned()
}

#[test]
fn headers_of_a_graph_s_nodes_are_obeyed_ignored_or_refused() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let (user, queue, refused) = ("005", "00G", "JSON_PARSER_ERROR");
    for (nodes, inherits, expected) in [
        // With the header outside, inside, on both sides.
        (NodeHeaders::Obeyed, false, [queue, user, user]),
        (NodeHeaders::Obeyed, true, [user, user, user]),
        (NodeHeaders::Ignored, false, [queue, queue, queue]),
        (NodeHeaders::Ignored, true, [user, queue, user]),
        (NodeHeaders::Refused, false, [queue, refused, refused]),
        (NodeHeaders::Refused, true, [user, refused, refused]),
    ] {
        simulator.update_org("acme", |org| {
            org.node_headers = nodes;
            org.composite_inherits_headers = inherits;
        });
        let sides = [(true, false), (false, true), (true, true)];
        let owners = sides.map(|(out, within)| owner(&client, &simulator, out, within));
        assert_eq!(owners, expected, "{nodes:?}, inherited: {inherits}");
    }
}

#[test]
fn duplicates_may_only_resemble_each_other() {
    let mut setup = org();
    let rule = |field: &str| DuplicateRule {
        field: field.into(),
        fuzzy: true,
        ..DuplicateRule::default()
    };
    setup.duplicate_rules = vec![rule("Phone"), rule("Name")];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let id = client.create(
        "Account",
        json!({"Name": "Caller 1", "Phone": "0301234567"}),
    );
    let duplicate = |name: &str, phone: &str| {
        let answer = client.post("sobjects/Account", &json!({"Name": name, "Phone": phone}));
        (answer.status == 400).then(|| answer.json()[0].clone())
    };
    let records = |error: &Value| -> Vec<Value> {
        let found = &error["duplicateResult"]["matchResults"][0]["matchRecords"];
        let found = found.as_array().cloned().unwrap_or_default();
        found.iter().map(|m| m["record"]["Id"].clone()).collect()
    };
    for (name, phone) in [("Other", "030 123-9999"), ("caller 2", "089 7654321")] {
        let error = duplicate(name, phone).expect("a refusal");
        assert_eq!(error["errorCode"], "DUPLICATES_DETECTED");
        assert_eq!(records(&error), [id.as_str()]);
    }
    assert!(duplicate("Other", "030 7654321").is_none());
    for forget in [
        |org: &mut salesforce_simulator::OrgSetup| org.duplicate_rules[0].names_records = false,
        |org: &mut salesforce_simulator::OrgSetup| org.duplicate_result_name.clear(),
    ] {
        simulator.update_org("acme", forget);
        let error = duplicate("Another", "030 1230000").expect("a refusal");
        assert!(records(&error).is_empty());
    }
}

#[test]
fn required_fields_and_restricted_picklists_are_described() {
    let mut setup = org();
    setup.custom_fields = vec![CustomField {
        name: "Region__c".into(),
        kind: "picklist".into(),
        required: true,
        restricted: true,
        values: vec!["North".into(), "South".into()],
        ..CustomField::default()
    }];
    setup.picklists = vec![Picklist {
        object: "Case".into(),
        field: "Origin".into(),
        values: vec!["Telefon".into()],
        restricted: true,
    }];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let described = client.get("sobjects/Case/describe").json();
    let field = |name: &str| {
        let fields = described["fields"].as_array().unwrap().iter();
        fields.clone().find(|f| f["name"] == name).unwrap().clone()
    };
    let region = field("Region__c");
    assert_eq!(
        (&region["nillable"], &region["defaultedOnCreate"]),
        (&json!(false), &json!(false))
    );
    let origin = field("Origin");
    assert_eq!(origin["restrictedPicklist"], true);
    assert_eq!(origin["picklistValues"][0]["value"], "Telefon");
    let create = |fields: Value| client.post("sobjects/Case", &fields);
    let missing = create(json!({"Origin": "Telefon"})).error();
    assert_eq!(missing.1, "REQUIRED_FIELD_MISSING");
    let bad = create(json!({"Origin": "Phone", "Region__c": "North"})).error();
    assert_eq!(bad.1, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    let good = create(json!({"Origin": "Telefon", "Region__c": "North"}));
    assert_eq!(good.status, 201);
}

#[test]
fn the_login_host_may_refuse() {
    let mut setup = org();
    setup.login_host_soap = false;
    setup.users = vec![UserSetup::new(USER, PASSWORD, TOKEN)];
    setup.apps = vec![AppSetup {
        client_id: "APP".into(),
        public_key: include_str!("data/jwt-test-public.pem").into(),
        external: true,
        ..AppSetup::default()
    }];
    let simulator = start(setup);
    let agent = agent(simulator.ca_pem());
    let body = login_body(USER, &format!("{PASSWORD}{TOKEN}"));
    let at = |url: &str| soap(&agent, url, "64.0", &body).unwrap();
    let refused = at(&simulator.login_url());
    assert!(refused.text.contains("INVALID_LOGIN"), "{}", refused.text);
    assert_eq!(at(&simulator.url("acme")).status, 200);
    // An assertion that names the app; it is refused before it is checked.
    let assertion = "e30.eyJpc3MiOiJBUFAifQ.x";
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let token = |url: &str| {
        let form = [("grant_type", grant), ("assertion", assertion)];
        let url = format!("{url}/services/oauth2/token");
        let answer = finish(agent.post(url).send_form(form)).unwrap();
        answer.json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(token(&simulator.login_url()), "app_not_found");
    simulator.update_org("acme", |org| {
        org.external_app_error = "invalid_client".into();
    });
    assert_eq!(token(&simulator.login_url()), "invalid_client");
    assert_eq!(token(&simulator.url("acme")), "invalid_grant");
}
