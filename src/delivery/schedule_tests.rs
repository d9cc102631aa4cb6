//! The schedule without threads: time is a number that the test moves.

use super::gate::{Change, Kind};
use super::lockout::{Lifted, Withheld};
use super::policy::{Policy, after};
use super::schedule::{
    Ended, Event, Identity, JobId, Member, Occasion, Place, Schedule, Standing, Trouble,
};
use super::worker::Wait;
use crate::calls::record::Timestamp;
use crate::salesforce;
use std::collections::HashMap;
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
        configured: 0,
    }
}

fn stage(members: &[Member], workers: usize) -> Stage {
    let mut schedule = Schedule::new(Policy::default(), fastrand::Rng::with_seed(7));
    let now = Timestamp(1_800_000_000_000_000);
    let nothing = HashMap::new();
    schedule.configure(members.to_vec(), workers, Occasion::Start, &nothing, now);
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
        wrote: true,
        result: Ok(()),
    }
}

fn logged_in(org: &str) -> Ended {
    Ended {
        logged_in: true,
        wrote: true,
        ..well(org)
    }
}

fn ill(org: Option<&str>, at_login: bool, kind: salesforce::Kind) -> Ended {
    Ended {
        org: org.map(str::to_owned),
        logged_in: false,
        wrote: true,
        result: Err(Trouble::Salesforce {
            at_login,
            kind,
            words: "words".into(),
        }),
    }
}

/// The credentials were refused, as whoever asked the journal says it.
fn withheld() -> Withheld {
    Withheld {
        words: "words".into(),
        until: None,
        lifted: Lifted::Credentials(None),
    }
}

fn refused() -> Ended {
    Ended {
        org: None,
        logged_in: false,
        wrote: true,
        result: Err(Trouble::Withheld(withheld())),
    }
}

