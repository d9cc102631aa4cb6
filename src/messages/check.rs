//! Is an administrator's file of texts fit for use?
//!
//! It is read and tried out before anybody's call depends on it: every message is said once
//! with everything that can lead into another branch of it.

use super::catalogue::{self, MESSAGES};
use super::compose::has_reference;
use super::language::Language;
use super::text::length;
use super::words::Words;
use crate::files::{line_at, without_mark};
use fluent_bundle::{FluentResource, FluentValue};
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The largest file that is read, in bytes.
pub(super) const LARGEST: usize = 256 * 1024;
/// The longest message in characters: what one line of a description may hold.
const LONGEST: usize = 1_000;
/// The deepest nesting of braces and brackets. The parser takes some stack for each, and what
/// overflows it is Asterisk's end.
const DEEPEST: usize = 100;

/// How many problems, or unknown names, of a file are told at most. To look for the lines of
/// thousands would keep the PBX waiting.
const TOLD: usize = 3;

/// What the bytes of a file say.
///
/// # Errors
/// What is no Fluent syntax, each with its line; see [`tell`].
pub(super) fn parse(bytes: &[u8]) -> Result<Arc<FluentResource>, Vec<String>> {
    let at = |offset: usize, problem: &str| format!("line {}: {problem}", line_at(bytes, offset));
    let text = std::str::from_utf8(bytes).map_err(|e| vec![at(e.valid_up_to(), "is not UTF-8")])?;
    let text = without_mark(text);
    if let Some(offset) = too_deep(text) {
        return Err(vec![at(offset, "too many braces within each other")]);
    }
    FluentResource::try_new(text.to_owned())
        .map(Arc::new)
        .map_err(|(_, errors)| {
            let told = errors.iter().take(TOLD + 1);
            told.map(|e| at(e.pos.start, &e.kind.to_string())).collect()
        })
}

/// The first of many, as one text.
pub(super) fn tell(found: &[String], joint: &str) -> String {
    match found.get(..TOLD) {
        Some(first) if found.len() > TOLD => first.join(joint) + joint + "and more",
        _ => found.join(joint),
    }
}

/// Where braces and brackets are nested too deeply, if they are. Those that are part of a text
/// count as well; nobody writes so many without closing them.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// What the file's names tell.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Those that are no message's, each with its line; see [`tell`].
    pub unknown: Vec<String>,
    /// The messages that the file lacks.
    pub missing: Vec<&'static str>,
}

/// Which messages a file has.
pub(super) fn names(own: &FluentResource) -> Names {
    let mut names = Names::default();
    let mut lacking: Vec<&'static str> = MESSAGES.iter().map(|(id, _)| *id).collect();
    for entry in own.entries() {
        if let Entry::Message(message) = entry {
            let id = message.id.name;
            lacking.retain(|other| *other != id);
            if catalogue::variables(id).is_none() && names.unknown.len() <= TOLD {
                names
                    .unknown
                    .push(format!("{id} (line {})", position(own, id)));
            }
        }
    }
    names.missing = lacking;
    names
}

/// What would go wrong with `language`, of which `own` is the last part; see [`tell`].
pub(super) fn problems(own: &FluentResource, language: &Language) -> Vec<String> {
    let mut reader = Reader {
        own,
        known: defined(language),
        entry: "",
        variables: None,
        problems: Vec::new(),
    };
    reader.read();
    if !reader.problems.is_empty() {
        return reader.problems;
    }
    let words = Words::new(language);
    let said = MESSAGES.iter().filter_map(|(id, _)| {
        let problem = try_out(&words, id)?;
        let place = own.entries().find_map(|entry| match entry {
            Entry::Message(message) if message.id.name == *id => Some(message.id.name),
            _ => None,
        });
        Some(match place {
            Some(name) => format!("line {}: {id} {problem}", position(own, name)),
            // Something in the file that the message refers to, or a term of the same name.
            None => format!("{id} {problem}"),
        })
    });
    said.collect()
}

