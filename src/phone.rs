//! Phone numbers: reading what trunks send, comparing with what people typed, and the forms
//! to search for. Built on libphonenumber's rules and data.
//!
//! What counts as the same number is the table `tests/salesforce_client/numbers.tsv`.

mod forms;
mod reading;
mod stored;
mod text;

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, PhoneNumberUtil, Region};
use std::sync::{Arc, Mutex, PoisonError};

/// A number that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    /// `+` and digits.
    e164: String,
    national: String,
    international: String,
    line: Line,
}

/// What is dialled from anywhere to reach a line; two texts that give the same are the same
/// number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    /// The country's calling code, digits.
    calling_code: String,
    /// What follows the calling code, digits.
    significant: String,
}

/// libphonenumber's data, several megabytes when in use. Kept here rather than in a lazy
/// static, because an unloaded module must be able to give it back.
static RULES: Mutex<Option<Arc<PhoneNumberUtil>>> = Mutex::new(None);

fn rules() -> Arc<PhoneNumberUtil> {
    let mut rules = RULES.lock().unwrap_or_else(PoisonError::into_inner);
    // The data is compiled in and read in every test: it cannot be damaged.
    let make = || Arc::new(PhoneNumberUtil::new().expect("libphonenumber's own data is readable"));
    Arc::clone(rules.get_or_insert_with(make))
}

/// Gives back the memory of libphonenumber's data, for the module's unload. Reading a number
/// afterwards loads it again.
pub fn release() {
    RULES.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Is `code` an ISO 3166 region whose numbers can be read? Upper case.
pub fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && region(code).is_some_and(|it| rules().get_country_code_for_region(it).is_some())
}

fn region(country: &str) -> Option<Region> {
    country.parse().ok()
}

/// Words that stand where a number should, and what some systems send for "none".
const WITHHELD: &[&str] = &[
    "anonymous",
    "anonym",
    "unavailable",
    "unknown",
    "unbekannt",
    "restricted",
    "withheld",
    "private",
    "privat",
    "blocked",
    "nonumber",
    "nocallerid",
    "asserted",
    "invalid",
    "null",
    "none",
    "unterdrueckt",
    "unterdrückt",
];

/// What is left of such words where somebody spelt them on a keypad: anonymous, restricted,
/// blocked, unknown, unavailable.
const WITHHELD_ON_A_KEYPAD: &[&str] = &[
    "266696687",
    "7378742833",
    "2562533",
    "8656696",
    "86282452253",
];

/// Does the text say that the number is withheld or missing (`anonymous`, `Private Number`), be
/// it spelt on a keypad or in zeros?
pub fn is_withheld_word(raw: &str) -> bool {
    let raw = raw.trim().to_lowercase();
    let raw = raw.split_once('@').map_or(raw.as_str(), |(user, _)| user);
    let raw = raw.strip_prefix("sip:").unwrap_or(raw);
    let letters: String = raw.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.chars().all(|c| c.is_ascii_digit()) {
        return is_withheld_on_a_keypad(&letters);
    }
    let letters = letters
        .strip_suffix("number")
        .or_else(|| letters.strip_suffix("caller"))
        .filter(|rest| *rest != "no")
        .unwrap_or(&letters);
    WITHHELD.contains(&letters)
}

/// `digits` as they are, and without a 1 in front, which some networks put before everything.
fn is_withheld_on_a_keypad(digits: &str) -> bool {
    let spelt = |digits| WITHHELD_ON_A_KEYPAD.contains(&digits);
    let is_zero = !digits.is_empty() && digits.bytes().all(|digit| digit == b'0');
    is_zero || spelt(digits) || digits.strip_prefix('1').is_some_and(spelt)
}

/// Reads what a trunk sent, in `country` (ISO 3166), where `prefix_strip` stands before
/// callers' numbers. Only what gives a valid number counts: with `+` or `00` the number says
/// its country itself; what begins with the country's trunk or international prefix is read as
/// dialled there; of plain digits, the likeliest reading. With `+` a number of a plausible length is
/// taken as well: countries open new ranges faster than software learns of them.
///
/// `None`: withheld, a name, a short internal or emergency number, anything that is no number.
pub fn read(raw: &str, country: &str, prefix_strip: &str) -> Option<Number> {
    if raw.len() > 250 || is_withheld_word(raw) {
        return None;
    }
    let rules = rules();
    let region = region(country);
    let texts = text::sent(&rules, raw);
    let stripped = texts
        .iter()
        .filter(|_| !prefix_strip.is_empty())
        .filter_map(|text| text.strip_prefix(prefix_strip));
    let mut forms = stripped.chain(texts.iter().map(String::as_str));
    forms
        .find_map(|text| reading::best(&rules, text, region))
        .or_else(|| {
            texts
                .iter()
                .find_map(|text| reading::plausible(&rules, text))
        })
        .map(|number| Number::new(&rules, &number))
}

impl Number {
    fn new(rules: &PhoneNumberUtil, number: &PhoneNumber) -> Number {
        // Callers' numbers have no extension; a stored one's says nothing about the line.
        let mut number = number.clone();
        number.extension = None;
        let format = |as_in| rules.format(&number, as_in).into_owned();
        Number {
            national: format(PhoneNumberFormat::National),
            international: format(PhoneNumberFormat::International),
            e164: format(PhoneNumberFormat::E164),
            line: Line::of(&number),
        }
    }

    /// `+49301234567`.
    pub fn e164(&self) -> String {
        self.e164.clone()
    }

    /// As written in the number's own country: `030 1234567`.
    pub fn national(&self) -> String {
        self.national.clone()
    }

    /// As written abroad: `+49 30 1234567`.
    pub fn international(&self) -> String {
        self.international.clone()
    }
}

impl Line {
    fn of(number: &PhoneNumber) -> Line {
        Line {
            calling_code: number.country_code.to_string(),
            significant: number.get_national_significant_number(),
        }
    }

    /// The number without the digit that only tells how it is dialled from abroad:
    /// Argentina's 9 before mobiles.
    fn bare(&self) -> &str {
        match self.calling_code.as_str() {
            "54" if self.significant.len() == 11 => self
                .significant
                .strip_prefix('9')
                .unwrap_or(&self.significant),
            _ => &self.significant,
        }
    }

    fn is(&self, other: &Line) -> bool {
        self.calling_code == other.calling_code && self.bare() == other.bare()
    }
}

#[cfg(test)]
mod tests;
