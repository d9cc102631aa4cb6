//! How callers' numbers are read and whose they are, through the whole delivery.

use crate::stage::*;
use serde_json::json;

#[test]
fn the_company_s_own_numbers_match_nobody_however_they_are_written() {
    let mut org = acme();
    org.records = vec![
        json!({"attributes": {"type": "Account"}, "Name": "Wir", "Phone": "+49 30 23125678"}),
        json!({"attributes": {"type": "Account"}, "Name": "Kunde", "Phone": "030 2312567"}),
    ];
    let own = "(030) 2312-5678, +49 (0)40/222222, 0049 89 333333";
    let general = [("ignore_numbers", own)];
    let stage = start_with(simulator([org]), &general, |port| {
        vec![section("a", port, &[])]
    });
    let callers = [
        "+493023125678",
        "03023125678",
        "493023125678",
        "0049 30 23125678",
        "sip:03023125678@10.0.0.1",
        "040222222",
        "+4989333333",
    ];
    let calls = callers.iter().enumerate();
    stage.record(calls.map(|(index, caller)| call("a", &format!("own-{index}"), Some(caller))));
    stage.record([call("a", "customer", Some("0302312567"))]);
    stage.all_delivered(callers.len() + 1);
    assert_eq!(stage.accounts().len(), 2, "none is created");
    for case in stage.cases() {
        let phone = case["SuppliedPhone"].as_str().unwrap();
        assert_eq!(
            case["AccountId"].is_null(),
            phone != "+49302312567",
            "{phone}"
        );
    }
}

#[test]
fn a_digit_that_the_pbx_puts_before_numbers_is_taken_off() {
    let mut org = acme();
    org.records = vec![
        json!({"attributes": {"type": "Account"}, "Name": "Acme", "Phone": "(030) 2312-5678"}),
    ];
    let general = [("prefix_strip", "0")];
    let stage = start_with(simulator([org]), &general, |port| {
        vec![section("a", port, &[])]
    });
    let callers = [
        "003023125678",
        "000493023125678",
        "0493023125678",
        "+493023125678",
    ];
    let calls = callers.iter().enumerate();
    stage.record(calls.map(|(index, caller)| call("a", &format!("call-{index}"), Some(caller))));
    stage.all_delivered(callers.len());
    let accounts = stage.accounts();
    assert_eq!(accounts.len(), 1);
    for case in stage.cases() {
        assert_eq!(case["SuppliedPhone"], "+493023125678");
        assert_eq!(case["AccountId"], accounts[0]["Id"]);
    }
}
