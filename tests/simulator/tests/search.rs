//! SOSL and parameterizedSearch: numbers however they were typed, the index
//! that lags, what is refused.

mod common;

use std::time::Duration;

use common::{Client, account, org, start};
use salesforce_simulator::PhoneSearch;
use serde_json::json;

fn phones(client: &Client, terms: &str) -> Vec<String> {
    let sosl = format!(
        "FIND {{{terms}}} IN PHONE FIELDS RETURNING Account(Id, Name, Phone ORDER BY Name)"
    );
    let answer = client.search(&sosl);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let records = answer.json()["searchRecords"].as_array().cloned().unwrap();
    records
        .iter()
        .map(|r| r["Name"].as_str().unwrap().to_owned())
        .collect()
}

fn start_with(phone_search: PhoneSearch) -> (salesforce_simulator::Simulator, Client) {
    let mut setup = org();
    setup.phone_search = phone_search;
    setup.records = vec![
        account("a", "(030) 1234-567"),
        account("b", "+49 30 1234567"),
        account("c", "0049301234567"),
        account("d", "030/7654321"),
    ];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    (simulator, client)
}

#[test]
fn digits_find_numbers_however_they_were_typed() {
    let (_simulator, client) = start_with(PhoneSearch::Digits);
    assert_eq!(phones(&client, "301234567"), ["a", "b", "c"]);
    assert_eq!(phones(&client, r"\+49301234567"), ["b", "c"]);
    assert_eq!(phones(&client, "0301234567 OR 0307654321"), ["a", "d"]);
    assert_eq!(
        phones(&client, "301234567 AND NOT 0049301234567"),
        ["a", "b"]
    );
    assert_eq!(phones(&client, "49301*"), ["b"]);
    assert!(phones(&client, "1234").is_empty());
}

#[test]
fn tokens_find_whole_pieces_only() {
    let (_simulator, client) = start_with(PhoneSearch::Tokens);
    assert!(phones(&client, "301234567").is_empty());
    assert_eq!(phones(&client, "1234567"), ["b"]);
    assert_eq!(phones(&client, "\"49 30 1234567\""), ["b"]);
    assert_eq!(phones(&client, "\"030 1234 567\""), ["a"]);
    assert_eq!(phones(&client, "0049301234567 OR 7654321"), ["c", "d"]);
    assert_eq!(phones(&client, "030 AND 7654321"), ["d"]);
}

#[test]
fn the_answer_has_salesforce_s_shape_and_the_fields_asked_for() {
    let (simulator, client) = start_with(PhoneSearch::Digits);
    let answer = client
        .search("FIND {1234567} IN PHONE FIELDS RETURNING Account(Id, Phone WHERE Name = 'a' LIMIT 5), Contact LIMIT 10");
    let id = simulator.records("Account")[0]["Id"].clone();
    let url = format!(
        "/services/data/v64.0/sobjects/Account/{}",
        id.as_str().unwrap()
    );
    assert_eq!(
        answer.json(),
        json!({"searchRecords": [{"attributes": {"type": "Account", "url": url}, "Id": id, "Phone": "(030) 1234-567"}]})
    );
    assert_eq!(
        client.found("FIND {1234567} IN PHONE FIELDS LIMIT 2").len(),
        2
    );
}

#[test]
fn contacts_are_found_by_any_of_their_numbers() {
    let (_simulator, client) = start_with(PhoneSearch::Digits);
    for (n, field) in [
        "Phone",
        "MobilePhone",
        "HomePhone",
        "OtherPhone",
        "AssistantPhone",
    ]
    .iter()
    .enumerate()
    {
        let number = format!("017{n}5550000");
        let id = client.create("Contact", json!({"LastName": "x", *field: number}));
        assert_eq!(
            client.found(&format!(
                "FIND {{{number}}} IN PHONE FIELDS RETURNING Account(Id), Contact(Id)"
            )),
            [id]
        );
    }
}

#[test]
fn the_index_lags_for_what_the_api_writes() {
    let mut setup = org();
    setup.index_lag_ms = 120_000;
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let search = "FIND {1234567} IN PHONE FIELDS RETURNING Account(Id)";
    let id = client.create("Account", json!({"Name": "a", "Phone": "1234567"}));
    assert!(client.found(search).is_empty());
    simulator.advance_clock(Duration::from_secs(119));
    assert!(client.found(search).is_empty());
    simulator.advance_clock(Duration::from_secs(2));
    assert_eq!(client.found(search), [id.as_str()]);
    let seeded = simulator.seed("acme", account("b", "7654321"));
    assert_eq!(
        client.found("FIND {7654321} IN PHONE FIELDS RETURNING Account(Id)"),
        [seeded]
    );
    client.delete(&format!("sobjects/Account/{id}"));
    assert!(client.found(search).is_empty());
}

