//! Moments between which time is measured across restarts, whatever becomes of the clock.

use super::store;
use crate::calls::record::Timestamp;
use std::fs;
use std::time::Duration;

/// A moment by the wall clock and, as far as the system says it, by how long the machine has
/// been up: a wall clock that is set does not move that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock.
    pub wall: Timestamp,
    up: Option<Up>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Up {
    /// Which time it was started.
    boot: String,
    micros: i64,
}

impl Up {
    /// Linux says it in two files.
    fn now() -> Option<Up> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
        Some(Up {
            boot: boot.trim().to_owned(),
            micros: (seconds * 1e6) as i64,
        })
    }
}

impl Moment {
    /// Now.
    pub fn now() -> Moment {
        Moment {
            wall: store::now(),
            up: Up::now(),
        }
    }

    /// So much later.
    pub fn later(mut self, by: Duration) -> Moment {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.wall.0 = self.wall.0.saturating_add(by);
        if let Some(up) = &mut self.up {
            up.micros = up.micros.saturating_add(by);
        }
        self
    }

    /// How long after another one; `None`: that cannot be said, for the clock was set back.
    pub fn since(&self, earlier: &Moment) -> Option<Duration> {
        let micros = match (&self.up, &earlier.up) {
            (Some(now), Some(then)) if now.boot == then.boot => now.micros - then.micros,
            _ => self.wall.0.saturating_sub(earlier.wall.0),
        };
        u64::try_from(micros).ok().map(Duration::from_micros)
    }

    /// As the file keeps it, beside the wall clock.
    pub(super) fn up(&self) -> Option<String> {
        let up = self.up.as_ref()?;
        Some(format!("{} {}", up.boot, up.micros))
    }

    /// From the file.
    pub(super) fn read(wall: Timestamp, up: Option<&str>) -> Moment {
        let up = up.and_then(|text| {
            let (boot, micros) = text.split_once(' ')?;
            Some(Up {
                boot: boot.to_owned(),
                micros: micros.parse().ok()?,
            })
        });
        Moment { wall, up }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall: i64, up: &str) -> Moment {
        Moment::read(Timestamp(wall), Some(up).filter(|up| !up.is_empty()))
    }

    #[test]
    fn a_clock_that_is_set_moves_nothing_while_the_machine_is_up() {
        let then = moment(1_000, "a 500");
        let seconds = |now: &Moment| now.since(&then).map(|time| time.as_micros());
        assert_eq!(seconds(&moment(9_000_000, "a 700")), Some(200));
        assert_eq!(seconds(&moment(0, "a 700")), Some(200));
        // After a reboot there is only the clock, and it may have been set back.
        assert_eq!(seconds(&moment(1_300, "b 7")), Some(300));
        assert_eq!(seconds(&moment(900, "b 7")), None);
        assert_eq!(seconds(&moment(1_300, "")), Some(300));
        // A container that was started anew.
        assert_eq!(seconds(&moment(1_300, "a 7")), None);
    }

    #[test]
    fn the_file_keeps_both_clocks() {
        let now = Moment::now();
        assert_eq!(Moment::read(now.wall, now.up().as_deref()), now);
        let later = now.clone().later(Duration::from_secs(600));
        assert_eq!(later.since(&now), Some(Duration::from_secs(600)));
        assert_eq!(now.since(&later), None);
    }
}
