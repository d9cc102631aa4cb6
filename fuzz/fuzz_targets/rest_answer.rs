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
    let status = status(selector / 6);
    let accounts = |hits: &[res_ansitel_salesforce::salesforce::AccountHit]| {
        hits.iter()
            .all(|hit| is_id(&hit.id) && hit.phones.iter().all(|phone| !phone.trim().is_empty()))
    };
    match selector % 6 {
        0 => check(fuzzing::account_page(status, body), |(hits, _)| accounts(&hits)),
        1 => check(fuzzing::found_accounts(status, body), |hits| accounts(&hits)),
        2 => check(fuzzing::case_page(status, body), |rows| {
            rows.iter()
                .all(|(case, account)| is_id(case) && account.as_deref().is_none_or(is_id))
        }),
        3 => check(fuzzing::user_page(status, body), |ids| ids.iter().all(|id| is_id(id))),
        4 => check(fuzzing::described(status, body), |described| {
            described.not_settable(["Subject", "Phone"]).len() <= 2
        }),
        _ => {
            let header = String::from_utf8_lossy(body);
            if let Some(usage) = fuzzing::usage(&header) {
                let again = format!("api-usage={}/{}", usage.used, usage.limit);
                assert_eq!(fuzzing::usage(&again), Some(usage));
            }
        }
    }
});
