//! The table of numbers, `numbers.tsv`: whether a stored phone and a caller are the same
//! number, and which searches find it. Each line goes through the client to the simulator, in
//! all three ways a search for numbers may work.

use crate::support::{PASSWORD, TOKEN, client, user};
use res_ansitel_salesforce::config::settings::Lookup;
use res_ansitel_salesforce::phone::{self, Number};
use res_ansitel_salesforce::salesforce::{Client, Session};
use salesforce_simulator::{OrgSetup, PhoneSearch, Setup, Simulator, UserSetup};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// One line of the table.
struct Row {
    line: usize,
    /// The user's country.
    country: &'static str,
    prefix_strip: &'static str,
    /// What the trunk sent.
    caller: &'static str,
    /// The phone field of an Account.
    stored: &'static str,
    same: bool,
    /// The searches that find it, of [`SEARCHES`].
    found_by: &'static str,
}

/// The ways to search, by their letter in the table: SOSL where numbers are searched by their
/// digits, SOSL where they are searched by their groups of digits, and SOQL.
const SEARCHES: [(char, Lookup, PhoneSearch); 3] = [
    ('D', Lookup::Sosl, PhoneSearch::Digits),
    ('G', Lookup::Sosl, PhoneSearch::Tokens),
    ('Q', Lookup::Soql, PhoneSearch::Digits),
];

fn rows() -> Vec<Row> {
    let lines = include_str!("numbers.tsv").lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.starts_with('#'));
    lines.map(|(index, line)| row(index + 1, line)).collect()
}

fn row(line: usize, text: &'static str) -> Row {
    let columns: Vec<&str> = text.split('\t').collect();
    let [country, prefix_strip, caller, stored, same, found_by, _why] = columns[..] else {
        panic!("line {line} has {} columns", columns.len());
    };
    assert!(
        stored.chars().count() <= 40,
        "line {line}: no field holds it"
    );
    Row {
        line,
        country,
        prefix_strip,
        caller,
        stored,
        same: match same {
            "same" => true,
            "other" => false,
            _ => panic!("line {line}: {same}"),
        },
        found_by: found_by.trim_matches('-'),
    }
}

impl Row {
    fn number(&self) -> Option<Number> {
        phone::read(self.caller, self.country, self.prefix_strip)
    }

    fn told(&self, what: &str) -> String {
        let Row {
            line,
            country,
            caller,
            stored,
            ..
        } = self;
        format!("line {line}: {caller} in {country}, stored {stored}: {what}")
    }
}

/// The stored phones that a look-up of the number finds and that are this number.
fn ask(
    client: &Client,
    session: &Session,
    lookup: Lookup,
    number: &Number,
    country: &str,
) -> BTreeSet<String> {
    let forms = [number.lookup_forms()];
    let hits = client
        .find_by_phone(session, lookup, &forms)
        .unwrap()
        .accounts;
    let phones = hits.into_iter().flat_map(|hit| hit.phones);
    phones
        .filter(|stored| number.matches(stored, country))
        .collect()
}

fn account(phone: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": "Acme", "Phone": phone})
}

fn through_the_simulator(letter: char, lookup: Lookup, phone_search: PhoneSearch) {
    let rows = rows();
    let mut org = OrgSetup::new(
        "acme",
        [UserSetup::new("a&b@acme.example", PASSWORD, TOKEN)],
    );
    org.phone_search = phone_search;
    let stored: BTreeSet<_> = rows.iter().map(|row| row.stored).collect();
    org.records = stored.into_iter().map(account).collect();
    let simulator = Simulator::start(Setup::of([org]));
    let mut ca = tempfile::NamedTempFile::new().unwrap();
    ca.write_all(simulator.ca_pem().as_bytes()).unwrap();
    let client = client(ca.path());
    let session = client.login(&user(simulator.login_port())).unwrap();
    let mut wrong = Vec::new();
    let mut asked = BTreeMap::new();
    for row in &rows {
        let found = row.number().is_some_and(|number| {
            let found = asked
                .entry((number.e164(), row.country))
                .or_insert_with(|| ask(&client, &session, lookup, &number, row.country));
            found.contains(row.stored)
        });
        if found != row.found_by.contains(letter) {
            wrong.push(row.told(if found { "found" } else { "not found" }));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn found_by_sosl_that_searches_digits() {
    let (letter, lookup, phones) = SEARCHES[0];
    through_the_simulator(letter, lookup, phones);
}

#[test]
fn found_by_sosl_that_searches_groups() {
    let (letter, lookup, phones) = SEARCHES[1];
    through_the_simulator(letter, lookup, phones);
}

#[test]
fn found_by_soql() {
    let (letter, lookup, phones) = SEARCHES[2];
    through_the_simulator(letter, lookup, phones);
}

#[test]
fn compared_as_numbers() {
    let mut wrong = Vec::new();
    let mut countries: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    let rows = rows();
    for row in &rows {
        let same = row
            .number()
            .is_some_and(|number| number.matches(row.stored, row.country));
        if same != row.same {
            wrong.push(row.told(if same { "the same" } else { "another" }));
        }
        let (same, other) = countries.entry(row.country).or_default();
        *if row.same { same } else { other } += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} lines, the same and others by country: {countries:?}",
        rows.len()
    );
}
