-- Tasks of a kind that were written to a file and have no answer; one row per task, in the order of the queue.
SELECT task_key FROM asked_tasks WHERE kind = $kind AND server = 'file' AND NOT answered ORDER BY place, task_key
