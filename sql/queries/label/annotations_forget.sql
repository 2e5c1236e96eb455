-- Removes annotations that come anew (table fresh); what they said is in the history.
DELETE FROM annotations
WHERE (server, annotation_id, task_key) IN (SELECT (server, annotation_id, task_key) FROM fresh)
