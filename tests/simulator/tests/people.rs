//! Contacts, Person Accounts and record types.

mod common;

use common::{Client, USER, org, start};
use salesforce_simulator::{OrgSetup, RecordType, Simulator, UserSetup};
use serde_json::{Value, json};

const NUMBERS: [&str; 5] = [
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
];

fn begin(setup: OrgSetup) -> (Simulator, Client) {
    let simulator = start(setup);
    let client = Client::login(&simulator);
    (simulator, client)
}

fn with_persons() -> OrgSetup {
    OrgSetup {
        person_accounts: true,
        ..org()
    }
}

fn person_type(client: &Client) -> Value {
    let soql = "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true";
    let types = client.column(soql, "Id");
    assert_eq!(types.len(), 1);
    types[0].clone()
}

fn described(client: &Client, object: &str, field: &str) -> Value {
    let described = client.get(&format!("sobjects/{object}/describe")).json();
    let fields = described["fields"].as_array().expect("fields");
    let found = fields.iter().find(|f| f["name"] == field);
    found.cloned().unwrap_or(Value::Null)
}

#[test]
fn any_of_a_contact_s_numbers_finds_it_with_its_account() {
    let (_simulator, client) = begin(org());
    let account = client.create("Account", json!({"Name": "Acme", "Phone": "030 9999999"}));
    for (n, field) in NUMBERS.iter().enumerate() {
        let number = format!("0171 555{n}000");
        let id = client.create(
            "Contact",
            json!({"LastName": "Huber", "AccountId": account, *field: number}),
        );
        let condition: Vec<String> = NUMBERS
            .iter()
            .map(|f| format!("{f} LIKE '%555{n}%000'"))
            .collect();
        let soql = format!(
            "SELECT Id, {field}, AccountId, Account.Name FROM Contact WHERE {}",
            condition.join(" OR ")
        );
        let found = client.query(&soql).json()["records"][0].clone();
        assert_eq!(
            (&found["Id"], &found[*field], &found["Account"]["Name"]),
            (&json!(id), &json!(number), &json!("Acme")),
            "{field}"
        );
        let sosl = format!(
            "FIND {{0171555{n}000 OR 0309999999}} IN PHONE FIELDS RETURNING \
             Account(Id, Phone), Contact(Id, AccountId, {})",
            NUMBERS.join(", ")
        );
        let records = client.search(&sosl).json()["searchRecords"].clone();
        assert_eq!(records[0]["attributes"]["type"], "Account");
        assert_eq!(
            (&records[1]["Id"], &records[1]["AccountId"]),
            (&json!(id), &json!(account)),
            "{field}"
        );
    }
}

#[test]
fn a_case_takes_its_account_from_its_contact() {
    let (simulator, client) = begin(org());
    let account = client.create("Account", json!({"Name": "Acme"}));
    let other = client.create("Account", json!({"Name": "Other"}));
    let huber = client.create(
        "Contact",
        json!({"LastName": "Huber", "AccountId": account}),
    );
    let alone = client.create("Contact", json!({"LastName": "Alone"}));
    let account_of = |case: Value| {
        let id = client.create("Case", case);
        let cases = simulator.records("Case");
        let case = cases.iter().find(|c| c["Id"] == id.as_str()).expect("it");
        case["AccountId"].clone()
    };
    assert_eq!(account_of(json!({"ContactId": huber})), account.as_str());
    assert_eq!(
        account_of(json!({"ContactId": huber, "AccountId": other})),
        other.as_str()
    );
    assert_eq!(account_of(json!({"ContactId": alone})), Value::Null);
    for (id, code) in [
        ("003000000000001AAA", "INVALID_CROSS_REFERENCE_KEY"),
        (account.as_str(), "MALFORMED_ID"),
    ] {
        let answer = client.post("sobjects/Case", &json!({"ContactId": id}));
        assert_eq!(answer.error(), (400, code.into()));
        assert_eq!(answer.json()[0]["fields"], json!(["ContactId"]));
    }
}

