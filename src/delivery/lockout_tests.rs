//! Who may log in when: with the real journal, a Salesforce that locks a user at the third wrong
//! password in a row, and time as a number that the test moves.

use super::lockout::{self, By, Lifted, Wish, Withheld};
use super::policy::{Policy, after, before};
use super::sessions::Sessions;
use crate::calls::record::Timestamp;
use crate::journal::{Journal, LoginEnd, LoginKey};
use proptest::prelude::*;
use std::time::Duration;
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3600);
const USERNAME: &str = "a@acme.example";

/// How a login ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    /// The answer is lost on its way.
    Lost,
    /// The process is killed before it comes.
    Killed,
}

/// A PBX, a username, and what Salesforce thinks of it.
struct Stage {
    journal: Option<Journal>,
    directory: TempDir,
    policy: Policy,
    now: Timestamp,
    /// Passwords of the sections, which are numbers.
    sections: Vec<u16>,
    right: u16,
    logins: u32,
    wrong_in_a_row: u32,
    is_locked: bool,
}

fn key(password: u16) -> LoginKey {
    LoginKey {
        username: USERNAME.into(),
        mark: password,
    }
}

fn stage(sections: &[u16], right: u16) -> Stage {
    let mut stage = Stage {
        journal: None,
        directory: tempfile::tempdir().unwrap(),
        policy: Policy::default(),
        now: Timestamp(1_800_000_000_000_000),
        sections: sections.to_vec(),
        right,
        logins: 0,
        wrong_in_a_row: 0,
        is_locked: false,
    };
    stage.restart();
    stage
}

impl Stage {
    fn restart(&mut self) {
        self.journal = None;
        let path = self.directory.path().join("journal");
        self.journal = Some(Journal::open(&path).unwrap().0);
    }

    fn decide<T: Send + 'static>(
        &self,
        password: u16,
        by: By,
        decide: impl Fn(&mut crate::journal::Logins, &Wish, &Policy, Timestamp) -> T + Send + 'static,
    ) -> T {
        let configured: Vec<LoginKey> = self.sections.iter().map(|one| key(*one)).collect();
        let (policy, now) = (self.policy.clone(), self.now);
        let decided =
            self.journal
                .as_ref()
                .unwrap()
                .on_logins(vec![key(password)], move |key, logins| {
                    let wish = Sessions::wish(&configured, key, true, by, &logins.others_good);
                    decide(logins, &wish, &policy, now)
                });
        decided.unwrap().pop().unwrap()
    }

    fn withheld(&self, password: u16) -> Option<Withheld> {
        self.decide(password, By::Itself, lockout::withheld)
    }

    /// Logs in, if that may be; `true`: there is a session.
    fn log_in(&mut self, password: u16, by: By, end: End) -> Result<bool, Withheld> {
        self.decide(password, by, lockout::begin)?;
        self.logins += 1;
        let is_right = password == self.right && !self.is_locked;
        self.wrong_in_a_row = if is_right { 0 } else { self.wrong_in_a_row + 1 };
        self.is_locked |= self.wrong_in_a_row >= 3;
        let told = match end {
            End::Answered if is_right => LoginEnd::Accepted,
            End::Answered => LoginEnd::Refused {
                words: "INVALID_LOGIN".into(),
                until: None,
                is_wrong: Some(true),
            },
            End::Lost => LoginEnd::InDoubt,
            End::Killed => {
                self.restart();
                return Ok(false);
            }
        };
        let journal = self.journal.as_ref().unwrap();
        journal.login_ended(key(password), told, self.now);
        Ok(end == End::Answered && is_right)
    }

    fn by_itself(&mut self, password: u16) -> Result<bool, Withheld> {
        self.log_in(password, By::Itself, End::Answered)
    }

    fn test(&mut self, password: u16) -> Result<bool, Withheld> {
        self.log_in(password, By::Test, End::Answered)
    }

    fn reload(&self, is_asked: bool) {
        for password in self.sections.clone() {
            self.decide(password, By::Itself, move |logins, wish, policy, now| {
                lockout::reloaded(logins, is_asked, wish, policy, now);
            });
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = after(self.now, time);
    }
}

#[test]
fn a_refusal_outlives_restarts_saves_and_time() {
    let mut stage = stage(&[1], 9);
    assert_eq!(stage.by_itself(1), Ok(false));
    for _ in 0..10 {
        stage.restart();
        stage.reload(false);
        stage.pass(24 * HOUR);
        let withheld = stage.by_itself(1).unwrap_err();
        assert_eq!(
            (withheld.words.as_str(), withheld.until),
            ("INVALID_LOGIN", None)
        );
    }
    assert_eq!(stage.logins, 1);
}