/// Says a message in every way.
fn try_out(words: &Words, id: &str) -> Option<String> {
    for sample in catalogue::samples(id) {
        let Some((text, errors)) = words.render(id, &sample) else {
            return Some("has no text".to_owned());
        };
        if let Some(error) = errors.first() {
            return Some(format!("cannot be said: {error}"));
        }
        if text.is_empty() {
            return Some(match sample.get("known") {
                Some(FluentValue::String(known)) => format!("says nothing when $known is {known}"),
                _ => "says nothing".to_owned(),
            });
        }
        if length(&text) > LONGEST {
            return Some(format!("is longer than {LONGEST} characters"));
        }
        if id == "line-reference" && !has_reference(&text, catalogue::REFERENCE) {
            return Some("must end with a space and { $reference }: Cases are found by it".into());
        }
    }
    None
}

/// The names of all messages, and of all terms with the `-` before them.
fn defined(language: &Language) -> BTreeSet<String> {
    let texts = language.texts().iter();
    let entries = texts.flat_map(|text| text.entries());
    entries.filter_map(name).map(|(_, name)| name).collect()
}

/// An entry's name as it stands in the file, and as others refer to it.
fn name<'a>(entry: &Entry<&'a str>) -> Option<(&'a str, String)> {
    match entry {
        Entry::Message(message) => Some((message.id.name, message.id.name.to_owned())),
        Entry::Term(term) => Some((term.id.name, format!("-{}", term.id.name))),
        _ => None,
    }
}

/// The line on which a piece of the file stands.
fn position(own: &FluentResource, piece: &str) -> usize {
    let source = own.source();
    let offset = piece.as_ptr().addr() - source.as_ptr().addr();
    line_at(source.as_bytes(), offset)
}

/// Reads all branches of all entries, also those that are hardly ever said.
struct Reader<'a> {
    own: &'a FluentResource,
    known: BTreeSet<String>,
    /// The entry that is being read.
    entry: &'a str,
    /// Its variables; `None`: any, as in a term.
    variables: Option<&'static [&'static str]>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let mut seen = BTreeSet::new();
        for entry in self.own.entries() {
            let Some((name, reference)) = name(entry) else {
                continue;
            };
            self.entry = name;
            if !seen.insert(reference) {
                self.problem(name, "is there twice".to_owned());
            }
            match entry {
                Entry::Message(message) => {
                    self.variables = catalogue::variables(name);
                    message.value.iter().for_each(|value| self.pattern(value));
                }
                Entry::Term(term) => {
                    self.variables = None;
                    self.pattern(&term.value);
                }
                _ => {}
            }
        }
    }

    fn problem(&mut self, piece: &str, problem: String) {
        if self.problems.len() > TOLD {
            return;
        }
        let line = position(self.own, piece);
        let problem = format!("line {line}: {} {problem}", self.entry);
        self.problems.push(problem);
    }

    fn pattern(&mut self, pattern: &Pattern<&'a str>) {
        use fluent_syntax::ast::PatternElement::{Placeable, TextElement};
        for element in &pattern.elements {
            match element {
                Placeable { expression } => self.expression(expression),
                TextElement { .. } => {}
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&'a str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                variants.iter().for_each(|v| self.pattern(&v.value));
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&'a str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                if let Some(variables) = self.variables
                    && !variables.contains(&id.name)
                {
                    let there: Vec<String> = variables.iter().map(|v| format!("${v}")).collect();
                    let there = match there.as_slice() {
                        [] => "none here".to_owned(),
                        some => some.join(", "),
                    };
                    let problem = format!("has no variable ${}; there is: {there}", id.name);
                    self.problem(id.name, problem);
                }
            }
            InlineExpression::MessageReference { id, .. } => {
                if !self.known.contains(id.name) {
                    let hint = format!("names no message {0}; a variable is ${0}", id.name);
                    self.problem(id.name, hint);
                }
            }
            InlineExpression::TermReference { id, arguments, .. } => {
                if !self.known.contains(&format!("-{}", id.name)) {
                    self.problem(id.name, format!("names no term -{}", id.name));
                }
                arguments.iter().for_each(|a| self.arguments(a));
            }
            InlineExpression::FunctionReference { id, .. } => {
                self.problem(
                    id.name,
                    format!("calls {}(), there is no function", id.name),
                );
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        }
    }

    fn arguments(&mut self, arguments: &CallArguments<&'a str>) {
        let named = arguments.named.iter().map(|argument| &argument.value);
        let all = arguments.positional.iter().chain(named);
        all.for_each(|argument| self.inline(argument));
    }
}
