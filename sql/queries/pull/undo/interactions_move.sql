-- Notes where interactions stood before a pull found them elsewhere.
UPDATE calls SET location = p.location, line = p.line
FROM undo_places p
WHERE (p.undo_run_id, p.part, p.id) = ($undone, 'interactions', calls.interaction_id)
