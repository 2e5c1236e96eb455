-- Keeps how far a table has been read before this run; at most one row a run.
INSERT INTO undo_pulled_tables BY NAME
SELECT t.* REPLACE ($source AS source, $kind AS kind, $location AS location), $run_id AS undo_run_id
FROM (SELECT 1)
LEFT JOIN pulled_tables t ON (t.source, t.kind, t.location) = ($source, $kind, $location)
WHERE NOT EXISTS (FROM undo_pulled_tables u
                  WHERE (u.undo_run_id, u.source, u.kind, u.location) = ($run_id, $source, $kind, $location))
