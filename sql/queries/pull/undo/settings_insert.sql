-- Remembers how sources were read before a pull, where no later one has read them.
INSERT OR REPLACE INTO pull_state BY NAME
SELECT * EXCLUDE (undo_run_id) FROM undo_pull_state u
WHERE u.undo_run_id = $undone AND u.mapping IS NOT NULL
  AND NOT EXISTS (FROM undo_pull_state n WHERE (n.source, n.kind) = (u.source, u.kind) AND n.undo_run_id > $undone)
