//! Logging in by SOAP: who gets in, who does not, and what they are told.

mod common;

use std::time::Duration;

use common::{Client, PASSWORD, TOKEN, USER, agent, element, login_body, org, soap, start};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};

fn secret() -> String {
    format!("{PASSWORD}{TOKEN}")
}

/// Status and fault code of a login with this secret.
fn outcome(simulator: &Simulator, secret: &str) -> (u16, String) {
    let agent = agent(simulator.ca_pem());
    let answer = soap(
        &agent,
        &simulator.login_url(),
        "64.0",
        &login_body(USER, secret),
    )
    .expect("an answer");
    (
        answer.status,
        element(&answer.text, "faultcode").unwrap_or("").to_owned(),
    )
}

#[test]
fn the_answer_holds_what_the_wsdl_says_in_its_order() {
    let simulator = start(org());
    let agent = agent(simulator.ca_pem());
    let answer = soap(
        &agent,
        &simulator.login_url(),
        "64.0",
        &login_body(USER, &secret()),
    )
    .expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/xml")
    );
    let order = [
        "<metadataServerUrl>",
        "<passwordExpired>false",
        "<sandbox>false",
        "<serverUrl>",
        "<sessionId>00D",
        "<userId>005",
        "<userInfo>",
        "<orgHasPersonAccounts>false",
        "<organizationId>00D",
        "<sessionSecondsValid>7200",
        "<userLanguage>en_US",
        "<userName>",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|e| {
            answer
                .text
                .find(e)
                .unwrap_or_else(|| panic!("no {e} in {}", answer.text))
        })
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let server = element(&answer.text, "serverUrl").unwrap();
    assert!(server.starts_with(&simulator.url("acme")), "{server}");
    assert_eq!(element(&answer.text, "organizationId").unwrap().len(), 18);
}

#[test]
fn wrong_passwords_lock_the_user_and_nobody_is_told() {
    let simulator = start(org());
    for _ in 0..4 {
        assert_eq!(outcome(&simulator, "wrong"), (500, "INVALID_LOGIN".into()));
    }
    assert!(!simulator.is_locked(USER));
    assert_eq!(outcome(&simulator, "wrong"), (500, "INVALID_LOGIN".into()));
    assert!(simulator.is_locked(USER));
    assert_eq!(
        outcome(&simulator, &secret()),
        (500, "INVALID_LOGIN".into())
    );
    let logins = simulator.logins();
    assert_eq!(
        (logins.len(), logins.iter().filter(|l| l.good).count()),
        (6, 0)
    );
    simulator.advance_clock(Duration::from_secs(16 * 60));
    assert_eq!(outcome(&simulator, &secret()).0, 200);
}

#[test]
fn a_good_login_resets_the_count() {
    let simulator = start(org());
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(outcome(&simulator, "wrong").0, 500);
        }
        assert_eq!(outcome(&simulator, &secret()).0, 200);
    }
    assert!(!simulator.is_locked(USER));
}

#[test]
fn the_security_token_is_needed_where_the_org_says_so() {
    let simulator = start(org());
    assert_eq!(
        outcome(&simulator, PASSWORD),
        (500, "LOGIN_MUST_USE_SECURITY_TOKEN".into())
    );
    simulator.update_org("acme", |o| o.token_required = false);
    assert_eq!(outcome(&simulator, PASSWORD).0, 200);
    assert_eq!(outcome(&simulator, &secret()).0, 200);
}

#[test]
fn locked_inactive_and_powerless_users_get_no_session() {
    let simulator = start(org());
    simulator.update_user(USER, |u| u.locked = true);
    assert_eq!(
        outcome(&simulator, &secret()),
        (500, "INVALID_LOGIN".into())
    );
    simulator.update_user(USER, |u| (u.locked, u.active) = (false, false));
    assert_eq!(
        outcome(&simulator, &secret()),
        (500, "INVALID_LOGIN".into())
    );
    simulator.update_user(USER, |u| (u.active, u.api_enabled) = (true, false));
    assert_eq!(
        outcome(&simulator, &secret()),
        (500, "API_DISABLED_FOR_ORG".into())
    );
}