#[test]
fn a_person_account_is_an_account_and_a_contact() {
    let (simulator, client) = begin(with_persons());
    let person = person_type(&client);
    let id = client.create(
        "Account",
        json!({"LastName": "Huber", "FirstName": "Anna", "RecordTypeId": person,
               "PersonMobilePhone": "0171 123456", "PersonHomePhone": "089 777777"}),
    );
    let soql = "SELECT Id, Name, IsPersonAccount, PersonContactId, PersonContact.MobilePhone \
                FROM Account WHERE PersonHomePhone = '089 777777'";
    let found = client.query(soql).json()["records"][0].clone();
    assert_eq!(
        (&found["Id"], &found["Name"], &found["IsPersonAccount"]),
        (&json!(id), &json!("Anna Huber"), &json!(true))
    );
    assert_eq!(found["PersonContact"]["MobilePhone"], "0171 123456");
    let search = "FIND {0171123456} IN PHONE FIELDS RETURNING \
                  Account(Id, IsPersonAccount, PersonMobilePhone), Contact(Id, AccountId)";
    let records = client.search(search).json()["searchRecords"].clone();
    assert_eq!(records[0]["PersonMobilePhone"], "0171 123456");
    assert_eq!(records[1]["Id"], found["PersonContactId"]);
    client.patch(
        &format!("sobjects/Account/{id}"),
        &json!({"PersonMobilePhone": "0171 654321", "LastName": "Maier"}),
    );
    let contact = &simulator.records("Contact")[0];
    assert_eq!(
        (&contact["MobilePhone"], &contact["Name"]),
        (&json!("0171 654321"), &json!("Anna Maier"))
    );
    let case = client.post("sobjects/Case", &json!({"ContactId": contact["Id"]}));
    assert_eq!(case.status, 201);
    assert_eq!(simulator.records("Case")[0]["AccountId"], id.as_str());
    assert_eq!(
        client.delete(&format!("sobjects/Account/{id}")).error(),
        (400, "DELETE_FAILED".into())
    );
    client.delete(&format!("sobjects/Case/{}", case.id()));
    assert_eq!(client.delete(&format!("sobjects/Account/{id}")).status, 204);
    assert!(simulator.records("Contact").is_empty());
}

#[test]
fn a_person_and_a_business_do_not_share_their_fields() {
    let (_simulator, client) = begin(with_persons());
    let person = person_type(&client);
    let business = client.create("Account", json!({"Name": "Acme"}));
    let anna = client.create(
        "Account",
        json!({"LastName": "Huber", "RecordTypeId": person}),
    );
    let wrong = "INVALID_FIELD_FOR_INSERT_UPDATE";
    for (body, code) in [
        (json!({"LastName": "Huber"}), wrong),
        (json!({"Name": "x", "PersonMobilePhone": "1"}), wrong),
        (json!({"Name": "x", "RecordTypeId": person}), wrong),
        (json!({"RecordTypeId": person}), "REQUIRED_FIELD_MISSING"),
        (json!({"Name": "x", "IsPersonAccount": true}), wrong),
    ] {
        let answer = client.post("sobjects/Account", &body);
        assert_eq!(answer.error(), (400, code.into()), "{body}");
    }
    for (id, body) in [
        (&anna, json!({"Name": "x"})),
        (&business, json!({"PersonHomePhone": "1"})),
    ] {
        let answer = client.patch(&format!("sobjects/Account/{id}"), &body);
        assert_eq!(answer.error(), (400, wrong.into()), "{body}");
    }
    let types = client.column(
        "SELECT RecordType.DeveloperName FROM Account ORDER BY Name",
        "RecordType",
    );
    let names: Vec<&Value> = types.iter().map(|t| &t["DeveloperName"]).collect();
    assert_eq!(names, ["Business_Account", "PersonAccount"]);
}

#[test]
fn without_person_accounts_their_fields_do_not_exist() {
    let (_simulator, client) = begin(org());
    for soql in [
        "SELECT IsPersonAccount FROM Account",
        "SELECT Id FROM Account WHERE PersonMobilePhone = '1'",
        "SELECT RecordTypeId FROM Account",
        "SELECT IsPersonAccount FROM Contact",
        "SELECT Id FROM RecordType WHERE IsPersonType = true",
    ] {
        assert_eq!(
            client.query(soql).error(),
            (400, "INVALID_FIELD".into()),
            "{soql}"
        );
    }
    assert_eq!(
        client
            .search("FIND {0171} IN PHONE FIELDS RETURNING Account(PersonMobilePhone)")
            .error(),
        (400, "INVALID_FIELD".into())
    );
    assert_eq!(
        client
            .post("sobjects/Account", &json!({"LastName": "Huber"}))
            .error(),
        (400, "INVALID_FIELD".into())
    );
    assert!(
        client
            .column("SELECT Id, DeveloperName FROM RecordType", "Id")
            .is_empty()
    );
    assert_eq!(
        described(&client, "Account", "PersonMobilePhone"),
        Value::Null
    );
    assert_eq!(
        described(&client, "Contact", "MobilePhone")["type"],
        "phone"
    );
}

