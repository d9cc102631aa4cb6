//! Looking for a caller.

use super::*;

#[test]
fn a_caller_is_found_by_part_of_number_or_name() {
    let bench = bench();
    // The caller's number, and what the times of all these calls hold as well.
    let at = 493_012_000_000;
    let callers = [
        (Some("+493012000"), Some("Jörg \"Joe\" O'Hara")),
        (Some("+498955501"), Some("back\\slash")),
        (Some("anonymous"), None),
        (None, Some("ÄRZTE GmbH")),
        (None, None),
    ];
    let calls = callers.iter().enumerate().map(|(n, (number, name))| {
        let mut record = ended(&format!("r{n}"), "a", at);
        record.caller.number = number.map(str::to_owned);
        record.caller.name = name.map(str::to_owned);
        Update::Closed(record)
    });
    bench.journal.record(calls.collect());
    bench.flush();
    let found = |caller: &str| -> Vec<String> {
        let wanted = Wanted {
            caller: Some(caller),
            ..Wanted::default()
        };
        let calls = bench.journal.find(10, &wanted).unwrap();
        calls
            .into_iter()
            .map(|call| call.record.reference)
            .collect()
    };
    for (caller, expected) in [
        ("3012000", &["r0"][..]),
        ("12", &["r0"]),
        ("555", &["r1"]),
        ("NONYM", &[]),
        ("nonym", &["r2"]),
        ("jÖrg", &[]),
        ("jörg", &["r0"]),
        ("\"joe\"", &["r0"]),
        ("o'hara", &["r0"]),
        ("k\\s", &["r1"]),
        ("Ärzte gmbh", &["r3"]),
        // In every record, but of no caller.
        ("caller", &[]),
        ("answered", &[]),
        ("%", &[]),
        ("\n", &[]),
    ] {
        assert_eq!(found(caller), expected, "{caller:?}");
    }
}
