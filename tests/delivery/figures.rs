//! What `salesforce show status` tells of the delivery.

use crate::stage::*;
use res_ansitel_salesforce::delivery::{Counters, Delivery, Measured, Percentiles, Policy};
use res_ansitel_salesforce::journal::Viewer;
use salesforce_simulator::{Mode, ValidationRule};

fn calls(measured: &Measured) -> (usize, usize) {
    let calls = |of: Option<Percentiles>| of.map_or(0, |of| of.calls);
    (calls(measured.to_case), calls(measured.at_once))
}

#[test]
fn what_is_delivered_is_counted_and_measured() {
    let sim = simulator([acme()]);
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    let before = sim.api_usage("acme");
    let measured = || {
        let measured = stage.status().measured;
        assert_eq!(measured.requests.logins, sim.logins().len() as u64);
        assert_eq!(measured.requests.others, sim.api_usage("acme") - before);
        measured
    };
    assert_eq!(calls(&measured()), (0, 0));
    for n in 0..5 {
        stage.record([call("a", &format!("r{n}"), Some("+49301111111"))]);
        stage.all_delivered(n + 1);
    }
    let five = measured();
    let counted = |delivered, retried| Counters {
        delivered,
        retried,
        ..Counters::default()
    };
    assert_eq!(five.counters, counted(5, 0));
    assert_eq!(calls(&five), (5, 5));
    let times = five.to_case.unwrap();
    assert!(!times.p50.is_zero() && times.p50 <= times.p95 && times.p95 <= times.p99);

    // Another client after a reload: its requests come on top.
    let again = client(&stage.configuration);
    stage.delivery.reload(stage.configuration.clone(), again);
    stage.record([call("b", "r5", None)]);
    stage.all_delivered(6);
    assert_eq!(calls(&measured()), (6, 6));

    stage.delivery.ringing("a", "0302222222");
    eventually("looked up", || {
        let status = stage.status();
        status.measured.looked_up == 1 && status.workers_busy == 0
    });

    // What waited for an outage to end is not among those that nothing kept waiting.
    sim.set_mode("acme", Mode::Down);
    stage.record((6..9).map(|n| call("a", &format!("r{n}"), None)));
    eventually("vain attempts", || {
        stage.status().measured.counters.retried > 2
    });
    // Perhaps never tried in vain, but it waits.
    stage.record([call("b", "r9", None)]);
    sim.set_mode("acme", Mode::Up);
    stage.all_delivered(10);
    let waited = stage.status().measured;
    assert_eq!(waited.counters.delivered, 10);
    assert_eq!(calls(&waited), (10, 6));
    stage.record([call("a", "r10", None)]);
    stage.all_delivered(11);
    let status = stage.status();
    assert_eq!(calls(&status.measured), (11, 7));
    let delivered: Vec<_> = status.users.iter().map(|u| u.counters.delivered).collect();
    assert_eq!(delivered, [9, 2]);
    assert_eq!(
        status.users[0].counters.retried,
        status.measured.counters.retried
    );
}

/// A thousand refused calls, and calls that go on: all of them again, all at once.
#[test]
fn many_refused_calls_are_retried_while_calls_go_on() {
    let mut org = acme();
    org.validation_rules = vec![ValidationRule {
        object: "Case".into(),
        field: "SuppliedPhone".into(),
        contains: "666".into(),
        message: "not this one".into(),
    }];
    let sim = simulator([org]);
    let stage = start(sim.clone(), |port| {
        vec![section("a", port, &[]), section("b", port, &[])]
    });
    let refused = |n: usize| call("a", &format!("no{n}"), Some("+4930666666"));
    stage.record((0..500).map(refused));
    eventually("refused", || stage.user("a").counts.failed == 500);
    assert_eq!(stage.status().measured.counters.failed, 500);
    assert_eq!(stage.status().users[0].counters.failed, 500);
    for n in 0..20 {
        stage.record([call("b", &format!("yes{n}"), None)]);
        // Also those that are refused again at this moment.
        stage.delivery.retry(None).unwrap();
    }
    let given_up = stage.call("no7").id;
    eventually("given up", || stage.delivery.discard(given_up).unwrap());
    sim.update_org("acme", |org| org.validation_rules.clear());
    eventually("all delivered", || {
        stage.delivery.retry(None).unwrap();
        let counts = stage.user("a").counts;
        counts.delivered == 499 && stage.user("b").counts.delivered == 20
    });
    stage.assert_once(519, 1);
}

/// What the index has not found yet is in use all the same, and not forgotten as if it were not.
#[test]
fn an_account_of_ours_that_no_search_finds_stays_remembered_by_its_calls() {
    let mut org = acme();
    org.index_lag_ms = 600_000;
    let sim = simulator([org]);
    let mut stage = start(sim, |port| {
        vec![section("a", port, &[("create_account", "yes")])]
    });
    let number = "+49303333333";
    stage.record([call("a", "r1", Some(number))]);
    stage.all_delivered(1);
    let org = stage.call("r1").org.unwrap();
    let owner = stage.accounts()[0]["OwnerId"].clone();
    let viewer = Viewer::new(&org, owner.as_str().unwrap());
    let remembered = |stage: &Stage| stage.journal.number(&viewer, number).unwrap().unwrap();
    let before = remembered(&stage);
    stage.delivery.stop();
    let asks_again = Policy {
        created_fresh: std::time::Duration::ZERO,
        ..policy()
    };
    let again = client(&stage.configuration);
    let journal = stage.journal.clone();
    let started = Delivery::start_with(&stage.configuration, journal, again, true, asks_again);
    stage.delivery = started.unwrap();
    let searches = stage.requests("search");
    stage.record([call("a", "r2", Some(number))]);
    stage.all_delivered(2);
    assert_eq!(stage.requests("search"), searches + 1);
    let now = remembered(&stage);
    assert!(now.at > before.at);
    assert_eq!(
        (now.matched, now.name, now.created_by_us),
        (before.matched, before.name, true)
    );
    stage.assert_once(2, 1);
}
