-- The tasks that somebody was asked; one row per task. A gold question asks about annotators, and is none of them.
CREATE OR REPLACE VIEW asked_tasks AS
SELECT t.*, a.task_key IS NOT NULL AS answered
FROM tasks t
LEFT JOIN (SELECT DISTINCT task_key FROM annotations WHERE NOT withdrawn) a USING (task_key)
WHERE t.expected IS NULL AND (t.state IN ('pending', 'sent') OR (t.state = 'gone' AND a.task_key IS NOT NULL));
COMMENT ON VIEW asked_tasks IS 'Tasks that were asked: handed over, or answered before the server lost them; without gold questions.';
