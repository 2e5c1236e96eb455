-- An interaction of a source that is no evaluation set; at most one row.
SELECT interaction_id FROM interactions
WHERE source = $source AND coalesce(given_split, '') NOT IN ('heldout', 'evict')
LIMIT 1
