//! The languages of Salesforce and the texts there are for them.

/// A language whose texts exist.
struct Texts {
    tag: &'static str,
    ftl: &'static str,
}

/// A further language: its file beside the others, and a line here.
const TEXTS: &[Texts] = &[
    Texts {
        tag: "en",
        ftl: include_str!("en.ftl"),
    },
    Texts {
        tag: "de",
        ftl: include_str!("de.ftl"),
    },
];

/// The languages Salesforce supports fully, as canonical tags.
pub const TAGS: &[&str] = &[
    "zh-CN", "zh-TW", "da", "nl", "en", "fi", "fr", "de", "it", "ja", "ko", "no", "pt-BR", "ru",
    "es", "es-MX", "sv", "th",
];

/// The canonical tag of a language as people write it: `de`, `de_DE`, `EN-us`, `pt_BR`, `zh-Hant`.
/// `None`: not a language of Salesforce.
pub fn canonical(written: &str) -> Option<&'static str> {
    let lower = written.trim().replace('_', "-").to_ascii_lowercase();
    let mut parts = lower.split('-');
    let primary = parts.next()?;
    // A tag has short alphanumeric parts; anything else is a slip of the pen.
    let regions: Vec<&str> = parts.collect();
    let well_formed = |part: &&str| {
        (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if regions.len() > 2 || !regions.iter().all(well_formed) {
        return None;
    }
    let has = |names: &[&str]| regions.iter().any(|region| names.contains(region));
    match primary {
        "zh" if has(&["tw", "hk", "mo", "hant"]) => Some("zh-TW"),
        "zh" => Some("zh-CN"),
        "pt" => Some("pt-BR"),
        "es" if has(&["mx", "419"]) => Some("es-MX"),
        "nb" | "nn" => Some("no"),
        _ => TAGS.iter().find(|tag| **tag == primary).copied(),
    }
}

/// The texts for a canonical tag, with the tag they are written in: the language's own, else English.
pub(super) fn texts(tag: &str) -> (&'static str, &'static str) {
    let found = TEXTS
        .iter()
        .find(|texts| texts.tag == tag)
        .unwrap_or(&TEXTS[0]);
    (found.tag, found.ftl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_in_all_their_spellings() {
        for (written, tag) in [
            ("de", "de"),
            ("de_DE", "de"),
            ("de-AT", "de"),
            ("en_US", "en"),
            ("EN", "en"),
            ("pt_BR", "pt-BR"),
            ("zh-CN", "zh-CN"),
            ("zh_TW", "zh-TW"),
            ("zh-Hant-HK", "zh-TW"),
            ("nl_NL", "nl"),
            ("es_MX", "es-MX"),
            ("es", "es"),
            ("nb", "no"),
            (" th ", "th"),
        ] {
            assert_eq!(canonical(written), Some(tag), "{written}");
        }
        for written in [
            "",
            "xx",
            "german",
            "de_",
            "d",
            "de DE",
            "de-DE-x-y",
            "english",
        ] {
            assert_eq!(canonical(written), None, "{written}");
        }
    }

    #[test]
    fn every_tag_is_its_own_canonical_form() {
        assert_eq!(TAGS.len(), 18);
        for tag in TAGS {
            assert_eq!(canonical(tag), Some(*tag));
        }
    }

    #[test]
    fn a_language_without_texts_speaks_english() {
        assert_eq!(texts("th").0, "en");
        assert_eq!(texts("de").0, "de");
    }
}