#[test]
fn record_types_belong_to_an_object_and_to_those_who_may_use_them() {
    let mut setup = org();
    setup.record_types = vec![
        RecordType::new("Case", "Support"),
        RecordType::new("Case", "Hot Line"),
        RecordType {
            barred: vec![USER.into()],
            ..RecordType::new("Case", "Secret")
        },
        RecordType::new("Account", "Customer"),
    ];
    let (simulator, client) = begin(setup);
    let id = |name: &str| {
        let soql = format!("SELECT Id FROM RecordType WHERE DeveloperName = '{name}'");
        client.column(&soql, "Id")[0].clone()
    };
    client.create("Case", json!({"Subject": "a"}));
    client.create(
        "Case",
        json!({"Subject": "b", "RecordTypeId": id("Hot_Line")}),
    );
    let cases = simulator.records("Case");
    assert_eq!(cases[0]["RecordTypeId"], id("Support"));
    assert_eq!(cases[1]["RecordTypeId"], id("Hot_Line"));
    for name in ["Secret", "Customer"] {
        let answer = client.post("sobjects/Case", &json!({"RecordTypeId": id(name)}));
        assert_eq!(answer.error(), (400, "INVALID_CROSS_REFERENCE_KEY".into()));
        assert_eq!(answer.json()[0]["fields"], json!(["RecordTypeId"]));
    }
    let infos = client.get("sobjects/Case/describe").json()["recordTypeInfos"].clone();
    let info = |name: &str| {
        let infos = infos.as_array().expect("a list");
        infos
            .iter()
            .find(|i| i["name"] == name)
            .cloned()
            .expect("it")
    };
    assert_eq!(info("Secret")["available"], false);
    assert_eq!(info("Support")["defaultRecordTypeMapping"], true);
    assert_eq!(info("Master")["master"], true);
}

#[test]
fn profiles_say_what_may_be_seen_and_written() {
    let mut setup = with_persons();
    let (reader, stranger) = ("reader@acme.example", "stranger@acme.example");
    setup.users.push(UserSetup {
        read_only_fields: vec!["Account.PersonMobilePhone".into(), "Case.Subject".into()],
        read_only_objects: vec!["Contact".into()],
        may_create_task: false,
        ..UserSetup::new(reader, "pw", "")
    });
    setup.users.push(UserSetup {
        hidden_objects: vec!["Contact".into()],
        ..UserSetup::new(stranger, "pw", "")
    });
    let (simulator, client) = begin(setup);
    let contact = client.create("Contact", json!({"LastName": "x"}));
    let reader = Client::login_as(&simulator, reader, "pw");
    let mobile = described(&reader, "Account", "PersonMobilePhone");
    assert_eq!(
        (&mobile["createable"], &mobile["updateable"]),
        (&json!(false), &json!(false))
    );
    let mobile = described(&client, "Account", "PersonMobilePhone");
    assert_eq!(
        (&mobile["createable"], &mobile["updateable"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(described(&reader, "Contact", "Phone")["updateable"], false);
    assert_eq!(
        reader
            .post("sobjects/Case", &json!({"Subject": "x"}))
            .error(),
        (400, "INVALID_FIELD_FOR_INSERT_UPDATE".into())
    );
    assert_eq!(
        reader.get(&format!("sobjects/Contact/{contact}")).status,
        200
    );
    let path = format!("sobjects/Contact/{contact}");
    let refused = (400, "INSUFFICIENT_ACCESS_OR_READONLY".into());
    assert_eq!(reader.patch(&path, &json!({"Phone": "1"})).error(), refused);
    assert_eq!(reader.delete(&path).error(), refused);
    assert_eq!(
        reader.get("sobjects/Task/describe").json()["createable"],
        false
    );
    assert_eq!(reader.post("sobjects/Task", &json!({})).error().0, 403);
    let stranger = Client::login_as(&simulator, stranger, "pw");
    assert_eq!(
        stranger.query("SELECT Id FROM Contact").error(),
        (400, "INVALID_TYPE".into())
    );
    assert_eq!(
        stranger
            .search("FIND {123456} RETURNING Contact(Id)")
            .error(),
        (400, "INVALID_TYPE".into())
    );
    assert_eq!(stranger.get("sobjects/Contact/describe").error().0, 404);
}
