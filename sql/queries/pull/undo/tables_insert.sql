-- Remembers how far tables had been read before a pull.
INSERT OR REPLACE INTO pulled_tables BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_pulled_tables WHERE undo_run_id = $undone AND reading IS NOT NULL
