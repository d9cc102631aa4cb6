//! What holds for every number and everybody who types one.

use crate::phone::*;
use proptest::prelude::*;

/// Valid numbers of a country, and the country.
fn numbers() -> impl Strategy<Value = (&'static str, Number)> {
    let countries = [
        "DE", "AT", "CH", "FR", "IT", "GB", "US", "JP", "RU", "NL", "PL", "IN",
    ];
    let number = (
        proptest::sample::select(countries.to_vec()),
        "[1-9][0-9]{7,9}",
    );
    number.prop_filter_map("a valid number", |(country, digits)| {
        let zero = if country == "US" { "" } else { "0" };
        let number = read(&format!("{zero}{digits}"), country, "")?;
        let code = rules().get_country_code_for_region(region(country)?)?;
        (number.line.calling_code == code.to_string()).then_some((country, number))
    })
}

/// Somebody's habits of writing numbers.
#[derive(Debug, Clone)]
struct Typist {
    before: &'static str,
    /// How the number begins.
    style: usize,
    /// What comes between digits, perhaps.
    between: Vec<Option<&'static str>>,
    behind: &'static str,
}

fn typists() -> impl Strategy<Value = Typist> {
    let between = [
        "", " ", "-", ".", "/", " / ", " – ", ")", " (", "\u{a0}", "\u{200b}",
    ];
    let between = proptest::option::weighted(0.3, proptest::sample::select(between.to_vec()));
    let before = [
        "", "", " ", "Tel. ", "'", "(", "Büro: ", "<tel:", "\u{202d}",
    ];
    let behind = [
        "",
        "",
        " ",
        " ext. 12",
        "x7",
        " Durchwahl 12",
        " (Zentrale)",
        "#3",
        ", 99",
        "\u{202c}",
    ];
    (
        proptest::sample::select(before.to_vec()),
        0usize..6,
        proptest::collection::vec(between, 15),
        proptest::sample::select(behind.to_vec()),
    )
        .prop_map(|(before, style, between, behind)| Typist {
            before,
            style,
            between,
            behind,
        })
}

impl Typist {
    fn type_in(&self, number: &Number) -> String {
        let Line {
            calling_code: code,
            significant,
        } = &number.line;
        let national: String = number
            .national
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let (begin, digits) = match self.style {
            0 => (format!("+{code}"), significant),
            1 => (format!("00{code} "), significant),
            2 if national.starts_with('0') && !significant.starts_with('0') => {
                (format!("+{code} (0)"), significant)
            }
            3 if national.starts_with('0') => (format!("+{code}"), &national),
            4 => (code.clone(), significant),
            _ => (String::new(), &national),
        };
        let mut typed = format!("{}{begin}", self.before);
        for (place, digit) in digits.chars().enumerate() {
            typed.push(digit);
            if place + 1 < digits.len() {
                typed.push_str(
                    self.between
                        .get(place)
                        .copied()
                        .flatten()
                        .unwrap_or_default(),
                );
            }
        }
        typed + self.behind
    }
}

proptest! {
    #[test]
    fn what_is_read_is_its_own_number(raw in "\\+?(49|0|00|1|44|39)?[1-9][0-9]{5,10}",
        country in proptest::sample::select(vec!["DE", "US", "GB", "IT", "MX", "AR", "JP"])) {
        if let Some(number) = read(&raw, country, "") {
            prop_assert_eq!(read(&number.e164(), country, ""), Some(number.clone()));
            for stored in [number.e164(), number.international(), number.e164().replacen('+', "00", 1)] {
                prop_assert!(number.matches(&stored, country), "{}", stored);
            }
            for form in number.lookup_forms() {
                let digits = form.strip_suffix('*').unwrap_or(&form);
                prop_assert!(digits.bytes().all(|b| b.is_ascii_digit() || b == b' '), "{}", form);
            }
        }
    }

    #[test]
    fn however_it_is_typed((country, number) in numbers(), typist in typists()) {
        let typed = typist.type_in(&number);
        prop_assert!(number.matches(&typed, country), "{} in {}: {}", number.e164(), country, typed);
    }

    #[test]
    fn another_number_never_matches((country, number) in numbers(), typist in typists(), place in 0usize..15, digit in "[0-9]", change in 0..3) {
        let mut other = number.e164();
        let place = 3 + place % (other.len() - 3);
        match change {
            0 => other.replace_range(place..=place, &digit),
            1 => other.insert_str(place, &digit),
            _ => drop(other.remove(place)),
        }
        if let Some(other) = read(&other, country, "") {
            let typed = typist.type_in(&other);
            let same = other.e164() == number.e164();
            prop_assert_eq!(number.matches(&typed, country), same, "{} in {}: {}", number.e164(), country, typed);
        }
    }

    #[test]
    fn no_text_is_too_strange(raw in any::<String>(), stored in any::<String>()) {
        let _ = read(&raw, "DE", "0");
        let number = read("0301234567", "DE", "").unwrap();
        prop_assert!(!number.matches(&stored, "DE") || stored.contains('3'));
        let _ = is_withheld_word(&raw);
    }
}
