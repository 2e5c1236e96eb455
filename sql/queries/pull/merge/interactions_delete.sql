-- Removes the rows that are about to be replaced, or that their file no longer gives.
DELETE FROM calls
WHERE interaction_id IN (
    SELECT interaction_id FROM incoming WHERE recency = 1 AND state = 'changed' UNION FROM stale
)
