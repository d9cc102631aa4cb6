//! What is wrong with a configuration.

use std::fmt::{self, Write};

/// One thing that is wrong, told in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as Asterisk names it.
    pub file: String,
    /// The line; 0: none is known.
    pub line: u32,
    /// The section.
    pub section: String,
    /// The option, where it is one option's fault.
    pub option: Option<String>,
    /// Its value; never a secret's.
    pub value: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub allowed: Option<String>,
}

impl ConfigError {
    pub(super) fn is_about(&self, option: &str) -> bool {
        self.option
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(option))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}", OneLine(&self.file))?;
            if self.line > 0 {
                write!(f, ":{}", self.line)?;
            }
            f.write_str(": ")?;
        }
        write!(f, "[{}]", OneLine(&self.section))?;
        if let Some(option) = &self.option {
            write!(f, " {}", OneLine(option))?;
        }
        if let Some(value) = &self.value {
            write!(f, " = {}", OneLine(value))?;
        }
        write!(f, ": {}", OneLine(&self.problem))?;
        if let Some(allowed) = &self.allowed {
            f.write_str("; allowed: ")?;
            // All names of options are told.
            one_line(f, allowed, 1000)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Text from a file, which may hold anything, as part of one line of a log: control and
/// direction characters escaped, long text cut.
pub(super) struct OneLine<'a>(pub(super) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        one_line(f, self.0, 400)
    }
}

fn one_line(f: &mut fmt::Formatter<'_>, text: &str, longest: usize) -> fmt::Result {
    for (n, c) in text.chars().enumerate() {
        if n == longest {
            return f.write_str("…");
        }
        if is_unseen(c) {
            write!(f, "{}", c.escape_default())?;
        } else {
            f.write_char(c)?;
        }
    }
    Ok(())
}

/// Characters that do something to the text around them: end its line, colour it, turn it round.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
}
