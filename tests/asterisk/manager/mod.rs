//! A manager client that others wrote (panoramisk), driven by the tests.

use crate::scene::{PATIENCE, Plan, Scene};
use private_pbx::AMI_USER;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Further users of the manager interface: name, `read`, `write`.
pub type Rights<'a> = &'a [(&'a str, &'a str, &'a str)];

impl Plan {
    /// With the manager interface and further users, whose secret is their name.
    pub fn managed(mut self, users: Rights<'_>) -> Plan {
        let users: String = users
            .iter()
            .map(|(name, read, write)| {
                format!("[{name}]\nsecret={name}\nread={read}\nwrite={write}\n")
            })
            .collect();
        self.builder = self.builder.ami().etc("manager_users.conf", &users);
        self
    }
}

/// The client, logged in.
pub struct Manager {
    child: Child,
    input: RefCell<ChildStdin>,
    answers: Receiver<Value>,
    events: Receiver<Value>,
}

impl Manager {
    /// Logged in as somebody who may do everything.
    pub fn of(scene: &Scene) -> Manager {
        Manager::login(scene, AMI_USER.0, AMI_USER.1)
    }

    /// Logged in as one of the plan's [`Rights`].
    pub fn named(scene: &Scene, name: &str) -> Manager {
        Manager::login(scene, name, name)
    }

    fn login(scene: &Scene, name: &str, secret: &str) -> Manager {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let python = target.join("clients/python/bin/python");
        assert!(python.exists(), "no panoramisk: run scripts/clients");
        let address = scene.pbx.ami().expect("Plan::managed");
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/asterisk/manager/client.py"))
            .args([
                &address.ip().to_string(),
                &address.port().to_string(),
                name,
                secret,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = RefCell::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap());
        let (answers_in, answers) = channel();
        let (events_in, events) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let said: Value = serde_json::from_str(&line).unwrap();
                let whose = if said.is_array() {
                    &answers_in
                } else {
                    &events_in
                };
                // Fails when the test is over.
                let _ = whose.send(said);
            }
        });
        let manager = Manager {
            child,
            input,
            answers,
            events,
        };
        let login = manager.answer(PATIENCE);
        assert_eq!(login[0]["Response"], "Success", "{login}");
        manager
    }

    fn say(&self, what: &Value) {
        let mut input = self.input.borrow_mut();
        writeln!(input, "{what}").unwrap();
        input.flush().unwrap();
    }

    fn answer(&self, patience: Duration) -> Value {
        self.answers.recv_timeout(patience).unwrap()
    }

    /// Sends an action with these headers; all messages that answer it.
    pub fn ask(&self, action: &str, headers: Value) -> Vec<Value> {
        self.say(&with_name(action, headers));
        let Value::Array(messages) = self.answer(PATIENCE) else {
            unreachable!("answers are lists");
        };
        messages
    }

    /// Sends them all at once; the messages of each.
    pub fn ask_all(&self, actions: &[Value], patience: Duration) -> Vec<Vec<Value>> {
        self.say(&json!(actions));
        serde_json::from_value(self.answer(patience)).unwrap()
    }

    /// An action that answers with a message: `Ok` or `Error`, and what it says.
    pub fn told(&self, action: &str, headers: Value) -> Result<String, String> {
        let messages = self.ask(action, headers);
        let [message] = messages.as_slice() else {
            panic!("{action}: {messages:#?}");
        };
        let said = text(message, "Message");
        match text(message, "Response").as_str() {
            "Success" => Ok(said),
            "Error" => Err(said),
            other => panic!("{action}: Response: {other}"),
        }
    }

    /// An action that answers with a list: its events, and the one that ends it. What every list
    /// has is looked at.
    pub fn list(&self, action: &str, headers: Value) -> (Vec<Value>, Value) {
        let mut messages = self.ask(action, headers);
        check_list(action, &messages);
        let last = messages.pop().unwrap();
        messages.remove(0);
        (messages, last)
    }

    /// The next event that nobody asked for, of this name; others before it are passed over.
    pub fn event(&self, name: &str) -> Value {
        self.event_that(name, |_| true)
    }

    /// The next one that is meant.
    pub fn event_that(&self, name: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) if event["Event"] == name && is_meant(&event) => return event,
                Ok(event) => others.push(event),
                Err(_) => panic!("no such {name}; others: {others:#?}"),
            }
        }
    }

    /// Names of the events that have come. An action's answer comes after them.
    pub fn events(&self) -> Vec<String> {
        self.ask("Ping", json!({}));
        let events = self.events.try_iter();
        events.map(|event| text(&event, "Event")).collect()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An action's headers with its name.
pub fn with_name(action: &str, mut headers: Value) -> Value {
    headers["Action"] = json!(action);
    headers
}

/// What Asterisk's lists have in common.
pub fn check_list(action: &str, messages: &[Value]) {
    let [first, events @ .., last] = messages else {
        panic!("{action}: {messages:#?}");
    };
    assert_eq!(first["Response"], "Success", "{action}: {first}");
    assert_eq!(first["EventList"], "start", "{action}: {first}");
    assert_eq!(last["Event"], format!("{action}Complete"), "{last}");
    assert_eq!(last["EventList"], "Complete", "{last}");
    assert_eq!(last["ListItems"], events.len().to_string(), "{last}");
    for message in messages {
        assert_eq!(message["ActionID"], first["ActionID"], "{message}");
    }
}

/// A header's text.
pub fn text(message: &Value, header: &str) -> String {
    match &message[header] {
        Value::String(text) => text.clone(),
        // A header that comes twice.
        other => panic!("{header} is {other}: {message:#}"),
    }
}
