//! Phone numbers: reading what trunks send, comparing with what people typed, and the forms
//! to search for. Built on libphonenumber's rules and data.

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, PhoneNumberUtil, Region};
use std::sync::{Arc, Mutex, PoisonError};

/// A number that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    /// `+` and digits.
    e164: String,
    national: String,
    international: String,
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

/// Does the text say that the number is withheld or missing (`anonymous`, `Private Number`)?
pub fn is_withheld_word(raw: &str) -> bool {
    let raw = raw.trim().to_lowercase();
    let raw = raw.split_once('@').map_or(raw.as_str(), |(user, _)| user);
    let raw = raw.strip_prefix("sip:").unwrap_or(raw);
    let letters: String = raw.chars().filter(|c| c.is_alphanumeric()).collect();
    let letters = letters
        .strip_suffix("number")
        .or_else(|| letters.strip_suffix("caller"))
        .filter(|rest| *rest != "no")
        .unwrap_or(&letters);
    WITHHELD.contains(&letters)
}

/// Reads what a trunk sent, in `country` (ISO 3166), where `prefix_strip` stands before
/// callers' numbers. Taken in this order, and only where the result is a valid number:
/// international with `+`; the country's own way of dialling (national, or with its
/// international prefix); `00` in any country; the calling code without anything before it.
/// With `+` a number of a plausible length is taken as well: countries open new ranges
/// faster than software learns of them.
///
/// `None`: withheld, a name, a short internal or emergency number, anything that is no number.
pub fn read(raw: &str, country: &str, prefix_strip: &str) -> Option<Number> {
    if raw.len() > 250 || is_withheld_word(raw) {
        return None;
    }
    let rules = rules();
    let region = region(country);
    let texts = texts(raw);
    let stripped = texts
        .iter()
        .filter(|_| !prefix_strip.is_empty())
        .filter_map(|text| text.strip_prefix(prefix_strip));
    let mut forms = stripped.chain(texts.iter().map(String::as_str));
    forms
        .find_map(|text| read_valid(&rules, text, region))
        .or_else(|| texts.iter().find_map(|text| read_plausible(&rules, text)))
}

/// The text to read, and where it has one, the text without the `(0)` that people write after
/// a calling code. It may be part of the number (Italy) and mostly is not, as libphonenumber
/// knows where 0 is the national prefix (Germany); where there is no such prefix (Poland),
/// only the second text is a number.
fn texts(raw: &str) -> Vec<String> {
    let mut texts: Vec<String> = dialled(raw).into_iter().collect();
    if raw.contains("(0)") {
        texts.extend(dialled(&raw.replacen("(0)", "", 1)));
    }
    texts
}

/// The number within a `tel:` or `sip:` URI or a bare text, punctuation removed but for a
/// leading `+`. `None` if something in it is no part of a number.
fn dialled(raw: &str) -> Option<String> {
    let raw = raw.trim().trim_start_matches('<').trim_end_matches('>');
    let lower = raw.to_ascii_lowercase();
    let scheme = ["tel:", "sip:", "sips:"]
        .into_iter()
        .find(|scheme| lower.starts_with(scheme));
    let raw = &raw[scheme.map_or(0, str::len)..];
    let raw = raw.split_once('@').map_or(raw, |(user, _)| user);
    let mut parts = raw.split(';');
    let number = parts.next()?.trim().replace("%2B", "+").replace("%2b", "+");
    let mut text = String::new();
    for c in number.chars() {
        match c {
            '+' if text.is_empty() => text.push('+'),
            '+' => return None,
            ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' => {}
            _ => text.push(char::from_digit(
                c.to_digit(10).or_else(|| wide_digit(c))?,
                10,
            )?),
        }
    }
    // RFC 3966: a number that is local to a calling code.
    let context = parts.find_map(|parameter| parameter.strip_prefix("phone-context="));
    if let Some(code) = context.and_then(|context| context.strip_prefix('+'))
        && !text.starts_with('+')
        && code.bytes().all(|b| b.is_ascii_digit())
    {
        text = format!("+{code}{text}");
    }
    Some(text)
}

fn wide_digit(c: char) -> Option<u32> {
    ('\u{ff10}'..='\u{ff19}')
        .contains(&c)
        .then(|| c as u32 - 0xff10)
}

/// Without trunk prefix or `+`, fewer digits than these are an internal number.
const SHORTEST_BARE: usize = 7;
/// Fewer digits than these are not taken for a calling code and a number.
const SHORTEST_WITH_CODE: usize = 9;

fn read_valid(rules: &PhoneNumberUtil, text: &str, region: Option<Region>) -> Option<Number> {
    if !text.starts_with(['+', '0']) && text.len() < SHORTEST_BARE {
        return None;
    }
    candidates(text)
        .into_iter()
        .filter(|(_, guessed)| !guessed || text.len() >= SHORTEST_WITH_CODE)
        .filter_map(|(written, _)| rules.parse(&written, region).ok())
        .map(|parsed| mend(rules, parsed))
        .find(|parsed| rules.is_valid_number(parsed))
        .map(|parsed| Number::new(rules, &parsed))
}

fn read_plausible(rules: &PhoneNumberUtil, text: &str) -> Option<Number> {
    let parsed = rules.parse(text, None).ok()?;
    let number = Number::new(rules, &parsed);
    let long_enough = number.significant.len() >= SHORTEST_BARE;
    let begins_well = !number.significant.starts_with('0');
    (long_enough && begins_well && rules.is_possible_number(&parsed)).then_some(number)
}

