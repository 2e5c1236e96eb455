-- Keeps the interactions that the merge is about to replace or withdraw, as they are; one row each.
INSERT INTO undo_interactions BY NAME
SELECT $run_id AS undo_run_id, i.*
FROM calls i
WHERE i.run_id <> $run_id
  AND i.interaction_id IN (SELECT interaction_id FROM incoming WHERE recency = 1 AND state = 'changed' UNION FROM stale)
