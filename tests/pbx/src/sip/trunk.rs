//! The provider: outside callers, and outside numbers that can be dialled.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use rsipstack::dialog::invitation::InviteOption;
use rsipstack::sip::{Auth, Header};

use super::agent::Agent;
use super::block_on;
use super::call::Call;
use super::load::{Load, LoadReport, Plan};
use super::reaction::Reaction;
use crate::error::Result;

/// Asterisk knows the provider by this address.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Who calls from outside, and what the provider says about it.
#[derive(Clone, Debug)]
pub struct Caller {
    user: String,
    name: Option<String>,
    headers: Vec<(String, String)>,
}

impl Caller {
    /// A caller with this number, or any other text as user part of the From
    /// URI: what a URI cannot hold is sent percent-encoded (`\r\n` as `%0D%0A`).
    pub fn number(number: &str) -> Self {
        Self {
            user: number.into(),
            name: None,
            headers: Vec::new(),
        }
    }

    /// A caller who withholds the number: `From` is anonymous, `Privacy: id`.
    pub fn withheld() -> Self {
        Self::number("anonymous")
            .named("Anonymous")
            .header("Privacy", "id")
    }

    /// A caller who withholds a number that the provider nevertheless tells
    /// (`P-Asserted-Identity` with `Privacy: id`).
    pub fn withheld_but_known(number: &str) -> Self {
        let identity = format!("<sip:{number}@provider.example>");
        Self::withheld().header("P-Asserted-Identity", &identity)
    }

    /// With a display name; quotes and backslashes are escaped, anything else
    /// is sent as it is.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.replace('\\', "\\\\").replace('"', "\\\""));
        self
    }

    /// With a further header in the INVITE.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn apply(&self, invitation: &mut InviteOption) {
        invitation.caller.auth = Some(Auth {
            user: self.user.clone(),
            password: None,
        });
        invitation.caller_display_name = self.name.clone();
        let headers = self
            .headers
            .iter()
            .map(|(n, v)| Header::Other(n.clone(), v.clone()));
        invitation.headers = Some(headers.collect());
    }
}

/// The SIP provider; see [`crate::Pbx::trunk`]. Calls to outside numbers ring
/// until [`Trunk::react`] says otherwise.
#[derive(Debug)]
pub struct Trunk {
    agent: Agent,
}

impl Trunk {
    pub(crate) fn open(pbx: SocketAddr) -> Result<Self> {
        let agent = block_on(Agent::open(IpAddr::V4(ADDRESS), "trunk", None, pbx))?;
        Ok(Self { agent })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.agent.core.address()
    }

    /// Calls `number` at Asterisk as `caller`.
    ///
    /// # Errors
    /// When the call cannot be sent; a refusal is the call's end, not an error.
    pub fn call(&self, number: &str, caller: &Caller) -> Result<Call> {
        let mut invitation = self.agent.core.invitation(number);
        caller.apply(&mut invitation);
        block_on(Call::place(&self.agent.core, invitation))
    }

    /// Places many calls; `plan` tells for each, counted from 0, what it does.
    /// Returns when all are over.
    pub fn load(&self, load: &Load, plan: impl Fn(usize) -> Plan) -> LoadReport {
        block_on(super::load::run(&self.agent.core, load, plan))
    }

    /// What outside numbers do when dialled, from now on.
    pub fn react(&self, reaction: Reaction) {
        self.agent.react(reaction);
    }

    /// The next call to an outside number; as [`crate::Phone::next_call`].
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn next_call(&self, patience: Duration) -> Result<Call> {
        block_on(self.agent.next_call(patience))
    }
}
