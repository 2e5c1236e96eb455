-- How many tasks of a kind were handed over and have no answer; one row.
SELECT count(*) FROM tasks
WHERE kind = $kind AND state IN ('pending', 'sent') AND task_key NOT IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
