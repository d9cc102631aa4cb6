//! The rows of the table "which call becomes what", each with real phones.
//!
//! A test tells what happens, then [`Scene::expect`] compares all Cases that came of it. With
//! `ANSITEL_SAVE_RECORDINGS=1` the tests also save the event streams that `tests/recordings.rs`
//! replays, or all that they have in the folder that it names.
//!
//! `SURROUNDINGS=plain|no-cdr|consumers|freepbx` runs every row in these surroundings; without
//! it, all run in plain ones, and the rows that stand for a kind of their own in all of them: see
//! [`in_all_surroundings`]. The rows of `freepbx` have that dialplan always.

mod beyond;
mod callers;
mod connected;
mod forwards;
mod freepbx;
mod groups;
mod identity;
mod in_turn;
mod media;
mod more;
mod one_phone;
mod other_ways;
mod places;
mod put_through;
mod stations;
mod stops;
mod transfers;
mod turned_away;

use crate::scene::{A, B, PATIENCE, Plan, Scene, line, text, told};
use in_turn::{FORWARDED, InTurn};
use private_pbx::{Call, Dialplan, Phone, Reaction, Surroundings, eventually};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(300);

/// Long enough to be more than a second in a record, whatever is rounded.
const LONG: Duration = Duration::from_millis(2100);

/// The usual caller's number as Salesforce shows it, and as a new Account is called.
const NUMBER: &str = "+493012345678";
const ACCOUNT: &str = "Caller +493012345678";

/// English texts, so that the expectations read well.
fn plan() -> Plan {
    Plan::default().general("language = en")
}

/// With further numbers; phones ring for two seconds, but longer in the context `patient`.
fn with_numbers(plan: Plan, numbers: &str) -> Plan {
    let patient = "[patient]\nexten => _1XX,1,Dial(PJSIP/${EXTEN},20)";
    let more = format!("{patient}\n[numbers](+)\n{numbers}");
    let dialplan = Dialplan::default().ring(2).more(&more);
    Plan { dialplan, ..plan }
}

/// Where recordings go, if they are asked for.
fn recordings() -> Option<PathBuf> {
    let wanted = PathBuf::from(std::env::var_os("ANSITEL_SAVE_RECORDINGS")?);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    Some(if wanted.is_absolute() {
        wanted
    } else {
        usual()
    })
}

/// In each of the surroundings, or in the one that was asked for. For one row of each kind of
/// event that tells who talks to whom: dial, bridge, transfer, pickup, parking, optimisation.
fn in_all_surroundings(row: impl Fn(Plan)) {
    let surroundings = match Surroundings::wanted() {
        Some(wanted) => vec![wanted],
        None => Surroundings::ALL.into(),
    };
    for surroundings in surroundings {
        row(Plan {
            surroundings,
            ..plan()
        });
    }
}

/// A phone that answers at once.
fn answers() -> Reaction {
    Reaction::answer()
}

/// The next call at a phone, once both sides can talk.
fn talking(phone: &Phone) -> Call {
    let call = phone.next_call(PATIENCE).unwrap();
    call.wait_talking(PATIENCE).unwrap();
    call
}

/// Ends a call from this side.
fn hang_up(call: &Call) {
    call.hangup().unwrap();
    call.wait_ended(PATIENCE).unwrap();
}

impl Scene {
    /// The Cases of all calls there were, the usual caller's, are these, with the one Account
    /// that was created.
    fn expect<const N: usize>(&self, expected: [&str; N]) {
        let accounts = if N == 0 { vec![] } else { vec![NUMBER] };
        self.expect_from(&accounts, expected);
        for (_, case) in self.cases() {
            assert_eq!(text(&case, "SuppliedPhone"), NUMBER, "{case:#}");
            assert_eq!(text(&case, "SuppliedName"), "Erika", "{case:#}");
        }
    }

