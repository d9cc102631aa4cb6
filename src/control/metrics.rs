//! The interface's figures for Prometheus, in its text format (exposition format 0.0.4).
//!
//! Names and units follow its conventions: base units, `_total` for what only grows. A counter
//! begins anew when the module is loaded, but for `salesforce_cases_total`, which the journal
//! keeps.

use super::View;
use crate::delivery::{
    BOUNDS, Condition, Counters, Histogram, PauseKind, Place, Status, UserStatus,
};
use crate::journal::{JournalError, UserCounts, now};
use crate::salesforce::ApiUsage;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// The `Content-Type` of [`metrics`].
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All figures.
///
/// # Errors
/// The journal cannot be read.
pub fn metrics(view: &View<'_>) -> Result<String, JournalError> {
    // The depth before the counts: what has left the one is in the other by then.
    let depth = view.journal.depth();
    let status = view.delivery.status()?;
    let oldest = view.journal.oldest_undelivered()?;
    let waits = oldest.map_or(0, |since| now().0.saturating_sub(since.0).max(0));
    let mut page = Page::default();
    interface(&mut page, view, status.measured.counters);
    users(&mut page, &status.users);
    calls(&mut page, &status);
    page.histogram(
        "salesforce_case_delay_seconds",
        "From the end of a call until Salesforce has confirmed its Case.",
        &status.measured.delays,
    );
    page.gauge(
        "salesforce_journal_depth",
        "Call records that are not on disk yet.",
        depth,
    );
    page.counter(
        "salesforce_journal_lost_total",
        "Call records lost because the journal could not be written for too long.",
        view.journal.lost(),
    );
    page.gauge(
        "salesforce_journal_size_bytes",
        "Size of the journal on disk.",
        view.journal.size(),
    );
    page.gauge(
        "salesforce_oldest_undelivered_seconds",
        "Age of the oldest call that Salesforce does not have yet; 0 without one.",
        waits as f64 / 1e6,
    );
    traffic(&mut page, &status);
    Ok(page.text)
}

fn interface(page: &mut Page, view: &View<'_>, counters: Counters) {
    page.family("salesforce_build_info", Kind::Gauge, "The versions.");
    let versions = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("asterisk", view.asterisk_version),
    ];
    page.sample("salesforce_build_info", &versions, 1);
    page.gauge(
        "salesforce_started",
        "Whether the interface is started.",
        u8::from(view.started),
    );
    page.counter(
        "salesforce_internal_errors_total",
        "Errors of the module itself that it has survived.",
        view.panics + counters.panics,
    );
    let events = view.counters;
    page.counter(
        "salesforce_events_seen_total",
        "Messages of Asterisk's event bus that reached the module.",
        events.seen,
    );
    page.counter(
        "salesforce_events_taken_total",
        "Of these, those that concern calls.",
        events.taken,
    );
    page.counter(
        "salesforce_events_dropped_total",
        "Events lost for want of memory.",
        events.dropped,
    );
    page.gauge(
        "salesforce_events_waiting",
        "Events in the mailbox.",
        events.waiting,
    );
    page.gauge(
        "salesforce_channels",
        "Channels that are followed.",
        view.channels,
    );
    page.gauge(
        "salesforce_calls_in_progress",
        "Outside calls in progress.",
        view.calls,
    );
}

/// Where a user may stand.
const CONDITIONS: [(Condition, &str); 5] = [
    (Condition::Ok, "ok"),
    (Condition::NotLoggedIn, "not_logged_in"),
    (Condition::Waiting, "waiting"),
    (Condition::Refused, "refused"),
    (Condition::Parked, "parked"),
];

fn users(page: &mut Page, users: &[UserStatus]) {
    let name = "salesforce_user_state";
    page.family(name, Kind::Gauge, "Where a user stands: 1 at its state.");
    for user in users {
        for (condition, state) in CONDITIONS {
            let labels = [("user", user.name.as_str()), ("state", state)];
            page.sample(name, &labels, u8::from(user.condition == condition));
        }
    }
}

/// One of the counts.
type CountOf<T> = fn(&T) -> u64;

fn calls(page: &mut Page, status: &Status) {
    let counts = || {
        let of_users = status.users.iter().map(|user| (&user.name, &user.counts));
        of_users.chain(status.gone.iter().map(|gone| (&gone.user, gone)))
    };
    let name = "salesforce_calls";
    page.family(
        name,
        Kind::Gauge,
        "Calls in the journal that are not done: running ones, those to be sent, those being \
         sent, those that Salesforce refused.",
    );
    let states: [(&str, CountOf<UserCounts>); 4] = [
        ("running", |counts| counts.open),
        ("pending", |counts| {
            counts.pending.saturating_sub(counts.sending)
        }),
        ("sending", |counts| counts.sending),
        ("failed", |counts| counts.failed),
    ];
    for (user, counts) in counts() {
        for (state, count) in states {
            page.sample(name, &[("user", user), ("state", state)], count(counts));
        }
    }
    let name = "salesforce_cases_total";
    page.family(
        name,
        Kind::Counter,
        "Calls that Salesforce has, since the journal began.",
    );
    for (user, counts) in counts() {
        page.sample(name, &[("user", user)], counts.delivered);
    }
    let name = "salesforce_calls_delivered_total";
    page.family(name, Kind::Counter, "Calls that Salesforce has confirmed.");
    for user in &status.users {
        let Counters {
            delivered,
            answered,
            ..
        } = user.counters;
        let lost = delivered.saturating_sub(answered);
        for (outcome, count) in [("answered", answered), ("lost", lost)] {
            page.sample(name, &[("user", &user.name), ("outcome", outcome)], count);
        }
    }
    let of_users: [(&str, &str, CountOf<Counters>); 2] = [
        (
            "salesforce_calls_failed_total",
            "Calls that Salesforce has refused.",
            |counters| counters.failed,
        ),
        (
            "salesforce_retries_total",
            "Attempts at a call that came to nothing and are repeated.",
            |counters| counters.retried,
        ),
    ];
    for (name, help, count) in of_users {
        page.family(name, Kind::Counter, help);
        for user in &status.users {
            page.sample(name, &[("user", &user.name)], count(&user.counters));
        }
    }
}

