-- What an administrator reads. Part of a schema step: a change here is a new step.

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
       org,
       attempts AS vain_attempts,
       last_error AS problem,
       datetime(updated / 1000000, 'unixepoch', 'localtime') AS last_change,
       reference
FROM calls LEFT JOIN orgs USING (org);

CREATE VIEW undelivered_calls AS
SELECT all_calls.call, what_became_of_it, all_calls.user, extension, caller, caller_name, outcome,
       reason, all_calls.started, vain_attempts, problem,
       datetime(nullif(next_due, 0) / 1000000, 'unixepoch', 'localtime') AS not_before
FROM calls JOIN all_calls ON all_calls.call = calls.id
WHERE calls.state IN ('pending', 'sending');

CREATE VIEW failed_calls AS
SELECT all_calls.call, all_calls.user, extension, caller, caller_name, outcome, reason,
       all_calls.started, problem, last_change AS refused, all_calls.case_id, case_link
FROM calls JOIN all_calls ON all_calls.call = calls.id
WHERE calls.state = 'failed';

CREATE VIEW users AS
SELECT user,
       ifnull((SELECT delivered FROM totals WHERE totals.user = names.user), 0) AS cases,
       (SELECT count(*) FROM calls WHERE state = 'open' AND calls.user = names.user)
           AS in_progress,
       (SELECT count(*) FROM calls WHERE state IN ('pending', 'sending')
           AND calls.user = names.user) AS pending,
       (SELECT count(*) FROM calls WHERE state = 'failed' AND calls.user = names.user) AS failed,
       (SELECT datetime(max(started) / 1000000, 'unixepoch', 'localtime') FROM calls
           WHERE calls.user = names.user) AS last_call
FROM (SELECT DISTINCT user FROM calls UNION SELECT user FROM totals) AS names;

CREATE VIEW remembered_accounts AS
SELECT number, name, account_id, rtrim(url, '/') || '/' || account_id AS account_link,
       CASE WHEN account_id IS NULL THEN 'perhaps created'
            WHEN created_by_us THEN 'created by this interface'
            ELSE 'found in Salesforce'
       END AS origin,
       datetime(at / 1000000, 'unixepoch', 'localtime') AS last_confirmed, org
FROM accounts LEFT JOIN orgs USING (org);
