//! Every change of the journal as SQL; the transitions of the [table](crate::journal) are here
//! and nowhere else. All functions run within the writer's transaction.

use super::call::{Call, Intent, Match, NumberChange, Records, Settlement, State};
use super::logins::{self, LoginEnd, LoginKey};
use super::{Moment, Notice, Recovered, Viewer};
use crate::calls::record::{CallRecord, Timestamp, Update};
use rusqlite::types::Type;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::{SystemTime, UNIX_EPOCH};

/// A change that nobody waits for: the writer keeps it until it is on disk.
#[derive(Debug, Clone)]
pub enum Change {
    /// What the tracker said, and when.
    Record(Box<Update>, Timestamp),
    Settle(Vec<Settlement>),
    /// The address at which an org's records are seen.
    Org {
        org: String,
        url: String,
    },
    /// How a login ended, and when.
    LoginEnded {
        key: LoginKey,
        end: LoginEnd,
        at: Timestamp,
    },
    /// Settled calls from before `calls`, and Accounts not confirmed since `accounts`.
    Trim {
        calls: Timestamp,
        accounts: Timestamp,
    },
}

/// How much is trimmed at once: calls come between one portion and the next.
const TRIM_PORTION: usize = 1000;

/// The wall clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Does `change`; what the delivery is to be told after the commit.
pub fn apply(c: &Connection, change: &Change) -> rusqlite::Result<Vec<Notice>> {
    match change {
        Change::Record(update, at) => Ok(Vec::from_iter(match update.as_ref() {
            Update::Open(record) => open_call(c, record)?,
            Update::Closed(record) => close_call(c, record, *at)?,
        })),
        Change::Settle(settlements) => {
            let notices = settlements.iter().map(|settlement| settle(c, settlement));
            let notices: Vec<_> = notices.collect::<rusqlite::Result<_>>()?;
            Ok(notices.into_iter().flatten().collect())
        }
        Change::Org { org, url } => org_is_at(c, org, url).map(|()| Vec::new()),
        Change::LoginEnded { key, end, at } => logins::ended(c, key, end, *at).map(|()| Vec::new()),
        Change::Trim { calls, accounts } => trim(c, *calls, *accounts).map(|()| Vec::new()),
    }
}

fn settle(c: &Connection, settlement: &Settlement) -> rusqlite::Result<Option<Notice>> {
    match settlement {
        Settlement::Delivered { id, org, written } => delivered(c, *id, org, written),
        Settlement::Completed { id, task_id, note } => {
            completed(c, *id, task_id.as_deref(), note.as_deref())
        }
        Settlement::Failed { id, words } => failed(c, *id, words),
        Settlement::PutBack {
            id,
            next_due,
            in_doubt,
            error,
        } => put_back(c, *id, *next_due, *in_doubt, error.as_deref()),
    }
}

fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

fn open_call(c: &Connection, record: &CallRecord) -> rusqlite::Result<Option<Notice>> {
    let changed = c
        .prepare_cached(
            "INSERT INTO calls (reference, user, state, record, started, ended, created, updated,
                                running)
             VALUES (?1, ?2, 'open', ?3, ?4, ?5, ?6, ?6, 1)
             ON CONFLICT (reference) DO UPDATE
                SET record = excluded.record, user = excluded.user, updated = excluded.updated
                WHERE running",
        )?
        .execute(params![
            record.reference,
            record.user,
            json(record)?,
            record.started.0,
            record.ended.map(|t| t.0),
            now().0
        ])?;
    Ok((changed > 0).then(|| Notice::Due {
        user: record.user.clone(),
    }))
}

fn close_call(
    c: &Connection,
    record: &CallRecord,
    at: Timestamp,
) -> rusqlite::Result<Option<Notice>> {
    let changed = c
        .prepare_cached(
            "INSERT INTO calls (reference, user, state, record, started, ended, created, updated,
                                over)
             VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6, ?6, ?7)
             ON CONFLICT (reference) DO UPDATE
                SET record = excluded.record, user = excluded.user, ended = excluded.ended,
                    updated = excluded.updated, running = 0, over = ifnull(over, excluded.over),
                    state = iif(running AND state IN ('open', 'failed'), 'pending', state)
                WHERE running OR state IN ('pending', 'failed')",
        )?
        .execute(params![
            record.reference,
            record.user,
            json(record)?,
            record.started.0,
            record.ended.map(|t| t.0),
            now().0,
            at.0
        ])?;
    Ok((changed > 0).then(|| Notice::Due {
        user: record.user.clone(),
    }))
}

