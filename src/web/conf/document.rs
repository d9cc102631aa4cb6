//! A configuration file as its lines, each of them kept as it is until it is changed.

use super::Wanted;
use std::ops::Range;
use thiserror::Error;

/// Asterisk skips longer lines.
const LONGEST_LINE: usize = 8000;

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The value would end up as something else.
    #[error("holds a line break or another character that cannot stand in a file")]
    Control,
    /// Asterisk would not read it.
    #[error("is too long")]
    TooLong,
    /// Asterisk would remove them.
    #[error("begins or ends with a space, which cannot stand in the file: read it from a file")]
    Spaces,
    /// The section is not in this file as it can be changed here.
    #[error("the section is not in a file of its own lines")]
    NoSection,
    /// More than the user's own lines would go.
    #[error("the section includes another file")]
    Includes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `[name](…)`.
    Section { name: String, is_template: bool },
    /// `name = value`; the value's place in the line.
    Option { name: String, value: Range<usize> },
    /// `#include` and the like.
    Directive,
    /// Empty, a comment, or nothing that Asterisk understands.
    Other,
}

#[derive(Debug, Clone)]
struct Line {
    /// With its line break, if it has one.
    text: String,
    kind: Kind,
}

/// A file.
#[derive(Debug, Clone)]
pub struct Document {
    lines: Vec<Line>,
    line_break: &'static str,
}

impl Document {
    /// Reads a file's text.
    pub fn read(text: &str) -> Document {
        let mut depth = 0;
        let mut lines: Vec<Line> = text
            .split_inclusive('\n')
            .map(|line| Line {
                text: line.to_owned(),
                kind: kind(line, &mut depth),
            })
            .collect();
        // The mark that may stand before the first line is not Asterisk's business. An option
        // there would be nobody's.
        if let Some(first) = lines.first_mut()
            && let Some(line) = first.text.strip_prefix('\u{feff}')
            && let said @ (Kind::Section { .. } | Kind::Directive) = kind(line, &mut 0)
        {
            first.kind = said;
        }
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Document { lines, line_break }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }

    /// Is there a section of this name, and is it no template?
    pub fn has(&self, section: &str) -> bool {
        !self.blocks(section).is_empty()
    }

    /// The values that the section's own lines give an option.
    pub fn own(&self, section: &str, option: &str) -> Vec<String> {
        let own = self.own_lines(section, option).into_iter();
        own.map(|at| self.value(at)).collect()
    }

    /// The names of options that the section's own lines give.
    pub fn own_options(&self, section: &str) -> Vec<String> {
        let lines = self.blocks(section).into_iter().flatten();
        lines
            .filter_map(|at| match &self.lines[at].kind {
                Kind::Option { name, .. } => Some(name.to_ascii_lowercase()),
                _ => None,
            })
            .collect()
    }

    /// Makes an option of a section what it is to be.
    ///
    /// # Errors
    /// It cannot be written, or there is no such section in this file.
    pub fn change(&mut self, section: &str, option: &str, wanted: &Wanted) -> Result<(), Refusal> {
        let values = match wanted {
            Wanted::One(value) => std::slice::from_ref(value),
            Wanted::Many(values) => values,
            Wanted::Unset => &[],
        };
        for value in values {
            check(option, value)?;
        }
        let mut own = self.own_lines(section, option);
        // Of several lines for one value the last one counts: that one stays.
        let superfluous = own.len().saturating_sub(values.len());
        let (gone, kept) = match wanted {
            Wanted::Many(_) => (own.split_off(own.len() - superfluous), own),
            _ => {
                let kept = own.split_off(superfluous);
                (own, kept)
            }
        };
        for (&at, value) in kept.iter().zip(values) {
            self.set_value(at, value);
        }
        let last = match kept.last() {
            Some(&at) => at,
            None => self.end_of(section).ok_or(Refusal::NoSection)?,
        };
        for (after, value) in (last..).zip(&values[kept.len()..]) {
            self.insert(after, option, value);
        }
        for at in gone.into_iter().rev() {
            // What was inserted went behind every line of this option, or there was none.
            self.lines.remove(at);
        }
        Ok(())
    }

    /// Adds a section at the end.
    ///
    /// # Errors
    /// A value cannot be written.
    pub fn add(&mut self, section: &str, options: &[(&str, Wanted)]) -> Result<(), Refusal> {
        self.end_last_line();
        if self
            .lines
            .last()
            .is_some_and(|line| !line.text.trim().is_empty())
        {
            self.push(self.line_break.to_owned());
        }
        self.push(format!("[{section}]{}", self.line_break));
        for (option, wanted) in options {
            self.change(section, option, wanted)?;
        }
        Ok(())
    }

    /// Removes a section's own lines; comments above and behind it stay.
    ///
    /// # Errors
    /// It is not in this file, or includes another one.
    pub fn remove(&mut self, section: &str) -> Result<(), Refusal> {
        let blocks = self.blocks(section);
        if blocks.is_empty() {
            return Err(Refusal::NoSection);
        }
        for block in blocks.into_iter().rev() {
            let is_directive = |line: &Line| line.kind == Kind::Directive;
            if self.lines[block.clone()].iter().any(is_directive) {
                return Err(Refusal::Includes);
            }
            let said = block
                .clone()
                .rev()
                .find(|&at| self.lines[at].kind != Kind::Other);
            let end = said.map_or(block.start, |at| at + 1);
            self.lines.drain(block.start..end);
            // An empty line above and one below are one too many.
            let is_empty = |at: usize| self.lines.get(at).is_some_and(|l| l.text.trim().is_empty());
            if is_empty(block.start) && (block.start == 0 || is_empty(block.start - 1)) {
                self.lines.remove(block.start);
            }
        }
        Ok(())
    }

