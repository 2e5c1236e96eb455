-- Keeps the rejects of files that were read again; one row each.
INSERT INTO undo_rejects BY NAME
SELECT $run_id AS undo_run_id, r.*
FROM rejects r
WHERE r.source = $source AND r.run_id <> $run_id
  AND r.location IN (SELECT location FROM pull_files WHERE was_read)