pub fn begin(
    c: &Connection,
    viewer: &Viewer,
    intent: &Intent,
) -> rusqlite::Result<Vec<Option<Call>>> {
    let mut statement = c.prepare_cached(&format!(
        "UPDATE calls SET state = 'sending', updated = ?4, sent = ?6, sent_up = ?7, sent_by = ?8,
                org = iif(case_id IS NULL, ?2, org),
                sent_phone = iif(case_id IS NULL, ?3, sent_phone),
                matched = iif(case_id IS NULL, ?5, matched),
                written = CASE WHEN case_id IS NOT NULL THEN written
                               WHEN running THEN record END
         WHERE id = ?1 AND (state IN ('pending', 'sending')
                            OR (state = 'open' AND case_id IS NULL))
         RETURNING {CALL_COLUMNS}"
    ))?;
    let mut begun = Vec::with_capacity(intent.calls.len());
    let sent = intent.sent.as_ref();
    let at = sent.map_or_else(Moment::now, |sent| sent.at.clone());
    let by = sent.map(|sent| &sent.by);
    for call in &intent.calls {
        let matched = call.matched.as_ref().map(json).transpose()?;
        let parameters = params![
            call.id,
            viewer.org,
            call.sent_phone,
            now().0,
            matched,
            at.wall.0,
            at.up(),
            by
        ];
        let row = statement.query_row(parameters, read_call);
        begun.push(row.optional()?);
    }
    if let Some(change) = &intent.account
        && begun.iter().any(Option::is_some)
    {
        change_number(c, viewer, change)?;
    }
    Ok(begun)
}

/// The user of a call whose result was just written, as a notice.
fn settled(
    c: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    id: i64,
) -> rusqlite::Result<Option<Notice>> {
    c.prepare_cached(sql)?
        .query_row(parameters, |row| {
            Ok(Notice::Settled {
                id,
                user: row.get(0)?,
            })
        })
        .optional()
}

fn delivered(
    c: &Connection,
    id: i64,
    org: &str,
    written: &Records,
) -> rusqlite::Result<Option<Notice>> {
    let Records {
        case_id,
        is_joined,
        account_id,
        task_id,
    } = written;
    let notice = settled(
        c,
        "UPDATE calls SET org = ?2, case_id = ?3, account_id = ?4, task_id = ?6, in_doubt = 0,
                attempts = 0, next_due = 0, last_error = NULL, updated = ?5,
                state = CASE WHEN running THEN 'open' WHEN written IS NULL THEN 'delivered'
                             ELSE 'pending' END
         WHERE id = ?1 AND state IN ('sending', 'pending', 'open') AND case_id IS NULL
         RETURNING user",
        params![id, org, case_id, account_id, now().0, task_id],
        id,
    )?;
    super::links::begin(c, id)?;
    if let Some(Notice::Settled { user, .. }) = &notice
        && case_id.is_some()
        && !is_joined
    {
        c.prepare_cached(
            "INSERT INTO totals (user, delivered) VALUES (?1, 1)
             ON CONFLICT (user) DO UPDATE SET delivered = delivered + 1",
        )?
        .execute([user])?;
    }
    Ok(notice)
}

fn completed(
    c: &Connection,
    id: i64,
    task_id: Option<&str>,
    note: Option<&str>,
) -> rusqlite::Result<Option<Notice>> {
    settled(
        c,
        "UPDATE calls SET state = 'delivered', written = NULL, in_doubt = 0, last_error = ?2,
                updated = ?3, task_id = ?4
         WHERE id = ?1 AND state IN ('sending', 'pending') AND case_id IS NOT NULL
         RETURNING user",
        params![id, note, now().0, task_id],
        id,
    )
}

fn failed(c: &Connection, id: i64, words: &str) -> rusqlite::Result<Option<Notice>> {
    settled(
        c,
        // What was refused without the call's end is tried once with it.
        "UPDATE calls SET in_doubt = 0, attempts = attempts + 1, last_error = ?2, updated = ?3,
                state = iif(case_id IS NULL AND written IS NOT NULL AND NOT running,
                            'pending', 'failed')
         WHERE id = ?1 AND state IN ('sending', 'pending', 'open') RETURNING user",
        params![id, words, now().0],
        id,
    )
}

fn put_back(
    c: &Connection,
    id: i64,
    next_due: Timestamp,
    in_doubt: bool,
    error: Option<&str>,
) -> rusqlite::Result<Option<Notice>> {
    settled(
        c,
        "UPDATE calls SET state = iif(running, 'open', 'pending'), next_due = ?2,
                in_doubt = ?3, attempts = attempts + (?4 IS NOT NULL),
                last_error = coalesce(?4, last_error), updated = ?5
         WHERE id = ?1 AND state IN ('sending', 'pending', 'open') RETURNING user",
        params![id, next_due.0, in_doubt, error, now().0],
        id,
    )
}

