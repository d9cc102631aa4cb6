//! Every message that is said, and what it is given.

use super::words::moment_arguments;
use fluent_bundle::{FluentArgs, FluentValue};
use jiff::civil::date;
use jiff::tz::TimeZone;

const CALLER: &[&str] = &["known", "name", "number"];

/// Each message with its variables.
pub(super) const MESSAGES: &[(&str, &[&str])] = &[
    ("account-name", &["number"]),
    ("subject-answered", CALLER),
    ("subject-lost", CALLER),
    ("line-caller", CALLER),
    ("line-result", &["reason"]),
    ("line-dialled", &["number"]),
    ("line-queue", &["queue"]),
    ("line-extension", &["extension"]),
    ("line-start", &["time"]),
    ("line-end", &["time"]),
    ("line-ring", &["duration"]),
    ("line-talk", &["duration"]),
    ("line-others", &["others"]),
    ("line-not-looked-up", &[]),
    ("line-similar", &["others"]),
    ("line-reference", &["reference"]),
    ("step-forwarded-to", &["to"]),
    ("step-transferred-to", &["to"]),
    ("step-transferred-from", &["from"]),
    ("reason-answered", &[]),
    ("reason-forwarded", &["to"]),
    ("reason-not-answered", &[]),
    ("reason-gave-up", &[]),
    ("reason-busy", &[]),
    ("reason-rejected", &[]),
    ("reason-not-reachable", &[]),
    ("reason-voicemail", &[]),
    ("reason-answered-elsewhere", &[]),
    ("number-withheld", &[]),
    ("number-none", &[]),
    ("end-unknown", &[]),
    ("end-running", &[]),
    (
        "date-time",
        &[
            "year",
            "buddhist-year",
            "month",
            "day",
            "hour",
            "hour12",
            "half",
            "month2",
            "day2",
            "hour2",
            "minute2",
            "second2",
        ],
    ),
    ("hours", &["count"]),
    ("minutes", &["count"]),
    ("seconds", &["count"]),
    ("duration-joint", &["first", "second"]),
];

/// The variables of a message; `None`: there is no such message.
pub(super) fn variables(id: &str) -> Option<&'static [&'static str]> {
    let found = MESSAGES.iter().find(|(name, _)| *name == id);
    found.map(|(_, variables)| *variables)
}

/// A reference as long as any, in the samples of `line-reference`.
pub(super) const REFERENCE: &str = "pbx-1772543100.7-100";

/// Arguments that lead into every branch that a message can have.
pub(super) fn samples(id: &str) -> Vec<FluentArgs<'static>> {
    let variables = variables(id).unwrap_or_default();
    let some = || variables.iter().map(|name| (*name, sample(name)));
    let with = |name, value| some().chain([(name, value)]).collect();
    if id == "date-time" {
        let times = (1..=12).flat_map(|month| (0..24).map(move |hour| (month, hour)));
        let at = |(month, hour)| date(2026, month, 1 + hour).at(hour, 5, 9, 0);
        let moments = times.filter_map(|time| at(time).to_zoned(TimeZone::UTC).ok());
        moments
            .map(|at| moment_arguments(&at).into_iter().collect())
            .collect()
    } else if variables == CALLER {
        let known = |(known, name, number): (&'static str, &'static str, &'static str)| {
            let given = [("known", known), ("name", name), ("number", number)];
            given
                .map(|(name, v)| (name, FluentValue::from(v)))
                .into_iter()
                .collect()
        };
        let (name, number) = ("Erika Mustermann", "+49 30 1234567");
        let all = [
            ("both", name, number),
            ("number", "", number),
            ("name", name, ""),
            ("withheld", "", ""),
            ("none", "", ""),
        ];
        all.into_iter().map(known).collect()
    } else if variables == ["count"] {
        let counts = [0u32, 1, 2, 3, 5, 11, 12, 21, 22, 25, 100, 101, 1_193_046];
        let counts = counts.into_iter();
        counts.map(|count| with("count", count.into())).collect()
    } else if id == "reason-forwarded" {
        vec![some().collect(), with("to", "none".into())]
    } else {
        vec![some().collect()]
    }
}

fn sample(variable: &str) -> FluentValue<'static> {
    FluentValue::from(match variable {
        "number" | "to" | "from" => "+49 30 1234567",
        "reference" => REFERENCE,
        "extension" => "100",
        "queue" => "support-queue",
        "others" => "Acme (001000000000001AAA), Huber (003000000000001AAA)",
        "first" => "1 h",
        "second" => "5 min",
        _ => "…",
    })
}
