-- Tasks of a project by their number on the server; one row per task.
SELECT task_id, task_key FROM tasks
WHERE server = $server AND project_id = $project_id AND task_id IS NOT NULL AND state = 'sent'
