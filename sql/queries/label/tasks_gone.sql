-- Tasks of a project that is gone: the answered ones are gone with it, the others are queued again.
UPDATE tasks SET
    state = CASE WHEN task_key IN (SELECT task_key FROM annotations WHERE NOT withdrawn) THEN 'gone' ELSE 'queued' END,
    server = NULL, project_id = NULL, task_id = NULL, prefill = NULL
WHERE server = $server AND project_id = $project_id AND state IN ('pending', 'sent')
