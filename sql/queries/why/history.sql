-- What the example said before its source changed it; one row per former content.
SELECT CASE WHEN h.deleted THEN '(deleted)' ELSE coalesce(h.output->>'$[0].content', '') END AS was,
       h.label, h.content_hash, h.location, h.line,
       h.replaced_run_id AS run_id, r.started_at AS replaced_at
FROM interaction_history h JOIN runs r ON r.run_id = h.replaced_run_id
WHERE h.interaction_id = $id
ORDER BY h.replaced_run_id
