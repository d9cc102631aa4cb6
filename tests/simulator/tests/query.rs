//! SOQL: what is found, how it is shown, what is refused.

mod common;

use common::{Client, USER, account, org, start};
use serde_json::{Value, json};

/// Three Accounts and a Case, and what of a query's answer is looked at.
fn client() -> (salesforce_simulator::Simulator, Client) {
    let mut setup = org();
    setup.records = vec![
        account("Acme", "+49 30 1234567"),
        account("O'Brien & Söhne", "030 99"),
        json!({"attributes": {"type": "Account"}, "Name": "100% Wool_Ltd", "CreatedDate": "2020-05-01T12:00:00.000+0000"}),
    ];
    let simulator = start(setup);
    let client = Client::login(&simulator);
    (simulator, client)
}

fn names(client: &Client, condition: &str) -> Vec<String> {
    let soql = format!("SELECT Name FROM Account WHERE {condition} ORDER BY Name");
    let names = client.column(&soql, "Name");
    names
        .iter()
        .map(|n| n.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn conditions_find_what_they_say() {
    let (_simulator, client) = client();
    let (acme, brien, wool) = ("Acme", "O'Brien & Söhne", "100% Wool_Ltd");
    for (condition, expected) in [
        ("Name = 'acme'", vec![acme]),
        (r"Name = 'O\'Brien & Söhne'", vec![brien]),
        ("Phone = null", vec![wool]),
        ("Phone != null", vec![acme, brien]),
        ("Phone != '030 99'", vec![wool, acme]),
        ("Name LIKE '%söh%'", vec![brien]),
        ("Name LIKE '_cme'", vec![acme]),
        (r"Name LIKE '100\%%'", vec![wool]),
        (r"Name LIKE '%l\_L%'", vec![wool]),
        (r"Name LIKE '%\%L%'", vec![]),
        ("Phone IN ('030 99', '+49 30 1234567')", vec![acme, brien]),
        ("Phone NOT IN ('030 99', null)", vec![acme]),
        ("NOT Name = 'Acme'", vec![wool, brien]),
        (
            "(Name = 'Acme' OR Phone = null) AND IsDeleted = false",
            vec![wool, acme],
        ),
        ("CreatedDate < 2021-01-01T00:00:00Z", vec![wool]),
        ("CreatedDate >= 2020-05-01T14:00:00%2b02:00", vec![]),
        ("CreatedDate = TODAY", vec![acme, brien]),
        ("Name > 'b'", vec![brien]),
        (
            &format!("Owner.Username = '{USER}' AND Name = 'Acme'"),
            vec![acme],
        ),
    ] {
        let condition = condition.replace("%2b", "+");
        let expected: Vec<&str> = if condition.contains("+02:00") {
            vec![wool, acme, brien]
        } else {
            expected
        };
        assert_eq!(names(&client, &condition), expected, "{condition}");
    }
}

#[test]
fn answers_have_salesforce_s_shape() {
    let (simulator, client) = client();
    let acme = simulator.records("Account")[0]["Id"].clone();
    client.create(
        "Case",
        json!({"Subject": "s", "AccountId": acme, "Description": "d"}),
    );
    let answer =
        client.query("select Id, description, Account.name, Contact.Name from case limit 1");
    let case = simulator.records("Case")[0]["Id"].clone();
    let url = |object: &str, id: &Value| {
        format!(
            "/services/data/v64.0/sobjects/{object}/{}",
            id.as_str().unwrap()
        )
    };
    assert_eq!(
        answer.json(),
        json!({"totalSize": 1, "done": true, "records": [{
            "attributes": {"type": "Case", "url": url("Case", &case)},
            "Id": case, "Description": "d",
            "Account": {"attributes": {"type": "Account", "url": url("Account", &acme)}, "Name": "Acme"},
            "Contact": null}]})
    );
    assert_eq!(
        client.query("SELECT COUNT() FROM Account").json(),
        json!({"totalSize": 3, "done": true, "records": []})
    );
    assert_eq!(
        client.column(
            "SELECT Name FROM Account ORDER BY Phone DESC NULLS LAST LIMIT 1 OFFSET 1",
            "Name"
        ),
        ["Acme"]
    );
}

#[test]
fn bad_queries_are_refused() {
    let (_simulator, client) = client();
    for (soql, code) in [
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Account WHERE Name = 'O'Brien'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
        (
            r"SELECT Id FROM Account WHERE Name = '\x'",
            "MALFORMED_QUERY",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Id FROM Konto", "INVALID_TYPE"),
        ("SELECT Colour FROM Account", "INVALID_FIELD"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD"),
        ("SELECT Konto.Name FROM Case", "INVALID_FIELD"),
        (
            "SELECT Id FROM Case WHERE Description = 'x'",
            "INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Case WHERE Description LIKE '%x%'",
            "INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Case WHERE CreatedDate > '2020-01-01T00:00:00Z'",
            "INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Case WHERE CreatedDate > 2020-01-01",
            "INVALID_FIELD",
        ),
        ("SELECT Id FROM Case WHERE Subject = 5", "INVALID_FIELD"),
        (
            "SELECT Id FROM Case WHERE IsClosed = 'false'",
            "INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Case WHERE Id = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
        ),
        (
            "SELECT Id FROM Case WHERE Id LIKE '500%'",
            "INVALID_QUERY_FILTER_OPERATOR",
        ),
    ] {
        assert_eq!(client.query(soql).error(), (400, code.into()), "{soql}");
    }
}

#[test]
fn what_is_created_is_found_at_once_and_what_is_deleted_no_more() {
    let mut setup = org();
    setup.index_lag_ms = 600_000;
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let id = client.create("Account", json!({"Name": "a", "Phone": "1234567"}));
    let soql = format!(
        "SELECT Id FROM Account WHERE Phone = '1234567' AND Id = '{}'",
        &id[..15]
    );
    assert_eq!(client.column(&soql, "Id"), [id.as_str()]);
    client.patch(
        &format!("sobjects/Account/{id}"),
        &json!({"Phone": "7654321"}),
    );
    assert!(client.column(&soql, "Id").is_empty());
    client.delete(&format!("sobjects/Account/{id}"));
    assert!(client.column("SELECT Id FROM Account", "Id").is_empty());
    let all = client.try_get(
        "queryAll",
        &[("q", "SELECT Id FROM Account WHERE IsDeleted = true")],
    );
    assert_eq!(all.unwrap().json()["totalSize"], 1);
}

#[test]
fn long_answers_come_in_pages() {
    let mut setup = org();
    setup.records = (0..4_500)
        .map(|n| account(&format!("A{n:05}"), ""))
        .collect();
    let simulator = start(setup);
    let client = Client::login(&simulator);
    let mut page = client
        .query("SELECT Name FROM Account ORDER BY Name")
        .json();
    let mut seen = Vec::new();
    loop {
        assert_eq!(page["totalSize"], 4_500);
        seen.extend(
            page["records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["Name"].clone()),
        );
        if page["done"] == true {
            break;
        }
        page = client.get(page["nextRecordsUrl"].as_str().unwrap()).json();
    }
    assert_eq!(seen.len(), 4_500);
    assert!(seen.iter().map(|n| n.as_str().unwrap()).is_sorted());
    assert_eq!(
        client.get("query/01gxxx-2000").error(),
        (400, "INVALID_QUERY_LOCATOR".into())
    );
}
