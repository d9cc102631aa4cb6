//! Slows down who guesses passwords.
//!
//! What counts is the address, and the name at that address: guessing from one place keeps nobody
//! out who comes from another. Who is too early is told so at once, and that counts for nothing,
//! so that nobody waits inside Asterisk and the wait never grows by itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// After so long without a wrong password, everything is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);

/// How many addresses and names are kept in mind; beyond that, the oldest are forgotten.
const MOST: usize = 4096;

/// Names are no longer than this in Asterisk.
const LONGEST_NAME: usize = 80;

/// How many wrong passwords cost nothing, and how long the wait becomes at most, in seconds.
struct Patience {
    free: u32,
    longest: u64,
}

const NAME: Patience = Patience {
    free: 5,
    longest: 60,
};

/// Behind a proxy or a router, many sit at one address.
const ADDRESS: Patience = Patience {
    free: 20,
    longest: 10,
};

impl Patience {
    /// One second, two, four and so on.
    fn wait(&self, failures: u32) -> Option<Duration> {
        let over = failures.checked_sub(self.free)?;
        let seconds = 1_u64.checked_shl(over).unwrap_or(self.longest);
        Some(Duration::from_secs(seconds.clamp(1, self.longest)))
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Who {
    address: IpAddr,
    /// `None`: whatever name was used.
    name: Option<String>,
}

struct Failures {
    count: u32,
    last: Instant,
    until: Instant,
}

/// The wrong passwords of late.
#[derive(Default)]
pub struct Brake {
    failures: HashMap<Who, Failures>,
}

impl Brake {
    /// How long somebody has to wait before the next try.
    pub fn wait(&self, address: &str, name: &str, now: Instant) -> Option<Duration> {
        let until = both(address, name)
            .iter()
            .filter_map(|who| self.failures.get(who))
            .map(|failures| failures.until)
            .max()?;
        until
            .checked_duration_since(now)
            .filter(|wait| !wait.is_zero())
    }

    /// A password was wrong; how long the next try has to wait.
    pub fn failed(&mut self, address: &str, name: &str, now: Instant) -> Option<Duration> {
        self.make_room(now);
        let waits = both(address, name).map(|who| {
            let patience = if who.name.is_some() { &NAME } else { &ADDRESS };
            let failures = self.failures.entry(who).or_insert(Failures {
                count: 0,
                last: now,
                until: now,
            });
            if now.duration_since(failures.last) >= FORGOTTEN {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
            let wait = patience.wait(failures.count);
            failures.until = now + wait.unwrap_or_default();
            wait
        });
        waits.into_iter().flatten().max()
    }

    /// The password was right: what was wrong with this name before was a slip. Of the address
    /// nothing is forgotten, or who has one password could guess others for ever.
    pub fn succeeded(&mut self, address: &str, name: &str) {
        let [_, who] = both(address, name);
        self.failures.remove(&who);
    }

    fn make_room(&mut self, now: Instant) {
        if self.failures.len() + 2 <= MOST {
            return;
        }
        let is_kept = |failures: &Failures| now.duration_since(failures.last) < FORGOTTEN;
        self.failures.retain(|_, failures| is_kept(failures));
        while self.failures.len() + 2 > MOST {
            let oldest = self
                .failures
                .iter()
                .min_by_key(|(_, failures)| failures.last);
            let Some(oldest) = oldest.map(|(who, _)| who.clone()) else {
                return;
            };
            self.failures.remove(&oldest);
        }
    }
}

fn both(address: &str, name: &str) -> [Who; 2] {
    let address = place(address);
    let name = name.chars().take(LONGEST_NAME).collect::<String>();
    [
        Who {
            address,
            name: None,
        },
        Who {
            address,
            name: Some(name.to_ascii_lowercase()),
        },
    ]
}

/// Who has one address of IPv6 has a whole network of them.
fn place(address: &str) -> IpAddr {
    let bare = address.trim_start_matches('[');
    let bare = bare.split([']', '%']).next().unwrap_or_default();
    match bare.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::from(u64::MAX),
        )),
        Ok(address) => address,
        Err(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "192.0.2.2";

    fn after(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    fn fail(brake: &mut Brake, address: &str, name: &str, count: u32, now: Instant) {
        for _ in 0..count {
            brake.failed(address, name, now);
        }
    }

    #[test]
    fn a_few_slips_cost_nothing_then_the_wait_grows() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        fail(&mut brake, HERE, "admin", 4, now);
        assert_eq!(brake.wait(HERE, "admin", now), None);
        let waits: Vec<u64> = (0..9)
            .map(|_| brake.failed(HERE, "admin", now).unwrap().as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(
            brake.wait(HERE, "ADMIN", now),
            Some(Duration::from_secs(60))
        );
        assert_eq!(brake.wait(HERE, "admin", after(now, 60)), None);
    }

    #[test]
    fn guessing_elsewhere_keeps_nobody_out() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        fail(&mut brake, HERE, "admin", 1000, now);
        assert!(brake.wait(HERE, "admin", now).is_some());
        assert_eq!(brake.wait(THERE, "admin", now), None);
    }

    #[test]
    fn many_names_from_one_address_are_slowed_down_too() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        for n in 0..19 {
            fail(&mut brake, HERE, &format!("user{n}"), 1, now);
        }
        assert_eq!(brake.wait(HERE, "another", now), None);
        fail(&mut brake, HERE, "user19", 40, now);
        assert_eq!(
            brake.wait(HERE, "another", now),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn a_right_password_forgives_that_name_only() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        fail(&mut brake, HERE, "admin", 10, now);
        fail(&mut brake, HERE, "guest", 10, now);
        brake.succeeded(HERE, "guest");
        let later = after(now, 11);
        assert!(brake.wait(HERE, "admin", later).is_some());
        assert_eq!(brake.wait(HERE, "guest", later), None);
    }

    #[test]
    fn it_is_forgotten_in_the_end() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        fail(&mut brake, HERE, "admin", 10, now);
        let later = now + FORGOTTEN;
        assert_eq!(brake.failed(HERE, "admin", later), None);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        fail(&mut brake, "2001:db8::1", "admin", 10, now);
        assert!(brake.wait("[2001:db8::ffff:2]", "admin", now).is_some());
        assert_eq!(brake.wait("2001:db8:0:1::1", "admin", now), None);
        fail(&mut brake, "::ffff:192.0.2.9", "admin", 10, now);
        assert!(brake.wait("192.0.2.9", "admin", now).is_some());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_are_kept() {
        let (mut brake, now) = (Brake::default(), Instant::now());
        for n in 0..3 * MOST {
            let at = now + Duration::from_millis(n as u64);
            let address = std::net::Ipv4Addr::from(u32::try_from(n).unwrap());
            fail(&mut brake, &address.to_string(), "admin", 6, at);
            assert!(brake.failures.len() <= MOST);
        }
        let last = std::net::Ipv4Addr::from(u32::try_from(3 * MOST - 1).unwrap());
        let at = now + Duration::from_millis(3 * MOST as u64 - 1);
        assert!(brake.wait(&last.to_string(), "admin", at).is_some());
    }
}
