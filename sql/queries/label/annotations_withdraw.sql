-- Marks annotations that are no longer on the server (table gone).
UPDATE annotations SET withdrawn = true, run_id = $run_id
WHERE (server, annotation_id, task_key) IN (SELECT (server, annotation_id, task_key) FROM gone)
