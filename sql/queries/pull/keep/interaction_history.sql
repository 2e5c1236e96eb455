-- Keeps the former contents that the merge is about to take out of the history; one row each.
INSERT INTO undo_interaction_history BY NAME
SELECT $run_id AS undo_run_id, h.*
FROM interaction_history h
WHERE h.replaced_run_id <> $run_id
  AND h.interaction_id IN (SELECT interaction_id FROM incoming UNION FROM stale)
  AND NOT EXISTS (
      FROM former f
      WHERE f.interaction_id = h.interaction_id
        AND (f.content_hash, f.label, f.location, f.line, f.run_id, f.replaced_run_id, f.deleted) IS NOT DISTINCT FROM
            (h.content_hash, h.label, h.location, h.line, h.run_id, h.replaced_run_id, h.deleted)
  )
