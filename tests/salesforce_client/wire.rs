//! After the login: requests on the wire, connections that break, limits in time and size.

use crate::server::{Reply, Server, answer, answer_with, json};
use crate::support::{
    self, SESSION_ID, after_login, after_login_with, client, client_with, record, user, write,
};
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::config::settings::Lookup;
use res_ansitel_salesforce::salesforce::{
    Action, ApiUsage, Client, ClientOptions, Error, Kind, Session, Target,
};
use serde_json::{Map, Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const CREATED: &str = r#"{"graphs":[{"graphId":"g0","isSuccessful":true,"graphResponse":{"compositeResponse":[
    {"referenceId":"r0","httpStatusCode":201,"httpHeaders":{},
     "body":{"id":"500000000000001AAA","success":true,"errors":[]}}]}}]}"#;
const NOTHING: &str = r#"{"totalSize":0,"done":true,"records":[]}"#;

fn fields() -> Map<String, Value> {
    json!({"Subject": "Anruf von \"Jürgen\"", "SuppliedPhone": "+49301234567"})
        .as_object()
        .unwrap()
        .clone()
}

fn create(client: &Client, session: &Session) -> Result<String, Error> {
    support::create(client, session, "Case", &fields())
}

fn find(client: &Client, session: &Session) -> Result<Option<String>, Error> {
    support::find_case(
        client,
        session,
        "pbx-1.2-100",
        Some("+49301234567"),
        Timestamp(0),
    )
}

#[test]
fn a_case_is_created_for_its_owner() {
    let limit = ("Sforce-Limit-Info", "api-usage=18/5000");
    let (server, client, session) = after_login(vec![
        Reply::Bytes(answer_with(200, &[limit], CREATED)),
        json(200, CREATED),
    ]);
    assert_eq!(client.usage(&session.org_id), None);
    assert_eq!(create(&client, &session).unwrap(), "500000000000001AAA");
    assert_eq!(
        client.usage(&session.org_id),
        Some(ApiUsage {
            used: 18,
            limit: 5000
        })
    );
    let mut assigned = record("Case", Target::New, &fields());
    assigned.auto_assign = true;
    write(&client, &session, assigned).unwrap();

    let received = server.received();
    let case = &received[1];
    assert_eq!(
        case.line,
        "POST /services/data/v64.0/composite/graph HTTP/1.1"
    );
    let headers = case.headers.to_ascii_lowercase();
    assert!(
        headers.contains("sforce-auto-assign: false\r\n"),
        "{headers}"
    );
    assert!(
        case.headers.contains(&format!("Bearer {SESSION_ID}\r\n")),
        "{headers}"
    );
    assert!(
        headers.contains("content-type: application/json; charset=utf-8\r\n"),
        "{headers}"
    );
    let node = |body: &str| -> Value {
        let body: Value = serde_json::from_str(body).unwrap();
        body["graphs"][0]["compositeRequest"][0].clone()
    };
    assert_eq!(
        node(&case.body),
        json!({
            "method": "POST",
            "url": "/services/data/v64.0/sobjects/Case",
            "referenceId": "r0",
            "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
            "body": fields(),
        })
    );
    let assigned = node(&received[2].body);
    assert_eq!(assigned["httpHeaders"]["Sforce-Auto-Assign"], "TRUE");
    assert!(
        received.iter().all(|request| request.connection == 0),
        "one connection for all"
    );
}

#[test]
fn an_account_is_created_despite_warnings_of_duplicates() {
    let duplicate = r#"[{"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?","NAME":{
        "matchResults":[{"matchRecords":[{"record":{"Id":"001000000000001AAA"}},{"record":{"Id":"001000000000002AAA"}}]}]}}]"#;
    let (server, client, session) = after_login(vec![
        json(200, CREATED),
        json(
            200,
            &refused(400, &duplicate.replace("NAME", "duplicateResult")),
        ),
        json(
            200,
            &refused(400, &duplicate.replace("NAME", "duplicateResut")),
        ),
    ]);
    let create = || support::create(&client, &session, "Account", &fields());
    assert_eq!(create().unwrap(), "500000000000001AAA");
    for _ in 0..2 {
        let error = create().unwrap_err();
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::Duplicate, Action::FailCall)
        );
        assert_eq!(
            error.duplicates(),
            ["001000000000001AAA", "001000000000002AAA"]
        );
    }
    let body: Value = serde_json::from_str(&server.received()[1].body).unwrap();
    let node = &body["graphs"][0]["compositeRequest"][0];
    assert_eq!(node["url"], "/services/data/v64.0/sobjects/Account");
    assert_eq!(
        node["httpHeaders"],
        json!({
            "Sforce-Auto-Assign": "FALSE",
            "Sforce-Duplicate-Rule-Header":
                "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true",
        })
    );
}

