//! A configuration file as its lines, each of them kept as it is until it is changed.

use super::Wanted;
use std::ops::Range;
use thiserror::Error;

/// Asterisk reads so many bytes at once, and skips longer lines.
const ITS_BUFFER: usize = 8191;

/// So long may a line become.
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
    /// Changing the line would change where the comment is.
    #[error(
        "its line is not a plain one (a comment of several lines, += or a backslash in front): \
         change it in the file"
    )]
    Strange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `[name](…)`.
    Section { name: String, is_template: bool },
    /// `name = value`. The value's place in the line, where the line is a plain one.
    Option {
        name: String,
        value: String,
        place: Option<Range<usize>>,
    },
    /// `#include` and the like, without comments.
    Directive(String),
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
    /// A comment of several lines was begun and never ended, or something else ends nowhere.
    is_open: bool,
}

impl Document {
    /// Reads a file's text.
    pub fn read(text: &str) -> Document {
        let mut depth = 0;
        let lines: Vec<Line> = text
            .split_inclusive('\n')
            .enumerate()
            .map(|(at, line)| Line {
                text: line.to_owned(),
                kind: match (at, line.strip_prefix('\u{feff}')) {
                    // Asterisk passes over it; no line that begins with it is changed.
                    (0, Some(rest)) => kind(rest, &mut depth).without_place(),
                    _ => kind(line, &mut depth),
                },
            })
            .collect();
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Document {
            lines,
            line_break,
            // A line ends at a zero byte to Asterisk, and what follows is another.
            is_open: depth != 0 || text.contains('\0'),
        }
    }

    /// What Asterisk would do: read other files, run programs.
    pub fn directives(&self) -> Vec<Directive> {
        let directives = self.lines.iter().filter_map(|line| match &line.kind {
            Kind::Directive(said) => Some(Directive::read(said)),
            _ => None,
        });
        directives.collect()
    }

    /// Would Asterisk, reading `self` in the place of `former`, do anything that it did not do
    /// before, or miss a comment's end? Nothing but options and sections is ever changed.
    pub fn does_as(&self, former: &Document) -> bool {
        !self.is_open && !former.is_open && self.directives() == former.directives()
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
        let values = wanted.values();
        for value in values {
            check(option, value)?;
        }
        let mut own = self.own_lines(section, option);
        let is_strange = |at: &usize| matches!(&self.lines[*at].kind, Kind::Option { place, .. } if place.is_none());
        if own.iter().any(is_strange) {
            return Err(Refusal::Strange);
        }
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
            self.set_value(at, value)?;
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
            let is_directive = |line: &Line| matches!(line.kind, Kind::Directive(_));
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
        match &self.lines[at].kind {
            Kind::Option { value, .. } => value.clone(),
            _ => String::new(),
        }
    }

    fn set_value(&mut self, at: usize, new: &str) -> Result<(), Refusal> {
        let line = &mut self.lines[at];
        let Kind::Option {
            value,
            place: Some(place),
            ..
        } = &mut line.kind
        else {
            return Err(Refusal::Strange);
        };
        let escaped = escape(new);
        let (before, after) = (&line.text[..place.start], &line.text[place.end..]);
        let is_close = place.start == place.end && !before.ends_with([' ', '\t']);
        // Of a > right behind it, Asterisk would make another =>.
        let is_arrow = before.ends_with('=') && escaped.starts_with('>');
        let space = if is_close || is_arrow { " " } else { "" };
        // A comment right behind it would become something else: \; or --;
        let joins = after.starts_with(';') && escaped.ends_with(['\\', '-']);
        let gap = if joins { " " } else { "" };
        if line.text.len() - place.len() + escaped.len() + 2 > LONGEST_LINE {
            return Err(Refusal::TooLong);
        }
        let start = place.start + space.len();
        line.text
            .replace_range(place.clone(), &format!("{space}{escaped}{gap}"));
        *place = start..start + escaped.len();
        new.clone_into(value);
        Ok(())
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

/// A line that begins with `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `#include` or `#tryinclude`: a file, or a pattern of files.
    Include(String),
    /// `#exec` of a program.
    Exec(String),
    /// Asterisk does not know it either.
    Unknown(String),
}

impl Directive {
    fn read(said: &str) -> Directive {
        let rest = said.strip_prefix('#').unwrap_or(said);
        let end = rest.find(|c| c <= ' ').unwrap_or(rest.len());
        let (word, what) = (&rest[..end], strip(&rest[end..]));
        let quoted = [('"', '"'), ('<', '>')].iter().find_map(|(open, close)| {
            what.strip_prefix(*open)
                .and_then(|what| what.strip_suffix(*close))
        });
        let what = quoted.unwrap_or(what).to_owned();
        match word.to_ascii_lowercase().as_str() {
            "include" | "tryinclude" => Directive::Include(what),
            "exec" => Directive::Exec(what),
            _ => Directive::Unknown(said.to_owned()),
        }
    }
}

impl Kind {
    fn without_place(self) -> Kind {
        match self {
            Kind::Option { name, value, .. } => Kind::Option {
                name,
                value,
                place: None,
            },
            kind => kind,
        }
    }
}

/// What a line is, as Asterisk sees it; `depth` of comments that are `;-- several lines long --;`.
fn kind(line: &str, depth: &mut isize) -> Kind {
    let Some(Code { said, plain }) = code(line, depth) else {
        return Kind::Other;
    };
    let said = strip(&said);
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
        return Kind::Directive(said.to_owned());
    }
    // The first character may be escaped, lest it be a section or directive.
    let (said, is_escaped) = match said.strip_prefix('\\') {
        Some(said) => (said, true),
        None => (said, false),
    };
    let first = said.chars().next().map_or(0, char::len_utf8);
    let skipped = if is_escaped { first } else { 0 };
    let Some(equals) = said[skipped..].find('=').map(|at| at + skipped) else {
        return Kind::Other;
    };
    let is_added = equals > skipped && said[..equals].ends_with('+');
    let name = strip(&said[..equals - usize::from(is_added)]);
    if name.is_empty() {
        return Kind::Other;
    }
    let value = &said[equals + 1..];
    let value = match value.strip_prefix('>') {
        Some(rest) if !is_added => rest,
        _ => value,
    };
    Kind::Option {
        name: name.to_owned(),
        value: strip(value).to_owned(),
        place: plain
            .filter(|_| !is_escaped && !is_added)
            .and_then(|end| place(&line[..end])),
    }
}

