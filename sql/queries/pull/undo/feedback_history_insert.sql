-- Brings back what a pull took out of the history of feedback.
INSERT INTO feedback_history BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_feedback_history WHERE undo_run_id = $undone ORDER BY ALL
