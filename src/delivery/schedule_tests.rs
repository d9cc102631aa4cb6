//! The schedule without threads: time is a number that the test moves.

use super::gate::{Change, Kind};
use super::policy::{Policy, after};
use super::schedule::{Ended, Event, JobId, Member, Place, Schedule, Standing, Trouble};
use super::worker::Wait;
use crate::calls::record::Timestamp;
use crate::salesforce;
use std::time::Duration;

const HOUR: u64 = 3600;

/// A schedule, its time, and ids for jobs.
struct Stage {
    schedule: Schedule,
    now: Timestamp,
    last_id: JobId,
}

fn member(name: &str, identity: u64, host: &str) -> Member {
    Member {
        name: name.into(),
        identity,
        login_host: Place::Host(host.into()),
    }
}

fn stage(members: &[Member], workers: usize) -> Stage {
    let mut schedule = Schedule::new(Policy::default(), fastrand::Rng::with_seed(7));
    let now = Timestamp(1_800_000_000_000_000);
    schedule.configure(members.to_vec(), workers, now);
    for member in members {
        schedule.set_work(&member.name, Some(now));
    }
    Stage {
        schedule,
        now,
        last_id: 0,
    }
}

fn well(org: &str) -> Ended {
    Ended {
        org: Some(org.into()),
        logged_in: false,
        result: Ok(()),
    }
}

fn logged_in(org: &str) -> Ended {
    Ended {
        logged_in: true,
        ..well(org)
    }
}

fn ill(org: Option<&str>, at_login: bool, kind: salesforce::Kind) -> Ended {
    Ended {
        org: org.map(str::to_owned),
        logged_in: false,
        result: Err(Trouble::Salesforce {
            at_login,
            kind,
            words: "words".into(),
        }),
    }
}

impl Stage {
    /// Starts whoever is next.
    fn start(&mut self) -> Option<(String, JobId)> {
        let name = self.schedule.next(self.now)?;
        self.last_id += 1;
        self.schedule.started(&name, self.last_id, self.now);
        Some((name, self.last_id))
    }

    fn start_all(&mut self, workers: usize) -> Vec<(String, JobId)> {
        let mut started = Vec::new();
        while started.len() < workers
            && let Some(job) = self.start()
        {
            started.push(job);
        }
        started
    }

    fn end(&mut self, job: &(String, JobId), ended: &Ended) -> Vec<Event> {
        self.schedule.ended(&job.0, job.1, ended, self.now)
    }

    fn pass(&mut self, time: Duration) {
        self.now = after(self.now, time);
    }

    /// Every user is logged in.
    fn log_in(&mut self, org: impl Fn(&str) -> &'static str) {
        while let Some(job) = self.start() {
            let org = org(&job.0);
            self.end(&job, &logged_in(org));
            self.schedule.set_work(&job.0, None);
        }
    }

    fn give_work(&mut self, names: &[&str]) {
        for name in names {
            self.schedule.set_work(name, Some(self.now));
        }
    }

    fn pass_to_wake(&mut self) {
        self.now = self
            .schedule
            .wake_at(self.now)
            .expect("something to wait for");
    }
}

#[test]
fn refused_credentials_are_tried_twice_and_then_left_alone() {
    let mut stage = stage(&[member("a", 1, "host")], 4);
    let mut logins = 0;
    let end = after(stage.now, Duration::from_secs(24 * HOUR));
    while stage.now < end {
        while let Some(job) = stage.start() {
            logins += 1;
            assert_eq!(stage.start(), None, "one at a time");
            let events = stage.end(&job, &ill(None, true, salesforce::Kind::Credentials));
            assert_eq!(events.len(), 1, "one line for each refusal");
        }
        stage.pass(Duration::from_secs(60));
        stage.schedule.set_work("a", Some(stage.now));
    }
    // At once, and after an hour: a third time might lock the user.
    assert_eq!(logins, 2);
    stage
        .schedule
        .configure(vec![member("a", 1, "host")], 4, stage.now);
    let job = stage.start().expect("the administrator asks for it");
    stage.end(&job, &ill(None, true, salesforce::Kind::Credentials));
    stage.pass(Duration::from_secs(1000 * HOUR));
    assert_eq!(stage.start(), None);
}

#[test]
fn refused_permissions_are_tried_again_and_again_but_rarely() {
    // Login hours are over, or the profile lacks something: the password was right each time.
    for (org, at_login) in [(Some("00D"), false), (None, true)] {
        let mut stage = stage(&[member("a", 1, "host")], 4);
        let mut refused = 0;
        let end = after(stage.now, Duration::from_secs(24 * HOUR));
        while stage.now < end {
            while let Some(job) = stage.start() {
                refused += 1;
                stage.end(&job, &ill(org, at_login, salesforce::Kind::Permission));
            }
            stage.pass(Duration::from_secs(60));
        }
        // At once, then after 1, 2, 4 and 8 hours.
        assert_eq!(refused, 5);
    }
}