#[test]
fn a_reload_that_is_asked_for_counts_an_hour_later_and_once() {
    let mut stage = stage(&[1], 9);
    stage.by_itself(1).unwrap();
    let from = after(stage.now, HOUR);
    let lifted = stage.withheld(1).unwrap().lifted;
    assert_eq!(lifted, Lifted::Credentials(Some(from)));
    for _ in 0..6 {
        stage.reload(true);
        assert!(stage.by_itself(1).is_err(), "{:?}", stage.now);
        stage.pass(HOUR / 6);
    }
    stage.reload(true);
    stage.reload(true);
    assert_eq!(stage.by_itself(1), Ok(false));
    // A third one might lock the user, whenever it is.
    for _ in 0..48 {
        stage.pass(HOUR);
        stage.reload(true);
        let withheld = stage.by_itself(1).unwrap_err();
        assert_eq!(withheld.lifted, Lifted::Credentials(None));
    }
    assert_eq!((stage.logins, stage.is_locked), (2, false));
}

#[test]
fn wrong_passwords_saved_one_after_the_other_lock_nobody() {
    let mut stage = stage(&[1], 9);
    for password in 1..9 {
        stage.sections = vec![password];
        stage.reload(false);
        let _ = stage.by_itself(password);
    }
    assert_eq!((stage.logins, stage.is_locked), (2, false));
    // The right one, at last: a person says so.
    stage.sections = vec![9];
    let withheld = stage.withheld(9).unwrap();
    assert_eq!(withheld.lifted, Lifted::Test);
    assert!(withheld.words.contains("2 logins in a row"), "{withheld:?}");
    assert_eq!(stage.test(9), Ok(true));
    assert_eq!(stage.withheld(9), None);
    assert_eq!(stage.by_itself(9), Ok(true));
}

#[test]
fn sections_with_one_username_are_counted_together() {
    let mut stage = stage(&[1, 2, 3], 9);
    for password in [1, 2, 3] {
        let _ = stage.by_itself(password);
    }
    assert_eq!((stage.logins, stage.is_locked), (2, false));
    assert_eq!(stage.withheld(3).unwrap().lifted, Lifted::Test);
}

#[test]
fn a_wrong_section_leaves_a_login_to_the_one_that_is_right() {
    let mut stage = stage(&[1, 9], 9);
    assert_eq!(stage.by_itself(9), Ok(true));
    assert_eq!(stage.by_itself(1), Ok(false));
    // Mistyped again.
    stage.sections = vec![2, 9];
    assert!(stage.by_itself(2).is_err());
    // The session expires.
    assert_eq!(stage.by_itself(9), Ok(true));
    assert_eq!(stage.by_itself(2), Ok(false), "the row was over");
    // And when the right one was changed in Salesforce meanwhile, nobody is locked either.
    stage.right = 5;
    assert_eq!(stage.by_itself(9), Ok(false));
    for password in [2, 9, 3, 4] {
        assert!(stage.by_itself(password).is_err());
    }
    assert!(!stage.is_locked);
}

#[test]
fn logins_whose_end_nobody_knows_count() {
    for end in [End::Lost, End::Killed] {
        let mut stage = stage(&[1], 9);
        for _ in 0..10 {
            let _ = stage.log_in(1, By::Itself, end);
            stage.pass(24 * HOUR);
        }
        assert_eq!((stage.logins, stage.is_locked), (2, false), "{end:?}");
    }
}

/// An outage is no reason to give good credentials up.
#[test]
fn good_credentials_are_tried_again_when_answers_are_lost() {
    let mut stage = stage(&[9], 9);
    stage.by_itself(9).unwrap();
    let mut tried = Vec::new();
    let begun = stage.now;
    while stage.now < after(begun, 24 * HOUR) {
        if stage.log_in(9, By::Itself, End::Lost).is_ok() {
            tried.push((stage.now.0 - begun.0) / 60_000_000);
        }
        stage.pass(HOUR / 60);
    }
    assert_eq!(tried, [0, 1, 2, 62, 182, 422, 902]);
    stage.pass(24 * HOUR);
    assert_eq!(stage.by_itself(9), Ok(true));
    assert_eq!(stage.by_itself(9), Ok(true));
}

#[test]
fn a_script_that_tests_again_and_again_locks_nobody_at_once() {
    let mut stage = stage(&[1], 9);
    stage.by_itself(1).unwrap();
    let refused: Vec<_> = (0..100).map(|_| stage.test(1)).collect();
    assert_eq!((stage.logins, stage.is_locked), (2, false));
    let words = &refused[99].as_ref().unwrap_err().words;
    for said in ["not tried", "2 logins in a row", "reload the module"] {
        assert!(words.contains(said), "{words}");
    }
    // Once an hour.
    for _ in 0..60 {
        stage.pass(HOUR / 60);
        let _ = stage.test(1);
    }
    assert_eq!(stage.logins, 3);
}

