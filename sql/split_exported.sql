-- Train rows of all versions with the keys they had then; one row per example and keys.
SELECT DISTINCT v.example_id, v.input_hash, i.text = '' AS empty_input, v.conversation_id, v.group_key
FROM version_examples v
JOIN inputs i USING (input_hash)
WHERE v.side = 'train' AND v.line IS NOT NULL
ORDER BY ALL
