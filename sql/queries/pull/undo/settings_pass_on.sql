-- Tells the next pull that read a source likewise, what it was before the one that is taken back.
UPDATE undo_pull_state SET mapping = mine.mapping
FROM undo_pull_state mine
WHERE mine.undo_run_id = $undone AND (undo_pull_state.source, undo_pull_state.kind) = (mine.source, mine.kind)
  AND undo_pull_state.undo_run_id = (
      SELECT min(n.undo_run_id) FROM undo_pull_state n
      WHERE (n.source, n.kind) = (mine.source, mine.kind) AND n.undo_run_id > $undone
  )
RETURNING undo_pull_state.source, undo_pull_state.kind
