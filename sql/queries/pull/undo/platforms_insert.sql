-- Remembers how far streams of platforms had been read before a pull.
INSERT OR REPLACE INTO pulled_platforms BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_pulled_platforms WHERE undo_run_id = $undone AND reading IS NOT NULL
