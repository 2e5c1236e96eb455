-- Lists again the refused documents that a pull took off the list.
INSERT INTO rejects BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_rejects WHERE undo_run_id = $undone ORDER BY ALL
