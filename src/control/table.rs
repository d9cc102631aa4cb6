//! Tables as Asterisk's CLI shows them: a heading, aligned columns, two spaces between.

use crate::config::is_unseen;
use unicode_width::UnicodeWidthStr;

/// A table of text.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with its headings.
    pub fn new(headings: &[&str]) -> Table {
        Table {
            rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()],
        }
    }

    /// Adds a row; an empty cell is shown as `-`, so that scripts can count columns.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| {
            if cell.is_empty() {
                "-".to_owned()
            } else {
                cell
            }
        });
        self.rows.push(cells.collect());
    }

    /// The text, a line for each row.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.width())
                    .max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Foreign text in one line: it must not begin a line of its own, colour the console or turn the
/// row round.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if is_unseen(c) { ' ' } else { c })
        .collect()
}

/// Lines of `name: value`, the values aligned, in groups.
#[derive(Default)]
pub struct Facts {
    /// No name: a gap.
    lines: Vec<(String, String)>,
}

impl Facts {
    /// Adds a line.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.lines.push((name.to_owned(), value.into()));
    }

    /// Ends a group.
    pub fn gap(&mut self) {
        self.lines.push((String::new(), String::new()));
    }

    /// The text.
    pub fn render(&self) -> String {
        let width = self
            .lines
            .iter()
            .map(|(name, _)| name.width())
            .max()
            .unwrap_or(0);
        self.lines
            .iter()
            .map(|(name, value)| match name.as_str() {
                "" => "\n".to_owned(),
                name => {
                    let value = if value.is_empty() { "-" } else { value };
                    format!("{name}:{}{value}\n", " ".repeat(width - name.width() + 2))
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_in_its_cell() {
        assert_eq!(
            plain("a\r\nb\u{1b}[31m\u{85}\u{2028}\u{202e}\u{2066}Ünsal"),
            "a  b [31m    Ünsal"
        );
    }

    #[test]
    fn what_is_empty_is_seen_to_be() {
        let mut facts = Facts::default();
        facts.add("Name", "anna");
        facts.add("Actions", "");
        assert_eq!(facts.render(), "Name:     anna\nActions:  -\n");
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let mut table = Table::new(&["Name", "Language"]);
        table.row(["Jörg".to_owned(), "de".to_owned()]);
        table.row(["総務部".to_owned(), String::new()]);
        assert_eq!(table.render(), "Name    Language\nJörg    de\n総務部  -\n");
    }
}
