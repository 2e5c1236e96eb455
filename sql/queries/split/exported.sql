-- Lines of all versions with the keys they had then, and with the conversation and group that are
-- known for them today; one row per example and keys, with the last run that exported it. Exposed: it is
-- no longer held out, but its line stands in a test file that people measure with. Late user: the version
-- did not keep users together. Validation is cut out of train.
WITH lines AS (
    SELECT v.example_id, CASE WHEN v.side = 'test' THEN 'test' ELSE 'train' END AS side, v.input_hash,
           i.text = '' AS empty_input, v.conversation_id, v.group_key,
           coalesce(l.exposed, false) AS exposed, max(n.run_id) AS run
    FROM version_examples v
    JOIN versions n USING (name, version)
    JOIN inputs i USING (input_hash)
    LEFT JOIN split_ledger l USING (example_id)
    WHERE v.line IS NOT NULL
    GROUP BY ALL
),
today AS (
    SELECT example_id, conversation_id,
           CASE WHEN $group = 'user' THEN coalesce(group_key, 'user:' || user_key) ELSE group_key END AS group_key
    FROM examples
)
SELECT *, false AS late_user FROM lines
UNION
SELECT l.example_id, l.side, l.input_hash, l.empty_input, t.conversation_id, t.group_key, l.exposed, l.run,
       coalesce(starts_with(t.group_key, 'user:') AND t.group_key IS DISTINCT FROM l.group_key, false)
FROM lines l
JOIN today t USING (example_id)
ORDER BY ALL
