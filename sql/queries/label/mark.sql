-- Moves tasks of the ledger (an Arrow table registered as marked) to another state; a number that is not
-- told stays.
UPDATE tasks SET state = $state, blind = tasks.blind OR marked.blind, server = $server, project_id = $project_id,
    task_id = coalesce(marked.task_id, tasks.task_id), prefill = coalesce($prefill, tasks.prefill)
FROM marked WHERE tasks.task_key = marked.task_key
