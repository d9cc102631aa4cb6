//! Whether two answers have the same shape: members, types, nesting, forms of
//! texts. Values count only where they are words of the protocol.

use std::collections::BTreeMap;

use roxmltree::Node;
use serde_json::Value;

/// Members whose texts are part of the protocol.
const WORDS: [&str; 6] = [
    "errorCode",
    "statusCode",
    "error",
    "token_type",
    "soapType",
    "matchEngine",
];

/// Compares answers and notes where they differ.
pub struct Comparison {
    /// Where they may differ, and why.
    differs: BTreeMap<String, String>,
    pub found: Vec<String>,
}

impl Comparison {
    pub fn new(differs: &Value) -> Self {
        let differs = differs.as_object().cloned().unwrap_or_default();
        let reason = |v: Value| v.as_str().expect("a reason").to_owned();
        Self {
            differs: differs.into_iter().map(|(p, v)| (p, reason(v))).collect(),
            found: Vec::new(),
        }
    }

    /// Reasons that nothing needs (any more).
    pub fn finish(mut self) -> Vec<String> {
        for (path, _) in self.differs {
            self.found
                .push(format!("{path}: does not differ, as is said"));
        }
        self.found
    }

    fn note(&mut self, path: &str, what: &str) {
        if self.differs.remove(path).is_none() {
            self.found.push(format!("{path}: {what}"));
        }
    }

    /// Compares JSON; a null of Salesforce's may stand for any type.
    pub fn json(&mut self, path: &str, real: &Value, ours: &Value) {
        match (real, ours) {
            (Value::Object(real), Value::Object(ours)) => {
                for (name, value) in real {
                    let path = format!("{path}.{name}");
                    match ours.get(name) {
                        None => self.note(&path, "is missing"),
                        Some(ours) => self.member(&path, name, value, ours),
                    }
                }
                for name in ours.keys().filter(|name| !real.contains_key(*name)) {
                    self.note(&format!("{path}.{name}"), "is unknown to Salesforce");
                }
            }
            (Value::Array(real), Value::Array(ours)) => self.list(path, real, ours),
            (Value::Null, _) => {}
            (Value::Bool(real), Value::Bool(ours)) if real != ours => {
                self.note(path, &format!("is {ours}, not {real}"));
            }
            (Value::String(real), Value::String(ours)) if form(real) != form(ours) => {
                self.note(path, &format!("has not the form of {real:?}: {ours:?}"));
            }
            _ if kind(real) == kind(ours) => {}
            _ => self.note(path, &format!("is {}, not {}", kind(ours), kind(real))),
        }
    }

    fn member(&mut self, path: &str, name: &str, real: &Value, ours: &Value) {
        if WORDS.contains(&name) && real != ours {
            self.note(path, &format!("is {ours}, not {real}"));
        }
        self.json(path, real, ours);
    }

    /// Lists of named things are compared by name, others from their start; the
    /// last of Salesforce's stands for all that follow.
    fn list(&mut self, path: &str, real: &[Value], ours: &[Value]) {
        if real.is_empty() != ours.is_empty() {
            self.note(
                path,
                &format!("has {} elements, not {}", ours.len(), real.len()),
            );
            return;
        }
        if let Some(Value::String(_)) = real.first().map(|first| &first["name"]) {
            for real in real {
                let name = real["name"].as_str().unwrap_or("");
                let path = format!("{path}[{name}]");
                match ours.iter().find(|ours| ours["name"] == real["name"]) {
                    Some(ours) => self.json(&path, real, ours),
                    None => self.note(&path, "is missing"),
                }
            }
            return;
        }
        if ours.len() < real.len() {
            self.note(
                path,
                &format!("has {} elements, not {}", ours.len(), real.len()),
            );
        }
        for (i, ours) in ours.iter().enumerate() {
            let real = &real[i.min(real.len() - 1)];
            self.json(&format!("{path}[{i}]"), real, ours);
        }
    }

    /// Compares XML: names with their namespaces, attributes, order.
    pub fn xml(&mut self, path: &str, real: Node, ours: Node) {
        let name = real.tag_name().name();
        let path = format!("{path}/{name}");
        if real.tag_name() != ours.tag_name() {
            self.note(&path, &format!("is {:?}", ours.tag_name()));
            return;
        }
        let attributes = |node: Node| -> BTreeMap<String, String> {
            let of = |a: roxmltree::Attribute| {
                let name = format!("{{{}}}{}", a.namespace().unwrap_or(""), a.name());
                (name, a.value().to_owned())
            };
            node.attributes().map(of).collect()
        };
        if attributes(real) != attributes(ours) {
            self.note(&path, &format!("has the attributes {:?}", attributes(ours)));
        }
        let children = |node: Node| node.children().filter(Node::is_element).count();
        if children(real) != children(ours) {
            let count = children(ours);
            self.note(
                &path,
                &format!("has {count} elements, not {}", children(real)),
            );
        }
        let ours_elements = ours.children().filter(Node::is_element);
        for (real, ours) in real.children().filter(Node::is_element).zip(ours_elements) {
            self.xml(&path, real, ours);
        }
        if children(real) > 0 {
            return;
        }
        let (real, ours) = (real.text().unwrap_or(""), ours.text().unwrap_or(""));
        let code = matches!(name, "faultcode" | "exceptionCode");
        if (code && real != ours) || form(real) != form(ours) {
            self.note(&path, &format!("is {ours:?}, not as {real:?}"));
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What kind of text a text is.
fn form(text: &str) -> &'static str {
    let id = text.len() == 18
        && text.chars().all(char::is_alphanumeric)
        && text.starts_with(|c: char| c.is_ascii_digit());
    if text.is_empty() {
        "nothing"
    } else if id {
        "an id"
    } else if text.len() == 28 && text.ends_with("+0000") && text.contains('T') {
        "a time"
    } else if text.starts_with("/services/data/v") {
        "a path"
    } else if text.starts_with("https://") {
        "a URL"
    } else if matches!(text, "true" | "false") {
        "a boolean"
    } else if text.chars().all(|c| c.is_ascii_digit()) {
        "a number"
    } else {
        "a text"
    }
}
