//! Against the simulator, which behaves as Salesforce does, faults included.

use crate::support::{self, PASSWORD, TOKEN, client_with, user};
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::config::settings::{Lookup, User};
use res_ansitel_salesforce::salesforce::{Action, Client, ClientOptions, Error, Kind, Session};
use salesforce_simulator::{
    Action as Fault, Certificate, DuplicateRule, Fault as Faulty, Mode, OrgSetup, PhoneSearch,
    Setup, Simulator, UserSetup, ValidationRule,
};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::time::Duration;

const USERNAME: &str = "a&b@acme.example";
const REFERENCE: &str = "pbx-1700000000.12-100";

struct World {
    simulator: Simulator,
    client: Client,
    user: User,
    /// Kept for as long as the client may want to read it.
    _ca: tempfile::NamedTempFile,
}

/// A simulator with one org and one user, and a client for it.
fn world(change: impl FnOnce(&mut OrgSetup)) -> World {
    world_with(change, |_| {})
}

fn world_with(
    change: impl FnOnce(&mut OrgSetup),
    options: impl FnOnce(&mut ClientOptions),
) -> World {
    let mut org = OrgSetup::new("acme", [UserSetup::new(USERNAME, PASSWORD, TOKEN)]);
    change(&mut org);
    let simulator = Simulator::start(Setup::of([org]));
    let mut ca = tempfile::NamedTempFile::new().unwrap();
    ca.write_all(simulator.ca_pem().as_bytes()).unwrap();
    World {
        client: client_with(ca.path(), options),
        user: user(simulator.login_port()),
        simulator,
        _ca: ca,
    }
}

impl World {
    fn login(&self) -> Session {
        self.client.login(&self.user).unwrap()
    }

    fn create_case(&self, session: &Session) -> Result<String, Error> {
        support::create(&self.client, session, "Case", &case("+49301234567"))
    }

    fn find_case(&self, session: &Session) -> Option<String> {
        support::find_case(
            &self.client,
            session,
            REFERENCE,
            Some("+49301234567"),
            an_hour_ago(),
        )
        .unwrap()
    }

    fn fault(&self, on: &str, action: Fault) {
        self.simulator.add_fault(Faulty::once(on, action));
    }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn case(phone: &str) -> Map<String, Value> {
    let description = format!("Call from {phone}\n{REFERENCE}");
    map(
        json!({"Subject": "Call", "Origin": "Phone", "SuppliedPhone": phone, "Description": description}),
    )
}

fn an_hour_ago() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond() - 3_600_000_000)
}

fn account(name: &str, phone: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": name, "Phone": phone})
}

#[test]
fn a_call_of_a_known_caller() {
    let world = world(|org| org.records = vec![account("Acme", "(030) 1234-567")]);
    let session = world.login();
    let forms = [["49301234567", "0301234567", "301234567"]
        .map(str::to_owned)
        .to_vec()];
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        let hits = world
            .client
            .find_by_phone(&session, lookup, &forms)
            .unwrap()
            .accounts;
        assert_eq!(hits.len(), 1, "{lookup:?}");
        assert_eq!(
            (hits[0].name.as_str(), hits[0].phones[0].as_str()),
            ("Acme", "(030) 1234-567")
        );
        let mut fields = case("+49301234567");
        fields.insert("AccountId".to_owned(), hits[0].id.clone().into());
        support::create(&world.client, &session, "Case", &fields).unwrap();
    }
    let cases = world.simulator.records("Case");
    assert_eq!(cases.len(), 2);
    for case in cases {
        assert_eq!(
            case["OwnerId"],
            session.user_id.as_str(),
            "the user stays the owner"
        );
        assert_eq!(case["SuppliedPhone"], "+49301234567");
    }
    let usage = world.client.usage(&session.org_id).unwrap();
    assert_eq!(
        (usage.used, usage.limit),
        (world.simulator.api_usage("acme"), 100_000)
    );
    assert_eq!(world.simulator.logins().len(), 1);
}

