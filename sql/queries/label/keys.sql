-- Tasks of a queue in some states; one row per task, in their order.
SELECT task_key FROM tasks
WHERE kind = $kind AND queue = $queue AND list_contains($states, state)
ORDER BY place, task_key
