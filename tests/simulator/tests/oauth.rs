//! The OAuth flows, each with what goes wrong in it.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Answer, Client, PASSWORD, TOKEN, USER, agent, finish, org};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use salesforce_simulator::{AppSetup, Setup, Simulator};
use serde_json::{Value, json};

const KEY: &str = include_str!("data/jwt-test-key.pem");
const PUBLIC: &str = include_str!("data/jwt-test-public.pem");
const CERTIFICATE: &str = include_str!("data/jwt-test-cert.pem");
const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn start() -> Simulator {
    let mut setup = org();
    setup.oauth_password = true;
    setup.apps = vec![AppSetup {
        client_id: "APP".into(),
        client_secret: "S3CRET".into(),
        client_credentials: true,
        run_as: USER.into(),
        public_key: PUBLIC.into(),
        authorised: vec![USER.into()],
        ..AppSetup::default()
    }];
    Simulator::start(Setup::of([setup]))
}

fn token(simulator: &Simulator, url: &str, form: &[(&str, &str)]) -> Answer {
    let agent = agent(simulator.ca_pem());
    finish(
        agent
            .post(format!("{url}/services/oauth2/token"))
            .send_form(form.iter().copied()),
    )
    .expect("an answer")
}

/// The error and its description.
fn refusal(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    let json = answer.json();
    let text = |name: &str| json[name].as_str().expect("text").to_owned();
    (text("error"), text("error_description"))
}

fn works(simulator: &Simulator, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json.get("expires_in"), None);
    let client = Client {
        agent: agent(simulator.ca_pem()),
        url: json["instance_url"]
            .as_str()
            .expect("instance_url")
            .to_owned(),
        session: json["access_token"]
            .as_str()
            .expect("access_token")
            .to_owned(),
    };
    assert_eq!(client.get("limits").status, 200);
}

#[test]
fn the_password_flow_wants_the_token_appended() {
    let simulator = start();
    let attempt = |password: &str, secret: &str| {
        let form = [
            ("grant_type", "password"),
            ("client_id", "APP"),
            ("client_secret", secret),
            ("username", USER),
            ("password", password),
        ];
        token(&simulator, &simulator.login_url(), &form)
    };
    let good = format!("{PASSWORD}{TOKEN}");
    works(&simulator, &attempt(&good, "S3CRET"));
    let failure = (
        "invalid_grant".to_owned(),
        "authentication failure".to_owned(),
    );
    assert_eq!(refusal(&attempt(PASSWORD, "S3CRET")), failure);
    assert_eq!(refusal(&attempt(&good, "wrong")).0, "invalid_client");
    simulator.update_org("acme", |o| o.oauth_password = false);
    assert_eq!(refusal(&attempt(&good, "S3CRET")), failure);
    simulator.update_org("acme", |o| o.oauth_password = true);
    for _ in 0..4 {
        attempt("wrong", "S3CRET");
    }
    assert!(simulator.is_locked(USER));
    assert_eq!(refusal(&attempt(&good, "S3CRET")), failure);
}

#[test]
fn client_credentials_work_on_my_domain_only() {
    let simulator = start();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "APP"),
        ("client_secret", "S3CRET"),
    ];
    works(
        &simulator,
        &token(&simulator, &simulator.url("acme"), &form),
    );
    let refused = |url: String| refusal(&token(&simulator, &url, &form)).1;
    assert_eq!(
        refused(simulator.login_url()),
        "request not supported on this domain"
    );
    simulator.update_org("acme", |o| o.apps[0].run_as.clear());
    assert_eq!(
        refused(simulator.url("acme")),
        "no client credentials user enabled"
    );
    let unknown = [
        ("grant_type", "client_credentials"),
        ("client_id", "X"),
        ("client_secret", "S3CRET"),
    ];
    assert_eq!(
        refusal(&token(&simulator, &simulator.url("acme"), &unknown)).0,
        "invalid_client_id"
    );
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs() as i64
}

fn assertion(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({"iss": "APP", "sub": USER, "aud": "https://login.salesforce.com", "exp": now() + 170});
    change(&mut claims);
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).expect("a key");
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).expect("an assertion")
}

