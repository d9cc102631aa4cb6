//! The binary: its configuration, what it prints, its admin API.

mod common;

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use common::{element, finish, login_body, soap};
use serde_json::{Value, json};

struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    directory: PathBuf,
    said: Vec<String>,
}

impl Program {
    fn start(name: &str) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        let config = json!({
            "admin_port": 0, "print": true, "ca_file": directory.join("ca.pem"),
            "orgs": [{"name": "acme", "users": [{"username": "a@b.c", "password": "pw"}]}]});
        let file = directory.join("config.json");
        std::fs::write(&file, config.to_string()).expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
            .arg("--config")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut program = Self {
            child,
            lines,
            directory,
            said: Vec::new(),
        };
        while program.next() != "ready" {}
        program
    }

    fn next(&mut self) -> String {
        let line = self.lines.next().expect("it goes on").expect("text");
        self.said.push(line.clone());
        line
    }

    /// The last word of the line that begins with this word.
    fn url(&self, word: &str) -> String {
        let line = self
            .said
            .iter()
            .find(|l| l.starts_with(word))
            .expect("it was said");
        line.split_whitespace().last().expect("a word").to_owned()
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let url = format!("{}{path}", self.url("admin"));
        let answer = match method {
            "GET" => finish(agent.get(url).call()),
            "DELETE" => finish(agent.delete(url).call()),
            "PATCH" => finish(agent.patch(url).send(body.to_string())),
            _ => finish(agent.post(url).send(body.to_string())),
        }
        .expect("an answer");
        (answer.status, answer.json())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_serves_and_prints_and_can_be_asked() {
    let mut program = Program::start("serves");
    let ca = std::fs::read_to_string(program.directory.join("ca.pem")).expect("the CA file");
    let agent = common::agent(&ca);
    let login_url = program.url("login");
    let login = || soap(&agent, &login_url, "64.0", &login_body("a@b.c", "pw"));
    let answer = login().expect("an answer").text;
    let session = element(&answer, "sessionId").expect("a session").to_owned();
    let line = program.next();
    assert!(line.ends_with(" a@b.c  login soap → 200"), "{line}");

    let create = |program: &Program| {
        finish(
            agent
                .post(format!(
                    "{}/services/data/v64.0/sobjects/Case",
                    program.url("org")
                ))
                .header("Authorization", format!("Bearer {session}"))
                .header("Content-Type", "application/json")
                .send("{\"Subject\":\"Anruf von +49 30 1\"}"),
        )
    };
    let id = create(&program).expect("an answer").id();
    let line = program.next();
    assert!(
        line.ends_with(&format!(
            "a@b.c  create Case 'Anruf von +49 30 1' → 201 {id}"
        )),
        "{line}"
    );

    let none = json!({});
    assert_eq!(
        program.admin("GET", "/records/Case", &none).1[0]["Id"],
        id.as_str()
    );
    assert_eq!(
        program.admin("GET", "/records/Case?org=other", &none).1,
        json!([])
    );
    let requests = program.admin("GET", "/requests?kind=create", &none).1;
    assert_eq!(
        (requests.as_array().map(Vec::len), &requests[0]["status"]),
        (Some(1), &json!(201))
    );
    assert_eq!(program.admin("GET", "/counts", &none).1["create Case"], 1);
    assert_eq!(program.admin("GET", "/logins", &none).1[0]["good"], true);
    let status = program.admin("GET", "/", &none).1;
    assert_eq!(
        (
            &status["orgs"][0]["api_used"],
            &status["orgs"][0]["records"]["Case"]
        ),
        (&json!(1), &json!(1))
    );

    let fault = json!({"on": "create", "times": 1, "action": {"do": "status", "status": 503}});
    assert_eq!(program.admin("POST", "/faults", &fault).0, 200);
    assert_eq!(program.admin("GET", "/faults", &none).1[0]["on"], "create");
    assert_eq!(create(&program).expect("an answer").status, 503);
    assert!(program.next().ends_with("→ 503  [fault: status]"));

    let seed = json!({"org": "acme", "records": [common::account("Acme", "123")]});
    assert!(
        program.admin("POST", "/seed", &seed).1["ids"][0]
            .as_str()
            .expect("an id")
            .starts_with("001")
    );
    program.admin("POST", "/expire", &none);
    assert_eq!(create(&program).expect("an answer").status, 401);
    program.admin("POST", "/down", &none);
    assert!(create(&program).is_err());
    program.admin("POST", "/up", &none);
    assert_eq!(create(&program).expect("an answer").status, 401);
    program.admin("PATCH", "/users/a@b.c", &json!({"locked": true}));
    assert_eq!(login().expect("an answer").status, 500);
    program.admin("PATCH", "/users/a@b.c", &json!({"locked": false}));
    assert_eq!(login().expect("an answer").status, 200);
    program.admin("PATCH", "/orgs/acme", &json!({"soap_login": false}));
    assert_eq!(login().expect("an answer").status, 500);
}

#[test]
fn mistakes_are_told() {
    let program = Program::start("mistakes");
    for (method, path, body) in [
        (
            "POST",
            "/faults",
            json!({"on": "create", "action": {"do": "magic"}}),
        ),
        (
            "POST",
            "/faults",
            json!({"on": "create", "tims": 1, "action": {"do": "garbage"}}),
        ),
        ("POST", "/expire", json!({"org": "other"})),
        (
            "POST",
            "/seed",
            json!({"records": [{"attributes": {"type": "Account"}}]}),
        ),
        ("PATCH", "/users/a@b.c", json!({"lokked": true})),
        ("PATCH", "/users/nobody", json!({})),
        ("GET", "/nothing", json!({})),
    ] {
        let (status, answer) = program.admin(method, path, &body);
        assert_eq!(status, 400, "{path}");
        assert!(answer["error"].is_string(), "{path}");
    }
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
            .args(arguments)
            .output();
        let output = output.expect("it runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert!(run(&["--help"]).0);
    assert!(run(&[]).1.contains("usage:"));
    let (good, said) = run(&["--config", "/nonexistent.json"]);
    assert!(!good && said.contains("/nonexistent.json"), "{said}");
}
