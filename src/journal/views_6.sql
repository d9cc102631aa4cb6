-- What is remembered of numbers is each Salesforce user's own. Part of a schema step: a change
-- here is a new step. What was found before is looked up again; what we created is everybody's
-- until somebody sees it.

DROP VIEW remembered_accounts;
ALTER TABLE accounts RENAME TO former_accounts;
CREATE TABLE accounts (
   org           TEXT    NOT NULL,
   number        TEXT    NOT NULL,
   viewer        TEXT    NOT NULL,
   account_id    TEXT,
   contact_id    TEXT,
   name          TEXT    NOT NULL,
   others        TEXT    NOT NULL DEFAULT '[]',
   created_by_us INTEGER NOT NULL,
   at            INTEGER NOT NULL,
   PRIMARY KEY (org, number, viewer)
) STRICT, WITHOUT ROWID;
INSERT INTO accounts (org, number, viewer, account_id, contact_id, name, others, created_by_us, at)
SELECT org, number, '', account_id, contact_id, name, others, created_by_us, at
FROM former_accounts WHERE created_by_us;
DROP TABLE former_accounts;
CREATE INDEX accounts_by_age ON accounts (at);
CREATE VIEW remembered_accounts AS
SELECT number, name, account_id, rtrim(url, '/') || '/' || account_id AS account_link,
       contact_id,
       CASE WHEN account_id IS NULL AND contact_id IS NULL THEN 'perhaps created'
            WHEN created_by_us THEN 'created by this interface'
            ELSE 'found in Salesforce'
       END AS origin,
       datetime(at / 1000000, 'unixepoch', 'localtime') AS last_confirmed, org,
       viewer AS salesforce_user
FROM accounts LEFT JOIN orgs USING (org);
