//! What is remembered of logins.

use super::*;

fn key(username: &str, mark: u16) -> LoginKey {
    LoginKey {
        username: username.into(),
        mark,
    }
}

fn logins(journal: &Journal, key: &LoginKey) -> Logins {
    let read = journal.on_logins(vec![key.clone()], |_, logins| logins.clone());
    read.unwrap().pop().unwrap()
}

/// A login begins, and ends so; `None`: nobody knows how.
fn login(journal: &Journal, key: &LoginKey, end: Option<LoginEnd>) -> Logins {
    let begun = journal.on_logins(vec![key.clone()], |_, logins| {
        logins.in_doubt += 1;
        logins.last = Timestamp(5);
    });
    begun.unwrap();
    if let Some(end) = end {
        journal.login_ended(key.clone(), end, Timestamp(7));
    }
    logins(journal, key)
}

fn refused(is_wrong: Option<bool>) -> LoginEnd {
    LoginEnd::Refused {
        words: "no".into(),
        until: Some(Timestamp(9)),
        is_wrong,
    }
}

/// Those that are wrong in a row, those in doubt, and whether the credentials are good and refused.
fn told(logins: &Logins) -> (u32, u32, bool, bool) {
    let is_refused = logins.refusal.is_some();
    (logins.wrong, logins.in_doubt, logins.is_good, is_refused)
}

#[test]
fn logins_end_as_in_the_table() {
    for (end, expected) in [
        (None, (1, 2, false, false)),
        (Some(LoginEnd::InDoubt), (1, 2, false, false)),
        (Some(LoginEnd::Accepted), (0, 0, true, false)),
        (Some(refused(Some(true))), (2, 1, false, true)),
        (Some(refused(Some(false))), (0, 0, false, true)),
        (Some(refused(None)), (1, 1, false, true)),
        (Some(LoginEnd::Uncounted), (1, 1, false, false)),
    ] {
        let bench = bench();
        let journal = &bench.journal;
        // Another section's was wrong, one more and one of these are in doubt.
        login(journal, &key("a", 2), Some(refused(Some(true))));
        login(journal, &key("a", 3), None);
        login(journal, &key("a", 1), None);
        let is_over = matches!(
            end,
            Some(
                LoginEnd::Accepted
                    | LoginEnd::Refused {
                        is_wrong: Some(false),
                        ..
                    }
            )
        );
        let after = login(journal, &key("a", 1), end.clone());
        assert_eq!(told(&after), expected, "{end:?}");
        assert_eq!(after.others_in_doubt, u32::from(!is_over), "{end:?}");
        assert_eq!(after.last, Timestamp(5));
        // The other section's credentials are refused as before, somebody else's are not at all.
        assert!(logins(journal, &key("a", 2)).refusal.is_some());
        assert_eq!(logins(journal, &key("b", 1)), Logins::default());
    }
}

#[test]
fn what_was_good_is_known_to_others_until_it_is_wrong() {
    let bench = bench();
    let journal = &bench.journal;
    let good = || logins(journal, &key("a", 2)).others_good;
    login(journal, &key("a", 1), Some(LoginEnd::Accepted));
    assert_eq!(good(), [1]);
    login(journal, &key("a", 1), Some(refused(None)));
    assert_eq!(good(), [1], "the password was not what was wrong");
    login(journal, &key("a", 1), Some(refused(Some(true))));
    assert_eq!(good(), [0; 0]);
}

#[test]
fn a_new_process_remembers_logins() {
    let Bench { directory, journal } = bench();
    let wrong = login(&journal, &key("a", 1), Some(refused(Some(true))));
    let refusal = wrong.refusal.as_ref().unwrap();
    assert_eq!(
        (refusal.words.as_str(), refusal.at, refusal.until),
        ("no", Timestamp(7), Some(Timestamp(9)))
    );
    let marks = journal.login_key().unwrap();
    // A login under way when the process ends.
    login(&journal, &key("a", 2), None);
    journal.stop();
    let journal = open(&directory);
    assert_eq!(journal.login_key().unwrap(), marks);
    let again = logins(&journal, &key("a", 1));
    assert_eq!((again.refusal, again.wrong), (wrong.refusal, 1));
    assert_eq!(again.others_in_doubt, 1);
}

/// So that marks of one file say nothing of another's.
#[test]
fn every_file_has_a_key_of_its_own() {
    let keys = [bench(), bench()].map(|bench| bench.journal.login_key().unwrap());
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys.map(|key| key.len()), [32, 32]);
}

#[test]
fn what_cannot_be_written_down_is_not_begun() {
    let bench = bench();
    let other = Connection::open(path(&bench.directory)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = bench
        .journal
        .on_logins(vec![key("a", 1)], |_, logins| logins.in_doubt += 1);
    assert!(matches!(begun, Err(JournalError::NotWritten)), "{begun:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(logins(&bench.journal, &key("a", 1)), Logins::default());
}
