//! `salesforce show status`: groups of lines `name: value`, then a table of orgs. Scripts read
//! it, so that names and their order stay.

use super::table::{Facts, Table, plain};
use super::views::{LatencyView, PlaceView, StatusView};
use crate::delivery::clock_time;

/// The interface as a whole.
pub fn show(status: &StatusView) -> String {
    let mut facts = Facts::default();
    facts.add(
        "Interface",
        if status.started { "started" } else { "stopped" },
    );
    facts.add(
        "Version",
        format!(
            "{} (Asterisk {})",
            env!("CARGO_PKG_VERSION"),
            status.asterisk_version
        ),
    );
    facts.add("Users", status.users.to_string());
    facts.add("Internal errors", status.internal_errors.to_string());
    facts.gap();
    let events = status.events;
    facts.add(
        "Events",
        format!(
            "seen {}, ours {}, waiting {}, dropped = {}",
            events.seen, events.taken, events.waiting, events.dropped
        ),
    );
    facts.add(
        "Calls in progress",
        format!(
            "{} ({} channels)",
            status.calls_in_progress, status.channels
        ),
    );
    facts.gap();
    queues(&mut facts, status);
    facts.gap();
    since_load(&mut facts, status);
    facts.gap();
    facts.add("Journal", status.journal.path.as_str());
    facts.add(
        "Journal size",
        format!("{} kB", status.journal.size.div_ceil(1024)),
    );
    let mut text = facts.render();
    if !status.places.is_empty() {
        text.push('\n');
        text.push_str(&places(&status.places));
    }
    if !status.gone_users.is_empty() {
        let names: Vec<String> = status.gone_users.iter().map(|gone| plain(gone)).collect();
        text.push_str(&format!(
            "\nCalls of users that are not in salesforce.conf any more: {}\n",
            names.join(", ")
        ));
    }
    text
}

fn queues(facts: &mut Facts, status: &StatusView) {
    let journal = &status.journal;
    facts.add(
        "Journal depth",
        format!("{} waiting for the disk", journal.depth),
    );
    if journal.lost > 0 {
        facts.add(
            "Calls lost",
            format!("{} while the journal could not be written", journal.lost),
        );
    }
    facts.add("Pending calls", status.pending.to_string());
    facts.add("Being sent", status.being_sent.to_string());
    facts.add(
        "Oldest undelivered",
        status
            .oldest_undelivered
            .map_or_else(|| "none".to_owned(), clock_time),
    );
    facts.add("Failed calls", status.failed.to_string());
    facts.add(
        "Workers",
        format!("{} busy of {}", status.workers.busy, status.workers.all),
    );
}

fn since_load(facts: &mut Facts, status: &StatusView) {
    facts.add(
        "Delivered since load",
        status.delivered_since_load.to_string(),
    );
    facts.add("Failed since load", status.failed_since_load.to_string());
    facts.add("Retried since load", status.retried_since_load.to_string());
    facts.add("Looked up ringing", status.looked_up_ringing.to_string());
    facts.add(
        "Requests",
        format!("{} and {} logins", status.requests, status.logins),
    );
    facts.add(
        "Requests per Case",
        match status.delivered_since_load {
            0 => "none yet".to_owned(),
            cases => format!("{:.2}", status.requests as f64 / cases as f64),
        },
    );
    facts.add("Hang-up to Case", percentiles(status.to_case));
    facts.add("Without waiting", percentiles(status.to_case_at_once));
}

fn percentiles(of: Option<LatencyView>) -> String {
    let Some(of) = of else {
        return "none yet".to_owned();
    };
    let [p50, p95, p99] = [of.p50, of.p95, of.p99].map(|micros| micros as f64 / 1e6);
    format!(
        "p50 {p50:.3} s, p95 {p95:.3} s, p99 {p99:.3} s (newest {} calls)",
        of.calls
    )
}

fn places(places: &[PlaceView]) -> String {
    let mut table = Table::new(&["Org or host", "API requests today", "State"]);
    for place in places {
        let what = if place.kind == "org" {
            "org"
        } else {
            "login at"
        };
        let usage = place
            .usage
            .map(|usage| format!("{} of {}", usage.used, usage.limit));
        let state = match place.paused_until {
            Some(until) => format!(
                "paused until {}: {}",
                clock_time(until),
                plain(place.words.as_deref().unwrap_or_default())
            ),
            None => "ok".to_owned(),
        };
        table.row([
            format!("{what} {}", plain(&place.name)),
            usage.unwrap_or_default(),
            state,
        ]);
    }
    table.render()
}
