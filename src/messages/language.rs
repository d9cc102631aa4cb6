//! The languages there are, each with its texts.

use fluent_bundle::FluentResource;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use unic_langid::LanguageIdentifier;

/// The languages Salesforce supports fully: canonical tag and texts.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("zh-CN", include_str!("languages/zh-CN.ftl")),
    ("zh-TW", include_str!("languages/zh-TW.ftl")),
    ("da", include_str!("languages/da.ftl")),
    ("nl", include_str!("languages/nl.ftl")),
    ("en", include_str!("languages/en.ftl")),
    ("fi", include_str!("languages/fi.ftl")),
    ("fr", include_str!("languages/fr.ftl")),
    ("de", include_str!("languages/de.ftl")),
    ("it", include_str!("languages/it.ftl")),
    ("ja", include_str!("languages/ja.ftl")),
    ("ko", include_str!("languages/ko.ftl")),
    ("no", include_str!("languages/no.ftl")),
    ("pt-BR", include_str!("languages/pt-BR.ftl")),
    ("ru", include_str!("languages/ru.ftl")),
    ("es", include_str!("languages/es.ftl")),
    ("es-MX", include_str!("languages/es-MX.ftl")),
    ("sv", include_str!("languages/sv.ftl")),
    ("th", include_str!("languages/th.ftl")),
];

/// A language; cheap to clone, its texts are shared.
#[derive(Clone)]
pub struct Language {
    tag: String,
    texts: Vec<Arc<FluentResource>>,
}

impl Language {
    fn read(tag: &str, text: &str) -> Language {
        // Without error, as a test makes sure.
        let text = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(text, _)| text);
        Language {
            tag: tag.to_owned(),
            texts: vec![Arc::new(text)],
        }
    }

    /// The canonical tag, such as `de` or `pt-BR`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The texts; later ones replace messages of earlier ones.
    pub(super) fn texts(&self) -> &[Arc<FluentResource>] {
        &self.texts
    }

    /// A language called `tag` that says what this one says, but for the messages in `own`.
    pub(super) fn varied(&self, tag: &str, own: Option<Arc<FluentResource>>) -> Language {
        let mut texts = self.texts.clone();
        texts.extend(own);
        Language {
            tag: tag.to_owned(),
            texts,
        }
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tag)
    }
}

/// All languages that can be chosen.
#[derive(Default)]
pub struct Languages {
    /// Those of [`BUILT_IN`], each read when it is asked for.
    built_in: [OnceLock<Language>; BUILT_IN.len()],
    /// An administrator's, which go before them.
    own: BTreeMap<String, Language>,
    /// Where a file adds a language, if files are read at all.
    directory: Option<PathBuf>,
}

impl Languages {
    /// Those of Salesforce, as they come with the module.
    pub fn built_in() -> Languages {
        Languages::default()
    }

    pub(super) fn in_directory(directory: &Path) -> Languages {
        Languages {
            directory: Some(directory.to_owned()),
            ..Languages::default()
        }
    }

    /// The language that somebody means by `de`, `de_DE`, `EN-us`, `pt_BR` or `zh-Hant`: the one
    /// of exactly this tag, else Salesforce's that is nearest. `None`: there is none.
    pub fn find(&self, written: &str) -> Option<Language> {
        let exactly = normalised(written).and_then(|tag| self.own.get(&tag).cloned());
        exactly.or_else(|| canonical(written).map(|tag| self.named(tag)))
    }

    /// The language of a canonical tag that is there; another would be one without texts.
    pub(crate) fn named(&self, tag: &str) -> Language {
        if let Some(own) = self.own.get(tag) {
            return own.clone();
        }
        let mut built_in = BUILT_IN.iter().zip(&self.built_in);
        match built_in.find(|((known, _), _)| *known == tag) {
            Some(((_, text), cell)) => cell.get_or_init(|| Language::read(tag, text)).clone(),
            None => Language {
                tag: tag.to_owned(),
                texts: Vec::new(),
            },
        }
    }

