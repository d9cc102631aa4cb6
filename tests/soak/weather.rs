//! What goes wrong, drawn from the seed.
//!
//! Single requests are struck at random, one in twenty; and every now and then something is
//! wrong for a while.

use crate::calls::{ORGS, UNWANTED};
use salesforce_simulator::{
    Action, Fault, Maintenance, Mode, RecordTime, Simulator, Strain, ValidationRule,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many requests of a hundred are struck.
const STRUCK: f64 = 0.05;
/// More than will ever be struck: what is left of it tells how many were.
const MANY: u32 = 1_000_000;
/// More than an org will ever use.
pub const ENOUGH: u64 = 1_000_000_000;

/// What it is called, which requests it strikes, and what it does.
type Strike = (&'static str, &'static str, Action);

fn strikes(random: &mut fastrand::Rng) -> Vec<Strike> {
    let status = |status, after_commit| Action::Status {
        status,
        body: None,
        content_type: None,
        after_commit,
    };
    let delay = |after_commit| Action::Delay {
        ms: 300,
        after_commit,
    };
    let json = Action::Status {
        status: 500,
        body: Some(r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":"ErrorId: 1"}]"#.into()),
        content_type: Some("application/json".into()),
        after_commit: false,
    };
    let expired = Action::Status {
        status: 401,
        body: Some(r#"[{"errorCode":"INVALID_SESSION_ID","message":"Session expired"}]"#.into()),
        content_type: Some("application/json".into()),
        after_commit: false,
    };
    vec![
        ("cut before commit", "any", Action::CutBeforeCommit),
        ("cut after commit", "any", Action::CutAfterCommit),
        (
            "frozen before commit",
            "any",
            Action::Freeze {
                after_commit: false,
            },
        ),
        (
            "frozen after commit",
            "any",
            Action::Freeze { after_commit: true },
        ),
        ("500, Salesforce's error", "any", json),
        ("502, HTML", "any", status(502, false)),
        ("503, HTML", "any", status(503, false)),
        ("503, HTML, after commit", "any", status(503, true)),
        ("420, HTML", "any", status(420, false)),
        ("200, HTML", "any", status(200, false)),
        ("garbage", "any", Action::Garbage),
        (
            "truncated",
            "any",
            Action::Truncate {
                bytes: random.usize(..200),
            },
        ),
        ("slow before commit", "any", delay(false)),
        ("slow after commit", "any", delay(true)),
        (
            "slow, drop by drop",
            "any",
            Action::Drip { bytes: 100, ms: 3 },
        ),
        ("session expired", "rest", expired),
    ]
}

/// What is wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spell {
    OrgDown,
    OrgFrozen,
    LoginDown,
    LoginFrozen,
    Expired,
    Limit,
    Rule,
    Slow,
    Crowd,
    Locks,
    ReadOnly,
    RecordsReadOnly,
}

const SPELLS: [(Spell, &str, u64); 12] = [
    (Spell::OrgDown, "an org unreachable", 500),
    (Spell::OrgFrozen, "an org frozen", 1200),
    (Spell::LoginDown, "logins unreachable", 500),
    (Spell::LoginFrozen, "logins frozen", 1200),
    (Spell::Expired, "all sessions expired", 0),
    (Spell::Limit, "API limit reached", 500),
    (Spell::Rule, "a validation rule", 1500),
    (Spell::Slow, "writes that outlast the time limit", 2000),
    (Spell::Crowd, "too many long writes at once", 1500),
    (Spell::Locks, "Accounts' rows locked", 1500),
    (Spell::ReadOnly, "maintenance", 1000),
    (Spell::RecordsReadOnly, "maintenance, of records", 1000),
];

/// How an org bears work meanwhile. The longest request, 75 calls at locked Accounts, takes 5 s.
fn strained(spell: Spell) -> Strain {
    let times = |ms| vec![RecordTime::of("create", ms), RecordTime::of("upsert", ms)];
    let read_only = |status, whole| Some(Maintenance { status, whole });
    let usual = Strain::default();
    match spell {
        Spell::Slow => Strain {
            records: times(40),
            ..usual
        },
        Spell::Crowd => Strain {
            records: times(20),
            transaction_ms: 30,
            long_transactions: Some(1),
            ..usual
        },
        Spell::Locks => Strain {
            records: times(20),
            lock_accounts: true,
            lock_wait_ms: 40,
            ..usual
        },
        Spell::ReadOnly => Strain {
            maintenance: read_only(503, true),
            ..usual
        },
        _ => Strain {
            maintenance: read_only(400, false),
            ..usual
        },
    }
}

pub struct Weather<'a> {
    sim: &'a Simulator,
    random: fastrand::Rng,
    strikes: Vec<Strike>,
    /// Until when what is wrong where.
    now: Option<(Instant, Spell, &'static str)>,
    /// Before which call the next one comes, and how many calls apart they are.
    next: usize,
    apart: usize,
    spells: BTreeMap<&'static str, u64>,
}

impl<'a> Weather<'a> {
    pub fn begin(sim: &'a Simulator, seed: u64, calls: usize) -> Weather<'a> {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x3ea7);
        let mut strikes = strikes(&mut random);
        // The one that strikes first leaves nothing to those after it, which is as good as nothing.
        let each = STRUCK / strikes.len() as f64;
        for (_, on, action) in &strikes {
            let fault = Fault::every(on, action.clone());
            sim.add_fault(fault.with_probability(each).times(MANY));
        }
        // Of one record among those of a request.
        let locked = Action::Error {
            code: "UNABLE_TO_LOCK_ROW".into(),
            message: "unable to obtain exclusive access to this record".into(),
            status: None,
            fields: Vec::new(),
        };
        for on in ["create", "update", "upsert"] {
            let fault = Fault::every(on, locked.clone());
            sim.add_fault(fault.with_probability(0.003).times(MANY));
            strikes.push(("a row locked", on, locked.clone()));
        }
        Weather {
            sim,
            random,
            strikes,
            now: None,
            next: 0,
            apart: (calls / 40).clamp(100, 400),
            spells: BTreeMap::new(),
        }
    }

    /// To be asked again and again; `made`: how many calls there were so far.
    pub fn turn(&mut self, made: usize) {
        if let Some((until, spell, org)) = self.now {
            if Instant::now() < until {
                return;
            }
            self.now = None;
            self.change(spell, org, false);
        }
        if made >= self.next {
            self.next = made + self.random.usize(1..2 * self.apart);
            let (spell, words, longest) = SPELLS[self.random.usize(..SPELLS.len())];
            let org = ORGS[self.random.usize(..ORGS.len())];
            let length = Duration::from_millis(self.random.u64(longest / 4..=longest));
            *self.spells.entry(words).or_default() += 1;
            self.change(spell, org, true);
            self.now = Some((Instant::now() + length, spell, org));
        }
    }

    fn change(&self, spell: Spell, org: &str, wrong: bool) {
        let sim = self.sim;
        let mode = |mode| if wrong { mode } else { Mode::Up };
        match spell {
            Spell::OrgDown => sim.set_mode(org, mode(Mode::Down)),
            Spell::OrgFrozen => sim.set_mode(org, mode(Mode::Frozen)),
            Spell::LoginDown => sim.set_login_mode(mode(Mode::Down)),
            Spell::LoginFrozen => sim.set_login_mode(mode(Mode::Frozen)),
            Spell::Expired if wrong => sim.expire_sessions(org),
            Spell::Expired => {}
            Spell::Slow
            | Spell::Crowd
            | Spell::Locks
            | Spell::ReadOnly
            | Spell::RecordsReadOnly => {
                let strain = if wrong {
                    strained(spell)
                } else {
                    Strain::default()
                };
                sim.update_org(org, |org| org.strain = strain);
            }
            Spell::Limit => {
                let limit = if wrong { sim.api_usage(org) } else { ENOUGH };
                sim.update_org(org, |org| org.api_daily_limit = limit);
            }
            Spell::Rule => sim.update_org(org, |org| {
                org.validation_rules.clear();
                if wrong {
                    org.validation_rules.push(ValidationRule {
                        object: "Case".into(),
                        field: "SuppliedName".into(),
                        contains: UNWANTED.into(),
                        message: "not from this caller".into(),
                    });
                }
            }),
        }
    }

    /// All is well from here on. How often each thing went wrong.
    pub fn end(self) -> BTreeMap<&'static str, u64> {
        if let Some((_, spell, org)) = self.now {
            self.change(spell, org, false);
        }
        let mut times = self.spells;
        for fault in self.sim.faults() {
            let named = |(_, on, action): &&Strike| *on == fault.on && *action == fault.action;
            if let (Some((words, ..)), Some(left)) = (self.strikes.iter().find(named), fault.times)
            {
                *times.entry(words).or_default() += u64::from(MANY - left);
            }
        }
        self.sim.clear_faults();
        times
    }
}