/// The answer about a graph of one record that was refused.
fn refused(status: u16, errors: &str) -> String {
    let errors: Value = serde_json::from_str(errors).unwrap();
    json!({"graphs": [{"graphId": "g0", "isSuccessful": false, "graphResponse": {"compositeResponse": [
        {"referenceId": "r0", "httpStatusCode": status, "httpHeaders": {}, "body": errors}]}}]})
    .to_string()
}

#[test]
fn a_case_is_updated() {
    let updated = CREATED.replace("201", "204").replace(
        r#"{"id":"500000000000001AAA","success":true,"errors":[]}"#,
        "null",
    );
    let gone = r#"[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]"#;
    let (server, client, session) =
        after_login(vec![json(200, &updated), json(200, &refused(404, gone))]);
    let update = || support::update_case(&client, &session, "500000000000001AAA", &fields());
    update().unwrap();
    assert_eq!(update().unwrap_err().action(), Action::FailCall);
    let body: Value = serde_json::from_str(&server.received()[1].body).unwrap();
    let node = &body["graphs"][0]["compositeRequest"][0];
    assert_eq!(node["method"], "PATCH");
    assert_eq!(
        node["url"],
        "/services/data/v64.0/sobjects/Case/500000000000001AAA"
    );
}

#[test]
fn accounts_are_looked_for_in_all_forms() {
    let rows = r#"[{"attributes":{"type":"Account"},"Id":"001000000000001AAA","Name":"Acme","Phone":"030 1234567"},
        {"Id":"001000000000002AAA","Name":"Bolt","Phone":"+49 301234567"}]"#;
    let contacts = r#"[{"Id":"003000000000001AAA","Name":"Max","AccountId":null,"MobilePhone":"0171 7654321"}]"#;
    let both = format!(
        "{},{}",
        rows.trim_end_matches(']'),
        contacts.trim_start_matches('[')
    );
    let (server, client, session) = after_login(vec![
        json(200, &format!(r#"{{"searchRecords":{both}}}"#)),
        json(
            200,
            &format!(r#"{{"totalSize":2,"done":true,"records":{rows}}}"#),
        ),
        json(
            200,
            &format!(r#"{{"totalSize":1,"done":true,"records":{contacts}}}"#),
        ),
        json(200, r#"{"searchRecords":[]}"#),
        json(200, r#"{"searchRecords":[]}"#),
        json(200, r#"{"searchRecords":[]}"#),
    ]);
    let forms = [["49301234567", "301234567", "0301234567"]
        .map(str::to_owned)
        .to_vec()];
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        let hits = client.find_by_phone(&session, lookup, &forms).unwrap();
        assert_eq!((hits.accounts.len(), hits.contacts.len()), (2, 1));
        assert_eq!(hits.contacts[0].phones, ["0171 7654321"]);
        let hits = hits.accounts;
        assert_eq!(
            (hits[0].id.as_str(), hits[0].name.as_str()),
            ("001000000000001AAA", "Acme")
        );
        assert_eq!(hits[0].phones, ["030 1234567"]);
        assert_eq!(hits[1].phones, ["+49 301234567"]);
    }
    let many = |count| -> Vec<Vec<String>> {
        (0..count)
            .map(|n| vec![format!("49301{n:015}"), format!("0301{n:015}")])
            .collect()
    };
    client
        .find_by_phone(&session, Lookup::Sosl, &many(80))
        .unwrap();
    client
        .find_by_phone(&session, Lookup::Sosl, &many(100))
        .unwrap();
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        assert!(
            client
                .find_by_phone(&session, lookup, &[])
                .unwrap()
                .accounts
                .is_empty()
        );
    }

    let received = server.received();
    assert_eq!(
        received[1].line,
        "GET /services/data/v64.0/search?q=FIND%20%7B49301234567%20OR%20301234567%20OR%200301234567%7D%20IN%20PHONE\
         %20FIELDS%20RETURNING%20Account%28Id%2C%20Name%2C%20Phone%20LIMIT%202000%29%2C%20Contact%28Id%2C%20Name%2C%20AccountId%2C\
         %20Phone%2C%20MobilePhone%2C%20HomePhone%2C%20OtherPhone%2C%20AssistantPhone%20LIMIT%202000%29 HTTP/1.1"
    );
    assert_eq!(
        received[2].line,
        "GET /services/data/v64.0/query?q=SELECT%20Id%2C%20Name%2C%20Phone%20FROM%20Account%20WHERE%20Phone%20LIKE\
         %20%27%253%250%251%252%253%254%255%256%257%25%27%20LIMIT%202000 HTTP/1.1"
    );
    let terms = |n: usize| received[n].line.split("%20OR%20").count();
    // What would be too long goes in several.
    let mut several = [terms(5), terms(6)];
    several.sort_unstable();
    assert_eq!((terms(4), several), (160, [30, 170]));
    assert_eq!(received.len(), 7, "nothing to look for needs no request");
}

/// An Account whose Phone does not say why it was found may be a person with a mobile phone.
#[test]
fn a_riddle_makes_the_session_learn_which_phones_there_are() {
    let described = |names: &[&str]| {
        let fields = names
            .iter()
            .map(|name| json!({"name": name, "createable": true, "length": 40}));
        let fields: Vec<_> = fields.collect();
        json(
            200,
            &json!({"createable": true, "fields": fields}).to_string(),
        )
    };
    let found = |more: &str| {
        let row = format!(r#"{{"Id":"001000000000001AAA","Name":"Max","Phone":"030 99"{more}}}"#);
        json(200, &format!(r#"{{"searchRecords":[{row}]}}"#))
    };
    let person = r#","PersonMobilePhone":"0171 5550001","PersonContactId":"003000000000001AAA""#;
    let (server, client, session) = after_login(vec![
        found(""),
        described(&["Phone", "PersonMobilePhone", "PersonContactId"]),
        described(&["Phone", "MobilePhone"]),
        found(person),
        found(person),
    ]);
    let forms = [vec!["491715550001".to_owned(), "1715550001".to_owned()]];
    for _ in 0..2 {
        let hits = client
            .find_by_phone(&session, Lookup::Sosl, &forms)
            .unwrap();
        assert_eq!(hits.accounts[0].phones, ["030 99", "0171 5550001"]);
        let contact = hits.accounts[0].contact_id.as_deref();
        assert_eq!(contact, Some("003000000000001AAA"));
    }
    let received = server.received();
    assert_eq!(received.len(), 6, "learned once a session");
    let asked = percent_encoding::percent_decode_str(&received[5].line);
    let asked = asked.decode_utf8().unwrap();
    assert!(asked.contains("Account(Id, Name, PersonContactId, Phone, PersonMobilePhone LIMIT"));
    assert!(asked.contains("Contact(Id, Name, AccountId, Phone, MobilePhone LIMIT"));
}

#[test]
fn a_riddle_that_stays_one_is_asked_about_once() {
    let found = || {
        json(
            200,
            r#"{"searchRecords":[{"Id":"001000000000001AAA","Name":"Max","Phone":"030 99"}]}"#,
        )
    };
    let refused = json(
        403,
        r#"[{"message":"not for you","errorCode":"INSUFFICIENT_ACCESS"}]"#,
    );
    let (server, client, session) = after_login(vec![found(), refused, found()]);
    let forms = [vec!["491715550001".to_owned()]];
    for _ in 0..2 {
        let hits = client
            .find_by_phone(&session, Lookup::Sosl, &forms)
            .unwrap();
        assert_eq!(hits.accounts.len(), 1);
    }
    assert_eq!(server.received().len(), 4);
}

#[test]
fn who_cannot_search_contacts_searches_accounts() {
    let refused = || {
        json(
            400,
            r#"[{"message":"unexpected token: Contact","errorCode":"MALFORMED_SEARCH"}]"#,
        )
    };
    let not_there = || json(404, r#"[{"message":"not found","errorCode":"NOT_FOUND"}]"#);
    let nothing = || json(200, r#"{"searchRecords":[]}"#);
    let account = json(
        200,
        r#"{"createable":true,"fields":[{"name":"Phone","createable":true}]}"#,
    );
    let (server, client, session) =
        after_login(vec![refused(), account, not_there(), nothing(), nothing()]);
    let forms = [vec!["491715550001".to_owned()]];
    for _ in 0..2 {
        client
            .find_by_phone(&session, Lookup::Sosl, &forms)
            .unwrap();
    }
    assert_eq!(session.unseen_phones().len(), 5);
    let received = server.received();
    assert_eq!(received.len(), 6);
    assert!(!received[5].line.contains("Contact"));
    // Nor if nothing can be learned; what was refused first is told if that does not help.
    let (_server, client, session) =
        after_login(vec![refused(), not_there(), not_there(), refused()]);
    let error = client.find_by_phone(&session, Lookup::Sosl, &forms);
    assert!(error.unwrap_err().to_string().contains("MALFORMED_SEARCH"));
}

#[test]
fn a_case_in_doubt_is_found_on_any_page() {
    let page = |from: usize, next: &str| {
        let rows: Vec<_> = (from..from + 2)
            .map(|n| json!({"Id": format!("50000000000000{n}AAA"), "Description": format!("Call\npbx-{n}.1-100")}))
            .collect();
        json(
            200,
            &json!({"totalSize": 4, "done": next.is_empty(), "records": rows,
            "nextRecordsUrl": (!next.is_empty()).then_some(next)})
            .to_string(),
        )
    };
    let more = "/services/data/v64.0/query/01gX-2";
    let (server, client, session) = after_login(vec![
        page(1, more),
        page(3, ""),
        page(1, more),
        page(3, ""),
        page(1, "https://evil.example/services/data/v64.0/query/01gX-2"),
    ]);
    let find = |reference| {
        support::find_case(
            &client,
            &session,
            reference,
            Some("+49' OR Name != '"),
            Timestamp(1_700_000_000_000_000),
        )
    };
    assert_eq!(
        find("pbx-3.1-100").unwrap().as_deref(),
        Some("500000000000003AAA")
    );
    assert_eq!(find("pbx-9.1-100").unwrap(), None);
    assert_eq!(find("pbx-3.1-100").unwrap_err().action(), Action::Retry);

    let received = server.received();
    assert_eq!(
        percent_encoding::percent_decode_str(&received[1].line)
            .decode_utf8()
            .unwrap(),
        "GET /services/data/v64.0/query?q=SELECT Id, AccountId, Description FROM Case WHERE CreatedDate >= 2023-11-14T22:08:20Z \
         AND (SuppliedPhone IN ('+49\\' OR Name != \\'')) ORDER BY CreatedDate DESC HTTP/1.1"
    );
    assert_eq!(received[2].line, format!("GET {more} HTTP/1.1"));
}

#[test]
fn an_account_in_doubt_is_found() {
    let (server, client, session) = after_login(vec![json(
        200,
        r#"{"totalSize":2,"done":true,"records":[
            {"Id":"001000000000001AAA","Name":"Anrufer","Phone":"+49301234567"},
            {"Id":"001000000000002AAA","Name":"Anrufer","Phone":"+49301234567"}]}"#,
    )]);
    let phones = ["+49307654321", "+49301234567", "O'x"];
    let found = client.find_accounts_created(&session, &phones, Timestamp(300_000_000));
    let ids: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|hit| hit.map(|hit| hit.id))
        .collect();
    assert_eq!(ids, [None, Some("001000000000001AAA".to_owned()), None]);
    assert_eq!(
        percent_encoding::percent_decode_str(&server.received()[1].line)
            .decode_utf8()
            .unwrap(),
        "GET /services/data/v64.0/query?q=SELECT Id, Name, Phone FROM Account WHERE Phone IN \
         ('+49301234567', '+49307654321', 'O\\'x') AND CreatedDate >= 1970-01-01T00:00:00Z \
         ORDER BY CreatedDate, Id HTTP/1.1"
    );
}

#[test]
fn a_cut_connection_leaves_a_write_in_doubt() {
    let whole = answer(200, "application/json", CREATED);
    for cut in [0, 1, 20, whole.len() - CREATED.len(), whole.len() - 1] {
        let (server, client, session) =
            after_login(vec![Reply::BytesThenClose(whole[..cut].to_vec())]);
        let error = create(&client, &session).unwrap_err();
        assert_eq!(
            (error.action(), error.in_doubt()),
            (Action::Retry, true),
            "{cut}: {error}"
        );
        assert_eq!(server.received().len(), 2, "a write is never repeated");
    }
}

#[test]
fn a_success_that_cannot_be_read_leaves_a_write_in_doubt() {
    for body in [
        "",
        "<html>",
        "{",
        r#"{"success":true}"#,
        r#"{"success":true,"id":"../x"}"#,
        "[1]",
    ] {
        let (_server, client, session) = after_login(vec![json(201, body)]);
        let error = create(&client, &session).unwrap_err();
        assert_eq!(
            (error.kind(), error.in_doubt()),
            (Kind::NotSalesforce, true),
            "{body:?} {error}"
        );
    }
}

#[test]
fn a_connection_that_was_closed_while_unused_is_no_outage() {
    let (server, client, session) = after_login(vec![json(200, CREATED), json(200, NOTHING)]);
    server.close_connections();
    create(&client, &session).unwrap();
    server.close_connections();
    find(&client, &session).unwrap();
    let connections: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [0, 1, 2]);
}

#[test]
fn a_connection_that_closes_at_the_request_is_repeated_only_if_nothing_changes() {
    // What it looks like when the server's farewell crosses our request on the way.
    let (server, client, session) = after_login(vec![
        Reply::BytesThenClose(Vec::new()),
        json(200, NOTHING),
        Reply::BytesThenClose(Vec::new()),
    ]);
    assert_eq!(find(&client, &session).unwrap(), None);
    let error = create(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Cut, true),
        "{error}"
    );
    assert_eq!(server.received().len(), 4);
}

#[test]
fn a_new_connection_that_is_cut_is_not_repeated() {
    let (server, client, session) = after_login(vec![Reply::BytesThenClose(Vec::new())]);
    server.close_connections();
    let error = find(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Cut, false),
        "{error}"
    );
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_write_that_was_not_sent_completely_is_not_in_doubt() {
    // Larger than what the sockets' buffers take while the server reads nothing of it.
    let huge = json!({"Description": "x".repeat(40 << 20)})
        .as_object()
        .unwrap()
        .clone();
    let (server, client, session) = after_login(vec![
        Reply::BytesThenClose(Vec::new()),
        Reply::BytesThenClose(Vec::new()),
    ]);
    let error = support::create(&client, &session, "Case", &huge).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Cut, false),
        "{error}"
    );
    let connections: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(
        connections,
        [0, 0, 1],
        "once more, since the connection was a kept one"
    );
}

#[test]
fn silence_ends_at_the_time_limit() {
    let limit = |options: &mut ClientOptions| {
        options.request_timeout = Duration::from_millis(400);
    };
    let (_server, client, session) = after_login_with(vec![Reply::Silence, Reply::Silence], limit);
    let error = create(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.action(), error.in_doubt()),
        (Kind::Timeout, Action::Retry, true),
        "{error}"
    );
    let error = find(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Timeout, false),
        "{error}"
    );
}

