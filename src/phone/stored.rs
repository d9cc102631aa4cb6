//! Comparing a number with a phone field as somebody typed it.

use super::{Line, Number, reading, region, rules, text};
use rlibphonenumber::{PhoneNumber, PhoneNumberUtil, Region};

/// Characters of a stored text that are looked at; Salesforce's phone fields hold 40.
const LONGEST: usize = 250;
/// So many last digits of a number are in every way to write it, next to each other.
const TAIL: usize = 6;
/// So many digits are a number of their own after another one, whatever they begin with.
const LONG_ENOUGH_ALONE: usize = 10;
/// Fewer digits never are.
const SHORTEST_ALONE: usize = 8;
/// More digits are more than one number.
const LONGEST_NUMBER: usize = 15;
/// Between two numbers, or within one.
const BETWEEN: &[&str] = &["/", " - ", "  "];

impl Number {
    /// Is a stored phone field this number? Read in `country` (ISO 3166), in whatever form it
    /// was typed. Whole numbers are compared, never their ends.
    ///
    /// - Words before and after a number, and an extension behind one (`ext. 12`, `x12`, `#12`,
    ///   `Durchwahl 12`), are ignored. Digits without such a word are part of the number:
    ///   `030 1234567-12` is 030123456712, and not 0301234567.
    /// - Of several numbers in the field each counts that is complete by itself.
    /// - Plain digits that can be read as national and as international are both.
    pub fn matches(&self, stored: &str, country: &str) -> bool {
        let rules = rules();
        let stored: String = stored.chars().take(LONGEST).collect();
        let stored = text::plain(&rules, &stored);
        let region = region(country);
        // Most candidates of a search end here.
        let digits: String = stored.chars().filter(char::is_ascii_digit).collect();
        let tail = self.line.significant.len().saturating_sub(TAIL);
        if digits.contains(&self.line.significant[tail..]) {
            self.is_among(&rules, &stored, region)
        } else {
            self.is_in_letters(&rules, &stored, digits.len(), region)
        }
    }

    fn is_among(&self, rules: &PhoneNumberUtil, stored: &str, region: Option<Region>) -> bool {
        runs(stored).enumerate().any(|(place, run)| {
            if place > 0 && !is_complete(rules, run, region) {
                return false;
            }
            if count(run) <= LONGEST_NUMBER {
                return self.is_exactly(rules, run, region);
            }
            BETWEEN.iter().any(|between| {
                let parts = run.split(between).map(str::trim).enumerate();
                let mut complete =
                    parts.filter(|(place, part)| *place == 0 || is_complete(rules, part, region));
                complete.any(|(_, part)| self.is_exactly(rules, part, region))
            })
        })
    }

    fn is_exactly(&self, rules: &PhoneNumberUtil, run: &str, region: Option<Region>) -> bool {
        let is_ours = |number: &PhoneNumber| self.line.is(&Line::of(number));
        let numbers = numbers(rules, run, region);
        if numbers.iter().any(is_ours) {
            return true;
        }
        // Perhaps it is one that libphonenumber does not know of.
        text::digits(run).iter().any(|digits| {
            let abroad = digits.strip_prefix("00").map(|rest| format!("+{rest}"));
            let at_home = Some(digits).filter(|_| numbers.is_empty());
            at_home
                .into_iter()
                .chain(&abroad)
                .filter_map(|digits| reading::parsed(rules, digits, region))
                .any(|number| is_ours(&number))
        })
    }

    /// Is it a number of which some digits are written as letters (`1-800-FLOWERS`)?
    fn is_in_letters(
        &self,
        rules: &PhoneNumberUtil,
        stored: &str,
        digits: usize,
        region: Option<Region>,
    ) -> bool {
        let letters = stored.chars().filter(char::is_ascii_alphabetic).count();
        let enough = digits + letters >= self.line.significant.len();
        enough
            && (1..self.line.significant.len()).contains(&digits)
            && reading::parsed(rules, stored, region)
                .is_some_and(|number| self.line.is(&Line::of(&number)))
    }
}

/// The pieces of a text that may be numbers: cut at everything that stands in none, and before
/// a `+`.
fn runs(stored: &str) -> impl Iterator<Item = &str> {
    let is_foreign = |c: char| !(c.is_ascii_digit() || c == '+' || text::is_punctuation(c));
    stored
        .split(is_foreign)
        .flat_map(|piece| {
            let plus = piece.match_indices('+').map(|(place, _)| place);
            let mut cuts: Vec<usize> = std::iter::once(0).chain(plus).collect();
            cuts.push(piece.len());
            let cut = |ends: &[usize]| piece[ends[0]..ends[1]].trim();
            cuts.windows(2).map(cut).collect::<Vec<_>>()
        })
        .filter(|run| run.contains(|c: char| c.is_ascii_digit()))
}

fn count(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// Is a text after another number one of its own, not an extension or the like?
fn is_complete(rules: &PhoneNumberUtil, run: &str, region: Option<Region>) -> bool {
    let run = run.trim_start_matches(|c| text::is_punctuation(c) && c != '(');
    // Norway's eight digits are the whole number.
    let has_no_area_code = || {
        let mut numbers = numbers(rules, run, region).into_iter();
        count(run) >= SHORTEST_ALONE
            && numbers.any(|number| !reading::has_trunk_prefix(rules, &number))
    };
    run.starts_with(['+', '0', '(']) || count(run) >= LONG_ENOUGH_ALONE || has_no_area_code()
}

/// The valid numbers that a run may mean.
fn numbers(rules: &PhoneNumberUtil, run: &str, region: Option<Region>) -> Vec<PhoneNumber> {
    let texts = text::digits(run);
    let mut readings = texts
        .iter()
        .map(|digits| reading::valid(rules, digits, region));
    readings
        .find(|numbers| !numbers.is_empty())
        .unwrap_or_default()
}
