use super::super::request::tests::request;
use super::*;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

/// Whoever comes from here may not.
const ELSEWHERE: &str = "10.9.9.9";

struct Fence;

impl Gate for Fence {
    fn admits(&self, _: usize, address: &str) -> bool {
        address != ELSEWHERE
    }
}

/// `manager.conf` in lines of "name secret rights", and how often it was read.
struct House {
    _folder: tempfile::TempDir,
    file: PathBuf,
    reads: Cell<u32>,
    sessions: std::cell::RefCell<Sessions>,
}

impl House {
    fn new(lines: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manager.conf");
        fs::write(&file, lines).unwrap();
        House {
            _folder: folder,
            file,
            reads: Cell::new(0),
            sessions: std::cell::RefCell::default(),
        }
    }

    fn write(&self, lines: &str) {
        fs::write(&self.file, lines).unwrap();
    }

    fn read(&self) -> Option<Managers> {
        self.reads.set(self.reads.get() + 1);
        managers(&self.file)
    }

    fn try_login(
        &self,
        request: &mut Request,
        name: &str,
        password: &str,
        now: Instant,
    ) -> Result<String, Refused> {
        let login = Login {
            name: name.to_owned().into(),
            password: password.to_owned().into(),
        };
        let mut sessions = self.sessions.borrow_mut();
        sessions.enter(request, &login, now, || self.read())
    }