#[test]
fn an_endless_answer_ends_at_the_size_limit() {
    let huge = format!(r#"{{"id":"{}"}}"#, "x".repeat(11 * 1024 * 1024));
    let (_server, client, session) = after_login(vec![json(200, &huge), json(201, &huge)]);
    let error = find(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::NotSalesforce, false),
        "{error}"
    );
    assert!(error.to_string().contains("larger than 10 MB"), "{error}");
    let error = create(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::NotSalesforce, true),
        "{error}"
    );
}

#[test]
fn nothing_listening_is_an_outage_without_doubt() {
    let (server, client, session) = after_login(vec![]);
    drop(server);
    let error = create(&client, &session).unwrap_err();
    assert_eq!(
        (error.kind(), error.action(), error.in_doubt()),
        (Kind::Connect, Action::Retry, false),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("writing to localhost: no connection: "),
        "{error}"
    );
}

#[test]
fn a_name_that_does_not_exist_is_an_outage() {
    let server = Server::start("localhost", Vec::new());
    let client = client_with(server.ca.path(), |options| {
        options.trusted_domains = vec!["invalid".to_owned()]
    });
    let mut user = user(server.port);
    user.login_host.name = "no-such-org.invalid".to_owned();
    let error = client.login(&user).unwrap_err();
    assert_eq!(
        (error.kind(), error.action()),
        (Kind::Dns, Action::Retry),
        "{error}"
    );
}

