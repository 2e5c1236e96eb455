-- Tasks of a queue that were written to a file and have no answer; one row per task, in their order.
SELECT task_key FROM tasks
WHERE kind = $kind AND queue = $queue AND server = 'file' AND state IN ('pending', 'sent')
  AND task_key NOT IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
ORDER BY place, task_key
