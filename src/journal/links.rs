//! Cases whose caller could not be looked up: they are linked later, if that works within a day.

use super::store::{CALL_COLUMNS, now, read_call};
use super::{Call, Journal, JournalError, guard};
use crate::calls::record::Timestamp;
use rusqlite::{Connection, params};

/// How long it is tried, in microseconds.
const TRIED_FOR: i64 = 24 * 3600 * 1_000_000;

/// What becomes of such a Case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linking {
    /// It belongs to this Account now, if to any.
    Linked(Option<String>),
    /// It stays as it is.
    Left,
    /// It is tried again then.
    Later(Timestamp),
}

/// Notes with a delivered call that it is to be linked.
pub(super) fn begin(c: &Connection, id: i64) -> rusqlite::Result<()> {
    let now = now().0;
    c.prepare_cached(
        "UPDATE calls SET link_due = ?2, link_until = ?3
         WHERE id = ?1 AND case_id IS NOT NULL AND json_extract(matched, '$.not_looked_up')",
    )?
    .execute(params![id, now, now.saturating_add(TRIED_FOR)])?;
    Ok(())
}

impl Journal {
    /// Delivered calls of a user whose Cases are to be linked now.
    pub fn links_due(
        &self,
        user: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Call>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {CALL_COLUMNS} FROM calls
             WHERE user = ?1 AND link_due <= ?2 AND link_until > ?2 AND state = 'delivered'
             ORDER BY link_due LIMIT ?3"
        ))?;
        let rows = statement.query_map(params![user, now.0, limit], read_call)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the next one is, after that.
    pub fn next_link(&self, user: &str, now: Timestamp) -> Result<Option<Timestamp>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT min(link_due) FROM calls
             WHERE user = ?1 AND link_due > ?2 AND link_until > link_due AND state = 'delivered'",
        )?;
        Ok(statement.query_row(params![user, now.0], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp))
        })?)
    }

    /// Writes down what becomes of them; on disk when this returns.
    pub fn link(&self, links: Vec<(i64, Linking)>) -> Result<(), JournalError> {
        if links.is_empty() {
            return Ok(());
        }
        self.ask(move |c| {
            for (id, linking) in &links {
                let (due, account) = match linking {
                    Linking::Linked(account) => (None, account.as_deref()),
                    Linking::Left => (None, None),
                    Linking::Later(at) => (Some(at.0), None),
                };
                c.prepare_cached(
                    "UPDATE calls SET link_due = ?2, account_id = coalesce(?3, account_id)
                     WHERE id = ?1",
                )?
                .execute(params![id, due, account])?;
            }
            Ok(((), None))
        })
    }
}
