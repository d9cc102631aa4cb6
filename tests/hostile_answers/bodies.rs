//! Answers in good HTTP whose body is endless, twisted, or not what was asked for.

use crate::scene::{CLIENT_SECRET, Scene, Way, alone, is_outage};
use crate::server::{Reply, answer};
use crate::support::{PASSWORD, SESSION_ID, TOKEN, logged_in};
use res_ansitel_salesforce::salesforce::{Action, Kind};
use std::io::{self, Write};

fn bytes(status: u16, body: Vec<u8>) -> Reply {
    let mut bytes = answer(status, "application/json", "");
    let length = bytes.windows(3).position(|w| w == b"0\r\n").unwrap();
    bytes.splice(length..=length, body.len().to_string().into_bytes());
    Reply::Stream(Box::new(move |stream: &mut dyn Write| {
        stream.write_all(&bytes)?;
        stream.write_all(&body)?;
        stream.flush()?;
        Ok(true)
    }))
}

fn text(status: u16, body: &str) -> Reply {
    bytes(status, body.as_bytes().to_owned())
}

/// Writes pieces without end.
fn endless(head: &'static str, piece: Vec<u8>) -> Reply {
    Reply::Stream(Box::new(move |stream: &mut dyn Write| {
        stream.write_all(head.as_bytes())?;
        loop {
            stream.write_all(&piece)?;
        }
    }))
}

#[test]
fn a_body_of_100_megabytes_ends_at_ten() {
    let _alone = alone();
    let scene = Scene::new();
    let chunk = || [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    for way in Way::ALL {
        for (head, piece) in [
            (
                "HTTP/1.1 200 X\r\nContent-Length: 104857600\r\n\r\n",
                vec![b' '; 1 << 16],
            ),
            (
                "HTTP/1.1 500 X\r\nContent-Length: 104857600\r\n\r\n",
                vec![b'<'; 1 << 16],
            ),
            (
                "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n",
                chunk(),
            ),
            (
                "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n",
                vec![b'['; 1 << 16],
            ),
        ] {
            let error = scene.suffer(way, endless(head, piece));
            is_outage(way, &error, &[Kind::NotSalesforce]);
            assert!(
                error.to_string().contains("larger than 10 MB"),
                "{way:?} {error}"
            );
        }
    }
}

#[test]
fn a_packed_body_is_not_unpacked() {
    let _alone = alone();
    let scene = Scene::new();
    // The beginning of a gzip file; nobody asked for one.
    let packed = [b"\x1f\x8b\x08\0\0\0\0\0\x02\x03".as_slice(), &[0x5a; 1000]].concat();
    let head = format!(
        "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    for way in Way::ALL {
        let answer = [head.as_bytes(), &packed].concat();
        let error = scene.suffer(way, Reply::Bytes(answer));
        is_outage(way, &error, &[Kind::NotSalesforce]);
    }
    let asked = scene.server.received();
    assert!(
        asked
            .iter()
            .all(|request| !request.headers.to_ascii_lowercase().contains("gzip"))
    );
}

#[test]
fn an_entity_bomb_does_not_go_off() {
    let _alone = alone();
    let scene = Scene::new();
    let good = logged_in("https://localhost/services");
    let mut bomb = String::from("<!DOCTYPE x [<!ENTITY e0 \"ha\">");
    for level in 1..30 {
        let before = format!("&e{};", level - 1);
        bomb.push_str(&format!("<!ENTITY e{level} \"{before}{before}\">"));
    }
    bomb.push_str("]>");
    let used = good.replace("a&amp;b@acme.example", "&e29;");
    let external = "<!DOCTYPE x [<!ENTITY e29 SYSTEM \"file:///etc/passwd\">]>";
    for body in [
        format!("{bomb}{used}"),
        format!("{external}{used}"),
        used.clone(),
        used.replace("&e29;", "&#0;&#xD800;&#x110000;"),
        used.replace("&e29;", "&#"),
    ] {
        let error = scene.suffer(Way::SoapLogin, text(200, &body));
        is_outage(Way::SoapLogin, &error, &[Kind::NotSalesforce]);
    }
}

#[test]
fn other_encodings_and_broken_text_are_not_salesforces() {
    let _alone = alone();
    let scene = Scene::new();
    for way in Way::ALL {
        let good = way.good(scene.server.port);
        let wide = |byte_of: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            let units = good.encode_utf16().flat_map(byte_of);
            mark.into_iter().chain(units).collect()
        };
        let broken = [good.as_bytes(), b"\xff\xfe\xc0\x80"].concat();
        for body in [
            wide(u16::to_le_bytes, [0xff, 0xfe]),
            wide(u16::to_be_bytes, [0xfe, 0xff]),
            broken,
            b"\xef\xbb\xbf".to_vec(),
            b"\0".repeat(100),
            good.as_bytes()[..good.len() - 1].to_vec(),
        ] {
            let error = scene.suffer(way, bytes(200, body));
            is_outage(way, &error, &[Kind::NotSalesforce]);
        }
    }
}

