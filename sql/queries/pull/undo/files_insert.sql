-- Remembers what was known of files before a pull read them again.
INSERT INTO pulled_files BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_pulled_files WHERE undo_run_id = $undone ORDER BY ALL
