-- Annotations of some tasks (table listed: task_key, task_id) that count; one row per annotation. One that was made
-- at another task on the server, which was a copy or stood there before, is none of them.
SELECT a.server, a.annotation_id, a.task_key, coalesce(a.updated_at, a.made_at) AS updated_at
FROM annotations a
JOIN listed l USING (task_key)
WHERE NOT a.withdrawn AND (
    (a.task_id = l.task_id AND (a.server = $server OR 'file' IN ($server, a.server)))
    OR (a.server = 'file' AND (a.task_id IS NULL OR l.task_id IS NULL)))
ORDER BY ALL
