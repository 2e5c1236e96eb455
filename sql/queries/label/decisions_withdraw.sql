-- Withdraws what followed from annotations that are about to change (table fresh) or are gone (table gone).
UPDATE decisions SET withdrawn = true, withdrawn_run_id = $run_id
WHERE NOT withdrawn AND (server, annotation_id, task_key) IN (
    SELECT (server, annotation_id, task_key) FROM fresh UNION ALL SELECT (server, annotation_id, task_key) FROM gone)