    /// The Cases of all calls there were, from callers with these numbers.
    fn expect_from<const N: usize>(&self, numbers: &[&str], expected: [&str; N]) {
        let cases = self.cases();
        let found: Vec<_> = cases.iter().map(|(user, case)| told(user, case)).collect();
        assert_eq!(found, expected, "{cases:#?}");
        assert!(self.saw_events(), "the module saw nothing of it");
        self.consumers.check().unwrap();
        let accounts = self.sim.records("Account");
        let mut phones: Vec<_> = accounts.iter().map(|a| text(a, "Phone")).collect();
        phones.sort_unstable();
        assert_eq!(phones, numbers, "{accounts:#?}");
        let mut references = BTreeSet::new();
        for (user, case) in &cases {
            assert_eq!(case["Origin"], "Phone");
            let account = accounts
                .iter()
                .find(|account| account["Phone"] == case["SuppliedPhone"]);
            let id = account.map(|account| text(account, "Id"));
            assert_eq!(text(case, "AccountId"), id.unwrap_or_default(), "{case:#}");
            let last = text(case, "Description").lines().last().unwrap_or_default();
            let extension = if *user == A.0 { A.1 } else { B.1 };
            assert!(
                last.contains(": pbx-") && last.ends_with(&format!("-{extension}")),
                "{last}"
            );
            assert!(references.insert(last.to_owned()), "{last} occurs twice");
        }
    }

    fn saw_events(&self) -> bool {
        let events = line(&self.cli("salesforce show status"), "Events:");
        !events.contains(" ours 0,") || !self.sim.records("Case").is_empty()
    }

    /// The one Case of a user.
    fn case(&self, user: &str) -> Value {
        let mut cases = self.cases();
        cases.retain(|(owner, _)| *owner == user);
        assert_eq!(cases.len(), 1, "{cases:#?}");
        cases.remove(0).1
    }

    /// Ring and talk time in a user's one Case, in seconds.
    fn times(&self, user: &str) -> (u64, Option<u64>) {
        let case = self.case(user);
        let seconds = |label| {
            let said = line(text(&case, "Description"), label);
            let words: Vec<_> = said.trim_start_matches(label).split_whitespace().collect();
            words
                .chunks(2)
                .map(|pair| {
                    let unit = if pair[1].starts_with("minute") { 60 } else { 1 };
                    Some(pair[0].parse::<u64>().ok()? * unit)
                })
                .sum::<Option<u64>>()
                .filter(|_| !said.is_empty())
        };
        (seconds("Ring time:").unwrap(), seconds("Talk time:"))
    }

    /// The caller rings 100 and A answers: A's phone, the caller's and A's side of the call.
    fn answered_by_a(&self) -> (Phone, Call, Call) {
        let a = self.phone("100", answers());
        let call = self.ring("100");
        let at_a = talking(&a);
        (a, call, at_a)
    }

    /// The caller rings `number`, where both ring and B answers: their phones, the caller's and
    /// B's side of the call.
    fn answered_by_b(&self, number: &str) -> ([Phone; 2], Call, Call) {
        let phones = self.both_ring();
        let call = self.ring(number);
        let [at_a, at_b] = phones
            .each_ref()
            .map(|phone| phone.next_call(PATIENCE).unwrap());
        self.await_ringing(2);
        at_b.answer().unwrap();
        at_b.wait_talking(PATIENCE).unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        (phones, call, at_b)
    }

    /// A's and B's phones, which ring.
    fn both_ring(&self) -> [Phone; 2] {
        ["100", "101"].map(|extension| self.phone(extension, Reaction::ring()))
    }

    /// The call to an outside number, once both sides can talk.
    fn outside_talking(&self) -> Call {
        let outside = self.pbx.trunk().next_call(PATIENCE).unwrap();
        outside.wait_talking(PATIENCE).unwrap();
        outside
    }

    /// Waits until the caller's call is parked.
    fn await_parked(&self) {
        eventually("the parked call", PATIENCE, || {
            self.cli("parking show default").contains("PJSIP/trunk")
        })
        .unwrap();
    }

    /// Saves the event stream of this scene's calls as a recording, if asked to.
    fn record(&self, name: &str) {
        if let Some(folder) = recordings() {
            std::fs::copy(self.recording(), folder.join(format!("{name}.jsonl"))).unwrap();
        }
    }

    /// Waits for a line in Asterisk's log.
    fn await_log(&self, part: &str) {
        eventually(part, PATIENCE, || self.log().contains(part)).unwrap();
    }

    /// Waits until so many phones ring.
    fn await_ringing(&self, phones: usize) {
        eventually("phones ringing", PATIENCE, || {
            let channels = self.channels();
            let ringing = |line: &&str| line.starts_with("PJSIP/1") && line.contains("!Ringing!");
            channels.lines().filter(ringing).count() == phones
        })
        .unwrap();
    }

    fn channels(&self) -> String {
        self.cli("core show channels concise")
    }
}
