-- Forgets how sources are read that a pull was the first to read, and no later one has.
DELETE FROM pull_state s
USING undo_pull_state u
WHERE u.undo_run_id = $undone AND u.mapping IS NULL AND (s.source, s.kind) = (u.source, u.kind)
  AND NOT EXISTS (FROM undo_pull_state n WHERE (n.source, n.kind) = (u.source, u.kind) AND n.undo_run_id > $undone)
