-- Removes the feedback that a pull stored or gave to another interaction.
DELETE FROM feedback
WHERE run_id = $undone OR feedback_id IN (SELECT feedback_id FROM undo_feedback WHERE undo_run_id = $undone)
