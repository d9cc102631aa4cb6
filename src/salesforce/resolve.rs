//! Name look-up, by the system's `getaddrinfo`: it follows `/etc/hosts` and `nsswitch.conf` as
//! an administrator expects, but neither a time limit nor [`super::Client::abort`] interrupts
//! it; it ends by `resolv.conf`'s own limits (`timeout`, `attempts`).

use dns_lookup::{LookupErrorKind, lookup_host};
use std::net::{IpAddr, SocketAddr};

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAddress {
    /// DNS says that there is none.
    #[error("the name {0} does not exist")]
    Unknown(String),
    /// No name server has answered, or none could find out.
    #[error("no name server says what the address of {0} is")]
    Silent(String),
    /// Anything else.
    #[error("the name {0} cannot be resolved: {1}")]
    Other(String, String),
}

impl NoAddress {
    /// What the administrator can do about it.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            NoAddress::Unknown(_) => {
                "check the spelling of domain (or login_host), and which name servers this PBX asks"
            }
            NoAddress::Silent(_) => {
                "check the name servers in /etc/resolv.conf, and whether this PBX reaches them"
            }
            NoAddress::Other(..) => "",
        }
    }
}

/// The addresses of a host, in the order in which they are to be tried; at least one. An IPv6
/// address may stand in brackets.
pub(super) fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = lookup_host(bare).map_err(|error| match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => NoAddress::Unknown(bare.to_owned()),
        LookupErrorKind::Again => NoAddress::Silent(bare.to_owned()),
        _ => NoAddress::Other(bare.to_owned(), std::io::Error::from(error).to_string()),
    })?;
    let addresses: Vec<_> = found.map(|ip| SocketAddr::new(ip, port)).collect();
    if addresses.is_empty() {
        return Err(NoAddress::Unknown(bare.to_owned()));
    }
    Ok(addresses)
}
