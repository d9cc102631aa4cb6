//! Logging in by SOAP.

use crate::server::{Reply, Server, answer, answer_with};
use crate::support::{PASSWORD, SESSION_ID, TOKEN, client, client_with, fault, logged_in, user};
use res_ansitel_salesforce::salesforce::{Action, Error, Kind, Session};

const XML: &str = "text/xml; charset=utf-8";

fn login(reply: impl FnOnce(u16) -> Vec<u8>) -> (Server, Result<Session, Error>) {
    let server = Server::start("localhost", Vec::new());
    server.script([Reply::Bytes(reply(server.port))]);
    let result = client(server.ca.path()).login(&user(server.port));
    (server, result)
}

fn refusal(status: u16, kind: &str, body: &str) -> Error {
    let (server, result) = login(|_| answer(status, kind, body));
    assert_eq!(server.received().len(), 1, "one login, and no other");
    let error = result.unwrap_err();
    assert!(!error.in_doubt());
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(PASSWORD) && !shown.contains(TOKEN),
        "{shown}"
    );
    error
}

#[test]
fn sends_what_the_wsdl_says_and_keeps_what_comes_back() {
    let (server, session) = login(|port| {
        answer(
            200,
            XML,
            &logged_in(&format!(
                "https://localhost:{port}/services/Soap/u/64.0/00D"
            )),
        )
    });
    let session = session.unwrap();
    assert_eq!(session.org_id, "00D000000000001EAA");
    assert_eq!(session.user_id, "005000000000001AAA");
    assert_eq!(session.user_name, "a&b@acme.example");
    assert_eq!(session.seconds_valid, Some(7200));
    assert_eq!(
        (session.instance.name.as_str(), session.instance.port),
        ("localhost", server.port)
    );
    assert!(!format!("{session:?}").contains(SESSION_ID));

    let received = &server.received()[0];
    assert_eq!(received.line, "POST /services/Soap/u/64.0 HTTP/1.1");
    let headers = received.headers.to_ascii_lowercase();
    assert!(
        headers.contains("content-type: text/xml; charset=utf-8\r\n"),
        "{headers}"
    );
    assert!(headers.contains("soapaction: login\r\n"), "{headers}");
    assert_eq!(
        received.body,
        "<env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Body>\
         <n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>a&amp;b@acme.example</n1:username>\
         <n1:password>pa&lt;ss&amp;&quot;w&apos;or&gt;dtOkEn</n1:password></n1:login></env:Body></env:Envelope>"
    );
}

#[test]
fn every_fault_says_what_to_do() {
    for (code, kind, action, advice) in [
        (
            "INVALID_LOGIN",
            Kind::Credentials,
            Action::PauseUser,
            "check username, password and token",
        ),
        (
            "LOGIN_MUST_USE_SECURITY_TOKEN",
            Kind::Credentials,
            Action::PauseUser,
            "security token",
        ),
        (
            "LOGIN_DURING_RESTRICTED_TIME",
            Kind::Permission,
            Action::PauseUser,
            "login hours",
        ),
        (
            "LOGIN_DURING_RESTRICTED_DOMAIN",
            Kind::Permission,
            Action::PauseUser,
            "IP ranges",
        ),
        (
            "PASSWORD_LOCKOUT",
            Kind::Credentials,
            Action::PauseUser,
            "unlock the user",
        ),
        (
            "ORG_LOCKED",
            Kind::Permission,
            Action::PauseUser,
            "locked the org",
        ),
        (
            "API_DISABLED_FOR_ORG",
            Kind::Permission,
            Action::PauseUser,
            "API Enabled",
        ),
        (
            "TRIAL_EXPIRED",
            Kind::Permission,
            Action::PauseUser,
            "trial is over",
        ),
        (
            "INVALID_OPERATION",
            Kind::NotOffered,
            Action::PauseUser,
            "client_id and private_key",
        ),
        (
            "UNSUPPORTED_API_VERSION",
            Kind::NotOffered,
            Action::PauseUser,
            "client_id and private_key",
        ),
        (
            "INSUFFICIENT_ACCESS",
            Kind::Permission,
            Action::PauseUser,
            "permission",
        ),
        (
            "API_CURRENTLY_DISABLED",
            Kind::Unavailable,
            Action::Retry,
            "",
        ),
        ("SERVER_UNAVAILABLE", Kind::Unavailable, Action::Retry, ""),
        (
            "REQUEST_LIMIT_EXCEEDED",
            Kind::RequestLimit,
            Action::PauseOrg,
            "24 hours",
        ),
        ("SOMETHING_NEW", Kind::Credentials, Action::PauseUser, ""),
    ] {
        for code in [code.to_owned(), format!("sf:{code}")] {
            let error = refusal(500, XML, &fault(&code, "Salesforce's own words"));
            assert_eq!((error.kind(), error.action()), (kind, action), "{code}");
            let text = error.to_string();
            assert!(
                text.starts_with("login of a&b@acme.example at localhost: "),
                "{text}"
            );
            assert!(
                text.contains("Salesforce's own words") && text.contains(advice),
                "{text}"
            );
        }
    }
}

