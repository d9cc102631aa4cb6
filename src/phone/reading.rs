//! What digits mean in a country.
//!
//! With `+` or `00`, and with the country's own trunk prefix, there is mostly one way to
//! understand them. Plain digits have up to three, each only where it gives a valid number:
//!
//! 1. the country's own calling code and a number (`492111234567` in Germany);
//! 2. a national number, without its trunk prefix (`2111234567`);
//! 3. a foreign calling code and a number (`442079460958`).
//!
//! The second comes first where no trunk prefix could be missing (Italy, Spain, USA).

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, PhoneNumberUtil, Region};

/// Fewer plain digits than these are an internal number.
const SHORTEST_BARE: usize = 7;
/// Fewer plain digits than these are not taken for a calling code and a number.
const SHORTEST_WITH_CODE: usize = 9;

/// The best of the [`valid`] ones.
pub(super) fn best(
    rules: &PhoneNumberUtil,
    text: &str,
    region: Option<Region>,
) -> Option<PhoneNumber> {
    valid(rules, text, region).into_iter().next()
}

/// The ways to understand digits as a valid number, best first. A foreign number is none of
/// them where the digits are a number of the country.
pub(super) fn valid(
    rules: &PhoneNumberUtil,
    text: &str,
    region: Option<Region>,
) -> Vec<PhoneNumber> {
    let valid = |written: &str| {
        parsed(rules, written, region).filter(|number| rules.is_valid_number(number))
    };
    let with_code = |digits: &str| valid(&format!("+{digits}"));
    if let Some(digits) = text.strip_prefix('+') {
        let number = valid(text);
        if number.is_none() && digits.starts_with('0') {
            // Some trunks put it before whatever they have.
            return self::valid(rules, digits, region);
        }
        return Vec::from_iter(number);
    }
    if let Some(digits) = text.strip_prefix("00") {
        // Japan has numbers of its own that begin so.
        return distinct(valid(text), with_code(digits));
    }
    if text.starts_with('0') {
        let number = valid(text);
        return Vec::from_iter(number.or_else(|| valid(without_mexican_prefix(text, region)?)));
    }
    if text.len() < SHORTEST_BARE {
        return Vec::new();
    }
    let national = valid(text);
    let international = with_code(text).filter(|_| text.len() >= SHORTEST_WITH_CODE);
    let own_code = region.and_then(|region| rules.get_country_code_for_region(region));
    match international {
        Some(foreign) if Some(foreign.country_code) != own_code => {
            Vec::from_iter(national.or(Some(foreign)))
        }
        Some(own) if has_trunk_prefix(rules, &own) => distinct(Some(own), national),
        own => distinct(national, own),
    }
}

fn distinct(first: Option<PhoneNumber>, second: Option<PhoneNumber>) -> Vec<PhoneNumber> {
    let second = second.filter(|second| Some(second) != first.as_ref());
    first.into_iter().chain(second).collect()
}

/// A number with `+` that has a plausible length.
pub(super) fn plausible(rules: &PhoneNumberUtil, text: &str) -> Option<PhoneNumber> {
    let number = parsed(rules, text, None)?;
    let significant = number.get_national_significant_number();
    let long_enough = significant.len() >= SHORTEST_BARE;
    let begins_well = !significant.starts_with('0');
    (long_enough && begins_well && rules.is_possible_number(&number)).then_some(number)
}

/// Is the number dialled with a trunk prefix in its country, so that digits without one are
/// rather international?
pub(super) fn has_trunk_prefix(rules: &PhoneNumberUtil, number: &PhoneNumber) -> bool {
    let national = rules.format(number, PhoneNumberFormat::National);
    let national = national.chars().filter(char::is_ascii_digit);
    !national.eq(number.get_national_significant_number().chars())
}

/// Mexico's prefixes for long distance and for mobiles, dropped in 2019, and still typed.
fn without_mexican_prefix(text: &str, region: Option<Region>) -> Option<&str> {
    let prefixes = ["01", "044", "045"].into_iter();
    let mut numbers = prefixes.filter_map(|prefix| text.strip_prefix(prefix));
    numbers.find(|number| region == Some(Region::MX) && number.len() == 10)
}

/// What libphonenumber makes of a text, valid or not; see [`mend`].
pub(super) fn parsed(
    rules: &PhoneNumberUtil,
    text: &str,
    region: Option<Region>,
) -> Option<PhoneNumber> {
    let number = rules.parse(text, region).ok()?;
    Some(mend(rules, &number).unwrap_or(number))
}

/// Old forms of mobiles that are still sent and stored, as they are dialled now: without
/// Mexico's 1 after the calling code, dropped in 2019; with Brazil's 9 after the area code,
/// added until 2016.
fn mend(rules: &PhoneNumberUtil, number: &PhoneNumber) -> Option<PhoneNumber> {
    let digits = number.get_national_significant_number();
    let mended = match (number.country_code, digits.len()) {
        (52, 11) => format!("+52{}", digits.strip_prefix('1')?),
        (55, 10) if matches!(digits.as_bytes()[2], b'6'..=b'9') => {
            let (area, line) = digits.split_at(2);
            format!("+55{area}9{line}")
        }
        _ => return None,
    };
    let mended = rules.parse(&mended, None).ok()?;
    (!rules.is_valid_number(number) && rules.is_valid_number(&mended)).then_some(mended)
}