#[test]
fn users_with_the_same_credentials_share_their_refusal() {
    let mut stage = stage(
        &[
            member("a", 1, "h"),
            member("b", 1, "h"),
            member("c", 2, "h"),
        ],
        4,
    );
    let a = stage.start().unwrap();
    let c = stage.start().unwrap();
    assert_eq!(
        (a.0.as_str(), c.0.as_str()),
        ("a", "c"),
        "b waits for a's login"
    );
    stage.end(&a, &ill(None, true, salesforce::Kind::Credentials));
    assert_eq!(stage.start(), None);
    assert!(matches!(
        stage.schedule.standing("b", stage.now),
        Standing::Refused(_)
    ));
    stage.end(&c, &logged_in("00D"));
    assert_eq!(stage.start().unwrap().0, "c", "others go on");
}

#[test]
fn a_reload_lifts_a_refusal_and_success_forgets_it() {
    let members = [member("a", 1, "h")];
    let mut stage = stage(&members, 4);
    let refusal = ill(None, true, salesforce::Kind::Credentials);
    let until = |stage: &Stage| match stage.schedule.standing("a", stage.now) {
        Standing::Refused(refusal) => refusal.until,
        other => panic!("{other:?}"),
    };
    for next in [Some(HOUR), None] {
        let job = stage.start().unwrap();
        stage.end(&job, &refusal);
        let next = next.map(|seconds| after(stage.now, Duration::from_secs(seconds)));
        assert_eq!(until(&stage), next);
        assert_eq!(stage.start(), None);
        stage.schedule.configure(members.to_vec(), 4, stage.now);
    }
    let job = stage.start().unwrap();
    stage.end(&job, &logged_in("00D"));
    assert_eq!(stage.schedule.standing("a", stage.now), Standing::Ok);
    let job = stage.start().unwrap();
    stage.end(&job, &ill(None, false, salesforce::Kind::SessionExpired));
    let next = after(stage.now, Duration::from_secs(HOUR));
    assert_eq!(until(&stage), Some(next));
}

#[test]
fn logins_without_an_answer_are_not_repeated_for_ever() {
    let mut stage = stage(&[member("a", 1, "h")], 4);
    let mut logins = 0;
    let end = after(stage.now, Duration::from_secs(HOUR));
    while stage.now < end {
        if let Some(job) = stage.start() {
            logins += 1;
            stage.end(&job, &ill(None, true, salesforce::Kind::Timeout));
        }
        stage.pass(Duration::from_secs(1));
    }
    assert_eq!(logins, 3);
}

