//! Templates of an administrator: `Call from {number}`.

/// A text with `{variable}`s, all of them known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
}
