-- Annotations of some tasks as they are stored, those of a server first; one row per annotation.
SELECT server, annotation_id, task_key, digest, withdrawn, problem, coalesce(updated_at, made_at) AS updated_at
FROM annotations WHERE task_key IN (SELECT unnest($keys::VARCHAR[]))
ORDER BY server IS NOT DISTINCT FROM $server DESC, server
