//! Measurements, not tests: the simulator must not be what a load test waits for.
//! `cargo test --release -p salesforce-simulator --test capacity -- --ignored --nocapture`

mod common;

use std::time::Instant;

use common::{Client, account, org, start};
use serde_json::json;

const RECORDS: usize = 100_000;

#[test]
#[ignore = "a measurement, not a test"]
fn a_hundred_thousand_records_are_searched_by_index() {
    let simulator = start(org());
    let client = Client::login(&simulator);
    let lookups = || {
        for n in 0..20 {
            let number = format!("4930{:07}", 1_000_000 + n * 5);
            let found = client.found(&format!(
                "FIND {{{number} OR 00{number}}} IN PHONE FIELDS RETURNING Account(Id), Contact(Id)"
            ));
            assert_eq!(found.len(), 1);
            let soql = format!("SELECT Id FROM Account WHERE Phone = '+{number}' OR Phone = 'x'");
            assert_eq!(client.column(&soql, "Id").len(), 1);
        }
    };
    let seed = |from: usize, to: usize| {
        for n in from..to {
            simulator.seed("acme", account("A", &format!("+4930{:07}", 1_000_000 + n)));
        }
    };
    seed(0, 100);
    let started = Instant::now();
    lookups();
    let few = started.elapsed();
    let started = Instant::now();
    seed(100, RECORDS);
    println!("{RECORDS} records seeded in {:?}", started.elapsed());
    let started = Instant::now();
    lookups();
    let many = started.elapsed();
    println!("40 lookups among 100 records: {few:?}, among {RECORDS}: {many:?}");
}

#[test]
#[ignore = "a measurement, not a test"]
fn requests_per_second() {
    let simulator = start(org());
    let clients: Vec<Client> = (0..4).map(|_| Client::login(&simulator)).collect();
    for (name, path) in [("create Case", "sobjects/Case"), ("limits", "limits")] {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for client in &clients {
                scope.spawn(move || {
                    for n in 0..5_000 {
                        let status = if path == "limits" {
                            client.get(path).status
                        } else {
                            client.post(path, &json!({"Subject": format!("Case {n}"), "SuppliedPhone": "+4930123"})).status
                        };
                        assert!(status < 300);
                    }
                });
            }
        });
        let rate = 20_000.0 / started.elapsed().as_secs_f64();
        println!("{name}: {rate:.0} requests/s, client included");
    }
}
