//! Asterisk's own call records: a second opinion on what a call was.

use std::path::Path;

use crate::error::{Error, Result};

/// One line of `log/cdr-csv/Master.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cdr {
    /// Caller's number.
    pub source: String,
    /// Last number visited.
    pub number: String,
    /// Context of that number.
    pub context: String,
    /// Name and number of the caller.
    pub caller: String,
    /// Channel of the caller.
    pub channel: String,
    /// Channel of the called side, if any.
    pub peer: String,
    /// Last application.
    pub application: String,
    /// `ANSWERED`, `NO ANSWER`, `BUSY`, `FAILED`, `CONGESTION`.
    pub disposition: String,
    /// Id of the caller's channel.
    pub unique_id: String,
}

/// All records written so far; none without a file.
pub(super) fn read(path: &Path) -> Result<Vec<Cdr>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let unreadable = |e: csv::Error| Error::Failed {
        what: format!("reading {}", path.display()),
        status: e.to_string(),
        output: String::new(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .map_err(unreadable)?;
    let mut cdrs = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let field = |n: usize| record.get(n).unwrap_or_default().to_owned();
        cdrs.push(Cdr {
            source: field(1),
            number: field(2),
            context: field(3),
            caller: field(4),
            channel: field(5),
            peer: field(6),
            application: field(7),
            disposition: field(14),
            unique_id: field(16),
        });
    }
    Ok(cdrs)
}
