-- Stores a queue (an Arrow table registered as entries); one row per entry. A task that is no
-- longer on the server is queued again under its old key.
INSERT INTO tasks BY NAME
SELECT *, $kind AS kind, $queue AS queue, 'queued' AS state, $run_id AS run_id FROM entries
