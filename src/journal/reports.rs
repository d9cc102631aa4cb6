//! What the delivery and the reports read. Reading sees what is committed.

use super::file;
use super::store::{CALL_COLUMNS, from_json, read_call};
use super::{Call, Journal, JournalError, KnownNumber, Match, Moment, State, Viewer, guard};
use crate::calls::record::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Among how many calls an earlier one of the same caller is looked for.
const LOOKED_BACK: u32 = 500;

/// A user's calls, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserCounts {
    /// The user's section name; it may be gone from salesforce.conf.
    pub user: String,
    /// Answered and still running.
    pub open: u64,
    /// To be delivered or being written.
    pub pending: u64,
    /// Of these, being written.
    pub sending: u64,
    /// Refused by Salesforce.
    pub failed: u64,
    /// Cases made since the journal began, those of running calls and those trimmed from it
    /// included.
    pub delivered: u64,
    /// The newest error of a call that is not delivered, and when that was.
    pub last_error: Option<(Timestamp, String)>,
}

/// Which calls are looked for; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of this user.
    pub user: Option<&'a str>,
    /// In this state; those that are being written are pending.
    pub state: Option<State>,
    /// Whose caller's number, as it was sent, or name holds this.
    pub caller: Option<&'a str>,
}

/// Among how many of the newest calls a caller is looked for: every record has to be unpacked.
const SEARCHED: u32 = 20_000;

/// The columns that [`read_number`] reads, in its order.
const NUMBER_COLUMNS: &str = "account_id, contact_id, name, others, created_by_us, at, up";

fn read_number(row: &Row<'_>) -> rusqlite::Result<KnownNumber> {
    let matched = Match {
        account_id: row.get(0)?,
        contact_id: row.get(1)?,
        name: row.get(2)?,
        others: from_json(3, row.get_ref(3)?.as_str()?)?,
        ..Match::default()
    };
    let is_begun = matched.account_id.is_none() && matched.contact_id.is_none();
    Ok(KnownNumber {
        name: matched.name.clone(),
        matched: (!is_begun).then_some(matched),
        created_by_us: row.get(4)?,
        at: Timestamp(row.get(5)?),
        begun: Moment::read(Timestamp(row.get(5)?), row.get_ref(6)?.as_str_or_null()?),
    })
}

impl Journal {
    /// Calls of a user that are due and not taken already, the one that is due longest first.
    pub fn due(
        &self,
        user: &str,
        now: Timestamp,
        limit: usize,
        is_taken: impl Fn(i64) -> bool,
    ) -> Result<Vec<Call>, JournalError> {
        self.first_free("state = 'pending'", user, now, limit, is_taken)
    }

    /// Running calls of a user that have no Case yet, whose turn it is if they are to have one,
    /// and that are not taken already; the one that is due longest first.
    pub fn due_running(
        &self,
        user: &str,
        now: Timestamp,
        limit: usize,
        is_taken: impl Fn(i64) -> bool,
    ) -> Result<Vec<Call>, JournalError> {
        let condition = "state = 'open' AND case_id IS NULL";
        self.first_free(condition, user, now, limit, is_taken)
    }

