-- How many tasks of a kind were handed over and have no answer; one row.
SELECT count(*) FROM tasks t
WHERE t.kind = $kind AND t.state IN ('pending', 'sent')
  AND t.task_key NOT IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