    /// The cookie as the browser brings it.
    fn login(&self, name: &str, now: Instant) -> String {
        let cookie = self.try_login(&mut post(), name, "S3cret", now).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    fn rights(&self, cookie: &str, now: Instant) -> Rights {
        self.of(&format!("Cookie: {cookie}\n"), "127.0.0.1", now)
    }

    fn of(&self, headers: &str, peer: &str, now: Instant) -> Rights {
        let mut of = request("GET", "api/users");
        of.headers = headers.to_owned().into();
        of.peer = peer.to_owned();
        let mut sessions = self.sessions.borrow_mut();
        sessions.recognise(&mut of, now, || self.read());
        assert_eq!(of.session.is_empty(), of.rights == Rights::None);
        of.rights
    }
}

fn managers(file: &Path) -> Option<Managers> {
    let text = fs::read_to_string(file).ok()?;
    let users = text.lines().filter(|line| *line != "off").map(|line| {
        let mut words = line.split(' ');
        Manager {
            name: words.next().unwrap().to_owned(),
            secret: words.next().unwrap().to_owned().into(),
            rights: match words.next().unwrap() {
                "change" => Rights::Change,
                "look" => Rights::Look,
                _ => Rights::None,
            },
        }
    });
    Some(Managers {
        is_enabled: !text.contains("off"),
        users: users.collect(),
        gate: Box::new(Fence),
        files: vec![file.to_owned()],
    })
}

fn post() -> Request {
    let mut of = request("POST", "api/login");
    of.rights = Rights::None;
    of
}

const USERS: &str = "admin S3cret change\nguest S3cret look\nnobody S3cret none\nempty  change\n";

#[test]
fn who_is_let_in() {
    let house = House::new(USERS);
    let now = Instant::now();
    for (name, password, expected) in [
        ("admin", "S3cret", None),
        ("ADMIN", "S3cret", None),
        ("guest", "S3cret", None),
        ("admin", "s3cret", Some(Refused::Wrong)),
        ("admin", "S3cret ", Some(Refused::Wrong)),
        ("admin", "", Some(Refused::Wrong)),
        ("", "", Some(Refused::Wrong)),
        ("", "S3cret", Some(Refused::Wrong)),
        ("stranger", "S3cret", Some(Refused::Wrong)),
        ("empty", "", Some(Refused::Wrong)),
        ("nobody", "S3cret", Some(Refused::NoRights)),
        ("nobody", "wrong", Some(Refused::Wrong)),
    ] {
        let refused = house.try_login(&mut post(), name, password, now).err();
        assert_eq!(refused, expected, "{name} {password}");
    }
    let mut from_elsewhere = post();
    from_elsewhere.peer = ELSEWHERE.to_owned();
    let refused = house.try_login(&mut from_elsewhere, "admin", "S3cret", now);
    assert_eq!(refused.err(), Some(Refused::Wrong));
    house.write("off\nadmin S3cret change\n");
    let refused = house.try_login(&mut post(), "admin", "S3cret", now);
    assert_eq!(refused.err(), Some(Refused::NoManager));
    fs::remove_file(&house.file).unwrap();
    let refused = house.try_login(&mut post(), "admin", "S3cret", now);
    assert_eq!(refused.err(), Some(Refused::NoManager));
}

#[test]
fn a_session_has_its_users_rights_and_its_own_cookie() {
    let house = House::new(USERS);
    let now = Instant::now();
    let (admin, guest) = (house.login("admin", now), house.login("guest", now));
    assert_eq!(house.rights(&admin, now), Rights::Change);
    assert_eq!(house.rights(&guest, now), Rights::Look);
    assert_ne!(house.login("admin", now), admin);
    let mut forged = admin.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    assert_eq!(house.rights(&forged, now), Rights::None);
    assert_eq!(house.of("", "127.0.0.1", now), Rights::None);
    let from_elsewhere = house.of(&format!("Cookie: {admin}\n"), ELSEWHERE, now);
    assert_eq!(from_elsewhere, Rights::None);
    // Where somebody else used it, it still holds.
    assert_eq!(house.rights(&admin, now), Rights::Change);
}

#[test]
fn it_ends_when_nobody_does_anything_and_in_the_end() {
    let house = House::new(USERS);
    let begun = Instant::now();
    let idle = house.login("admin", begun);
    let busy = house.login("admin", begun);
    let mut now = begun;
    while now.duration_since(begun) < LONGEST - IDLE {
        now += IDLE / 2;
        assert_eq!(house.rights(&busy, now), Rights::Change);
        // A page that was left open asks by itself.
        let asked = house.of(
            &format!("Cookie: {idle}\nX-Salesforce-Idle: yes\n"),
            "127.0.0.1",
            now,
        );
        let holds = now.duration_since(begun) < IDLE;
        assert_eq!(asked != Rights::None, holds);
    }
    now = begun + LONGEST;
    assert_eq!(
        house.rights(&busy, now - Duration::from_secs(1)),
        Rights::Change
    );
    assert_eq!(house.rights(&busy, now), Rights::None);
    assert!(house.sessions.borrow().open.is_empty());
}

#[test]
fn it_follows_manager_conf() {
    let house = House::new(USERS);
    let now = Instant::now();
    let session = house.login("admin", now);
    for (lines, expected) in [
        ("admin S3cret look\n", Rights::Look),
        ("admin S3cret none\n", Rights::None),
        ("guest S3cret look\nadmin S3cret change\n", Rights::Change),
        ("off\nadmin S3cret change\n", Rights::None),
        ("Admin S3cret change\n", Rights::Change),
        // It is not the one that logged in.
        ("admin An0ther change\n", Rights::None),
        ("admin S3cret change\n", Rights::None),
    ] {
        house.write(lines);
        assert_eq!(house.rights(&session, now), expected, "{lines}");
    }
    let session = house.login("admin", now);
    house.write("guest S3cret look\n");
    assert_eq!(house.rights(&session, now), Rights::None);
    house.write(USERS);
    assert_eq!(house.rights(&session, now), Rights::None);
    // What cannot be read just now may be there again.
    let session = house.login("admin", now);
    fs::remove_file(&house.file).unwrap();
    assert_eq!(house.rights(&session, now), Rights::None);
    house.write(USERS);
    assert_eq!(house.rights(&session, now), Rights::Change);
}

#[test]
fn files_are_read_when_they_have_changed_and_each_minute() {
    let house = House::new(USERS);
    let now = Instant::now();
    let session = house.login("admin", now);
    // It was written a moment ago: until that is past, it is read each time.
    assert!(!house.sessions.borrow().register.is_settled());
    house.sessions.borrow_mut().register.settle();
    let read = house.reads.get();
    for seconds in 0..59 {
        house.rights(&session, now + Duration::from_secs(seconds));
    }
    assert_eq!(house.reads.get(), read);
    house.rights(&session, now + Duration::from_secs(61));
    assert_eq!(house.reads.get(), read + 1);
    // Whoever brings no session that is known costs nothing.
    house.write("admin An0ther change\n");
    house.rights("salesforce_session=00", now);
    house.rights(&format!("salesforce_session={}", "0".repeat(64)), now);
    assert_eq!(house.reads.get(), read + 1);
}

#[test]
fn logging_in_again_ends_the_session_before() {
    let house = House::new(USERS);
    let now = Instant::now();
    let before = house.login("guest", now);
    let mut again = post();
    again.headers = format!("Cookie: {before}\n").into();
    let after = house.try_login(&mut again, "admin", "S3cret", now).unwrap();
    assert_eq!(again.rights, Rights::Change);
    assert_eq!(house.rights(&before, now), Rights::None);
    let after = after.split(';').next().unwrap();
    assert_eq!(house.rights(after, now), Rights::Change);
    // What somebody else slipped in is not what the session gets.
    let chosen = format!("salesforce_session={}", "ab".repeat(32));
    let mut fixed = post();
    fixed.headers = format!("Cookie: {chosen}\n").into();
    let own = house.try_login(&mut fixed, "admin", "S3cret", now).unwrap();
    assert!(!own.starts_with(&chosen));
    assert_eq!(house.rights(&chosen, now), Rights::None);
}

#[test]
fn leaving_ends_it() {
    let house = House::new(USERS);
    let now = Instant::now();
    let (one, other) = (house.login("admin", now), house.login("admin", now));
    let mut bye = post();
    bye.headers = format!("Cookie: {one}\n").into();
    house.sessions.borrow_mut().leave(&mut bye);
    assert_eq!(house.rights(&one, now), Rights::None);
    assert_eq!(house.rights(&other, now), Rights::Change);
}

#[test]
fn a_user_has_so_many_sessions_and_no_more() {
    let house = House::new(USERS);
    let begun = Instant::now();
    let guest = house.login("guest", begun);
    let after = |n: usize| begun + Duration::from_secs(n as u64);
    let own: Vec<String> = (0..MOST).map(|n| house.login("admin", after(n))).collect();
    // The first is in use, the second is idle longest.
    house.rights(&own[0], after(MOST));
    house.login("admin", after(MOST + 1));
    let now = after(MOST + 2);
    assert_eq!(house.rights(&own[0], now), Rights::Change);
    assert_eq!(house.rights(&own[1], now), Rights::None);
    assert_eq!(house.rights(&guest, now), Rights::Look);
    assert_eq!(house.sessions.borrow().open.len(), MOST + 1);
}

#[test]
fn what_is_kept_is_not_what_the_browser_has() {
    let house = House::new(USERS);
    let now = Instant::now();
    let cookie = house.login("admin", now);
    let value = cookie.split('=').nth(1).unwrap();
    assert_eq!(value.len(), 64);
    let sessions = house.sessions.borrow();
    for kept in sessions.open.keys() {
        assert_ne!(hex(kept), value);
        assert_eq!(*kept, hash(value));
    }
}

#[test]
fn guessing_is_slowed_down_and_the_right_password_is_no_way_around() {
    let house = House::new(USERS);
    let now = Instant::now();
    let mut refused = Vec::new();
    for _ in 0..20 {
        refused.push(
            house
                .try_login(&mut post(), "admin", "wrong", now)
                .unwrap_err(),
        );
    }
    assert!(
        refused[..5].iter().all(|one| *one == Refused::Wrong),
        "{refused:?}"
    );
    let wait = Duration::from_secs(1);
    assert!(
        refused[5..]
            .iter()
            .all(|one| *one == Refused::TooSoon(wait)),
        "{refused:?}"
    );
    let early = house.try_login(&mut post(), "admin", "S3cret", now);
    assert_eq!(early.unwrap_err(), Refused::TooSoon(wait));
    // From another address, and in time.
    let mut from_there = post();
    from_there.peer = "192.0.2.7".to_owned();
    assert!(
        house
            .try_login(&mut from_there, "admin", "S3cret", now)
            .is_ok()
    );
    assert!(
        house
            .try_login(&mut post(), "admin", "S3cret", now + wait)
            .is_ok()
    );
    let answer = Refused::TooSoon(wait).response();
    assert_eq!(answer.status, 429);
    assert!(
        answer.render().contains("Retry-After: 2\r\n"),
        "{}",
        answer.render()
    );
}

#[test]
fn names_are_harmless_in_the_log() {
    assert_eq!(shown("a\"b\n[x] \u{202e}"), r#""a\"b\n[x] \u{202e}""#);
    assert_eq!(shown(&"x".repeat(1000)).len(), 82);
}
