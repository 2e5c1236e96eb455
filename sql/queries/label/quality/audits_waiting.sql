-- How many audited tasks have no answer; one row.
SELECT count(*) FROM tasks
WHERE audit AND state IN ('queued', 'pending', 'sent')
  AND task_key NOT IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
