-- Every example with its place in the ledger and what its side depends on; one row per
-- example. The label is the one before annotators: what they answer moves no example to another side.
SELECT e.example_id, l.side, l.exposed, l.unit, l.origin, l.evidence, e.input_hash, e.empty_input, e.conversation_id,
       CASE WHEN $group = 'user' THEN coalesce(e.group_key, 'user:' || e.user_key) ELSE e.group_key END AS group_key,
       e.base_label AS label, strftime(e.created_at, '%Y-%m') AS month, epoch_us(e.created_at) AS created,
       CASE WHEN e.given_split ILIKE '%train%' THEN 'train'
            WHEN e.given_split IS NOT NULL THEN 'test' END AS given_side,
       CASE WHEN e.given_split IN ('heldout', 'evict') THEN 'heldout' ELSE 'given' END AS given_origin,
       coalesce(e.given_split = 'evict' OR l.origin = 'evict', false) AS evicts,
       CASE WHEN l.origin = 'evict' AND NOT l.exposed THEN l.run_id ELSE 0 END AS valid_from
FROM today_examples e
LEFT JOIN split_ledger l USING (example_id)
ORDER BY e.example_id
