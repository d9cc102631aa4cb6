//! `salesforce show status`.

use super::View;
use super::table::{Facts, Table, plain};
use crate::delivery::{Place, clock_time};
use crate::journal::JournalError;

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
        "Calls in progress",
        format!("{} ({} channels)", view.calls, view.channels),
    );
    facts.add(
        "Workers",
        format!("{} busy of {}", status.workers_busy, status.workers),
    );
    let pending: u64 = status
        .users
        .iter()
        .map(|user| user.counts.pending)
        .sum::<u64>()
        + status.gone.iter().map(|gone| gone.pending).sum::<u64>();
    let failed: u64 = status
        .users
        .iter()
        .map(|user| user.counts.failed)
        .sum::<u64>()
        + status.gone.iter().map(|gone| gone.failed).sum::<u64>();
    facts.add("Journal", view.journal.path().display().to_string());
    facts.add(
        "Journal size",
        format!("{} kB", view.journal.size().div_ceil(1024)),
    );
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
    facts.add("Pending calls", pending.to_string());
    facts.add("Failed calls", failed.to_string());
    let oldest = view.journal.oldest_undelivered()?;
    facts.add(
        "Oldest undelivered",
        oldest.map_or_else(|| "none".to_owned(), clock_time),
    );
    facts.add(
        "Delivered since load",
        status.counters.delivered.to_string(),
    );
    facts.add("Failed since load", status.counters.failed.to_string());
    facts.add("Retried since load", status.counters.retried.to_string());
    facts.add(
        "Internal errors",
        (view.panics + status.counters.panics).to_string(),
    );
    let events = view.counters;
    facts.add(
        "Events",
        format!(
            "seen {}, taken {}, waiting {}, dropped = {}",
            events.seen, events.taken, events.waiting, events.dropped
        ),
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
