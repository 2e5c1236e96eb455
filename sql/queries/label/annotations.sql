-- Annotations that are stored of some tasks; one row per annotation.
SELECT annotation_id FROM annotations
WHERE server = $server AND NOT withdrawn AND task_key IN (SELECT unnest($keys::VARCHAR[]))
