-- Annotations that are stored of some tasks; one row per annotation.
SELECT annotation_id FROM annotations
WHERE server = $server AND NOT withdrawn AND list_contains($keys, task_key)
