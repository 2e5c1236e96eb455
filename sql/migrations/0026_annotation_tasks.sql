-- Annotations know their task on the server: those of a task that is gone there stay when it comes back with
-- another number.

ALTER TABLE annotations ADD COLUMN task_id BIGINT;
ALTER TABLE annotation_history ADD COLUMN task_id BIGINT;
COMMENT ON COLUMN annotations.task_id IS 'Number of the task on the server; null where nobody told.';
UPDATE annotations SET task_id = (
    SELECT t.task_id FROM tasks t WHERE t.task_key = annotations.task_key AND t.server = annotations.server
);
