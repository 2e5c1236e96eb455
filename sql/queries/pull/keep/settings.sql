-- Keeps how a source has been read before this run; at most one row a run.
INSERT INTO undo_pull_state BY NAME
SELECT $run_id AS undo_run_id, $source AS source, $kind AS kind, s.mapping
FROM (SELECT 1)
LEFT JOIN pull_state s ON (s.source, s.kind) = ($source, $kind)
WHERE NOT EXISTS (FROM undo_pull_state u WHERE (u.undo_run_id, u.source, u.kind) = ($run_id, $source, $kind))
