//! Answers that are no good HTTP or TLS, come too slowly, twice, or to nobody's question.

use crate::scene::{Scene, Way, alone, at_once, check, in_time, is_outage};
use crate::server::{Reply, answer};
use crate::support::{client_with, find_case, user};
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::salesforce::{Action, Kind};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

fn raw(bytes: impl Into<Vec<u8>>) -> Reply {
    Reply::BytesThenClose(bytes.into())
}

/// A head, then pieces without end, each after a pause.
fn flood(head: &'static str, piece: &'static str, pause: Duration) -> Reply {
    // As many as are without end, and yet let a test fail that nobody else stops.
    let (piece, count) = if pause.is_zero() {
        (piece.repeat((1 << 16) / piece.len()), 200_000)
    } else {
        (piece.to_owned(), 10_000)
    };
    Reply::Stream(Box::new(move |stream: &mut dyn Write| {
        stream.write_all(head.as_bytes())?;
        for _ in 0..count {
            stream.write_all(piece.as_bytes())?;
            stream.flush()?;
            std::thread::sleep(pause);
        }
        Ok(false)
    }))
}

#[test]
fn a_head_without_end_ends_at_the_size_limit() {
    let _alone = alone();
    let scene = Scene::new();
    for way in Way::ALL {
        for (head, piece) in [
            ("HTTP/1.1 200 ", "x"),
            ("HTTP/1.1 200 X\r\nX: ", "x"),
            ("HTTP/1.1 200 X\r\n", "X: y\r\n"),
            ("HTTP/1.1 200 X\r\n", "Content-Length: 0\r\n"),
            ("", "\r\n"),
            ("", "x"),
            (CHUNKED, "0"),
            (CHUNKED, "1;x=y;"),
        ] {
            let error = scene.suffer(way, flood(head, piece, Duration::ZERO));
            is_outage(way, &error, &[Kind::NotSalesforce, Kind::Cut]);
        }
    }
}

