-- Tasks of a kind in some states; one row per task, in the order of the queue.
SELECT task_key FROM tasks WHERE kind = $kind AND list_contains($states, state) ORDER BY place, task_key