#[test]
fn stored_numbers_are_found_however_they_were_typed() {
    let typed = [
        "+49 30 1234567",
        "0049301234567",
        "(030) 1234-567",
        "030/1234567",
        "+493012345-67",
        "301234567",
    ];
    let forms = [["49301234567", "0049301234567", "0301234567", "301234567"]
        .map(str::to_owned)
        .to_vec()];
    for lookup in [Lookup::Sosl, Lookup::Soql] {
        let world = world(|org| {
            org.records = typed.iter().map(|phone| account("Acme", phone)).collect();
            org.records.push(account("Other", "+49 30 7654321"));
        });
        let hits = world
            .client
            .find_by_phone(&world.login(), lookup, &forms)
            .unwrap()
            .accounts;
        let mut found: Vec<_> = hits.into_iter().flat_map(|hit| hit.phones).collect();
        found.sort();
        let mut expected = typed.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(found, expected, "{lookup:?}");
    }
    let world = world(|org| {
        org.phone_search = PhoneSearch::Tokens;
        org.records = vec![account("Acme", "0301234567")];
    });
    let hits = world
        .client
        .find_by_phone(&world.login(), Lookup::Sosl, &forms)
        .unwrap()
        .accounts;
    assert_eq!(
        hits.len(),
        1,
        "by whole tokens, a number typed in one piece"
    );
}

#[test]
fn a_new_account_is_found_by_query_before_search_knows_it() {
    let world = world(|org| org.index_lag_ms = 600_000);
    let session = world.login();
    let fields = map(json!({"Name": "O'Neil \\ Söhne", "Phone": "+49301234567"}));
    let id = support::create(&world.client, &session, "Account", &fields).unwrap();
    let forms = [vec!["49301234567".to_owned()]];
    let find = |lookup| {
        world
            .client
            .find_by_phone(&session, lookup, &forms)
            .unwrap()
            .accounts
            .len()
    };
    assert_eq!((find(Lookup::Sosl), find(Lookup::Soql)), (0, 1));
    let with = |phone| support::find_account(&world.client, &session, phone, an_hour_ago());
    assert_eq!(with("+49301234567").unwrap(), Some(id));
    assert_eq!(with("+4930123456").unwrap(), None);
    world.simulator.advance_clock(Duration::from_secs(900));
    assert_eq!(find(Lookup::Sosl), 1);
}

#[test]
fn hostile_text_changes_no_query() {
    let world = world(|org| org.records = vec![account("Acme", "+49301234567")]);
    let session = world.login();
    for hostile in [
        "' OR Name != '",
        "\\' OR Name != '",
        "%",
        "_%",
        "\\",
        "x} RETURNING User(Id",
        "\"x\" OR *",
        "AND",
        "+49 (0)30 OR 1",
        "a\nb\r\tc\u{0}\u{1b}",
        "{}()[]?&|!^~*:+-",
        "‘ ’ “ ”",
        "Jürgen 🙂",
    ] {
        let forms = [vec![hostile.to_owned()]];
        for lookup in [Lookup::Sosl, Lookup::Soql] {
            let hits = world.client.find_by_phone(&session, lookup, &forms);
            let hits = hits.unwrap_or_else(|error| panic!("{hostile:?} {lookup:?}: {error}"));
            assert!(
                hits.accounts.is_empty() && hits.contacts.is_empty(),
                "{hostile:?} {lookup:?}"
            );
        }
        let found = support::find_case(
            &world.client,
            &session,
            REFERENCE,
            Some(hostile),
            an_hour_ago(),
        );
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{hostile:?}: {error}")),
            None
        );
        let found = support::find_account(&world.client, &session, hostile, an_hour_ago());
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{hostile:?}: {error}")),
            None
        );
    }
    let phone = "+49' OR 'x\\";
    let id = support::create(&world.client, &session, "Case", &case(phone)).unwrap();
    let found = support::find_case(
        &world.client,
        &session,
        REFERENCE,
        Some(phone),
        an_hour_ago(),
    );
    assert_eq!(found.unwrap(), Some(id));
}

#[test]
fn after_a_write_in_doubt_the_record_is_found_if_it_is_there() {
    let world = world(|_| {});
    let session = world.login();
    for (fault, exists) in [
        (Fault::CutBeforeCommit, false),
        (Fault::CutAfterCommit, true),
        (Fault::Truncate { bytes: 10 }, true),
        (Fault::Garbage, true),
        (
            Fault::Status {
                status: 502,
                body: None,
                content_type: None,
                after_commit: true,
            },
            true,
        ),
        (
            Fault::Status {
                status: 503,
                body: None,
                content_type: None,
                after_commit: false,
            },
            false,
        ),
    ] {
        let before = world.simulator.records("Case").len();
        world.fault("create Case", fault.clone());
        let error = world.create_case(&session).unwrap_err();
        assert_eq!(
            (error.action(), error.in_doubt()),
            (Action::Retry, true),
            "{fault:?}: {error}"
        );
        let written = world.simulator.records("Case").len() - before;
        assert_eq!(
            written,
            usize::from(exists),
            "{fault:?}: once or not at all"
        );
        assert!(
            before > 0 || world.find_case(&session).is_some() == exists,
            "{fault:?}"
        );
    }
}

