-- Keeps what annotations said that are about to change (an Arrow table registered as fresh) or are gone (table gone).
INSERT INTO annotation_history BY NAME
SELECT *, $run_id AS replaced_run_id FROM annotations
WHERE (server, annotation_id, task_key) IN (
    SELECT (server, annotation_id, task_key) FROM fresh UNION ALL SELECT (server, annotation_id, task_key) FROM gone)
