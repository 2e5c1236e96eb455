-- An interaction of a source that is no evaluation set; at most one row.
SELECT interaction_id FROM interactions
WHERE source = $source AND given_split IS DISTINCT FROM 'heldout'
LIMIT 1
