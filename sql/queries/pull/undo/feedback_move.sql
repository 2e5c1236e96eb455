-- Notes where feedback stood before a pull found it elsewhere.
UPDATE feedback SET location = p.location, line = p.line
FROM undo_places p
WHERE (p.undo_run_id, p.part, p.id) = ($undone, 'feedback', feedback.feedback_id)
