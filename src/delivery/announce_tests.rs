//! How many lines the log gets, with time as a number that the test moves.

use super::announce::Announcer;
use super::lockout::{Lifted, Withheld};
use super::policy::{Policy, after};
use super::schedule::{Ended, Event, JobId, Member, Occasion, Place, Schedule, Trouble};
use crate::calls::record::{CallRecord, Caller, Outcome, Reason, Timestamp, Update};
use crate::journal::{Call, Journal};
use crate::salesforce::{ApiUsage, Kind};
use crate::test_log::{heard_here as heard, listen};
use std::collections::HashMap;
use std::time::Duration;
use tempfile::TempDir;

const HOUR: u64 = 3600;

/// An org: what its jobs meet.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    Fine,
    Down,
    Limit,
    WrongPassword,
}

struct Stage {
    schedule: Schedule,
    announcer: Announcer,
    journal: Journal,
    members: Vec<Member>,
    now: Timestamp,
    last_id: JobId,
    orgs: usize,
    _directory: TempDir,
}

/// Users of `orgs` orgs in turn, each org with a host of its own.
fn stage(users: usize, orgs: usize) -> Stage {
    listen();
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&directory.path().join("journal")).unwrap();
    let members: Vec<Member> = (0..users)
        .map(|n| Member {
            name: format!("user{n}"),
            identity: n as u64,
            login_host: Place::Host(format!("host{}", n % orgs).into()),
            configured: 0,
        })
        .collect();
    let mut stage = Stage {
        schedule: Schedule::new(Policy::default(), fastrand::Rng::with_seed(5)),
        announcer: Announcer::default(),
        journal,
        members,
        now: Timestamp(1_800_000_000_000_000),
        last_id: 0,
        orgs,
        _directory: directory,
    };
    stage.configure();
    stage
}

impl Stage {
    fn configure(&mut self) {
        self.announcer.configured();
        let remembered = HashMap::new();
        let members = self.members.clone();
        let asked = Occasion::Asked;
        let events = self
            .schedule
            .configure(members, 4, asked, &remembered, self.now);
        for event in &events {
            self.announcer.event(event, &self.journal, self.now);
        }
        self.give_work();
    }

