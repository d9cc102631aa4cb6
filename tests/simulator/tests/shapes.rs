//! The simulator's answers beside recorded ones of Salesforce: each file in
//! `shapes/` retypes one, with made-up values, and says where it is known from.

mod common;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use common::shape::Comparison;
use common::{
    Answer, Client, PASSWORD, TOKEN, USER, account, element, finish, login_body, org, soap,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use salesforce_simulator::{AppSetup, CustomField, DuplicateRule, Setup, Simulator};
use serde_json::{Value, json};

struct Stage {
    simulator: Simulator,
    client: Client,
    /// Accounts: one that stays and one that was deleted.
    account: String,
    deleted: String,
}

impl Stage {
    fn new() -> Self {
        let mut setup = org();
        setup.oauth_password = true;
        setup.users[0].name = "Ada Support".into();
        setup.custom_fields = vec![
            CustomField::external_id("Case", "Reference__c"),
            CustomField {
                unique: false,
                ..CustomField::external_id("Case", "Loose__c")
            },
        ];
        setup.duplicate_rules = vec![DuplicateRule::default()];
        setup.records = (0..2_001).map(|n| account(&format!("A{n}"), "")).collect();
        setup.apps = vec![AppSetup {
            client_id: "APP".into(),
            client_secret: "S3CRET".into(),
            client_credentials: true,
            run_as: USER.into(),
            public_key: include_str!("data/jwt-test-public.pem").into(),
            authorised: vec![USER.into()],
            ..AppSetup::default()
        }];
        let simulator = Simulator::start(Setup::of([setup]));
        let client = Client::login(&simulator);
        let account = client.create("Account", json!({"Name": "Kept", "Phone": "030 7654321"}));
        let deleted = client.create("Account", json!({"Name": "Gone"}));
        client.delete(&format!("sobjects/Account/{deleted}"));
        for reference in ["Reference__c", "Loose__c", "Loose__c"] {
            client.create(
                "Case",
                json!({reference: "known", "AccountId": account, "Subject": "s"}),
            );
        }
        Self {
            simulator,
            client,
            account,
            deleted,
        }
    }

    fn duplicate(&self) -> Answer {
        let body = json!({"Name": "x", "Phone": "(030) 7654321"});
        self.client.post("sobjects/Account", &body)
    }

    /// A composite request of these parts: method, object or record, body.
    fn composite(&self, parts: &[(&str, &str, Value)], all_or_none: bool) -> Answer {
        let body = json!({"allOrNone": all_or_none, "compositeRequest": subrequests(parts)});
        self.client.post("composite", &body)
    }

    fn graph(&self, parts: &[(&str, &str, Value)]) -> Answer {
        let graph = json!({"graphId": "g", "compositeRequest": subrequests(parts)});
        self.client
            .post("composite/graph", &json!({"graphs": [graph]}))
    }

    fn collection(&self, rows: &[Value], all_or_none: bool) -> Answer {
        let body = json!({"allOrNone": all_or_none, "records": rows});
        self.client.post("composite/sobjects", &body)
    }

    fn token(&self, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}/services/oauth2/token", self.client.url);
        finish(self.client.agent.post(url).send_form(form.iter().copied())).expect("an answer")
    }

    fn span(&self, what: &str) -> Answer {
        let span = [
            ("start", "2020-01-01T00:00:00Z"),
            ("end", "2099-01-01T00:00:00Z"),
        ];
        let path = format!("sobjects/Account/{what}");
        self.client.try_get(&path, &span).expect("an answer")
    }

    /// The simulator's answer of the kind that a file describes.
    fn ask(&self, name: &str) -> Answer {
        let client = &self.client;
        let record = format!("sobjects/Account/{}", self.account);
        let (good, bad) = (json!({"Name": "Made"}), json!({"Phone": "1"}));
        let row = |name: Value| json!({"attributes": {"type": "Account"}, "Name": name});
        match name {
            "create" => client.post("sobjects/Account", &good),
            "create_required_missing" => client.post("sobjects/Account", &bad),
            "create_no_such_field" => client.post("sobjects/Account", &json!({"Colour": "red"})),
            "create_restricted_picklist" => client.post("sobjects/Task", &json!({"CallType": "x"})),
            "create_no_such_object" => client.post("sobjects/Nothing", &good),
            "create_duplicate" => self.duplicate(),
            "create_duplicate_older" => {
                let call_it = |name: &str| {
                    let name = name.to_owned();
                    self.simulator
                        .update_org("acme", |o| o.duplicate_result_name = name);
                };
                call_it("duplicateResut");
                let answer = self.duplicate();
                call_it("duplicateResult");
                answer
            }
            "get" => client.get(&format!("{record}?fields=Id,Name,Website,SystemModstamp")),
            "get_unknown" => client.get("sobjects/Account/001000000000001AAA"),
            "get_deleted" => client.get(&format!("sobjects/Account/{}", self.deleted)),
            "update" => client.patch(&record, &json!({"Website": null})),
            "update_malformed_id" => client.patch("sobjects/Account/001000000000001AAB", &good),
            "delete" => {
                let id = client.create("Account", good);
                client.delete(&format!("sobjects/Account/{id}"))
            }
            "upsert_created" => client.patch("sobjects/Case/Reference__c/new", &json!({})),
            "upsert_updated" => client.patch("sobjects/Case/Reference__c/known", &json!({})),
            "upsert_several" => client.patch("sobjects/Case/Loose__c/known", &json!({})),
            "upsert_no_such_field" => client.patch("sobjects/Case/Subject/known", &json!({})),
            "query_page" => client.query("SELECT Name, Phone FROM Account"),
            "query_related" => client.query(
                "SELECT Subject, Account.Name, Contact.Name FROM Case WHERE Reference__c = 'known'",
            ),
            "query_nothing" => client.query("SELECT Id FROM Contact"),
            "query_malformed" => client.query("SELEKT Id FROM Account"),
            "query_no_such_field" => client.query("SELECT Bacon__c FROM Account"),
            "search" => client.search("FIND {7654321} IN PHONE FIELDS RETURNING Account(Id)"),
            "search_malformed" => client.search("FIND x"),
            "composite" => self.composite(
                &[
                    ("POST", "Account", good),
                    ("PATCH", "Account/@{a.id}", json!({"Phone": "1"})),
                ],
                false,
            ),
            "composite_part_failed" => self.composite(&[("GET", "Nothing", Value::Null)], false),
            "composite_rolled_back" => {
                self.composite(&[("POST", "Account", good), ("POST", "Account", bad)], true)
            }
            "graph" => self.graph(&[("POST", "Account", good.clone()), ("POST", "Account", good)]),
            "graph_update" => {
                let path = format!("Account/{}", self.account);
                self.graph(&[("PATCH", &path, json!({"Website": null}))])
            }
            "graph_failed" => self.graph(&[("POST", "Account", bad)]),
            "graph_rolled_back" => {
                self.graph(&[("POST", "Account", good), ("POST", "Account", bad)])
            }
            "graph_repeats_error" => {
                let repeat = |on: bool| {
                    self.simulator
                        .update_org("acme", |o| o.graph_repeats_error = on);
                };
                repeat(true);
                let answer = self.graph(&[("POST", "Account", good), ("POST", "Account", bad)]);
                repeat(false);
                answer
            }
            "collection_created" => self.collection(&[row(json!("a")), row(json!("b"))], false),
            "collection_failed" => {
                let mut double = row(json!("x"));
                double["Phone"] = json!("0307654321");
                self.collection(&[double, row(json!("c"))], false)
            }
            "collection_rolled_back" => self.collection(&[row(json!("d")), row(Value::Null)], true),
            "collection_upserted" => {
                let row = json!({"attributes": {"type": "Case"}, "Reference__c": "other"});
                let body = json!({"allOrNone": false, "records": [row]});
                client.patch("composite/sobjects/Case/Reference__c", &body)
            }
            "limits" => client.get("limits"),
            "session_expired" => Client {
                agent: client.agent.clone(),
                url: client.url.clone(),
                session: "00D000000000001!AQ".into(),
            }
            .get("limits"),
            "limit_exceeded" => {
                let limit = |most| {
                    self.simulator
                        .update_org("acme", |o| o.api_daily_limit = most)
                };
                limit(0);
                let answer = client.get("limits");
                limit(100_000);
                answer
            }
            "versions" => client.get("/services/data"),
            "updated" | "deleted" => self.span(name),
            "describe" => client.get("sobjects/Case/describe"),
            "describe_global" => client.get("sobjects"),
            "identity" => {
                let root = client.get("/services/data/v64.0/").json();
                let identity = root["identity"].as_str().expect("a URL").to_owned();
                client.get(
                    identity
                        .strip_prefix("https://login.salesforce.com")
                        .expect("its host"),
                )
            }
            "user_info" => client.get("/services/oauth2/userinfo"),
            "oauth_password" | "oauth_refused" => {
                let secret = format!("{PASSWORD}{TOKEN}");
                let refused = name == "oauth_refused";
                self.token(&[
                    ("grant_type", "password"),
                    ("client_id", "APP"),
                    ("client_secret", "S3CRET"),
                    ("username", USER),
                    ("password", if refused { "wrong" } else { &secret }),
                ])
            }
            "oauth_client_credentials" => self.token(&[
                ("grant_type", "client_credentials"),
                ("client_id", "APP"),
                ("client_secret", "S3CRET"),
            ]),
            "oauth_jwt" => self.token(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", &assertion()),
            ]),
            other => panic!("nothing asks for {other}"),
        }
    }

    fn soap(&self, name: &str) -> Answer {
        let login = |secret: &str| {
            let body = login_body(USER, secret);
            soap(
                &self.client.agent,
                &self.simulator.login_url(),
                "64.0",
                &body,
            )
            .expect("an answer")
        };
        let prefix = |on: bool| self.simulator.update_org("acme", |o| o.fault_prefix = on);
        let logout = |session: &str| {
            let body = format!(
                "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                 xmlns:p=\"urn:partner.soap.sforce.com\"><e:Header><p:SessionHeader><p:sessionId>\
                 {session}</p:sessionId></p:SessionHeader></e:Header><e:Body><p:logout/></e:Body>\
                 </e:Envelope>"
            );
            soap(&self.client.agent, &self.client.url, "64.0", &body).expect("an answer")
        };
        let secret = format!("{PASSWORD}{TOKEN}");
        match name {
            "soap_login" => login(&secret),
            "soap_invalid_login" => login("wrong"),
            "soap_invalid_login_prefixed" => {
                prefix(true);
                let answer = login("wrong");
                prefix(false);
                answer
            }
            "soap_needs_token" => login(PASSWORD),
            "soap_api_disabled" => {
                self.simulator.update_user(USER, |u| u.api_enabled = false);
                let answer = login(&secret);
                self.simulator.update_user(USER, |u| u.api_enabled = true);
                answer
            }
            "soap_no_session" => logout("00D000000000001!AQ"),
            "soap_logout" => {
                let answer = login(&secret);
                logout(element(&answer.text, "sessionId").expect("it"))
            }
            other => panic!("nothing asks for {other}"),
        }
    }
}

