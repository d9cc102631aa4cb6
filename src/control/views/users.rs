//! Users.

use super::super::View;
use super::UsageView;
use super::calls::{CallView, calls};
use crate::calls::record::Timestamp;
use crate::config::settings::{Extension, Host, User};
use crate::delivery::{Status, UserStatus};
use crate::journal::{JournalError, UserCounts};
use serde::Serialize;

/// How many of a user's calls are told.
const LAST_CALLS: usize = 10;

/// A user, as lists have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// Section name.
    pub name: String,
    /// Salesforce username.
    pub username: String,
    /// Host name, and the port where it is not 443.
    pub domain: String,
    /// `100` or `100@context`.
    pub extensions: Vec<String>,
    /// Tag, such as `de`.
    pub language: String,
    /// Of `answered`, `lost`, `account`.
    pub actions: Vec<&'static str>,
    /// `stopped`, `starting`, `parked`, `not logged in`, `ok`, `waiting` or `refused`.
    pub state: &'static str,
    /// The same in words, with times and Salesforce's words.
    pub status: String,
    /// Cases since the journal began.
    pub cases: u64,
    /// Calls to be delivered or being written.
    pub pending: u64,
    /// Calls that Salesforce refused.
    pub failed: u64,
    /// The newest error of a call that is not delivered.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Timestamp>,
}

/// Everything about one user. Of secrets there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserDetails {
    /// As in lists.
    #[serde(flatten)]
    pub user: UserView,
    /// Where it logs in, if that is not its domain.
    pub login_host: Option<String>,
    /// The value of `auth` that is in force.
    pub auth: &'static str,
    /// Why so.
    pub auth_because: &'static str,
    /// Its extensions with their devices.
    pub devices: Vec<ExtensionView>,
    /// ISO 3166 region.
    pub country: String,
    /// Has it a session?
    pub session: bool,
    /// Its org's id, once known.
    pub org: Option<String>,
    /// Its org's API requests, once known.
    pub usage: Option<UsageView>,
    /// Answered calls that are still running.
    pub in_progress: u64,
    /// Pending calls that are being written.
    pub being_sent: u64,
    /// Calls delivered since the module was loaded.
    pub delivered_since_load: u64,
    /// Calls refused since then.
    pub failed_since_load: u64,
    /// Attempts repeated since then.
    pub retried_since_load: u64,
    /// Its newest calls, newest first.
    pub calls: Vec<CallView>,
}

/// An extension of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtensionView {
    /// `100` or `100@context`.
    pub extension: String,
    /// The devices of its hint, joined by `&`; `None`: it has none, and any channel of an
    /// endpoint called like it counts.
    pub devices: Option<String>,
}

/// All users, in the file's order.
///
/// # Errors
/// The journal cannot be read.
pub fn users(view: &View<'_>) -> Result<Vec<UserView>, JournalError> {
    let status = view.delivery.status()?;
    let users = view.configuration.users.iter();
    Ok(users
        .map(|user| summary(user, view, known(&status, user)))
        .collect())
}

/// One user; `None`: there is none of that name.
///
/// # Errors
/// The journal cannot be read.
pub fn user(name: &str, view: &View<'_>) -> Result<Option<UserDetails>, JournalError> {
    let Some(user) = view.user(name) else {
        return Ok(None);
    };
    let status = view.delivery.status()?;
    let known = known(&status, user);
    let counters = known.map(|known| known.counters).unwrap_or_default();
    let counts = counts(known);
    let devices = user.extensions.iter().map(|extension| ExtensionView {
        extension: written(extension),
        devices: Some((view.devices)(extension)).filter(|devices| !devices.is_empty()),
    });
    Ok(Some(UserDetails {
        user: summary(user, view, known),
        login_host: (user.login_host != user.domain).then(|| host(&user.login_host)),
        auth: user.auth.name(),
        auth_because: user.auth_because,
        devices: devices.collect(),
        country: user.country.clone(),
        session: known.is_some_and(|known| known.has_session),
        org: known.and_then(|known| known.org.clone()),
        usage: known.and_then(|known| known.usage).map(UsageView::from),
        in_progress: counts.open,
        being_sent: counts.sending,
        delivered_since_load: counters.delivered,
        failed_since_load: counters.failed,
        retried_since_load: counters.retried,
        calls: calls(view, LAST_CALLS, Some(&user.name))?,
    }))
}

fn known<'a>(status: &'a Status, user: &User) -> Option<&'a UserStatus> {
    status.users.iter().find(|known| known.name == user.name)
}

fn counts(known: Option<&UserStatus>) -> UserCounts {
    known.map(|known| known.counts.clone()).unwrap_or_default()
}

fn summary(user: &User, view: &View<'_>, known: Option<&UserStatus>) -> UserView {
    let counts = counts(known);
    let (last_error_at, last_error) = counts.last_error.unzip();
    let (state, status) = match known {
        _ if !view.started => ("stopped", "stopped".to_owned()),
        Some(known) => (known.condition.as_str(), known.words.clone()),
        None => ("starting", "starting".to_owned()),
    };
    UserView {
        name: user.name.clone(),
        username: user.username.clone(),
        domain: host(&user.domain),
        extensions: user.extensions.iter().map(written).collect(),
        language: user.language.tag().to_owned(),
        actions: actions(user),
        state,
        status,
        cases: counts.delivered,
        pending: counts.pending,
        failed: counts.failed,
        last_error,
        last_error_at,
    }
}

fn host(host: &Host) -> String {
    if host.port == 443 {
        host.name.clone()
    } else {
        format!("{}:{}", host.name, host.port)
    }
}

fn written(extension: &Extension) -> String {
    match &extension.context {
        Some(context) => format!("{}@{context}", extension.exten),
        None => extension.exten.clone(),
    }
}

fn actions(user: &User) -> Vec<&'static str> {
    let actions = [
        (user.case_on_answered, "answered"),
        (user.case_on_lost, "lost"),
        (user.create_account, "account"),
    ];
    let wanted = actions.into_iter().filter(|(on, _)| *on);
    wanted.map(|(_, name)| name).collect()
}
