-- The pulls of a source that can be taken back, the newest first; one row per run.
SELECT run_id FROM undo_runs WHERE source = $source AND state = 'kept' ORDER BY run_id DESC
