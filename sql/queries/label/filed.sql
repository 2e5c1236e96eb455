-- Tasks of a queue that were written to a file and have no answer; one row per task, in their order.
SELECT task_key FROM asked_tasks
WHERE kind = $kind AND queue = $queue AND server = 'file' AND NOT answered
ORDER BY place, task_key
