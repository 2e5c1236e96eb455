-- Queues tasks of a kind (an Arrow table registered as entries) whose contents were drawn elsewhere, without a hint;
-- a task that is no longer on the server is queued again under its old key.
MERGE INTO tasks USING entries ON tasks.task_key = entries.task_key
WHEN MATCHED THEN UPDATE SET state = 'queued', server = NULL, project_id = NULL, task_id = NULL, prefill = NULL
WHEN NOT MATCHED THEN INSERT
    (task_key, kind, example_id, content_hash, round, place, detectors, why, audit, kept, side, blind, swapped,
     state, run_id)
    VALUES (entries.task_key, $kind, entries.example_id, entries.content_hash, entries.round, entries.place, [], '',
            false, false, 'test', true, entries.swapped, 'queued', $run_id)
