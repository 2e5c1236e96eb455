-- What was asked about some contents by tasks of a kind; one row per content: its last round, the state of that task,
-- the server that it was handed to, and whether anybody has answered or skipped it.
SELECT content_hash, max(round) AS round, arg_max(state, round) AS state, arg_max(server, round) AS server,
       arg_max(answered, round) AS answered
FROM (
    SELECT t.content_hash, t.round, t.state, coalesce(t.server, '') AS server,
           t.task_key IN (SELECT task_key FROM annotations WHERE NOT withdrawn) AS answered
    FROM tasks t
    WHERE t.kind = $kind AND t.content_hash IN (SELECT unnest($contents::VARCHAR[]))
)
GROUP BY content_hash
ORDER BY content_hash
