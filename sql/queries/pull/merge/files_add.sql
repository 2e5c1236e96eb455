-- Remembers the files that were read to the end; one row per file.
INSERT INTO pulled_files BY NAME
SELECT $source AS source, location, sha256, $reading AS reading, $run_id AS run_id, $reader AS reader
FROM pull_files WHERE was_read