#[test]
fn an_outage_pauses_its_org_is_probed_and_told_twice() {
    let mut stage = stage(
        &[
            member("a", 1, "h"),
            member("b", 2, "h"),
            member("c", 3, "h"),
        ],
        4,
    );
    stage.log_in(|name| if name == "c" { "other" } else { "org" });
    stage.give_work(&["a", "b"]);
    let jobs = stage.start_all(4);
    assert_eq!(jobs.len(), 4, "alone, an org has all workers");
    let outage = ill(Some("org"), false, salesforce::Kind::Unavailable);
    let events: Vec<_> = jobs
        .iter()
        .flat_map(|job| stage.end(job, &outage))
        .collect();
    let [Event::Place(place, Change::Begins(pause), users)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(*place, Place::Org("org".into()));
    assert_eq!(users, &["a", "b"]);
    assert!(
        pause.until <= after(stage.now, Duration::from_secs(2)),
        "four at once are one failure"
    );
    let mut longest = Duration::ZERO;
    let mut probes = 0;
    let end = after(stage.now, Duration::from_secs(2 * HOUR));
    let began = stage.now;
    while stage.now < end {
        let before = stage.now;
        stage.pass_to_wake();
        longest = longest.max(Duration::from_micros(
            (stage.now.0 - before.0).unsigned_abs(),
        ));
        let Some(job) = stage.start() else { continue };
        probes += 1;
        assert_eq!(stage.start(), None, "one probe");
        assert_eq!(stage.end(&job, &outage), []);
        stage.give_work(&["c"]);
        let other = stage.start().unwrap();
        assert_eq!(other.0, "c", "the other org goes on");
        stage.end(&other, &well("other"));
        stage.schedule.set_work("c", None);
    }
    assert!(longest <= Duration::from_secs(300), "{longest:?}");
    assert!((24..100).contains(&probes), "{probes}");
    stage.pass(Duration::from_secs(300));
    let job = stage.start().unwrap();
    let events = stage.end(&job, &well("org"));
    let [Event::Place(_, Change::Ends(pause), _)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(pause.since, began);
    assert_eq!(stage.start_all(4).len(), 4, "all at once again");
}

#[test]
fn a_flapping_org_is_not_told_of_each_time() {
    let mut stage = stage(&[member("a", 1, "h")], 1);
    stage.log_in(|_| "org");
    stage.give_work(&["a"]);
    let mut told = 0;
    for _ in 0..20 {
        let job = stage.start().unwrap();
        told += stage
            .end(
                &job,
                &ill(Some("org"), false, salesforce::Kind::Unavailable),
            )
            .len();
        stage.pass(Duration::from_secs(2));
        let job = stage.start().unwrap();
        told += stage.end(&job, &well("org")).len();
    }
    assert_eq!(told, 2);
}

#[test]
fn a_limit_waits_a_quarter_of_an_hour_and_no_straggler_opens_it() {
    let mut stage = stage(&[member("a", 1, "h")], 4);
    stage.log_in(|_| "org");
    stage.give_work(&["a"]);
    let jobs = stage.start_all(2);
    let events = stage.end(
        &jobs[0],
        &ill(Some("org"), false, salesforce::Kind::RequestLimit),
    );
    assert_eq!(events.len(), 1);
    assert_eq!(stage.end(&jobs[1], &well("org")), []);
    let Standing::Waiting(_, pause) = stage.schedule.standing("a", stage.now) else {
        panic!()
    };
    assert_eq!(pause.kind, Kind::Limit);
    stage.pass(Duration::from_secs(899));
    assert_eq!(stage.start(), None);
    stage.pass(Duration::from_secs(1));
    let probe = stage.start().unwrap();
    assert_eq!(
        stage.end(
            &probe,
            &ill(Some("org"), false, salesforce::Kind::RequestLimit)
        ),
        [],
        "told once"
    );
    stage.pass(Duration::from_secs(900));
    let probe = stage.start().unwrap();
    assert_eq!(stage.end(&probe, &well("org")).len(), 1);
    assert!(stage.start().is_some());
}

#[test]
fn a_slow_org_leaves_workers_to_others() {
    let mut stage = stage(&[member("slow", 1, "h"), member("quick", 2, "h")], 4);
    stage.log_in(|name| if name == "slow" { "slow" } else { "quick" });
    stage.give_work(&["slow", "quick"]);
    let jobs = stage.start_all(4);
    let count = |name: &str| jobs.iter().filter(|job| job.0 == name).count();
    assert_eq!((count("slow"), count("quick")), (2, 2), "half each");
    // The slow org's requests take for ever; the quick one's come and go.
    stage.pass(Duration::from_secs(6));
    for job in jobs.iter().filter(|job| job.0 == "quick") {
        stage.end(job, &well("quick"));
    }
    for _ in 0..50 {
        let job = stage.start().unwrap();
        assert_eq!(job.0, "quick");
        stage.end(&job, &well("quick"));
    }
}

#[test]
fn probes_of_many_dead_orgs_leave_a_worker() {
    let names: Vec<String> = (0..20).map(|n| format!("dead{n}")).collect();
    let mut members: Vec<_> = (0..20)
        .map(|n| member(&names[n as usize], n, &format!("h{n}")))
        .collect();
    members.push(member("alive", 99, "alive"));
    let mut stage = stage(&members, 4);
    stage.schedule.set_work("alive", None);
    while let Some(job) = stage.start() {
        stage.end(&job, &ill(None, true, salesforce::Kind::Unavailable));
    }
    stage.pass(Duration::from_secs(10));
    let probes = stage.start_all(4);
    assert_eq!(probes.len(), 3, "{probes:?}");
    stage.give_work(&["alive"]);
    assert_eq!(stage.start().unwrap().0, "alive");
}

#[test]
fn turns_go_round_the_users() {
    let members: Vec<_> = (0..5).map(|n| member(&format!("u{n}"), n, "h")).collect();
    let mut stage = stage(&members, 1);
    stage.log_in(|_| "org");
    stage.give_work(&["u0", "u1", "u2", "u3", "u4"]);
    let mut turns = Vec::new();
    for _ in 0..10 {
        let job = stage.start().unwrap();
        stage.end(&job, &well("org"));
        turns.push(job.0);
    }
    for name in ["u0", "u1", "u2", "u3", "u4"] {
        assert_eq!(
            turns.iter().filter(|turn| *turn == name).count(),
            2,
            "{turns:?}"
        );
    }
}

#[test]
fn a_journal_that_cannot_be_written_stops_everybody_for_a_moment() {
    let mut stage = stage(&[member("a", 1, "h"), member("b", 2, "g")], 4);
    let job = stage.start().unwrap();
    let trouble = Ended {
        org: Some("org".into()),
        logged_in: true,
        result: Err(Trouble::Journal),
    };
    stage.end(&job, &trouble);
    assert_eq!(stage.start(), None);
    stage.pass_to_wake();
    assert_eq!(stage.start_all(2).len(), 2);
}

#[test]
fn a_call_that_goes_on_failing_lets_others_go_first() {
    let mut stage = stage(&[], 1);
    let now = stage.now;
    let mut wait = |attempts, wait| stage.schedule.due_again(attempts, wait, now).0 - now.0;
    assert_eq!(wait(0, Wait::No), 0);
    assert_eq!(wait(2, Wait::No), 0);
    assert!(wait(3, Wait::No) >= 1_000_000);
    assert!(wait(30, Wait::No) <= 300_000_000);
    assert_eq!(wait(0, Wait::InDoubt), 10_000_000);
    assert!(wait(0, Wait::Growing) >= 1_000_000);
}
