//! The simulator as tests hold it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::admin;
use crate::dml;
use crate::faults::Fault;
use crate::log::{LoginAttempt, RequestEntry};
use crate::login::Door;
use crate::net::{Listener, Mode};
use crate::setup::{OrgSetup, Setup, UserSetup};
use crate::sharing::Access;
use crate::tls::{Authority, Certificate};
use crate::world::{World, lock};

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A set-up without an org, or with the same name or username twice.
    #[error("the set-up makes no sense: {0}")]
    Setup(String),
    /// A port is taken, or a file cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// No certificate could be made.
    #[error("certificates: {0}")]
    Certificates(#[from] rcgen::Error),
}

/// What runs, shared with the admin API.
pub(crate) struct Inner {
    pub world: Arc<World>,
    pub login: Listener,
    pub ca_pem: String,
}

/// A running simulator. It stops when this is dropped.
///
/// Methods that take an org's name panic if there is none of that name: in a
/// test that is a mistake in the test.
pub struct Simulator {
    inner: Arc<Inner>,
    admin_port: Option<u16>,
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("login", &self.login_url())
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// Starts a simulator; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it cannot start; see [`Self::try_start`].
    pub fn start(setup: Setup) -> Self {
        Self::try_start(setup).unwrap_or_else(|error| panic!("the simulator cannot start: {error}"))
    }

    /// Starts a simulator; it serves when this returns.
    pub fn try_start(setup: Setup) -> Result<Self, StartError> {
        check(&setup)?;
        let authority = Authority::new(&setup.extra_names)?;
        let ca_pem = authority.pem();
        if let Some(file) = &setup.ca_file {
            std::fs::write(file, &ca_pem)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("salesforce-sim")
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let mut listeners = Vec::new();
        for org in &setup.orgs {
            listeners.push(Listener::reserve(org.port, authority.presenter()?)?);
        }
        let login = Listener::reserve(setup.login_port, authority.presenter()?)?;
        let world = Arc::new(World::new(&setup, listeners));
        for (number, org) in world.orgs.iter().enumerate() {
            org.listener.serve(&world, Door::Org(number));
            org.listener.wait_for(Mode::Up);
        }
        login.serve(&world, Door::Login);
        login.wait_for(Mode::Up);
        let inner = Arc::new(Inner {
            world,
            login,
            ca_pem,
        });
        let admin_port = match setup.admin_port {
            None => None,
            Some(port) => Some(admin::start(port, inner.clone())?),
        };
        drop(entered);
        Ok(Self {
            inner,
            admin_port,
            runtime: Some(runtime),
        })
    }

    fn world(&self) -> &World {
        &self.inner.world
    }

    /// The certificate of the authority that signed the simulator's, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.inner.ca_pem
    }

    /// Port of the login host.
    pub fn login_port(&self) -> u16 {
        self.inner.login.port()
    }

    /// URL of the login host, without a slash at its end.
    pub fn login_url(&self) -> String {
        format!("https://localhost:{}", self.login_port())
    }

    /// Port of an org's instance.
    pub fn port(&self, org: &str) -> u16 {
        self.inner.org(org).listener.port()
    }

    /// URL of an org's instance, without a slash at its end.
    pub fn url(&self, org: &str) -> String {
        let found = self.inner.org(org);
        let host = lock(&found.state).settings.instance_host.clone();
        format!("https://{host}:{}", found.listener.port())
    }