pub fn postpone_in_doubt(c: &Connection, until: Timestamp) -> rusqlite::Result<()> {
    c.prepare_cached(
        "UPDATE calls SET next_due = ?1
         WHERE state = 'pending' AND in_doubt AND next_due < ?1",
    )?
    .execute([until.0])?;
    Ok(())
}

pub fn retry(c: &Connection, id: Option<i64>) -> rusqlite::Result<(usize, Vec<Notice>)> {
    // With an id also a pending call, which then need not wait for its turn.
    let mut statement = c.prepare_cached(
        "UPDATE calls SET state = iif(running, 'open', 'pending'), next_due = 0, attempts = 0,
                updated = ?2
         WHERE (?1 IS NULL AND state = 'failed')
            OR (id = ?1 AND state IN ('failed', 'pending')) RETURNING user",
    )?;
    let notices = statement
        .query_map(params![id, now().0], |row| {
            Ok(Notice::Due { user: row.get(0)? })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok((notices.len(), notices))
}

pub fn discard(c: &Connection, id: i64) -> rusqlite::Result<(bool, Option<Notice>)> {
    let notice = settled(
        c,
        "UPDATE calls SET state = 'discarded', running = 0, updated = ?2
         WHERE id = ?1 AND state IN ('failed', 'pending') RETURNING user",
        params![id, now().0],
        id,
    )?;
    Ok((notice.is_some(), notice))
}

/// The Case of a call that is there.
pub fn case_of(c: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    c.query_row("SELECT case_id FROM calls WHERE id = ?1", [id], |row| {
        row.get(0)
    })
}

/// A portion of what is old.
fn trim(c: &Connection, calls: Timestamp, accounts: Timestamp) -> rusqlite::Result<()> {
    c.prepare_cached(
        "DELETE FROM calls WHERE id IN (
            SELECT id FROM calls INDEXED BY calls_by_age
            WHERE state IN ('delivered', 'discarded') AND updated < ?1 LIMIT ?2)",
    )?
    .execute(params![calls.0, TRIM_PORTION])?;
    c.prepare_cached(
        "DELETE FROM accounts WHERE (org, number, viewer) IN (
            SELECT org, number, viewer FROM accounts WHERE at < ?1 LIMIT ?2)",
    )?
    .execute(params![accounts.0, TRIM_PORTION])?;
    Ok(())
}

/// Is anything left to [`trim`]?
pub fn is_old(c: &Connection, calls: Timestamp, accounts: Timestamp) -> rusqlite::Result<bool> {
    c.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM calls INDEXED BY calls_by_age
                        WHERE state IN ('delivered', 'discarded') AND updated < ?1)
             OR EXISTS (SELECT 1 FROM accounts WHERE at < ?2)",
    )?
    .query_row([calls.0, accounts.0], |row| row.get(0))
}

fn org_is_at(c: &Connection, org: &str, url: &str) -> rusqlite::Result<()> {
    c.prepare_cached(
        "INSERT INTO orgs (org, url) VALUES (?1, ?2)
         ON CONFLICT (org) DO UPDATE SET url = excluded.url WHERE url <> excluded.url",
    )?
    .execute([org, url])?;
    Ok(())
}

pub fn change_number(
    c: &Connection,
    viewer: &Viewer,
    change: &NumberChange,
) -> rusqlite::Result<()> {
    let begun = Match::default();
    let remembered = Moment::now();
    let (number, name, matched, ours, at) = match change {
        NumberChange::Begin { number, name, at } => (number, name, &begun, true, at),
        NumberChange::Remember {
            number,
            matched,
            created_by_us,
        } => (number, &matched.name, matched, *created_by_us, &remembered),
        NumberChange::Forget(number) => {
            c.prepare_cached(
                "DELETE FROM accounts WHERE org = ?1 AND number = ?2 AND viewer = ?3",
            )?
            .execute([&viewer.org, number, &viewer.user])?;
            return Ok(());
        }
        NumberChange::ForgetForAll(number) => {
            c.prepare_cached("DELETE FROM accounts WHERE org = ?1 AND number = ?2")?
                .execute([&viewer.org, number])?;
            return Ok(());
        }
    };
    c.prepare_cached(
        "INSERT OR REPLACE INTO accounts (org, number, account_id, name, created_by_us, at,
                                          contact_id, others, viewer, up)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        viewer.org,
        number,
        matched.account_id,
        name,
        ours,
        at.wall.0,
        matched.contact_id,
        json(&matched.others)?,
        viewer.user,
        at.up()
    ])?;
    Ok(())
}