    pub(super) fn add(&mut self, language: Language) {
        self.own.insert(language.tag.clone(), language);
    }

    /// The tags of all of them, in order.
    pub fn tags(&self) -> Vec<&str> {
        let built_in = BUILT_IN.iter().map(|(tag, _)| *tag);
        let tags: BTreeSet<&str> = built_in
            .chain(self.own.keys().map(String::as_str))
            .collect();
        Vec::from_iter(tags)
    }

    /// What can be chosen instead of `written`, in an administrator's words.
    pub(crate) fn choices(&self, written: &str) -> String {
        let tags = self.tags().join(", ");
        match (&self.directory, normalised(written)) {
            (Some(directory), Some(tag)) => {
                let file = directory.join(format!("{tag}.ftl"));
                format!("{tags}, or one whose texts are in {}", file.display())
            }
            _ => tags,
        }
    }
}

/// A tag of any language in its usual spelling: `pt_br` is `pt-BR`. `None`: it is no tag.
pub(super) fn normalised(written: &str) -> Option<String> {
    let tag: LanguageIdentifier = written.trim().parse().ok()?;
    Some(tag.to_string())
}

/// Is it the tag of a language that comes with the module?
pub(super) fn is_built_in(tag: &str) -> bool {
    BUILT_IN.iter().any(|(own, _)| *own == tag)
}

/// The canonical tag of Salesforce's language that is meant or nearest. `None`: there is none.
pub(super) fn canonical(written: &str) -> Option<&'static str> {
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
        _ => BUILT_IN
            .iter()
            .find(|(tag, _)| *tag == primary)
            .map(|(tag, _)| *tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag_of(languages: &Languages, written: &str) -> Option<String> {
        languages.find(written).map(|language| language.tag)
    }

    #[test]
    fn tags_in_all_their_spellings() {
        let languages = Languages::built_in();
        for (written, tag) in [
            ("de", "de"),
            ("de_DE", "de"),
            ("de-AT", "de"),
            ("en_US", "en"),
            ("EN", "en"),
            ("pt_BR", "pt-BR"),
            ("pt", "pt-BR"),
            ("zh-CN", "zh-CN"),
            ("zh_TW", "zh-TW"),
            ("zh-Hant-HK", "zh-TW"),
            ("nl_NL", "nl"),
            ("es_MX", "es-MX"),
            ("es", "es"),
            ("nb", "no"),
            (" th ", "th"),
        ] {
            assert_eq!(tag_of(&languages, written).as_deref(), Some(tag));
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
            assert!(languages.find(written).is_none(), "{written}");
        }
    }

    #[test]
    fn salesforce_has_eighteen_languages() {
        assert_eq!(BUILT_IN.len(), 18);
        for (tag, _) in BUILT_IN {
            assert_eq!(canonical(tag), Some(*tag));
            assert_eq!(normalised(tag).as_deref(), Some(*tag));
        }
    }

    #[test]
    fn a_language_of_ones_own_goes_before_the_nearest() {
        let mut languages = Languages::built_in();
        let german = languages.named("de");
        languages.add(german.varied("de-AT", None));
        for (written, tag) in [("de_at", "de-AT"), ("de-CH", "de"), ("de", "de")] {
            assert_eq!(tag_of(&languages, written).as_deref(), Some(tag));
        }
    }

    #[test]
    fn who_errs_hears_where_a_file_could_be_put() {
        assert!(Languages::built_in().choices("pl").starts_with("da, de, "));
        let languages = Languages::in_directory(Path::new("/data/salesforce"));
        let told = languages.choices("sr_latn");
        assert!(told.ends_with(", or one whose texts are in /data/salesforce/sr-Latn.ftl"));
        assert!(languages.choices("../../x").ends_with(", zh-TW"));
    }
}