/// `subrequests(&[("POST", "Account", body), …])`, called a, b, …
fn subrequests(parts: &[(&str, &str, Value)]) -> Vec<Value> {
    let one = |((method, path, body), name): (&(&str, &str, Value), char)| {
        let url = format!("/services/data/v64.0/sobjects/{path}");
        json!({"method": method, "url": url, "referenceId": name.to_string(), "body": body})
    };
    parts.iter().zip('a'..).map(one).collect()
}

fn assertion() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let claims = json!({"iss": "APP", "sub": USER, "aud": "https://login.salesforce.com",
                        "exp": now.as_secs() + 120});
    let key = EncodingKey::from_rsa_pem(include_bytes!("data/jwt-test-key.pem")).expect("a key");
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).expect("signed")
}

/// The files of one kind, sorted, with what they hold.
fn recorded(extension: &str) -> Vec<(String, String)> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes");
    let files = std::fs::read_dir(folder).expect("the folder");
    let mut found: Vec<(String, String)> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Digits and ids do not count in headers.
fn header_form(value: &str) -> String {
    let value = value.to_ascii_lowercase().replace("; ", ";");
    let pieces = value.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    pieces
        .map(|piece| {
            if piece.contains(|c: char| c.is_ascii_digit()) {
                "#"
            } else {
                piece
            }
        })
        .collect()
}