#[test]
fn a_fault_counts_whatever_its_status() {
    for status in [200, 401, 403, 503] {
        let error = refusal(status, XML, &fault("INVALID_LOGIN", "no"));
        assert_eq!(error.action(), Action::PauseUser, "{status}");
    }
    let url = "https://localhost/services/Soap/u/64.0/00D";
    assert_eq!(refusal(502, XML, &logged_in(url)).action(), Action::Retry);
}

#[test]
fn an_expired_password_is_no_session() {
    let url = "https://localhost/services/Soap/u/64.0/00D";
    let body = logged_in(url).replace("<passwordExpired>false", "<passwordExpired>true");
    let error = refusal(200, XML, &body);
    assert_eq!(error.action(), Action::PauseUser);
    assert!(
        error.to_string().contains("password has expired"),
        "{error}"
    );
}

#[test]
fn a_secret_that_is_repeated_to_us_is_hidden() {
    let echo = quick_xml::escape::escape(format!("{PASSWORD}{TOKEN} is wrong, {PASSWORD} too"))
        .into_owned();
    let error = refusal(500, XML, &fault("INVALID_LOGIN", &echo));
    assert!(
        error.to_string().contains("****** is wrong, *** too"),
        "{error}"
    );
}

#[test]
fn the_session_goes_only_to_trusted_hosts() {
    for url in [
        "https://evil.example/services/Soap/u/64.0/00D",
        "https://localhost.evil.example/services/Soap/u/64.0/00D",
        "https://localhost@evil.example/services/Soap/u/64.0/00D",
        "http://localhost/services/Soap/u/64.0/00D",
        "services/Soap",
    ] {
        let error = refusal(200, XML, &logged_in(url));
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::UntrustedHost, Action::PauseUser),
            "{url}"
        );
    }
    let error = refusal(
        200,
        XML,
        &logged_in("https://evil.example/services/Soap/u/64.0/00D"),
    );
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[test]
fn the_password_goes_only_to_trusted_hosts() {
    let server = Server::start("localhost", Vec::new());
    let client = client_with(server.ca.path(), |options| {
        options.trusted_domains = vec!["salesforce.com".to_owned()]
    });
    let error = client.login(&user(server.port)).unwrap_err();
    assert_eq!(error.kind(), Kind::UntrustedHost);
    assert_eq!(server.received().len(), 0);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start("localhost", Vec::new());
    for status in [301, 302, 307, 308] {
        let target = format!(
            "https://localhost:{}/services/Soap/u/64.0?sid=secret",
            elsewhere.port
        );
        let (_server, result) = login(|_| answer_with(status, &[("Location", &target)], ""));
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.action()),
            (Kind::NotSalesforce, Action::Retry),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("redirected to https://localhost"),
            "{error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(elsewhere.received().len(), 0);
}

#[test]
fn what_is_not_salesforces_is_an_outage() {
    let good = logged_in("https://localhost/services/Soap/u/64.0/00D");
    let dtd = good.replace(
        "<soapenv:Envelope",
        "<!DOCTYPE x [<!ENTITY e \"x\">]><soapenv:Envelope",
    );
    let entity = good.replace(SESSION_ID, "&e;");
    let deep = "<a>".repeat(100_000);
    for (status, body) in [
        (200, "<html><body>Maintenance</body></html>"),
        (503, "<html><body>Maintenance</body></html>"),
        (404, "not here"),
        (500, "<html><body>oops"),
        (200, ""),
        (200, &good[..good.len() / 2]),
        (200, dtd.as_str()),
        (200, entity.as_str()),
        (200, deep.as_str()),
    ] {
        let error = refusal(status, "text/html", body);
        assert_eq!(error.action(), Action::Retry, "{status} {error}");
    }
}