#[test]
fn a_case_in_doubt_is_found_among_hundreds_of_the_same_number() {
    let world = world(|org| {
        org.records = (0..450)
            .map(|n| {
                let description = format!("Call\npbx-{n}.1-100");
                json!({"attributes": {"type": "Case"}, "SuppliedPhone": "+49301234567", "Description": description})
            })
            .collect();
    });
    let session = world.login();
    for n in [0, 199, 200, 449] {
        let reference = format!("pbx-{n}.1-100");
        let found = support::find_case(
            &world.client,
            &session,
            &reference,
            Some("+49301234567"),
            an_hour_ago(),
        )
        .unwrap();
        let case = world
            .simulator
            .records("Case")
            .into_iter()
            .find(|case| case["Id"].as_str() == found.as_deref());
        assert!(
            case.unwrap()["Description"]
                .as_str()
                .unwrap()
                .ends_with(&reference),
            "{n}"
        );
    }
    assert_eq!(world.find_case(&session), None);
}

#[test]
fn a_session_that_is_over_is_to_be_renewed() {
    let world = world(|_| {});
    let session = world.login();
    world.simulator.expire_sessions("acme");
    let error = world.create_case(&session).unwrap_err();
    assert_eq!(
        (error.action(), error.in_doubt()),
        (Action::RenewSession, false),
        "{error}"
    );
    world.create_case(&world.login()).unwrap();

    world
        .simulator
        .update_user(USERNAME, |user| user.rest_sessions = false);
    let error = world.create_case(&world.login()).unwrap_err();
    assert_eq!(error.action(), Action::PauseUser, "{error}");
}

#[test]
fn what_the_user_may_not_do_pauses_the_user() {
    let world = world(|_| {});
    let session = world.login();
    world
        .simulator
        .update_user(USERNAME, |user| user.may_create_case = false);
    assert_eq!(
        world.create_case(&session).unwrap_err().action(),
        Action::PauseUser
    );
    world
        .simulator
        .update_user(USERNAME, |user| user.api_enabled = false);
    assert_eq!(
        world.create_case(&session).unwrap_err().action(),
        Action::PauseUser
    );
}

#[test]
fn refused_logins_are_told_and_counted_once() {
    let mut world = world(|org| org.max_invalid_logins = 3);
    let good = world.user.auth.clone();
    world.user.auth = res_ansitel_salesforce::config::settings::Auth::Soap {
        password: "wrong".to_owned().into(),
        token: TOKEN.to_owned().into(),
    };
    for attempt in 1..=3 {
        let error = world.client.login(&world.user).unwrap_err();
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::Credentials, Action::PauseUser),
            "{error}"
        );
        assert_eq!(world.simulator.logins().len(), attempt);
    }
    assert!(world.simulator.is_locked(USERNAME));
    world.user.auth = good;
    assert_eq!(
        world.client.login(&world.user).unwrap_err().kind(),
        Kind::Credentials
    );

    world
        .simulator
        .update_user(USERNAME, |user| user.locked = true);
    world.simulator.update_user(USERNAME, |user| {
        (user.locked, user.password_expired) = (false, true)
    });
    let error = world.client.login(&world.user).unwrap_err();
    assert!(
        error.to_string().contains("password has expired"),
        "{error}"
    );
    world
        .simulator
        .update_org("acme", |org| org.soap_login = false);
    assert_eq!(
        world.client.login(&world.user).unwrap_err().kind(),
        Kind::NotOffered
    );
}

#[test]
fn an_orgs_limit_pauses_the_org() {
    let world = world(|org| org.api_daily_limit = 100);
    let session = world.login();
    world.create_case(&session).unwrap();
    world.simulator.set_api_usage("acme", 100);
    let error = world.create_case(&session).unwrap_err();
    assert_eq!(
        (error.kind(), error.action(), error.in_doubt()),
        (Kind::RequestLimit, Action::PauseOrg, false)
    );
    let full = Fault::Error {
        code: "STORAGE_LIMIT_EXCEEDED".into(),
        message: "full".into(),
        status: None,
        fields: vec![],
    };
    world.simulator.set_api_usage("acme", 0);
    world.fault("create Case", full);
    assert_eq!(
        world.create_case(&session).unwrap_err().action(),
        Action::PauseOrg
    );
}

