-- Brings back the interactions that a pull replaced or withdrew.
INSERT INTO calls BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_interactions WHERE undo_run_id = $undone ORDER BY interaction_id