    fn give_work(&mut self) {
        for member in &self.members {
            self.schedule.set_work(&member.name, Some(self.now));
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = after(self.now, time);
    }

    /// As many jobs as may run now, four at a time; each meets what its user's weather is.
    /// Users whose job ends well have no more work.
    fn work(&mut self, weather: impl Fn(&str) -> Weather) {
        loop {
            let mut jobs = Vec::new();
            while jobs.len() < 4
                && let Some(name) = self.schedule.next(self.now)
            {
                self.last_id += 1;
                self.schedule.started(&name, self.last_id, self.now);
                jobs.push((name, self.last_id));
            }
            if jobs.is_empty() {
                return;
            }
            for (name, id) in jobs {
                let weather = weather(&name);
                let ended = self.ended(&name, weather);
                if weather == Weather::Fine {
                    self.schedule.set_work(&name, None);
                }
                let events: Vec<Event> = self.schedule.ended(&name, id, &ended, self.now);
                for event in &events {
                    self.announcer.event(event, &self.journal, self.now);
                }
            }
            self.announcer.catch_up(self.now);
        }
    }

    fn org_of(&self, user: &str) -> String {
        let number: usize = user.trim_start_matches("user").parse().unwrap();
        format!("org{}", number % self.orgs)
    }

    fn ended(&self, name: &str, weather: Weather) -> Ended {
        let has_session = self.schedule.login(name).1;
        let kind = match weather {
            Weather::Fine => {
                return Ended {
                    org: Some(self.org_of(name)),
                    logged_in: !has_session,
                    wrote: true,
                    result: Ok(()),
                };
            }
            Weather::Down => Kind::Unavailable,
            Weather::Limit => Kind::RequestLimit,
            Weather::WrongPassword => {
                return Ended {
                    org: None,
                    logged_in: false,
                    wrote: true,
                    result: Err(Trouble::Withheld(Withheld {
                        words: "no".into(),
                        until: None,
                        lifted: Lifted::Credentials(None),
                    })),
                };
            }
        };
        Ended {
            org: has_session.then(|| self.org_of(name)),
            logged_in: false,
            wrote: true,
            result: Err(Trouble::Salesforce {
                at_login: !has_session,
                kind,
                words: "no".into(),
            }),
        }
    }

    /// For so long, with work for everybody every minute.
    fn work_for(&mut self, time: Duration, weather: impl Fn(&str) -> Weather) {
        let end = after(self.now, time);
        while self.now < end {
            self.give_work();
            self.work(&weather);
            self.pass(Duration::from_secs(60));
        }
    }

    fn log_in(&mut self) {
        self.work(|_| Weather::Fine);
        assert_eq!(heard(), [""; 0]);
    }

    /// Until every pause is over.
    fn recover(&mut self) {
        self.work_for(Duration::from_secs(600), |_| Weather::Fine);
    }
}

fn lost(user: &str, reference: &str) -> CallRecord {
    CallRecord {
        reference: reference.into(),
        user: user.into(),
        extension: "100".into(),
        outcome: Outcome::Lost,
        reason: Reason::GaveUp,
        caller: Caller::default(),
        dialled: None,
        queue: None,
        started: Timestamp(1),
        rang: None,
        rang_until: None,
        answered: None,
        ended: Some(Timestamp(2)),
        steps: Vec::new(),
    }
}

#[test]
fn an_outage_of_an_org_with_a_thousand_users_is_two_lines() {
    let mut stage = stage(1000, 1);
    stage.log_in();
    let calls = ["user1", "user7", "user7"].into_iter().enumerate();
    let calls = calls.map(|(n, user)| Update::Closed(lost(user, &n.to_string())));
    stage.journal.record(calls.collect());
    stage.journal.discard(-1).unwrap();
    stage.work_for(Duration::from_secs(2 * HOUR), |_| Weather::Down);
    let began = heard();
    assert_eq!(began.len(), 1, "{began:#?}");
    assert!(began[0].contains("[user0], [user1], [user2], [user3], [user4] and 995 others"));
    stage.recover();
    let ended = heard();
    assert_eq!(ended.len(), 1, "{ended:#?}");
    assert!(
        ended[0].contains("answers again after 2 h ") && ended[0].ends_with("; 3 calls waited"),
        "{ended:#?}"
    );
}

/// Those without a session meet it where they log in, the others in the org.
#[test]
fn an_outage_met_at_the_login_and_in_the_org_is_one() {
    let mut stage = stage(10, 1);
    stage.work(|user| match user {
        "user0" | "user5" => Weather::Down,
        _ => Weather::Fine,
    });
    stage.recover();
    heard();
    // Sessions of some are gone.
    for name in ["user1", "user2"] {
        stage.last_id += 1;
        stage.schedule.started(name, stage.last_id, stage.now);
        let gone = Ended {
            org: None,
            logged_in: false,
            wrote: true,
            result: Err(Trouble::Nothing),
        };
        stage.schedule.ended(name, stage.last_id, &gone, stage.now);
    }
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Down);
    stage.recover();
    let lines = heard();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[1].contains("answers again"), "{lines:#?}");
}

#[test]
fn outages_of_two_orgs_are_four_lines() {
    let mut stage = stage(1000, 2);
    stage.log_in();
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Down);
    let began = heard();
    assert_eq!(began.len(), 2, "{began:#?}");
    assert!(began.iter().any(|line| line.contains("org org0")));
    assert!(began.iter().any(|line| line.contains("org org1")));
    stage.recover();
    let ended = heard();
    assert_eq!(ended.len(), 2, "{ended:#?}");
}