fn traffic(page: &mut Page, status: &Status) {
    let measured = &status.measured;
    let name = "salesforce_requests_total";
    page.family(name, Kind::Counter, "Requests sent to Salesforce.");
    let requests = measured.requests;
    for (kind, count) in [("login", requests.logins), ("api", requests.others)] {
        page.sample(name, &[("kind", kind)], count);
    }
    page.counter(
        "salesforce_numbers_looked_up_total",
        "Callers who were looked up while a phone rang.",
        measured.looked_up,
    );
    let name = "salesforce_dialplan_answers_total";
    page.family(
        name,
        Kind::Counter,
        "Answers to the dialplan function; too_late: its call had gone on.",
    );
    let told = measured.inquiries;
    for (result, count) in [
        ("found", told.found),
        ("not_found", told.not_found),
        ("too_late", told.too_late),
        ("failed", told.failed),
    ] {
        page.sample(name, &[("result", result)], count);
    }
    page.gauge(
        "salesforce_workers",
        "Threads that write to Salesforce.",
        status.workers,
    );
    page.gauge(
        "salesforce_workers_busy",
        "Of these, those at work, and tests of users.",
        status.workers_busy,
    );
    let of_places = status.places.iter().filter_map(|place| match &place.place {
        Place::Org(org) => Some((&**org, place.usage?)),
        Place::Host(_) => None,
    });
    let of_users = status.users.iter();
    let of_users = of_users.filter_map(|user| Some((user.org.as_deref()?, user.usage?)));
    let orgs: BTreeMap<&str, ApiUsage> = of_places.chain(of_users).collect();
    let name = "salesforce_api_requests_used";
    page.family(
        name,
        Kind::Gauge,
        "The org's API requests of 24 hours, those of its other programs included.",
    );
    for (org, usage) in &orgs {
        page.sample(name, &[("org", org)], usage.used);
    }
    let name = "salesforce_api_requests_limit";
    page.family(
        name,
        Kind::Gauge,
        "How many API requests the org has in 24 hours.",
    );
    for (org, usage) in &orgs {
        page.sample(name, &[("org", org)], usage.limit);
    }
    let name = "salesforce_paused";
    page.family(
        name,
        Kind::Gauge,
        "Whether nothing is sent to an org or login host for a while: 1 at the reason.",
    );
    for place in &status.places {
        let (kind, at) = match &place.place {
            Place::Org(org) => ("org", &**org),
            Place::Host(host) => ("login", &**host),
        };
        for (reason, why) in [
            ("outage", PauseKind::Outage),
            ("limit", PauseKind::Limit),
            ("crowd", PauseKind::Crowd),
            ("maintenance", PauseKind::Maintenance),
        ] {
            let is_paused = place.pause.as_ref().is_some_and(|pause| pause.kind == why);
            let labels = [("place", kind), ("name", at), ("reason", reason)];
            page.sample(name, &labels, u8::from(is_paused));
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The text as it grows. Names are ours and need no check.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a String never fails.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (place, (label, text)) in labels.iter().enumerate() {
            self.text.push(if place == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{label}=\"{}\"", escaped(text));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, Kind::Counter, help);
        self.sample(name, &[], value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, Kind::Gauge, help);
        self.sample(name, &[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.family(name, Kind::Histogram, help);
        let bucket = format!("{name}_bucket");
        for (bound, within) in BOUNDS.iter().zip(histogram.within) {
            self.sample(&bucket, &[("le", &bound.to_string())], within);
        }
        self.sample(&bucket, &[("le", "+Inf")], histogram.count);
        self.sample(&format!("{name}_sum"), &[], histogram.sum);
        self.sample(&format!("{name}_count"), &[], histogram.count);
    }
}

/// A label's value, as it stands in quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_within_their_quotes() {
        let mut page = Page::default();
        page.sample("a", &[("user", "x\"} 1\nb\\"), ("state", "ok")], 2);
        assert_eq!(page.text, "a{user=\"x\\\"} 1\\nb\\\\\",state=\"ok\"} 2\n");
    }

    #[test]
    fn a_histogram_ends_with_everything() {
        let mut page = Page::default();
        let mut within = [0; BOUNDS.len()];
        within[BOUNDS.len() - 1] = 2;
        let histogram = Histogram {
            within,
            count: 3,
            sum: 4000.5,
        };
        page.histogram("a_seconds", "How long.", &histogram);
        assert!(page.text.starts_with(
            "# HELP a_seconds How long.\n# TYPE a_seconds histogram\n\
             a_seconds_bucket{le=\"0.05\"} 0\n"
        ));
        assert!(page.text.ends_with(
            "a_seconds_bucket{le=\"3600\"} 2\na_seconds_bucket{le=\"+Inf\"} 3\n\
             a_seconds_sum 4000.5\na_seconds_count 3\n"
        ));
    }
}
