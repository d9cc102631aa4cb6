//! Answers to queries, searches and describes, and the header of the API limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::salesforce::{Error, fuzzing};
use res_ansitel_salesforce_fuzz::{check_error, is_id, number, status};

fn check<T>(answer: Result<T, Error>, fits: impl FnOnce(T) -> bool) {
    match answer {
        Ok(read) => assert!(fits(read)),
        Err(error) => {
            check_error(&error);
            assert!(!error.in_doubt(), "nothing was written");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let (selector, body) = number(data);
    let status = status(selector / 8);
    let are_ids = |ids: Vec<String>| ids.iter().all(|id| is_id(id));
    let is_id_or_none = |id: &Option<String>| id.as_deref().is_none_or(is_id);
    let are_filled = |phones: &[String]| phones.iter().all(|phone| !phone.trim().is_empty());
    match selector % 8 {
        0 => check(fuzzing::account_page(status, body), |(hits, _)| {
            hits.iter().all(|hit| {
                is_id(&hit.id) && is_id_or_none(&hit.contact_id) && are_filled(&hit.phones)
            })
        }),
        1 => check(fuzzing::found(status, body), |hits| {
            hits.iter().all(|hit| {
                is_id(&hit.id) && is_id_or_none(&hit.account_id) && are_filled(&hit.phones)
            })
        }),
        2 => check(fuzzing::case_page(status, body), |rows| {
            rows.iter()
                .all(|(case, account)| is_id(case) && is_id_or_none(account))
        }),
        3 => check(fuzzing::user_page(status, body), are_ids),
        4 => check(fuzzing::described(status, body), |described| {
            described.field("Subject").is_some() == described.field("SUBJECT").is_some()
        }),
        5 => {
            let header = String::from_utf8_lossy(body);
            if let Some(usage) = fuzzing::usage(&header) {
                let again = format!("api-usage={}/{}", usage.used, usage.limit);
                assert_eq!(fuzzing::usage(&again), Some(usage));
            }
        }
        6 => check(fuzzing::case_now_page(status, body), |cases| {
            cases.iter().all(|case| {
                is_id(&case.id)
                    && is_id_or_none(&case.account_id)
                    && is_id_or_none(&case.contact_id)
            })
        }),
        _ => check(fuzzing::task_page(status, body), are_ids),
    }
});
