//! Sharing: what a user does not see, it neither finds nor reads nor refers to.

mod common;

use common::{Client, org, start};
use salesforce_simulator::{OrgSetup, Sharing, UserSetup};
use serde_json::{Value, json};

const BOSS: &str = "boss@acme.example";
const AGENT: &str = "agent@acme.example";
const COLLEAGUE: &str = "colleague@acme.example";
const AUDITOR: &str = "auditor@acme.example";

fn private() -> OrgSetup {
    let mut setup = org();
    setup.sharing = Sharing::private();
    let user = |name: &str, role: &str| UserSetup {
        role: role.to_owned(),
        ..UserSetup::new(name, "pw", "")
    };
    setup.users = vec![
        user(BOSS, "Boss"),
        user(AGENT, "Boss/Agent"),
        user(COLLEAGUE, "Boss/Agent"),
        UserSetup {
            view_all: vec!["Account".into(), "Contact".into(), "Case".into()],
            ..user(AUDITOR, "")
        },
    ];
    setup
}

const FIND: &str = "FIND {0301234567} IN PHONE FIELDS RETURNING Account(Id), Contact(Id)";
const SELECT: &str = "SELECT Id FROM Account";

#[test]
fn private_records_are_their_owner_s_and_of_those_above() {
    let simulator = start(private());
    let [boss, agent, colleague, auditor] =
        [BOSS, AGENT, COLLEAGUE, AUDITOR].map(|name| Client::login_as(&simulator, name, "pw"));
    let account = agent.create("Account", json!({"Name": "Acme", "Phone": "0301234567"}));
    let person = json!({"LastName": "Huber", "Phone": "0301234567", "AccountId": account});
    let contact = agent.create("Contact", person);
    let path = format!("sobjects/Account/{account}");
    for (client, sees, changes) in [
        (&boss, true, 204),
        (&agent, true, 204),
        (&colleague, false, 404),
        (&auditor, true, 403),
    ] {
        let all = if sees {
            vec![account.clone(), contact.clone()]
        } else {
            Vec::new()
        };
        assert_eq!(client.found(FIND), all);
        assert_eq!(client.column(SELECT, "Id").len(), usize::from(sees));
        assert_eq!(client.get(&path).status, if sees { 200 } else { 404 });
        let change = json!({"Description": "x"});
        assert_eq!(client.patch(&path, &change).status, changes);
        let answer = client.post("sobjects/Case", &json!({"AccountId": account}));
        if sees {
            assert_eq!(answer.status, 201);
        } else {
            let refused = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY";
            assert_eq!(answer.error(), (400, refused.into()));
        }
    }
    simulator.share("acme", &account, COLLEAGUE, false);
    assert_eq!(colleague.get(&path).status, 200);
    assert_eq!(colleague.found(FIND).len(), 2, "its Contacts, too");
    assert_eq!(
        colleague.patch(&path, &json!({"Description": "y"})).error(),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY".into())
    );
}

#[test]
fn what_is_given_to_another_owner_is_out_of_sight() {
    let simulator = start(private());
    let agent = Client::login_as(&simulator, AGENT, "pw");
    let users = simulator.records("User");
    let boss = users.iter().find(|user| user["Username"] == BOSS).unwrap();
    let case = agent.create("Case", json!({"OwnerId": boss["Id"]}));
    assert_eq!(agent.get(&format!("sobjects/Case/{case}")).status, 404);
    assert!(agent.column("SELECT Id FROM Case", "Id").is_empty());
    let task = agent.post("sobjects/Task", &json!({"WhatId": case}));
    assert_eq!(
        task.error().1,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    );
    // Whoever owns a Case of an Account sees the Account.
    let account = agent.create("Account", json!({"Name": "a"}));
    agent.create("Case", json!({"AccountId": account}));
    let path = format!("sobjects/Account/{account}");
    let owner = json!({"OwnerId": boss["Id"]});
    assert_eq!(agent.patch(&path, &owner).status, 204);
    assert_eq!(agent.get(&path).status, 200);
    assert_eq!(agent.patch(&path, &json!({"Name": "b"})).status, 403);
}

#[test]
fn the_org_tells_how_it_is_set_up() {
    let mut setup = private();
    setup.users[1].view_setup = false;
    let simulator = start(setup);
    let auditor = Client::login_as(&simulator, AUDITOR, "pw");
    let access = "SELECT DefaultAccountAccess, DefaultContactAccess FROM Organization";
    assert_eq!(auditor.column(access, "DefaultAccountAccess"), ["None"]);
    assert_eq!(
        auditor.column(access, "DefaultContactAccess"),
        ["ControlledByParent"]
    );
    let users = simulator.records("User");
    let me = users.iter().find(|user| user["Username"] == AUDITOR);
    let id = me.unwrap()["Id"].as_str().unwrap();
    let sets = "SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = ";
    let sets = auditor.column(&format!("{sets}'{id}'"), "PermissionSetId");
    let permissions = format!(
        "SELECT PermissionsViewAllRecords FROM ObjectPermissions WHERE ParentId = '{}' AND \
         SobjectType = 'Account'",
        sets[0].as_str().unwrap()
    );
    let views = auditor.column(&permissions, "PermissionsViewAllRecords");
    assert_eq!(views, [Value::Bool(true)]);
    let agent = Client::login_as(&simulator, AGENT, "pw");
    assert_eq!(agent.query(&permissions).error().1, "INVALID_TYPE");
}