    /// URL of the admin API, if it was asked for.
    pub fn admin_url(&self) -> Option<String> {
        self.admin_port
            .map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// All records of an object, of all orgs, that are not deleted: every field that is not null.
    pub fn records(&self, object: &str) -> Vec<Value> {
        self.inner.records(None, object)
    }

    /// The same of one org.
    pub fn records_of(&self, org: &str, object: &str) -> Vec<Value> {
        self.inner.org(org);
        self.inner.records(Some(org), object)
    }

    /// Waits until there are at least `n` records of an object, or until `within`
    /// has passed, and gives those that are there.
    pub fn wait_for_records(&self, object: &str, n: usize, within: Duration) -> Vec<Value> {
        let enough = || {
            let count = |o: &crate::world::Org| lock(&o.state).store.count(object);
            self.world().orgs.iter().map(count).sum::<usize>() >= n
        };
        self.world().changes.wait(within, enough);
        self.records(object)
    }

    /// Waits until at least `n` requests of this kind (see [`Fault::on`]) have
    /// come, or until `within` has passed, and gives those that have.
    pub fn wait_for_requests(&self, kind: &str, n: usize, within: Duration) -> Vec<RequestEntry> {
        let enough = || {
            let counts = self.world().log.counts();
            let of = counts
                .iter()
                .filter(|(k, _)| crate::faults::covers(kind, k));
            of.map(|(_, c)| *c).sum::<u64>() >= n as u64
        };
        self.world().changes.wait(within, enough);
        self.requests()
            .into_iter()
            .filter(|r| crate::faults::covers(kind, &r.kind))
            .collect()
    }

    /// Waits until `done` says so, asking after each request and change; false
    /// when `within` has passed first.
    pub fn wait_until(&self, within: Duration, done: impl FnMut() -> bool) -> bool {
        self.world().changes.wait(within, done)
    }

    /// The log of requests, oldest first.
    pub fn requests(&self) -> Vec<RequestEntry> {
        self.world().log.requests()
    }

    /// How many requests of each kind have come since the start (or
    /// [`Self::clear_log`]), those included that the log has forgotten.
    pub fn request_counts(&self) -> BTreeMap<String, u64> {
        self.world().log.counts()
    }

    /// Attempts to log in, oldest first.
    pub fn logins(&self) -> Vec<LoginAttempt> {
        self.world().log.logins()
    }

    /// Forgets requests and logins that were logged.
    pub fn clear_log(&self) {
        self.world().log.clear();
    }

    /// API requests that an org has used within the last 24 hours.
    pub fn api_usage(&self, org: &str) -> u64 {
        let now = self.world().clock.now();
        lock(&self.inner.org(org).state).usage.total(now)
    }

    /// Sets how many API requests an org has used.
    pub fn set_api_usage(&self, org: &str, used: u64) {
        let now = self.world().clock.now();
        lock(&self.inner.org(org).state).usage.reset(now, used);
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.world().faults.add(fault);
    }

    /// Takes all faults away; frozen requests are cut.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// The faults that still wait for requests.
    pub fn faults(&self) -> Vec<Fault> {
        self.world().faults.list()
    }

    /// Stores a record as it is, searchable at once, and gives its id. Its type is
    /// in `attributes.type`; system fields such as CreatedDate may be given.
    ///
    /// # Panics
    ///
    /// When a field is unknown or a required one is missing.
    pub fn seed(&self, org: &str, record: Value) -> String {
        self.inner
            .seed(org, &record)
            .unwrap_or_else(|e| panic!("seed: {e}"))
    }

    /// Changes fields of a record, as its org's first user does in Salesforce's own pages.
    ///
    /// # Panics
    ///
    /// When there is no such record, or Salesforce would refuse the change.
    pub fn update(&self, org: &str, id: &str, changes: Value) {
        let now = self.world().clock.now();
        let author = dml::Author {
            user: 0,
            now,
            options: dml::WriteOptions {
                auto_assign: false,
                allow_duplicates: true,
                duplicate_details: false,
            },
        };
        let mut state = lock(&self.inner.org(org).state);
        let (table, row) = state.store.locate(id).expect("a record with this id");
        let changes = changes.as_object().expect("fields");
        dml::update(&mut state, author, table, row, changes)
            .unwrap_or_else(|e| panic!("{}", e.message));
        state.store.commit();
        drop(state);
        self.world().changes.announce();
    }

    /// Shares a record with a user by hand; `edit`: also to be changed.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn share(&self, org: &str, id: &str, username: &str, edit: bool) {
        let mut state = lock(&self.inner.org(org).state);
        let user = state.user(username).expect("a user of that name");
        let user = state.users[user].id.clone();
        let access = if edit { Access::Edit } else { Access::Read };
        state.shares.insert((id.to_owned(), user), access);
    }

    /// Deletes a record, as somebody does in Salesforce's own pages.
    ///
    /// # Panics
    ///
    /// When there is no such record, or when it is an Account that has Cases.
    pub fn delete(&self, org: &str, id: &str) {
        let now = self.world().clock.now();
        let mut state = lock(&self.inner.org(org).state);
        let (table, row) = state.store.locate(id).expect("a record with this id");
        dml::remove(&mut state, now, table, row).unwrap_or_else(|e| panic!("{}", e.message));
        state.store.commit();
        drop(state);
        self.world().changes.announce();
    }

    /// Changes an org's settings while it runs. What only counts at the start
    /// (fields, users, seeded records, ports) stays as it was.
    pub fn update_org(&self, org: &str, change: impl FnOnce(&mut OrgSetup)) {
        change(&mut lock(&self.inner.org(org).state).settings);
        self.world().changes.announce();
    }

