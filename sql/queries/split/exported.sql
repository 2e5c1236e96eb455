-- Lines of all versions with the keys they had then, and with the conversation and group that are
-- known for them today; one row per example and keys. What is exposed is no longer held out.
WITH lines AS (
    SELECT v.example_id, v.side, v.input_hash, i.text = '' AS empty_input, v.conversation_id, v.group_key
    FROM version_examples v
    JOIN inputs i USING (input_hash)
    LEFT JOIN split_ledger l USING (example_id)
    WHERE v.line IS NOT NULL AND (v.side = 'train' OR NOT coalesce(l.exposed, false))
)
SELECT * FROM lines
UNION
SELECT l.example_id, l.side, l.input_hash, l.empty_input, e.conversation_id, e.group_key
FROM lines l
JOIN examples e USING (example_id)
ORDER BY ALL
