//! The figures for Prometheus, read by a parser that others wrote.

use super::inquiries::ask;
use super::*;
use prometheus_parse::{Sample, Scrape, Value};
use res_ansitel_salesforce::calls::record::Outcome;
use res_ansitel_salesforce::control::{EventCounters, View, metrics};
use res_ansitel_salesforce::delivery::Told;
use std::collections::{BTreeMap, BTreeSet};

fn text(stage: &Stage) -> String {
    let view = View {
        started: true,
        configuration: &stage.configuration,
        journal: &stage.journal,
        delivery: &stage.delivery,
        counters: EventCounters {
            seen: 40,
            taken: 20,
            dropped: 0,
            waiting: 3,
        },
        channels: 2,
        calls: 1,
        panics: 0,
        asterisk_version: "22.10.1",
        devices: Box::new(|_| String::new()),
    };
    metrics(&view).unwrap()
}

fn scrape(text: &str) -> Scrape {
    Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap()
}

/// `name{label="value",…}`, labels in order of their names.
fn key(sample: &Sample) -> String {
    let labels: BTreeMap<_, _> = sample.labels.iter().collect();
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{} {}", sample.metric, labels.join(" "))
        .trim()
        .to_owned()
}

/// Every sample but histograms.
fn values(text: &str) -> BTreeMap<String, f64> {
    let samples = scrape(text).samples;
    let values = samples.iter().filter_map(|sample| match sample.value {
        Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => {
            Some((key(sample), value))
        }
        Value::Histogram(_) | Value::Summary(_) => None,
    });
    values.collect()
}

#[test]
fn are_those_of_the_reports() {
    let stage = start(simulator([with_known_account()]), |port| {
        vec![
            section("a", port, &[]),
            section("quo\"te\\", port, &[("enabled", "no")]),
        ]
    });
    let mut answered = call("a", "r1", Some(KNOWN));
    answered.outcome = Outcome::Answered;
    answered.reason = Reason::Answered;
    answered.answered = Some(answered.started);
    stage.record([
        answered,
        call("a", "r2", Some(KNOWN)),
        call("a", "r3", None),
    ]);
    stage.all_delivered(3);
    assert_eq!(
        ask(&stage, "name", KNOWN),
        Told::Found("Bekannt GmbH".to_owned())
    );
    assert_eq!(ask(&stage, "name", "040 1111111"), Told::NotFound);
    assert_eq!(ask(&stage, "no field", KNOWN), Told::Error);

    let text = text(&stage);
    let values = values(&text);
    let of = |key: &str| {
        *values
            .get(key)
            .unwrap_or_else(|| panic!("{key}: {values:#?}"))
    };
    for (key, value) in [
        ("salesforce_started", 1.0),
        ("salesforce_events_seen_total", 40.0),
        ("salesforce_events_taken_total", 20.0),
        ("salesforce_events_waiting", 3.0),
        ("salesforce_channels", 2.0),
        ("salesforce_calls_in_progress", 1.0),
        ("salesforce_internal_errors_total", 0.0),
        ("salesforce_user_state state=ok user=a", 1.0),
        ("salesforce_user_state state=refused user=a", 0.0),
        // The parser leaves escapes as they are.
        (r#"salesforce_user_state state=parked user=quo\"te\\"#, 1.0),
        ("salesforce_calls state=pending user=a", 0.0),
        ("salesforce_cases_total user=a", 3.0),
        (
            "salesforce_calls_delivered_total outcome=answered user=a",
            1.0,
        ),
        ("salesforce_calls_delivered_total outcome=lost user=a", 2.0),
        ("salesforce_calls_failed_total user=a", 0.0),
        ("salesforce_journal_lost_total", 0.0),
        ("salesforce_oldest_undelivered_seconds", 0.0),
        ("salesforce_requests_total kind=login", 1.0),
        ("salesforce_dialplan_answers_total result=found", 1.0),
        ("salesforce_dialplan_answers_total result=not_found", 1.0),
        ("salesforce_dialplan_answers_total result=failed", 1.0),
        ("salesforce_dialplan_answers_total result=too_late", 0.0),
        ("salesforce_workers", 4.0),
    ] {
        assert_eq!(of(key), value, "{key}\n{text}");
    }
    assert!(of("salesforce_journal_size_bytes") > 4096.0);
    let user = stage.user("a");
    let (org, usage) = (user.org.unwrap(), user.usage.unwrap());
    assert_eq!(
        of(&format!("salesforce_api_requests_used org={org}")),
        usage.used as f64
    );
    assert_eq!(
        of(&format!("salesforce_api_requests_limit org={org}")),
        usage.limit as f64
    );
    let histogram = scrape(&text)
        .samples
        .into_iter()
        .find_map(|sample| match sample.value {
            Value::Histogram(buckets) => Some(buckets),
            _ => None,
        });
    let buckets = histogram.expect("a histogram");
    assert_eq!(
        buckets.last().map(|last| (last.less_than, last.count)),
        Some((f64::INFINITY, 3.0))
    );
}

#[test]
fn what_waits_and_why_is_among_them() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| vec![section("a", port, &[])]);
    stage.record([call("a", "r1", None)]);
    stage.all_delivered(1);
    sim.set_mode("acme", Mode::Down);
    stage.record([call("a", "r2", None)]);
    let org = stage.user("a").org.unwrap();
    let paused = format!("salesforce_paused name={org} place=org reason=outage");
    eventually("an outage among the figures", || {
        let values = values(&text(&stage));
        values.get(&paused) == Some(&1.0)
            && values["salesforce_user_state state=waiting user=a"] == 1.0
            && values["salesforce_retries_total user=a"] >= 1.0
            && values["salesforce_oldest_undelivered_seconds"] > 0.0
            && values["salesforce_calls state=pending user=a"]
                + values["salesforce_calls state=sending user=a"]
                == 1.0
    });
    sim.set_mode("acme", Mode::Up);
    stage.all_delivered(2);
}

/// What Prometheus' own linter asks for.
#[test]
fn follow_the_conventions() {
    let stage = start(simulator([acme()]), |port| vec![section("a", port, &[])]);
    let text = text(&stage);
    let mut families = BTreeSet::new();
    let mut current = "";
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(families.insert(name), "{name} is there twice");
            assert!(words.ends_with('.'), "{line}");
            current = name;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, current);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            assert!(line.starts_with(current), "{line} is not of {current}");
        }
    }
    assert!(families.len() > 20);
    assert!(text.ends_with('\n'));
}

/// The dashboard and the alerts ask for nothing that there is not.
#[test]
fn are_what_the_examples_show() {
    let stage = start(simulator([acme()]), |port| vec![section("a", port, &[])]);
    let text = text(&stage);
    let is_there = |name: &str| text.contains(&format!("# TYPE {name} "));
    let dashboard = include_str!("../../conf/grafana-dashboard.json");
    let read: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    for panel in read["panels"].as_array().unwrap() {
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
    }
    for example in [dashboard, include_str!("../../conf/prometheus-alerts.yml")] {
        let words = example.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let names: BTreeSet<&str> = words
            .filter(|word| word.starts_with("salesforce_"))
            .map(|name| name.strip_suffix("_bucket").unwrap_or(name))
            .collect();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            assert!(is_there(name), "{name}");
        }
    }
}
