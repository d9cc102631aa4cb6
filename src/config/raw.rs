//! What Asterisk's configuration API gave us: templates and includes already merged.
//!
//! Asterisk takes bytes as they are. Where they are not UTF-8, U+FFFD stands in their place here,
//! which nobody writes: such an option is an error, and so is what another program has mangled
//! like this before.

/// What stands where something was not UTF-8.
const REPLACED: char = char::REPLACEMENT_CHARACTER;

/// A section, in the file's order.
#[derive(Clone)]
pub struct RawSection {
    /// The name between the brackets.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// Its line; 0 when it has none (realtime).
    pub line: u32,
    /// Its options in order, inherited ones first.
    pub options: Vec<RawOption>,
}

impl RawSection {
    /// Was its name UTF-8?
    pub fn is_utf8(&self) -> bool {
        !self.name.contains(REPLACED)
    }
}

/// A line `name = value`. No `Debug`: the value may be a secret.
#[derive(Clone)]
pub struct RawOption {
    /// Before the `=`.
    pub name: String,
    /// After it, comments and surrounding spaces removed by Asterisk.
    pub value: String,
    /// The file it stands in.
    pub file: String,
    /// Its line; 0 when it has none.
    pub line: u32,
}

impl RawOption {
    /// Were its name and its value UTF-8?
    pub fn is_utf8(&self) -> bool {
        !self.name.contains(REPLACED) && !self.value.contains(REPLACED)
    }
}

impl RawSection {
    /// Is it `[general]`?
    pub fn is_general(&self) -> bool {
        self.name.eq_ignore_ascii_case("general")
    }
}
