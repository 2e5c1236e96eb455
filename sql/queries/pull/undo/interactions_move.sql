-- Notes where interactions stood before a pull found them elsewhere.
UPDATE interactions SET location = p.location, line = p.line
FROM undo_places p
WHERE (p.undo_run_id, p.part, p.id) = ($undone, 'interactions', interactions.interaction_id)