/// Where the value is, in a line without its comment.
fn place(code: &str) -> Option<Range<usize>> {
    let equals = code.find('=')?;
    let after = equals + 1 + usize::from(code[equals + 1..].starts_with('>'));
    let value = &code[after..];
    let begins = after + value.len() - value.trim_start_matches([' ', '\t']).len();
    let ends = begins + code[begins..].trim_end_matches(|c| c <= ' ').len();
    Some(begins..ends)
}

/// Without what Asterisk takes for spaces.
fn strip(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// A line as Asterisk acts upon it.
struct Code {
    said: String,
    /// The line up to here says it, with `\;` for `;`. `None`: comments are in between.
    plain: Option<usize>,
}

/// The line without its comments; `None`: it is nothing but a comment, or passed over. Follows
/// Asterisk's own reader step by step, its oddities included.
fn code(line: &str, depth: &mut isize) -> Option<Code> {
    let is_whole = line.len() < ITS_BUFFER || line.len() == ITS_BUFFER && line.ends_with('\n');
    if !is_whole {
        return None;
    }
    let mut bytes = line.as_bytes().to_vec();
    let end_of = |bytes: &[u8], from: usize| {
        let end = bytes[from..].iter().position(|byte| *byte == 0);
        end.map_or(bytes.len(), |end| from + end)
    };
    let mut begins = (*depth == 0).then_some(0);
    let mut plain = begins.map(|_| line.len());
    let (mut from, mut unescaped) = (0, 0);
    loop {
        let rest = &bytes[from..end_of(&bytes, from)];
        let Some(at) = rest.iter().position(|byte| *byte == b';') else {
            break;
        };
        let at = from + at;
        if at > from && bytes[at - 1] == b'\\' {
            bytes.remove(at - 1);
            unescaped += 1;
            from = at;
        } else if bytes[at + 1..].starts_with(b"--") && bytes.get(at + 3) != Some(&b'-') {
            bytes[at] = 0;
            from = at + 3;
            plain = None;
            *depth += 1;
        } else if at >= from + 2 && bytes[..at].ends_with(b"--") {
            *depth -= 1;
            from = at + 1;
            plain = None;
            match begins {
                _ if *depth != 0 => {}
                // What stands behind the comment belongs to what stands before it.
                Some(begun) => {
                    let end = end_of(&bytes, begun);
                    bytes.drain(end..from);
                    from = end;
                }
                None => begins = Some(from),
            }
        } else if *depth == 0 {
            plain = plain.map(|_| at + unescaped);
            bytes[at] = 0;
            break;
        } else {
            from = at + 1;
        }
    }
    let begins = begins?;
    let said = &bytes[begins..end_of(&bytes, begins)];
    Some(Code {
        said: String::from_utf8_lossy(said).into_owned(),
        plain,
    })
}

#[cfg(test)]
mod tests;
