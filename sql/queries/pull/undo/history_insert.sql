-- Brings back the former contents that a pull took out of the history.
INSERT INTO interaction_history BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_interaction_history WHERE undo_run_id = $undone ORDER BY ALL
