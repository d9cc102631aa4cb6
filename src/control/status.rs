//! `salesforce show status`: groups of lines `name: value`, then a table of orgs. Scripts read
//! it, so that names and their order stay.

use super::View;
use super::table::{Facts, Table, plain};
use crate::delivery::{Measured, Percentiles, Place, Status, clock_time};
use crate::journal::{JournalError, UserCounts};

/// The interface as a whole.
pub fn show(view: &View<'_>) -> Result<String, JournalError> {
    // The depth before the counts: what has left the one is in the other by then.
    let depth = view.journal.depth();
    let status = view.delivery.status()?;
    let mut facts = Facts::default();
    facts.add(
        "Interface",
        if view.started { "started" } else { "stopped" },
    );
    facts.add(
        "Version",
        format!(
            "{} (Asterisk {})",
            env!("CARGO_PKG_VERSION"),
            view.asterisk_version
        ),
    );
    facts.add("Users", view.configuration.users.len().to_string());
    facts.add(
        "Internal errors",
        (view.panics + status.measured.counters.panics).to_string(),
    );
    facts.gap();
    let events = view.counters;
    facts.add(
        "Events",
        format!(
            "seen {}, ours {}, waiting {}, dropped = {}",
            events.seen, events.taken, events.waiting, events.dropped
        ),
    );
    facts.add(
        "Calls in progress",
        format!("{} ({} channels)", view.calls, view.channels),
    );
    facts.gap();
    queues(&mut facts, view, &status, depth)?;
    facts.gap();
    since_load(&mut facts, &status.measured);
    facts.gap();
    facts.add("Journal", view.journal.path().display().to_string());
    facts.add(
        "Journal size",
        format!("{} kB", view.journal.size().div_ceil(1024)),
    );
    let mut text = facts.render();
    if !status.places.is_empty() {
        let mut table = Table::new(&["Org or host", "API requests today", "State"]);
        for place in &status.places {
            let usage = match (&place.place, place.usage) {
                (Place::Org(_), Some(usage)) => format!("{} of {}", usage.used, usage.limit),
                _ => String::new(),
            };
            let state = place.pause.as_ref().map_or_else(
                || "ok".to_owned(),
                |pause| {
                    format!(
                        "paused until {}: {}",
                        clock_time(pause.until),
                        plain(&pause.words)
                    )
                },
            );
            table.row([plain(&place.place.to_string()), usage, state]);
        }
        text.push('\n');
        text.push_str(&table.render());
    }
    if !status.gone.is_empty() {
        let names: Vec<String> = status.gone.iter().map(|gone| plain(&gone.user)).collect();
        text.push_str(&format!(
            "\nCalls of users that are not in salesforce.conf any more: {}\n",
            names.join(", ")
        ));
    }
    Ok(text)
}

fn queues(
    facts: &mut Facts,
    view: &View<'_>,
    status: &Status,
    depth: usize,
) -> Result<(), JournalError> {
    let sum = |count: fn(&UserCounts) -> u64| {
        let of_users = status.users.iter().map(|user| count(&user.counts));
        of_users
            .chain(status.gone.iter().map(count))
            .sum::<u64>()
            .to_string()
    };
    facts.add("Journal depth", format!("{depth} waiting for the disk"));
    if view.journal.lost() > 0 {
        facts.add(
            "Calls lost",
            format!(
                "{} while the journal could not be written",
                view.journal.lost()
            ),
        );
    }
    facts.add("Pending calls", sum(|counts| counts.pending));
    facts.add("Being sent", sum(|counts| counts.sending));
    let oldest = view.journal.oldest_undelivered()?;
    facts.add(
        "Oldest undelivered",
        oldest.map_or_else(|| "none".to_owned(), clock_time),
    );
    facts.add("Failed calls", sum(|counts| counts.failed));
    facts.add(
        "Workers",
        format!("{} busy of {}", status.workers_busy, status.workers),
    );
    Ok(())
}

fn since_load(facts: &mut Facts, measured: &Measured) {
    let counters = measured.counters;
    facts.add("Delivered since load", counters.delivered.to_string());
    facts.add("Failed since load", counters.failed.to_string());
    facts.add("Retried since load", counters.retried.to_string());
    facts.add("Looked up ringing", measured.looked_up.to_string());
    let requests = measured.requests;
    facts.add(
        "Requests",
        format!("{} and {} logins", requests.others, requests.logins),
    );
    facts.add(
        "Requests per Case",
        match counters.delivered {
            0 => "none yet".to_owned(),
            cases => format!("{:.2}", requests.others as f64 / cases as f64),
        },
    );
    facts.add("Hang-up to Case", percentiles(measured.to_case));
    facts.add("Without waiting", percentiles(measured.at_once));
}

fn percentiles(of: Option<Percentiles>) -> String {
    let Some(of) = of else {
        return "none yet".to_owned();
    };
    let [p50, p95, p99] = [of.p50, of.p95, of.p99].map(|time| time.as_secs_f64());
    format!(
        "p50 {p50:.3} s, p95 {p95:.3} s, p99 {p99:.3} s (newest {} calls)",
        of.calls
    )
}
