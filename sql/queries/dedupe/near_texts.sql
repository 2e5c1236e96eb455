-- Inputs long enough to be near-duplicates, with their keys, null where they are new (all of them,
-- where everything is computed anew); one row per input, in the order of hashes.
SELECT i.input_hash, i.text, CASE WHEN NOT $anew THEN k.keys END AS keys, $anew OR k.keys IS NULL AS new
FROM inputs i
LEFT JOIN near_keys k USING (input_hash)
WHERE i.words >= 8
ORDER BY i.input_hash
