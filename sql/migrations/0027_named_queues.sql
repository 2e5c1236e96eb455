-- Several queues of a kind at once, each with a name and a project of its own.

ALTER TABLE tasks ADD COLUMN queue VARCHAR DEFAULT '';
ALTER TABLE label_projects ADD COLUMN queue VARCHAR DEFAULT '';
COMMENT ON COLUMN tasks.queue IS 'Name of the queue that it was in; empty for the usual one.';
COMMENT ON COLUMN label_projects.queue IS 'Name of the queue whose tasks it takes; empty for the usual one.';
