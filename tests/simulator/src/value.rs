//! The values that record fields hold.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::clock::format_time;

/// One field's value. Empty text does not exist: Salesforce keeps it as null.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Val {
    #[default]
    Null,
    Bool(bool),
    Num(f64),
    /// Text, ids, dates (`YYYY-MM-DD` sorts as text).
    Text(Box<str>),
    /// Milliseconds since 1970.
    Time(i64),
}

impl Val {
    /// Text, or null when it is empty.
    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text.into())
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As JSON answers show it.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => json!(b),
            Self::Num(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(*n as i64),
            Self::Num(n) => json!(n),
            Self::Text(t) => json!(t),
            Self::Time(ms) => json!(format_time(*ms)),
        }
    }

    /// Order within a column: nulls first, text without regard to case.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Num(a), Self::Num(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => fold(a).cmp(&fold(b)),
            _ => Ordering::Equal,
        }
    }
}

/// Text as Salesforce compares it: without case.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}
