//! What an option is to be.

use crate::web::json::unescaped;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// What an option is to be. It may be a password: it is wiped when it is dropped, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This value.
    One(String),
    /// These values, of an option that may be given several times.
    Many(Vec<String>),
    /// Whatever it is without a line of the section's own.
    Unset,
}

impl Wanted {
    /// The lines that it takes.
    pub(super) fn values(&self) -> &[String] {
        match self {
            Wanted::One(value) => std::slice::from_ref(value),
            Wanted::Many(values) => values,
            Wanted::Unset => &[],
        }
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        match self {
            Wanted::One(value) => value.zeroize(),
            Wanted::Many(values) => values.zeroize(),
            Wanted::Unset => {}
        }
    }
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wanted::One(_) => "One",
            Wanted::Many(_) => "Many",
            Wanted::Unset => "Unset",
        })
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wanted, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        of(json).ok_or_else(|| D::Error::custom("neither a text, nor texts, nor null"))
    }
}

fn of(json: &str) -> Option<Wanted> {
    if json == "null" {
        return Some(Wanted::Unset);
    }
    if let Some(value) = unescaped(json) {
        return Some(Wanted::One(taken(value)));
    }
    let parts: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    // Whole before it is filled, for then it need not move.
    let mut wanted = Wanted::Many(Vec::with_capacity(parts.len()));
    if let Wanted::Many(values) = &mut wanted {
        for part in parts {
            values.push(taken(unescaped(part.get())?));
        }
    }
    Some(wanted)
}

/// Who takes it wipes it.
fn taken(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_several_or_none() {
        for (json, expected) in [
            (r#""a\"b""#, Some(Wanted::One("a\"b".to_owned()))),
            (
                r#"["a", "b"]"#,
                Some(Wanted::Many(vec!["a".to_owned(), "b".to_owned()])),
            ),
            ("[]", Some(Wanted::Many(Vec::new()))),
            ("null", Some(Wanted::Unset)),
            ("1", None),
            ("true", None),
            ("{}", None),
            ("[1]", None),
            ("[null]", None),
            ("[[\"a\"]]", None),
        ] {
            assert_eq!(
                serde_json::from_str::<Wanted>(json).ok(),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn it_is_not_shown() {
        let shown = format!("{:?}", Wanted::One("S3cret".to_owned()));
        assert_eq!(shown, "One");
    }
}