/// Takes up what a former process left.
pub fn recover(c: &mut Connection) -> rusqlite::Result<Recovered> {
    let t = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = now().0;
    let in_doubt = t.execute(
        "UPDATE calls SET state = 'pending', in_doubt = 1, running = 0,
                over = ifnull(over, ?1), updated = ?1
         WHERE state = 'sending'",
        [now],
    )?;
    let cut_off = t.execute(
        "UPDATE calls SET state = 'pending', running = 0, over = ?1, updated = ?1
         WHERE running AND state IN ('open', 'failed')",
        [now],
    )?;
    anchor(&t)?;
    // The former process's pauses are over, whatever its clock said.
    t.execute(
        "UPDATE calls SET next_due = 0 WHERE state = 'pending' AND next_due <> 0",
        [],
    )?;
    let pending: i64 = t.query_row(
        "SELECT count(*) FROM calls WHERE state = 'pending'",
        [],
        |row| row.get(0),
    )?;
    t.commit()?;
    Ok(Recovered {
        in_doubt,
        cut_off,
        pending: usize::try_from(pending).unwrap_or(0),
        set_aside: None,
    })
}

/// What was sent at a time that cannot have been, by the clock of now, counts as sent now.
fn anchor(c: &Connection) -> rusqlite::Result<()> {
    let now = Moment::now();
    let is_lost = |row: &Row<'_>, wall: usize| -> rusqlite::Result<bool> {
        let up = row.get_ref(wall + 1)?.as_str_or_null()?;
        let sent = Moment::read(Timestamp(row.get(wall)?), up);
        Ok(now.since(&sent).is_none())
    };
    let mut calls = c.prepare(
        "SELECT id, sent, sent_up FROM calls WHERE state = 'pending' AND in_doubt AND sent > 0",
    )?;
    let mut rows = calls.query([])?;
    while let Some(row) = rows.next()? {
        if is_lost(row, 1)? {
            let (id, up): (i64, _) = (row.get(0)?, now.up());
            c.execute(
                "UPDATE calls SET sent_up = ?2, sent = iif(?2 IS NULL, ?3, sent) WHERE id = ?1",
                params![id, up, now.wall.0],
            )?;
        }
    }
    let mut accounts = c.prepare(
        "SELECT org, number, viewer, at, up FROM accounts
         WHERE account_id IS NULL AND contact_id IS NULL",
    )?;
    let mut rows = accounts.query([])?;
    while let Some(row) = rows.next()? {
        if is_lost(row, 3)? {
            let key: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            let [org, number, viewer] = &key;
            c.execute(
                "UPDATE accounts SET up = ?4, at = iif(?4 IS NULL, ?5, at)
                 WHERE org = ?1 AND number = ?2 AND viewer = ?3",
                params![org, number, viewer, now.up(), now.wall.0],
            )?;
        }
    }
    Ok(())
}

/// The columns that [`read_call`] reads, in its order.
pub const CALL_COLUMNS: &str = "id, record, state, in_doubt, sent_phone, org, case_id, account_id, \
                                attempts, next_due, last_error, created, updated, running, \
                                written, over, task_id, matched, sent, sent_up, sent_by";

/// A row of [`CALL_COLUMNS`].
pub fn read_call(row: &Row<'_>) -> rusqlite::Result<Call> {
    let record = from_json(1, row.get_ref(1)?.as_str()?)?;
    let written: Option<&str> = row.get_ref(14)?.as_str_or_null()?;
    let word = row.get_ref(2)?.as_str()?;
    let state = State::ALL
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| {
            rusqlite::Error::FromSqlConversionFailure(2, Type::Text, "unknown state".into())
        })?;
    Ok(Call {
        id: row.get(0)?,
        record,
        state,
        in_doubt: row.get(3)?,
        sent_phone: row.get(4)?,
        org: row.get(5)?,
        case_id: row.get(6)?,
        account_id: row.get(7)?,
        attempts: row.get(8)?,
        next_due: Timestamp(row.get(9)?),
        last_error: row.get(10)?,
        created: Timestamp(row.get(11)?),
        updated: Timestamp(row.get(12)?),
        running: row.get(13)?,
        written: written.map(|json| from_json(14, json)).transpose()?,
        over: row.get::<_, Option<i64>>(15)?.map(Timestamp),
        task_id: row.get(16)?,
        sent: match row.get::<_, Option<i64>>(18)? {
            Some(wall) => Some(Moment::read(
                Timestamp(wall),
                row.get_ref(19)?.as_str_or_null()?,
            )),
            None => None,
        },
        sent_by: row.get(20)?,
        matched: row
            .get_ref(17)?
            .as_str_or_null()?
            .map(|json| from_json(17, json))
            .transpose()?,
    })
}

pub fn from_json<T: DeserializeOwned>(column: usize, json: &str) -> rusqlite::Result<T> {
    serde_json::from_str(json)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, e.into()))
}
