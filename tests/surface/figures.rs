//! What was measured of calls, side by side.

use crate::scene::Scene;
use comfy_table::{ContentArrangement, Table, presets};
use rustix::param::clock_ticks_per_second;
use std::path::PathBuf;
use std::time::Duration;

/// Of one run's calls.
pub struct Figures {
    pub placed: usize,
    pub answered: usize,
    /// What callers complained about.
    pub troubles: Vec<String>,
    pub ringing: Vec<Duration>,
    pub answer: Vec<Duration>,
    pub to_case: Vec<Duration>,
    /// Callers who have no Case or several.
    pub wrong_cases: Vec<String>,
    /// Of Asterisk's process.
    pub processor: Duration,
    pub took: Duration,
}

/// One column per run.
pub fn table(runs: &[(&str, &Figures)]) -> Table {
    let names = runs.iter().map(|(name, _)| *name);
    let mut table = plain(&[""].into_iter().chain(names).collect::<Vec<_>>());
    let mut row = |name: &str, cell: &dyn Fn(&Figures) -> String| {
        let cells = runs.iter().map(|(_, figures)| cell(figures));
        table.add_row([name.to_owned()].into_iter().chain(cells));
    };
    row("calls placed", &|f| f.placed.to_string());
    row("answered", &|f| f.answered.to_string());
    row("went wrong at the caller's", &|f| {
        f.troubles.len().to_string()
    });
    row("with exactly one Case", &|f| {
        (f.placed - f.wrong_cases.len()).to_string()
    });
    row("INVITE to ringing, ms (50 95 99 % max)", &|f| {
        quantiles(&f.ringing)
    });
    row("INVITE to answer, ms (50 95 99 % max)", &|f| {
        quantiles(&f.answer)
    });
    row("hang-up to Case, ms (50 95 99 % max)", &|f| {
        quantiles(&f.to_case)
    });
    row("Asterisk's processor time, s", &|f| seconds(f.processor));
    row("the same of one processor, %", &|f| {
        let share = f.processor.as_secs_f64() / f.took.as_secs_f64();
        format!("{:.0}", 100.0 * share)
    });
    row("took, s", &|f| seconds(f.took));
    table
}

/// A table that can be read anywhere.
pub fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}

/// Four of them, in milliseconds.
pub fn quantiles(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |share: f64| {
        let place = share * times.len().saturating_sub(1) as f64;
        times.get(place.ceil() as usize).map_or_else(
            || "-".to_owned(),
            |time| format!("{:.1}", time.as_secs_f64() * 1000.0),
        )
    };
    [0.5, 0.95, 0.99, 1.0].map(at).join("  ")
}

/// A look at Asterisk's process.
pub struct Process(PathBuf);

impl Process {
    pub fn of(scene: &Scene) -> Process {
        Process(PathBuf::from(format!("/proc/{}", scene.pbx.pid().unwrap())))
    }

    /// User and system time of all its threads, also those that have ended.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(self.0.join("stat")).unwrap();
        // The name, in brackets, may hold anything. What follows it begins with the third field.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
    }
}