/// The ways to understand a text of digits, best first; `true`: a calling code without
/// anything before it, a guess for long texts only.
fn candidates(text: &str) -> Vec<(String, bool)> {
    let mut candidates = vec![(text.to_owned(), false)];
    if let Some(rest) = text.strip_prefix("00") {
        candidates.push((format!("+{rest}"), false));
    } else if !text.starts_with(['+', '0']) {
        candidates.push((format!("+{text}"), true));
    }
    candidates
}

/// Old mobile forms that are still sent and stored: Mexico's 1 after the calling code,
/// dropped in 2019.
fn mend(rules: &PhoneNumberUtil, number: PhoneNumber) -> PhoneNumber {
    let digits = number.national_number.to_string();
    if number.country_code == 52
        && digits.len() == 11
        && let Some(rest) = digits.strip_prefix('1')
        && let Ok(mended) = rules.parse(format!("+52{rest}"), None)
    {
        return mended;
    }
    number
}

impl Number {
    fn new(rules: &PhoneNumberUtil, number: &PhoneNumber) -> Number {
        // Callers' numbers have no extension; a stored one's says nothing about the line.
        let mut number = number.clone();
        number.extension = None;
        let calling_code = number.country_code.to_string();
        let e164 = rules.format(&number, PhoneNumberFormat::E164).into_owned();
        let significant = e164
            .get(1 + calling_code.len()..)
            .unwrap_or_default()
            .to_owned();
        Number {
            national: rules
                .format(&number, PhoneNumberFormat::National)
                .into_owned(),
            international: rules
                .format(&number, PhoneNumberFormat::International)
                .into_owned(),
            e164,
            calling_code,
            significant,
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

    /// Digits only, as people store the number in its many forms: with calling code, with
    /// `00` or `011`, national with and without trunk prefix, and with both calling code and
    /// trunk prefix (`+49 (0)30…`). The likeliest first, none twice.
    pub fn lookup_forms(&self) -> Vec<String> {
        let national: String = self.national.chars().filter(char::is_ascii_digit).collect();
        let full = format!("{}{}", self.calling_code, self.significant);
        let mut forms = vec![
            full.clone(),
            national.clone(),
            self.significant.clone(),
            format!("00{full}"),
            format!("{}{national}", self.calling_code),
            format!("011{full}"),
        ];
        // Mobiles are stored with and without the digit that only counts from abroad.
        let bare = self.identity().1;
        match self.calling_code.as_str() {
            "52" => forms.push(format!("521{bare}")),
            "54" if bare != self.significant => {
                forms.extend([bare.to_owned(), format!("54{bare}"), format!("0{bare}")]);
            }
            _ => {}
        }
        let mut seen = Vec::new();
        forms.retain(|form| {
            form.len() > 1 && !seen.contains(form) && {
                seen.push(form.clone());
                true
            }
        });
        forms
    }

    /// Is a stored phone field this number? Read in `country`, in whatever form it was typed;
    /// an extension in it is ignored. Whole numbers are compared, never their ends.
    pub fn matches(&self, stored: &str, country: &str) -> bool {
        let stored: String = stored.chars().take(250).collect();
        let rules = rules();
        let region = region(country);
        // A field may hold several numbers.
        stored.split([',', ';', '|', '\n']).any(|part| {
            self.is(&rules, part, region) || self.is_beside_a_slash(&rules, part, country)
        })
    }

    /// One of two numbers with a slash between them. Where the whole is a number, the slash is
    /// none of these: in `030/2345678` the end alone is somebody else's.
    fn is_beside_a_slash(&self, rules: &PhoneNumberUtil, stored: &str, country: &str) -> bool {
        if !stored.contains('/') || read(main_part(stored), country, "").is_some() {
            return false;
        }
        stored.split('/').map(main_part).any(|part| {
            let digits = part.chars().filter(char::is_ascii_digit).count();
            let by_itself = part.starts_with(['+', '0', '(']) || digits >= 10;
            by_itself && self.is(rules, part, region(country))
        })
    }

    fn is(&self, rules: &PhoneNumberUtil, stored: &str, region: Option<Region>) -> bool {
        let main = main_part(stored);
        let mut written = vec![stored.to_owned(), main.to_owned()];
        for text in texts(main) {
            written.extend(candidates(&text).into_iter().map(|(text, _)| text));
        }
        written.into_iter().any(|written| {
            rules.parse(&written, region).is_ok_and(|parsed| {
                Number::new(rules, &mend(rules, parsed)).identity() == self.identity()
            })
        })
    }

    /// What makes two numbers the same line: Argentina's 9 tells how it is dialled from
    /// abroad, not which line it is.
    fn identity(&self) -> (&str, &str) {
        let significant = match self.calling_code.as_str() {
            "54" if self.significant.len() == 11 => self
                .significant
                .strip_prefix('9')
                .unwrap_or(&self.significant),
            _ => &self.significant,
        };
        (&self.calling_code, significant)
    }
}

/// The number in a stored text: without words before it, without extension, department or
/// person after it.
fn main_part(stored: &str) -> &str {
    let start = stored
        .find(|c: char| c.is_numeric() || c == '+' || c == '(')
        .unwrap_or(0);
    let rest = &stored[start..];
    let end = rest.find(|c: char| c.is_alphabetic() || matches!(c, '#' | ';' | ',' | ':'));
    rest[..end.unwrap_or(rest.len())].trim_end_matches([' ', '(', '-', '/', '.'])
}

#[cfg(test)]
mod tests;
