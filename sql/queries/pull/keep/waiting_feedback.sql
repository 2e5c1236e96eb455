-- Keeps the feedback that goes to another interaction, since that goes by its id now; one row each.
INSERT INTO undo_feedback BY NAME
SELECT $run_id AS undo_run_id, f.*
FROM feedback f
JOIN kept_ids k ON (k.source, k.source_id, k.run_id) = (f.source, f.source_id, $run_id)
WHERE f.origin = 'file' AND f.interaction_id <> k.interaction_id AND f.run_id <> $run_id
