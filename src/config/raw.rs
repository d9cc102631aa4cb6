//! What Asterisk's configuration API gave us: templates and includes already merged.

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
