//! A telephone on somebody's desk.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::agent::Agent;
use super::block_on;
use super::call::Call;
use super::reaction::Reaction;
use crate::conf::phone_password;
use crate::error::Result;

/// Longer than any test.
const REGISTERED_FOR: u32 = 3600;

/// A SIP phone; made by [`crate::Pbx::phone`]. Incoming calls ring until
/// [`Phone::react`] says otherwise. Switched off when dropped.
#[derive(Debug)]
pub struct Phone {
    agent: Agent,
}

impl Phone {
    /// Switches the phone of `extension` on and registers it.
    pub(crate) fn register(extension: &str, pbx: SocketAddr) -> Result<Self> {
        block_on(async {
            let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let agent = Agent::open(ip, extension, Some(phone_password(extension)), pbx).await?;
            agent.core.register(REGISTERED_FOR).await?;
            Ok(Self { agent })
        })
    }

    /// What the phone does with calls from now on.
    pub fn react(&self, reaction: Reaction) {
        self.agent.react(reaction);
    }

    /// The next incoming call, in order of arrival, waiting if there is none.
    ///
    /// Calls that the phone answers or refuses by itself appear here too;
    /// redirected and ignored ones do not.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn next_call(&self, patience: Duration) -> Result<Call> {
        block_on(self.agent.next_call(patience))
    }

    /// Dials a number.
    ///
    /// # Errors
    /// When the call cannot be sent; a refusal is the call's end, not an error.
    pub fn dial(&self, number: &str) -> Result<Call> {
        let invitation = self.agent.core.invitation(number);
        block_on(Call::place(&self.agent.core, invitation))
    }

    /// Registers again after [`Phone::unregister`] or a restart of Asterisk.
    ///
    /// # Errors
    /// When Asterisk refuses.
    pub fn register_again(&self) -> Result<()> {
        block_on(self.agent.core.register(REGISTERED_FOR))
    }

    /// Unregisters; dropping alone leaves the registration, like a cut cable.
    ///
    /// # Errors
    /// When Asterisk refuses.
    pub fn unregister(&self) -> Result<()> {
        block_on(self.agent.core.register(0))
    }
}
