-- Notes that a pull has changed something, once; one row per run.
INSERT INTO undo_runs BY NAME
SELECT $run_id AS run_id, $source AS source, 'kept' AS state
WHERE $run_id NOT IN (SELECT run_id FROM undo_runs)
RETURNING run_id
