//! The file's schema and how an older one becomes the present one.

use rusqlite::{Connection, TransactionBehavior};

/// Step n brings schema version n to n + 1. Steps are never changed once released, only added.
pub(super) const STEPS: &[&str] = &[
    // AUTOINCREMENT: an id that the administrator has seen never means another call later.
    "CREATE TABLE calls (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        reference  TEXT    NOT NULL UNIQUE,
        user       TEXT    NOT NULL,
        state      TEXT    NOT NULL CHECK (state IN
                   ('open', 'pending', 'sending', 'delivered', 'failed', 'discarded')),
        record     TEXT    NOT NULL,
        in_doubt   INTEGER NOT NULL DEFAULT 0,
        sent_phone TEXT,
        org        TEXT,
        account_id TEXT,
        case_id    TEXT,
        attempts   INTEGER NOT NULL DEFAULT 0,
        next_due   INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        started    INTEGER NOT NULL,
        ended      INTEGER,
        created    INTEGER NOT NULL,
        updated    INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX calls_due      ON calls (user, next_due, id) WHERE state = 'pending';
     CREATE INDEX calls_by_state ON calls (state, user, created);
     CREATE INDEX calls_errors   ON calls (user, updated) WHERE last_error IS NOT NULL;
     CREATE TABLE accounts (
        org           TEXT    NOT NULL,
        number        TEXT    NOT NULL,
        account_id    TEXT,
        name          TEXT    NOT NULL,
        created_by_us INTEGER NOT NULL,
        at            INTEGER NOT NULL,
        PRIMARY KEY (org, number)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE totals (
        user      TEXT    PRIMARY KEY,
        delivered INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;",
    // Cases of calls that still run.
    "ALTER TABLE calls ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE calls ADD COLUMN written TEXT;
     UPDATE calls SET running = 1 WHERE state = 'open';
     CREATE INDEX calls_answered ON calls (user, next_due, id)
        WHERE state = 'open' AND case_id IS NULL;",
    // For whoever reads the file, and so that what is old is found without reading all of it.
    concat!(
        "ALTER TABLE calls ADD COLUMN over INTEGER;
         UPDATE calls SET over = ended WHERE NOT running;
         CREATE TABLE orgs (
            org TEXT PRIMARY KEY,
            url TEXT NOT NULL
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX calls_of_user ON calls (user, id);
         CREATE INDEX calls_by_age  ON calls (updated) WHERE state IN ('delivered', 'discarded');
         CREATE INDEX accounts_by_age ON accounts (at);",
        include_str!("views_3.sql")
    ),
    // Contacts, Tasks, and several records with the same number.
    concat!(
        "ALTER TABLE calls ADD COLUMN task_id TEXT;
         ALTER TABLE calls ADD COLUMN matched TEXT;
         ALTER TABLE accounts ADD COLUMN contact_id TEXT;
         ALTER TABLE accounts ADD COLUMN others TEXT NOT NULL DEFAULT '[]';
         CREATE INDEX calls_by_start ON calls (user, started, id);",
        include_str!("views_4.sql")
    ),
    // Logins, so that no restart makes one more of those that lock a user.
    "CREATE TABLE login_key (key BLOB NOT NULL) STRICT;
     INSERT INTO login_key (key) VALUES (randomblob(32));
     CREATE TABLE usernames (
        username    TEXT    PRIMARY KEY,
        wrong       INTEGER NOT NULL,
        last        INTEGER NOT NULL,
        is_reloaded INTEGER NOT NULL,
        granted     INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE credentials (
        username   TEXT    NOT NULL,
        mark       INTEGER NOT NULL,
        in_doubt   INTEGER NOT NULL,
        is_good    INTEGER NOT NULL,
        refusals   INTEGER NOT NULL,
        refused    TEXT,
        refused_at INTEGER NOT NULL,
        until      INTEGER,
        is_wrong   INTEGER NOT NULL,
        PRIMARY KEY (username, mark)
     ) STRICT, WITHOUT ROWID;",
    // What is remembered of numbers, for each Salesforce user.
    include_str!("views_6.sql"),
    // What is in doubt, and since when.
    include_str!("in_doubt_7.sql"),
];

/// The schema version that this module writes.
pub const VERSION: i64 = STEPS.len() as i64;

/// The file's schema version; 0 for an empty one.
pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the schema up to date, all of it or nothing. The caller has refused newer ones.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = usize::try_from(version(&transaction)?).unwrap_or(STEPS.len());
    for step in STEPS.iter().skip(from) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
