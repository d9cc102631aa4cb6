//! A busy Asterisk: fifty Salesforce users, and a journal with ten thousand calls.

use crate::callers;
use crate::scene::{A, B, ORG, Plan, Scene};
use private_pbx::{Pbx, Phone};
use res_ansitel_salesforce::calls::record::{
    CallRecord, Caller, Outcome, Reason, Timestamp, Update,
};
use res_ansitel_salesforce::journal::{self, Journal};
use rusqlite::Connection;
use salesforce_simulator::{OrgSetup, UserSetup};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const USERS: usize = 50;

/// Calls of before.
const CALLS: usize = 10_000;

pub struct Office {
    pub scene: Scene,
    _phones: [Phone; 2],
}

impl Office {
    pub fn open() -> Office {
        let others: Vec<String> = (0..USERS - 2).map(|n| format!("user{n:02}")).collect();
        let username = |name: &String| format!("{name}@acme.example");
        let users = others.iter().map(username);
        let users = [A.2.to_owned(), B.2.to_owned()].into_iter().chain(users);
        let plan = Plan {
            org: OrgSetup::new(
                ORG,
                users.map(|name| UserSetup::new(&name, "secret", "token")),
            ),
            builder: Pbx::builder().http().ami(),
            ..Plan::default()
        };
        let scene = plan.general("web = yes").prepare();
        let path = scene.pbx.path("etc/salesforce.conf");
        let mut conf = fs::read_to_string(&path).unwrap();
        for (n, name) in others.iter().enumerate() {
            let (username, extension) = (username(name), 2000 + n);
            let _ = write!(
                conf,
                "[{name}](user)\nusername = {username}\nextension = {extension}\n"
            );
        }
        fs::write(&path, conf).unwrap();
        let names: Vec<&str> = others
            .iter()
            .map(String::as_str)
            .chain([A.0, B.0])
            .collect();
        fill(&journal(&scene), &names);
        scene.load();
        Office {
            _phones: callers::phones(&scene),
            scene,
        }
    }

    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        journal(&self.scene)
    }
}

fn journal(scene: &Scene) -> PathBuf {
    scene.pbx.path("spool/salesforce/salesforce.sqlite3")
}

/// Calls of these users that Salesforce has confirmed.
fn fill(path: &Path, users: &[&str]) {
    let (journal, _) = Journal::open(path).unwrap();
    let now = journal::now().0;
    let calls = (0..CALLS).map(|n| {
        let started = now - i64::try_from(CALLS - n).unwrap() * 100_000_000;
        Update::Closed(CallRecord {
            reference: format!("pbx-before.{n}-100"),
            user: users[n % users.len()].to_owned(),
            extension: "100".into(),
            outcome: Outcome::Lost,
            reason: Reason::GaveUp,
            caller: Caller {
                number: Some(format!("+4940{:07}", 1_000_000 + n)),
                name: None,
                withheld: false,
            },
            dialled: None,
            queue: None,
            started: Timestamp(started),
            rang: Some(Timestamp(started + 1_000_000)),
            rang_until: None,
            answered: None,
            ended: Some(Timestamp(started + 9_000_000)),
            steps: Vec::new(),
        })
    });
    journal.record(calls.collect());
    journal.stop();
    let journal = Connection::open(path).unwrap();
    let changed = journal
        .execute(
            "UPDATE calls SET state = 'delivered', case_id = '500000000000001AAA',
                 sent_phone = json_extract(record, '$.caller.number')",
            [],
        )
        .unwrap();
    assert_eq!(changed, CALLS);
}