#[test]
fn json_answers_have_the_shape_of_recorded_ones() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    for (name, text) in recorded("json") {
        let real: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            real["source"].as_str().is_some_and(|s| !s.is_empty()),
            "{name} has no source"
        );
        let ours = stage.ask(&name);
        let mut comparison = Comparison::new(&real["differs"]);
        if real["status"] != ours.status {
            comparison
                .found
                .push(format!("status {} {}", ours.status, ours.text));
        }
        for (header, value) in real["headers"].as_object().expect("headers") {
            let value = header_form(value.as_str().expect("text"));
            let found = ours.header(header).map(header_form);
            if found.as_ref() != Some(&value) {
                comparison
                    .found
                    .push(format!("header {header}: {found:?}, not {value:?}"));
            }
        }
        if real["body"].is_null() {
            assert_eq!(ours.text, "", "{name}");
        } else {
            comparison.json("$", &real["body"], &ours.json());
        }
        wrong.extend(
            comparison
                .finish()
                .into_iter()
                .map(|w| format!("{name} {w}")),
        );
    }
    assert!(wrong.is_empty(), "{:#?}", wrong);
}

#[test]
fn soap_answers_have_the_shape_of_recorded_ones() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    for (name, text) in recorded("xml") {
        let real = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            real.root().children().any(|n| n.is_comment()),
            "{name} has no source"
        );
        let answer = stage.soap(&name);
        let fault = text.contains("Fault>");
        assert_eq!(
            answer.status,
            if fault { 500 } else { 200 },
            "{name}: {}",
            answer.text
        );
        assert!(
            answer
                .header("content-type")
                .is_some_and(|t| t.starts_with("text/xml"))
        );
        let ours = roxmltree::Document::parse(&answer.text).expect("XML");
        let mut comparison = Comparison::new(&Value::Null);
        comparison.xml("", real.root_element(), ours.root_element());
        wrong.extend(
            comparison
                .finish()
                .into_iter()
                .map(|w| format!("{name} {w}")),
        );
    }
    assert!(wrong.is_empty(), "{:#?}", wrong);
}
