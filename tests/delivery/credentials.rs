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
        stage.at_rest();
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

/// A stage in front of a strict org, with users whose options are these; all have the same
/// username.
fn strict_stage(users: &[(&str, &[(&str, &str)])]) -> Stage {
    start(simulator([strict()]), |port| sections(users, port))
}

fn sections(users: &[(&str, &[(&str, &str)])], port: u16) -> Vec<RawSection> {
    let section = |(name, options): &(&str, &[(&str, &str)])| {
        let mut options = options.to_vec();
        if options.iter().all(|(option, _)| *option != "username") {
            options.insert(0, ("username", USERNAME));
        }
        section(name, port, &options)
    };
    users.iter().map(section).collect()
}

/// Another configuration, as somebody saves it.
fn save(stage: &mut Stage, users: &[(&str, &[(&str, &str)])]) {
    let sections = sections(users, stage.sim.login_port());
    let changed = configuration(&stage.sim, stage.directory.path(), &[], sections);
    stage
        .delivery
        .reload_saved(changed.clone(), client(&changed));
    stage.configuration = changed;
}

/// A call for everybody, and then all is quiet.
fn ring(stage: &Stage, reference: &str) {
    let users = stage.configuration.users.iter();
    let names: Vec<String> = users.map(|user| user.name.clone()).collect();
    let calls = names
        .iter()
        .map(|name| call(name, &format!("{reference}-{name}"), Some(KNOWN)));
    stage.record(calls);
    stage.at_rest();
}

#[test]
fn a_day_of_saves_reloads_and_restarts_with_a_wrong_password_locks_nobody() {
    let wrong = [("password", "wrong")];
    let mut stage = strict_stage(&[("a", &wrong), ("b", &[("username", "b@acme.example")])]);
    let mut passed = Duration::ZERO;
    let mut tried = Vec::new();
    for step in 0..STEPS {
        match step % 6 {
            0 => stage.reloaded(),
            1 => stage.saved(),
            // Another user's language.
            2 | 3 => {
                let language = ["de", "en"][step % 2];
                let other = [("username", "b@acme.example"), ("language", language)];
                save(&mut stage, &[("a", &wrong), ("b", &other)]);
            }
            _ => {
                stage = stage.restarted();
                // Shown at once, and before anything is sent.
                let user = stage.user("a");
                assert_eq!(user.condition, Condition::Refused);
                for said in ["INVALID_LOGIN", "the credentials are changed"] {
                    assert!(user.words.contains(said), "{}", user.words);
                }
                stage.delivery.advance_clock(passed);
            }
        }
        ring(&stage, &step.to_string());
        if attempts(&stage.sim) > tried.len() {
            tried.push(passed);
        }
        assert_eq!(attempts(&stage.sim), tried.len(), "several at a time");
        assert!(!stage.sim.is_locked(USERNAME), "tried after {tried:?}");
        stage.sim.advance_clock(STEP);
        stage.delivery.advance_clock(STEP);
        passed += STEP;
    }
    println!("a wrong password through a day of reloads: tried after {tried:?}");
    // At once, and when a reload was asked for an hour later.
    assert_eq!(tried, [Duration::ZERO, STEP * 6]);
    eventually("b's", || stage.user("b").counts.delivered == STEPS as u64);
    // Even now it is a test that finds the right password.
    save(&mut stage, &[("a", &[("password", "pw-a")])]);
    stage.at_rest();
    let words = stage.user("a").words;
    assert!(words.contains("not tried: 2 logins in a row"), "{words}");
    let (sender, steps) = std::sync::mpsc::channel();
    let reply = Box::new(move |steps| drop(sender.send(steps)));
    stage.delivery.test("a", reply);
    steps.recv_timeout(PATIENCE).expect("an answer");
    stage.all_delivered(2 * STEPS);
    assert_eq!(attempts(&stage.sim), 3);
}

#[test]
fn ten_saves_of_another_users_language_add_no_login() {
    let wrong = [("password", "wrong")];
    let mut stage = strict_stage(&[("a", &wrong), ("b", &[("username", "b@acme.example")])]);
    ring(&stage, "first");
    assert_eq!(attempts(&stage.sim), 1);
    for n in 0..10 {
        let language = ["de", "en"][n % 2];
        let other = [("username", "b@acme.example"), ("language", language)];
        save(&mut stage, &[("a", &wrong), ("b", &other)]);
        ring(&stage, &n.to_string());
    }
    assert_eq!(attempts(&stage.sim), 1);
}

#[test]
fn different_wrong_passwords_of_one_username_do_not_add_up() {
    // Salesforce takes capital letters for small ones.
    let shouted = USERNAME.to_uppercase();
    let stage = strict_stage(&[
        ("a1", &[("password", "one")]),
        ("a2", &[("password", "two"), ("username", &shouted)]),
        ("a3", &[("password", "three")]),
        ("a4", &[("password", "four")]),
    ]);
    for n in 0..5 {
        ring(&stage, &n.to_string());
        stage.reloaded();
        stage.saved();
    }
    assert!(!stage.sim.is_locked(USERNAME));
    let logins = stage.sim.logins();
    assert_eq!(logins.len(), 2, "{logins:#?}");
    for name in ["a1", "a2", "a3", "a4"] {
        assert_eq!(stage.user(name).condition, Condition::Refused, "{name}");
    }
}

