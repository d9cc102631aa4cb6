//! Numbers as trunks send and people type them.

use super::*;

mod properties;

fn e164(raw: &str, country: &str) -> Option<String> {
    read(raw, country, "").map(|number| number.e164())
}

#[test]
fn forms_that_trunks_send() {
    for (raw, country, expected) in [
        ("+49301234567", "DE", "+49301234567"),
        ("0049301234567", "DE", "+49301234567"),
        ("49301234567", "DE", "+49301234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("0301234567", "DE", "+49301234567"),
        ("301234567", "DE", "+49301234567"),
        ("(030) 1234-567", "DE", "+49301234567"),
        ("030/1234567", "DE", "+49301234567"),
        ("+49 (0)30 1234567", "DE", "+49301234567"),
        ("0049 (0)30 1234567", "DE", "+49301234567"),
        ("tel:+49-30-1234567", "DE", "+49301234567"),
        ("tel:1234567;phone-context=+4930", "DE", "+49301234567"),
        (
            "tel:030-1234567;phone-context=example.com",
            "DE",
            "+49301234567",
        ),
        (
            "sip:+49301234567@trunk.example;user=phone",
            "DE",
            "+49301234567",
        ),
        ("<sip:030123456@10.0.0.1:5060>", "DE", "+4930123456"),
        ("SIP:%2B49301234567@x", "DE", "+49301234567"),
        ("0301234567;phone-context=+49", "DE", "+49301234567"),
        ("\u{ff10}\u{ff13}\u{ff10}1234567", "DE", "+49301234567"),
        ("+44 20 7946 0958", "DE", "+442079460958"),
        ("00442079460958", "DE", "+442079460958"),
        ("442079460958", "FR", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("4155552671", "US", "+14155552671"),
        ("14155552671", "US", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("010 44 20 7946 0958", "JP", "+442079460958"),
        ("14155552671", "DE", "+14155552671"),
        ("+39 02 1234567", "DE", "+39021234567"),
        ("02 1234567", "IT", "+39021234567"),
        ("+39 (0)2 1234567", "DE", "+39021234567"),
        ("+48 (0)22 123 45 67", "DE", "+48221234567"),
        ("0048 (0)22 123 45 67", "DE", "+48221234567"),
        // A range that libphonenumber does not know.
        ("+49 1999 1234567", "DE", "+4919991234567"),
        ("011 15 2345 6789", "AR", "+5491123456789"),
        ("+54 9 11 2345 6789", "AR", "+5491123456789"),
        ("+52 33 1234 5678", "MX", "+523312345678"),
        ("+52 1 33 1234 5678", "MX", "+523312345678"),
        ("0043 1 58858", "DE", "+43158858"),
        ("+800 1234 5678", "DE", "+80012345678"),
        ("0911 12345", "DE", "+4991112345"),
    ] {
        assert_eq!(
            e164(raw, country).as_deref(),
            Some(expected),
            "{raw} in {country}"
        );
    }
}

#[test]
fn what_is_no_number() {
    for raw in [
        "",
        "+",
        "0",
        "00",
        "100",
        "1001",
        "20001",
        "123456",
        "110",
        "112",
        "0110",
        "+49110",
        "116117",
        "anonymous",
        "Anonymous",
        "anonymous@anonymous.invalid",
        "unavailable",
        "Unknown",
        "s",
        "alice",
        "sip:alice@example.com",
        "*97",
        "#31#",
        "030 1234567 x",
        "++49301234567",
        "030+1234567",
        "9999999999999999999999",
        "+99912345678",
        "030'; DROP TABLE",
        "\u{0}030",
    ] {
        assert_eq!(e164(raw, "DE"), None, "{raw}");
    }
    for raw in ["911", "5551234", "411", "1000"] {
        assert_eq!(e164(raw, "US"), None, "{raw}");
    }
    assert_eq!(e164(&"0301234567".repeat(1000), "DE"), None);
    // An unknown country still reads what says its country itself.
    assert_eq!(e164("+49301234567", "??").as_deref(), Some("+49301234567"));
    assert_eq!(e164("0301234567", "??"), None);
}

#[test]
fn the_prefix_is_taken_off() {
    let stripped = |raw, prefix| read(raw, "DE", prefix).map(|number| number.e164());
    assert_eq!(
        stripped("00301234567", "0").as_deref(),
        Some("+49301234567")
    );
    assert_eq!(
        stripped("00049301234567", "0").as_deref(),
        Some("+49301234567")
    );
    assert_eq!(
        stripped("990301234567", "99").as_deref(),
        Some("+49301234567")
    );
    assert_eq!(
        stripped("+49301234567", "0").as_deref(),
        Some("+49301234567")
    );
    // A call without it is read as it is.
    assert_eq!(
        stripped("0301234567", "99").as_deref(),
        Some("+49301234567")
    );
    assert_eq!(stripped("99100", "99"), None);
}

#[test]
fn withheld_words() {
    for raw in [
        "anonymous",
        " Anonymous ",
        "ANONYMOUS@anonymous.invalid",
        "unavailable",
        "Unknown",
        "restricted",
        "Private Number",
        "Withheld",
        "Unknown Caller",
        "no number",
        "sip:anonymous@x",
        "Unterdrückt",
    ] {
        assert!(is_withheld_word(raw), "{raw}");
    }
    for raw in [
        "",
        "+49301234567",
        "Anna Nonymous",
        "Privatbank",
        "number",
        "caller",
        "100",
    ] {
        assert!(!is_withheld_word(raw), "{raw}");
    }
}

#[test]
fn forms_for_people() {
    let number = read("0301234567", "DE", "").unwrap();
    assert_eq!(number.national(), "030 1234567");
    assert_eq!(number.international(), "+49 30 1234567");
    let italian = read("+39 02 1234567", "DE", "").unwrap();
    assert_eq!(italian.international(), "+39 02 123 4567");
}

#[test]
fn stored_in_any_form() {
    let number = read("+49301234567", "DE", "").unwrap();
    for stored in [
        "+49301234567",
        "(030) 1234-567",
        "+49 30 1234567",
        "0049301234567",
        "030/1234567",
        "+49 (0)30 1234567",
        "030 1234567 ext. 12",
        "030 1234567 x12",
        "49301234567",
        "Tel. 030 1234567",
        "030 1234567 Durchwahl 12",
        "030-1234567 (Zentrale)",
        "+49(30)1234567",
        "+49.30.1234567",
        "030 1234567 / 0171 2345678",
        "0171 2345678, 030 1234567",
        "0049 (0) 30 / 1234567",
        "tel:+49-30-1234567",
        "030 12 34 56 7",
        "\u{a0}030\u{a0}1234567 ",
    ] {
        assert!(number.matches(stored, "DE"), "{stored}");
    }
    for stored in [
        "",
        "1234567",
        "0301234568",
        "030 12345670",
        "03012345",
        "+43 30 1234567",
        "40 301234567",
        "0 0 0",
        "Zentrale",
        "040 1234567",
        "030 1234567-89",
        "+1 301234567",
        "00 301234567",
        "030 7654321 / 0171 2345678",
        "040/301234567",
    ] {
        assert!(!number.matches(stored, "DE"), "{stored}");
    }
    let polish = read("+48221234567", "DE", "").unwrap();
    assert!(polish.matches("+48 (0)22 123 45 67", "DE"));
    // The same digits elsewhere are somebody else's.
    assert!(!number.matches("030 1234567", "AT"));
    assert!(number.matches("+49 30 1234567", "US"));
    assert!(number.matches("011 49 30 1234567", "US"));
}

#[test]
fn the_end_of_a_field_is_not_a_number() {
    let whole = read("0304012345678", "DE", "").unwrap();
    let end = read("04012345678", "DE", "").unwrap();
    assert!(whole.matches("030/4012345678", "DE"));
    assert!(!end.matches("030/4012345678", "DE"));
}

#[test]
fn the_same_line_in_old_and_new_forms() {
    let mexican = read("+523312345678", "MX", "").unwrap();
    assert!(mexican.matches("+52 1 33 1234 5678", "US"));
    let mobile = read("+5491123456789", "AR", "").unwrap();
    for stored in [
        "011 15-2345-6789",
        "+54 11 2345 6789",
        "11 2345-6789",
        "+54 9 11 2345-6789",
    ] {
        assert!(mobile.matches(stored, "AR"), "{stored}");
    }
    let vanity = read("18003569377", "US", "").unwrap();
    assert!(vanity.matches("1-800-FLOWERS", "US"));
    let american = read("4155552671", "US", "").unwrap();
    assert!(american.matches("(415) 555-2671 / (415) 555-2672", "US"));
    assert!(!american.matches("555-2671", "US"));
}

#[test]
fn forms_to_look_up() {
    let forms = |raw, country| read(raw, country, "").unwrap().lookup_forms();
    assert_eq!(
        forms("0301234567", "DE"),
        [
            "49301234567",
            "0301234567",
            "301234567",
            "0049301234567",
            "0301234567*",
            "030 1234567",
            "30 1234567"
        ]
    );
    assert_eq!(
        forms("4155552671", "US"),
        [
            "14155552671",
            "4155552671",
            "0014155552671",
            "4155552671*",
            "415 555 2671"
        ]
    );
    assert_eq!(
        forms("021234567", "IT")[..3],
        ["39021234567", "021234567", "0039021234567"]
    );
    assert!(forms("+523312345678", "MX").contains(&"5213312345678*".to_owned()));
    for number in ["+5491123456789", "+541123456789"] {
        let forms = forms(number, "AR");
        for form in ["0111523456789*", "1123456789", "541123456789*"] {
            assert!(forms.contains(&form.to_owned()), "{form} of {number}");
        }
    }
    assert!(forms("+5511987654321", "BR").contains(&"1187654321".to_owned()));
}

/// What a number costs a search, which is refused, or silently falls short, if it is too much.
#[test]
fn a_number_costs_a_search_one_wildcard_and_seven_terms_at_most() {
    for (raw, country, most) in [
        ("0301234567", "DE", 7),
        ("01711234567", "DE", 7),
        ("4155552671", "US", 5),
        ("02079460000", "GB", 7),
        ("0123456789", "FR", 7),
        ("021234567", "IT", 7),
    ] {
        let forms = read(raw, country, "").unwrap().lookup_forms();
        let wildcards = forms.iter().filter(|form| form.contains('*'));
        assert_eq!(wildcards.count(), 1, "{forms:?}");
        assert!(forms.len() <= most, "{forms:?}");
    }
}

#[test]
fn countries() {
    assert!(is_country("DE") && is_country("US") && is_country("XK"));
    assert!(!is_country("ZZ") && !is_country("") && !is_country("de") && !is_country("DEU"));
}

#[test]
fn reading_goes_on_after_a_release() {
    assert!(e164("0301234567", "DE").is_some());
    release();
    assert!(e164("0301234567", "DE").is_some());
}
