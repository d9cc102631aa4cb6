//! Asterisk's extension patterns (`_X.`, `_[1-4]XX`), for callers' numbers.

use crate::config::pattern;
use serde::{Deserialize, Serialize};

/// A number, or a pattern after `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// `text` as in the dialplan; without `_` it stands for itself.
    pub fn new(text: &str) -> Pattern {
        Pattern(text.trim().to_owned())
    }

    /// Is the whole of `number` one of these?
    pub fn matches(&self, number: &str) -> bool {
        pattern::matches(&self.0, number)
    }
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
