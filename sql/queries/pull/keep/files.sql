-- Keeps what was known of the files that were read again; one row per file.
INSERT INTO undo_pulled_files BY NAME
SELECT $run_id AS undo_run_id, p.*
FROM pulled_files p
WHERE p.source = $source AND p.run_id <> $run_id
  AND p.location IN (SELECT location FROM pull_files WHERE was_read)
