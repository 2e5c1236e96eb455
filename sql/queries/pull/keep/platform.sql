-- Keeps how far a stream of a platform has been read before this run; at most one row a run.
INSERT INTO undo_pulled_platforms BY NAME
SELECT p.* REPLACE ($source AS source, $kind AS kind, $location AS location), $run_id AS undo_run_id
FROM (SELECT 1)
LEFT JOIN pulled_platforms p ON (p.source, p.kind, p.location) = ($source, $kind, $location)
WHERE NOT EXISTS (FROM undo_pulled_platforms u
                  WHERE (u.undo_run_id, u.source, u.kind, u.location) = ($run_id, $source, $kind, $location))
