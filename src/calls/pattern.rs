//! Asterisk's extension patterns (`_X.`, `_[1-4]XX`), for callers' numbers.

/// A number, or a pattern after `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// `text` as in the dialplan; without `_` it stands for itself.
    pub fn new(text: &str) -> Pattern {
        Pattern(text.trim().to_owned())
    }

    /// Is the whole of `number` one of these?
    pub fn matches(&self, number: &str) -> bool {
        match self.0.strip_prefix('_') {
            Some(pattern) => fits(pattern, number),
            None => self.0 == number,
        }
    }
}

fn fits(pattern: &str, number: &str) -> bool {
    let mut rest = pattern;
    let mut digits = number.chars();
    loop {
        let Some(symbol) = rest.chars().next() else {
            return digits.next().is_none();
        };
        rest = &rest[symbol.len_utf8()..];
        match symbol {
            // Separators of readability, ignored as in the dialplan.
            '-' | ' ' => continue,
            '.' => return digits.next().is_some(),
            '!' => return true,
            _ => {}
        }
        let Some(digit) = digits.next() else {
            return false;
        };
        let fits = match symbol {
            'X' | 'x' => digit.is_ascii_digit(),
            'Z' | 'z' => ('1'..='9').contains(&digit),
            'N' | 'n' => ('2'..='9').contains(&digit),
            '[' => {
                let Some((set, after)) = rest.split_once(']') else {
                    return false;
                };
                rest = after;
                in_set(set, digit)
            }
            literal => literal == digit,
        };
        if !fits {
            return false;
        }
    }
}

fn in_set(set: &str, digit: char) -> bool {
    let set: Vec<char> = set.chars().collect();
    let mut at = 0;
    while at < set.len() {
        if set.get(at + 1) == Some(&'-') && at + 2 < set.len() {
            if (set[at]..=set[at + 2]).contains(&digit) {
                return true;
            }
            at += 3;
        } else if set[at] == digit {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_numbers() {
        for (pattern, number, expected) in [
            ("_XXX", "105", true),
            ("_XXX", "1050", false),
            ("_XXX", "10", false),
            ("_XXX", "1a5", false),
            ("_XXX", "", false),
            ("_ZN", "12", true),
            ("_ZN", "02", false),
            ("_ZN", "11", false),
            ("_[1-36]X", "29", true),
            ("_[1-36]X", "69", true),
            ("_[1-36]X", "49", false),
            ("_[12", "1", false),
            ("_+49.", "+4930", true),
            ("_+49.", "+49", false),
            ("_1!", "1", true),
            ("_1!", "123", true),
            ("_1-XX", "123", true),
            ("123", "123", true),
            ("123", "1234", false),
            ("X", "1", false),
        ] {
            let matches = Pattern::new(pattern).matches(number);
            assert_eq!(matches, expected, "{pattern} {number}");
        }
    }
}
