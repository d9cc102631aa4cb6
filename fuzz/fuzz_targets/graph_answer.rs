//! Answers to writes: each graph is done with all its records, refused because of one of them, or
//! not tried; an answer that leaves anything open is an error in doubt.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::salesforce::{Graph, Record, Target, Written, fuzzing};
use res_ansitel_salesforce_fuzz::{check_error, is_id, number, status};
use serde_json::Map;

fn record(sobject: &'static str, target: Target) -> Record {
    Record {
        sobject,
        target,
        fields: Map::new(),
        link: None,
        auto_assign: false,
        look_at_owner: false,
    }
}

fn graphs(shape: usize) -> Vec<Graph> {
    let case = record("Case", Target::New);
    let account = record("Account", Target::New);
    let old = record("Case", Target::Existing("500000000000001AAA".to_owned()));
    let upsert = Target::External {
        field: "Call__c".to_owned(),
        value: "pbx-1.2-100".to_owned(),
    };
    match shape % 4 {
        0 => vec![vec![case]],
        1 => vec![vec![account, case.clone()], vec![case]],
        2 => vec![vec![old], vec![record("Case", upsert)]],
        _ => vec![vec![account, case, old]; 3],
    }
}

fuzz_target!(|data: &[u8]| {
    let (selector, body) = number(data);
    let graphs = graphs(selector);
    let status = status(selector / 4);
    match fuzzing::graph_answer(status, body, &graphs) {
        Err(error) => {
            check_error(&error);
            assert!(
                error.in_doubt() || !(200..400).contains(&status),
                "{status} {error}"
            );
        }
        Ok(written) => {
            assert!((200..300).contains(&status));
            assert_eq!(written.len(), graphs.len());
            for (written, graph) in written.iter().zip(&graphs) {
                match written {
                    Written::Done(ids) => {
                        assert_eq!(ids.len(), graph.len());
                        for (id, record) in ids.iter().zip(graph) {
                            let may_be_silent = matches!(record.target, Target::External { .. });
                            assert!(id.as_deref().map_or(may_be_silent, is_id), "{id:?}");
                        }
                    }
                    Written::Refused(place, error) => {
                        check_error(error);
                        assert!(place.is_none_or(|place| place < graph.len()) && !error.in_doubt());
                    }
                    Written::NotTried | Written::OutOfSight => {}
                }
            }
        }
    }
});