const CHUNKED: &str = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn what_says_nothing_ends_at_the_time_limit() {
    let _alone = alone();
    at_once(in_time(Duration::from_secs(3)), |scene, way| {
        let pause = Duration::from_millis(15);
        for (head, piece, pause) in [
            ("", "HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO),
            ("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", pause),
            ("HTTP/1.1 200 X\r\nX: ", "x", pause),
            (
                "HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n",
                " ",
                pause,
            ),
            (CHUNKED, "1\r\n \r\n", pause),
            (
                "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                "X: y\r\n",
                pause,
            ),
            ("HTTP/1.1 200 X\r\nConnection: close\r\n\r\n", " ", pause),
        ] {
            let error = scene.suffer(way, flood(head, piece, pause));
            is_outage(way, &error, &[Kind::Timeout]);
        }
    });
}

#[test]
fn what_is_no_http_is_not_taken() {
    let _alone = alone();
    let scene = Scene::new();
    for way in Way::ALL {
        let body = way.good(scene.server.port);
        let length = body.len();
        for answer in [
            // As before HTTP had heads.
            body.clone(),
            format!("HTTP/0.9 200 X\r\n\r\n{body}"),
            format!("HTTP/2.0 200 X\r\nContent-Length: {length}\r\n\r\n{body}"),
            format!("ICY 200 OK\r\n\r\n{body}"),
            format!("HTTP/1.1 2000 X\r\n\r\n{body}"),
            format!("HTTP/1.1 -1 X\r\n\r\n{body}"),
            format!("HTTP/1.1\r\n\r\n{body}"),
            "HTTP/1.1 200 X\r\nContent-Length: 10000\r\n\r\n{}".to_owned(),
            format!("HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n{body}"),
            format!("HTTP/1.1 200 X\r\nContent-Length: 99999999999999999999999\r\n\r\n{body}"),
            format!("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
            format!(
                "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{body}"
            ),
            "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n".to_owned(),
            format!("HTTP/1.1 200 X\r\n\0: x\r\nContent-Length: {length}\r\n\r\n{body}"),
            "HTTP/1.1 204 X\r\n\r\n".to_owned(),
            "HTTP/1.1 304 X\r\n\r\n".to_owned(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned(),
            "\r\n".to_owned(),
        ] {
            let error = scene.suffer(way, raw(answer.clone()));
            let kinds = [Kind::NotSalesforce, Kind::Cut];
            assert!(kinds.contains(&error.kind()), "{answer:?} {way:?} {error}");
            is_outage(way, &error, &kinds);
        }
    }
}

/// A query's answer that would name a Case for the call.
fn forged() -> Vec<u8> {
    let row = serde_json::json!({"Id": "500000000000666AAA", "Description": "pbx-1.2-100"});
    let body = serde_json::json!({"done": true, "records": [row]});
    answer(200, "application/json", &body.to_string())
}

#[test]
fn a_second_answer_answers_no_later_request() {
    let _alone = alone();
    let scene = Scene::new();
    let good = answer(
        200,
        "application/json",
        &Way::Describe.good(scene.server.port),
    );
    let forged = forged();
    // What arrives together, and what comes behind it.
    let (begin, rest) = forged.split_at(10);
    for pieces in [
        vec![[good.as_slice(), &forged].concat()],
        vec![[good.as_slice(), b"garbage"].concat()],
        vec![good.clone(), forged.clone()],
        vec![[good.as_slice(), begin].concat(), rest.to_vec()],
    ] {
        let (done, is_done) = mpsc::channel();
        let written = pieces.clone();
        scene
            .server
            .script([Reply::Stream(Box::new(move |stream: &mut dyn Write| {
                for piece in written {
                    stream.write_all(&piece)?;
                    stream.flush()?;
                }
                let _ = done.send(());
                Ok(true)
            }))]);
        scene.ask(Way::Describe).unwrap();
        is_done.recv_timeout(Duration::from_secs(20)).unwrap();
        let last = scene.server.received().last().unwrap().connection;
        // The very question that the forged answer would fit.
        let nothing = answer(200, "application/json", &Way::Query.good(scene.server.port));
        scene.server.script([Reply::Bytes(nothing)]);
        let since = Timestamp(0);
        let found = find_case(&scene.client, &scene.session, "pbx-1.2-100", None, since);
        assert_eq!(found.unwrap(), None, "{} pieces", pieces.len());
        let next = scene.server.received().last().unwrap().connection;
        assert_ne!(last, next, "the connection is used no more");
    }
}

#[test]
fn an_answer_to_nobody_ends_the_connection() {
    let _alone = alone();
    let scene = Scene::new();
    let (tell, told) = mpsc::channel::<()>();
    let (done, is_done) = mpsc::channel::<()>();
    let first = answer(
        200,
        "application/json",
        &Way::Describe.good(scene.server.port),
    );
    scene
        .server
        .script([Reply::Stream(Box::new(move |stream: &mut dyn Write| {
            stream.write_all(&first)?;
            stream.flush()?;
            // The client has its answer and keeps the connection.
            let _ = told.recv();
            stream.write_all(&forged())?;
            stream.flush()?;
            let _ = done.send(());
            Ok(true)
        }))]);
    scene.ask(Way::Describe).unwrap();
    tell.send(()).unwrap();
    is_done.recv_timeout(Duration::from_secs(20)).unwrap();
    scene.promise(Way::Query);
    scene.ask(Way::Query).unwrap();
    let received = scene.server.received();
    let [.., first, second] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_ne!(first.connection, second.connection);
}

/// A server that answers every connection with this, then waits for its end or pours on.
fn tcp(first: Vec<u8>, is_endless: bool) -> (TcpListener, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let accepting = listener.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        let Ok((mut stream, _)) = accepting.accept() else {
            return;
        };
        // The client speaks first; closing with its words unread would cut the connection.
        let _ = stream.read(&mut [0; 4096]);
        let mut more = stream.write_all(&first).is_ok();
        while is_endless && more {
            more = stream.write_all(&first).is_ok();
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    (listener, thread)
}

#[test]
fn what_is_no_tls_is_no_connection() {
    let _alone = alone();
    let scene = Scene::new();
    let client = client_with(scene.server.ca.path(), |options| {
        options.connect_timeout = Duration::from_secs(2);
        options.request_timeout = Duration::from_secs(5);
    });
    let noise: Vec<u8> = (0..4096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for (bytes, is_endless) in [
        (noise.clone(), false),
        (noise, true),
        (answer(200, "text/html", "<html>a proxy's page"), false),
        (b"\x16\x03\x03\xff\xff".to_vec(), false),
        // Handshake records that hold nothing.
        (b"\x16\x03\x03\0\0".repeat(100), true),
        // A server's greeting that claims sixteen megabytes.
        (
            [
                b"\x16\x03\x03\x40\x00\x02\xff\xff\xff".as_slice(),
                &[3; 0x4000 - 4],
            ]
            .concat(),
            true,
        ),
        (b"\x15\x03\x03\0\x02\x02\x28".to_vec(), false),
        (Vec::new(), false),
    ] {
        let (listener, thread) = tcp(bytes.clone(), is_endless);
        let error = client
            .login(&user(listener.local_addr().unwrap().port()))
            .unwrap_err();
        check(Way::SoapLogin, &error);
        scene.check_memory(Way::SoapLogin);
        let kinds = [Kind::Tls, Kind::Connect];
        assert!(
            kinds.contains(&error.kind()),
            "{:?} {error}",
            &bytes[..bytes.len().min(20)]
        );
        assert_eq!(error.action(), Action::Retry);
        assert!(!error.in_doubt());
        thread.join().unwrap();
    }
    scene.recover(Way::SoapLogin);
}
