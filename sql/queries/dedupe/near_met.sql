-- Stored inputs that share a key with new ones (an Arrow table registered as fresh); one row per input, in the
-- order of hashes.
WITH met AS (
    SELECT DISTINCT place
    FROM (SELECT rowid AS place, unnest(keys) AS one FROM near_keys)
    WHERE one IN (SELECT unnest(keys) FROM fresh)
)
SELECT i.input_hash, i.text, k.keys
FROM met
JOIN near_keys k ON k.rowid = met.place
JOIN inputs i USING (input_hash)
ORDER BY i.input_hash