/// Bodies in the right shape but for one thing.
fn wrong(way: Way) -> Vec<String> {
    let general = [
        "null",
        "true",
        "1",
        "1e999",
        "\"\"",
        "[]",
        "{}",
        "[null]",
        "{\"a\":{}}",
    ];
    let ids = [
        "1",
        "null",
        "[]",
        "{}",
        "true",
        "\"\"",
        "\"500\"",
        "\"../../x\"",
        "\"50000000000000/AAA\"",
        "\"500000000000001\\n\"",
        "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\"",
        "\"５０００００００００００００１\"",
    ];
    let mut bodies: Vec<String> = Vec::new();
    match way {
        Way::SoapLogin => {
            let good = way.good(443);
            for name in ["sessionId", "userId", "organizationId", "serverUrl"] {
                bodies.push(good.replace(&format!("{name}>"), "other>"));
            }
            bodies.push(good.replace("005000000000001AAA", "005'; DROP"));
            bodies.push(good.replace("00D000000000001EAA", &"0".repeat(100_000)));
            bodies.push(good.replace(SESSION_ID, ""));
            bodies.push(good.replace(SESSION_ID, "a b"));
            bodies.push(good.replace(SESSION_ID, "a&#13;&#10;Host: evil.example"));
            bodies.push(good.replace(SESSION_ID, "\u{fc}"));
            bodies.push(good.replace(SESSION_ID, &"x".repeat(1 << 20)));
        }
        Way::OauthLogin => {
            let good = way.good(443);
            for value in ids {
                bodies.push(good.replace(&format!("\"{SESSION_ID}\""), value));
            }
            bodies.retain(|body| {
                !body.contains("\"500\"") && !body.contains("x\"") && !body.contains("/AAA\"")
            });
            bodies.push(good.replace("005000000000001AAA", "005"));
            bodies.push(good.replace("00D000000000001EAA/", ""));
            bodies.push(good.replace("instance_url", "other"));
            bodies.push(good.replace(
                "\"access_token\"",
                "\"access_token\":\"x\",\"access_token\"",
            ));
        }
        Way::Search | Way::Query => {
            let list = if way == Way::Search {
                "searchRecords"
            } else {
                "records"
            };
            let rows = ids
                .iter()
                .map(|id| format!(r#"{{"{list}":[{{"Id":{id}}}]}}"#));
            bodies.extend(rows);
            for value in ["null", "1", "{}", "\"x\"", "[1]", "[[]]", "[null]"] {
                bodies.push(format!(r#"{{"{list}":{value}}}"#));
            }
            bodies.push(format!(r#"{{"{list}":[],"{list}":[]}}"#));
            bodies.push(format!(
                r#"{{"{list}":[{{"Id":"500000000000001AAA","AccountId":7}}]}}"#
            ));
        }
        Way::Write => {
            let good = way.good(443).replace('\n', "");
            for id in ids {
                bodies.push(good.replace("\"500000000000001AAA\"", id));
            }
            bodies.push(good.replace("201", "\"201\""));
            bodies.push(good.replace("201", "-1"));
            bodies.push(good.replace("201", "99999999999999999999"));
            bodies.push(good.replace("g0", "g1"));
            bodies.push(good.replace("r0", "r1"));
            bodies.push(good.replace("\"isSuccessful\":true", "\"isSuccessful\":\"yes\""));
            bodies.push(good.replace(
                "\"isSuccessful\":true",
                "\"isSuccessful\":true,\"isSuccessful\":false",
            ));
            bodies.push(good.replace("{\"id\"", "[{\"id\"").replace("[]}}", "[]}]}"));
        }
        Way::Describe => {
            for value in [
                "null",
                "1",
                "{}",
                "\"x\"",
                "[1]",
                "[[]]",
                "[{}]",
                r#"[{"name":1,"createable":true}]"#,
            ] {
                bodies.push(format!(r#"{{"createable":true,"fields":{value}}}"#));
            }
            bodies.push(r#"{"createable":"true","fields":[]}"#.to_owned());
        }
    }
    bodies.extend(general.map(str::to_owned));
    bodies
}

#[test]
fn wrong_types_and_ids_that_are_none_are_not_salesforces() {
    let _alone = alone();
    let scene = Scene::new();
    for way in Way::ALL {
        for body in wrong(way) {
            let error = scene.suffer(way, text(200, &body));
            is_outage(way, &error, &[Kind::NotSalesforce]);
        }
    }
}

#[test]
fn wrong_errors_are_outages_or_say_what_they_can() {
    let _alone = alone();
    let scene = Scene::new();
    for way in Way::ALL.into_iter().filter(|way| !way.is_login()) {
        for body in [
            "[]",
            "{}",
            "null",
            "[[]]",
            "[{\"errorCode\":7}]",
            "[{\"errorCode\":[]}]",
            "\"X\"",
            "<html>",
            "[{\"message\":\"x\"}]",
        ] {
            for (status, kind) in [(400, Kind::NotSalesforce), (500, Kind::Unavailable)] {
                let error = scene.suffer(way, text(status, body));
                is_outage(way, &error, &[kind]);
            }
        }
    }
}

#[test]
fn a_secret_that_an_answer_repeats_is_not_told() {
    let _alone = alone();
    let scene = Scene::new();
    let words = format!("Bearer {SESSION_ID} and {PASSWORD}{TOKEN} and {PASSWORD} {CLIENT_SECRET}");
    let rest = serde_json::json!([{"errorCode": "API_DISABLED_FOR_ORG", "message": words}]);
    let token = serde_json::json!({"error": "invalid_grant", "error_description": words});
    let fault = crate::support::fault("API_DISABLED_FOR_ORG", &quick_xml::escape::escape(&words));
    let node = serde_json::json!({"graphs": [{"graphId": "g0", "isSuccessful": false, "graphResponse":
        {"compositeResponse": [{"referenceId": "r0", "httpStatusCode": 403, "body": rest}]}}]});
    for (way, status, body) in [
        (Way::SoapLogin, 500, fault),
        (Way::OauthLogin, 400, token.to_string()),
        (Way::Search, 403, rest.to_string()),
        (Way::Query, 403, rest.to_string()),
        (Way::Write, 403, rest.to_string()),
        (Way::Write, 200, node.to_string()),
        (Way::Describe, 403, rest.to_string()),
    ] {
        let error = scene.server_says(way, status, &body);
        assert_eq!(error.action(), Action::PauseUser, "{way:?} {error}");
        // The secrets of this request; those of others are not known here.
        let secrets: &[&str] = match way {
            Way::SoapLogin => &[PASSWORD, TOKEN],
            Way::OauthLogin => &[PASSWORD, TOKEN, CLIENT_SECRET],
            _ => &[SESSION_ID],
        };
        for secret in secrets {
            assert!(
                !format!("{error} {error:?}").contains(secret),
                "{way:?} {error}"
            );
        }
    }
}

#[test]
fn a_result_without_end_ends() {
    let _alone = alone();
    let scene = Scene::new();
    let page = |number: usize| {
        let row =
            serde_json::json!({"Id": "500000000000001AAA", "Description": "x".repeat(30_000)});
        let next = format!("/services/data/v64.0/query/01g-{number}");
        let body = serde_json::json!({"done": false, "records": [row], "nextRecordsUrl": next});
        let body = body.to_string();
        Reply::Stream(Box::new(
            move |stream: &mut dyn Write| -> io::Result<bool> {
                stream.write_all(&answer(200, "application/json", &body))?;
                stream.flush()?;
                Ok(true)
            },
        ))
    };
    // More than are read.
    scene.server.script((0..501).map(page));
    let error = scene.ask(Way::Query).expect_err("it has no end");
    is_outage(Way::Query, &error, &[Kind::NotSalesforce]);
    assert_eq!(scene.server.received().len(), 1 + 500);
}
