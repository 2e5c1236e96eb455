-- Brings back the feedback that a pull replaced or withdrew.
INSERT INTO feedback BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_feedback WHERE undo_run_id = $undone ORDER BY feedback_id
