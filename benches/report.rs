//! The table and the JSON file.

use crate::Failure;
use crate::machine::Machine;
use crate::statistics::Sample;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// One figure.
#[derive(Serialize)]
pub struct Row {
    name: String,
    /// The median where `quartiles` are given.
    value: f64,
    unit: &'static str,
    /// First and third quartile.
    quartiles: Option<(f64, f64)>,
    /// How many values `value` is made of.
    values: usize,
    meaning: String,
}

impl Row {
    /// The median and the quartiles of a sample.
    pub fn median(name: &str, unit: &'static str, sample: &Sample, meaning: &str) -> Row {
        Row {
            quartiles: Some((sample.quantile(0.25), sample.quantile(0.75))),
            values: sample.count(),
            ..Row::single(name, unit, sample.median(), meaning)
        }
    }

    /// A figure that is one value, without a spread.
    pub fn single(name: &str, unit: &'static str, value: f64, meaning: &str) -> Row {
        Row {
            name: name.to_owned(),
            value,
            unit,
            quartiles: None,
            values: 1,
            meaning: meaning.to_owned(),
        }
    }

    /// With the number of values that it was made of.
    pub fn of(self, values: usize) -> Row {
        Row { values, ..self }
    }
}

/// All figures and where they were measured.
#[derive(Serialize)]
pub struct Report {
    machine: Machine,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    subject: String,
    #[serde(flatten)]
    row: Row,
}

impl Report {
    /// A report without figures.
    pub fn new(machine: Machine) -> Report {
        Report {
            machine,
            figures: Vec::new(),
        }
    }

    /// Adds the rows of a subject.
    pub fn add(&mut self, subject: &str, rows: Vec<Row>) {
        let figures = rows.into_iter().map(|row| Figure {
            subject: subject.to_owned(),
            row,
        });
        self.figures.extend(figures);
    }

    /// Writes `bench.json` into the build's folder; returns its path.
    pub fn write(&self) -> Result<PathBuf, Failure> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"),
            PathBuf::from,
        );
        let path = target.join("bench.json");
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(path)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(["", "", "value", "", "quartiles", "of", ""]);
        for column in [2, 4, 5] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for Figure { subject, row } in &self.figures {
            let quartiles = row
                .quartiles
                .map(|(low, high)| format!("{} to {}", number(low), number(high)));
            table.add_row([
                subject.clone(),
                row.name.clone(),
                number(row.value),
                row.unit.to_owned(),
                quartiles.unwrap_or_default(),
                number(row.values as f64),
                row.meaning.clone(),
            ]);
        }
        writeln!(f, "\n{}\n\n{}", self.machine, table.trim_fmt())
    }
}

/// Three digits that say something, thousands apart: `0.0123`, `4.56`, `1,234,567`.
fn number(value: f64) -> String {
    let magnitude = value.abs().max(1e-6).log10().floor() as i32;
    let decimals = if value == value.trunc() {
        0
    } else {
        (2 - magnitude).max(0)
    };
    let text = format!("{value:.*}", decimals as usize);
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}