#[test]
fn words_are_found_in_names_and_texts() {
    let (_simulator, client) = start_with(PhoneSearch::Digits);
    let id = client.create(
        "Case",
        json!({"Subject": "Anruf", "Description": "Zeile\nref pbx1-1700000000.12-100"}),
    );
    let found = |terms: &str, group: &str| {
        client.found(&format!(
            "FIND {{{terms}}} IN {group} FIELDS RETURNING Case(Id)"
        ))
    };
    assert_eq!(found(r#""pbx1\-1700000000.12\-100""#, "ALL"), [id.as_str()]);
    assert_eq!(found("anru*", "ALL"), [id.as_str()]);
    assert!(found("Zeil", "ALL").is_empty());
    assert!(found("Zeile", "PHONE").is_empty());
}

#[test]
fn bad_searches_are_refused() {
    let (_simulator, client) = start_with(PhoneSearch::Digits);
    for (sosl, code) in [
        (
            "FIND {1} IN PHONE FIELDS RETURNING Account(Id)",
            "MALFORMED_SEARCH",
        ),
        (
            "FIND {+4930} IN PHONE FIELDS RETURNING Account(Id)",
            "MALFORMED_SEARCH",
        ),
        (
            "FIND {030-123} IN PHONE FIELDS RETURNING Account(Id)",
            "MALFORMED_SEARCH",
        ),
        (
            "FIND {*123} IN PHONE FIELDS RETURNING Account(Id)",
            "MALFORMED_SEARCH",
        ),
        (
            "FIND {} IN PHONE FIELDS RETURNING Account(Id)",
            "MALFORMED_SEARCH",
        ),
        ("FIND {123 IN PHONE FIELDS", "MALFORMED_SEARCH"),
        ("FIND 123", "MALFORMED_SEARCH"),
        ("FIND {123} IN FAX FIELDS", "MALFORMED_SEARCH"),
        ("FIND {123} RETURNING Account(Id", "MALFORMED_SEARCH"),
        ("FIND {123} RETURNING Account()", "MALFORMED_SEARCH"),
        ("FIND {123}} RETURNING Account(Id)", "MALFORMED_SEARCH"),
        ("", "MALFORMED_SEARCH"),
        ("FIND {123} RETURNING Konto(Id)", "INVALID_TYPE"),
        ("FIND {123} RETURNING Account(Colour)", "INVALID_FIELD"),
        (
            "FIND {123} RETURNING Case(Id WHERE Description = 'x')",
            "INVALID_FIELD",
        ),
    ] {
        assert_eq!(client.search(sosl).error(), (400, code.into()), "{sosl}");
    }
}

#[test]
fn parameterized_search_says_the_same_in_json() {
    let (simulator, client) = start_with(PhoneSearch::Digits);
    let id = simulator.records("Account")[0]["Id"].clone();
    let body = json!({"q": "301234567 OR 0307654321", "in": "PHONE", "fields": ["Id", "Name"],
        "sobjects": [{"name": "Account", "fields": ["Id"], "where": "Name = 'a'", "limit": 3}, {"name": "Contact"}],
        "overallLimit": 10});
    let answer = client.post("parameterizedSearch", &body).json();
    assert_eq!(answer["searchRecords"].as_array().unwrap().len(), 1);
    assert_eq!(answer["searchRecords"][0]["Id"], id);
    let query = [
        ("q", "301234567"),
        ("in", "PHONE"),
        ("sobject", "Account"),
        ("Account.fields", "Id,Name"),
        ("Account.limit", "2"),
    ];
    let answer = client
        .try_get("parameterizedSearch", &query)
        .unwrap()
        .json();
    assert_eq!(answer["searchRecords"].as_array().unwrap().len(), 2);
    assert_eq!(
        client
            .post("parameterizedSearch", &json!({"q": ""}))
            .error(),
        (400, "INVALID_SEARCH".into())
    );
    assert_eq!(
        client
            .post("parameterizedSearch", &json!({"q": "+49", "sobjects": []}))
            .error(),
        (400, "MALFORMED_SEARCH".into())
    );
}
