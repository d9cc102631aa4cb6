//! The answer to an OAuth login: whatever it is, it is a session that can be used, a refusal in
//! words, or none of Salesforce's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::salesforce::fuzzing;
use res_ansitel_salesforce_fuzz::{check_refused_login, is_id};

fuzz_target!(|data: &[u8]| {
    match fuzzing::oauth_answer(data) {
        Some(Ok(login)) => {
            assert!(is_id(&login.org_id) && is_id(&login.user_id));
            // It travels in a header.
            let session = login.session_id.as_bytes();
            assert!(!session.is_empty() && session.iter().all(u8::is_ascii_graphic));
        }
        Some(Err(refused)) => check_refused_login(&refused),
        None => {}
    }
});