#[test]
fn one_wrong_password_after_the_other_is_saved_and_locks_nobody() {
    let mut stage = strict_stage(&[("a", &[("password", "wrong")])]);
    ring(&stage, "first");
    for n in 0..10 {
        let password = format!("wrong{n}");
        save(&mut stage, &[("a", &[("password", &password)])]);
        ring(&stage, &n.to_string());
        stage = stage.restarted();
    }
    assert!(!stage.sim.is_locked(USERNAME));
    assert_eq!(attempts(&stage.sim), 2);
}

/// The password's file and not its name, the key and not where it is.
#[test]
fn a_secret_is_its_content() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (one, same) = (file("one", "wrong\n"), file("same", "wrong"));
    let section = |path: &str, port| {
        let mut section = section("a", port, &[("password_file", path)]);
        section.options.retain(|option| option.name != "password");
        vec![section]
    };
    let stage = start(simulator([strict()]), |port| section(&one, port));
    ring(&stage, "first");
    let reload = |path: &str| {
        let sections = section(path, stage.sim.login_port());
        let changed = configuration(&stage.sim, stage.directory.path(), &[], sections);
        stage
            .delivery
            .reload_saved(changed.clone(), client(&changed));
    };
    reload(&same);
    ring(&stage, "same");
    assert_eq!(attempts(&stage.sim), 1);
    // Another content at the same place.
    file("same", "pw-a");
    reload(&same);
    stage.all_delivered(2);
    assert_eq!(attempts(&stage.sim), 2);
}

#[test]
fn a_session_that_expires_after_the_password_was_changed_is_one_wrong_login() {
    let mut stage = strict_stage(&[("a", &[])]);
    ring(&stage, "well");
    stage.all_delivered(1);
    let change = |user: &mut salesforce_simulator::UserSetup| user.password = "new".into();
    stage.sim.update_user(USERNAME, change);
    stage.sim.expire_sessions("acme");
    for n in 0..5 {
        ring(&stage, &n.to_string());
        stage.saved();
        stage = stage.restarted();
    }
    assert_eq!(attempts(&stage.sim), 2, "the first one, and one renewal");
    save(&mut stage, &[("a", &[("password", "new")])]);
    stage.all_delivered(6);
    assert!(!stage.sim.is_locked(USERNAME));
}

#[test]
fn a_kill_before_the_answer_counts_as_a_wrong_password() {
    let mut stage = strict_stage(&[("a", &[("password", "wrong")])]);
    let fault = || {
        let action = Action::Freeze { after_commit: true };
        Fault::once("login", action)
    };
    for n in 0..4 {
        stage.sim.add_fault(fault());
        let before = attempts(&stage.sim);
        stage.record([call("a", &n.to_string(), None)]);
        if n < 2 {
            eventually("it is checked", || attempts(&stage.sim) > before);
        } else {
            stage.at_rest();
        }
        stage = stage.killed();
    }
    stage.at_rest();
    assert_eq!(attempts(&stage.sim), 2);
    assert!(!stage.sim.is_locked(USERNAME));
    let words = stage.user("a").words;
    assert!(words.contains("not tried: 2 logins in a row"), "{words}");
}

/// What hides Salesforce's refusal behind a page of its own.
#[test]
fn answers_that_never_arrive_lock_nobody() {
    for action in [
        Action::CutAfterCommit,
        Action::Garbage,
        Action::Status {
            status: 500,
            body: Some("<html>Internal Server Error</html>".into()),
            content_type: Some("text/html".into()),
            after_commit: true,
        },
    ] {
        let stage = strict_stage(&[("a", &[("password", "wrong")])]);
        stage.sim.add_fault(Fault::every("login", action.clone()));
        let refused = || stage.user("a").condition == Condition::Refused;
        stage.record([call("a", "r", None)]);
        eventually("no login any more", refused);
        for n in 0..10 {
            stage.reloaded();
            ring(&stage, &n.to_string());
            stage.delivery.advance_clock(STEP * 12);
        }
        assert!(!stage.sim.is_locked(USERNAME), "{action:?}");
    }
}

/// It would be forgotten.
#[test]
fn a_journal_that_cannot_be_written_makes_no_login() {
    let stage = strict_stage(&[("a", &[("password", "wrong")])]);
    // Somebody else writes, and does not come to an end.
    let other = rusqlite::Connection::open(stage.journal.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (sender, steps) = std::sync::mpsc::channel();
    let reply = Box::new(move |steps| drop(sender.send(steps)));
    stage.delivery.test("a", reply);
    let steps: Vec<res_ansitel_salesforce::delivery::Step> =
        steps.recv_timeout(PATIENCE).expect("an answer");
    let last = steps.last().expect("steps");
    let problem = last.result.as_ref().unwrap_err();
    assert!(problem.contains("journal"), "{steps:#?}");
    assert_eq!(attempts(&stage.sim), 0);
    other.execute_batch("ROLLBACK").unwrap();
    ring(&stage, "r");
    eventually("tried", || attempts(&stage.sim) == 1);
}

#[test]
fn the_journal_holds_no_secret_and_names_who_is_refused() {
    let stage = strict_stage(&[("a", &[("password", "Wr0ngS3cret")])]);
    ring(&stage, "r");
    let file = rusqlite::Connection::open(stage.journal.path()).unwrap();
    let sql = "SELECT username, refused FROM credentials";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (username, refused): (String, String) = file.query_row(sql, [], row).unwrap();
    assert_eq!(username, USERNAME);
    assert!(refused.contains("INVALID_LOGIN"), "{refused}");
    drop(file);
    for suffix in ["", "-wal"] {
        let path = format!("{}{suffix}", stage.journal.path().display());
        let bytes = std::fs::read(path).unwrap();
        let secret = b"Wr0ngS3cret";
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }
}
