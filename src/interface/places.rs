//! Where in the dialplan an extension is to be found, as Asterisk itself looks for it: in the
//! context, else in what that includes.

use super::host::{Dialplan, DialplanExtension, Hint, Leads};
use crate::calls::pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// Includes may go round in circles; Asterisk follows as many.
const DEEPEST: usize = 128;

/// The dialplan, to be searched for extensions.
#[derive(Debug)]
pub struct Places<'a> {
    contexts: BTreeMap<&'a str, Context<'a>>,
}

#[derive(Debug, Default)]
struct Context<'a> {
    extensions: BTreeMap<&'a str, &'a DialplanExtension>,
    patterns: Vec<(Pattern, &'a DialplanExtension)>,
    hints: BTreeMap<&'a str, &'a Hint>,
    hint_patterns: Vec<(Pattern, &'a Hint)>,
    includes: Vec<&'a str>,
}

impl<'a> Places<'a> {
    /// Prepares the search.
    pub fn new(dialplan: &'a Dialplan) -> Places<'a> {
        let mut contexts: BTreeMap<&str, Context> = BTreeMap::new();
        for extension in &dialplan.extensions {
            let context = contexts.entry(&extension.context).or_default();
            if extension.exten.starts_with('_') {
                let pattern = Pattern::new(&extension.exten);
                context.patterns.push((pattern, extension));
            } else {
                context.extensions.insert(&extension.exten, extension);
            }
        }
        for hint in &dialplan.hints {
            let context = contexts.entry(&hint.context).or_default();
            if hint.exten.starts_with('_') {
                let pattern = Pattern::new(&hint.exten);
                context.hint_patterns.push((pattern, hint));
            } else {
                context.hints.insert(&hint.exten, hint);
            }
        }
        for (context, included) in &dialplan.includes {
            // What follows a comma is when.
            let included = included.split(',').next().unwrap_or_default().trim();
            let context = contexts.entry(context).or_default();
            context.includes.push(included);
        }
        Places { contexts }
    }

    /// The hint that Asterisk finds for the extension from a context.
    pub fn hint(&self, context: &str, exten: &str) -> Option<&'a Hint> {
        self.search(context, &mut |context| {
            let pattern = context.hint_patterns.iter().find(|(p, _)| p.matches(exten));
            let exact = context.hints.get(exten).copied();
            exact.or_else(|| pattern.map(|(_, hint)| *hint))
        })
    }

    fn extension(&self, context: &str, exten: &str) -> Option<&'a DialplanExtension> {
        self.search(context, &mut |context| {
            let pattern = context.patterns.iter().find(|(p, _)| p.matches(exten));
            let exact = context.extensions.get(exten).copied();
            exact.or_else(|| pattern.map(|(_, extension)| *extension))
        })
    }

    /// What is found first: in the context itself, else in what it includes, in that order.
    fn search<T>(
        &self,
        context: &str,
        look: &mut impl FnMut(&Context<'a>) -> Option<T>,
    ) -> Option<T> {
        let mut seen = BTreeSet::new();
        self.search_below(context, look, &mut seen)
    }

    fn search_below<'b, T>(
        &'b self,
        context: &'b str,
        look: &mut impl FnMut(&Context<'a>) -> Option<T>,
        seen: &mut BTreeSet<&'b str>,
    ) -> Option<T> {
        if seen.len() >= DEEPEST || !seen.insert(context) {
            return None;
        }
        let found = self.contexts.get(context)?;
        look(found).or_else(|| {
            let mut included = found.includes.iter();
            included.find_map(|included| self.search_below(included, look, seen))
        })
    }

    /// The contexts in which the extension is the one that is meant: `100@office` is it wherever
    /// Asterisk comes to the same extension or the same hint as from `office`. A plain `100` is
    /// it wherever it is an extension of a phone, by a hint or by what it does. `None`: the
    /// dialplan does not know it.
    pub fn of(&self, exten: &str, context: Option<&str>) -> Option<Vec<String>> {
        let contexts = self.contexts.keys().copied();
        let found: Vec<String> = match context {
            Some(own) => {
                let (extension, hint) = (self.extension(own, exten), self.hint(own, exten));
                if extension.is_none() && hint.is_none() {
                    return None;
                }
                let same = |context: &&str| {
                    *context == own
                        || hint.is_some_and(|hint| {
                            let other = self.hint(context, exten);
                            other.is_some_and(|other| std::ptr::eq(hint, other))
                        })
                        || extension.is_some_and(|extension| {
                            let other = self.extension(context, exten);
                            other.is_some_and(|other| std::ptr::eq(extension, other))
                        })
                };
                contexts.filter(same).map(str::to_owned).collect()
            }
            None => {
                let hinted = contexts
                    .clone()
                    .any(|context| self.hint(context, exten).is_some());
                let is_phones = |context: &&str| {
                    self.hint(context, exten).is_some()
                        || self
                            .extension(context, exten)
                            .is_some_and(|it| is_phones(it, hinted))
                };
                contexts.filter(is_phones).map(str::to_owned).collect()
            }
        };
        let mut all = self.contexts.keys();
        let is_known = context.is_some()
            || !found.is_empty()
            || all.any(|context| self.extension(context, exten).is_some());
        is_known.then_some(found)
    }
}

/// Is an extension that has no hint in its context one of a phone? Where no hint tells at all,
/// a subroutine may dial.
fn is_phones(extension: &DialplanExtension, hinted: bool) -> bool {
    let leads = match extension.leads {
        Leads::Dials => true,
        Leads::Calls => !hinted,
        Leads::Nowhere => false,
    };
    leads && !extension.context.starts_with("macro-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `context exten leads`, `context exten hint devices`, `context include other`.
    fn dialplan(lines: &[&str]) -> Dialplan {
        let mut dialplan = Dialplan::default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let context = words[0].to_owned();
            match words[1..] {
                ["include", other] => dialplan.includes.push((context, other.to_owned())),
                [exten, "hint", devices] => dialplan.hints.push(Hint {
                    context,
                    exten: exten.to_owned(),
                    devices: devices.to_owned(),
                }),
                [exten, leads] => dialplan.extensions.push(DialplanExtension {
                    context,
                    exten: exten.to_owned(),
                    leads: match leads {
                        "dials" => Leads::Dials,
                        "calls" => Leads::Calls,
                        _ => Leads::Nowhere,
                    },
                }),
                _ => panic!("{line}"),
            }
        }
        dialplan
    }

    fn of(lines: &[&str], exten: &str, context: Option<&str>) -> Option<Vec<String>> {
        let dialplan = dialplan(lines);
        Places::new(&dialplan).of(exten, context)
    }

    /// Extensions and hints in one context, which others include, and a macro with causes.
    const GENERATED: [&str; 12] = [
        "ext-local 34 calls",
        "ext-local 34 hint PJSIP/34",
        "from-internal include from-internal-additional",
        "from-internal-additional include ext-local",
        "from-did-direct include ext-local",
        "from-queue _. calls",
        "macro-dialout s dials",
        "macro-dialout 34 dials",
        "refusals _X. nothing",
        "logging 34 calls",
        "outbound _0X. dials",
        "nights include ext-local,22:00-06:00,*,*,*",
    ];

    #[test]
    fn a_plain_extension_is_where_its_hint_is_found() {
        let expected = [
            "ext-local",
            "from-did-direct",
            "from-internal",
            "from-internal-additional",
            "nights",
        ];
        assert_eq!(
            of(&GENERATED, "34", None).unwrap(),
            expected,
            "macros, refusals and subroutines only use its name"
        );
    }

    #[test]
    fn an_extension_of_a_context_is_found_through_includes() {
        let places = of(&GENERATED, "34", Some("from-internal")).unwrap();
        for context in ["from-internal", "from-did-direct", "ext-local"] {
            assert!(places.iter().any(|place| place == context), "{context}");
        }
        for context in ["macro-dialout", "refusals", "from-queue"] {
            assert!(!places.iter().any(|place| place == context), "{context}");
        }
        let dialplan = dialplan(&GENERATED);
        let hint = Places::new(&dialplan).hint("from-internal", "34");
        assert_eq!(hint.unwrap().devices, "PJSIP/34");
    }

    #[test]
    fn two_extensions_of_the_same_name_are_two() {
        let lines = [
            "berlin 100 dials",
            "berlin include common",
            "hamburg 100 dials",
            "hamburg include common",
            "common _X. dials",
            "from-trunk include berlin",
        ];
        let berlin = of(&lines, "100", Some("berlin")).unwrap();
        assert_eq!(berlin, ["berlin", "from-trunk"]);
        assert_eq!(of(&lines, "100", Some("hamburg")).unwrap(), ["hamburg"]);
        assert_eq!(of(&lines, "x", Some("bremen")), None);
    }

    #[test]
    fn without_a_hint_what_it_does_tells() {
        let lines = [
            "phones _1XX calls",
            "office 100 dials",
            "refusals _X. nothing",
            "macro-x 100 calls",
        ];
        assert_eq!(of(&lines, "100", None).unwrap(), ["office", "phones"]);
        // Only a number like any other, and one of which nothing is known.
        assert_eq!(of(&lines, "34", None), Some(Vec::new()));
        assert_eq!(of(&lines, "1", None), None);
    }

    #[test]
    fn includes_may_go_round() {
        let lines = ["a include b", "b include a", "b 100 dials"];
        assert_eq!(of(&lines, "100", None).unwrap(), ["a", "b"]);
    }
}
