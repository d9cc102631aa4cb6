//! What exists while the simulator runs: orgs with their users, records and
//! usage, and the sessions.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::dml;
use crate::faults::Faults;
use crate::log::Log;
use crate::net::Listener;
use crate::schema::Schema;
use crate::setup::{OrgSetup, Setup, UserSetup};
use crate::sharing::{self, Access};
use crate::store::{Row, Store};
use crate::strain::{RowLocks, UnderWay};
use crate::value::Val;

/// Locks, also after a panic elsewhere: one broken request must not take the
/// whole simulator along.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) struct World {
    pub orgs: Vec<Org>,
    pub sessions: Mutex<HashMap<String, Session>>,
    pub faults: Faults,
    pub log: Log,
    pub clock: Clock,
    pub changes: Changes,
}

pub(crate) struct Org {
    pub name: String,
    pub listener: Listener,
    pub state: Mutex<OrgState>,
    /// Rows that running requests hold.
    pub row_locks: RowLocks,
    /// When the requests now running began.
    pub running: Mutex<Vec<Instant>>,
}

pub(crate) struct OrgState {
    pub settings: OrgSetup,
    pub id: String,
    pub users: Vec<User>,
    pub store: Store,
    pub usage: Usage,
    /// Remaining records of queries that were answered in part.
    pub cursors: HashMap<String, Vec<Value>>,
    /// What the request being carried out is amid.
    pub under_way: UnderWay,
    /// What was shared by hand: record and user.
    pub shares: HashMap<(String, String), Access>,
    /// The group or user that unassigned Cases go to.
    pub default_owner: String,
}

pub(crate) struct User {
    pub setup: UserSetup,
    pub id: String,
    pub profile: String,
    /// Wrong passwords since the last good login.
    pub wrong: u32,
    pub locked_until: Option<i64>,
    pub recent_logins: VecDeque<i64>,
    pub good_logins: u64,
    pub bad_logins: u64,
}

impl User {
    /// Whether the profile shows this object at all.
    pub(crate) fn knows(&self, object: &str) -> bool {
        let of_setup = [
            "PermissionSetAssignment",
            "PermissionSet",
            "ObjectPermissions",
            "DuplicateRule",
        ];
        let is_hidden = !self.setup.view_setup && of_setup.contains(&object);
        !is_hidden && !contains(&self.setup.hidden_objects, object)
    }

    pub(crate) fn sees(&self, object: &str, field: &str) -> bool {
        !lists(&self.setup.hidden_fields, object, field)
    }

    /// Whether the profile lets a field be written that can be written at all.
    pub(crate) fn may_write(&self, object: &str, field: &str) -> bool {
        !lists(&self.setup.read_only_fields, object, field)
    }

    pub(crate) fn may_create(&self, object: &str) -> bool {
        let right = match object {
            "Case" => self.setup.may_create_case,
            "Account" => self.setup.may_create_account,
            "Task" => self.setup.may_create_task,
            "Contact" | "Lead" | "User" => true,
            _ => false,
        };
        right && !contains(&self.setup.read_only_objects, object)
    }

    pub(crate) fn may_change(&self, object: &str) -> bool {
        let right = object != "Case" || self.setup.may_edit_case;
        right && !contains(&self.setup.read_only_objects, object)
    }
}