    /// The lines of the section: from each of its headings up to the next section's.
    fn blocks(&self, section: &str) -> Vec<Range<usize>> {
        let headings: Vec<usize> = (0..self.lines.len())
            .filter(|&at| matches!(self.lines[at].kind, Kind::Section { .. }))
            .collect();
        let ends = headings.iter().skip(1).copied().chain([self.lines.len()]);
        let of_section = |at: usize| match &self.lines[at].kind {
            Kind::Section { name, is_template } => {
                name.eq_ignore_ascii_case(section) && !is_template
            }
            _ => false,
        };
        headings
            .iter()
            .zip(ends)
            .filter(|(start, _)| of_section(**start))
            .map(|(start, end)| *start..end)
            .collect()
    }

    fn own_lines(&self, section: &str, option: &str) -> Vec<usize> {
        let lines = self.blocks(section).into_iter().flatten();
        lines
            .filter(|&at| {
                matches!(&self.lines[at].kind, Kind::Option { name, .. }
                         if name.eq_ignore_ascii_case(option))
            })
            .collect()
    }

    /// The line behind which another option of the section goes.
    fn end_of(&self, section: &str) -> Option<usize> {
        let block = self.blocks(section).into_iter().next()?;
        block.rev().find(|&at| {
            matches!(
                self.lines[at].kind,
                Kind::Section { .. } | Kind::Option { .. }
            )
        })
    }

    fn value(&self, at: usize) -> String {
        let line = &self.lines[at];
        match &line.kind {
            Kind::Option { value, .. } => line.text[value.clone()].replace("\\;", ";"),
            _ => String::new(),
        }
    }

    fn set_value(&mut self, at: usize, value: &str) {
        let line = &mut self.lines[at];
        if let Kind::Option { value: place, .. } = &mut line.kind {
            let escaped = escape(value);
            let before = &line.text[..place.start];
            let is_close = place.start == place.end && !before.ends_with([' ', '\t']);
            // Of a > right behind it, Asterisk would make another =>.
            let is_arrow = before.ends_with('=') && escaped.starts_with('>');
            let space = if is_close || is_arrow { " " } else { "" };
            let start = place.start + space.len();
            line.text
                .replace_range(place.clone(), &format!("{space}{escaped}"));
            *place = start..start + escaped.len();
        }
    }

    fn insert(&mut self, after: usize, option: &str, value: &str) {
        if after + 1 == self.lines.len() {
            self.end_last_line();
        }
        let text = format!("{option} = {}{}", escape(value), self.line_break);
        let line = Line {
            kind: kind(&text, &mut 0),
            text,
        };
        self.lines.insert(after + 1, line);
    }

    fn push(&mut self, text: String) {
        let kind = kind(&text, &mut 0);
        self.lines.push(Line { text, kind });
    }

    fn end_last_line(&mut self) {
        if let Some(last) = self.lines.last_mut()
            && !last.text.ends_with('\n')
        {
            last.text.push_str(self.line_break);
        }
    }
}

fn check(option: &str, value: &str) -> Result<(), Refusal> {
    if value.chars().any(char::is_control) {
        return Err(Refusal::Control);
    }
    if value.trim() != value {
        return Err(Refusal::Spaces);
    }
    if option.len() + escape(value).len() > LONGEST_LINE {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

fn escape(value: &str) -> String {
    value.replace(';', "\\;")
}

/// What a line is, as Asterisk sees it; `depth` of comments that are `;-- several lines long --;`.
fn kind(line: &str, depth: &mut usize) -> Kind {
    let began_inside = *depth > 0;
    let code = code(line, depth);
    if began_inside {
        // What may follow the comment's end is nothing that anybody writes.
        return Kind::Other;
    }
    let start = code.len() - code.trim_start().len();
    let said = code.trim();
    if let Some(rest) = said.strip_prefix('[') {
        let Some((name, rest)) = rest.split_once(']') else {
            return Kind::Other;
        };
        let flags = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split(')').next());
        return Kind::Section {
            name: name.to_owned(),
            is_template: flags.unwrap_or_default().split(',').any(|flag| flag == "!"),
        };
    }
    if said.starts_with('#') {
        return Kind::Directive;
    }
    let Some(equals) = code.find('=') else {
        return Kind::Other;
    };
    let name = code[start..equals].trim_end_matches('+').trim();
    let after = equals + 1 + usize::from(code[equals + 1..].starts_with('>'));
    let value = &code[after..];
    let begins = after + value.len() - value.trim_start_matches([' ', '\t']).len();
    let ends = begins + code[begins..].trim_end().len();
    Kind::Option {
        name: name.to_owned(),
        value: begins..ends,
    }
}

/// The line without its comment.
fn code<'l>(line: &'l str, depth: &mut usize) -> &'l str {
    let bytes = line.as_bytes();
    let mut end = line.len();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b';' {
            let is_escaped = at > 0 && bytes[at - 1] == b'\\';
            let begins = line[at + 1..].starts_with("--") && !line[at + 3..].starts_with('-');
            let ends = line[..at].ends_with("--");
            if is_escaped {
            } else if begins {
                end = end.min(at);
                *depth += 1;
                at += 2;
            } else if ends && *depth > 0 {
                *depth -= 1;
            } else if *depth == 0 {
                end = end.min(at);
                break;
            }
        }
        at += 1;
    }
    &line[..end]
}

#[cfg(test)]
mod tests;