#[test]
fn who_mends_it_in_salesforce_reloads_and_tests_again() {
    let mut stage = stage(&[1], 9);
    stage.by_itself(1).unwrap();
    assert_eq!(stage.test(1), Ok(false));
    assert!(stage.test(1).is_err());
    // The password there is what salesforce.conf says by now.
    (stage.right, stage.wrong_in_a_row) = (1, 0);
    assert!(stage.test(1).is_err(), "nothing says so");
    stage.reload(false);
    assert_eq!(stage.test(1), Ok(true));
    assert_eq!(stage.by_itself(1), Ok(true));
}

#[test]
fn reloads_and_tests_by_turns_are_one_login_an_hour() {
    let mut stage = stage(&[1], 9);
    // What is locked stays so, and that is not what is counted here.
    stage.wrong_in_a_row = 0;
    for _ in 0..60 {
        stage.reload(true);
        let _ = stage.test(1);
        stage.pass(HOUR / 60);
    }
    assert_eq!(stage.logins, 3, "two, and one by the reload");
}

#[test]
fn a_clock_that_is_set_back_makes_no_login() {
    let mut stage = stage(&[1], 9);
    stage.by_itself(1).unwrap();
    stage.now = before(stage.now, 1000 * HOUR);
    stage.restart();
    let begun = stage.now;
    while stage.now < after(begun, HOUR) {
        stage.reload(true);
        assert!(stage.by_itself(1).is_err());
        stage.pass(HOUR / 10);
    }
    // Nor does it take a thousand hours.
    stage.reload(true);
    assert_eq!(stage.by_itself(1), Ok(false));
    stage.now = before(stage.now, 1000 * HOUR);
    let _ = stage.test(1);
    let _ = stage.by_itself(1);
    assert_eq!((stage.logins, stage.is_locked), (2, false));
}

#[test]
fn what_is_no_password_locks_nobody_and_is_remembered_all_the_same() {
    let stage = stage(&[1], 9);
    let begin = |by| {
        stage.decide(1, by, |logins, wish, policy, now| {
            let wish = Wish {
                by_password: false,
                ..*wish
            };
            lockout::begin(logins, &wish, policy, now)
        })
    };
    let refused = LoginEnd::Refused {
        words: "invalid_client".into(),
        until: None,
        is_wrong: None,
    };
    let journal = stage.journal.as_ref().unwrap();
    for _ in 0..5 {
        begin(By::Test).unwrap();
        journal.login_ended(key(1), refused.clone(), stage.now);
    }
    assert!(begin(By::Itself).is_err());
}

/// What may happen in a day.
#[derive(Debug, Clone)]
enum Step {
    Calls(usize, End),
    Expire,
    Save(usize, u16),
    SaveOther,
    Reload,
    Restart,
    SetBack,
    Pass(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Kept small, so that right and wrong passwords come and go.
    let password = 1..5u16;
    let end = prop_oneof![
        4 => Just(End::Answered),
        1 => Just(End::Lost),
        1 => Just(End::Killed),
    ];
    let step = prop_oneof![
        8 => (0..2usize, end).prop_map(|(section, end)| Step::Calls(section, end)),
        2 => Just(Step::Expire),
        3 => (0..2usize, password).prop_map(|(section, password)| Step::Save(section, password)),
        2 => Just(Step::SaveOther),
        3 => Just(Step::Reload),
        2 => Just(Step::Restart),
        1 => Just(Step::SetBack),
        4 => (1..200u32).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two sections with one username, calls all the time, somebody who saves whatever comes to
    /// mind: without a test nobody is locked.
    #[test]
    fn nothing_that_goes_by_itself_locks_a_user(steps in steps(), right in 1..6u16) {
        let mut stage = stage(&[1, 2], right);
        let mut has_session = [false, false];
        for step in steps {
            match step {
                Step::Calls(section, end) => {
                    let password = stage.sections[section];
                    // Whoever has a session needs no login.
                    if !has_session[section] {
                        let logged_in = stage.log_in(password, By::Itself, end);
                        has_session[section] = logged_in.unwrap_or(false);
                        if end == End::Killed {
                            has_session = [false, false];
                        }
                    }
                }
                Step::Expire => has_session = [false, false],
                Step::Save(section, password) => {
                    has_session[section] &= stage.sections[section] == password;
                    stage.sections[section] = password;
                    stage.reload(false);
                }
                Step::SaveOther => stage.reload(false),
                Step::Reload => stage.reload(true),
                Step::Restart => {
                    has_session = [false, false];
                    stage.restart();
                }
                Step::SetBack => stage.now = before(stage.now, HOUR * 5),
                Step::Pass(minutes) => stage.pass(HOUR / 60 * minutes),
            }
            prop_assert!(!stage.is_locked, "after {} logins", stage.logins);
        }
    }
}
