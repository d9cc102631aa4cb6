//! Several calls in one scene, one after the other. What came of each is looked at when it is
//! over; what was wrong is told at the end, of all of them.

use super::*;
use res_ansitel_salesforce::calls::recording::Entry;
use std::ops::RangeInclusive;
use std::time::SystemTime;

/// A's call was forwarded to [`OUTSIDE`], in whatever form the number is told.
pub const FORWARDED: &str = "anna: answered, answered after being forwarded to outside";

/// The outside number that is dialled to, as the dialplans name it.
pub const OUTSIDE: &str = "0301112233";

/// The calls.
pub struct InTurn {
    pub scene: Scene,
    /// Ids of the Cases and Accounts that were looked at.
    seen: BTreeSet<String>,
    /// When the last look was, in microseconds since 1970.
    since: i64,
    looked: RangeInclusive<i64>,
    recordings: Vec<(String, RangeInclusive<i64>)>,
    wrong: Vec<String>,
}

impl InTurn {
    pub fn start(plan: Plan) -> InTurn {
        InTurn::of(plan.start())
    }

    pub fn of(scene: Scene) -> InTurn {
        InTurn {
            scene,
            seen: BTreeSet::new(),
            since: 0,
            looked: 0..=0,
            recordings: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// The usual caller rings `number`, with this value of the dialplan's global `WAY`: the label
    /// to which tests' dialplans go.
    pub fn ring(&self, way: &str, number: &str) -> Call {
        self.set("WAY", way);
        self.scene.ring(number)
    }

    /// Sets a global variable of the dialplan.
    pub fn set(&self, name: &str, value: &str) {
        self.scene
            .cli(&format!("dialplan set global {name} \"{value}\""));
    }

    /// The Cases that came since the last look are these, the usual caller's. `anna: lost` is
    /// any reason, where the table names none.
    pub fn expect(&mut self, what: &str, expected: &[&str]) {
        self.expect_from(what, expected, NUMBER, "Erika");
    }

    /// The same, from somebody with this number and name; empty: none.
    pub fn expect_from(&mut self, what: &str, expected: &[&str], number: &str, name: &str) {
        let mut cases = self.scene.cases();
        cases.retain(|(_, case)| self.seen.insert(text(case, "Id").to_owned()));
        let now = micros();
        self.looked = self.since..=now;
        self.since = now;
        let found: Vec<_> = cases.iter().map(|(user, case)| told(user, case)).collect();
        let matches = |(found, expected): (&String, &&str)| is_meant(found, expected);
        let as_expected = found.len() == expected.len() && found.iter().zip(expected).all(matches);
        let callers: BTreeSet<_> = cases
            .iter()
            .map(|(_, case)| (text(case, "SuppliedPhone"), text(case, "SuppliedName")))
            .collect();
        let mut others = self.scene.sim.records("Account");
        others.retain(|account| self.seen.insert(text(account, "Id").to_owned()));
        others.retain(|account| text(account, "Phone") != number);
        if !as_expected {
            let expected = expected.join("; ");
            self.wrong.push(format!(
                "{what}: [{}] instead of [{expected}]",
                found.join("; ")
            ));
        }
        if callers.iter().any(|caller| *caller != (number, name)) {
            self.wrong.push(format!("{what}: from {callers:?}"));
        }
        if !others.is_empty() {
            let phones: Vec<_> = others.iter().map(|it| text(it, "Phone")).collect();
            self.wrong.push(format!("{what}: Accounts of {phones:?}"));
        }
    }

    /// Something else about the call is wrong.
    pub fn check(&mut self, what: &str, is_right: bool) {
        if !is_right {
            self.wrong.push(what.to_owned());
        }
    }

    /// What happened between the last two looks becomes a recording, if asked for.
    pub fn record(&mut self, name: &str) {
        self.recordings.push((name.to_owned(), self.looked.clone()));
    }

    /// Everything was as it should be.
    pub fn finish(mut self) {
        let wrong = std::mem::take(&mut self.wrong);
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
        if let Some(folder) = recordings() {
            let text = std::fs::read_to_string(self.scene.recording()).unwrap();
            for (name, when) in &self.recordings {
                std::fs::write(folder.join(format!("{name}.jsonl")), cut(&text, when)).unwrap();
            }
        }
    }
}

impl Drop for InTurn {
    fn drop(&mut self) {
        // A later call could not even be made.
        for wrong in &self.wrong {
            eprintln!("{wrong}");
        }
    }
}

fn is_meant(found: &str, expected: &str) -> bool {
    let lost = found.strip_prefix(expected);
    let forwarded = found.strip_suffix(&OUTSIDE[3..]).is_some_and(|found| {
        let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ');
        let found = found.trim_end_matches(digits);
        expected.strip_suffix("outside").map(str::trim_end) == Some(found)
    });
    found == expected
        || forwarded
        || expected.ends_with(": lost") && lost.is_some_and(|rest| rest.starts_with(", "))
}

fn micros() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_micros()).unwrap()
}

/// The events of that time, after the setup that decided about them.
fn cut(recording: &str, when: &RangeInclusive<i64>) -> String {
    let mut setup = None;
    let mut events = Vec::new();
    for line in recording.lines() {
        match serde_json::from_str(line).unwrap() {
            Entry::Setup { setup: found } if events.is_empty() => setup = Some(found),
            Entry::Setup { .. } => {}
            Entry::Event(event) => {
                if when.contains(&event.at.0) {
                    events.push(line);
                }
            }
        }
    }
    let mut setup = setup.expect("a recording begins with a setup");
    setup.fresh = true;
    let setup = serde_json::to_string(&Entry::Setup { setup }).unwrap();
    format!("{setup}\n{}\n", events.join("\n"))
}