#[test]
fn an_expired_password_gives_a_session_good_for_nothing() {
    let simulator = start(org());
    simulator.update_user(USER, |u| u.password_expired = true);
    let agent = agent(simulator.ca_pem());
    let answer = soap(
        &agent,
        &simulator.login_url(),
        "64.0",
        &login_body(USER, &secret()),
    )
    .unwrap();
    assert_eq!(element(&answer.text, "passwordExpired"), Some("true"));
    let client = Client::login(&simulator);
    let (status, code) = client.get("limits").error();
    assert_eq!(
        (status, code.as_str()),
        (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD")
    );
}

#[test]
fn versions_and_the_org_s_switch_are_checked() {
    let simulator = start(org());
    let agent = agent(simulator.ca_pem());
    let code = |version: &str| {
        let body = login_body(USER, &secret());
        let answer = soap(&agent, &simulator.login_url(), version, &body).unwrap();
        element(&answer.text, "faultcode")
            .unwrap_or("none")
            .to_owned()
    };
    assert_eq!(code("64.0"), "none");
    assert_eq!(code("50.0"), "none");
    assert_eq!(code("65.0"), "INVALID_OPERATION");
    assert_eq!(code("64"), "UNSUPPORTED_API_VERSION");
    simulator.update_org("acme", |o| o.soap_login = false);
    assert_eq!(code("64.0"), "INVALID_OPERATION");
}

#[test]
fn bad_messages_are_refused() {
    let simulator = start(org());
    let agent = agent(simulator.ca_pem());
    let good = login_body(USER, &secret());
    for bad in [
        good.replace("</env:Envelope>", ""),
        good.replace(
            "urn:partner.soap.sforce.com",
            "urn:enterprise.soap.sforce.com",
        ),
        good.replace("n1:login", "n1:create"),
        good.replace("n1:username", "n1:user"),
        good.replace(
            "http://schemas.xmlsoap.org/soap/envelope/",
            "http://www.w3.org/2003/05/soap-envelope",
        ),
        format!("<!DOCTYPE x [<!ENTITY e \"x\">]>{good}"),
        String::new(),
    ] {
        assert_refused(&simulator, &agent, &bad);
    }
    // Not one of them was an attempt that counts.
    assert_eq!(outcome(&simulator, &secret()).0, 200);
}

fn assert_refused(simulator: &Simulator, agent: &ureq::Agent, message: &str) {
    let answer = soap(agent, &simulator.login_url(), "64.0", message).unwrap();
    let code = element(&answer.text, "faultcode");
    assert_eq!(
        (answer.status, code),
        (500, Some("soapenv:Client")),
        "{message}"
    );
}

#[test]
fn elements_have_the_wsdl_s_order_and_namespace() {
    let simulator = start(org());
    let agent = agent(simulator.ca_pem());
    let envelope = |inner: &str| {
        format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:p=\"urn:partner.soap.sforce.com\">{inner}</e:Envelope>"
        )
    };
    let name = format!("<p:username>{USER}</p:username>");
    let password = "<p:password>pass&lt;&amp;&gt;wordTOK3N</p:password>";
    let login = |inner: &str| format!("<e:Body><p:login>{inner}</p:login></e:Body>");
    let header = "<e:Header><p:CallOptions><p:client>x</p:client></p:CallOptions></e:Header>";
    let right = login(&format!("{name}{password}"));
    for good in [envelope(&right), envelope(&format!("{header}{right}"))] {
        let answer = soap(&agent, &simulator.login_url(), "64.0", &good).unwrap();
        assert_eq!(answer.status, 200, "{good}");
    }
    let unqualified = |text: &str| text.replace("p:", "");
    for bad in [
        login(&format!("{password}{name}")),
        login(&format!("{name}{password}{password}")),
        login(&format!("{name}<p:token>TOK3N</p:token>{password}")),
        login(&name),
        login(""),
        login(&format!("{}{password}", unqualified(&name))),
        login(&format!("{name}{}", unqualified(password))),
        format!("<e:Body><login>{name}{password}</login></e:Body>"),
        format!("<e:Body>{name}{password}</e:Body>"),
        format!("{right}{header}"),
        format!("{header}{header}{right}"),
        format!("{right}{right}"),
        unqualified(&right).replace("e:Body", "Body"),
    ] {
        assert_refused(&simulator, &agent, &envelope(&bad));
    }
    assert_eq!(simulator.logins().iter().filter(|l| l.good).count(), 2);
}