fn contains(list: &[String], name: &str) -> bool {
    list.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// Whether a list of `Object.Field` has this one.
fn lists(list: &[String], object: &str, field: &str) -> bool {
    list.iter().any(|entry| {
        entry
            .split_once('.')
            .is_some_and(|(o, f)| o.eq_ignore_ascii_case(object) && f.eq_ignore_ascii_case(field))
    })
}

pub(crate) struct Session {
    pub org: usize,
    pub user: usize,
    pub last_used: i64,
    /// Good for nothing but changing the password.
    pub password_expired: bool,
}

/// API requests of the last 24 hours, by hour.
#[derive(Default)]
pub(crate) struct Usage {
    hours: VecDeque<(i64, u64)>,
}

impl Usage {
    pub(crate) fn add(&mut self, now: i64, requests: u64) {
        let hour = now / 3_600_000;
        match self.hours.back_mut() {
            Some((last, count)) if *last == hour => *count += requests,
            _ => self.hours.push_back((hour, requests)),
        }
    }

    pub(crate) fn total(&mut self, now: i64) -> u64 {
        let oldest = now / 3_600_000 - 23;
        while self.hours.front().is_some_and(|(hour, _)| *hour < oldest) {
            self.hours.pop_front();
        }
        self.hours.iter().map(|(_, count)| count).sum()
    }

    pub(crate) fn reset(&mut self, now: i64, requests: u64) {
        self.hours.clear();
        self.add(now, requests);
    }
}

/// Wakes those who wait for something to have happened.
#[derive(Default)]
pub(crate) struct Changes {
    count: Mutex<u64>,
    happened: Condvar,
}

impl Changes {
    pub(crate) fn announce(&self) {
        *lock(&self.count) += 1;
        self.happened.notify_all();
    }

    /// Waits until `done` says so, asking again after every change; false when
    /// `within` passed first.
    pub(crate) fn wait(&self, within: Duration, mut done: impl FnMut() -> bool) -> bool {
        let deadline = Instant::now() + within;
        loop {
            let seen = *lock(&self.count);
            if done() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let (count, _) = self
                .happened
                .wait_timeout_while(lock(&self.count), left, |count| *count == seen)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if *count == seen && Instant::now() >= deadline {
                drop(count);
                return done();
            }
        }
    }
}

impl World {
    pub(crate) fn new(setup: &Setup, listeners: Vec<Listener>) -> Self {
        let clock = Clock::default();
        let now = clock.now();
        let orgs = setup
            .orgs
            .iter()
            .zip(listeners)
            .enumerate()
            .map(|(number, (org, listener))| Org {
                name: org.name.clone(),
                listener,
                state: Mutex::new(OrgState::new(org, number, now)),
                row_locks: RowLocks::default(),
                running: Mutex::default(),
            })
            .collect();
        Self {
            orgs,
            sessions: Mutex::default(),
            faults: Faults::new(setup.seed),
            log: Log::new(setup.log_limit, setup.print),
            clock,
            changes: Changes::default(),
        }
    }

    /// The org of this name.
    pub(crate) fn org(&self, name: &str) -> Option<&Org> {
        self.orgs.iter().find(|o| o.name == name)
    }

    /// The number of the org that has this user.
    pub(crate) fn org_of(&self, username: &str) -> Option<usize> {
        self.orgs
            .iter()
            .position(|org| lock(&org.state).user(username).is_some())
    }

    /// The session a bearer token names, if it still lives; using it prolongs it.
    pub(crate) fn session(&self, token: &str) -> Option<(usize, usize, bool)> {
        // One lock at a time: a login holds its org while it begins a session.
        let org = lock(&self.sessions).get(token)?.org;
        let lifetime = lock(&self.orgs[org].state).settings.session_seconds as i64 * 1_000;
        let now = self.clock.now();
        let mut sessions = lock(&self.sessions);
        let session = sessions.get_mut(token)?;
        if now - session.last_used >= lifetime {
            sessions.remove(token);
            return None;
        }
        session.last_used = now;
        Some((session.org, session.user, session.password_expired))
    }

    /// Begins a session and gives its id.
    pub(crate) fn new_session(
        &self,
        org: usize,
        user: usize,
        org_id: &str,
        expired: bool,
    ) -> String {
        let secret: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(96)
            .collect();
        let id = format!("{}!AQ{secret}", &org_id[..15]);
        lock(&self.sessions).insert(
            id.clone(),
            Session {
                org,
                user,
                last_used: self.clock.now(),
                password_expired: expired,
            },
        );
        id
    }

    /// Ends all sessions of an org, or of one of its users.
    pub(crate) fn end_sessions(&self, org: usize, user: Option<usize>) {
        lock(&self.sessions).retain(|_, s| s.org != org || user.is_some_and(|u| u != s.user));
    }
}

impl OrgState {
    pub(crate) fn new(settings: &OrgSetup, number: usize, now: i64) -> Self {
        let mut state = Self {
            settings: settings.clone(),
            id: String::new(),
            users: Vec::new(),
            store: Store::new(Schema::of(settings), number),
            usage: Usage::default(),
            cursors: HashMap::new(),
            under_way: UnderWay::default(),
            shares: HashMap::new(),
            default_owner: String::new(),
        };
        state.usage.add(now, settings.api_used);
        state.id = state.plain(
            now,
            "Organization",
            &json!({"Name": settings.name, "OrganizationType": "Enterprise Edition",
                    "IsSandbox": settings.sandbox, "LanguageLocaleKey": "en_US",
                    "DefaultAccountAccess": sharing::word(settings.sharing.account),
                    "DefaultContactAccess": sharing::word(settings.sharing.contact),
                    "DefaultCaseAccess": sharing::word(settings.sharing.case)}),
        );
        for setup in &settings.users {
            state.add_user(now, setup);
        }
        for rule in &settings.duplicate_rules {
            let name = format!("{}_{}", rule.object, rule.field);
            state.plain(
                now,
                "DuplicateRule",
                &json!({"DeveloperName": name, "MasterLabel": name, "SobjectType": rule.object,
                        "IsActive": true}),
            );
        }
        state.default_owner = match state.user(&settings.default_case_owner) {
            Some(user) => state.users[user].id.clone(),
            None => state.plain(
                now,
                "Group",
                &json!({"Name": "Unassigned Cases", "DeveloperName": "Unassigned", "Type": "Queue"}),
            ),
        };
        for record_type in settings.all_record_types() {
            state.plain(
                now,
                "RecordType",
                &json!({"Name": record_type.name, "DeveloperName": record_type.developer_name,
                        "IsActive": true, "SobjectType": record_type.object,
                        "IsPersonType": record_type.person}),
            );
        }
        for record in &settings.records {
            dml::seed(&mut state, now, record).unwrap_or_else(|e| {
                panic!("org {}: a seeded record is refused: {e}", settings.name)
            });
        }
        state.store.commit();
        state
    }

    /// Adds a user who can log in, and the records that belong to it.
    pub(crate) fn add_user(&mut self, now: i64, setup: &UserSetup) {
        let name = if setup.name.is_empty() {
            setup.username.split('@').next().unwrap_or("").to_owned()
        } else {
            setup.name.clone()
        };
        let profile = self.plain(
            now,
            "Profile",
            &json!({"Name": format!("Profile of {name}")}),
        );
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", &name));
        let id = self.plain(
            now,
            "User",
            &json!({"Username": setup.username, "Name": name, "FirstName": first, "LastName": last,
                    "Email": setup.username, "Alias": last.chars().take(8).collect::<String>(),
                    "IsActive": setup.active, "TimeZoneSidKey": "Europe/Berlin",
                    "LocaleSidKey": setup.language, "EmailEncodingKey": "UTF-8",
                    "LanguageLocaleKey": setup.language, "ProfileId": profile}),
        );
        self.permit(now, &id, setup);
        self.users.push(User {
            setup: setup.clone(),
            id,
            profile,
            wrong: 0,
            locked_until: None,
            recent_logins: VecDeque::new(),
            good_logins: 0,
            bad_logins: 0,
        });
    }

    /// The records that say what a user's permission set allows.
    fn permit(&mut self, now: i64, user: &str, setup: &UserSetup) {
        let set = self.plain(
            now,
            "PermissionSet",
            &json!({"Name": format!("X{user}"), "IsOwnedByProfile": true}),
        );
        self.plain(
            now,
            "PermissionSetAssignment",
            &json!({"AssigneeId": user, "PermissionSetId": set}),
        );
        for object in ["Account", "Contact", "Case"] {
            let modify = contains(&setup.modify_all, object);
            let view = modify || contains(&setup.view_all, object);
            self.plain(
                now,
                "ObjectPermissions",
                &json!({"ParentId": set, "SobjectType": object,
                        "PermissionsViewAllRecords": view,
                        "PermissionsModifyAllRecords": modify}),
            );
        }
    }

    /// The number of the user with this username, without regard to case.
    pub(crate) fn user(&self, username: &str) -> Option<usize> {
        self.users
            .iter()
            .position(|u| u.setup.username.eq_ignore_ascii_case(username))
    }

    /// Stores a set-up record as it is, past all checks.
    fn plain(&mut self, now: i64, object: &str, fields: &Value) -> String {
        let table = self.store.table(object).expect("a standard object");
        let schema = self.store.tables[table].object.clone();
        let id = self.store.new_id(&schema.prefix);
        let vals = schema
            .fields
            .iter()
            .map(|field| match (field.name.as_str(), &fields[&field.name]) {
                ("Id", _) => Val::text(&id),
                ("CreatedDate" | "LastModifiedDate" | "SystemModstamp", _) => Val::Time(now),
                (_, Value::String(text)) => Val::text(text),
                (_, Value::Bool(b)) => Val::Bool(*b),
                _ => field.default.clone(),
            })
            .collect();
        self.store.insert(
            table,
            Row {
                vals,
                deleted: false,
                searchable_from: now,
            },
        );
        id
    }
}
