//! Where a login's answer sends us, and where we go.

use crate::scene::{Scene, Way, alone, check, granted, oauth_user, worldly};
use crate::server::{Reply, Server, answer, answer_with};
use crate::support::{SESSION_ID, logged_in, user};
use res_ansitel_salesforce::salesforce::{Action, Kind};

/// Each looks like a host of `salesforce.com` or `localhost`, and none is.
const LOOKALIKES: &[&str] = &[
    "https://evil.example/services",
    "https://salesforce.com.evil.example/services",
    "https://evilsalesforce.com/services",
    "https://evil-salesforce.com/services",
    "https://salesforce.com@evil.example/services",
    "https://user:salesforce.com@evil.example/services",
    "https://evil.example\\.salesforce.com/services",
    "https://evil.example%2f.salesforce.com/services",
    "https://evil.example%00.salesforce.com/services",
    "https://evil.example;.salesforce.com/services",
    "https://evil.example/.salesforce.com",
    "https://evil.example?.salesforce.com",
    "https://evil.example#.salesforce.com",
    "https://salesforce.co/services",
    "https://salesforce.com:443:8443/services",
    "https://salesforce.com:99999/services",
    "https://salesforce.com:-1/services",
    "https://.salesforce.com/services",
    "https://a..salesforce.com/services",
    "https://salesforce.com../services",
    "https://s\u{430}lesforce.com/services",
    "https://xn--slesforce-51a.com/services",
    "https://salesforce\u{3002}com/services",
    "https://sales\u{ad}force.com/services",
    "https://[::1]/services",
    "https://[::ffff:127.0.0.1]/services",
    "https://[fe80::1%25eth0]/services",
    "https://127.0.0.1/services",
    "https://2130706433/services",
    "https://0x7f.1/services",
    "https://localhost.evil.example/services",
    "https:///services",
    "https:salesforce.com/services",
    "https://",
    "http://acme.my.salesforce.com/services",
    "HTTP://acme.my.salesforce.com/services",
    "ftp://acme.my.salesforce.com/services",
    "javascript:alert(1)//acme.my.salesforce.com",
    "javascript://acme.my.salesforce.com/%0aalert(1)",
    "file:///etc/passwd",
    "//acme.my.salesforce.com/services",
    "/services",
    "acme.my.salesforce.com",
    " https://acme.my.salesforce.com/services",
    "https:// acme.my.salesforce.com/services",
    "https://acme.my.salesforce.com\r\nHost: evil.example",
    "",
];

#[test]
fn a_session_goes_to_no_lookalike() {
    let _alone = alone();
    let scene = Scene::new();
    let client = worldly(&scene);
    for url in LOOKALIKES {
        for (way, user, body) in [
            (
                Way::SoapLogin,
                user(scene.server.port),
                logged_in(&quick_xml::escape::escape(*url)),
            ),
            (Way::OauthLogin, oauth_user(scene.server.port), granted(url)),
        ] {
            scene
                .server
                .script([Reply::Bytes(answer(200, "text/plain", &body))]);
            let error = client.login(&user).expect_err(url);
            check(way, &error);
            let refused = (error.kind(), error.action());
            assert_eq!(
                refused,
                (Kind::UntrustedHost, Action::PauseUser),
                "{url:?} {error}"
            );
        }
    }
    assert_eq!(
        scene.server.received().len(),
        1 + 2 * LOOKALIKES.len(),
        "one request each"
    );
}

#[test]
fn a_host_of_the_domain_is_taken_as_it_is_spelt() {
    let _alone = alone();
    let scene = Scene::new();
    let client = worldly(&scene);
    for (url, origin) in [
        (
            "https://acme.my.salesforce.com/services",
            "https://acme.my.salesforce.com",
        ),
        (
            "HTTPS://ACME.my.Salesforce.COM:443/x",
            "https://acme.my.salesforce.com",
        ),
        (
            "https://acme.my.salesforce.com.:8443",
            "https://acme.my.salesforce.com:8443",
        ),
    ] {
        scene
            .server
            .script([Reply::Bytes(answer(200, "text/plain", &granted(url)))]);
        let session = client.login(&oauth_user(scene.server.port)).unwrap();
        assert_eq!(session.origin(), origin);
    }
}

#[test]
fn no_request_follows_a_redirect() {
    let _alone = alone();
    let scene = Scene::new();
    let elsewhere = Server::start("localhost", Vec::new());
    for way in Way::ALL {
        for status in [300, 301, 302, 303, 307, 308] {
            let target = format!("https://localhost:{}/{SESSION_ID}?sid=x", elsewhere.port);
            let headers = [("Location", target.as_str()), ("Content-Type", SESSION_ID)];
            let error = scene.suffer(way, Reply::Bytes(answer_with(status, &headers, "")));
            assert_eq!(error.kind(), Kind::NotSalesforce, "{error}");
            assert!(
                error
                    .to_string()
                    .contains("redirected to https://localhost"),
                "{error}"
            );
        }
    }
    assert_eq!(elsewhere.received().len(), 0);
}