    /// Reads no further than it must: of a long backlog only what is returned is unpacked.
    fn first_free(
        &self,
        condition: &str,
        user: &str,
        now: Timestamp,
        limit: usize,
        is_taken: impl Fn(i64) -> bool,
    ) -> Result<Vec<Call>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {CALL_COLUMNS} FROM calls
             WHERE {condition} AND user = ?1 AND next_due <= ?2 ORDER BY next_due, id"
        ))?;
        let mut rows = statement.query(params![user, now.0])?;
        let mut free = Vec::new();
        while free.len() < limit
            && let Some(row) = rows.next()?
        {
            if !is_taken(row.get("id")?) {
                free.push(read_call(row)?);
            }
        }
        Ok(free)
    }

    /// Calls of the same user that came before this one and were not over before `since`, the
    /// newest 500, newest first; without those that were given up.
    pub fn calls_before(&self, call: &Call, since: Timestamp) -> Result<Vec<Call>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {CALL_COLUMNS} FROM calls
             WHERE user = ?1 AND (started, id) < (?2, ?3) AND state <> 'discarded'
                   AND (over IS NULL OR over >= ?4)
             ORDER BY started DESC, id DESC LIMIT {LOOKED_BACK}"
        ))?;
        let started = call.record.started.0;
        let parameters = params![call.record.user, started, call.id, since.0];
        let rows = statement.query_map(parameters, read_call)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the user's next pending call is due that is not due yet, or running one without a
    /// Case.
    pub fn next_due(&self, user: &str, now: Timestamp) -> Result<Option<Timestamp>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT min(next_due) FROM (
                SELECT min(next_due) AS next_due FROM calls
                WHERE state = 'pending' AND user = ?1 AND next_due > ?2
                UNION ALL
                SELECT min(next_due) FROM calls
                WHERE state = 'open' AND case_id IS NULL AND user = ?1 AND next_due > ?2)",
        )?;
        Ok(statement.query_row(params![user, now.0], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp))
        })?)
    }

    /// How many calls of a user are to be delivered or being written.
    pub fn pending(&self, user: &str) -> Result<u64, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT count(*) FROM calls WHERE state IN ('pending', 'sending') AND user = ?1",
        )?;
        Ok(statement.query_row([user], |row| row.get(0))?)
    }

    /// What is remembered about a number (E.164), of what a Salesforce user sees.
    pub fn number(&self, viewer: &Viewer, e164: &str) -> Result<Option<KnownNumber>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {NUMBER_COLUMNS} FROM accounts
             WHERE org = ?1 AND number = ?2 AND viewer = ?3"
        ))?;
        let found = statement.query_row([&viewer.org, e164, &viewer.user], read_number);
        Ok(found.optional()?)
    }

    /// The Account that we created, or began to, for a number as another Salesforce user of the
    /// org; the newest. Whether this one sees it is not known.
    pub fn number_made_by_others(
        &self,
        viewer: &Viewer,
        e164: &str,
    ) -> Result<Option<KnownNumber>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {NUMBER_COLUMNS} FROM accounts
             WHERE org = ?1 AND number = ?2 AND viewer <> ?3 AND created_by_us
             ORDER BY account_id IS NULL, at DESC LIMIT 1"
        ))?;
        let found = statement.query_row([&viewer.org, e164, &viewer.user], read_number);
        Ok(found.optional()?)
    }

    /// The address at which an org's records are seen, once somebody has logged in there.
    pub fn org_url(&self, org: &str) -> Result<Option<String>, JournalError> {
        let reader = guard(&self.reader);
        let mut statement = reader.prepare_cached("SELECT url FROM orgs WHERE org = ?1")?;
        Ok(statement.query_row([org], |row| row.get(0)).optional()?)
    }

    /// The counts of every user that has calls in the journal, by name.
    pub fn counts(&self) -> Result<Vec<UserCounts>, JournalError> {
        let connection = guard(&self.reports);
        let mut statement = connection.prepare_cached(
            "WITH counted AS (
                SELECT user, sum(state = 'open') AS open,
                       sum(state IN ('pending', 'sending')) AS pending,
                       sum(state = 'sending') AS sending,
                       sum(state = 'failed') AS failed
                FROM calls WHERE state IN ('open', 'pending', 'sending', 'failed')
                GROUP BY user),
             names AS (SELECT user FROM counted UNION SELECT user FROM totals)
             SELECT user, ifnull(open, 0), ifnull(pending, 0), ifnull(failed, 0),
                    ifnull(delivered, 0), ifnull(sending, 0)
             FROM names LEFT JOIN counted USING (user) LEFT JOIN totals USING (user)
             ORDER BY user",
        )?;
        let mut newest_error = connection.prepare_cached(
            "SELECT updated, last_error FROM calls
             WHERE user = ?1 AND last_error IS NOT NULL AND state <> 'delivered'
             ORDER BY updated DESC LIMIT 1",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(UserCounts {
                user: row.get(0)?,
                open: row.get(1)?,
                pending: row.get(2)?,
                failed: row.get(3)?,
                delivered: row.get(4)?,
                sending: row.get(5)?,
                last_error: None,
            })
        })?;
        let mut counts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for user in &mut counts {
            user.last_error = newest_error
                .query_row([&user.user], |row| {
                    Ok((Timestamp(row.get(0)?), row.get(1)?))
                })
                .optional()?;
        }
        Ok(counts)
    }

    /// The newest calls, newest first; of one user or of all.
    pub fn newest(&self, limit: usize, user: Option<&str>) -> Result<Vec<Call>, JournalError> {
        let connection = guard(&self.reports);
        let of_user = if user.is_some() {
            "user = ?2"
        } else {
            "?2 IS NULL"
        };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {CALL_COLUMNS} FROM calls WHERE {of_user} ORDER BY id DESC LIMIT ?1"
        ))?;
        let rows = statement.query_map(params![limit, user], read_call)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest calls that are looked for, newest first; a caller's among the newest 20,000.
    /// That may take a while: nobody else is held up.
    pub fn find(&self, limit: usize, wanted: &Wanted<'_>) -> Result<Vec<Call>, JournalError> {
        let mut conditions = vec!["1".to_owned()];
        let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":limit", &limit)];
        if let Some(user) = &wanted.user {
            conditions.push("user = :user".to_owned());
            parameters.push((":user", user));
        }
        let state = wanted.state.map(State::as_str);
        if let Some(state) = &state {
            conditions.push(match *state {
                "pending" | "sending" => "state IN ('pending', 'sending')".to_owned(),
                _ => {
                    parameters.push((":state", state));
                    "state = :state".to_owned()
                }
            });
        }
        if let Some(caller) = &wanted.caller {
            // Unpacking a record is dear: first whether it may hold that at all.
            let is_number = caller.bytes().all(|byte| byte.is_ascii_digit());
            let is_verbatim = |c: char| !c.is_control() && !"\"\\".contains(c);
            let may_hold = if is_number {
                "instr(record, :caller)"
            } else if caller.chars().all(is_verbatim) {
                "instr(lower(record), lower(:caller))"
            } else {
                "1"
            };
            conditions.push(format!(
                "id > (SELECT ifnull(max(id), 0) - {SEARCHED} FROM calls)
                 AND {may_hold}
                 AND (instr(json_extract(record, '$.caller.number'), :caller)
                      OR instr(lower(json_extract(record, '$.caller.name')), lower(:caller)))"
            ));
            parameters.push((":caller", caller));
        }
        // Of its own, and only as long as it is needed: each keeps up to 2 MB of the file.
        let connection = file::open_reader(&self.place)?;
        let mut statement = connection.prepare(&format!(
            "SELECT {CALL_COLUMNS} FROM calls WHERE {} ORDER BY id DESC LIMIT :limit",
            conditions.join(" AND ")
        ))?;
        let rows = statement.query_map(parameters.as_slice(), read_call)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The address of each org that a call was sent to: org and `https://…`.
    pub fn org_addresses(&self) -> Result<HashMap<String, String>, JournalError> {
        let connection = guard(&self.reports);
        let mut statement = connection.prepare_cached("SELECT org, url FROM orgs")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One call.
    pub fn call(&self, id: i64) -> Result<Option<Call>, JournalError> {
        let connection = guard(&self.reports);
        let mut statement = connection
            .prepare_cached(&format!("SELECT {CALL_COLUMNS} FROM calls WHERE id = ?1"))?;
        Ok(statement.query_row([id], read_call).optional()?)
    }

    /// Ids of the calls that failed for good, for completion.
    pub fn failed_ids(&self) -> Result<Vec<i64>, JournalError> {
        let connection = guard(&self.reports);
        let mut statement =
            connection.prepare_cached("SELECT id FROM calls WHERE state = 'failed' ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the oldest call that is to be delivered came into the journal.
    pub fn oldest_undelivered(&self) -> Result<Option<Timestamp>, JournalError> {
        let connection = guard(&self.reports);
        let mut statement = connection.prepare_cached(
            "SELECT min(created) FROM calls WHERE state IN ('pending', 'sending')",
        )?;
        Ok(statement.query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp)))?)
    }

    /// Size of the journal on disk, its write-ahead log included, in bytes.
    pub fn size(&self) -> u64 {
        let mut wal = self.path.as_os_str().to_owned();
        wal.push("-wal");
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
        size(&self.path) + size(Path::new(&wal))
    }

    /// Call records that are taken and not yet on disk.
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Call records lost because the disk was full for too long.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
