//! Text out of JSON that leaves no copy behind.
//!
//! What `serde_json` puts together from a text with escapes stays in a buffer of its own, which it
//! frees as it is. So secrets are taken out of the request's bytes here, straight to where they
//! are wiped in the end.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Deref;
use zeroize::Zeroizing;

/// A text; wiped when it is dropped.
pub struct Text(Zeroizing<String>);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(text.into())
    }
}

/// It may be a password.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = unescaped(raw.get()).ok_or_else(|| D::Error::custom("not a text"))?;
        Ok(Text(text))
    }
}

/// The text that a JSON value is; `None`: it is another kind of value.
pub fn unescaped(json: &str) -> Option<Zeroizing<String>> {
    let mut rest = json.strip_prefix('"')?.strip_suffix('"')?;
    // Escapes are longer than what they stand for: the text never moves.
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let kind = rest.chars().next()?;
        rest = &rest[kind.len_utf8()..];
        text.push(match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => character(&mut rest)?,
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

/// Of four hexadecimal digits, or of two such units that belong together.
fn character(rest: &mut &str) -> Option<char> {
    let first = unit(rest)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    *rest = rest.strip_prefix("\\u")?;
    let second = unit(rest)?
        .checked_sub(0xdc00)
        .filter(|unit| *unit < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
}

fn unit(rest: &mut &str) -> Option<u32> {
    let digits = rest.get(..4)?;
    *rest = &rest[4..];
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_comes_out_as_it_went_in(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&**unescaped(&json).unwrap(), text.as_str());
            // As other programs may write it.
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            let json = format!("\"{}\"", units.collect::<String>());
            prop_assert_eq!(&**unescaped(&json).unwrap(), text.as_str());
        }
    }

    #[test]
    fn what_is_no_text_is_none() {
        for json in [
            "1",
            "null",
            "[]",
            "\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\ud800x\"",
            "\"\\ud800\\ue000\"",
        ] {
            assert!(unescaped(json).is_none(), "{json}");
        }
        assert_eq!(
            &**unescaped(r#""a\/\b\f\n\r\t\\\"é""#).unwrap(),
            "a/\u{8}\u{c}\n\r\t\\\"é"
        );
    }

    #[test]
    fn it_is_read_out_of_objects_and_not_shown() {
        #[derive(serde::Deserialize)]
        struct Of {
            text: Text,
        }
        let of: Of = serde_json::from_str(r#"{ "text" : "a\"b" }"#).unwrap();
        assert_eq!(&*of.text, "a\"b");
        assert_eq!(format!("{:?}", of.text), "[hidden]");
        assert!(serde_json::from_str::<Of>(r#"{"text":1}"#).is_err());
    }
}