#[test]
fn a_refused_record_says_why_in_the_orgs_words() {
    let message = "Cases need a reason (Zeile 1)";
    let world = world(|org| {
        let rule = ValidationRule {
            object: "Case".into(),
            field: String::new(),
            contains: String::new(),
            message: message.into(),
        };
        org.validation_rules = vec![rule];
    });
    let error = world.create_case(&world.login()).unwrap_err();
    assert_eq!(
        (error.action(), error.in_doubt()),
        (Action::FailCall, false)
    );
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn duplicate_rules_that_warn_do_not_hinder_and_those_that_forbid_name_the_record() {
    for blocks in [false, true] {
        let world = world(|org| {
            org.duplicate_rules = vec![DuplicateRule {
                blocks,
                ..DuplicateRule::default()
            }];
            org.duplicate_result_name = "duplicateResut".into();
            org.records = vec![account("Acme", "+49301234567")];
        });
        let known = world.simulator.records("Account")[0]["Id"].clone();
        let fields = map(json!({"Name": "Anrufer", "Phone": "+49 30 1234567"}));
        match support::create(&world.client, &world.login(), "Account", &fields) {
            Ok(_) => assert!(!blocks),
            Err(error) => {
                assert!(blocks, "{error}");
                assert_eq!(
                    (error.kind(), error.duplicates()),
                    (
                        Kind::Duplicate,
                        [known.as_str().unwrap().to_owned()].as_slice()
                    )
                );
            }
        }
    }
}

#[test]
fn a_case_is_changed() {
    let world = world(|_| {});
    let session = world.login();
    let id = world.create_case(&session).unwrap();
    support::update_case(
        &world.client,
        &session,
        &id,
        &map(json!({"Subject": "Call, 30 s"})),
    )
    .unwrap();
    let case = &world.simulator.records("Case")[0];
    assert_eq!(
        (case["Subject"].as_str(), case["OwnerId"].as_str()),
        (Some("Call, 30 s"), Some(session.user_id.as_str()))
    );
    let error = support::update_case(
        &world.client,
        &session,
        "500000000000999AAA",
        &map(json!({"Subject": "x"})),
    )
    .unwrap_err();
    assert_eq!(error.action(), Action::FailCall, "{error}");
}

#[test]
fn outages_are_retried_and_leave_no_doubt_where_nothing_was_sent() {
    let world = world(|_| {});
    let session = world.login();
    world.simulator.set_mode("acme", Mode::Down);
    let error = world.create_case(&session).unwrap_err();
    assert_eq!(error.action(), Action::Retry, "{error}");
    let error = world.create_case(&session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Connect, false),
        "{error}"
    );
    world.simulator.set_mode("acme", Mode::Up);
    world.create_case(&session).unwrap();
    world.simulator.set_login_mode(Mode::Down);
    assert_eq!(
        world.client.login(&world.user).unwrap_err().kind(),
        Kind::Connect
    );
}

#[test]
fn a_slow_drip_ends_at_the_time_limit() {
    let world = world_with(
        |_| {},
        |options| options.request_timeout = Duration::from_secs(2),
    );
    let session = world.login();
    world.fault("create Case", Fault::Drip { bytes: 1, ms: 200 });
    let error = world.create_case(&session).unwrap_err();
    assert_eq!(
        (error.kind(), error.in_doubt()),
        (Kind::Timeout, true),
        "{error}"
    );
}

#[test]
fn a_bad_certificate_gets_no_credentials() {
    for bad in [
        Certificate::WrongName,
        Certificate::Expired,
        Certificate::SelfSigned,
    ] {
        let world = world(|_| {});
        world.simulator.set_login_certificate(bad);
        let error = world.client.login(&world.user).unwrap_err();
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::Tls, Action::Retry),
            "{error}"
        );
        assert!(
            error.to_string().contains("certificate not trusted"),
            "{error}"
        );
        assert!(world.simulator.logins().is_empty());
    }
}

#[test]
fn a_login_answer_that_names_a_foreign_host_is_refused() {
    let world = world(|org| org.server_host = "evil.example".into());
    let error = world.client.login(&world.user).unwrap_err();
    assert_eq!(
        (error.kind(), error.action()),
        (Kind::UntrustedHost, Action::PauseUser)
    );
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[test]
fn abort_ends_what_is_frozen() {
    let world = world(|_| {});
    let session = world.login();
    world.simulator.set_mode("acme", Mode::Frozen);
    std::thread::scope(|scope| {
        let write = scope.spawn(|| world.create_case(&session));
        world.client.abort();
        assert_eq!(write.join().unwrap().unwrap_err().action(), Action::Aborted);
    });
}
