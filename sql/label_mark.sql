-- Moves tasks of the ledger to another state.
UPDATE tasks SET state = $state, server = $server, project_id = $project_id
WHERE task_key IN (SELECT unnest($keys::VARCHAR[]))
