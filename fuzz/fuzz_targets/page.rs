//! Requests for the web page: whoever may not, gets an answer and nothing is done; what is
//! answered stays one head and one body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::config;
use res_ansitel_salesforce::web::{Desk, Request, Response, Rights, Task, route};
use res_ansitel_salesforce_fuzz::{number, section, texts};

const FIGURES: &str = "0123456789abcdef";

fn check(answer: &Response) {
    let text = answer.render();
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    for line in head.split("\r\n") {
        assert!(
            line.contains(": ") && !line.contains(char::is_control),
            "{line:?}"
        );
    }
    // 100: its body is to be read.
    assert!(answer.status == 100 || (200..600).contains(&answer.status));
}

fuzz_target!(|data: &[u8]| {
    thread_local!(static DESK: &'static Desk = Box::leak(Box::default()));
    let desk = DESK.with(|desk| *desk);
    let (selector, data) = number(data);
    let ([method, path, query, headers, peer, session, body], _) = texts::<7>(data);
    let (is_encrypted, is_insecure) = (selector & 4 != 0, selector & 8 != 0);
    let token = desk.tokens.of(&session);
    let request = Request {
        method,
        path,
        query,
        // The real ones cannot be guessed; these words stand for them.
        headers: headers
            .replace("MINE", &token)
            .replace("FIGURES", FIGURES)
            .into(),
        peer,
        is_encrypted,
        root: "/salesforce/".to_owned(),
        is_head: selector & 16 != 0,
        rights: [Rights::None, Rights::Look, Rights::Change][selector % 3],
        session,
        body: body.into(),
    };
    let insecure = if is_insecure { "yes" } else { "no" };
    let general = [("metrics_token", FIGURES), ("web_insecure", insecure)];
    let configuration = config::read(&[section("general", &general)]).configuration;
    let settings = configuration.expect("no error").settings;
    let _ = request.prefers_german();
    match route(&request, &settings, desk) {
        Err(answer) => check(&answer),
        Ok(task) => {
            assert!(is_encrypted || is_insecure || request.is_local());
            let changes = matches!(
                task,
                Task::Save(_)
                    | Task::Remove(_)
                    | Task::Test(_)
                    | Task::Retry(_)
                    | Task::Discard(_)
                    | Task::Switch(_)
            );
            let is_door = matches!(task, Task::Login(_) | Task::Logout);
            assert_eq!(changes || is_door, request.method == "POST");
            assert!(!is_door || request.is_of_our_page() && request.is_json());
            assert!(!request.is_head || request.method != "POST");
            if changes {
                assert!(request.rights == Rights::Change && request.headers.contains(&token));
                assert!(request.is_of_our_page());
            }
            if request.rights == Rights::None {
                let is_open = is_door
                    || matches!(task, Task::Session)
                    || matches!(task, Task::Metrics) && request.headers.contains(FIGURES);
                assert!(is_open, "{task:?}");
            }
        }
    }
});