#[test]
fn an_org_that_flaps_is_told_of_now_and_then_and_a_long_outage_always() {
    let mut stage = stage(50, 1);
    stage.log_in();
    let mut down = true;
    for _ in 0..60 {
        stage.give_work();
        stage.work(|_| if down { Weather::Down } else { Weather::Fine });
        stage.pass(Duration::from_secs(1));
        down = !down;
    }
    stage.recover();
    let lines = heard();
    assert!((2..=4).contains(&lines.len()), "{lines:#?}");
    // Shortly after that it stays away.
    stage.work(|_| Weather::Fine);
    for weather in [Weather::Down, Weather::Fine] {
        stage.give_work();
        stage.work(|_| weather);
        stage.pass(Duration::from_secs(3));
    }
    heard();
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Down);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    stage.recover();
    assert_eq!(heard().len(), 1);
}

#[test]
fn refused_credentials_are_told_of_once_and_after_a_reload() {
    let mut stage = stage(3, 1);
    let weather = |user: &str| match user {
        "user1" => Weather::WrongPassword,
        _ => Weather::Fine,
    };
    stage.work_for(Duration::from_secs(20 * HOUR), weather);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("[user1]"), "{lines:#?}");
    stage.configure();
    stage.work_for(Duration::from_secs(HOUR), weather);
    assert_eq!(heard().len(), 1);
    stage.work_for(Duration::from_secs(80 * HOUR), weather);
    assert!(heard().is_empty(), "they are not tried either");
}

#[test]
fn a_limit_is_one_line_and_one_when_it_is_over() {
    let mut stage = stage(100, 1);
    stage.log_in();
    stage.work_for(Duration::from_secs(5 * HOUR), |_| Weather::Limit);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    stage.work_for(Duration::from_secs(2000), |_| Weather::Fine);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("goes on after 5 h"), "{lines:#?}");
}

/// An outage that turns into a limit has no end of its own.
#[test]
fn a_limit_within_an_outage_keeps_no_later_outage_quiet() {
    let mut stage = stage(5, 1);
    stage.log_in();
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Down);
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Limit);
    stage.work_for(Duration::from_secs(2000), |_| Weather::Fine);
    assert_eq!(heard().len(), 3);
    stage.work_for(Duration::from_secs(HOUR), |_| Weather::Down);
    assert_eq!(heard().len(), 1);
}

#[test]
fn a_near_limit_is_one_line() {
    let mut stage = stage(1, 1);
    let mut usage = |used| {
        let usage = ApiUsage { used, limit: 1000 };
        stage.announcer.usage("org", usage);
    };
    (700..1000).for_each(&mut usage);
    (760..1000).rev().for_each(&mut usage);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("80 %"), "{lines:#?}");
    // The next day.
    (0..1000).for_each(&mut usage);
    assert_eq!(heard().len(), 1);
}

#[test]
fn refused_calls_are_told_of_rarely_and_counted() {
    let mut stage = stage(1, 1);
    let refused: Vec<Update> = (0..1000)
        .map(|n| Update::Closed(lost(&format!("user{}", n % 100), &n.to_string())))
        .collect();
    stage.journal.record(refused);
    stage.journal.discard(-1).unwrap();
    let calls: Vec<Call> = stage.journal.newest(1000, None).unwrap();
    assert_eq!(calls.len(), 1000);
    for call in &calls {
        stage.announcer.failed(call, "no", stage.now);
        stage.pass(Duration::from_millis(50));
    }
    let lines = heard();
    assert_eq!(lines.len(), 10, "{lines:#?}");
    stage.pass(Duration::from_secs(60));
    stage.announcer.catch_up(stage.now);
    let lines = heard();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("refused 990 more calls"), "{lines:#?}");
    stage.pass(Duration::from_secs(600));
    stage.announcer.catch_up(stage.now);
    assert_eq!(heard(), [""; 0]);
}