    /// Changes a user while it exists: rights, password, lock. A changed
    /// password or a lifted lock resets the count of wrong logins.
    ///
    /// # Panics
    ///
    /// When no org has this user.
    pub fn update_user(&self, username: &str, change: impl FnOnce(&mut UserSetup)) {
        assert!(
            self.inner.update_user(username, change),
            "no user is called {username}"
        );
    }

    /// Whether a user is locked, by wrong passwords or an administrator.
    ///
    /// # Panics
    ///
    /// When no org has this user.
    pub fn is_locked(&self, username: &str) -> bool {
        let org = self.world().org_of(username).expect("a user of that name");
        let state = lock(&self.world().orgs[org].state);
        let user = &state.users[state.user(username).expect("just found")];
        let now = self.world().clock.now();
        user.setup.locked || user.locked_until.is_some_and(|until| until > now)
    }

    /// Ends all sessions of an org.
    pub fn expire_sessions(&self, org: &str) {
        self.inner.expire(org);
    }

    /// Moves the simulator's clock forwards: sessions age, locks end, the search
    /// index catches up, the day's API requests are forgotten.
    pub fn advance_clock(&self, by: Duration) {
        self.world().clock.advance(by);
        self.world().changes.announce();
    }

    /// Switches an org's instance up, down or frozen; it is so when this returns.
    pub fn set_mode(&self, org: &str, mode: Mode) {
        self.inner.org(org).listener.switch(mode);
    }

    /// Switches the login host up, down or frozen.
    pub fn set_login_mode(&self, mode: Mode) {
        self.inner.login.switch(mode);
    }

    /// Switches everything up, down or frozen.
    pub fn set_all_modes(&self, mode: Mode) {
        self.inner.switch_all(mode);
    }

    /// Chooses the certificate that an org's instance presents to new connections.
    pub fn set_certificate(&self, org: &str, which: Certificate) {
        self.inner.org(org).listener.present(which);
    }

    /// Chooses the certificate that the login host presents to new connections.
    pub fn set_login_certificate(&self, which: Certificate) {
        self.inner.login.present(which);
    }
}

impl Inner {
    pub(crate) fn org(&self, name: &str) -> &crate::world::Org {
        self.world
            .org(name)
            .unwrap_or_else(|| panic!("no org is called {name}"))
    }

    pub(crate) fn records(&self, org: Option<&str>, object: &str) -> Vec<Value> {
        self.world
            .orgs
            .iter()
            .filter(|o| org.is_none_or(|name| name == o.name))
            .flat_map(|o| lock(&o.state).store.dump(object))
            .collect()
    }

    pub(crate) fn seed(&self, org: &str, record: &Value) -> Result<String, String> {
        let now = self.world.clock.now();
        let mut state = lock(&self.org(org).state);
        let result = dml::seed(&mut state, now, record);
        if result.is_err() {
            state.store.rollback(0);
        }
        state.store.commit();
        drop(state);
        self.world.changes.announce();
        result
    }

    pub(crate) fn update_user(&self, username: &str, change: impl FnOnce(&mut UserSetup)) -> bool {
        let Some(org) = self.world.org_of(username) else {
            return false;
        };
        let mut state = lock(&self.world.orgs[org].state);
        let number = state.user(username).expect("just found");
        let user = &mut state.users[number];
        let before = user.setup.clone();
        change(&mut user.setup);
        if before.password != user.setup.password || (before.locked && !user.setup.locked) {
            user.wrong = 0;
            user.locked_until = None;
        }
        drop(state);
        self.world.changes.announce();
        true
    }

    pub(crate) fn expire(&self, org: &str) {
        let number = self.world.orgs.iter().position(|o| o.name == org);
        let number = number.unwrap_or_else(|| panic!("no org is called {org}"));
        self.world.end_sessions(number, None);
    }

    pub(crate) fn switch_all(&self, mode: Mode) {
        for org in &self.world.orgs {
            org.listener.switch(mode);
        }
        self.login.switch(mode);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}

fn check(setup: &Setup) -> Result<(), StartError> {
    let wrong = |message: String| Err(StartError::Setup(message));
    if setup.orgs.is_empty() {
        return wrong("there is no org".into());
    }
    let mut names: Vec<String> = setup.orgs.iter().map(|o| o.name.clone()).collect();
    let users = setup.orgs.iter().flat_map(|o| &o.users);
    names.extend(users.map(|u| format!("user {}", u.username.to_lowercase())));
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => wrong(format!("{} occurs twice", pair[0])),
        None => Ok(()),
    }
}
