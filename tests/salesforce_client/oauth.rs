//! Logging in by OAuth, against the simulator and against scripted answers.

use crate::server::{Reply, Server, answer};
use crate::support::{client, client_with, user};
use res_ansitel_salesforce::config::settings::{Auth, User};
use res_ansitel_salesforce::salesforce::{Action, Client, Error, Kind, Session};
use salesforce_simulator::{AppSetup, OrgSetup, Setup, Simulator, UserSetup};
use std::io::Write;
use tempfile::NamedTempFile;

const USERNAME: &str = "a&b@acme.example";
const PASSWORD: &str = "pa<ss&\"w'or>d";
const TOKEN: &str = "tOkEn";
const SECRET: &str = "S3&CR=ET";
const KEY: &str = include_str!("../simulator/tests/data/jwt-test-key.pem");
const PUBLIC: &str = include_str!("../simulator/tests/data/jwt-test-public.pem");

struct World {
    simulator: Simulator,
    client: Client,
    key: NamedTempFile,
    _ca: NamedTempFile,
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// An org that offers all ways.
fn world() -> World {
    let mut org = OrgSetup::new("acme", [UserSetup::new(USERNAME, PASSWORD, TOKEN)]);
    org.oauth_password = true;
    org.apps = vec![AppSetup {
        client_id: "APP".into(),
        client_secret: SECRET.into(),
        client_credentials: true,
        run_as: USERNAME.into(),
        public_key: PUBLIC.into(),
        authorised: vec![USERNAME.into()],
        ..AppSetup::default()
    }];
    let simulator = Simulator::start(Setup::of([org]));
    let ca = file(simulator.ca_pem());
    World {
        client: client_with(ca.path(), |_| {}),
        simulator,
        key: file(KEY),
        _ca: ca,
    }
}

impl World {
    /// The user, who logs in so: at the shared host, or at the org's own.
    fn user(&self, auth: Auth) -> User {
        let own = matches!(auth, Auth::ClientCredentials { .. });
        let port = match own {
            true => self.simulator.port("acme"),
            false => self.simulator.login_port(),
        };
        User { auth, ..user(port) }
    }

    fn login(&self, auth: Auth) -> Result<Session, Error> {
        self.client.login(&self.user(auth))
    }