#[test]
fn logins_per_hour_are_limited() {
    let mut setup = org();
    setup.login_rate_limit = 3;
    let simulator = start(setup);
    for _ in 0..3 {
        assert_eq!(outcome(&simulator, &secret()).0, 200);
    }
    assert_eq!(outcome(&simulator, &secret()).0, 500);
    simulator.advance_clock(Duration::from_secs(3_601));
    assert_eq!(outcome(&simulator, &secret()).0, 200);
}

#[test]
fn an_instance_lets_in_its_own_users_only() {
    let other = OrgSetup::new("other", [UserSetup::new("o@other.example", "pw", "")]);
    let simulator = Simulator::start(Setup::of([org(), other]));
    let agent = agent(simulator.ca_pem());
    let body = login_body(USER, &secret());
    let login = |url: String| soap(&agent, &url, "64.0", &body).unwrap().status;
    assert_eq!(login(simulator.url("acme")), 200);
    assert_eq!(login(simulator.url("other")), 500);
    let client = Client::login(&simulator);
    assert_eq!(client.url, simulator.url("acme"));
    let stranger = Client {
        url: simulator.url("other"),
        ..client
    };
    assert_eq!(
        stranger.get("limits").error(),
        (401, "INVALID_SESSION_ID".into())
    );
}

#[test]
fn answers_can_name_another_host() {
    let mut setup = org();
    setup.server_host = "evil.example:444".into();
    let simulator = start(setup);
    let agent = agent(simulator.ca_pem());
    let answer = soap(
        &agent,
        &simulator.login_url(),
        "64.0",
        &login_body(USER, &secret()),
    )
    .unwrap();
    let server = element(&answer.text, "serverUrl").unwrap();
    assert!(
        server.starts_with("https://evil.example:444/services/Soap/u/64.0/00D"),
        "{server}"
    );
}

#[test]
fn sessions_end() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    assert_eq!(client.get("limits").status, 200);
    simulator.expire_sessions("acme");
    assert_eq!(
        client.get("limits").error(),
        (401, "INVALID_SESSION_ID".into())
    );
    let client = Client::login(&simulator);
    simulator.advance_clock(Duration::from_secs(7_000));
    assert_eq!(client.get("limits").status, 200);
    simulator.advance_clock(Duration::from_secs(7_201));
    assert_eq!(
        client.get("limits").error(),
        (401, "INVALID_SESSION_ID".into())
    );
}

#[test]
fn a_session_is_ended_by_logout() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let logout = || {
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header>\
             <SessionHeader xmlns=\"urn:partner.soap.sforce.com\"><sessionId>{}</sessionId>\
             </SessionHeader></e:Header><e:Body><logout xmlns=\"urn:partner.soap.sforce.com\"/>\
             </e:Body></e:Envelope>",
            client.session
        );
        soap(&client.agent, &client.url, "64.0", &body).unwrap()
    };
    assert_eq!(client.get("limits").status, 200);
    assert_eq!(logout().status, 200);
    assert_eq!(
        client.get("limits").error(),
        (401, "INVALID_SESSION_ID".into())
    );
    let again = logout();
    assert_eq!(again.status, 500);
    assert_eq!(
        element(&again.text, "faultcode"),
        Some("sf:INVALID_SESSION_ID")
    );
    assert_eq!(simulator.logins().len(), 1);
    let log = serde_json::to_string(&simulator.requests()).unwrap();
    assert!(!log.contains(&client.session));
}

#[test]
fn no_secret_is_in_the_log() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    client.get("limits");
    client.get(&format!("/id/00D/005?oauth_token={}", client.session));
    let log = serde_json::to_string(&simulator.requests()).unwrap();
    let shown = format!("{:?}", org());
    for secret in ["pass<", "pass&lt;", TOKEN, &client.session] {
        assert!(!log.contains(secret) && !shown.contains(secret), "{secret}");
    }
    assert!(log.contains(USER));
}
