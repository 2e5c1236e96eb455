-- Tasks on a server that nobody has answered and for which another label is suggested by now; one row per task.
SELECT t.task_key, t.task_id, m.suggested, m.probability
FROM tasks t
JOIN mislabels m USING (example_id)
WHERE t.kind = $kind AND t.queue = $queue AND t.server = $server AND t.project_id = $project_id AND t.state = 'sent'
  AND t.task_id IS NOT NULL AND NOT t.blind AND t.expected IS NULL AND t.adjudicates IS NULL
  AND t.task_key NOT IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
  AND m.suggested IS DISTINCT FROM t.suggested
ORDER BY t.place, t.task_key
