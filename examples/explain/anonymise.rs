//! The same recording with other people in it: callers' numbers and names, and users' names.
//!
//! Extensions, names of phones and trunks, and times stay: without them nothing could be seen.

use crate::replay::{Replay, replay};
use res_ansitel_salesforce::calls::record::{CallRecord, Step};
use res_ansitel_salesforce::calls::recording::Entry;
use res_ansitel_salesforce::phone;
use serde_json::Value;
use std::collections::BTreeMap;

/// Shorter ones are extensions of the house.
const SHORTEST_NUMBER: usize = 5;

/// Applications whose arguments decide something; those of others are left out.
const TELLING: [&str; 7] = [
    "Dial",
    "RetryDial",
    "Queue",
    "FollowMe",
    "VoiceMail",
    "AppDial",
    "Hangup",
];

/// Replaces numbers and names. An error: calls would be decided differently, or a number would
/// remain.
pub fn anonymise(entries: &[Entry]) -> Result<String, String> {
    let before = replay(entries)?;
    let mut people = People::default();
    for of in &before.setup.extensions {
        people.extensions.push(of.extension.clone());
    }
    for hint in &before.setup.hints {
        people.extensions.push(hint.extension.clone());
    }
    let mut anonymous = Vec::new();
    let mut text = String::new();
    for entry in entries {
        let mut value = serde_json::to_value(entry).map_err(|e| e.to_string())?;
        people.replace(&mut value);
        text += &value.to_string();
        text.push('\n');
        anonymous.push(serde_json::from_value(value).map_err(|e| e.to_string())?);
    }
    let after = replay(&anonymous)?;
    if people.decided(&before) != decided(&after) {
        return Err(
            "with other numbers, calls would be decided differently: a pattern in \
                    internal_callers may tell them apart"
                .to_owned(),
        );
    }
    match people
        .numbers
        .keys()
        .find(|number| text.contains(number.as_str()))
    {
        Some(number) => Err(format!("the number {number} would remain somewhere")),
        None => Ok(text),
    }
}

#[derive(Default)]
struct People {
    extensions: Vec<String>,
    numbers: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
}

impl People {
    fn replace(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.replace(value)),
            Value::Object(fields) => {
                let application = fields.get("application").and_then(Value::as_str);
                if application.is_some_and(|application| !TELLING.contains(&application)) {
                    fields.insert("data".to_owned(), Value::from(""));
                }
                for (key, value) in fields {
                    match value {
                        Value::String(text) => *text = self.text(key, text),
                        value => self.replace(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        match field {
            "caller_name" => other(&mut self.names, "Name", text),
            "user" => other(&mut self.users, "user", text),
            // What follows the last hyphen is the channel's serial number.
            "name" => match text.rsplit_once('-') {
                Some((device, serial)) => format!("{}-{serial}", self.numbers_in(device)),
                None => self.numbers_in(text),
            },
            "caller_number" | "dnid" | "exten" | "data" | "dialstring" | "forward" => {
                self.numbers_in(text)
            }
            _ => text.to_owned(),
        }
    }

    fn numbers_in(&mut self, text: &str) -> String {
        let mut replaced = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let digits = &rest[start..];
            let end = digits.find(|c: char| !c.is_ascii_digit());
            let (number, after) = digits.split_at(end.unwrap_or(digits.len()));
            replaced += &rest[..start];
            replaced += &self.number(number);
            rest = after;
        }
        replaced + rest
    }

    /// Another number of the same length that begins alike, so that the same patterns match.
    fn number(&mut self, number: &str) -> String {
        let is_known = self.extensions.iter().any(|known| known == number);
        if number.len() < SHORTEST_NUMBER || is_known || phone::is_withheld_word(number) {
            return number.to_owned();
        }
        let next = self.numbers.len() + 1;
        let replaced = self.numbers.entry(number.to_owned());
        let make = || format!("{}{next:0width$}", &number[..2], width = number.len() - 2);
        replaced.or_insert_with(make).clone()
    }

    /// What was decided before, in the words of after.
    fn decided(&mut self, before: &Replay) -> Vec<(CallRecord, bool)> {
        let mut decided = decided(before);
        for (record, _) in &mut decided {
            record.user = other(&mut self.users, "user", &record.user);
        }
        decided
    }
}

/// The records without what is said of people.
fn decided(replay: &Replay) -> Vec<(CallRecord, bool)> {
    let mut decided = replay.records.clone();
    for (record, _) in &mut decided {
        record.caller.number = record.caller.number.take().map(|_| String::new());
        record.caller.name = record.caller.name.take().map(|_| String::new());
        record.dialled = record.dialled.take().map(|_| String::new());
        for step in &mut record.steps {
            let (Step::ForwardedTo { to: party }
            | Step::TransferredTo { to: party }
            | Step::TransferredFrom { from: party }) = step;
            party.clear();
        }
    }
    decided
}

/// The same stand-in for the same name, always.
fn other(known: &mut BTreeMap<String, String>, kind: &str, name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    let next = known.len() + 1;
    let stand_in = known.entry(name.to_owned());
    stand_in.or_insert_with(|| format!("{kind} {next}")).clone()
}