#[test]
fn jwt_assertions_are_verified() {
    let simulator = start();
    let attempt = |assertion: &str| {
        token(
            &simulator,
            &simulator.login_url(),
            &[("grant_type", JWT), ("assertion", assertion)],
        )
    };
    let answer = attempt(&assertion(|_| {}));
    works(&simulator, &answer);
    assert_eq!(answer.json().get("issued_at"), None);
    let described = |change: fn(&mut Value)| refusal(&attempt(&assertion(change)));
    assert_eq!(
        described(|c| c["aud"] = json!("https://localhost")).1,
        "audience is invalid"
    );
    assert_eq!(
        described(|c| c["sub"] = json!("x@y.z")).1,
        "user hasn't approved this consumer"
    );
    assert_eq!(
        described(|c| c["exp"] = json!(now() - 5)).0,
        "invalid_grant"
    );
    assert_eq!(
        described(|c| c["exp"] = json!(now() + 600)).0,
        "invalid_grant"
    );
    assert_eq!(described(|c| c["iss"] = json!("X")).0, "invalid_client_id");
    let good = assertion(|_| {});
    let (signed, _) = good.rsplit_once('.').expect("three parts");
    let forged = format!("{signed}.{}", "A".repeat(342));
    assert_eq!(refusal(&attempt(&forged)).1, "invalid assertion");
    simulator.update_org("acme", |o| o.apps[0].authorised.clear());
    assert_eq!(described(|_| {}).1, "user hasn't approved this consumer");
    simulator.update_org("acme", |o| o.apps[0].authorised.push(USER.into()));
    simulator.update_org("acme", |o| o.sandbox = true);
    assert_eq!(described(|_| {}).1, "audience is invalid");
    works(
        &simulator,
        &attempt(&assertion(|c| {
            c["aud"] = json!("https://test.salesforce.com")
        })),
    );
}

#[test]
fn a_certificate_serves_as_the_key_too() {
    let simulator = start();
    simulator.update_org("acme", |o| o.apps[0].public_key = CERTIFICATE.into());
    let form = [("grant_type", JWT), ("assertion", &assertion(|_| {}))];
    works(
        &simulator,
        &token(&simulator, &simulator.login_url(), &form),
    );
}

#[test]
fn other_grants_are_refused_and_tokens_end() {
    let simulator = start();
    let form = [("grant_type", "magic")];
    assert_eq!(
        refusal(&token(&simulator, &simulator.login_url(), &form)).0,
        "unsupported_grant_type"
    );
    assert_eq!(
        refusal(&token(&simulator, &simulator.login_url(), &[])).0,
        "invalid_request"
    );
    let form = [("grant_type", JWT), ("assertion", &assertion(|_| {}))];
    let answer = token(&simulator, &simulator.login_url(), &form).json();
    simulator.advance_clock(Duration::from_secs(7_300));
    let client = Client {
        agent: agent(simulator.ca_pem()),
        url: simulator.url("acme"),
        session: answer["access_token"].as_str().expect("a token").to_owned(),
    };
    assert_eq!(
        client.get("limits").error(),
        (401, "INVALID_SESSION_ID".into())
    );
    let log = serde_json::to_string(&simulator.requests()).expect("JSON");
    assert!(!log.contains("assertion=ey") && !log.contains("S3CRET"));
}

#[test]
fn the_consumer_key_may_stand_in_a_header() {
    let simulator = start();
    let agent = agent(simulator.ca_pem());
    let ask = |secret: &str| {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("APP:{secret}"));
        let request = agent
            .post(format!("{}/services/oauth2/token", simulator.url("acme")))
            .header("Authorization", format!("Basic {pair}"));
        finish(request.send_form([("grant_type", "client_credentials")])).expect("an answer")
    };
    works(&simulator, &ask("S3CRET"));
    assert_eq!(refusal(&ask("wrong")).0, "invalid_client");
}

#[test]
fn a_session_says_whose_it_is_until_it_is_revoked() {
    let simulator = start();
    let client = Client::login(&simulator);
    let info = client.get("/services/oauth2/userinfo").json();
    assert_eq!(info["preferred_username"], USER);
    let root = client.get("/services/data/v64.0/").json();
    let identity = root["identity"].as_str().expect("a URL");
    let path = identity
        .strip_prefix("https://login.salesforce.com")
        .expect("its host");
    let answer = client.get(path).json();
    assert_eq!(
        (&answer["id"], &answer["username"]),
        (&json!(identity), &json!(USER))
    );
    assert_eq!(answer["user_id"], info["user_id"]);
    let nobody = finish(client.agent.get(format!("{}{path}", client.url)).call());
    assert_eq!(nobody.expect("an answer").text, "Missing_OAuth_Token");
    let revoke = || {
        let request = client
            .agent
            .post(format!("{}/services/oauth2/revoke", client.url));
        finish(request.send_form([("token", client.session.as_str())])).expect("an answer")
    };
    assert_eq!(revoke().status, 200);
    assert_eq!(client.get(path).text, "Bad_OAuth_Token");
    assert_eq!(client.get("limits").error().0, 401);
    assert_eq!(refusal(&revoke()).0, "unsupported_token_type");
    let log = serde_json::to_string(&simulator.requests()).expect("JSON");
    assert!(!log.contains(&client.session));
}