impl Stage {
    /// The configuration is read again; the journal says so of these logins.
    fn configure(
        &mut self,
        members: &[Member],
        occasion: Occasion,
        remembered: &[(Identity, Option<Withheld>)],
    ) -> Vec<Event> {
        let remembered = remembered.iter().cloned().collect();
        let members = members.to_vec();
        self.schedule
            .configure(members, 4, occasion, &remembered, self.now)
    }

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
fn refused_credentials_are_left_alone_until_the_journal_says_otherwise() {
    let members = [member("a", 1, "host")];
    let mut stage = stage(&members, 4);
    let job = stage.start().expect("a first login");
    assert_eq!(stage.start(), None, "one at a time");
    let events = stage.end(&job, &refused());
    assert!(
        matches!(&events[..], [Event::Refused { user, .. }] if user == "a"),
        "{events:?}"
    );
    for occasion in [Occasion::Saved, Occasion::Asked, Occasion::Saved] {
        stage.pass(Duration::from_secs(24 * HOUR));
        assert_eq!(stage.start(), None, "by itself");
        let told = stage.configure(&members, occasion, &[(1, Some(withheld()))]);
        assert_eq!(told.len(), usize::from(occasion == Occasion::Asked));
        // The journal cannot be read just now: all stays as it is.
        stage.configure(&members, occasion, &[]);
        assert_eq!(stage.start(), None, "{occasion:?}");
    }
    stage.configure(&members, Occasion::Asked, &[(1, None)]);
    assert!(stage.start().is_some());
}

#[test]
fn what_was_refused_before_a_start_is_shown_and_not_tried() {
    let mut schedule = Schedule::new(Policy::default(), fastrand::Rng::with_seed(7));
    let now = Timestamp(1_800_000_000_000_000);
    let remembered = HashMap::from([(1, Some(withheld())), (2, None)]);
    let members = vec![member("a", 1, "h"), member("b", 2, "h")];
    let told = schedule.configure(members, 4, Occasion::Start, &remembered, now);
    assert!(
        matches!(&told[..], [Event::Refused { user, .. }] if user == "a"),
        "{told:?}"
    );
    for name in ["a", "b"] {
        schedule.set_work(name, Some(now));
    }
    assert!(matches!(
        schedule.standing("a", now),
        Standing::Refused(refusal) if refusal.why == withheld()
    ));
    assert_eq!(schedule.next(now).as_deref(), Some("b"));
    schedule.started("b", 1, now);
    assert_eq!(schedule.next(now), None);
}

/// Another login of the same username has ended: who was held because of it goes on, or not.
#[test]
fn what_the_journal_says_of_others_is_taken_over() {
    let members = [member("a", 1, "h"), member("b", 2, "h")];
    let mut stage = stage(&members, 4);
    let remember = |stage: &mut Stage, what: Option<Withheld>| {
        let remembered = HashMap::from([(2, what)]);
        stage.schedule.remember(&remembered, stage.now);
    };
    remember(&mut stage, Some(withheld()));
    let a = stage.start().unwrap();
    assert_eq!((a.0.as_str(), stage.start()), ("a", None));
    remember(&mut stage, None);
    let b = stage.start().unwrap();
    // While its login is under way it is the one that knows.
    remember(&mut stage, Some(withheld()));
    stage.end(&b, &logged_in("00D"));
    assert_eq!(stage.schedule.standing("b", stage.now), Standing::Ok);
    // And a session is a session.
    remember(&mut stage, Some(withheld()));
    assert_eq!(stage.schedule.standing("b", stage.now), Standing::Ok);
}

#[test]
fn missing_permissions_are_tried_again_after_a_change_or_an_hour_later_by_a_reload() {
    let as_was = [member("a", 1, "h")];
    let changed = [Member {
        configured: 1,
        ..as_was[0].clone()
    }];
    let mut stage = stage(&as_was, 4);
    let refusal = ill(Some("00D"), false, salesforce::Kind::Permission);
    let job = stage.start().unwrap();
    stage.end(&job, &refusal);
    for occasion in [Occasion::Saved, Occasion::Asked] {
        stage.configure(&as_was, occasion, &[]);
        assert_eq!(stage.start(), None, "{occasion:?}");
    }
    stage.configure(&changed, Occasion::Saved, &[]);
    let job = stage
        .start()
        .expect("what it needs may be another thing now");
    stage.end(&job, &refusal);
    stage.pass(Duration::from_secs(HOUR));
    stage.configure(&changed, Occasion::Saved, &[]);
    assert_eq!(stage.start(), None, "a save about somebody else");
    stage.configure(&changed, Occasion::Asked, &[]);
    assert!(stage.start().is_some());
}

#[test]
fn refused_permissions_are_tried_again_and_again_but_rarely() {
    // The profile lacks something: the password was right each time.
    let (org, at_login) = (Some("00D"), false);
    {
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
    stage.end(&a, &refused());
    assert_eq!(stage.start(), None);
    assert!(matches!(
        stage.schedule.standing("b", stage.now),
        Standing::Refused(_)
    ));
    stage.end(&c, &logged_in("00D"));
    assert_eq!(stage.start().unwrap().0, "c", "others go on");
}

#[test]
fn success_forgets_a_refusal() {
    let mut stage = stage(&[member("a", 1, "h")], 4);
    let refusal = ill(None, false, salesforce::Kind::SessionExpired);
    let until = |stage: &Stage| match stage.schedule.standing("a", stage.now) {
        Standing::Refused(refusal) => refusal.why.until,
        other => panic!("{other:?}"),
    };
    for hours in [1, 2] {
        let job = stage.start().unwrap();
        stage.end(&job, &refusal);
        let next = after(stage.now, Duration::from_secs(hours * HOUR));
        assert_eq!(until(&stage), Some(next));
        assert_eq!(stage.start(), None);
        stage.now = next;
    }
    let job = stage.start().unwrap();
    stage.end(&job, &logged_in("00D"));
    assert_eq!(stage.schedule.standing("a", stage.now), Standing::Ok);
    let job = stage.start().unwrap();
    stage.end(&job, &refusal);
    let next = after(stage.now, Duration::from_secs(HOUR));
    assert_eq!(until(&stage), Some(next));
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
        wrote: true,
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

/// Five jobs at once in one org, which bears two.
#[test]
fn too_many_requests_at_once_wait_for_seconds_and_become_fewer() {
    let members: Vec<_> = (0..8)
        .map(|n| member(&format!("u{n}"), n, "host"))
        .collect();
    let mut stage = stage(&members, 8);
    stage.log_in(|_| "00D");
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    let too_many = ill(Some("00D"), false, salesforce::Kind::TooMany);
    let begun = stage.now;
    let mut at_once = Vec::new();
    for _ in 0..6 {
        stage.give_work(&names);
        let jobs = stage.start_all(8);
        at_once.push(jobs.len());
        stage.pass(Duration::from_millis(100));
        for (place, job) in jobs.iter().enumerate() {
            let ended = if place < 2 { &well("00D") } else { &too_many };
            stage.end(job, ended);
        }
        stage.pass(Duration::from_secs(1));
        if stage.schedule.next(stage.now).is_none() {
            stage.pass_to_wake();
        }
    }
    assert_eq!(at_once[0], 8);
    assert_eq!(at_once[1], 1, "a probe: {at_once:?}");
    assert!(at_once[2..].iter().all(|jobs| *jobs < 8), "{at_once:?}");
    let took = Duration::from_micros(u64::try_from(stage.now.0 - begun.0).unwrap());
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn the_wait_for_too_many_at_once_is_seconds_however_often() {
    let policy = Policy::default();
    let mut rng = fastrand::Rng::with_seed(3);
    let waits: Vec<_> = (1..200).map(|n| policy.crowd(n, &mut rng)).collect();
    assert!(waits.iter().all(|wait| *wait <= policy.crowd_longest));
    assert!(waits.iter().all(|wait| *wait >= Duration::from_secs(1)));
    let mut last = waits[100..].to_vec();
    last.sort();
    last.dedup();
    assert!(last.len() > 90, "they differ");
}

#[test]
fn maintenance_is_over_when_something_could_be_written() {
    let mut stage = stage(&[member("a", 1, "host")], 4);
    stage.log_in(|_| "00D");
    stage.give_work(&["a"]);
    let job = stage.start().unwrap();
    stage.pass(Duration::from_secs(1));
    let read_only = ill(Some("00D"), false, salesforce::Kind::Maintenance);
    let events = stage.end(&job, &read_only);
    assert!(
        matches!(&events[..], [Event::Place(_, Change::Begins(pause), _)]
        if pause.kind == Kind::Maintenance)
    );
    // What only reads goes on, and proves nothing.
    assert_eq!(
        stage.schedule.asking("a", stage.now),
        super::schedule::Asking::Beside
    );
    for _ in 0..5 {
        stage.pass_to_wake();
        let job = stage.start().expect("a probe");
        stage.pass(Duration::from_millis(1));
        stage.end(
            &job,
            &Ended {
                wrote: false,
                ..well("00D")
            },
        );
        assert!(matches!(
            stage.schedule.standing("a", stage.now),
            Standing::Waiting(_, _)
        ));
        let job = stage.start().expect("a probe");
        stage.pass(Duration::from_millis(1));
        stage.end(&job, &read_only);
    }
    stage.pass_to_wake();
    let job = stage.start().unwrap();
    stage.pass(Duration::from_millis(1));
    stage.end(&job, &well("00D"));
    assert_eq!(stage.schedule.standing("a", stage.now), Standing::Ok);
}
