-- Forgets how far tables have been read that a pull was the first to read.
DELETE FROM pulled_tables t
USING undo_pulled_tables u
WHERE u.undo_run_id = $undone AND u.reading IS NULL
  AND (t.source, t.kind, t.location) = (u.source, u.kind, u.location)