    fn jwt(&self) -> Auth {
        Auth::Jwt {
            client_id: "APP".into(),
            private_key: self.key.path().to_owned(),
        }
    }
}

fn by_password(secret: &str, password: &str) -> Auth {
    Auth::Password {
        client_id: "APP".into(),
        client_secret: Some(secret.to_owned().into()),
        password: password.to_owned().into(),
        token: TOKEN.to_owned().into(),
    }
}

fn by_client(id: &str, secret: &str) -> Auth {
    Auth::ClientCredentials {
        client_id: id.into(),
        client_secret: secret.to_owned().into(),
    }
}

#[test]
fn every_way_leads_in() {
    let world = world();
    for auth in [
        world.jwt(),
        by_client("APP", SECRET),
        by_password(SECRET, PASSWORD),
    ] {
        let session = world.login(auth).unwrap();
        assert!(session.user_id.starts_with("005") && session.org_id.starts_with("00D"));
        assert_eq!(session.instance.port, world.simulator.port("acme"));
        // It is good for something, until it ends.
        assert!(
            !world
                .client
                .case_exists(&session, "500000000000001AAA")
                .unwrap()
        );
        world.simulator.expire_sessions("acme");
        let error = world
            .client
            .case_exists(&session, "500000000000001AAA")
            .unwrap_err();
        assert_eq!(error.action(), Action::RenewSession);
    }
}

#[test]
fn every_refusal_says_what_to_do_and_no_secret() {
    let refused = |change: &dyn Fn(&Simulator), auth: &dyn Fn(&World) -> Auth| {
        let world = world();
        change(&world.simulator);
        let error = world.login(auth(&world)).unwrap_err();
        assert_eq!(world.simulator.logins().len(), 1, "one login, and no other");
        error
    };
    let as_is = |_: &Simulator| {};
    let app = |simulator: &Simulator, change: fn(&mut AppSetup)| {
        simulator.update_org("acme", |org| change(&mut org.apps[0]));
    };
    let cases: [(Error, Kind, &str); 9] = [
        (
            refused(&as_is, &|_| by_password(SECRET, "wrong")),
            Kind::Credentials,
            "check username, password and token",
        ),
        (
            refused(
                &|simulator| simulator.update_org("acme", |org| org.oauth_password = false),
                &|_| by_password(SECRET, PASSWORD),
            ),
            Kind::Credentials,
            "whether the org allows the password flow",
        ),
        (
            refused(&as_is, &|_| by_password("wrong", PASSWORD)),
            Kind::Credentials,
            "client_secret",
        ),
        (
            refused(&as_is, &|_| by_client("OTHER", SECRET)),
            Kind::Credentials,
            "client_id",
        ),
        (
            refused(
                &|simulator| app(simulator, |app| app.run_as.clear()),
                &|_| by_client("APP", SECRET),
            ),
            Kind::Permission,
            "Run As",
        ),
        (
            refused(
                &|simulator| app(simulator, |app| app.client_credentials = false),
                &|_| by_client("APP", SECRET),
            ),
            Kind::Permission,
            "enable the client credentials flow",
        ),
        (
            refused(
                &|simulator| app(simulator, |app| app.authorised.clear()),
                &World::jwt,
            ),
            Kind::Permission,
            "pre-authorise the app",
        ),
        (
            refused(
                &|simulator| simulator.update_org("acme", |org| org.sandbox = true),
                &World::jwt,
            ),
            Kind::NotOffered,
            "test.salesforce.com",
        ),
        (
            refused(
                &|simulator| simulator.update_user(USERNAME, |user| user.active = false),
                &World::jwt,
            ),
            Kind::Credentials,
            "activate or unlock",
        ),
    ];
    for (error, kind, advice) in cases {
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.action(), Action::PauseUser, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(advice), "{advice}: {shown}");
        for secret in [PASSWORD, TOKEN, SECRET] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn client_credentials_belong_to_the_orgs_own_host() {
    let world = world();
    let user = User {
        login_host: user(world.simulator.login_port()).login_host,
        ..world.user(by_client("APP", SECRET))
    };
    let error = world.client.login(&user).unwrap_err();
    assert_eq!(error.kind(), Kind::NotOffered);
    assert!(error.to_string().contains("My Domain"), "{error}");
}

#[test]
fn what_is_no_key_is_said_before_anything_is_sent() {
    let world = world();
    for text in [
        "",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        PUBLIC,
    ] {
        let key = file(text);
        let auth = Auth::Jwt {
            client_id: "APP".into(),
            private_key: key.path().to_owned(),
        };
        let error = world.login(auth).unwrap_err();
        assert_eq!(error.kind(), Kind::Credentials);
        assert!(error.to_string().contains("RSA private key"), "{error}");
    }
    let gone = Auth::Jwt {
        client_id: "APP".into(),
        private_key: "/nowhere.pem".into(),
    };
    assert!(
        world
            .login(gone)
            .unwrap_err()
            .to_string()
            .contains("/nowhere.pem")
    );
    assert!(world.simulator.logins().is_empty());
}

#[test]
fn a_token_endpoint_that_does_not_answer_properly_is_an_outage() {
    for (status, kind, body) in [
        (200, "application/json", "{}"),
        (200, "text/html", "<html>"),
        (503, "text/html", "<html>"),
        (
            500,
            "application/json",
            r#"{"error":"server_error","error_description":"x"}"#,
        ),
        (
            400,
            "application/json",
            r#"{"error":"unknown_error","error_description":"retry your request"}"#,
        ),
    ] {
        let server = Server::start("localhost", Vec::new());
        server.script([Reply::Bytes(answer(status, kind, body))]);
        let user = User {
            auth: by_password(SECRET, PASSWORD),
            ..user(server.port)
        };
        let error = client(server.ca.path()).login(&user).unwrap_err();
        assert_eq!(error.action(), Action::Retry, "{status} {body}: {error}");
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_session_on_a_host_that_is_not_trusted_is_not_used() {
    let server = Server::start("localhost", Vec::new());
    let granted = r#"{"access_token":"s","instance_url":"https://evil.example","token_type":"Bearer",
        "id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA"}"#;
    server.script([Reply::Bytes(answer(200, "application/json", granted))]);
    let user = User {
        auth: by_password(SECRET, PASSWORD),
        ..user(server.port)
    };
    let error = client(server.ca.path()).login(&user).unwrap_err();
    assert_eq!(error.kind(), Kind::UntrustedHost, "{error}");
}