#[test]
fn a_certificate_must_be_trusted_and_for_this_host() {
    let other_ca = Server::start("localhost", Vec::new());
    let server = Server::start("localhost", Vec::new());
    let wrong_name = Server::start("elsewhere.example", Vec::new());
    for (server, ca, said) in [
        (&server, &other_ca.ca, "certificate not trusted"),
        (
            &wrong_name,
            &wrong_name.ca,
            "it is for elsewhere.example, not for localhost",
        ),
    ] {
        let error = client(ca.path()).login(&user(server.port)).unwrap_err();
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::Tls, Action::Retry),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(server.received().len(), 0);
    }
}

#[test]
fn a_bad_ca_file_is_named() {
    let set_up = |file: &std::path::Path| {
        let options = ClientOptions {
            api_version: "64.0".to_owned(),
            trusted_domains: Vec::new(),
            ca_file: Some(file.to_owned()),
            connect_timeout: Duration::from_secs(1),
            request_timeout: Duration::from_secs(1),
        };
        Client::new(options).err().unwrap().to_string()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let said = |problem: &str| format!("ca_file {}: {problem}", file.path().display());
    assert_eq!(set_up(file.path()), said("holds no certificate (PEM)"));
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(file.path(), pem).unwrap();
    assert_eq!(
        set_up(file.path()),
        said("1 of its certificates cannot be used")
    );
    let gone = set_up(std::path::Path::new("/nonexistent/ca.pem"));
    assert!(gone.starts_with("ca_file /nonexistent/ca.pem: "), "{gone}");
}

#[test]
fn abort_ends_requests_in_flight_and_later_ones() {
    let (server, client, session) = after_login(vec![Reply::Silence]);
    std::thread::scope(|scope| {
        let write = scope.spawn(|| create(&client, &session).unwrap_err());
        server.await_received(2);
        client.abort();
        let error = write.join().unwrap();
        assert_eq!(
            (error.kind(), error.action(), error.in_doubt()),
            (Kind::Aborted, Action::Aborted, true)
        );
    });
    let error = create(&client, &session).unwrap_err();
    assert_eq!((error.action(), error.in_doubt()), (Action::Aborted, false));
    assert_eq!(
        client.login(&user(server.port)).unwrap_err().action(),
        Action::Aborted
    );
    assert_eq!(server.received().len(), 2);
}

/// A listener whose queue is full: a further connection stays in the making.
fn unresponsive() -> (TcpListener, Vec<std::net::TcpStream>) {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    rustix::net::bind(&socket, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let fill = (0..8)
        .map_while(|_| {
            std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()
        })
        .collect();
    (listener, fill)
}

#[test]
fn abort_ends_a_connection_in_the_making() {
    let server = Server::start("localhost", Vec::new());
    let (listener, _fill) = unresponsive();
    let client = client_with(server.ca.path(), |options| {
        options.connect_timeout = Duration::from_secs(60)
    });
    let user = user(listener.local_addr().unwrap().port());
    std::thread::scope(|scope| {
        let started = Instant::now();
        let login = scope.spawn(|| client.login(&user).unwrap_err());
        while !is_connecting(user.login_host.port) {
            std::thread::yield_now();
        }
        client.abort();
        assert_eq!(login.join().unwrap().action(), Action::Aborted);
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it did not end by its own limit"
        );
    });
}

#[test]
fn a_connection_in_the_making_ends_at_the_time_limit() {
    let server = Server::start("localhost", Vec::new());
    let (listener, _fill) = unresponsive();
    let client = client_with(server.ca.path(), |options| {
        options.connect_timeout = Duration::from_millis(300)
    });
    let error = client
        .login(&user(listener.local_addr().unwrap().port()))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.action()),
        (Kind::Connect, Action::Retry),
        "{error}"
    );
}

/// Does the kernel hold a socket that is connecting to this port (state SYN_SENT)?
fn is_connecting(port: u16) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let remote = format!("0100007F:{port:04X}");
    sockets.lines().any(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        columns.get(2) == Some(&remote.as_str()) && columns.get(3) == Some(&"02")
    })
}
