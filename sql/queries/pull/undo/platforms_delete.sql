-- Forgets how far streams of platforms have been read that a pull was the first to read.
DELETE FROM pulled_platforms p
USING undo_pulled_platforms u
WHERE u.undo_run_id = $undone AND u.reading IS NULL
  AND (p.source, p.kind, p.location) = (u.source, u.kind, u.location)
