//! Logging in: `soap` and `oauth` are the two ways, `credentials` decides for
//! both; `identity` says who is logged in, and ends a session.

mod credentials;
pub(crate) mod identity;
pub(crate) mod oauth;
pub(crate) mod soap;

use crate::world::{OrgState, World};

/// Which listener a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The login host, which serves every org.
    Login,
    /// The instance of the org with this number.
    Org(usize),
}

/// What a login answers.
pub(crate) struct LoginReply {
    pub status: u16,
    pub body: String,
    /// The org and username it was for, as far as they are known.
    pub org: String,
    pub username: String,
    /// For the log: what came of it.
    pub summary: String,
}

/// The org in which a username may log in at this door.
fn find_org(world: &World, door: Door, username: &str) -> Option<usize> {
    let org = world.org_of(username)?;
    (door == Door::Login || door == Door::Org(org)).then_some(org)
}

/// The base URL that login answers name for a user's org.
fn instance_url(state: &OrgState, user: usize, port: u16) -> String {
    let settings = &state.settings;
    let user = &state.users[user].setup;
    let host = [&user.server_host, &settings.server_host]
        .into_iter()
        .find(|h| !h.is_empty());
    match host {
        Some(host) => format!("https://{host}"),
        None => format!("https://{}:{port}", settings.instance_host),
    }
}
