-- What changes of the views with schema 4. Part of a schema step: a change here is a new step.

DROP VIEW all_calls;
CREATE VIEW all_calls AS
SELECT id AS call,
       CASE WHEN state = 'open' THEN 'in progress'
            WHEN state = 'pending' AND case_id IS NOT NULL THEN 'Case to be completed'
            WHEN state = 'pending' AND in_doubt THEN 'perhaps sent, to be looked for'
            WHEN state = 'pending' THEN 'to be sent'
            WHEN state = 'sending' THEN 'being sent'
            WHEN state = 'failed' THEN 'refused by Salesforce'
            ELSE state
       END AS what_became_of_it,
       user,
       json_extract(record, '$.extension') AS extension,
       iif(json_extract(record, '$.caller.withheld'), 'withheld',
           json_extract(record, '$.caller.number')) AS caller,
       json_extract(record, '$.caller.name') AS caller_name,
       json_extract(record, '$.outcome') AS outcome,
       replace(json_extract(record, '$.reason'), '_', ' ') AS reason,
       datetime(started / 1000000, 'unixepoch', 'localtime') AS started,
       datetime(json_extract(record, '$.answered') / 1000000, 'unixepoch', 'localtime')
           AS answered,
       datetime(ended / 1000000, 'unixepoch', 'localtime') AS ended,
       (ended - json_extract(record, '$.answered')) / 1000000 AS talk_seconds,
       json_extract(record, '$.dialled') AS dialled,
       json_extract(record, '$.queue') AS queue,
       case_id,
       rtrim(url, '/') || '/' || case_id AS case_link,
       account_id,
       rtrim(url, '/') || '/' || account_id AS account_link,
       json_extract(matched, '$.contact_id') AS contact_id,
       task_id,
       rtrim(url, '/') || '/' || task_id AS task_link,
       org,
       attempts AS vain_attempts,
       last_error AS problem,
       datetime(updated / 1000000, 'unixepoch', 'localtime') AS last_change,
       reference
FROM calls LEFT JOIN orgs USING (org);

DROP VIEW remembered_accounts;
CREATE VIEW remembered_accounts AS
SELECT number, name, account_id, rtrim(url, '/') || '/' || account_id AS account_link,
       contact_id,
       CASE WHEN account_id IS NULL AND contact_id IS NULL THEN 'perhaps created'
            WHEN created_by_us THEN 'created by this interface'
            ELSE 'found in Salesforce'
       END AS origin,
       datetime(at / 1000000, 'unixepoch', 'localtime') AS last_confirmed, org
FROM accounts LEFT JOIN orgs USING (org);
