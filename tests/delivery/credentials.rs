//! Wrong passwords through a whole day, while calls arrive all the time: no user is locked.
//!
//! The day is simulated: the clocks of the delivery and of Salesforce are moved.

use super::*;
use res_ansitel_salesforce::config::RawSection;
use salesforce_simulator::Simulator;

const STEP: Duration = Duration::from_secs(600);
const STEPS: usize = 24 * 6;
const USERNAME: &str = "a@acme.example";

/// An org whose password policy is as strict as any: three wrong passwords in a row, however far
/// apart, lock a user until an administrator unlocks it.
fn strict() -> OrgSetup {
    OrgSetup {
        max_invalid_logins: 3,
        lockout_minutes: 0,
        ..acme()
    }
}

fn attempts(sim: &Simulator) -> usize {
    let logins = sim.logins();
    logins
        .iter()
        .filter(|login| login.username == USERNAME)
        .count()
}

/// Nobody works, nor is anybody about to.
fn at_rest(stage: &Stage) {
    eventually("on disk", || stage.journal.depth() == 0);
    // Work that became due before it was asked is in hand when it answers.
    stage.status();
    eventually("rest", || stage.status().workers_busy == 0);
}

/// A day of calls to users `names`, who all have the same credentials with what `wrong` says of
/// them; then all is right.
fn a_day(names: &[&'static str], wrong: (&'static str, &'static str)) {
    let sim = simulator([strict()]);
    let sections = |wrong: Option<(&'static str, &'static str)>| -> Vec<RawSection> {
        let mut options = vec![("username", USERNAME), ("password", "pw-a")];
        options.retain(|(name, _)| wrong.is_none_or(|(other, _)| other != *name));
        options.extend(wrong);
        let users = names.iter();
        let users = users.map(|name| section(name, sim.login_port(), &options));
        users.chain([section("b", sim.login_port(), &[])]).collect()
    };
    let stage = start(sim.clone(), |_| sections(Some(wrong)));
    let mut made = 0;
    let mut tried = Vec::new();
    for step in 0..STEPS {
        let users = names.iter().copied().chain(["b"]);
        stage.record(users.map(|user| call(user, &format!("{user}-{step}"), Some(KNOWN))));
        made += names.len() + 1;
        at_rest(&stage);
        if attempts(&sim) > tried.len() {
            tried.push(STEP * u32::try_from(step).unwrap());
        }
        assert_eq!(attempts(&sim), tried.len(), "several at a time");
        assert!(!sim.is_locked(USERNAME), "locked; tried after {tried:?}");
        sim.advance_clock(STEP);
        stage.delivery.advance_clock(STEP);
    }
    println!(
        "{} users with wrong credentials, {made} calls: tried after {tried:?}",
        names.len()
    );
    assert!(!tried.is_empty());
    for name in names {
        let user = stage.user(name);
        assert_eq!(user.condition, Condition::Refused);
        assert_eq!(user.counts.pending, STEPS as u64, "{name}");
    }
    eventually("b's", || stage.user("b").counts.delivered == STEPS as u64);
    let mended = configuration(&sim, stage.directory.path(), &[], sections(None));
    stage.delivery.reload(mended.clone(), client(&mended));
    stage.all_delivered(made);
    stage.assert_once(made, 1);
    assert_eq!(attempts(&sim), tried.len() + 1);
}

#[test]
fn a_day_with_a_wrong_password_locks_nobody() {
    a_day(&["a"], ("password", "wrong"));
}

#[test]
fn a_day_with_a_wrong_password_in_several_users_locks_nobody() {
    a_day(&["a1", "a2", "a3"], ("password", "wrong"));
}

#[test]
fn a_day_without_the_security_token_locks_nobody() {
    a_day(&["a"], ("token", ""));
}
