-- Tasks about rows that a pull added or changed which annotators have been given or have answered; one
-- row: how many tasks, and about how many of the rows.
SELECT count(DISTINCT t.task_key), count(DISTINCT i.interaction_id)
FROM tasks t
JOIN touched i ON i.is_here AND i.interaction_id IN (t.example_id, t.other_id)
WHERE t.run_id > $undone
  AND (t.state IN ('pending', 'sent') OR t.task_key IN (SELECT task_key FROM annotations WHERE NOT withdrawn)
       OR t.task_key IN (SELECT task_key FROM decisions WHERE NOT withdrawn))
